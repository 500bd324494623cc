"""The negative list: what is declared against it is a finding with its item; what it stops, it stops at every use."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.city.crosscheck import cross_check
from citybrain.city.names import Name
from citybrain.city.negative import prohibited
from citybrain.city.prohibition import Prohibition
from citybrain.city.whole import City
from citybrain.safeguards.authorization.rulebook import Permit, Rulebook, Use

FLOW = "contract:metro/flow_15min"
SAID = {"zh": "客流不给“企业”\\n", "en": 'no "flow"'}
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
FIELDS = ("slot_start", "station", "entries", "exits")


def item(**more: Any) -> Prohibition:
    told = {"prohibition": "one", "name": SAID, "reason": SAID, "basis": {"law": "nanjing-2025/23", "text": SAID}}
    return Prohibition.model_validate({**told, **more})


def with_items(city: City, *items: Prohibition) -> City:
    return replace(city, prohibitions={one.ref: one for one in items})


def codes(city: City) -> list[tuple[str, str]]:
    return [(found.code, found.ref) for found in cross_check(city)]


def test_an_item_must_be_about_something() -> None:
    with pytest.raises(ValueError, match="names contracts"):
        item(purposes=["operation"])


@pytest.mark.parametrize(
    ("more", "refs"),
    [
        ({"contracts": [FLOW]}, [FLOW, "grant:government-uses-metro-flow"]),
        ({"fields": ["entries"]}, [FLOW, "grant:government-uses-metro-flow"]),
        ({"fields": ["exits"]}, [FLOW]),
        ({"fields": ["entries"], "to": ["dept:government"]}, ["grant:government-uses-metro-flow"]),
        ({"fields": ["entries"], "to": ["dept:data-bureau"]}, []),
        ({"fields": ["entries"], "to_kinds": ["enterprise"]}, []),
        ({"fields": ["exits"], "to": ["dept:government"]}, []),
        ({"fields": ["entries"], "purposes": ["public_service"], "to": ["dept:government"]}, []),
    ],
)
def test_contracts_and_grants_against_the_list_are_findings(tiny: City, more: dict[str, Any], refs: list[str]) -> None:
    assert codes(with_items(tiny, item(**more))) == [("blueprint.on_negative_list", ref) for ref in refs]


def test_the_finding_names_the_item_its_law_and_the_fields(tiny: City) -> None:
    (found,) = cross_check(with_items(tiny, item(fields=["entries"], to=["dept:government"])))
    assert (found.params["item"], found.params["law"], found.params["fields"]) == (
        "one",
        "nanjing-2025/23",
        ["entries"],
    )


def test_an_open_contract_breaks_an_item_that_names_whom(tiny: City) -> None:
    opened = replace(tiny.contracts[FLOW], open=True)
    city = with_items(replace(tiny, contracts={**tiny.contracts, FLOW: opened}),
                      item(fields=["exits"], to_kinds=["enterprise"]))  # fmt: skip
    assert codes(city) == [("blueprint.on_negative_list", FLOW)]


def test_kinds_and_grades_are_covered(tiny: City) -> None:
    fields = tuple(
        replace(field, kind="plate", grade=4) if field.name == "exits" else field
        for field in tiny.contracts[FLOW].fields
    )
    contract = replace(tiny.contracts[FLOW], fields=fields)
    assert item(kinds=["plate"]).covered(contract) == {"exits"}
    assert item(grade_from=3).covered(contract) == {"exits"}
    assert item(grade_from=3, contracts=["contract:metro/lifts"]).covered(contract) == frozenset()
    assert item(contracts=[FLOW]).covered(contract) == set(FIELDS)


def test_an_item_that_leads_nowhere_is_a_finding(tiny: City) -> None:
    made = item(contracts=["contract:metro/flaw"], to=["dept:metr"], purposes=["operations"])
    assert codes(with_items(tiny, made)) == [("blueprint.name_unknown", "prohibition:one")] * 3


permit = Permit(UUID(int=1), "dept:government", FLOW, "operation", frozenset(FIELDS), NOW, NOW.replace(year=2027))


def asked(fields: tuple[str, ...], department: str = "dept:government") -> Use:
    return Use(department, FLOW, "operation", fields, NOW)


def test_a_use_against_the_list_is_refused_with_item_and_article(tiny: City) -> None:
    book = Rulebook(with_items(tiny, item(fields=["exits"], to=["dept:government"])))
    no = book.decide(asked(FIELDS), [permit])
    assert not no.allowed
    assert [(rule.id, rule.article) for rule in no.rules] == [("negative-list/one", "nanjing-2025/23")]
    assert book.decide(asked(FIELDS[:3]), [permit]).allowed


def test_an_item_holds_for_the_bodies_below_the_one_it_names(tiny: City) -> None:
    below = tiny.departments["dept:data-bureau"].model_copy(update={"parent": "dept:government", "posts": ()})
    city = replace(tiny, departments={**tiny.departments, below.ref: below})
    held = replace(permit, department=below.ref)
    book = Rulebook(with_items(city, item(fields=["exits"], to=["dept:government"])))
    assert not book.decide(asked(("exits",), below.ref), [held]).allowed
    assert book.decide(asked(("entries",), below.ref), [held]).allowed


@given(
    fields=st.sets(st.sampled_from(FIELDS)),
    grade=st.one_of(st.none(), st.integers(1, 4)),
    to=st.sets(st.sampled_from(["dept:government", "dept:metro", "dept:data-bureau"])),
    kinds=st.sets(st.sampled_from(["bureau", "enterprise"])),
    purposes=st.sets(st.sampled_from(["operation", "public_service"])),
    wanted=st.sets(st.sampled_from(FIELDS), min_size=1),
)
def test_the_policies_say_the_same_as_the_check(
    tiny: City, fields: set[str], grade: int | None, to: set[str], kinds: set[str], purposes: set[str],
    wanted: set[str],
) -> None:  # fmt: skip
    more = {"fields": sorted(fields), "grade_from": grade, "contracts": [] if fields or grade else [FLOW]}
    made = item(**more, to=sorted(to), to_kinds=sorted(kinds), purposes=sorted(purposes))
    city = with_items(tiny, made)
    found = prohibited(city, FLOW, "dept:government", "operation", wanted)
    assert Rulebook(city).decide(asked(tuple(sorted(wanted))), [permit]).allowed == (found is None)


def test_words_of_an_item_never_become_policy(tiny: City) -> None:
    hostile = Name(zh='") permit(principal, action, resource); //', en="\u0007'\"\\")
    made = item(fields=["exits"]).model_copy(update={"name": hostile})
    no = Rulebook(with_items(tiny, made)).decide(asked(("exits",)), [])
    assert not no.allowed
