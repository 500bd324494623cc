"""The desk of 12345: events are opened around the clock and closed hours or days later; no person is named."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import CALLS_DAY, DISTRICTS, dice
from simulators.running import ZONE, floor, options, start

_A_DAY = 620
_LONGEST_DAYS = 12
_STEP = timedelta(seconds=30)
_CATEGORIES: dict[str, tuple[float, int, str]] = {
    "noise": (16, 1, "生态环境局"), "parking": (20, 1, "城市管理局"), "road": (9, 3, "城市管理局"),
    "water": (7, 1, "水务集团"), "garbage": (11, 1, "城市管理局"), "property": (18, 5, "住房保障局"),
    "transport": (10, 3, "交通运输局"), "other": (9, 5, "街道办事处"),
}  # fmt: skip
_CHANNELS = ("phone", "phone", "phone", "app", "app", "web", "counter")


class Hotline:
    """The desk of 12345.

    Attributes:
        contract: What it provides.
        step: Half a minute.

    """

    contract = "hotline/events"
    step = _STEP

    def __init__(self, seed: int) -> None:
        """Set the desk up.

        Args:
            seed: The same seed has the same calls.

        """
        self._seed = seed
        self._days: dict[str, list[dict[str, Any]]] = {}

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Report what was opened or closed after ``since`` and up to ``until``, in that order."""
        found: list[tuple[datetime, dict[str, Any]]] = []
        day = floor(since, timedelta(days=1)) - timedelta(days=_LONGEST_DAYS)
        while day <= until:
            for event in self._events(day):
                if since < event["opened_at"] <= until:
                    found.append((event["opened_at"], _row(event, closed=False)))
                if since < event["closed_at"] <= until:
                    found.append((event["closed_at"], _row(event, closed=True)))
            day += timedelta(days=1)
        return [row for _, row in sorted(found, key=lambda item: item[0])]

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Send what happened in this half minute."""
        rows = self.records(since, until)
        if rows:
            yield Batch(f"{self.contract} {until:%Y-%m-%dT%H:%M:%S}", rows, until)

    def spoil(self, row: dict[str, Any], thrown: Random) -> dict[str, Any]:
        """Set a time limit before the call, or a category nobody knows."""
        if thrown.random() < 0.5:
            return {**row, "due_at": "2000-01-01T00:00:00+08:00"}
        return {**row, "category": "unknown"}

    def _events(self, day: datetime) -> list[dict[str, Any]]:
        name = f"{day:%Y%m%d}"
        if name not in self._days:
            thrown = dice(self._seed, "calls", name)
            count = round(_A_DAY * (0.75 if day.weekday() >= 5 else 1.0) * thrown.uniform(0.9, 1.1))
            self._days[name] = [self._event(day, number, thrown) for number in range(1, count + 1)]
        return self._days[name]

    def _event(self, day: datetime, number: int, thrown: Random) -> dict[str, Any]:
        hour = thrown.choices(range(24), CALLS_DAY)[0]
        opened = day + timedelta(hours=hour, seconds=thrown.randrange(3600))
        category = thrown.choices(list(_CATEGORIES), [weight for weight, _, _ in _CATEGORIES.values()])[0]
        _, days, handler = _CATEGORIES[category]
        hours = min(thrown.lognormvariate(0, 0.9) * days * 8, _LONGEST_DAYS * 24 - 24)
        return {
            "event_id": f"E{day:%Y%m%d}-{number:05d}",
            "opened_at": opened,
            "due_at": opened + timedelta(days=days),
            "closed_at": opened + timedelta(hours=max(0.2, hours)),
            "district": thrown.choices(list(DISTRICTS), list(DISTRICTS.values()))[0],
            "category": category,
            "handler": handler,
            "channel": thrown.choice(_CHANNELS),
        }


def _row(event: dict[str, Any], *, closed: bool) -> dict[str, Any]:
    changed = event["closed_at"] if closed else event["opened_at"]
    return {
        "event_id": event["event_id"],
        "changed_at": changed.astimezone(ZONE).isoformat(timespec="seconds"),
        "opened_at": event["opened_at"].astimezone(ZONE).isoformat(timespec="seconds"),
        "due_at": event["due_at"].astimezone(ZONE).isoformat(timespec="seconds"),
        "closed_at": event["closed_at"].astimezone(ZONE).isoformat(timespec="seconds") if closed else None,
        "district": event["district"],
        "category": event["category"],
        "handler": event["handler"],
        "state": "closed" if closed else "open",
        "channel": event["channel"],
    }


def main(argv: list[str] | None = None) -> None:
    """Run the simulator."""
    how = options("hotline", argv)
    start(Hotline(how.seed), how)


if __name__ == "__main__":
    main()
