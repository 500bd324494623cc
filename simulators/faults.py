"""Faults that real systems have, thrown with dice that fall the same way for the same seed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import dice

KINDS = ("late", "repeated", "twin", "out_of_range", "new_field", "renamed_field", "unit", "outage")
_ODDS = {"late": 0.02, "repeated": 0.03, "twin": 0.03, "out_of_range": 0.06, "new_field": 0.02, "renamed_field": 0.004}
_OUTAGE_ODDS = 0.01

Spoil = Callable[[dict[str, Any], Random], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of one simulator.

    Attributes:
        seed: The same seed has the same faults.
        kinds: Which ones may happen; empty means a faultless system.
        spoil: Turns a good record into an impossible one.

    """

    seed: int
    kinds: frozenset[str]
    spoil: Spoil

    def strike(self, batch: Batch, *, certain: str | None = None) -> tuple[Batch, tuple[str, ...]]:
        """Let faults happen to a batch.

        Args:
            batch: A good batch.
            certain: A kind that happens for sure when it may happen at all.

        Returns:
            The batch as it will be sent, and which faults it has.

        """
        thrown = dice(self.seed, "fault", batch.key)
        struck = [
            kind for kind, odds in _ODDS.items() if (thrown.random() < odds or kind == certain) and kind in self.kinds
        ]
        for kind in struck:
            batch = self._struck(kind, batch, thrown)
        return batch, tuple(struck)

    def _struck(self, kind: str, batch: Batch, thrown: Random) -> Batch:
        rows = [dict(row) for row in batch.rows]
        if not rows:
            return batch
        place = thrown.randrange(len(rows))
        match kind:
            case "late":
                return replace(batch, due_at=batch.due_at + timedelta(minutes=thrown.randint(20, 50)))
            case "repeated":
                return replace(batch, copies=2)
            case "twin":
                return replace(batch, rows=[*rows, dict(rows[place])])
            case "out_of_range":
                rows[place] = self.spoil(rows[place], thrown)
            case "new_field":
                rows = [{**row, "firmware": "2.4.1"} for row in rows]
            case _:
                name = list(rows[0])[-1]
                rows = [{(f"{key}_count" if key == name else key): value for key, value in row.items()} for row in rows]
        return replace(batch, rows=rows)

    def is_out(self, moment: datetime) -> bool:
        """Tell whether the line to the hub is down, for a while that begins now and then.

        Args:
            moment: Any instant.

        """
        if "outage" not in self.kinds:
            return False
        quarter = int(moment.timestamp() // 900)
        return any(dice(self.seed, "outage", quarter - back).random() < _OUTAGE_ODDS for back in range(3))

    def unit_is_wrong(self, day: str) -> bool:
        """Tell whether a gas is reported in another unit on a day.

        Args:
            day: Local day.

        """
        return "unit" in self.kinds and dice(self.seed, "unit", day).random() < 0.08
