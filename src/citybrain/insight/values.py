"""Stored values.

What a cockpit reads; each with its period, what it rests on, and whether it is late (Hangzhou art. 10).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.city.indicator import Grain, Indicator
from citybrain.city.whole import City
from citybrain.insight.discretion import hidden
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

STEP: dict[str, timedelta] = {
    "15min": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
}
GRADES = ((0.99, "A"), (0.95, "B"), (0.90, "C"))


@dataclass(frozen=True, slots=True)
class Point:
    """Value of one period; ``bucket`` is the instant it begins; hidden where too few rows stand behind it."""

    bucket: datetime
    value: float | None
    rows: int
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """Value of one key in one period; hidden where too few rows stand behind it."""

    key: str
    value: float | None
    rows: int
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """State of an indicator, or of one key of it."""

    split: str
    key: str
    state: str
    since: datetime
    bucket: datetime
    value: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an indicator says now.

    Attributes:
        point: Its value; none when it has none yet.
        grain: Period of that value.
        as_of: Newest event instant behind it.
        late_by: How far it is beyond its promise; none when it is fresh or nothing was promised.
        promised: Lateness that was promised.
        position: Log position the values contain.
        quality: A to D from the share of rows accepted; none without batches.

    """

    indicator: str
    point: Point | None
    grain: Grain
    as_of: datetime | None
    late_by: timedelta | None
    promised: timedelta | None
    position: int
    received: int
    accepted: int
    batches: int
    quality: str | None
    refreshed_at: datetime | None
    revision: int
    states: tuple[State, ...]

    @property
    def state(self) -> str:
        """State of the whole: stale before everything, then the worst of its keys."""
        if self.point is None:
            return "no_data"
        if self.late_by is not None:
            return "stale"
        ranks = {"normal": 0, "warning": 1, "alarm": 2}
        return max(
            (item.state for item in self.states if not item.split), key=lambda state: ranks[state], default="normal"
        )


def shown_grain(indicator: Indicator) -> Grain:
    """Return the period whose value stands on a tile.

    Args:
        indicator: Any indicator.

    """
    if indicator.time.window == "today" and indicator.time.grain in {"15min", "hour"}:
        return "day"
    return "all" if indicator.time.window == "all" else indicator.time.grain


def standing(
    connection: Connection, city: City, indicator: Indicator, now: datetime, split: str = "", key: str = ""
) -> Standing:
    """Tell what an indicator says now, with everything needed to judge it.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        indicator: One of its indicators.
        now: Present instant.
        split: Field of a scoped value; empty for the whole.
        key: Value of that field.

    """
    sql = statements("citybrain.insight", "values")
    grain = shown_grain(indicator)
    given = {"indicator": indicator.ref, "grain": grain, "split": split, "key": key, "until": now}
    row = connection.execute(sql["newest"], given).fetchone()
    progress = connection.execute(sql["progress"], given).fetchone()
    position, as_of, refreshed, revision, received, accepted, batches = progress or (0, None, None, 0, 0, 0, 0)
    promised = promise(city, indicator)
    states = tuple(State(*item) for item in connection.execute(sql["states"], given).fetchall())
    return Standing(
        indicator=indicator.ref,
        point=_discreet(connection, indicator, grain, split, key, [Point(*row)])[0] if row else None,
        grain=grain,
        as_of=as_of,
        late_by=_lateness(indicator, as_of, promised, now),
        promised=promised,
        position=position,
        received=received,
        accepted=accepted,
        batches=batches,
        quality=grade(received, accepted),
        refreshed_at=refreshed,
        revision=revision,
        states=states,
    )


def newest_of(connection: Connection, indicator: Indicator, split: str, key: str) -> float | None:
    """Return the newest value of the smallest period.

    Args:
        connection: Any transaction.
        indicator: The indicator.
        split: Field of a scoped value; empty for the whole, whose shown period counts then.
        key: Value of that field.

    """
    grain = indicator.time.grain if split else shown_grain(indicator)
    row = connection.execute(
        statements("citybrain.insight", "values")["newest_at_all"],
        {"indicator": indicator.ref, "grain": grain, "split": split, "key": key},
    ).fetchone()
    if row is None:
        return None
    return _discreet(connection, indicator, grain, split, key, [Point(row[1], row[0], row[2])])[0].value


def promise(city: City, indicator: Indicator) -> timedelta | None:
    """Return the lateness an indicator promises: its own, or the longest of its contracts.

    Args:
        city: The revision in force.
        indicator: Any indicator.

    """
    if indicator.fresh_within is not None:
        return indicator.fresh_within
    promised = [city.contracts[ref].fresh_within for ref in city.contracts_read_by(indicator) if ref in city.contracts]
    known = [item for item in promised if item is not None]
    return max(known, default=None)


def _lateness(
    indicator: Indicator, as_of: datetime | None, promised: timedelta | None, now: datetime
) -> timedelta | None:
    if as_of is None or promised is None:
        return None
    over = now - (as_of + STEP.get(indicator.time.grain, timedelta()) + promised)
    return over + promised if over > timedelta() else None


def grade(received: int, accepted: int) -> str | None:
    """Grade quality by the share of rows that were accepted.

    Args:
        received: Rows that came.
        accepted: Rows that were kept.

    Examples:
        >>> grade(1000, 995), grade(100, 96), grade(100, 50), grade(0, 0)
        ('A', 'B', 'D', None)

    """
    if not received:
        return None
    share = accepted / received
    return next((letter for least, letter in GRADES if share >= least), "D")


def series(
    connection: Connection,
    indicator: Indicator,
    grain: str,
    first: datetime,
    until: datetime,
    split: str = "",
    key: str = "",
) -> list[Point]:
    """Return values over time.

    Args:
        connection: A reading transaction.
        indicator: The indicator.
        grain: Period.
        first: First instant included.
        until: First instant excluded.
        split: Field of a scoped series; empty for the whole.
        key: Value of that field.

    """
    given = {
        "indicator": indicator.ref, "grain": grain, "split": split, "key": key, "first": first, "until": until
    }  # fmt: skip
    rows = connection.execute(statements("citybrain.insight", "values")["series"], given).fetchall()
    return _discreet(connection, indicator, grain, split, key, [Point(*row) for row in rows])


def _discreet(
    connection: Connection, indicator: Indicator, grain: str, split: str, key: str, points: list[Point]
) -> list[Point]:
    """Take the value off points that stand for too few rows."""
    if indicator.suppress_below is None or not points:
        return points
    cells = hidden(connection, indicator, grain, split, points[0].bucket, points[-1].bucket)
    return [Point(item.bucket, None, 0, hidden=True) if (item.bucket, key) in cells else item for item in points]


def ranking(
    connection: Connection, indicator: Indicator, split: str, now: datetime
) -> tuple[datetime | None, list[Ranked]]:
    """Return the values of the newest shown period by key, highest first.

    Args:
        connection: A reading transaction.
        indicator: The indicator.
        split: Field to rank by.
        now: Present instant.

    Returns:
        The period and its values; those that are hidden come last, by key.

    """
    sql = statements("citybrain.insight", "values")
    given = {"indicator": indicator.ref, "grain": shown_grain(indicator), "split": split, "until": now}
    row = connection.execute(sql["newest_bucket"], given).fetchone()
    if row is None or row[0] is None:
        return None, []
    found = [Ranked(*item) for item in connection.execute(sql["ranking"], {**given, "bucket": row[0]}).fetchall()]
    cells = hidden(connection, indicator, shown_grain(indicator), split, row[0], row[0])
    shown = [item for item in found if (row[0], item.key) not in cells]
    small = sorted(item.key for item in found if (row[0], item.key) in cells)  # their order would tell their size
    return row[0], shown + [Ranked(key, None, 0, hidden=True) for key in small]


def every(
    connection: Connection,
    indicator: str,
    grain: str | None = None,
    split: str | None = None,
    key: str | None = None,
    limit: int = 100_000,
) -> list[tuple[str, str, str, Point]]:
    """Return all stored values of an indicator, small groups too: for what works on them, not for who looks.

    Args:
        connection: A reading transaction.
        indicator: Ref.
        grain: Only this period.
        split: Only this split.
        key: Only this key.
        limit: Most values.

    Returns:
        Grain, split, key and value, in that order.

    """
    given = {"indicator": indicator, "grain": grain, "split": split, "key": key, "limit": limit}
    rows = connection.execute(statements("citybrain.insight", "values")["every"], given).fetchall()
    return [(row[0], row[1], row[2], Point(row[3], row[4], row[5])) for row in rows]


def usual(
    connection: Connection, indicator: Indicator, grain: str, bucket: datetime, zone: ZoneInfo, split: str, key: str
) -> float | None:
    """Return the mean of the same local time on the days before.

    Args:
        connection: A reading transaction.
        indicator: The indicator.
        grain: Its period.
        bucket: The period in question.
        zone: Zone whose clock counts.
        split: Field of a scoped value; empty for the whole.
        key: Value of that field.


    Returns:
        The mean over up to 28 earlier days of the same kind (weekend or not); over all of them when fewer than three
        are of the same kind; none with fewer than three in all.

    """
    local = bucket.astimezone(zone)
    earlier = {(local - timedelta(days=back)).astimezone(ZoneInfo("UTC")): back for back in range(1, 29)}
    given = {"indicator": indicator.ref, "grain": grain, "split": split, "key": key, "buckets": list(earlier)}
    rows = connection.execute(statements("citybrain.insight", "values")["same_slot"], given).fetchall()
    weekend = local.weekday() >= 5
    same = [value for at, value in rows if value is not None and (at.astimezone(zone).weekday() >= 5) == weekend]
    return _mean(same if len(same) >= 3 else [value for _, value in rows if value is not None])


def _mean(found: Sequence[float]) -> float | None:
    return sum(found) / len(found) if len(found) >= 3 else None
