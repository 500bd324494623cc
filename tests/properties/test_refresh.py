"""Indicators brought up batch by batch, late data and compactions in between, say what one whole computation says."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.blueprint.load import load
from citybrain.city.contract import Field
from citybrain.city.expression import Expression
from citybrain.city.indicator import Indicator, Time
from citybrain.city.whole import City
from citybrain.hub.exchange.lake import Lake
from citybrain.hub.exchange.payload import pack
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout, parse
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.insight.values import every
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from tests.properties.oracle import contract, name, verdict_on

FLOW, AFC = "contract:metro/flow_15min", "system:metro/afc"
MEASURES = {
    "sum": "sum(entries)", "count": "count()", "avg": "avg(entries)", "min": "min(entries)", "max": "max(exits)",
    "median": "median(entries)", "distinct": "count_distinct(station)", "ratio": "ratio(sum(entries), sum(exits))",
}  # fmt: skip


def city_with(mode: str, zone: str) -> City:
    """Declare every kind of measure over the tiny city's flow."""
    loaded = load(Path(__file__).parents[2] / "cities" / "tiny")
    assert loaded.city is not None
    flow = replace(loaded.city.contracts[FLOW], mode=mode, zone=zone)  # type: ignore[arg-type]  # one of the two
    base = loaded.city.indicators["indicator:metro.entries"]
    made: dict[str, Indicator] = {}
    for short, measure in MEASURES.items():
        update = {
            "indicator": f"test.{short}", "measure": Expression(measure), "rollups": ("hour", "day", "month", "year"),
            "time": Time(column="slot_start", grain="15min", window="today"),
        }  # fmt: skip
        made[f"indicator:test.{short}"] = base.model_copy(update=update)
    return replace(loaded.city, contracts={**loaded.city.contracts, FLOW: flow}, indicators=made)


class House:
    """A hub with every measure over it."""

    def __init__(self, city: City, database: Database, clock: SetClock, home: Path) -> None:
        self.city, self.database, self.clock = city, database, clock
        self.gate = Gate(database, lambda: city, lambda _: {}, Store(home / "payloads", 1_048_576), clock, new_id)
        self.reader = Reader(home / "payloads")
        self.lake = Lake(database, home / "payloads", home / "lake", new_id)
        self.engine = Engine(threads=1)

    def send(self, rows: list[dict[str, Any]]) -> None:
        body = "\n".join(json.dumps(row) for row in rows).encode()
        layout = Layout("ndjson", ("slot_start", "station", "entries", "exits"))
        assert self.gate.admit(Parcel(FLOW, AFC, (body, layout), digest(body), str(new_id()))).accepted

    def bring_up(self) -> list[bool]:
        done = [
            refresh(self.city, indicator, self.database, self.reader, self.engine, self.clock)
            for indicator in self.city.indicators.values()
        ]
        return [item.whole for item in done if item is not None]

    def values(self) -> dict[tuple[Any, ...], Any]:
        found: dict[tuple[Any, ...], Any] = {}
        with self.database.reading() as connection:
            for ref in self.city.indicators:
                for grain in ("15min", "hour", "day", "month", "year"):
                    for split in ("", "station"):
                        for _, _, key, point in every(connection, ref, grain, split, limit=100_000):
                            value = None if point.value is None else round(point.value, 9)
                            found[ref, grain, split, key, point.bucket] = (value, point.rows)
        return found

    def anew(self) -> dict[tuple[Any, ...], Any]:
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM insight_progress")
            connection.execute("DELETE FROM insight_value")
        assert all(self.bring_up())
        return self.values()


@pytest.fixture
def house_of(database: Database, clock: SetClock, tmp_path: Path) -> Callable[..., House]:
    return lambda mode="append", zone="Asia/Shanghai": House(city_with(mode, zone), database, clock, tmp_path)


def some_rows(choose: random.Random, late: bool) -> list[dict[str, Any]]:
    rows = {}
    for _ in range(choose.randrange(1, 9)):
        day = datetime(2026, 11, 18, 14, tzinfo=UTC) - timedelta(days=choose.randrange(40) if late else 0)
        slot = day + timedelta(minutes=15 * choose.randrange(60))
        station = f"S{choose.randrange(1, 4)}"
        rows[slot, station] = {
            "slot_start": slot.isoformat(), "station": station, "entries": choose.randrange(50),
            "exits": choose.choice([0, 0, 3]),
        }  # fmt: skip
    return list(rows.values())


@pytest.mark.parametrize(("mode", "zone"), [("append", "Asia/Shanghai"), ("upsert", "Asia/Shanghai"),
                                            ("append", "Europe/Berlin"), ("append", "Asia/Kolkata")])  # fmt: skip
def test_batch_by_batch_with_late_data_and_compactions_is_one_computation(
    house_of: Callable[..., House], mode: str, zone: str
) -> None:
    house, choose = house_of(mode, zone), random.Random(2)
    incremental = False
    for step in range(5):
        for _ in range(choose.randrange(1, 3)):
            house.send(some_rows(choose, late=step % 3 == 2))
        if choose.random() < 0.4:
            house.lake.compact(house.city.contracts[FLOW])
        incremental |= not all(house.bring_up())
    before = house.values()
    assert incremental is (mode == "append" and zone != "Asia/Kolkata")
    assert before == house.anew()
    house.lake.compact(house.city.contracts[FLOW])
    assert before == house.anew()


@pytest.mark.parametrize("when", ["0001-01-03T00:00:00Z", "0202-11-20T08:15:00+08:00", "1899-12-31T16:05:00Z",
                                  "9999-12-29T23:00:00Z", "9999-12-30T00:00:00+08:00"])  # fmt: skip
def test_one_row_of_an_odd_year_does_not_stop_an_indicator(house_of: Callable[..., House], when: str) -> None:
    house = house_of(zone="America/New_York" if when.startswith("9999-12-29") else "Asia/Shanghai")
    house.send(some_rows(random.Random(1), late=False))
    house.bring_up()
    for station in ("S8", "S9"):
        house.send([{"slot_start": when, "station": station, "entries": 1, "exits": 1}])
        house.bring_up()
    before = house.values()
    assert before == house.anew()


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata"])
LOCAL = st.one_of(
    st.datetimes(datetime(1985, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  # a local time is what is meant
    st.sampled_from(
        [datetime.fromisoformat(text) for text in (
            "1986-05-04T02:30:00", "1986-07-01T12:00:00", "1988-07-01T00:30:00", "1991-09-15T01:30:00",
            "1991-09-14T23:59:59", "2026-03-29T02:30:00", "2026-10-25T02:30:00", "2026-10-25T01:59:59",
        )]
    ),
)  # fmt: skip


@given(LOCAL, ZONES, st.sampled_from([None, 0, 480, -210]), st.sampled_from(["T", " "]), st.booleans())
def test_an_instant_and_its_reporting_day_are_those_of_the_zone(
    local: datetime, zone: str, offset: int | None, mark: str, dirty: bool
) -> None:
    rules = contract(fields=(Field("at", name("at"), "timestamp"),), zone=zone, event_time="at")
    local = local.replace(microsecond=0)
    text = local.isoformat(mark)
    there = ZoneInfo(zone)
    if offset is None:
        instant = local.replace(tzinfo=there).astimezone(UTC)
        exists = instant.astimezone(there).replace(tzinfo=None) == local
    else:
        sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
        text += f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
        instant, exists = datetime.fromisoformat(text).astimezone(UTC), True
    lines = [json.dumps({"at": text}), *(['{"at": "x"}'] if dirty else [])]
    verdict = verdict_on(parse("\n".join(lines).encode(), Layout("ndjson", ("at",))), rules)
    assert bool(verdict.kept[0]) is exists
    if not exists:
        return  # an hour that summer time skips is set aside, never guessed
    kept = verdict.values.filter(verdict.kept)
    assert kept["at"].to_list() == [instant]
    payload = pack(kept, verdict.rows.filter(verdict.kept), rules)
    assert payload is not None
    assert payload.first_day == payload.last_day == instant.astimezone(there).date()


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00+99:99", "2026-01-01T24:00:00Z", "2026-02-30T00:00:00Z",
                                  "2026-01-01T00:60:00Z", "2026-01-01T00:00:00+24:00"])  # fmt: skip
@pytest.mark.parametrize("beside", [[], ["x"]])
def test_an_instant_that_no_clock_shows_is_set_aside_alone_or_beside_others(text: str, beside: list[str]) -> None:
    rules = contract(fields=(Field("at", name("at"), "timestamp"),), event_time="at")
    body = "\n".join(json.dumps({"at": one}) for one in [text, *beside]).encode()
    verdict = verdict_on(parse(body, Layout("ndjson", ("at",))), rules)
    assert not verdict.kept.any()
