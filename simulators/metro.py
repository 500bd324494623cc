"""Fare gates of a metro: 80 stations, a count each quarter of an hour; station S15 is crowded now and then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import METRO_WEEKEND, METRO_WORKDAY, at, dice
from simulators.running import ZONE, Options, floor, options, start

STATIONS = 80
CROWDED = 15
_URBAN = ("330102", "330105", "330106", "330108", "330109", "330110", "330111", "330112", "330113", "330114")
_LINES = 8
_DAY_TOTAL = 1_200_000
_CROWD_EVERY = timedelta(hours=3)
_CROWD_LASTS = timedelta(minutes=45)
_CROWD_AT_LEAST = 650
_QUARTER = timedelta(minutes=15)


def district(station: int) -> str:
    """Assign a station to a district; schematic, as the numbers are no real stations.

    Args:
        station: Number from 0.

    """
    return _URBAN[(station * 7 + station // 9) % len(_URBAN)]


def weight(station: int) -> float:
    """Return a station's share of the network's passengers.

    Args:
        station: Number from 0.

    """
    rank = {CROWDED: 0, 9: 1, 7: 2, 4: 3, 10: 4, 12: 5}.get(station, 6 + (station * 37) % 71)
    return float((1 + rank) ** -0.62)


_ALL_WEIGHTS = sum(weight(station) for station in range(STATIONS))


class Metro:
    """Fare gates.

    Attributes:
        contract: What it provides.
        step: A quarter of an hour.

    """

    contract = "metro/flow_15min"
    step = _QUARTER

    def __init__(self, seed: int, crowd_from: datetime | None = None) -> None:
        """Set the gates up.

        Args:
            seed: The same seed counts the same passengers.
            crowd_from: Start of the first crowded slot; it comes back every three hours. None means no crowds.

        """
        self._seed = seed
        self._crowd_from = crowd_from

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Count the passengers of all slots that end after ``since`` and up to ``until``."""
        return [
            row for slot in _slots(since, until) for station in range(STATIONS) for row in [self._row(slot, station)]
        ]

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Let the lines report one after another; that of the crowded station comes first."""
        for slot in _slots(since, until):
            for line in range(_LINES):
                stations = [number for number in range(STATIONS) if (number - CROWDED) % _LINES == line]
                due = slot + self.step + timedelta(seconds=5 + 70 * line)
                yield Batch(
                    f"{self.contract} {slot:%Y-%m-%dT%H:%M} line {line + 1}",
                    [self._row(slot, station) for station in stations],
                    due,
                )

    def spoil(self, row: dict[str, Any], thrown: Random) -> dict[str, Any]:
        """Count backwards, or more people than a city has."""
        return {**row, "entries": thrown.choice([-1, 999_999])}

    def _row(self, slot: datetime, station: int) -> dict[str, Any]:
        thrown = dice(self._seed, slot.isoformat(), station)
        shape = METRO_WEEKEND if slot.weekday() >= 5 else METRO_WORKDAY
        mean = _DAY_TOTAL * weight(station) / _ALL_WEIGHTS / (4 * sum(shape))
        # Where people live they leave in the morning; where they work they leave in the evening.
        lean = 1.25 if station % 2 else 0.75
        morning = lean if slot.hour < 12 else 2 - lean
        entries = mean * at(shape, slot) * morning * thrown.uniform(0.93, 1.07)
        exits = mean * at(shape, slot - timedelta(minutes=25)) * (2 - morning) * thrown.uniform(0.93, 1.07)
        if station == CROWDED and self._is_crowded(slot):
            entries = max(entries * 2.2, _CROWD_AT_LEAST * thrown.uniform(1, 1.3))
        return {
            "slot_start": slot.isoformat(),
            "station": f"S{station}",
            "district": district(station),
            "entries": round(entries),
            "exits": round(exits),
        }

    def _is_crowded(self, slot: datetime) -> bool:
        if self._crowd_from is None or slot < self._crowd_from:
            return False
        return (slot - self._crowd_from) % _CROWD_EVERY < _CROWD_LASTS


def _slots(since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the starts of the slots that are over after ``since`` and up to ``until``."""
    slot = floor(since, _QUARTER)
    while slot + _QUARTER <= until:
        if slot + _QUARTER > since:
            yield slot.astimezone(ZONE)
        slot += _QUARTER


def main(argv: list[str] | None = None) -> None:
    """Run the simulator."""
    how: Options = options("metro", argv)
    now = datetime.now(ZONE)  # noqa: TID251  a department system has a clock of its own
    start(Metro(how.seed, crowd_from=floor(now, _QUARTER) - _QUARTER), how)


if __name__ == "__main__":
    main()
