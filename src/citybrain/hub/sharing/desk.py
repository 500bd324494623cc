"""The request desk (共享申请): applied for, checked, answered by the provider in time, granted or refused with reasons.

Source: Hangzhou art. 8, 13; Nanjing art. 7. The clocks count working days and are the city's.
"""

from dataclasses import replace
from datetime import datetime

from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.offering import shared
from citybrain.city.profile import own_domain
from citybrain.city.whole import City
from citybrain.hub import emergencies, grants
from citybrain.hub.exchange.reading import log_state
from citybrain.hub.grants import GrantOrder, HeldGrant
from citybrain.hub.sharing.granting import (
    Terms,
    conclude,
    due,
    may_approve,
    needs_higher,
    require_approver,
    require_permitted,
    require_within,
)
from citybrain.hub.sharing.minimality import Wish, too_much, unlimited
from citybrain.hub.sharing.record import WAITING, WORDS_CHARACTERS, SharingRequest, course, locked, move, note, one, sql
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import LANGUAGES, say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer, require


def apply_for(
    connection: Connection, city: City, wish: Wish, viewer: Viewer, clock: Clock, new_id: NewId
) -> SharingRequest:
    """Apply for the use of data.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        wish: What is asked.
        viewer: Who applies, for the own department.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The request: sent back with every point that asks for too much, granted at once where the data is shared
        without condition, else on its way to the compliance check.

    Raises:
        AccessRefused: The post may not apply, or the law or the negative list keeps the data from being shared.
        NotKnown: No such contract.
        Conflicting: The department answers for the data itself.

    """
    require(viewer, "request_data")
    contract = _contract(city, wish.thing)
    if contract.share == "none":
        law = contract.share_basis.law if contract.share_basis else ""
        raise AccessRefused("hub.never_shared", thing=contract.ref, law=law)
    if contract.provider == viewer.department:
        raise Conflicting("hub.own_data", thing=contract.ref)
    require_permitted(city, contract.ref, viewer.department, wish.purpose, wish.fields)
    at = clock.now()
    today = city_day(at, city.zone)
    applicant = city.departments[viewer.department]
    found = [*too_much(wish, contract, applicant, today), *unlimited(wish, applicant, city.settings.outbound_purposes)]
    # A body with a domain of its own checks and answers itself.
    alone, clocks = own_domain(city, contract.provider), city.settings.clocks
    state = "returned" if found else "providing" if alone else "checking"
    due_at = None if found else due(city, at, clocks.sharing_reply if alone else clocks.sharing_check)
    request, row = new_id(), connection.execute(sql()["next_number"]).fetchone()
    number = f"S{at.astimezone(city.zone):%y}-{row[0] if row else 0:05d}"
    given = {
        "id": request, "number": number, "thing": contract.ref, "provider": contract.provider,
        "department": viewer.department, "person": viewer.person, "purpose": wish.purpose,
        "basis": Jsonb(dict(wish.basis)), "scenario": wish.scenario, "reason": wish.reason[:WORDS_CHARACTERS],
        "fields": list(wish.fields), "clear_fields": list(wish.clear_fields), "rows": wish.rows, "until": wish.until,
        "state": state, "findings": Jsonb([item.plain() for item in found]), "at": at,
        "due_at": due_at, "closed_at": at if found else None, "assessment": wish.assessment,
        **grants.limits_given(wish.limits),
    }  # fmt: skip
    connection.execute(sql()["insert"], given)
    made = one(connection, number)
    note(connection, made, "applied", viewer.person, wish.reason, at, new_id)
    if found:
        note(connection, made, "returned", "minimality", "", at, new_id)
    elif contract.share == "unconditional":
        # Shared without condition: what the check of the wish itself does not stop is granted at once.
        return conclude(connection, city, made, Terms(), "unconditional", "sharing", at, new_id)
    return made


def check(
    connection: Connection, city: City, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId, *,
    fit: bool,
) -> SharingRequest:  # fmt: skip
    """Pass or refuse a request in the compliance check.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Its number.
        viewer: Somebody of the data authority.
        words: Why it is refused; may be empty where it passes.
        clock: Present instant.
        new_id: Source of identifiers.
        fit: Whether it goes on to the provider.

    Raises:
        AccessRefused: Not the viewer's step.
        Conflicting: The request is not at this step.
        WrongUse: A refusal without reason.

    """
    require(viewer, "operate_hub")
    now = locked(connection, number, frozenset({"checking"}))
    at = clock.now()
    if not fit:
        return _refuse(connection, now, viewer, words, at, new_id)
    there = now.thing in city.services or log_state(connection, (now.thing,)).batches > 0
    clocks = city.settings.clocks
    due_at = due(city, at, clocks.sharing_reply if there else clocks.sharing_publish)
    return move(connection, now, ("providing", "passed"), viewer.person, words, due_at, at, new_id)


def grant(
    connection: Connection, city: City, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId,
    terms: Terms | None = None,
) -> SharingRequest:  # fmt: skip
    """Grant what was asked, or less of it.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Its number.
        viewer: Somebody of the provider with the right to grant; on appeal, of the data authority.
        words: What the applicant should know.
        clock: Present instant.
        new_id: Source of identifiers.
        terms: Where less is granted than was asked.

    Raises:
        AccessRefused: Not the viewer's step.
        Conflicting: The request is not at this step, or the terms are wider than the request.

    """
    terms = terms or Terms()
    now = locked(connection, number, frozenset({"providing", "appealed"}))
    _require_answerer(now, viewer)
    wider = sorted({*(terms.fields or ()), *(terms.clear_fields or ())} - set(now.fields))
    late = terms.until is not None and now.until is not None and terms.until > now.until
    if wider or late or terms.fields == ():
        raise Conflicting("hub.grant_wider", grant=number, fields=wider)
    require_within(number, now.limits, terms.limits)
    at = clock.now()
    note(connection, now, "agreed", viewer.person, words, at, new_id)
    return conclude(connection, city, now, terms, "request", viewer.person, at, new_id)


def refuse(
    connection: Connection, city: City, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId
) -> SharingRequest:
    """Refuse a request with reasons; the applicant may appeal once.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Its number.
        viewer: Somebody of the provider with the right to grant; on appeal, of the data authority; where a higher
            approval is waited for, who gives it.
        words: Why.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the viewer's step.
        Conflicting: The request is not at this step.
        WrongUse: No reason.

    """
    now = locked(connection, number, frozenset({"providing", "appealed", "approving"}))
    if now.state == "approving":
        require_approver(city, now, viewer)
    else:
        _require_answerer(now, viewer)
    return _refuse(connection, now, viewer, words, clock.now(), new_id)


def appeal(
    connection: Connection, city: City, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId
) -> SharingRequest:
    """Appeal to the data authority against a refusal.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Its number.
        viewer: Somebody of the department that applied.
        words: Why the refusal is wrong.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the viewer's request.
        Conflicting: It was not refused, the appeal was decided before, or the provider decides alone.
        WrongUse: No words.

    """
    now = locked(connection, number, frozenset({"refused"}))
    _require_applicant(now, viewer)
    if own_domain(city, now.provider):
        raise Conflicting("hub.own_domain", department=now.provider)
    if any(item.act == "appealed" for item in course(connection, now.id)):
        raise Conflicting("hub.appealed_before", number=number)
    if not words.strip():
        raise WrongUse("hub.reason_missing")
    at = clock.now()
    due_at = due(city, at, city.settings.clocks.sharing_reply)
    return move(connection, now, ("appealed", "appealed"), viewer.person, words, due_at, at, new_id)


def withdraw(connection: Connection, number: str, viewer: Viewer, clock: Clock, new_id: NewId) -> SharingRequest:
    """Take a request back.

    Args:
        connection: The command's transaction.
        number: Its number.
        viewer: Somebody of the department that applied.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the viewer's request.
        Conflicting: It is closed.

    """
    now = locked(connection, number, WAITING)
    _require_applicant(now, viewer)
    return move(connection, now, ("withdrawn", "withdrawn"), viewer.person, "", None, clock.now(), new_id)


def urge(connection: Connection, number: str, viewer: Viewer, clock: Clock, new_id: NewId) -> SharingRequest:
    """Remind whoever has to answer.

    Args:
        connection: The command's transaction.
        number: Its number.
        viewer: Somebody of the department that applied, or of the data authority.
        clock: Present instant.
        new_id: Source of identifiers.

    """
    now = locked(connection, number, WAITING)
    if "operate_hub" not in viewer.may:
        _require_applicant(now, viewer)
    connection.execute(sql()["urge"], {"id": now.id, "at": clock.now()})
    note(connection, now, "urged", viewer.person, "", clock.now(), new_id)
    return one(connection, number)


def grant_in_emergency(
    connection: Connection, city: City, wish: Wish, emergency: str, department: str, viewer: Viewer, clock: Clock,
    new_id: NewId,
) -> HeldGrant:  # fmt: skip
    """Grant provisionally while an emergency is declared; reviewed afterwards, closed with it.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        wish: What is needed; its term is the emergency's.
        emergency: Declared emergency.
        department: Ref of who may use it.
        viewer: Somebody of the data authority.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the viewer's to grant, prohibited, or important data and the viewer declared the emergency.
        Conflicting: The emergency is not declared or is over, or another open grant has the name.
        WrongUse: More is asked than is necessary, or no legal basis is named.

    Source:
        Nanjing art. 13 (突发事件应急、必需的信息).

    """
    require(viewer, "operate_hub")
    contract, at = _contract(city, wish.thing), clock.now()
    if own_domain(city, contract.provider):
        raise AccessRefused("hub.own_domain", department=contract.provider)
    if needs_higher(city, wish.thing) and not may_approve(city, viewer, contract.provider):
        raise AccessRefused("hub.approval_elsewhere", number=emergency)
    require_permitted(city, contract.ref, department, wish.purpose, wish.fields)
    running = emergencies.running(connection, emergency, at)
    if needs_higher(city, wish.thing) and viewer.person == running.declared_by:
        raise AccessRefused("hub.approved_before", number=emergency)
    _require_necessary(city, replace(wish, until=city_day(running.ends_at, city.zone)), contract, department, at)
    order = GrantOrder(
        _emergency_name(emergency, department, contract.ref, wish.purpose),
        contract.ref, department, wish.purpose, wish.basis, wish.fields, at, running.ends_at, "emergency",
        wish.clear_fields, wish.rows, wish.scenario, emergency=emergency, limits=wish.limits,
        assessment=wish.assessment,
    )  # fmt: skip
    grants.require_same_use(connection, order)
    return grants.make(connection, order, viewer.person, at, new_id)


def _emergency_name(emergency: str, department: str, thing: str, purpose: str) -> str:
    """Name a grant by everything it is for: another thing or purpose is another grant, not its next version."""
    said = thing.partition(":")[2].replace("/", "-").replace("@", "-")
    return f"{emergency}-{department.removeprefix('dept:')}-{said}-{purpose}"


def _require_necessary(city: City, wish: Wish, contract: Contract, department: str, at: datetime) -> None:
    """Stop what is more than necessary; an emergency has no time to send a wish back and forth, so it says why."""
    applicant = city.departments[department]
    found = [
        *too_much(wish, contract, applicant, city_day(at, city.zone)),
        *unlimited(wish, applicant, city.settings.outbound_purposes),
    ]
    if found:
        said = {one: "; ".join(say(f"sharing.{item.kind}", one, **item.values) for item in found) for one in LANGUAGES}
        raise WrongUse("emergencies.too_much", points=[item.kind for item in found], said=said)


def _contract(city: City, ref: str) -> Contract:
    contract = shared(city, ref)
    if contract is None:
        raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, [*city.contracts, *city.services]))
    return contract


def _require_answerer(now: SharingRequest, viewer: Viewer) -> None:
    """On appeal the data authority answers, else the provider."""
    if now.state == "appealed":
        require(viewer, "operate_hub")
        return
    require(viewer, "grant_data")
    if viewer.department != now.provider:
        raise AccessRefused("hub.not_your_request", number=now.number)


def _require_applicant(now: SharingRequest, viewer: Viewer) -> None:
    if viewer.department != now.department:
        raise AccessRefused("hub.not_your_request", number=now.number)


def _refuse(
    connection: Connection, now: SharingRequest, viewer: Viewer, words: str, at: datetime, new_id: NewId
) -> SharingRequest:
    if not words.strip():
        raise WrongUse("hub.reason_missing")
    return move(connection, now, ("refused", "refused"), viewer.person, words, None, at, new_id)
