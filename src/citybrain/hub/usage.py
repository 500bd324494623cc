"""What is used, and what is granted and not used: whole grants, and fields that never left (Hangzhou art. 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString

from citybrain.city.whole import City
from citybrain.hub import grants
from citybrain.hub.grants import HeldGrant
from citybrain.hub.statements import Concerned
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

QUIET: Final = timedelta(days=60)
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class IdleGrant:
    """An open grant of which something is not used.

    Attributes:
        releases: How often rows left under it since; 0 where it was not used at all.
        fields: Granted fields that never left since, in the order of the grant.

    """

    grant: HeldGrant
    releases: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayUse:
    """What left on a day."""

    day: date
    releases: int
    rows: int


@dataclass(frozen=True, slots=True)
class TopUse:
    """How much a body used of a thing."""

    thing: str
    department: str
    releases: int
    rows: int


def daily(connection: Connection, city: City, first: date, whose: Concerned) -> list[DayUse]:
    """Tell how much left each day; days without a release are left out.

    Args:
        connection: Any transaction.
        city: For its zone.
        first: Day to begin with.
        whose: Whose use, and use of whose data.

    """
    rows = connection.execute(_sql()["daily"], _given(city, first, whose)).fetchall()
    return [DayUse(row[0], int(row[1]), int(row[2])) for row in rows]


def top(connection: Connection, city: City, first: date, whose: Concerned, limit: int = 10) -> list[TopUse]:
    """Tell what is used most often and by whom.

    Args:
        connection: Any transaction.
        city: For its zone.
        first: Day to begin with.
        whose: Whose use, and use of whose data.
        limit: Most lines.

    """
    rows = connection.execute(_sql()["top"], _given(city, first, whose) | {"limit": limit}).fetchall()
    return [TopUse(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def unused(
    connection: Connection, since: datetime, *, department: str | None = None, things: Sequence[str] | None = None
) -> list[IdleGrant]:
    """List open grants that stand since before and of which something was not used since.

    Args:
        connection: Any transaction.
        since: Releases from here on count; younger grants are left out.
        department: Only of this body.
        things: Only on these contracts.

    Returns:
        Wholly unused ones first, the longest granted first.

    Source:
        Hangzhou art. 13 (no more than needed).

    """
    held = grants.listed(connection, department=department, things=things, open_only=True, limit=_MOST)
    standing = [item for item in held if item.starts_at < since]
    uses = grants.use_of(connection, standing, since)
    found = []
    for item in standing:
        use = uses.get(item.id)
        idle = tuple(name for name in item.fields if use is None or name not in use.fields)
        if idle:
            found.append(IdleGrant(item, use.releases if use else 0, idle))
    return sorted(found, key=lambda idle: (idle.releases > 0, idle.grant.starts_at, idle.grant.name))


def _given(city: City, first: date, whose: Concerned) -> dict[str, Any]:
    return {"first": first, "zone": city.zone.key, "body": whose.body, "contracts": list(whose.contracts)}


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "usage")
