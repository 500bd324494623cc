"""Exports as they stand: who asked for which rows as a file, under which grant, and how far it has come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.hub.grants import HeldGrant
from citybrain.hub.question import Condition, Question
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

Form = Literal["csv", "ndjson", "arrow", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "ndjson", "arrow", "parquet")
View = Literal["history", "current"]
STATES: Final = ("waiting", "making", "ready", "failed", "ended")
MOST_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """A file that is wanted.

    Attributes:
        system: Ref of the system it is for; its owner is who uses the data.
        grant: Short name of the grant it rests on.
        fields: Fields wanted; none means all that are granted.
        where: Conditions that all hold.
        since, until: Bounds of event time, the first included, the last excluded.
        view: history, each row as it was admitted; or current, the newest row of each key.
        person: Who asks; none where the system asks itself.

    """

    system: str
    contract: str
    purpose: str
    grant: str
    fields: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    view: View = "history"
    form: Form = "csv"
    person: str | None = None

    def question(self) -> Question:
        """Say what it asks the hub for."""
        return Question(
            self.contract, self.purpose, self.fields, self.where, self.since, self.until, self.view, grant=self.grant
        )


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it stands.

    Attributes:
        grant, version: The grant it was asked for under.
        rows: Rows in the file; while it is being made those that stand in it so far.
        size, sha256: Bytes and digest of the file, once it is whole.
        path: Name of the file in the folder of exports; none before it is whole.
        end_reason: expired, grant_closed, grant_narrowed, masks_changed, consent_withdrawn, deleted or destroyed.
        failure: Code of why it could not be made.
        fetched: How often it was fetched.
        masks: How the fields that are not in clear stand in the file, once it is whole.

    """

    id: UUID
    grant: str
    version: int
    contract: str
    department: str
    system: str
    person: str | None
    purpose: str
    fields: tuple[str, ...]
    where: tuple[Condition, ...]
    since: datetime | None
    until: datetime | None
    view: View
    form: Form
    state: str
    rows: int
    size: int | None
    sha256: bytes | None
    path: str | None
    asked_at: datetime
    made_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    failure: str | None
    fetched: int
    masks: Mapping[str, str] | None

    def covered(self, masks: Mapping[str, str]) -> bool:
        """Tell whether the file covers what must be covered now, in the same way.

        Args:
            masks: How the fields that are not in clear would leave now.

        Returns:
            Whether it may still leave; a field that need not be covered any more does no harm.

        """
        then = self.masks or {}
        return all(then.get(name) == how for name, how in masks.items() if name in self.fields)

    def question(self) -> Question:
        """Say what it asks the hub for, from the beginning."""
        return Question(
            self.contract, self.purpose, self.fields, self.where, self.since, self.until, self.view, grant=self.grant
        )


def order(
    connection: Connection, wanted: ExportOrder, held: HeldGrant, clock: Clock, new_id: NewId
) -> Export:  # fmt: skip
    """Write down that a file is wanted; that its grant holds was checked by the caller in this transaction.

    Args:
        connection: The command's transaction.
        wanted: What is wanted.
        held: The grant it rests on.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        Conflicting: The system keeps too many already.

    Source:
        Hangzhou art. 8, 13.

    """
    count = connection.execute(_sql()["count"], {"system": wanted.system}).fetchone()
    if count is not None and count[0] >= MOST_KEPT:
        raise Conflicting("exports.too_many", system=wanted.system, most=MOST_KEPT)
    export, at, fields = new_id(), clock.now(), list(wanted.fields or held.fields)
    facts = {
        "grant": held.id, "contract": wanted.contract, "department": held.department, "system": wanted.system,
        "person": wanted.person, "purpose": wanted.purpose, "fields": fields, "format": wanted.form,
    }  # fmt: skip
    entry = evidence.write(connection, "hub:export:asked", str(export), facts, at, new_id)
    given = {
        "id": export, "hub_grant": held.id, "contract": wanted.contract, "department": held.department,
        "system": wanted.system, "person": wanted.person, "purpose": wanted.purpose, "fields": fields,
        "conditions": Jsonb([[item.field, item.comparison, item.text] for item in wanted.where]),
        "since": wanted.since, "until": wanted.until, "view": wanted.view, "format": wanted.form, "at": at,
        "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["insert"], given)
    return one(connection, export)


def one(connection: Connection, export: UUID, *, system: str | None = None) -> Export:
    """Return an export.

    Args:
        connection: Any transaction.
        export: Its id.
        system: Only when it is this system's.

    Raises:
        NotKnown: No such export of that system.

    """
    found = _read(connection, "one", {"id": export})
    if not found or (system is not None and found[0].system != system):
        raise NotKnown("exports.unknown", export=export)
    return found[0]


def listed(
    connection: Connection, *, system: str | None = None, department: str | None = None,
    contracts: Sequence[str] | None = None, grant: str | None = None, limit: int = 200, offset: int = 0,
) -> tuple[list[Export], int]:  # fmt: skip
    """List exports, the newest first.

    Args:
        connection: Any transaction.
        system: Only for this system.
        department: Only for this body, or on ``contracts``.
        contracts: Only on these contracts, or for ``department``.
        grant: Only under this grant, whichever version.
        limit: Most exports.
        offset: Exports to leave out first.

    Returns:
        The exports, and how many there are in all.

    """
    given = {
        "system": system, "department": department, "contracts": None if contracts is None else list(contracts),
        "grant": grant, "limit": limit, "offset": offset,
    }  # fmt: skip
    total = connection.execute(_sql()["total"], given).fetchone()
    return _read(connection, "listed", given), int(total[0]) if total else 0


def end(
    connection: Connection, export: UUID, reason: str, by: str, clock: Clock, new_id: NewId
) -> bool:  # fmt: skip
    """End an export: nobody fetches it after this transaction has committed, and its file is swept away.

    Args:
        connection: The command's transaction.
        export: Which.
        reason: expired, grant_closed, grant_narrowed, masks_changed, consent_withdrawn, deleted or destroyed.
        by: Person, system or clock that ends it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Whether it had not ended before.

    """
    at = clock.now()
    if connection.execute(_sql()["end"], {"id": export, "at": at, "reason": reason}).rowcount == 0:
        return False
    evidence.write(connection, "hub:export:ended", str(export), {"reason": reason, "by": by}, at, new_id)
    return True


def end_on_contract(
    connection: Connection, contract: str, by: str, clock: Clock, new_id: NewId
) -> tuple[UUID, ...]:  # fmt: skip
    """End every export of a contract whose data is destroyed; the files go with the next sweep, or with one at once.

    Args:
        connection: The command's transaction.
        contract: Ref.
        by: Who destroys.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The exports that were ended.

    """
    found = connection.execute(_sql()["on_contract"], {"contract": contract}).fetchall()
    return tuple(row[0] for row in found if end(connection, row[0], row[1], by, clock, new_id))


def end_lapsed(
    connection: Connection, clock: Clock, new_id: NewId, export: UUID | None = None
) -> tuple[tuple[UUID, str], ...]:
    """End what may not be kept any more: expired, its grant closed or narrower, a consent behind it withdrawn.

    Args:
        connection: The command's transaction.
        clock: Present instant.
        new_id: Source of identifiers.
        export: Only this one.

    Returns:
        The exports that were ended, each with its reason.

    """
    ended: list[tuple[UUID, str]] = []
    for query in ("expired", "without_grant", "without_consent"):
        found: Iterable[tuple[UUID, str]] = connection.execute(
            _sql()[query], {"now": clock.now(), "id": export}
        ).fetchall()
        ended += [
            (which, reason)
            for which, reason in found
            if (export is None or which == export) and end(connection, which, reason, "clock", clock, new_id)
        ]
    return tuple(ended)


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[Export]:
    found = []
    for row in connection.execute(_sql()[query], given).fetchall():
        where = tuple(Condition(*item) for item in row[9])
        sha256 = None if row[17] is None else bytes(row[17])
        values: list[Any] = [*row[:8], tuple(row[8]), where, *row[10:17], sha256, *row[18:]]
        found.append(Export(*values))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.exports", "record")
