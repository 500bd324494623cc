"""What is new and looks like what is there is named, with its owner and where it can be asked for."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from citybrain.blueprint.duplicates import Likeness, alike, meaning, pointer
from citybrain.city.contract import Contract
from citybrain.city.names import Name
from citybrain.city.whole import City
from tests.rooms.conftest import FLOW

Change = Callable[[Contract], Contract]


def found(city: City, ref: str) -> list[str]:
    return [other for other, _ in alike(Likeness(city), ref)]


def with_contract(city: City, change: Change, ref: str = "contract:zoo/again") -> tuple[City, str]:
    twin = change(replace(city.contracts[FLOW], ref=ref, name=Name(zh="站点闸机", en="gates")))
    return replace(city, contracts={**city.contracts, ref: twin}), ref


def renamed(contract: Contract) -> Contract:
    """Call every field otherwise, with the same titles."""
    return replace(contract, fields=tuple(replace(one, name=f"x_{one.name}") for one in contract.fields))


def retitled(contract: Contract) -> Contract:
    """Call every field otherwise, with other titles."""
    fields = tuple(replace(one, title=Name(zh=f"甲{one.name}", en="x")) for one in renamed(contract).fields)
    return replace(contract, fields=fields)


@pytest.mark.parametrize("change", [lambda one: one, renamed], ids=["same field names", "same titles"])
def test_a_contract_with_the_same_fields_or_the_same_titles_is_named(tiny: City, change: Change) -> None:
    assert found(*with_contract(tiny, change)) == [FLOW]


def test_a_contract_with_other_fields_and_titles_is_new(tiny: City) -> None:
    assert found(*with_contract(tiny, retitled)) == []


def test_few_fields_make_a_twin_only_under_a_name_of_the_same_meaning(tiny: City) -> None:
    def two(contract: Contract) -> Contract:
        return replace(contract, fields=contract.fields[1:3])

    def called(contract: Contract) -> Contract:
        return replace(two(contract), name=Name(zh="地铁分时客流（信息表）", en="x"))

    assert found(*with_contract(tiny, two)) == []
    assert found(*with_contract(tiny, called)) == [FLOW]


def test_what_is_declared_to_be_different_is_no_twin(tiny: City) -> None:
    assert found(*with_contract(tiny, lambda one: replace(one, distinct_from=(FLOW,)))) == []
    assert found(*with_contract(tiny, lambda one: one, f"{FLOW}@2")) == []  # a version of the same


def test_an_indicator_with_the_same_sum_is_named_and_another_filter_makes_it_new(tiny: City) -> None:
    entries = tiny.indicators["indicator:metro.entries"]
    twin = entries.model_copy(update={"indicator": "zoo.entries"})
    city = replace(tiny, indicators={**tiny.indicators, twin.ref: twin})
    assert found(city, twin.ref) == [entries.ref]
    other = twin.model_copy(update={"time": entries.time.model_copy(update={"grain": "hour", "window": "all"})})
    assert found(replace(city, indicators={**tiny.indicators, twin.ref: other}), twin.ref) == []


def test_a_second_system_of_one_name_or_for_the_same_contracts_is_named(tiny: City) -> None:
    afc = tiny.systems["system:metro/afc"]
    twin = afc.model_copy(update={"system": "metro/zz", "name": Name(zh=f"{afc.name.zh}平台", en="x"), "provides": ()})
    assert found(replace(tiny, systems={**tiny.systems, twin.ref: twin}), twin.ref) == [afc.ref]
    elsewhere = twin.model_copy(update={"owner": "dept:government"})
    assert found(replace(tiny, systems={**tiny.systems, twin.ref: elsewhere}), twin.ref) == []
    both = ("contract:metro/flow_15min", "contract:metro/lifts")
    one = afc.model_copy(update={"provides": both})
    two = elsewhere.model_copy(update={"provides": both, "name": Name(zh="另一套", en="x")})
    assert found(replace(tiny, systems={one.ref: one, two.ref: two}), two.ref) == [one.ref]


def test_one_file_for_two_contracts_is_named_unless_each_takes_its_own_rows(tiny: City) -> None:
    source = next(iter(tiny.sources.values()))
    twin = source.model_copy(update={"source": "zoo/again", "feeds": FLOW})
    city = replace(tiny, sources={**tiny.sources, twin.ref: twin})
    assert found(city, twin.ref) == [source.ref]
    part = twin.model_copy(update={"only": tiny.indicators["indicator:metro.entries"].measure})
    assert found(replace(tiny, sources={**tiny.sources, twin.ref: part}), twin.ref) == []


def test_the_pointer_names_owner_and_page(tiny: City) -> None:
    assert pointer(tiny, FLOW) == f"小城地铁, /console/catalog/{FLOW}"
    assert meaning(Name(zh="停车 场—信息", en="x")) == "停车场"
