"""Grants (授权) as they stand: declared in files, given on request, or for an emergency; closed at once when revoked.

A release holds the grant it rests on until it has committed; closing a grant waits for that moment and no longer. After
a grant is closed nothing leaves under it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from citybrain.city.grant import Grant, Limits
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.authorization.rulebook import Permit


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """A grant that is to be made.

    Attributes:
        name: Short name; the same name again makes a new version in place of the old one.
        thing: Ref of a contract or service.
        basis: Law and words, as written in files.
        clear_fields: Fields that leave without a mask.
        rows: Expression over a row; none means all rows.
        source: declared, request, unconditional or emergency.
        emergency: Declared emergency it belongs to.
        limits: How much may be used.
        assessment: Record of the assessment, where the use takes data out of the country.

    """

    name: str
    thing: str
    department: str
    purpose: str
    basis: Mapping[str, Any]
    fields: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    source: str = "request"
    clear_fields: tuple[str, ...] = ()
    rows: str | None = None
    scenario: str | None = None
    request: UUID | None = None
    emergency: str | None = None
    limits: Limits | None = None
    assessment: str | None = None


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A version of a grant as it stands."""

    id: UUID
    name: str
    version: int
    thing: str
    department: str
    purpose: str
    basis: Mapping[str, Any]
    scenario: str | None
    fields: tuple[str, ...]
    clear_fields: tuple[str, ...]
    rows: str | None
    starts_at: datetime
    ends_at: datetime
    source: str
    request: UUID | None
    emergency: str | None
    state: str
    made_by: str
    made_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    close_reason: str | None
    limits: Limits | None = None
    assessment: str | None = None

    def permit(self) -> Permit:
        """Say it as authorization reads it."""
        return Permit(
            self.id, self.department, self.thing, self.purpose, frozenset(self.fields), self.starts_at, self.ends_at,
            self.source,
        )  # fmt: skip

    def holds(self, at: datetime) -> bool:
        """Tell whether something may leave under it now, an emergency aside.

        Args:
            at: Present instant.

        """
        return self.state == "open" and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class GrantUse:
    """How a grant was used.

    Attributes:
        fields: Fields that left at least once.

    """

    releases: int
    rows: int
    last_at: datetime | None
    fields: frozenset[str]


def make(connection: Connection, order: GrantOrder, by: str, at: datetime, new_id: NewId) -> HeldGrant:
    """Make a grant, or the next version of it.

    Args:
        connection: The command's transaction.
        order: What is granted.
        by: Who grants.
        at: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: It would end before it begins.

    Source:
        Hangzhou art. 13.

    """
    if order.starts_at >= order.ends_at:
        raise WrongUse("hub.grant_term_wrong")
    sql, grant = _sql(), new_id()
    connection.execute(sql["lock_names"], {"name": order.name})
    connection.execute(sql["close"], {"name": order.name, "by": by, "at": at, "reason": "superseded"})
    facts = {
        "grant": grant, "thing": order.thing, "department": order.department, "purpose": order.purpose,
        "fields": list(order.fields), "clear_fields": list(order.clear_fields), "rows": order.rows,
        "ends_at": order.ends_at, "source": order.source, "by": by,
        "limits": order.limits.model_dump(exclude_none=True) if order.limits else None,
        "assessment": order.assessment,
    }  # fmt: skip
    entry = evidence.write(connection, "hub:grant:made", order.name, facts, at, new_id)
    given = {
        "id": grant, "name": order.name, "thing": order.thing, "department": order.department,
        "purpose": order.purpose, "basis": Jsonb(dict(order.basis)), "scenario": order.scenario,
        "fields": list(order.fields), "clear_fields": list(order.clear_fields), "rows": order.rows,
        "starts_at": order.starts_at, "ends_at": order.ends_at, "source": order.source, "request": order.request,
        "emergency": order.emergency, "by": by, "at": at, "evidence": entry.id, "assessment": order.assessment,
        **limits_given(order.limits),
    }  # fmt: skip
    connection.execute(sql["insert"], given)
    connection.execute(sql["announce"], {"name": order.name})
    return versions(connection, order.name)[0]


def require_same_use(connection: Connection, order: GrantOrder) -> None:
    """Stop a grant that would take the place of an open grant for something else.

    Args:
        connection: The command's transaction, which makes the grant afterwards.
        order: What is to be granted.

    Raises:
        Conflicting: An open grant of that name is on another thing, for another body, purpose or emergency.

    """
    connection.execute(_sql()["lock_names"], {"name": order.name})
    wanted = (order.thing, order.department, order.purpose, order.emergency)
    for held in versions(connection, order.name)[:1]:
        if held.state == "open" and (held.thing, held.department, held.purpose, held.emergency) != wanted:
            raise Conflicting("hub.grant_name_taken", grant=order.name, thing=held.thing)


def close(connection: Connection, name: str, by: str, reason: str, clock: Clock, new_id: NewId) -> None:
    """Close a grant: nothing leaves under it after this transaction has committed.

    Args:
        connection: The command's transaction.
        name: Its short name.
        by: Who closes it.
        reason: Why.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: No open grant of that name.
        WrongUse: No reason.

    """
    if not reason.strip():
        raise WrongUse("hub.reason_missing")
    at = clock.now()
    row = connection.execute(_sql()["close"], {"name": name, "by": by, "at": at, "reason": reason}).fetchone()
    if row is None:
        raise NotKnown("hub.grant_unknown", grant=name)
    facts = {"grant": row[0], "thing": row[1], "department": row[2], "by": by}
    evidence.write(connection, "hub:grant:closed", name, facts, at, new_id)
    connection.execute(_sql()["announce"], {"name": name})


def renew(
    connection: Connection, name: str, by: str, clock: Clock, new_id: NewId, *,
    until: datetime | None = None, fields: Sequence[str] | None = None, may_prolong: bool = True,
) -> HeldGrant:  # fmt: skip
    """Give a grant another end, or fewer fields, as its next version.

    Args:
        connection: The command's transaction.
        name: Its short name.
        by: Who does it.
        clock: Present instant.
        new_id: Source of identifiers.
        until: New end; none keeps it.
        fields: Fields that stay; more than before need a new request.
        may_prolong: False where a longer term needs a higher approval.

    Raises:
        NotKnown: No open grant of that name.
        Conflicting: It is declared in the city's files, would become wider, or is not prolonged without approval.

    """
    held = versions(connection, name)
    if not held or held[0].state != "open":
        raise NotKnown("hub.grant_unknown", grant=name)
    now = held[0]
    if now.source == "declared":
        raise Conflicting("hub.grant_declared", grant=name)
    if until is not None and until > now.ends_at and not may_prolong:
        raise Conflicting("hub.renewal_needs_approval", grant=name)
    kept = tuple(now.fields if fields is None else fields)
    wider = sorted(set(kept) - set(now.fields))
    if wider or not kept:
        raise Conflicting("hub.grant_wider", grant=name, fields=wider)
    order = GrantOrder(
        name, now.thing, now.department, now.purpose, now.basis, kept, clock.now(), until or now.ends_at, now.source,
        tuple(field for field in now.clear_fields if field in kept), now.rows, now.scenario, now.request, now.emergency,
        now.limits, now.assessment,
    )  # fmt: skip
    return make(connection, order, by, clock.now(), new_id)


def sync_declared(
    connection: Connection, declared: Iterable[Grant], zone: ZoneInfo, by: str, at: datetime, new_id: NewId
) -> int:
    """Bring the grants that files declare into force; one that is gone from the files is closed.

    Args:
        connection: The transaction of the apply.
        declared: Grants of the revision.
        zone: City's zone; a grant ends with its last day.
        by: Who applies.
        at: Present instant.
        new_id: Source of identifiers.

    Returns:
        How many grants were made or closed.

    """
    wanted = {item.grant: _declared_order(item, zone, at) for item in declared}
    held = {row.name: row for row in _grants(connection, "declared", {})}
    changed = [order for name, order in wanted.items() if name not in held or not _same(order, held[name])]
    for order in changed:
        make(connection, order, by, at, new_id)
    gone = sorted(set(held) - set(wanted))
    for name in gone:
        connection.execute(_sql()["close"], {"name": name, "by": by, "at": at, "reason": "undeclared"})
        facts = {"grant": held[name].id, "thing": held[name].thing, "department": held[name].department, "by": by}
        evidence.write(connection, "hub:grant:closed", name, facts, at, new_id)
        connection.execute(_sql()["announce"], {"name": name})
    return len(changed) + len(gone)


def _declared_order(grant: Grant, zone: ZoneInfo, at: datetime) -> GrantOrder:
    ends_at = datetime.combine(grant.until + timedelta(days=1), time(), zone)
    basis = grant.basis.model_dump(mode="json")
    rows = grant.rows.text if grant.rows else None
    starts_at = min(at, ends_at - timedelta(microseconds=1))
    return GrantOrder(
        grant.grant, grant.from_, grant.to, grant.purpose, basis, grant.fields, starts_at, ends_at, "declared",
        rows=rows, limits=grant.limits, assessment=grant.assessment,
    )  # fmt: skip


def _same(order: GrantOrder, held: HeldGrant) -> bool:
    now = (
        held.thing, held.department, held.purpose, dict(held.basis), held.fields, held.rows, held.ends_at,
        held.limits, held.assessment,
    )  # fmt: skip
    return now == (
        order.thing, order.department, order.purpose, dict(order.basis), order.fields, order.rows, order.ends_at,
        order.limits, order.assessment,
    )  # fmt: skip


def of_department(connection: Connection, department: str, thing: str) -> list[HeldGrant]:
    """Return the open grants of a body on a thing, and hold them until the transaction ends.

    Args:
        connection: The transaction of the release.
        department: Ref of the body.
        thing: Ref of the contract or service.

    """
    return _grants(connection, "of_department", {"department": department, "thing": thing})


def listed(
    connection: Connection, *, department: str | None = None, things: Sequence[str] | None = None,
    open_only: bool | None = None, limit: int = 200, offset: int = 0,
) -> list[HeldGrant]:  # fmt: skip
    """List grants, the newest first.

    Args:
        connection: Any transaction.
        department: Only of this body.
        things: Only on these contracts and services.
        open_only: True for open, False for closed, none for both.
        limit: Most grants.
        offset: Grants to leave out first.

    """
    given = {
        "department": department, "things": None if things is None else list(things), "open": open_only,
        "limit": limit, "offset": offset,
    }  # fmt: skip
    return _grants(connection, "listed", given)


def some(connection: Connection, ids: Sequence[UUID]) -> list[HeldGrant]:
    """Return some versions of grants, in the order they are named in.

    Args:
        connection: Any transaction.
        ids: Which; one that is not there is left out.

    """
    return _grants(connection, "some", {"ids": list(ids)}) if ids else []


def versions(connection: Connection, name: str) -> list[HeldGrant]:
    """Return every version of a grant, the newest first.

    Args:
        connection: Any transaction.
        name: Its short name.

    """
    return _grants(connection, "versions", {"name": name})


def use_of(connection: Connection, held: Iterable[HeldGrant], since: datetime) -> dict[UUID, GrantUse]:
    """Tell how grants are used; one that is absent was not used at all.

    Args:
        connection: Any transaction.
        held: The grants.
        since: Releases from here on.

    """
    given = {"ids": [item.id for item in held], "since": since}
    rows = connection.execute(_sql()["use"], given).fetchall()
    return {row[0]: GrantUse(row[1], int(row[2]), row[3], frozenset(row[4])) for row in rows}


def limits_of(uses: int | None, rows_per_day: int | None, rows_per_use: int | None) -> Limits | None:
    """Read limits as they are kept; none where nothing is limited."""
    if uses is None and rows_per_day is None and rows_per_use is None:
        return None
    return Limits(uses=uses, rows_per_day=rows_per_day, rows_per_use=rows_per_use)


def limits_given(limits: Limits | None) -> dict[str, int | None]:
    """Say limits as they are kept."""
    return {
        "most_uses": limits.uses if limits else None,
        "rows_per_day": limits.rows_per_day if limits else None,
        "rows_per_use": limits.rows_per_use if limits else None,
    }


def _grants(connection: Connection, query: str, given: Mapping[str, Any]) -> list[HeldGrant]:
    found = [
        HeldGrant(*[*row[:-4], limits_of(*row[-4:-1]), row[-1]])
        for row in connection.execute(_sql()[query], given).fetchall()
    ]
    return [replace(item, fields=tuple(item.fields), clear_fields=tuple(item.clear_fields)) for item in found]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "grants")
