"""Bulk reads (批量读取): more leaves under a grant than its bounds or its own usual volume allow for.

Nothing is stopped by it; somebody looks into it. Limits stop (:mod:`citybrain.hub.limits`).

Source: Hangzhou art. 13 (数据安全保护义务).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

from citybrain.city.settings import BulkReads
from citybrain.city.whole import City
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

Bound = Literal["hour", "day", "persons", "usual"]
Outcome = Literal["lawful", "unlawful"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("lawful", "unlawful")
HOUR: Final = timedelta(hours=1)
LOOK_BACK: Final = timedelta(days=28)
FEWEST_DAYS: Final = 3  # before, a grant has no usual volume
WORDS_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class BulkRead:
    """One occurrence.

    Attributes:
        grant: Name of the grant.
        thing: Ref of the contract or service.
        department: Ref of who read.
        bound: Which bound was passed: rows of an hour, rows of a day, persons of a day, or the usual volume.
        span: When the hour or day begins.
        seen: Rows or persons; more than ``most``.
        outcome: lawful (a false alarm) or unlawful, once closed.

    """

    id: UUID
    grant: str
    thing: str
    department: str
    bound: Bound
    span: datetime
    seen: int
    most: int
    noted_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: Outcome | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Volume:
    hub_grant: UUID
    grant: str
    thing: str
    department: str
    hour: int
    day: int
    persons: int
    days: int
    usual: int


def note_new(connection: Connection, city: City, clock: Clock, new_id: NewId) -> list[BulkRead]:
    """Note what was read in bulk since the last look, each occurrence once.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        What is new, with its evidence written.

    """
    at, bounds = clock.now(), city.settings.bulk_reads
    day = datetime.combine(city_day(at, city.zone), time(), city.zone)
    given = {"hour": at - HOUR, "day": day, "before": day - LOOK_BACK, "zone": city.settings.city.zone}
    connection.execute(_sql()["lock"])
    found = []
    for row in connection.execute(_sql()["read"], given).fetchall():
        volume = _Volume(*row)
        for bound, seen, most in _passed(volume, bounds):
            span = at.replace(minute=0, second=0, microsecond=0) if bound == "hour" else day
            same = {"name": volume.grant, "bound": bound, "span": span, "hour": at - HOUR}
            known = connection.execute(_sql()["known"], same).fetchone()
            if known is not None and known[0] == 0:
                found.append(_note(connection, volume, (bound, span, seen, most), at, new_id))
    return found


def _passed(volume: _Volume, bounds: BulkReads) -> Iterator[tuple[Bound, int, int]]:
    if volume.hour > bounds.rows_per_hour:
        yield "hour", volume.hour, bounds.rows_per_hour
    if volume.day > bounds.rows_per_day:
        yield "day", volume.day, bounds.rows_per_day
    if volume.persons > bounds.persons_per_day:
        yield "persons", volume.persons, bounds.persons_per_day
    most = max(volume.usual * bounds.times_usual, bounds.least_rows)
    if volume.days >= FEWEST_DAYS and volume.day > most:
        yield "usual", volume.day, most


def _note(
    connection: Connection, volume: _Volume, what: tuple[Bound, datetime, int, int], at: datetime, new_id: NewId
) -> BulkRead:
    bound, span, seen, most = what
    made = BulkRead(new_id(), volume.grant, volume.thing, volume.department, bound, span, seen, most, at)
    facts = {
        "grant": volume.hub_grant, "thing": volume.thing, "department": volume.department, "bound": bound,
        "span": span, "seen": seen, "most": most,
    }  # fmt: skip
    entry = evidence.write(connection, "hub:bulk_read:noted", volume.grant, facts, at, new_id)
    given = {
        "id": made.id, "hub_grant": volume.hub_grant, "name": made.grant, "thing": made.thing,
        "department": made.department, "bound": bound, "span": span, "seen": seen, "most": most, "at": at,
        "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["note"], given)
    return made


def listed(
    connection: Connection, *, things: Sequence[str] | None = None, open_only: bool | None = None, limit: int = 200
) -> list[BulkRead]:
    """List occurrences, open ones first.

    Args:
        connection: Any transaction.
        things: Only of these contracts and services.
        open_only: True for open, False for closed, none for both.
        limit: Most lines.

    """
    given: dict[str, Any] = {"things": None if things is None else list(things), "open": open_only, "limit": limit}
    return [BulkRead(*row) for row in connection.execute(_sql()["listed"], given).fetchall()]


def one(connection: Connection, bulk_read: UUID) -> BulkRead:
    """Find an occurrence and hold it until the command ends.

    Args:
        connection: The command's transaction.
        bulk_read: Its id.

    Raises:
        NotKnown: There is none.

    """
    row = connection.execute(_sql()["one"], {"id": bulk_read}).fetchone()
    if row is None:
        raise NotKnown("hub.bulk_read_unknown", bulk_read=bulk_read)
    return BulkRead(*row)


def close(
    connection: Connection, found: BulkRead, by: str, outcome: Outcome, reason: str, clock: Clock, new_id: NewId
) -> BulkRead:
    """Close an occurrence after somebody looked into it.

    Args:
        connection: The command's transaction.
        found: The occurrence, held.
        by: Who looked into it.
        outcome: lawful where the alarm was false, else unlawful.
        reason: What was found.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        Conflicting: It is closed already.
        WrongUse: No reason.

    """
    if found.closed_at is not None:
        raise Conflicting("hub.bulk_read_closed", bulk_read=found.id)
    if not reason.strip():
        raise WrongUse("hub.reason_missing")
    at = clock.now()
    given = {"id": found.id, "at": at, "by": by, "outcome": outcome, "reason": reason.strip()[:WORDS_CHARACTERS]}
    connection.execute(_sql()["close"], given)
    facts = {"bulk_read": found.id, "outcome": outcome, "by": by}
    evidence.write(connection, "hub:bulk_read:closed", found.grant, facts, at, new_id)
    return one(connection, found.id)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "bulk_reads")
