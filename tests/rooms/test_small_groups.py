"""Small groups: an indicator that declares it shows no value of few rows to other departments, in API and pages."""

import json
from dataclasses import replace

import pytest

from citybrain.city.crosscheck import cross_check
from citybrain.city.indicator import Thresholds
from citybrain.city.whole import City
from citybrain.cockpits.figures import Look, tile
from citybrain.cockpits.panels import ranked
from citybrain.hub.exchange.reading import Reader
from citybrain.insight.description import describe
from citybrain.insight.discretion import as_seen_by
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.places import Gazetteer
from citybrain.insight.refresh import refresh
from citybrain.insight.values import newest_of, series, standing
from citybrain.safeguards.viewing import viewer_of

REF = "indicator:metro.entries"
SLOTS = [f"2026-11-20T{hour:02d}:{quarter:02d}:00+08:00" for hour in range(6, 11) for quarter in (0, 15, 30, 45)]


@pytest.fixture
def city(tiny: City) -> City:
    changed = tiny.indicators[REF].model_copy(update={"suppress_below": 5, "thresholds": Thresholds()})
    return replace(tiny, indicators={**tiny.indicators, REF: changed})


@pytest.fixture
def filled(send, city, database, clock, tmp_path):
    """S1 stands on 12 rows, S2 on 8, S3 on 2."""
    rows = [("S1", slot) for slot in SLOTS[:12]] + [("S2", slot) for slot in SLOTS[:8]] + [("S3", SLOTS[0])]
    rows.append(("S3", SLOTS[1]))
    lines = ({"slot_start": slot, "station": station, "entries": 10, "exits": 0} for station, slot in rows)
    assert send("\n".join(map(json.dumps, lines))).accepted == 22
    engine = Engine()
    refresh(city, city.indicators[REF], database, Reader(tmp_path / "payloads"), engine, clock)
    engine.close()


def day_values(document) -> dict[str, tuple[float | None, int | None, bool]]:
    return {
        item["key"]: (item["value"], item["rows"], item["suppressed"])
        for item in document["values"]
        if (item["grain"], item["split"]) == ("day", "station")
    }


def test_the_api_hides_a_small_group_and_one_more_so_that_the_total_tells_nothing(filled, city, database, clock):
    with database.reading() as connection:
        shown = describe(connection, city, city.indicators[REF], clock.now())
    assert day_values(shown) == {"S1": (120.0, 12, False), "S2": (None, None, True), "S3": (None, None, True)}
    assert shown["suppress_below"] == 5
    assert {
        (item["value"], item["rows"]) for item in shown["values"] if item["grain"] == "15min" and item["split"]
    } == {(None, None)}  # one row behind each


def test_the_owner_sees_its_own_small_groups_and_others_do_not(filled, city, database, clock):
    owner, other = viewer_of(city, "zhou"), viewer_of(city, "lin")
    assert owner.department == city.indicators[REF].owner != other.department
    with database.reading() as connection:
        mine = describe(connection, city, as_seen_by(owner, city.indicators[REF]), clock.now())
        theirs = describe(connection, city, as_seen_by(other, city.indicators[REF]), clock.now())
    assert day_values(mine)["S3"] == (20.0, 2, False)
    assert day_values(theirs)["S3"] == (None, None, True)


def test_every_way_to_read_a_value_hides_it(filled, city, database, clock):
    indicator = city.indicators[REF]
    first, until = clock.now().replace(hour=0), clock.now().replace(hour=23)
    with database.reading() as connection:
        assert standing(connection, city, indicator, clock.now(), "station", "S3").point.hidden
        assert newest_of(connection, indicator, "station", "S3") is None
        points = series(connection, indicator, "15min", first.replace(day=19), until, "station", "S1")
        assert len(points) == 12
        assert all(point.hidden and point.value is None and point.rows == 0 for point in points)
        assert standing(connection, city, indicator, clock.now()).point.value == 220.0  # 22 rows are enough


def test_pages_show_a_dash_and_say_why(filled, city, database, clock):
    with database.reading() as connection:
        look = Look(connection, city, Gazetteer({}), None, clock.now(), "zh")
        ranking = ranked(look, city.indicators[REF], "station")
        assert [(row.name, row.value, row.state) for row in ranking.rows] == [
            ("S1", 120.0, "ok"), ("S2", None, "none"), ("S3", None, "none"),
        ]  # fmt: skip
        assert "少于 5 条" in ranking.order
        assert tile(look, city.indicators[REF]).note == ""


def test_alerts_by_group_are_not_allowed_to_tell_what_is_hidden(city):
    telling = city.indicators[REF].model_copy(update={"thresholds": Thresholds(by="station")})
    found = cross_check(replace(city, indicators={**city.indicators, REF: telling}))
    assert [item.code for item in found] == ["blueprint.alert_on_small_groups"]
    assert cross_check(city) == []
