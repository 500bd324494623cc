"""Outpatient desks: who came to which clinic each hour. The people are made up, and three of them can sign in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import dice
from simulators.running import ZONE, floor, options, start

_HOUR = timedelta(hours=1)
_AN_HOUR = 20
_PEOPLE = 2_000
_HOSPITALS = ("第一医院", "第三医院", "儿童医院", "中医院")
_CLINICS = ("全科", "内分泌科", "心内科", "呼吸科", "儿科")
_KNOWN = 3  # the first numbers are those of the made-up citizens, who come every day


class Visits:
    """Outpatient desks of the city's hospitals.

    Attributes:
        contract: What it provides.
        step: An hour.

    """

    contract = "health/visits"
    step = _HOUR

    def __init__(self, seed: int) -> None:
        """Set the desks up.

        Args:
            seed: The same seed has the same visits.

        """
        self._seed = seed

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Read the visits of every full hour after ``since`` and up to ``until``."""
        found: list[dict[str, Any]] = []
        moment = floor(since, _HOUR) + _HOUR
        while moment <= until:
            found += [self._row(moment.astimezone(ZONE), number) for number in range(_AN_HOUR)]
            moment += _HOUR
        return found

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Send the visits of all desks together."""
        rows = self.records(since, until)
        if rows:
            yield Batch(f"{self.contract} {until:%Y-%m-%dT%H:%M}", rows, until + timedelta(seconds=30))

    def spoil(self, row: dict[str, Any], thrown: Random) -> dict[str, Any]:
        """Charge less than nothing, or a fortune."""
        return {**row, "fee": thrown.choice([-12.5, 9_000_000.0])}

    def _row(self, moment: datetime, number: int) -> dict[str, Any]:
        thrown = dice(self._seed, moment.isoformat(), number)
        known = moment.hour == 10 and number < _KNOWN
        person = number + 1 if known else thrown.randint(_KNOWN + 1, _PEOPLE)
        return {
            "visit_no": f"V{moment:%Y%m%d}-{moment.hour:02d}{number:02d}",
            "visited_at": (moment - timedelta(minutes=thrown.randint(1, 59))).isoformat(),
            "person_no": f"RY-{100_000 + person:06d}",
            "hospital": thrown.choice(_HOSPITALS),
            "clinic": thrown.choice(_CLINICS),
            "fee": round(thrown.uniform(8, 400), 2),
        }


def main(argv: list[str] | None = None) -> None:
    """Run the simulator."""
    how = options("visits", argv)
    start(Visits(how.seed), how)


if __name__ == "__main__":
    main()
