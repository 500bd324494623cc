"""Indicators follow the log: new batches, late data, the same figure however it came."""

import json

import pytest

from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.insight.values import every, standing
from citybrain.kernel.clock import SetClock
from citybrain.kernel.postgres import Database


def line(station: str, entries: int, slot: str) -> str:
    return json.dumps({"slot_start": slot, "station": station, "entries": entries, "exits": 0})


@pytest.fixture
def engine():
    made = Engine()
    yield made
    made.close()


@pytest.fixture
def bring_up(database: Database, tiny: City, clock: SetClock, engine: Engine, tmp_path):
    reader = Reader(tmp_path / "payloads")
    indicator = tiny.indicators["indicator:metro.entries"]
    return lambda: refresh(tiny, indicator, database, reader, engine, clock)


def test_a_value_follows_new_batches_and_late_data(send, bring_up, database, tiny, clock):
    indicator = tiny.indicators["indicator:metro.entries"]
    send("\n".join([line("S1", 10, "2026-11-20T08:15:00+08:00"), line("S2", 5, "2026-11-20T08:15:00+08:00")]), "a")
    first = bring_up()
    assert first.whole
    send(line("S1", 7, "2026-11-19T23:45:00+08:00"), "late")
    send(line("S1", 1, "2026-11-20T08:30:00+08:00"), "c")
    second = bring_up()
    assert not second.whole
    assert bring_up() is None
    with database.reading() as connection:
        days = {point.bucket.isoformat(): point.value for _, _, _, point in every(connection, indicator.ref, "day", "")}
        assert days == {"2026-11-18T16:00:00+00:00": 7.0, "2026-11-19T16:00:00+00:00": 16.0}
        stations = {key: point.value for _, _, key, point in every(connection, indicator.ref, "day", "station")}
        assert stations == {"S1": 11.0, "S2": 5.0} | {"S1": 11.0}
        now = standing(connection, tiny, indicator, clock.now())
    assert now.point.value == 16.0
    assert (now.received, now.accepted, now.batches, now.quality) == (4, 4, 3, "A")
    assert now.state == "stale"
