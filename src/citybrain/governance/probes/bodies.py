"""Probes of bodies and what is theirs: the city's territory, judicial bodies and utilities, rights of partners.

Source: Hangzhou art. 2, 16, 25.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.indicator import Indicator, Model
from citybrain.city.names import Name
from citybrain.city.odcs import ContractFile
from citybrain.city.organisation import Department
from citybrain.city.profile import with_profiles
from citybrain.city.promises import contract_of
from citybrain.city.rights import Rights
from citybrain.city.territory import division_of
from citybrain.city.whole import City
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import (
    AMOUNT,
    BUREAU,
    CONTRACT,
    METER,
    PROVIDER,
    reading,
    scratch_city,
    scratch_files,
)
from citybrain.hub.catalog.publish import publish
from citybrain.hub.catalog.search import one
from citybrain.hub.inspection import inspect_rows
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError
from citybrain.safeguards.viewing import administers

PURPOSE = "law_check"
OUTSIDE = "330106"
_SAID = {"zh": "条例检查", "en": "law check"}
_RIGHTS = {"holder": _SAID, "agreement": "law-check-1", "terms": _SAID}


def only_within_the_city(bench: Bench) -> Seen:
    """Declare a contract, a system and a body of another city: each is refused until that city is a peer."""
    files = scratch_files(bench.city.settings.city.zone)
    away = {
        CONTRACT: _with(files[CONTRACT], division=OUTSIDE),
        METER: {**files[METER], "division": OUTSIDE},
        PROVIDER: {**files[PROVIDER], "division": OUTSIDE},
    }
    for ref, content in away.items():
        found = bench.doors.find({**files, ref: content})
        demand("blueprint.division_outside" in found, "division_outside_passes", ref=ref)
    peer = {**files["city"], "peers": {"330100": _SAID}}
    demand(not bench.doors.find({**files, **away, "city": peer}), "peer_is_refused")
    divisions = {division_of(bench.city, item) for item in bench.city.contracts.values()}
    return seen(
        "only_within_the_city", contracts=len(bench.city.contracts), divisions=len(divisions),
        peers=len(bench.city.settings.peers),
    )  # fmt: skip


def profiles_hold(bench: Bench) -> Seen:
    """Let a utility and a court provide: one owes what its profile says, the other alone administers its objects."""
    files = scratch_files(bench.city.settings.city.zone)
    utility = {**files[PROVIDER], "profile": "utility"}
    levelled = {METER: {**files[METER], "protection_level": 3}}
    demand("blueprint.profile_duty_missing" in bench.doors.find({**files, PROVIDER: utility}), "profile_asks_nothing")
    demand(not bench.doors.find({**files, PROVIDER: utility, **levelled}), "complete_contract_refused")
    with stage(bench, _as(scratch_city(bench.city), "utility")) as at:
        demand(at.send([reading(at.clock.now())]).accepted == 1, "utility_cannot_provide")
    court = {**files, PROVIDER: {**files[PROVIDER], "profile": "judicial"}}
    granted = {
        "grant": "law-check", "from": CONTRACT, "to": BUREAU, "purpose": PURPOSE, "until": "2099-12-31",
        "basis": {"law": "hangzhou-2021/25", "text": _SAID}, "fields": ["place"],
    }  # fmt: skip
    shared = {**court, CONTRACT: _with(files[CONTRACT], share="conditional"), "grant:law-check": granted}
    demand("blueprint.granted_in_own_domain" in bench.doors.find(shared), "judicial_granted_by_others")
    with stage(bench, _as(scratch_city(bench.city), "judicial")) as at:
        _court_alone(at)
    bodies = [item.profile for item in bench.city.departments.values()]
    return seen("profiles_hold", judicial=bodies.count("judicial"), utilities=bodies.count("utility"))


def _court_alone(at: Stage) -> None:
    """Ask a court: nobody else checks, takes on appeal, or administers."""
    unsaid = contract_of(ContractFile.model_validate(scratch_files()[CONTRACT]))
    silent = with_profiles(
        replace(at.city, contracts={**at.city.contracts, CONTRACT: replace(unsaid, share_said=False)})
    )
    demand(silent.contracts[CONTRACT].share == "none", "judicial_shared_unasked")
    leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
    contract = at.city.contracts[CONTRACT]
    demand(not administers(leader, contract), "judicial_administered_by_others")
    refused(
        lambda: inspect_rows(at.database, at.city, at.reader, CONTRACT, (None, 1), "law check", at.clock, at.new_id),
        CityBrainError, "judicial_administered_by_others",
    )  # fmt: skip
    until = city_day(at.clock.now(), at.city.zone)
    wish = Wish(
        CONTRACT, PURPOSE, {"law": "hangzhou-2021/25"}, "条例检查时取用读数", ("place", "amount", "person"), until
    )
    with at.database.transaction() as connection:
        made = desk.apply_for(connection, at.city, wish, leader, at.clock, at.new_id)
        demand(made.state == "providing", "judicial_administered_by_others")
        for act in (desk.grant, desk.refuse):
            step = partial(act, connection, at.city, made.number, leader, "law check", at.clock, at.new_id)
            refused(step, CityBrainError, "judicial_administered_by_others")
        desk.refuse(connection, at.city, made.number, clerk, "law check", at.clock, at.new_id)
        refused(
            lambda: desk.appeal(connection, at.city, made.number, leader, "law check", at.clock, at.new_id),
            CityBrainError, "judicial_administered_by_others",
        )  # fmt: skip


def partners_have_rights(bench: Bench) -> Seen:
    """Publish what was made with a partner: not without an agreement; with it the entry tells holder and terms."""
    files = scratch_files(bench.city.settings.city.zone)
    for ref, partnered in (
        (CONTRACT, _with(files[CONTRACT], partner=_SAID)),
        (AMOUNT, {**files[AMOUNT], "partner": _SAID}),
    ):
        demand(
            "blueprint.partner_without_rights" in bench.doors.find({**files, ref: partnered}), "partner_without_rights"
        )
    agreed = {CONTRACT: _with(files[CONTRACT], partner=_SAID, rights=_RIGHTS)}
    demand(not bench.doors.find({**files, **agreed}), "complete_contract_refused")
    city = scratch_city(bench.city)
    made = replace(city.contracts[CONTRACT], partner=Name(**_SAID), rights=Rights.model_validate(_RIGHTS))
    with stage(bench) as at, at.database.transaction() as connection:
        publish(connection, replace(city, contracts={**city.contracts, CONTRACT: made}), 1, at.clock.now(), at.new_id)
        told = one(connection, CONTRACT).content.get("rights")
    demand(told == _RIGHTS, "rights_not_told")
    every: list[Contract | Model | Indicator] = [*bench.city.contracts.values(), *bench.city.models.values()]
    every += bench.city.indicators.values()
    for thing in every:
        demand(thing.partner is None or thing.rights is not None, "partner_without_rights")
    return seen("partners_have_rights", partnered=sum(thing.partner is not None for thing in every))


def _as(city: City, profile: str) -> City:
    body: Department = city.departments[PROVIDER].model_copy(update={"profile": profile})
    contracts = {ref: replace(item, share="conditional", share_said=True) for ref, item in city.contracts.items()}
    return with_profiles(replace(city, departments={**city.departments, PROVIDER: body}, contracts=contracts))


def _with(file: Mapping[str, Any], **ours: object) -> dict[str, Any]:
    kept = [item for item in file["customProperties"] if item["property"] not in ours]
    return {**file, "customProperties": [*kept, *({"property": key, "value": value} for key, value in ours.items())]}
