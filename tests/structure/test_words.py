"""Whatever can be said is said in both languages, with the same values in it."""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import citybrain
from citybrain.kernel.messages import words

SOURCE = Path(citybrain.__file__).parent
_RAISED = re.compile(
    r"\b(?:CityBrainError|WrongUse|DeclarationWrong|NotAuthenticated|AccessRefused|NotKnown|Conflicting|PlanStale"
    r'|TooLarge|BatchRefused|Unavailable|IntegrityBroken)\(\s*"([a-z_]+\.[a-z_0-9]+)"'
)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _placeholders(value: Any) -> set[str]:
    return {name for text in _texts(value) for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert set(words("zh")) == set(words("en"))


def test_both_languages_name_the_same_values() -> None:
    english = words("en")
    differ = {key for key, value in words("zh").items() if _placeholders(value) != _placeholders(english.get(key, ""))}
    assert differ == set()


def test_the_law_of_nanjing_is_called_by_its_name() -> None:
    """It is a 规定, 南京市城市数字治理若干规定, and no 条例."""
    files = [*SOURCE.rglob("*.toml"), *SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *SOURCE.rglob("*.yaml")]
    assert files
    assert [file.name for file in files if "南京条例" in file.read_text(encoding="utf-8")] == []


def test_every_error_that_is_raised_has_a_title_a_detail_and_a_next_step() -> None:
    raised = {code for file in SOURCE.rglob("*.py") for code in _RAISED.findall(file.read_text(encoding="utf-8"))}
    assert raised
    known = words("zh")
    wordless = {
        code
        for code in raised
        if not isinstance(known.get(code), dict) or not {"title", "detail", "next"} <= set(known[code])
    }
    assert wordless == set()
