"""Air monitoring stations: one reading an hour and station; now and then a day of carbon monoxide in another unit."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from simulators.batches import Batch
from simulators.curves import PM25_DAY, at, dice
from simulators.faults import Faults
from simulators.running import ZONE, floor, options, start

STATIONS: dict[str, str] = {
    "浙江农大": "330102", "和睦小学": "330105", "朝晖五区": "330105", "西溪": "330106", "卧龙桥": "330106",
    "云栖": "330106", "滨江": "330108", "城厢镇": "330109", "余杭模拟站": "330110", "富阳模拟站": "330111",
    "临安模拟站": "330112", "临平镇": "330113", "下沙": "330114", "桐庐模拟站": "330122", "千岛湖": "330127",
    "建德模拟站": "330182",
}  # fmt: skip
_HOUR = timedelta(hours=1)
_STEPS = ((0, 0), (35, 50), (75, 100), (115, 150), (150, 200), (250, 300), (350, 400), (500, 500))
_LEVELS = ((50, "优"), (100, "良"), (150, "轻度污染"), (200, "中度污染"), (300, "重度污染"), (500, "严重污染"))


def sub_index(pm25: float) -> int:
    """Return the air quality sub-index of a PM2.5 value (HJ 633-2012), rounded up.

    Args:
        pm25: Micrograms per cubic metre.

    """
    for (low, base), (high, top) in pairwise(_STEPS):
        if pm25 <= high:
            return -int(-(base + (pm25 - low) * (top - base) / (high - low)) // 1)
    return 500


class Environment:
    """Monitoring stations.

    Attributes:
        contract: What it provides.
        step: An hour.

    """

    contract = "environment/station_hourly"
    step = _HOUR

    def __init__(self, seed: int, faults: Faults | None = None) -> None:
        """Set the stations up.

        Args:
            seed: The same seed breathes the same air.
            faults: Says on which days a unit is wrong; none means never.

        """
        self._seed = seed
        self._faults = faults

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Measure at every full hour after ``since`` and up to ``until``."""
        found: list[dict[str, Any]] = []
        moment = floor(since, _HOUR) + _HOUR
        while moment <= until:
            found += [self._row(moment.astimezone(ZONE), name) for name in STATIONS]
            moment += _HOUR
        return found

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Send the readings of all stations together, a minute after the hour."""
        rows = self.records(since, until)
        if rows:
            yield Batch(f"{self.contract} {until:%Y-%m-%dT%H:%M}", rows, until + timedelta(minutes=1))

    def spoil(self, row: dict[str, Any], thrown: Random) -> dict[str, Any]:
        """Let a sensor hang at an impossible value."""
        return {**row, thrown.choice(["pm25", "pm10"]): -999.0}

    def _row(self, moment: datetime, name: str) -> dict[str, Any]:
        thrown = dice(self._seed, moment.isoformat(), name)
        today, tomorrow = (
            dice(self._seed, "air", (moment + timedelta(days=ahead)).date()).lognormvariate(3.55, 0.38)
            for ahead in (0, 1)
        )
        share = moment.hour / 24
        base = today * (1 - share) + tomorrow * share
        place = dice(self._seed, "place", name).uniform(0.8, 1.2)
        pm25 = round(base * place * at(PM25_DAY, moment) * thrown.uniform(0.93, 1.07), 1)
        pm10 = round(pm25 * thrown.uniform(1.25, 1.8), 1)
        co = float(round(420 + pm25 * 8 * thrown.uniform(0.9, 1.1)))
        if self._faults is not None and self._faults.unit_is_wrong(moment.date().isoformat()):
            co = co / 1000
        aqi = max(sub_index(pm25), round(pm10 * 0.6))
        return {
            "measured_at": moment.isoformat(),
            "city": "330100",
            "station": name,
            "district": STATIONS[name],
            "aqi": min(aqi, 500),
            "level": next(word for limit, word in _LEVELS if aqi <= limit or limit == 500),
            "primary_pollutant": None if aqi <= 50 else ("PM2.5" if sub_index(pm25) >= aqi else "PM10"),
            "pm25": None if thrown.random() < 0.004 else pm25,
            "pm10": pm10,
            "co": co,
            "no2": round(18 + pm25 * 0.5 * thrown.uniform(0.7, 1.3)),
            "so2": round(thrown.uniform(4, 10)),
            "o3_1h": round(40 + 60 * max(0.0, 1 - abs(moment.hour - 15) / 8) * thrown.uniform(0.8, 1.2)),
            "o3_8h": round(45 + 40 * max(0.0, 1 - abs(moment.hour - 17) / 9) * thrown.uniform(0.8, 1.2)),
        }


def main(argv: list[str] | None = None) -> None:
    """Run the simulator."""
    how = options("environment", argv)
    units = Faults(how.seed, how.faults, lambda row, _: row)
    start(Environment(how.seed, units), how)


if __name__ == "__main__":
    main()
