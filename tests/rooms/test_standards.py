"""The standards library: a field that breaks its element is a finding with the clause; each body has its rate."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citybrain.blueprint.load import load
from citybrain.city.conformity import conformities, held_fields
from citybrain.city.contract import Field
from citybrain.city.crosscheck import cross_check
from citybrain.city.names import Name
from citybrain.city.standard import DataStandard
from citybrain.city.whole import City

FLOW = "contract:metro/flow_15min"
SAID = {"zh": "站点代码", "en": "station code"}


def library(*, binding: bool = True, **more: Any) -> DataStandard:
    element = {
        "element": "station", "name": SAID, "clause": "4.2", "type": "string", "pattern": "^[A-Z][0-9]+$",
        "wrong": ["S", "1", "S1X"], "fields": ["station"], **more,
    }  # fmt: skip
    told = {"standard": "metro", "code": "DB 1", "name": SAID, "version": "2026", "binding": binding}
    return DataStandard.model_validate({**told, "elements": [element]})


def with_library(city: City, standard: DataStandard) -> City:
    return replace(city, standards={standard.ref: standard})


def with_station(city: City, **more: Any) -> City:
    contract = city.contracts[FLOW]
    fields = tuple(replace(item, **more) if item.name == "station" else item for item in contract.fields)
    return replace(city, contracts={**city.contracts, FLOW: replace(contract, fields=fields)})


def breaks(city: City) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.contract.ref, item.breaks) for item in held_fields(city) if item.breaks]


def test_a_narrower_field_conforms(tiny: City) -> None:
    city = with_library(tiny, library())  # the metro's stations are S1 to S999
    assert cross_check(city) == []
    assert [(item.department, item.fields, item.conforming) for item in conformities(city)] == [("dept:metro", 2, 2)]


@pytest.mark.parametrize(
    ("more", "broken"),
    [
        ({"type": "integer"}, ("type",)),
        ({"wrong": ["S1"]}, ("pattern",)),
        ({"wrong": []}, ("pattern",)),
        ({"codes": ["S1", "S2"]}, ("codes",)),
        ({"unit": {"zh": "个", "en": "pieces"}}, ("unit",)),
        ({"grade": 3}, ("grade",)),
        ({"type": "integer", "grade": 2}, ("type", "grade")),
    ],
)
def test_a_field_that_differs_from_a_binding_element_is_a_finding_with_its_clause(
    tiny: City, more: dict[str, Any], broken: tuple[str, ...]
) -> None:
    city = with_library(tiny, library(**more))
    assert breaks(city) == [(FLOW, broken), ("contract:metro/lifts", broken)]
    found = cross_check(city)
    assert [(item.code, item.ref) for item in found] == [
        ("blueprint.standard_broken", FLOW), ("blueprint.standard_broken", "contract:metro/lifts")
    ]  # fmt: skip
    assert (found[0].params["standard"], found[0].params["clause"]) == ("DB 1—2026", "4.2")


def test_a_recommended_element_is_counted_and_does_not_stop(tiny: City) -> None:
    city = with_library(tiny, library(binding=False, grade=3))
    assert cross_check(city) == []
    (rate,) = conformities(city)
    assert (rate.fields, rate.conforming, rate.rate) == (2, 0, 0.0)


def test_a_field_that_names_an_element_is_held_to_it_even_where_it_is_recommended(tiny: City) -> None:
    wanted = library(binding=False, grade=3, fields=[])
    assert cross_check(with_library(tiny, wanted)) == []
    named = with_library(with_station(tiny, element="metro/station"), wanted)
    assert [item.code for item in cross_check(named)] == ["blueprint.standard_broken"]
    followed = with_library(with_station(tiny, element="metro/station", grade=3), wanted)
    assert cross_check(followed) == []


def test_an_element_that_is_not_in_the_library_is_unknown(tiny: City) -> None:
    city = with_library(with_station(tiny, element="metro/statoin"), library())
    assert [item.code for item in cross_check(city)] == ["blueprint.name_unknown"]
    assert cross_check(city)[0].params["near"]


def test_a_field_is_known_by_its_title_too(tiny: City) -> None:
    city = with_station(tiny, name="stop", title=Name(zh="站点代码", en="stop"))
    held = list(held_fields(with_library(city, library(titles=["站点代码"]))))
    assert [(item.contract.ref, item.field.name) for item in held] == [
        (FLOW, "stop"),
        ("contract:metro/lifts", "station"),
    ]
    assert isinstance(held[0].field, Field)


def test_the_library_of_hangzhou_is_followed_where_it_binds() -> None:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    assert not loaded.findings
    assert {item.code for item in loaded.city.standards.values() if item.binding} >= {
        "GB/T 2260", "GB 32100", "GB 11643", "GB/T 7408"
    }  # fmt: skip
    differing = {item.element.element for item in held_fields(loaded.city) if item.breaks}
    assert differing == {"co"}  # HJ 633 asks for mg/m³
