"""Replay (回放): the past of a file played as if it were now, moved by whole weeks so that weekdays stay."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.system import Shift, Source
from citybrain.hub.formats import Parsed
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import WrongUse
from citybrain.systems.connectors.deliveries import Delivery, Part
from citybrain.systems.connectors.files import read

_INSTANT = "%Y-%m-%dT%H:%M:%S.%f+00:00"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What is to be played: everything that became known after ``since`` and up to ``until``.

    Attributes:
        anchor: Day on which the first day of the replay is played.
        first: Whether nothing was played before.

    """

    anchor: date
    since: datetime
    until: datetime
    first: bool = False


def anchor_of(how: Shift, now: datetime, zone: ZoneInfo) -> date:
    """Choose the day on which the first day of a replay is played: its weekday in the week that ends today.

    Args:
        how: The replay.
        now: Present instant.
        zone: Zone whose days count.

    Returns:
        A day at most six days ago, whole weeks after the first day.

    Examples:
        >>> how = Shift(first_day=date(2019, 1, 19), columns=("slot",))
        >>> anchor_of(how, datetime(2026, 11, 20, 4, tzinfo=UTC), ZoneInfo("Asia/Shanghai")).isoformat()
        '2026-11-14'

    """
    today = city_day(now, zone)
    return today - timedelta(days=(today - how.first_day).days % 7)


def play(source: Source, contract: Contract, folder: Path, window: Window) -> Iterator[Delivery]:
    """Read what a replay makes known within a window.

    A row becomes known one cycle of its contract after its time: a quarter hour when it is over, a day the next day.

    Args:
        source: A file source with ``replay``.
        contract: The contract it feeds.
        folder: Where its files are.
        window: What is to be played.

    Yields:
        Deliveries with rows; a file that has none in the window is left out.

    Raises:
        WrongUse: The source declares no replay.

    """
    how = source.replay
    if how is None:
        raise WrongUse("systems.no_replay", source=source.ref)
    zone = ZoneInfo(source.zone or contract.zone)
    lag = contract.cycle or timedelta(0)
    first, last = city_day(window.since - lag, zone), city_day(window.until - lag, zone)
    round_ = (first - window.anchor).days // how.days
    while window.anchor + timedelta(days=round_ * how.days) <= last:
        begin = window.anchor + timedelta(days=round_ * how.days)
        midnight, since = _midnight(begin, zone), window.since - lag + timedelta(microseconds=1)
        bounds = _Bounds(
            max(midnight, since),
            min(_midnight(begin + timedelta(days=how.days), zone), window.until - lag + timedelta(microseconds=1)),
            zone,
            opening=midnight >= since or window.first,
        )
        for delivery in read(source, contract, folder, shift=begin - how.first_day):
            played = _within(delivery, how.columns[0], bounds)
            if played is not None:
                yield played
        round_ += 1


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Instants from which (included) to which (excluded) rows are played.

    Attributes:
        opening: Whether a round of the replay, or the replay itself, begins here: with it comes what has no time
            that can be read.

    """

    start: datetime
    end: datetime
    zone: ZoneInfo
    opening: bool

    def condition(self, column: str) -> pl.Expr:
        """Compare texts: instants and days are written so that their order is that of their texts."""
        value, length = pl.col(column), pl.col(column).str.len_chars().fill_null(0)
        # A day is known by its midnight.
        first = city_day(self.start - timedelta(microseconds=1), self.zone) + _DAY
        last = city_day(self.end - timedelta(microseconds=1), self.zone)
        start, end = (at.astimezone(UTC).strftime(_INSTANT) for at in (self.start, self.end))
        return (
            pl.when(length == len(start))
            .then(value.is_between(pl.lit(start), pl.lit(end), closed="left"))
            .when(length == len("2026-11-20"))
            .then(value.is_between(pl.lit(first.isoformat()), pl.lit(last.isoformat())))
            .otherwise(self.opening)
        )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _within(delivery: Delivery, column: str, bounds: _Bounds) -> Delivery | None:
    if delivery.refused is not None:
        return delivery
    condition = bounds.condition(column)

    def parts(batch_rows: int) -> Iterator[Part]:
        number = 0
        for part in delivery.parts(batch_rows):
            mask = part.parsed.frame.select(condition).to_series()
            broken = part.parsed.broken if bounds.opening else ()
            if mask.any() or broken:
                number += 1
                frame, rows = part.parsed.frame.filter(mask), part.parsed.rows.filter(mask)
                yield Part(number, Parsed(frame, rows, broken), part.passed_by)

    if next(parts(100_000), None) is None:
        return None
    said = f"{delivery.digest} {bounds.start.isoformat()} {bounds.end.isoformat()}"
    name = f"{delivery.name} {bounds.start:%Y-%m-%dT%H:%MZ}/{bounds.end:%Y-%m-%dT%H:%MZ}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    return Delivery(
        delivery.source, delivery.contract, name, digest, delivery.size_bytes, parts, unused=delivery.unused
    )
