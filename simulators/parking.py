"""Car parks with barriers: each reports every quarter of an hour how many spaces are taken."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import DISTRICTS, HOME_PARKING, MALL_PARKING, OFFICE_PARKING, at, dice
from simulators.running import ZONE, floor, options, start

_A_DISTRICT = 5
_SHAPES = (OFFICE_PARKING, MALL_PARKING, HOME_PARKING)
_QUARTER = timedelta(minutes=15)


class Parking:
    """Barriers of car parks.

    Attributes:
        contract: What it provides.
        step: A quarter of an hour.

    """

    contract = "urban-management/parking_status"
    step = _QUARTER

    def __init__(self, seed: int) -> None:
        """Set the barriers up.

        Args:
            seed: The same seed has the same cars.

        """
        self._seed = seed
        self._lots = [
            (number, code, dice(seed, "lot", number).randint(80, 900))
            for number, code in enumerate(code for code in DISTRICTS for _ in range(_A_DISTRICT))
        ]

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Read all barriers at every quarter hour after ``since`` and up to ``until``."""
        found: list[dict[str, Any]] = []
        moment = floor(since, _QUARTER) + _QUARTER
        while moment <= until:
            found += [self._row(moment.astimezone(ZONE), *lot) for lot in self._lots]
            moment += _QUARTER
        return found

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Send the readings of all car parks together."""
        rows = self.records(since, until)
        if rows:
            yield Batch(f"{self.contract} {until:%Y-%m-%dT%H:%M}", rows, until + timedelta(seconds=20))

    def spoil(self, row: dict[str, Any], thrown: Random) -> dict[str, Any]:
        """Let more cars in than there are spaces, or fewer than none."""
        return {**row, "occupied": thrown.choice([row["capacity"] * 3, -4])}

    def _row(self, moment: datetime, number: int, code: str, capacity: int) -> dict[str, Any]:
        thrown = dice(self._seed, moment.isoformat(), number)
        share = at(_SHAPES[number % len(_SHAPES)], moment) / 100
        if moment.weekday() >= 5 and number % len(_SHAPES) == 0:
            share *= 0.45
        occupied = round(capacity * min(1.0, share * thrown.uniform(0.92, 1.06)))
        return {
            "read_at": moment.isoformat(),
            "lot": f"P{number + 1:03d}",
            "district": code,
            "capacity": capacity,
            "occupied": occupied,
        }


def main(argv: list[str] | None = None) -> None:
    """Run the simulator."""
    how = options("parking", argv)
    start(Parking(how.seed), how)


if __name__ == "__main__":
    main()
