"""Limits of use (使用限制): a grant may be used so often, for so many rows, and abroad only after an assessment.

What was used is held by who uses it now, until the use has committed: of two that come for the last one, one is
refused. It is counted over all versions of a grant, so that a new version does not begin again.

Source: Hangzhou art. 8 (政企协同); Nanjing art. 14 (数据空间).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString
from uuid import UUID

from citybrain.city.whole import City
from citybrain.hub.grants import HeldGrant
from citybrain.kernel.clock import city_day
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.authorization.rulebook import Decision, Lack, Rulebook, Use


@dataclass(frozen=True, slots=True)
class Used:
    """What was used under a grant.

    Attributes:
        uses: Queries, calls, exports and pages, over all versions.
        rows: Rows that left today.

    """

    uses: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How grants stand against their limits now.

    Attributes:
        used: What was used, by name; only of limited grants.
        stops: Why a grant cannot be used now, by id.

    """

    used: Mapping[str, Used]
    stops: Mapping[UUID, Lack]

    def free(self, held: Iterable[HeldGrant]) -> list[HeldGrant]:
        """Leave out what cannot be used now.

        Args:
            held: Grants.

        """
        return [item for item in held if item.id not in self.stops]


def standing(
    connection: Connection, city: City, held: Sequence[HeldGrant], at: datetime, *, goes_on: bool = False
) -> Standing:
    """Weigh grants against their limits, and hold what was used until the transaction ends.

    Args:
        connection: The transaction of the use.
        city: The revision in force.
        held: Open grants of a body on a thing.
        at: Present instant.
        goes_on: Whether this is a later page of a use that was counted, such as of a file.

    """
    names = sorted({item.name for item in held if item.limits is not None})
    given = {"names": names, "day": city_day(at, city.zone)}
    used: dict[str, Used] = {}
    if names:
        connection.execute(_sql()["open"], given)
        used = {row[0]: Used(row[1], row[2]) for row in connection.execute(_sql()["hold"], given).fetchall()}
    stops = {
        item.id: lack
        for item in held
        if (lack := _lack(city, item, used.get(item.name, Used()), goes_on=goes_on)) is not None
    }
    return Standing(used, stops)


def _lack(city: City, held: HeldGrant, used: Used, *, goes_on: bool) -> Lack | None:
    if held.purpose in city.settings.outbound_purposes and not held.assessment:
        return Lack("no_assessment", {"grant": held.name, "purpose": held.purpose})
    limits = held.limits
    if limits is None:
        return None
    if goes_on and limits.rows_per_use is not None:
        return Lack("use_too_large", {"grant": held.name, "most": limits.rows_per_use})
    if not goes_on and limits.uses is not None and used.uses >= limits.uses:
        return Lack("uses_spent", {"grant": held.name, "used": used.uses, "most": limits.uses})
    if limits.rows_per_day is not None and used.rows >= limits.rows_per_day:
        return Lack("rows_spent", {"grant": held.name, "used": used.rows, "most": limits.rows_per_day})
    return None


def decide(rulebook: Rulebook, use: Use, held: Sequence[HeldGrant], now: Standing) -> Decision:
    """Decide on a use with the grants that are not used up; a no names the limit where only that stands against it.

    Args:
        rulebook: Policies in force.
        use: What somebody wants to do.
        held: Open grants.
        now: How they stand.

    """
    decision = rulebook.decide(use, [item.permit() for item in now.free(held)])
    if decision.allowed or not now.stops:
        return decision
    wanted = rulebook.decide(use, [item.permit() for item in held])
    if wanted.permit is None or not wanted.allowed:
        return wanted
    return Decision(allowed=False, permit=None, rules=(), lacks=(now.stops[wanted.permit.id],))


def most_rows(held: HeldGrant, now: Standing, asked: int) -> int:
    """Tell how many rows may leave in one use.

    Args:
        held: The grant it rests on.
        now: How it stands.
        asked: Rows asked for.

    """
    limits = held.limits
    if limits is None:
        return asked
    left = [asked]
    if limits.rows_per_use is not None:
        left.append(limits.rows_per_use)
    if limits.rows_per_day is not None:
        left.append(limits.rows_per_day - now.used[held.name].rows)
    return min(left)


def count(connection: Connection, held: HeldGrant, rows: int, day: date, *, uses: int = 1) -> None:
    """Count a use.

    Args:
        connection: The transaction of the use, in which :func:`standing` was asked.
        held: The grant it rests on.
        rows: Rows that leave.
        day: Present day in the city.
        uses: 0 where nothing left in a standing use that only looked.

    """
    if held.limits is not None:
        connection.execute(_sql()["count"], {"name": held.name, "rows": rows, "day": day, "uses": uses})


def give_back(connection: Connection, grant: str, rows: int, day: date) -> None:
    """Take a use back that came to nothing, such as a call that was not answered.

    Args:
        connection: The command's transaction.
        grant: Name of the grant.
        rows: Rows that were counted.
        day: Day on which they were counted.

    """
    connection.execute(_sql()["give_back"], {"name": grant, "rows": rows, "day": day})


def used_of(connection: Connection, held: Iterable[HeldGrant], day: date) -> dict[str, Used]:
    """Tell what was used under limited grants, by name.

    Args:
        connection: Any transaction.
        held: Grants.
        day: Present day in the city.

    """
    given = {"names": sorted({item.name for item in held if item.limits is not None}), "day": day}
    return {row[0]: Used(row[1], row[2]) for row in connection.execute(_sql()["used"], given).fetchall()}


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "limits")
