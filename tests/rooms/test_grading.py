"""Grades: what is made from data inherits the highest; important data is listed; secrets are refused."""

from dataclasses import replace

import pytest

from citybrain.city.contract import Contract
from citybrain.city.crosscheck import cross_check
from citybrain.city.grading import graded, important
from citybrain.city.indicator import Model
from citybrain.city.names import Basis, Name
from citybrain.city.whole import City

FLOW, LIFTS = "contract:metro/flow_15min", "contract:metro/lifts"
ENTRIES, STOPPED = "indicator:metro.entries", "indicator:metro.lifts_stopped"
MODEL = "model:metro/theme"
SAID = Name(zh="主题", en="theme")


def with_contract(city: City, ref: str, **changes: object) -> City:
    return replace(city, contracts={**city.contracts, ref: replace(city.contracts[ref], **changes)})


def with_indicator(city: City, ref: str, **changes: object) -> City:
    return replace(city, indicators={**city.indicators, ref: city.indicators[ref].model_copy(update=changes)})


@pytest.fixture
def city(tiny: City) -> City:
    """The tiny city with a model over both contracts, an indicator on it, and one derived from that."""
    model = Model(model="metro/theme", name=SAID, owner="dept:metro", reads={"a": FLOW, "b": LIFTS}, sql="SELECT 1")
    through = tiny.indicators[ENTRIES].model_copy(update={"indicator": "metro.through", "source": MODEL})
    derived = tiny.indicators[ENTRIES].model_copy(
        update={"indicator": "metro.derived", "source": None, "derived": (through.ref, ENTRIES)}
    )
    indicators = {**tiny.indicators, through.ref: through, derived.ref: derived}
    return replace(tiny, models={MODEL: model}, indicators=indicators)


def codes(city: City) -> list[str]:
    return [item.code for item in cross_check(city)]


def test_the_highest_grade_goes_through_models_and_parts(city: City) -> None:
    raised = with_contract(city, LIFTS, grade=3, data_class="important")
    found = graded(raised)
    assert found[FLOW] == (1, "general")
    assert found[ENTRIES] == (1, "general")
    for ref in (LIFTS, STOPPED, MODEL, "indicator:metro.through", "indicator:metro.derived"):
        assert found[ref] == (3, "important"), ref


def test_one_sensitive_field_grades_the_whole(city: City) -> None:
    first, *rest = city.contracts[LIFTS].fields
    raised = with_contract(city, LIFTS, fields=(replace(first, grade=4), *rest))
    assert graded(raised)[STOPPED] == (4, "general")


def test_a_declared_grade_may_raise_and_never_lower(city: City) -> None:
    raised = with_contract(city, LIFTS, grade=3)
    assert graded(with_indicator(city, STOPPED, grade=2))[STOPPED][0] == 2
    assert codes(with_indicator(raised, STOPPED, grade=3)) == codes(raised)
    assert set(codes(with_indicator(raised, STOPPED, grade=2))) - set(codes(raised)) == {"blueprint.grade_lowered"}
    assert graded(with_indicator(raised, STOPPED, grade=2))[STOPPED][0] == 3


def test_important_data_is_listed_with_who_answers(city: City) -> None:
    assert important(city) == []
    raised = with_contract(with_contract(city, LIFTS, data_class="important"), FLOW, data_class="core", share="none")
    lines = important(raised)
    assert [line.data_class for line in lines] == sorted((line.data_class for line in lines), reverse=False)
    by_ref = {line.ref: line for line in lines}
    assert (by_ref[LIFTS].owner, by_ref[LIFTS].sources) == ("dept:metro", ())
    assert by_ref[STOPPED].data_class == "important"
    assert by_ref[STOPPED].sources == (LIFTS,)
    assert by_ref[MODEL].data_class == "core"
    assert by_ref[MODEL].sources == (FLOW, LIFTS)


def test_parts_that_lead_back_to_themselves_are_no_reason_to_hang(city: City) -> None:
    looped = with_indicator(city, "indicator:metro.derived", derived=("indicator:metro.derived", ENTRIES))
    assert "indicator:metro.derived" not in {line.ref for line in important(looped)}


UNSHARED = {"share": "none", "share_basis": Basis(law="hangzhou-2021/13", text=SAID)}


def tagged(contract: Contract, tag: str) -> dict[str, object]:
    first, *rest = contract.fields
    return {"fields": (replace(first, tags=(tag,)), *rest)}


def test_nothing_is_granted_on_what_is_not_shared(city: City) -> None:
    assert any(grant.from_ == FLOW for grant in city.grants.values())
    found = cross_check(with_contract(city, FLOW, **UNSHARED))
    assert [item.code for item in found] == ["blueprint.grant_on_unshared"]
    assert found[0].params["basis"] == "hangzhou-2021/13"
    assert codes(with_contract(city, LIFTS, **UNSHARED)) == []


def test_state_secrets_are_refused_on_a_contract_and_on_a_field(city: City) -> None:
    assert codes(city) == []
    assert codes(with_contract(city, LIFTS, tags=("state_secret",))) == ["blueprint.state_secret"]
    assert codes(with_contract(city, LIFTS, **tagged(city.contracts[LIFTS], "state_secret"))) == [
        "blueprint.state_secret"
    ]


def test_trade_secrets_and_sensitive_fields_are_never_open(city: City) -> None:
    secret = tagged(city.contracts[LIFTS], "trade_secret")
    assert codes(with_contract(city, LIFTS, **secret)) == []  # may be shared, by grant
    assert codes(with_contract(city, LIFTS, open=True)) == []
    assert codes(with_contract(city, LIFTS, open=True, **secret)) == ["blueprint.open_protected"]
    first, *rest = city.contracts[LIFTS].fields
    sensitive = (replace(first, grade=3), *rest)
    assert "blueprint.open_protected" in codes(with_contract(city, LIFTS, open=True, fields=sensitive))


def test_core_data_is_not_shared(city: City) -> None:
    assert codes(with_contract(city, LIFTS, data_class="core")) == ["blueprint.core_shared"]
    assert codes(with_contract(city, LIFTS, data_class="core", **UNSHARED)) == []
