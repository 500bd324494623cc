"""Probes of limited use: digital contracts with enterprises and abroad, important data, the negative list.

Source: Hangzhou art. 8; Nanjing art. 14, 23.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from citybrain.city.grading import important
from citybrain.city.grant import Limits
from citybrain.city.negative import prohibited
from citybrain.city.organisation import Department
from citybrain.city.prohibition import Prohibition
from citybrain.city.system import System
from citybrain.city.whole import City
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import (
    BUREAU,
    CONTRACT,
    DESK,
    KEPT,
    PROVIDER,
    reading,
    scratch_city,
    scratch_files,
)
from citybrain.hub import grants, limits
from citybrain.hub.grants import GrantOrder, HeldGrant
from citybrain.hub.question import Condition, Question
from citybrain.hub.release import Release, Releaser
from citybrain.hub.sharing import desk, granting
from citybrain.hub.sharing.minimality import Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.sql import statements

PURPOSE = "law_check"
USES = 10
OPERATOR = "dept:law-check-operator"
GATES = "system:law-check-operator/gates"
EXITS = "contract:law-check/exits"
HIGHER = "dept:law-check-higher"
ITEM = "prohibition:law-check"
_SAID = {"zh": "条例检查", "en": "law check"}
_BASIS = {"law": "nanjing-2025/23", "text": _SAID}


def uses_are_counted(bench: Bench) -> Seen:
    """Agree on ten uses: the eleventh is refused, the provider sees ten; abroad nothing goes without an assessment."""
    city = scratch_city(bench.city)
    abroad = city.settings.model_copy(update={"outbound_purposes": (PURPOSE,)})
    with stage(bench) as at:
        at.send([reading(at.clock.now())])
        held = _granted(at, Limits(uses=USES))
        for _ in range(USES):
            demand(_take(at).rows == 1, "limited_grant_gave_nothing")
        refused(lambda: _take(at), AccessRefused, "use_beyond_limit", most=USES)
        with at.database.reading() as connection:
            used = limits.used_of(connection, [held], city_day(at.clock.now(), at.city.zone))
        demand(used.get(held.name) == limits.Used(USES, USES), "uses_not_shown")
    with stage(bench, replace(city, settings=abroad)) as at:
        at.send([reading(at.clock.now())])
        with at.database.transaction() as connection:
            wish = replace(_wish(at), limits=Limits(uses=USES))
            came = desk.apply_for(connection, at.city, wish, at.viewer("law-check-leader"), at.clock, at.new_id)
        demand(came.state == "returned", "outbound_without_assessment")
        _granted(at, None)
        refused(lambda: _take(at), AccessRefused, "outbound_without_assessment")
        _granted(at, None, "law-check-assessment")
        demand(_take(at).rows == 1, "limited_grant_gave_nothing")
    files = scratch_files(bench.city.settings.city.zone)
    declared = {**files["city"], "outbound_purposes": [PURPOSE]}
    found = bench.doors.find({**files, "city": declared, "grant:law-check": _grant_file(BUREAU)})
    demand("blueprint.outbound_without_assessment" in found, "outbound_without_assessment")
    with bench.database.reading() as connection:
        held_now = [item for item in grants.listed(connection, open_only=True, limit=100_000) if item.limits]
    return seen("uses_are_counted", grants=len(held_now), purposes=len(bench.city.settings.outbound_purposes))


def enterprises_get_answers_only(bench: Bench) -> Seen:
    """Let a car-park operator post exits and ask about one car: a yes and a limit leave, nothing else does."""
    with stage(bench, _with_operator(scratch_city(bench.city))) as at:
        at.send([reading(at.clock.now())], contract=EXITS, system=GATES)
        at.send([reading(at.clock.now()), reading(at.clock.now(), "P2")])
        order = _order(at, Limits(rows_per_use=1), fields=("place", "amount"), to=OPERATOR)
        with at.database.transaction() as connection:
            grants.make(connection, order, "law check", at.clock.now(), at.new_id)
        where = (Condition("place", "eq", "P2"),)
        got = _take(at, Question(CONTRACT, PURPOSE, ("amount",), where), GATES)
        demand((got.rows, got.fields) == (1, ("amount",)), "limited_grant_gave_nothing")
        demand(_take(at, Question(CONTRACT, PURPOSE, ("amount",)), GATES).rows == 1, "enterprise_reads_in_bulk")
        wider = Question(CONTRACT, PURPOSE, ("amount", "person"), where)
        before = _refusals(at)
        refused(lambda: _take(at, wider, GATES), AccessRefused, "enterprise_got_more")
        demand(_refusals(at) == before + 1, "refusal_without_evidence")
    files = scratch_files(bench.city.settings.city.zone)
    body = {"department": "law-check-operator", "name": _SAID, "kind": "enterprise"}
    given = {**files, OPERATOR: body, "grant:law-check": _grant_file(OPERATOR)}
    demand("blueprint.enterprise_without_limits" in bench.doors.find(given), "enterprise_without_limits")
    limited = {**given, "grant:law-check": {**_grant_file(OPERATOR), "limits": {"rows_per_use": 1}}}
    demand(not bench.doors.find(limited), "complete_contract_refused")
    enterprises = [item for item in bench.city.departments.values() if item.needs_limits]
    return seen("enterprises_get_answers_only", enterprises=len(enterprises))


def important_data_needs_two(bench: Bench) -> Seen:
    """Ask for important data: the provider's yes alone gives nothing; a second, higher person makes the grant."""
    city = _with_higher(scratch_city(bench.city))
    vital = replace(city.contracts[CONTRACT], data_class="important")
    city = replace(city, contracts={**city.contracts, CONTRACT: vital})
    demand(any(line.ref == CONTRACT for line in important(city)), "important_not_listed")
    with stage(bench, city) as at:
        at.send([reading(at.clock.now())])
        made = _answered(at)
        demand(made.state == "approving" and made.due_at is not None, "important_granted_by_one")
        refused(lambda: _take(at), AccessRefused, "important_granted_by_one")
        for person in ("law-check-clerk", "law-check-leader"):
            refused(partial(_approve, at, made, person), AccessRefused, "approved_by_who_agreed")
        demand(_approve(at, made, "law-check-higher").state == "granted", "approval_gave_nothing")
        demand(_take(at).rows == 1, "approval_gave_nothing")
    files = scratch_files(bench.city.settings.city.zone)
    vital_file = {**files[CONTRACT]}
    vital_file["customProperties"] = [*vital_file["customProperties"], {"property": "data_class", "value": "important"}]
    found = bench.doors.find({**files, CONTRACT: vital_file, "grant:law-check": _grant_file(BUREAU)})
    demand("blueprint.important_granted_in_file" in found, "important_granted_by_one")
    return seen("important_data_needs_two", important=len(important(bench.city)))


def negative_list_holds(bench: Bench) -> Seen:
    """Put a field on the list: contract and grant are refused by its item; a list that changes stops who reads."""
    files = scratch_files(bench.city.settings.city.zone)
    item = {"prohibition": "law-check", "name": _SAID, "basis": _BASIS, "reason": _SAID, "fields": ["person"]}
    demand(not bench.doors.find({**files, "grant:law-check": _grant_file(BUREAU)}), "complete_contract_refused")
    listed = {**files, ITEM: {**item, "purposes": [PURPOSE]}}
    demand(bench.doors.find(listed).count("blueprint.on_negative_list") == len((CONTRACT, KEPT)), "prohibited_passes")
    narrow = {**files, ITEM: {**item, "to": [BUREAU]}, "grant:law-check": _grant_file(BUREAU, "person")}
    demand(bench.doors.find(narrow) == ("blueprint.on_negative_list",), "prohibited_passes")
    later = Prohibition.model_validate({**item, "to": [BUREAU]})
    city = scratch_city(bench.city)
    with stage(bench) as at:
        at.send([reading(at.clock.now())])
        _granted(at, None)
        question = Question(CONTRACT, PURPOSE, ("amount", "person"))
        demand(_take(at, question).rows == 1, "limited_grant_gave_nothing")
        changed = replace(at, city=replace(city, prohibitions={later.ref: later}))
        refused(lambda: _take(changed, question), AccessRefused, "prohibited_leaves")
        demand(_take(changed, Question(CONTRACT, PURPOSE, ("amount",))).rows == 1, "list_stops_too_much")
        refused(lambda: _apply(changed), AccessRefused, "prohibited_passes")
    for grant in bench.city.grants.values():
        broken = prohibited(bench.city, grant.from_, grant.to, grant.purpose, grant.fields)
        demand(broken is None, "prohibited_in_force", grant=grant.ref)
    return seen("negative_list_holds", items=len(bench.city.prohibitions))


def _refusals(at: Stage) -> int:
    with at.database.reading() as connection:
        row = connection.execute(statements("citybrain.governance", "figures")["refusals"]).fetchone()
    return int(row[0]) if row else 0


def _with_operator(city: City) -> City:
    operator = Department.model_validate({"department": "law-check-operator", "name": _SAID, "kind": "enterprise"})
    gates = System.model_validate(
        {"system": "law-check-operator/gates", "name": _SAID, "owner": OPERATOR, "provides": [EXITS]}
    )
    exits = replace(city.contracts[CONTRACT], ref=EXITS, provider=OPERATOR)
    return replace(
        city, departments={**city.departments, OPERATOR: operator}, systems={**city.systems, GATES: gates},
        contracts={**city.contracts, EXITS: exits},
    )  # fmt: skip


def _with_higher(city: City) -> City:
    post = {
        "post": "law_check_higher", "name": _SAID, "may": ["approve_important"],
        "held_by": [{"person": "law-check-higher", "name": _SAID}],
    }  # fmt: skip
    made = Department.model_validate({"department": "law-check-higher", "name": _SAID, "posts": [post]})
    return replace(city, departments={**city.departments, HIGHER: made})


def _grant_file(to: str, *fields: str) -> dict[str, Any]:
    return {
        "grant": "law-check", "from": CONTRACT, "to": to, "purpose": PURPOSE, "basis": _BASIS,
        "fields": list(fields or ("place", "amount")), "until": "2099-12-31",
    }  # fmt: skip


def _order(
    at: Stage, most: Limits | None, assessment: str | None = None, *,
    fields: tuple[str, ...] = ("place", "amount", "person"), to: str = BUREAU,
) -> GrantOrder:  # fmt: skip
    now = at.clock.now()
    return GrantOrder(
        "law-check-limited", CONTRACT, to, PURPOSE, _BASIS, fields, now, now + timedelta(days=1), limits=most,
        assessment=assessment,
    )  # fmt: skip


def _granted(at: Stage, most: Limits | None, assessment: str | None = None) -> HeldGrant:
    with at.database.transaction() as connection:
        return grants.make(connection, _order(at, most, assessment), PROVIDER, at.clock.now(), at.new_id)


def _wish(at: Stage) -> Wish:
    until = city_day(at.clock.now(), at.city.zone) + timedelta(days=30)
    fields = ("place", "amount", "person")
    return Wish(CONTRACT, PURPOSE, {"law": "hangzhou-2021/13"}, "条例检查时取用读数", fields, until)


def _apply(at: Stage) -> SharingRequest:
    with at.database.transaction() as connection:
        leader = at.viewer("law-check-leader")
        return desk.apply_for(connection, at.city, _wish(at), leader, at.clock, at.new_id)


def _answered(at: Stage) -> SharingRequest:
    """Take a request to the provider's yes."""
    number, leader, clerk = _apply(at).number, at.viewer("law-check-leader"), at.viewer("law-check-clerk")
    with at.database.transaction() as connection:
        desk.check(connection, at.city, number, leader, "", at.clock, at.new_id, fit=True)
        return desk.grant(connection, at.city, number, clerk, "", at.clock, at.new_id)


def _approve(at: Stage, made: SharingRequest, person: str) -> SharingRequest:
    with at.database.transaction() as connection:
        return granting.approve(connection, at.city, made.number, at.viewer(person), "", at.clock, at.new_id)


def _take(at: Stage, question: Question | None = None, system: str = DESK) -> Release:
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(question or Question(CONTRACT, PURPOSE), system)
