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
    return unused_page(connection, since, None, 0, department=department, things=things)[0]


def unused_page(
    connection: Connection, since: datetime, limit: int | None, offset: int, *,
    department: str | None = None, things: Sequence[str] | None = None,
) -> tuple[list[IdleGrant], int]:  # fmt: skip
    """List some of the open grants of which something was not used, and tell how many there are.

    Args:
        connection: Any transaction.
        since: Releases from here on count; younger grants are left out.
        limit: Most grants; none for all.
        offset: Grants to leave out first.
        department: Only of this body.
        things: Only on these contracts.

    Returns:
        The grants, wholly unused ones first, the longest granted first; and how many there are in all.

    Source:
        Hangzhou art. 13 (no more than needed).

    """
    given = {
        "since": since, "department": department, "things": None if things is None else list(things),
        "limit": limit, "offset": offset,
    }  # fmt: skip
    rows = connection.execute(_sql()["idle"], given).fetchall()
    held = grants.some(connection, [row[1] for row in rows if row[1] is not None])
    uses = grants.use_of(connection, held, since)
    found = []
    for item in held:
        use = uses.get(item.id)
        idle = tuple(name for name in item.fields if use is None or name not in use.fields)
        if idle:
            found.append(IdleGrant(item, use.releases if use else 0, idle))
    return found, int(rows[0][0])


def _given(city: City, first: date, whose: Concerned) -> dict[str, Any]:
    return {"first": first, "zone": city.zone.key, "body": whose.body, "contracts": list(whose.contracts)}


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "usage")
