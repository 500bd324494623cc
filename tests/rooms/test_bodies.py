"""Bodies and what is theirs: the city's territory, courts and utilities by their profile, partners by agreement."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from citybrain.city.contract import Contract
from citybrain.city.crosscheck import cross_check
from citybrain.city.grant import Grant
from citybrain.city.names import Name
from citybrain.city.profile import with_profiles
from citybrain.city.rights import Rights
from citybrain.city.territory import division_of
from citybrain.city.whole import City
from citybrain.hub import emergencies
from citybrain.hub.catalog.publish import publish
from citybrain.hub.catalog.search import one
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.inspection import inspect_rows
from citybrain.hub.sharing import desk, granting
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.classification import may_decide
from citybrain.safeguards.viewing import Viewer, administers
from citybrain.web.sessions import may_open_contract

FLOW = "contract:metro/flow_15min"
METRO, BUREAU = "dept:metro", "dept:data-bureau"
SAID = Name(zh="云科技", en="Cloud Ltd")
RIGHTS = Rights(holder=SAID, agreement="协议 2026-07", terms=Name(zh="仅限客流研判", en="for flow analysis only"))
OPERATOR = Viewer("lin", "hub_operator", BUREAU, "city", None, frozenset({"operate_hub", "request_data"}))
CLERK = Viewer("zhou", "metro_dispatcher", METRO, "city", None, frozenset({"grant_data", "repair_rows"}))
WISH = Wish(FLOW, "operation", {"law": "hangzhou-2021/8"}, "研判高峰客流，安排接驳", ("slot_start", "station"),
            date(2027, 6, 30))  # fmt: skip


def codes(city: City) -> list[tuple[str, str]]:
    return [(found.code, found.ref) for found in cross_check(city)]


def metro_as(city: City, **more: Any) -> City:
    body = city.departments[METRO].model_copy(update=more)
    return with_profiles(replace(city, departments={**city.departments, METRO: body}))


def changed(city: City, **more: Any) -> City:
    contract: Contract = replace(city.contracts[FLOW], **more)
    return with_profiles(replace(city, contracts={**city.contracts, FLOW: contract}))


@pytest.mark.parametrize(
    ("division", "finding"),
    [("990101", False), ("990100", False), ("990101001", False), ("330106", True), ("990200", True)],
)
def test_a_contract_of_a_division_outside_the_city_is_a_finding(tiny: City, division: str, finding: bool) -> None:
    wanted = [("blueprint.division_outside", FLOW)] if finding else []
    assert codes(changed(tiny, division=division)) == wanted


def test_systems_and_bodies_outside_are_findings_and_peers_are_not(tiny: City) -> None:
    system = tiny.systems["system:metro/afc"].model_copy(update={"division": "330106"})
    away = replace(metro_as(tiny, division="330106"), systems={**tiny.systems, system.ref: system})
    assert codes(away) == [("blueprint.division_outside", METRO), ("blueprint.division_outside", system.ref)]
    peers = tiny.settings.model_copy(update={"peers": {"330100": SAID}})
    assert codes(replace(away, settings=peers)) == []


def test_a_thing_has_its_own_division_else_its_bodys_else_the_citys(tiny: City) -> None:
    assert division_of(tiny, tiny.contracts[FLOW]) == "990100"
    district = metro_as(tiny, division="990102")
    assert division_of(district, district.contracts[FLOW]) == "990102"
    own = changed(district, division="990103")
    assert division_of(own, own.contracts[FLOW]) == "990103"


def test_a_utility_says_cycle_and_protection_level(tiny: City) -> None:
    utility = metro_as(tiny, profile="utility")
    assert codes(utility) == []
    assert codes(changed(utility, cycle=None)) == [("blueprint.profile_duty_missing", FLOW)]
    assert codes(changed(tiny, cycle=None)) == []
    system = utility.systems["system:metro/afc"].model_copy(update={"protection_level": None})
    bare = replace(utility, systems={**utility.systems, system.ref: system})
    assert codes(bare) == [("blueprint.profile_duty_missing", system.ref)]


def test_what_a_file_leaves_open_is_shared_as_the_profile_says(tiny: City) -> None:
    open_ = changed(tiny, share="conditional", share_said=False)
    assert metro_as(open_, profile="utility").contracts[FLOW].share == "conditional"
    court = metro_as(open_, profile="judicial").contracts[FLOW]
    assert (court.share, court.share_basis and court.share_basis.law) == ("none", "hangzhou-2021/25")
    said = changed(tiny, share="conditional", share_said=True)
    assert metro_as(said, profile="judicial").contracts[FLOW].share == "conditional"


@pytest.fixture
def court(tiny: City) -> City:
    return metro_as(changed(tiny, share="conditional", share_said=True), profile="judicial")


def test_who_runs_the_hub_does_not_administer_what_a_court_provides(tiny: City, court: City) -> None:
    for city, may in ((tiny, True), (court, False)):
        contract = city.contracts[FLOW]
        assert administers(OPERATOR, contract) is may
        assert may_open_contract(OPERATOR, contract) is may
        assert may_decide(OPERATOR, contract) is may
        assert may_open_contract(CLERK, contract)


def test_rows_of_a_court_are_not_looked_at_from_the_command_line(
    database: Database, tiny: City, court: City, clock: SetClock, tmp_path: Path
) -> None:
    reader = Reader(tmp_path)
    assert inspect_rows(database, tiny, reader, FLOW, (None, 1), "root", clock, new_id).height == 0
    with pytest.raises(AccessRefused, match="own_domain"):
        inspect_rows(database, court, reader, FLOW, (None, 1), "root", clock, new_id)


def test_a_court_checks_and_answers_alone_and_nobody_decides_above_it(
    database: Database, court: City, clock: SetClock
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, court, WISH, OPERATOR, clock, new_id)
        assert made.state == "providing"
        with pytest.raises(AccessRefused):
            desk.grant(connection, court, made.number, OPERATOR, "", clock, new_id)
        desk.refuse(connection, court, made.number, CLERK, "卷宗未结", clock, new_id)
        with pytest.raises(Conflicting, match="own_domain"):
            desk.appeal(connection, court, made.number, OPERATOR, "需要", clock, new_id)
        again = desk.apply_for(connection, court, WISH, OPERATOR, clock, new_id)
        assert desk.grant(connection, court, again.number, CLERK, "", clock, new_id).state == "granted"


def test_no_emergency_of_the_city_opens_a_courts_data(
    database: Database, tiny: City, court: City, clock: SetClock
) -> None:
    with database.transaction() as connection:
        end = clock.now().replace(day=22)
        emergencies.declare(connection, "flood", "防汛应急响应", end, "lin", clock, new_id)
        government = "dept:government"
        with pytest.raises(AccessRefused, match="own_domain"):
            desk.grant_in_emergency(connection, court, WISH, "flood", government, OPERATOR, clock, new_id)
        assert desk.grant_in_emergency(connection, tiny, WISH, "flood", government, OPERATOR, clock, new_id)


def test_a_courts_important_data_is_approved_by_a_second_person_of_the_court(court: City) -> None:
    assert not granting.may_approve(court, OPERATOR, METRO)
    assert granting.may_approve(court, CLERK, METRO)


def test_a_courts_data_is_not_granted_in_the_citys_files(tiny: City, court: City) -> None:
    assert tiny.grants
    (ref,) = [ref for ref, item in tiny.grants.items() if isinstance(item, Grant) and item.from_ == FLOW]
    assert codes(court) == [("blueprint.granted_in_own_domain", ref)]


def test_what_a_partner_made_needs_agreed_rights(tiny: City) -> None:
    assert codes(changed(tiny, partner=SAID)) == [("blueprint.partner_without_rights", FLOW)]
    assert codes(changed(tiny, partner=SAID, rights=RIGHTS)) == []
    indicator = tiny.indicators["indicator:metro.entries"].model_copy(update={"partner": SAID})
    made = replace(tiny, indicators={**tiny.indicators, indicator.ref: indicator})
    assert codes(made) == [("blueprint.partner_without_rights", indicator.ref)]


def test_the_entry_tells_holder_agreement_terms_and_division(database: Database, tiny: City, clock: SetClock) -> None:
    city = changed(tiny, partner=SAID, rights=RIGHTS, division="990101")
    with database.transaction() as connection:
        publish(connection, city, 1, clock.now(), new_id)
        content = one(connection, FLOW).content
    assert content["rights"] == RIGHTS.model_dump()
    assert (content["partner"], content["division"]) == (SAID.model_dump(), "990101")
