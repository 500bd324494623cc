"""Policies: one condition over all rows says what asking for each row says, and a forbid never allows more."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.blueprint.load import load
from citybrain.city.contract import Contract, Field
from citybrain.city.names import Name
from citybrain.city.policy import Policy
from citybrain.city.whole import City
from citybrain.kernel.ids import new_id
from citybrain.safeguards.authorization.rows import Asker, attributes_of, rows_allowed
from citybrain.safeguards.authorization.rulebook import Permit, Rulebook, Use, house_policies

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
ROWS = {"district": pl.String, "kind": pl.String, "n": pl.Int64, "urgent": pl.Boolean, "day": pl.Date}
TYPES = {"district": "string", "kind": "string", "n": "integer", "urgent": "boolean", "day": "date"}
ATTRIBUTES = st.sampled_from([f"resource.{name}" for name in ROWS] + [
    "resource.nothing", "principal.division", "principal.kind", "context.purpose",
])  # fmt: skip
LITERALS = st.sampled_from(['"330106"', '"a"', '"2026-11-20"', "3", "0", "true", "false", '""'])
VALUES = st.one_of(ATTRIBUTES, LITERALS)
LEAVES = st.one_of(
    st.builds("{} {} {}".format, VALUES, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), VALUES),
    st.builds("resource has {}".format, st.sampled_from([*ROWS, "nothing"])),
    st.builds("[{}, {}].contains({})".format, LITERALS, LITERALS, VALUES),
    st.builds('{} like "{}"'.format, VALUES, st.sampled_from(["33*", "*a*", "a", "*", "张*"])),
    st.sampled_from(['principal in Department::"dept:government"', "resource.urgent", "true"]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=6,
)
SCOPES = st.sampled_from([
    "principal, action, resource",
    "principal is Department, action == Action::\"read\", resource is Row",
    "principal in Department::\"dept:government\", action in [Action::\"read\"], resource in Resource::\"{ref}\"",
    "principal == Department::\"dept:health\", action == Action::\"read\", resource is Row in Resource::\"{ref}\"",
    "principal, action == Action::\"release\", resource",
])  # fmt: skip
RECORDS = st.lists(
    st.fixed_dictionaries({
        "district": st.sampled_from([None, "330106", "330102", ""]),
        "kind": st.sampled_from([None, "a", "b", "张三"]),
        "n": st.sampled_from([None, 0, 3, -1, 2**40]),
        "urgent": st.sampled_from([None, True, False]),
        "day": st.sampled_from([None, date(2026, 11, 20), date(1999, 1, 2)]),
    }),
    min_size=1,
    max_size=8,
)  # fmt: skip


@cache
def hangzhou() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


def _contract(city: City) -> Contract:
    fields = tuple(Field(name, Name(zh=name, en=name), kind) for name, kind in TYPES.items())  # type: ignore[arg-type]
    return replace(city.contracts["contract:metro/flow_15min"], fields=fields, rules=())


def _with(city: City, *policies: str) -> City:
    made = {f"policy:p{n}": Policy(policy=f"p{n}", cedar=text) for n, text in enumerate(policies)}
    return replace(city, policies=made)


@settings(max_examples=150)
@given(st.lists(st.tuples(SCOPES, CONDITIONS, st.sampled_from(["when", "unless"])), max_size=3), RECORDS,
       st.sampled_from(["dept:health", "dept:gov-330106"]))  # fmt: skip
def test_the_condition_over_all_rows_says_what_asking_for_each_row_says(
    forbids: list[tuple[str, str, str]], records: list[dict[str, object]], who: str
) -> None:
    city = hangzhou()
    contract = _contract(city)
    texts = [f"forbid ({scope.format(ref=contract.ref)}) {word} {{ {body} }};" for scope, body, word in forbids]
    rulebook = Rulebook(_with(city, *texts))
    asker = Asker(city.departments[who], frozenset(city.above(who)), "operation")
    allowed = rows_allowed("\n".join([house_policies(), *texts]), contract, asker)
    answers = pl.DataFrame(records, schema=ROWS).with_columns(allowed.alias("allowed"))["allowed"].to_list()
    one_by_one = [
        rulebook.may_read(who, "operation", contract.ref, attributes_of(record, contract)) for record in records
    ]
    assert answers == one_by_one


@settings(max_examples=60)
@given(CONDITIONS, st.sampled_from(["operation", "emergency"]), st.booleans())
def test_one_more_forbid_never_allows_more(body: str, purpose: str, running: bool) -> None:
    city, thing = hangzhou(), "contract:metro/flow_15min"
    permit = Permit(new_id(), "dept:health", thing, "operation", frozenset({"station", "entries"}), NOW - timedelta(1),
                    NOW + timedelta(1))  # fmt: skip
    use = Use("dept:health", thing, purpose, ("station",), NOW, system_running=running)
    before = Rulebook(_with(city)).decide(use, [permit])
    after = Rulebook(_with(city, f"forbid (principal, action, resource) when {{ {body} }};")).decide(use, [permit])
    assert before.allowed or not after.allowed
