"""What ``citybrain check`` says of a wrong value: in the reader's language, whole, and what was expected."""

import ast
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import citybrain
from citybrain.blueprint.expectations import FORMS, expectation
from citybrain.blueprint.schema import every_schema
from citybrain.cli.main import main
from citybrain.kernel.messages import words

TINY = Path(__file__).parents[2] / "cities" / "tiny"
SOURCE = Path(citybrain.__file__).parent
CITY = "city.yaml"
FLOW = "contracts/metro/flow_15min.odcs.yaml"
INDICATOR = "indicators/metro.entries.yaml"
COCKPIT = "cockpits/city.yaml"
SCENARIO = "scenarios/metro-crowding/scenario.yaml"
SYSTEM = "systems/metro/afc.yaml"
DIVISIONS = "sources/base/divisions.yaml"

ENTRIES = "logicalTypeOptions: {minimum: 0, maximum: 50000}"
RULE = "{rule: one_row_per_slot, unique: [slot_start, station]}"
MEASURE = "measure: sum(entries)"
DERIVED = "source: contract:metro/flow_15min\nmeasure: sum(entries)"
FROM = "{connector: files, folder: city, path: geo/divisions.csv}"

# file, what is replaced, by what, what the Chinese says, what the English says
BROKEN = [
    # pydantic's own types
    (INDICATOR, "time:", "digits: two\ntime:", "digits 写的是 two：须是整数，例如 15", "must be a whole number"),
    (INDICATOR, "time:", "digits: 1.5\ntime:", "须是整数", "must be a whole number"),
    (INDICATOR, "time:", "digits:\ntime:", "digits 写的是 空值：须是整数", "digits is nothing: must be a whole number"),
    (INDICATOR, "at_least: 400", "at_least: many", "须是数，例如 0.5", "must be a number"),
    (INDICATOR, "time:", "digits: .inf\ntime:", "须是有限的数", "must be a finite number"),
    (INDICATOR, "time:", "percent: maybe\ntime:", "须是 true 或 false", "must be true or false"),
    (INDICATOR, "time:", "percent: [1]\ntime:", "percent 写的是 列表：须是 true 或 false", "percent is a list"),
    (FLOW, "version: 1.0.0", "version: 1.5", "须是文本", "must be text"),
    (CITY, "zh: 小城", 'zh: ""', '写的是 ""：至少须有 1 个字符', "1 or more characters"),
    (DIVISIONS, "folder: city,", "folder: city, delimiter: ';;',", "至多 1 个字符", "1 or fewer characters"),
    (INDICATOR, "owner: dept:metro", "owner: metro", "写法须像 dept:metro，", "written like dept:metro,"),
    (INDICATOR, "column: slot_start", "column: Slot", "须以小写字母开头", "must begin with a small letter"),
    (CITY, '"990100"', "'9901'", "须是六位数字，例如 330100", "must be six digits, such as 330100"),
    (INDICATOR, "grain: 15min", "grain: week", "须是其中之一：15min、hour、day", "must be one of 15min, hour, day"),
    (INDICATOR, "at_least: 400", "hold_periods: 0", "须不小于 1", "must be 1 or more"),
    (INDICATOR, "at_least: 400", "hold_periods: 97", "须不大于 96", "must be 96 or less"),
    (FLOW, RULE, "{rule: jump, drift: entries, factor: 1}", "factor 写的是 1：须大于 1", "is 1: must be more than 1"),
    (FLOW, "[operation, public_service]", "[]", "purposes：至少须有 1 项，现有 0 项", "purposes: must hold 1 or more"),
    (FLOW, RULE, "{rule: box, within_box: [1, 2, 3, 4, 5]}", "至多 4 项，现有 5 项", "4 or fewer items"),
    (INDICATOR, DERIVED, "derived: [indicator:metro.a]", "须有 2 项，现有 1 项", "must hold 2 items, 1 given"),
    (INDICATOR, DERIVED, "derived: []", "须有 2 项，现有 0 项", "must hold 2 items, 0 given"),
    (COCKPIT, "2027-03-31", "soon", "须是日期，例如 2026-01-31", "must be a day, such as 2026-01-31"),
    (COCKPIT, "2027-03-31", "2027-03-31T08:00:00", "须是日期", "must be a day"),
    (COCKPIT, "2027-03-31", "[2027]", "须是日期", "must be a day"),
    (INDICATOR, "by: [station]", "by: station", "须是列表，例如 [甲, 乙]", "must be a list, such as [a, b]"),
    (DIVISIONS, "rows:", "tables: [1]\nrows:", "须是键值表", "must be a table of keys"),
    (INDICATOR, "unit: {zh: 人次, en: passengers}", "unit: 人次", "须是键值表", "must be a table of keys"),
    (DIVISIONS, "connector: files", "connector: ftp", "connector 须是其中之一：files、http", "one of files, http"),
    (DIVISIONS, FROM, "{path: geo/divisions.csv}", "须写明 connector", "must say its connector"),
    (DIVISIONS, "  code: code", "  Code-1: code", "Code-1：须以小写字母开头", "begin with a small letter"),
    (INDICATOR, "time:", "7: seven\ntime:", "键须是文本", "a key must be text"),
    # where a value may be one of several things
    (FLOW, ENTRIES, "logicalTypeOptions: {minimum: true}", "例如 0.5；或者须是文本（", "0.5; or must be text ("),
    (INDICATOR, "source: contract:metro/flow_15min", "source: metro", "；或者写法须像 model:", "; or must be written"),
    (SCENARIO, "to: dept:metro", "to: nobody", "；或者须是其中之一：district", "; or must be one of district"),
    (FLOW, RULE, "[1]", "须是键值表，由“键: 值”组成；或者须是文本", "made of 'key: value'; or must be text"),
    # what the nouns themselves refuse
    (INDICATOR, "fresh_within: 20min", "fresh_within: soon", "例如 15min", "such as 15min"),
    (INDICATOR, "fresh_within: 20min", "fresh_within: 99999999999y", "例如 15min", "such as 15min"),
    (INDICATOR, "fresh_within: 20min", "fresh_within: [20]", "例如 15min", "such as 15min"),
    (FLOW, RULE, RULE[:-1] + ", refuse_batch_above: half}", "例如 20%", "such as 20%"),
    (FLOW, '"^S[0-9]{1,3}$"', '"^(?!S9)S$"', "不支持前后预查", "looking ahead or behind"),
    (CITY, "zone: Asia/Shanghai", "zone: Beijing", "须是时区名称，例如 Asia/Shanghai", "such as Asia/Shanghai"),
    (CITY, "zone: Asia/Shanghai", "zone: Asia", "须是时区名称", "must be the name of a time zone"),
    (COCKPIT, ", tasks]", ", chart flow]", "写法须像 number metro.entries", "written like number metro.entries"),
    (COCKPIT, ", tasks]", ", map]", "map 须写明指标", "map needs the indicator"),
    (FLOW, RULE, "{rule: empty}", "只能写其中一类：relation、codes、", "exactly one of relation, codes,"),
    (FLOW, RULE, "{rule: two, codes: [a], drift: entries}", "现有 codes、drift", "given: codes, drift"),
    (FLOW, RULE, "{rule: listed, codes: [a]}", "codes 须同时写明 field", "codes needs the field"),
    (FLOW, RULE, "{rule: box, within_box: [1, 2, 3, 4]}", "fields: [经度字段, 纬度字段]", "[longitude, latitude]"),
    (FLOW, ENTRIES, "logicalTypeOptions: {minimum: many}", "many 不能作 integer 的界限", "many cannot bound"),
    (FLOW, "primaryKeyPosition: 1", "logicalTypeOptions: {minimum: soon}", "soon 不能作", "soon cannot bound"),
    (INDICATOR, MEASURE, "digits: 0", "整份声明：指标须写 source 和 measure", "the declaration: an indicator has"),
    (INDICATOR, MEASURE, MEASURE + "\nderived: [indicator:a, indicator:b]", "derived 的指标不再写", "no source and no"),
    (INDICATOR, "time:", "place: district\ntime:", "district 也须列在 by 中", "district must also stand under by"),
    (SCENARIO, "due: ", "due: two working days #", "期限写如 45min 或 2 working days", "like 45min or 2 working days"),
    (SCENARIO, "due: ", "due: soon #", "时长", "a duration is"),
    # the language of expressions
    (INDICATOR, MEASURE, "measure: sum(entries", "从第 4 个字符起读不通", "cannot be read from character 4 on"),
    (INDICATOR, MEASURE, "measure: 5", "须是文本", "must be text"),
    (INDICATOR, MEASURE, "measure: total(entries)", "没有函数 total", "unknown function total"),
    (INDICATOR, MEASURE, "measure: summ(entries)", "相近的：sum", "near: sum"),
    (INDICATOR, MEASURE, "measure: sum(entries, exits)", "sum 须有 1 个值，现有 2 个", "2 values instead of 1"),
    (INDICATOR, MEASURE, "measure: sum(entries ** 2)", "entries ** 2 不属于表达式", "entries ** 2 is not part of"),
    (INDICATOR, MEASURE, "measure: entries.sum()", "函数直接写名称", "a function is called by its plain name"),
    (INDICATOR, MEASURE, "measure: sum(...)", "值只能是数", "a value is a number"),
]  # fmt: skip


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(TINY, tmp_path / "city"))

    def checked(file: str, old: str, new: str, *words: str, language: str = "zh") -> Result:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setenv("CITYBRAIN_LANGUAGE", language)
        return CliRunner().invoke(main, ["check", str(folder), *words], catch_exceptions=False)

    return checked


def details(result: Result, label: str) -> list[str]:
    """Give what a printed result tells under a label."""
    return [line.split(label, 1)[1].strip() for line in result.stderr.splitlines() if line.strip().startswith(label)]


@pytest.mark.parametrize(("file", "old", "new", "zh", "en"), BROKEN)
def test_a_wrong_value_is_explained_once_and_in_chinese(check, file: str, old: str, new: str, zh: str, en: str) -> None:
    result = check(file, old, new)
    (detail,) = details(result, "原因")
    assert result.exit_code == 1
    assert zh in detail
    assert re.findall(r"[A-Za-z']+(?: [A-Za-z']+){3,}", detail) == []


@pytest.mark.parametrize(("file", "old", "new", "zh", "en"), BROKEN)
def test_a_wrong_value_is_explained_as_fully_in_english(check, file: str, old: str, new: str, zh: str, en: str) -> None:
    result = check(file, old, new, language="en")
    (detail,) = details(result, "Why")
    assert en in detail
    assert re.findall(r"[\u3000-\u9fff\uff00-\uffef]", detail.replace("人次", "")) == []


def test_a_fault_inside_one_alternative_is_not_also_told_of_the_others(check) -> None:
    found = json.loads(check(FLOW, RULE, "{rul: one_row_per_slot, unique: [Slot]}", "--json").stdout)
    assert sorted((item["code"], item["detail"].split()[0]) for item in found) == [
        ("blueprint.key_missing", "没有写"),
        ("blueprint.key_unknown", "schema.0.quality.0.implementation.rul"),
    ]


def test_a_finding_points_to_the_line_that_is_written(check) -> None:
    (found,) = json.loads(check(SCENARIO, "due: ", "due: soon #", "--json").stdout)
    lines = (Path("city") / SCENARIO).read_text(encoding="utf-8").splitlines()
    assert "due: soon" in lines[found["line"] - 1]
    assert found["detail"].startswith("steps.0.due 写的是 soon：")


_REFUSALS = {"ValueWrong", "NotOfTheLanguage"}
_PYDANTIC = {
    "int_type", "int_parsing_size", "float_type", "finite_number", "bool_type", "string_type", "string_too_short",
    "string_too_long", "literal_error", "greater_than", "greater_than_equal", "less_than", "less_than_equal",
    "multiple_of", "too_short", "too_long", "date_type", "datetime_type", "dict_type", "list_type",
    "union_tag_invalid", "union_tag_not_found", "invalid_key",
}  # fmt: skip


def _refusals() -> Iterator[str]:
    """Name every refusal that is raised anywhere in the house."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _REFUSALS:
                yield ast.literal_eval(node.args[0])


def test_every_refusal_that_is_raised_has_words_and_every_word_is_used() -> None:
    raised = set(_refusals())
    known = {key.removeprefix("values.") for key in words("zh") if key.startswith("values.")}
    told = "".join((SOURCE / "blueprint" / f"{name}.py").read_text("utf-8") for name in ("expectations", "problems"))
    assert raised
    assert raised - known == set()
    assert _PYDANTIC - known == set()
    assert {key for key in known - raised - _PYDANTIC if f'"{key}"' not in told} == set()


def test_every_written_form_of_the_nouns_is_said_in_words_and_its_example_fits() -> None:
    assert [example for pattern, (_, example, _) in FORMS.items() if not re.search(pattern, example)] == []
    # a duration, a share and a widget are refused in words of their own
    own = {r"^(\d+)\s*(s|min|h|d|w|month|y)$", r"^(\d+(?:\.\d+)?)\s*%$"}
    patterns = {pattern for pattern in _patterns(every_schema()) if not pattern.startswith("^(?:number|trend")}
    assert patterns - own - FORMS.keys() == set()


def test_a_kind_of_problem_that_the_house_has_no_words_for_is_told_in_those_of_pydantic() -> None:
    said = expectation({"type": "url_parsing", "loc": ("url",), "msg": "Input should be a valid URL", "input": "x"})
    assert said == {"zh": "Input should be a valid URL", "en": "Input should be a valid URL"}


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for value in node.values():
            yield from _patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _patterns(value)
