"""From an answer to a grant: at once, or after a higher approval where the data is important (重要数据).

Source: Hangzhou art. 13; Nanjing art. 23.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from citybrain.city.grant import Limits
from citybrain.city.negative import prohibited
from citybrain.city.offering import shared
from citybrain.city.profile import own_domain
from citybrain.city.whole import City
from citybrain.hub import grants
from citybrain.hub.grants import GrantOrder
from citybrain.hub.sharing.record import SharingRequest, locked, move, note, one, sql
from citybrain.kernel.calendar import add_working_days
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer

END_OF_WORK = time(17, 30)
HIGHER = frozenset({"important", "core"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider grants; what is left open is as asked, and nothing may be more than was asked."""

    fields: tuple[str, ...] | None = None
    clear_fields: tuple[str, ...] | None = None
    until: date | None = None
    limits: Limits | None = None


def due(city: City, at: datetime, working_days: int) -> datetime:
    """Reckon when a step is due: the end of work on the last working day.

    Args:
        city: For its zone.
        at: Present instant.
        working_days: How many.

    """
    day = add_working_days(city_day(at, city.zone), working_days).day
    return datetime.combine(day, END_OF_WORK, city.zone)


def needs_higher(city: City, thing: str) -> bool:
    """Tell whether a grant on a thing needs a second, higher approval.

    Args:
        city: The revision in force.
        thing: Ref of a contract or service.

    Source:
        Nanjing art. 23 (重要数据目录).

    """
    found = shared(city, thing)
    return found is not None and found.data_class in HIGHER


def may_approve(city: City, viewer: Viewer, provider: str) -> bool:
    """Tell whether somebody gives the higher approval: the posts a city names for it, else who runs the hub.

    Args:
        city: The revision in force.
        viewer: Who acts.
        provider: Ref of the body that provides; one with a domain of its own approves itself.

    """
    if own_domain(city, provider):
        return viewer.department == provider and bool(viewer.may & {"approve_important", "grant_data"})
    named = any(
        "approve_important" in post.may for department in city.departments.values() for post in department.posts
    )
    return ("approve_important" if named else "operate_hub") in viewer.may


def require_permitted(city: City, thing: str, department: str, purpose: str, fields: Iterable[str]) -> None:
    """Stop what the negative list prohibits.

    Args:
        city: The revision in force.
        thing: Ref of a contract or service.
        department: Ref of who would use it.
        purpose: What for.
        fields: Fields that would leave.

    Raises:
        AccessRefused: An item of the list stands against it; named.

    Source:
        Nanjing art. 23 (数据流通负面清单).

    """
    found = prohibited(city, thing, department, purpose, fields)
    if found is not None:
        item, met = found
        said = {"zh": item.name.zh, "en": item.name.en}
        raise AccessRefused(
            "hub.prohibited", thing=thing, item=item.prohibition, said=said, fields=sorted(met), law=item.basis.law
        )


def conclude(
    connection: Connection, city: City, now: SharingRequest, terms: Terms, source: str, by: str, at: datetime,
    new_id: NewId,
) -> SharingRequest:  # fmt: skip
    """Make the grant that was agreed to, or put it before whoever approves important data.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        now: The request, held.
        terms: What is granted of it.
        source: request or unconditional.
        by: Who agreed.
        at: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: No term.

    """
    if not needs_higher(city, now.thing):
        return _grant(connection, city, now, terms, source, by, at, new_id)
    agreed: dict[str, Any] = {
        "fields": None if terms.fields is None else list(terms.fields),
        "clear_fields": None if terms.clear_fields is None else list(terms.clear_fields),
        "until": terms.until.isoformat() if terms.until else None,
        "limits": terms.limits.model_dump(exclude_none=True) if terms.limits else None,
        "source": source,
    }
    connection.execute(sql()["agree"], {"id": now.id, "by": by, "agreed": Jsonb(agreed)})
    due_at = due(city, at, city.settings.clocks.sharing_approve)
    return move(connection, now, ("approving", "proposed"), by, "", due_at, at, new_id)


def approve(
    connection: Connection, city: City, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId
) -> SharingRequest:
    """Give the higher approval for important data; the grant is made with it.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        number: Number of the request.
        viewer: Who approves.
        words: What the applicant should know.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the viewer's step, or the viewer took part before.
        Conflicting: The request is not at this step.

    Source:
        Nanjing art. 23 (重要数据目录).

    """
    now = locked(connection, number, frozenset({"approving"}))
    require_approver(city, now, viewer)
    at = clock.now()
    note(connection, now, "approved", viewer.person, words, at, new_id)
    agreed = now.agreed or {}
    return _grant(connection, city, one(connection, number), _terms(agreed), str(agreed.get("source", "request")),
                  viewer.person, at, new_id)  # fmt: skip


def require_approver(city: City, now: SharingRequest, viewer: Viewer) -> None:
    """Stop who may not decide on a higher approval.

    Args:
        city: The revision in force.
        now: The request.
        viewer: Who acts.

    Raises:
        AccessRefused: Another post approves, or the person agreed or applied before.

    """
    if not may_approve(city, viewer, now.provider):
        raise AccessRefused("hub.approval_elsewhere", number=now.number)
    if viewer.person in {now.agreed_by, now.person}:
        raise AccessRefused("hub.approved_before", number=now.number)


def _terms(agreed: Mapping[str, Any]) -> Terms:
    def names(key: str) -> tuple[str, ...] | None:
        return None if agreed.get(key) is None else tuple(agreed[key])

    until, limits = agreed.get("until"), agreed.get("limits")
    return Terms(
        names("fields"), names("clear_fields"), date.fromisoformat(until) if until else None,
        Limits.model_validate(limits) if limits else None,
    )  # fmt: skip


def _grant(
    connection: Connection, city: City, now: SharingRequest, terms: Terms, source: str, by: str, at: datetime,
    new_id: NewId,
) -> SharingRequest:  # fmt: skip
    until = terms.until or now.until
    if until is None:
        raise WrongUse("hub.grant_term_wrong")
    fields = now.fields if terms.fields is None else terms.fields
    require_permitted(city, now.thing, now.department, now.purpose, fields)
    clear = now.clear_fields if terms.clear_fields is None else terms.clear_fields
    order = GrantOrder(
        now.number.lower(), now.thing, now.department, now.purpose, now.basis, fields, at,
        datetime.combine(until + timedelta(days=1), time(), city.zone), source,
        tuple(name for name in clear if name in fields), now.rows, now.scenario, now.id,
        limits=terms.limits or now.limits, assessment=now.assessment,
    )  # fmt: skip
    held = grants.make(connection, order, by, at, new_id)
    return move(connection, now, ("granted", "granted"), by, "", None, at, new_id, held.id)


def require_within(number: str, asked: Limits | None, given: Limits | None) -> None:
    """Stop limits that are wider than what was asked for.

    Args:
        number: Number of the request.
        asked: Limits of the request.
        given: Limits of the answer; none keeps those of the request.

    Raises:
        Conflicting: A limit is higher than asked, or left out.

    """
    if asked is None or given is None:
        return
    for name, most in asked.model_dump(exclude_none=True).items():
        now = getattr(given, name)
        if now is None or now > most:
            raise Conflicting("hub.limits_wider", number=number, most=most)
