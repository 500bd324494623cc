"""Every kind of rule: what passes, what is set aside with its reason, what only warns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from citybrain.city.contract import Contract, Field, Rule
from citybrain.city.expression import Expression
from citybrain.city.names import Basis, Name
from citybrain.safeguards.checks import Arrival
from citybrain.safeguards.quality import Verdict, judge

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
NAME = Name(zh="名", en="name")
FIELDS = (
    Field("id", NAME, "string"),
    Field("count", NAME, "integer"),
    Field("share", NAME, "number"),
    Field("day", NAME, "date", formats=("%Y-%m-%d", "%Y/%m/%d")),
    Field("at", NAME, "timestamp"),
    Field("open", NAME, "boolean"),
    Field("lon", NAME, "number"),
    Field("lat", NAME, "number"),
)
CONTRACT = Contract(
    ref="contract:city/things",
    version="1",
    status="active",
    name=NAME,
    description="",
    provider="dept:city",
    person="p",
    basis=(Basis(law="hangzhou-2021/15", text=NAME),),
    purposes=("test",),
    fields=FIELDS,
    rules=tuple(Rule(f"{field.name}_type", "type", "conformity", (field.name,)) for field in FIELDS),
    mode="append",
    zone="Asia/Shanghai",
    event_time="at",
    missing=("", "NA"),
)


def check(rule: Rule | None, *values: dict[str, Any], arrival: Arrival | None = None, **more: Any) -> Verdict:
    contract = replace(CONTRACT, rules=CONTRACT.rules + ((rule,) if rule else ()), **more)
    frame = pl.DataFrame([{"id": None, **item} for item in values], schema_overrides={"id": pl.String})
    return judge(frame, pl.int_range(1, len(values) + 1, eager=True), contract, arrival or Arrival(NOON, {}, {}))


def rule(kind: str, *fields: str, **more: Any) -> Rule:
    return Rule("r", kind, "accuracy", fields, **more)


@pytest.mark.parametrize(
    ("made", "field", "passes", "breaks"),
    [
        (rule("required", "id"), "id", ["a"], ["", "NA", None]),
        (rule("range", "count", low=0, high=10), "count", ["0", "10", None, "7.0"], ["-1", "11"]),
        (rule("range", "share", low=0, exclusive_low=True), "share", ["0.1"], ["0", "-2"]),
        (
            rule("range", "day", low="2026-01-01", high="2026-12-31"),
            "day",
            ["2026-05-05"],
            ["2025-12-31", "2027/01/01"],
        ),
        (rule("range", "at", low="2026-01-01T00:00:00"), "at", ["2026-01-01T00:00:00+08:00"], ["2025-12-31T15:59:59Z"]),
        (rule("length", "id", low=2, high=4), "id", ["城市", "abcd", None], ["x", "abcde"]),
        (rule("pattern", "id", pattern="^E[0-9]+$"), "id", ["E1", None], ["e1", "E1x"]),
        (rule("codes", "id", codes=("优", "良")), "id", ["优", None], ["差"]),
        (rule("relation", "count", relation=Expression("count * 2 <= 8")), "count", ["4", None], ["5"]),
        (rule("relation", "id", relation=Expression("starts_with(id, 'A') or id in ['x']")), "id", ["Ab", "x"], ["b"]),
    ],
)
def test_a_rule_tells_good_values_from_bad_and_lets_missing_ones_pass(
    made: Rule, field: str, passes: list[Any], breaks: list[Any]
) -> None:
    verdict = check(made, *({field: value} for value in [*passes, *breaks]))
    assert verdict.kept.to_list() == [True] * len(passes) + [False] * len(breaks)
    assert verdict.tallies == {"r": len(breaks)}
    assert verdict.reasons["row"].to_list() == list(range(len(passes) + 1, len(passes) + len(breaks) + 1))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("count", ["1", "-7", "12.0", "9223372036854775807"], ["1.5", "abc", "1e400", "99999999999999999999"]),
        ("share", ["1", "0.5", "1e3"], ["x", "1e309", "NaN", "inf"]),
        ("day", ["2026-02-28", "2026/2/28"], ["2026-02-30", "20260228"]),
        (
            "at",
            ["2026-11-20T08:00:00", "2026-11-20 08:00", "2026-11-20T08:00:00Z"],
            ["tomorrow", "2026-13-01T00:00:00"],
        ),
        ("open", ["true", "0", "是", "NO"], ["maybe"]),
    ],
)
def test_a_cell_of_the_wrong_type_costs_its_row_and_stays_readable(field: str, good: list[str], bad: list[str]) -> None:
    verdict = check(None, *({field: value} for value in [*good, *bad]))
    assert verdict.kept.to_list() == [True] * len(good) + [False] * len(bad)
    assert verdict.reasons["value"].to_list() == bad
    assert set(verdict.reasons["rule"]) == {f"{field}_type"}


def test_a_point_outside_the_box_is_set_aside() -> None:
    inside, outside = {"lon": "120.1", "lat": "30.2"}, {"lon": "-71.0", "lat": "42.3"}
    verdict = check(
        rule("box", "lon", "lat", box=(118.3, 29.1, 120.8, 30.7)), inside, outside, {"lon": None, "lat": "30"}
    )
    assert verdict.kept.to_list() == [True, False, True]
    assert verdict.reasons["value"].to_list() == ["-71.0 / 42.3"]


def test_too_old_and_from_the_future_are_set_aside() -> None:
    made = rule("age", "at", low=timedelta(minutes=5), high=timedelta(days=1))
    verdict = check(
        made,
        {"at": "2026-11-20T12:00:00+08:00"},
        {"at": "2026-11-20T12:04:00+08:00"},
        {"at": "2026-11-20T12:06:00+08:00"},
        {"at": "2026-11-18T12:00:00+08:00"},
    )
    assert verdict.kept.to_list() == [True, True, False, False]


def test_a_reference_must_exist_in_the_other_resource() -> None:
    known = Arrival(NOON, {"r": pl.Series(["330106", "330110"])}, {})
    made = rule("reference", "id", to="contract:base/divisions", to_field="code")
    verdict = check(made, {"id": "330106"}, {"id": "330103"}, {"id": None}, arrival=known)
    assert verdict.kept.to_list() == [True, False, True]


def test_a_warning_keeps_the_row_and_is_counted() -> None:
    verdict = check(rule("range", "count", high=5, on_break="warn"), {"count": "9"}, {"count": "1"})
    assert (verdict.accepted, verdict.warned, verdict.tallies) == (2, 1, {"r": 1})
    assert verdict.reasons.is_empty()


def test_a_share_of_broken_rows_says_that_the_whole_batch_is_wrong() -> None:
    made = rule("range", "count", high=5, refuse_above=0.5)
    assert check(made, {"count": "9"}, {"count": "1"}).refused_by is None
    assert check(made, {"count": "9"}, {"count": "8"}, {"count": "1"}).refused_by == ("r", 2 / 3)


def test_whole_rows_are_unique_with_missing_values_equal_and_keys_with_missing_values_free() -> None:
    rows = [
        {"id": "a", "count": None},
        {"id": "a", "count": None},
        {"id": None, "count": "1"},
        {"id": None, "count": "2"},
    ]
    assert check(rule("unique", "*"), *rows).kept.to_list() == [True, False, True, True]
    assert check(rule("unique", "id"), *rows).kept.to_list() == [True, False, True, True]


def test_a_unit_that_changes_between_months_warns_and_names_the_month() -> None:
    months = [("2014-09", "40000"), ("2014-10", "42000"), ("2014-11", "1080"), ("2014-12", "1100")]
    rows = [{"at": f"{month}-{day:02d}T00:00:00+08:00", "share": value} for month, value in months for day in (3, 9)]
    made = Rule("co_unit", "drift", "consistency", ("share",), on_break="warn", by="month", factor=5.0)
    verdict = check(made, *rows)
    assert [(jump.period, jump.median, jump.before, jump.rows) for jump in verdict.jumps] == [
        ("2014-11", 1080.0, 42000.0, 2)
    ]
    assert (verdict.accepted, verdict.tallies) == (8, {"co_unit": 2})
    later = check(
        made, {"at": "2015-01-01T00:00:00+08:00", "share": "50000"}, arrival=Arrival(NOON, {}, verdict.medians)
    )
    assert [jump.period for jump in later.jumps] == ["2015-01"]
