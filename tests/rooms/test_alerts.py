"""Alerts: a threshold that stays broken changes the state, a flicker does not, and an old period opens nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from citybrain.blueprint.load import load
from citybrain.casework import tasks
from citybrain.city.expression import Expression
from citybrain.city.indicator import Indicator, Thresholds
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.insight import alerts
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.viewing import viewer_of
from citybrain.scenarios import runs
from tests.rooms.conftest import CITIES

REF = "indicator:metro.entries"


def limits(indicator: Indicator, **given: object) -> Indicator:
    made = {"by": "station", "alarm": Expression("value > 1000"), "warning": Expression("value > 500"), **given}
    return indicator.model_copy(update={"thresholds": Thresholds.model_validate(made)})


class Town:
    def __init__(self, city: City, database: Database, clock: SetClock, send, folder) -> None:
        self.city, self.database, self.clock, self.send = city, database, clock, send
        self.reader, self.engine, self.count = Reader(folder / "payloads"), Engine(), 0

    def entries(self, value: int, station: str = "S1") -> list[alerts.Alert]:
        """One quarter of an hour passes and a station reports."""
        self.clock.advance(timedelta(minutes=15))
        self.count += 1
        slot = (self.clock.now() - timedelta(minutes=15)).isoformat()
        row = {"slot_start": slot, "station": station, "entries": value, "exits": 0}
        self.send(json.dumps(row), f"k{self.count}")
        indicator = self.city.indicators[REF]
        refresh(self.city, indicator, self.database, self.reader, self.engine, self.clock)
        with self.database.transaction() as connection:
            return alerts.judge_states(connection, self.city, indicator, self.clock.now(), new_id)

    def open(self) -> list[alerts.Alert]:
        with self.database.reading() as connection:
            return alerts.listed(connection, open_only=True)


@pytest.fixture
def town(tiny: City, database: Database, clock: SetClock, send, tmp_path):
    def made(**given: object) -> Town:
        indicators = dict(tiny.indicators)
        indicators[REF] = limits(indicators[REF], **given)
        return Town(replace(tiny, indicators=indicators), database, clock, send, tmp_path)

    return made


def test_an_alarm_opens_once_rises_and_closes(town) -> None:
    here = town()
    assert [alert.state for alert in here.entries(600)] == ["warning"]
    assert here.entries(1500) == []
    (alert,) = here.open()
    assert (alert.state, alert.value, alert.worst) == ("alarm", 1500.0, 1500.0)
    assert here.entries(1200) == []
    assert here.open()[0].worst == 1500.0
    here.entries(100)
    assert here.open() == []
    assert [alert.state for alert in here.entries(1100)] == ["alarm"]


def test_a_flicker_opens_nothing_when_periods_must_follow_each_other(town) -> None:
    here = town(hold_periods=2)
    for value in (1500, 100, 1500, 100):
        assert here.entries(value) == []
    assert here.entries(1500) == []
    assert [alert.state for alert in here.entries(1500)] == ["alarm"]


def test_small_numbers_open_nothing(town) -> None:
    here = town(alarm=Expression("value > 1"), warning=None, at_least=400)
    assert here.entries(30) == []
    assert [alert.state for alert in here.entries(401)] == ["alarm"]


def test_a_period_that_is_long_over_opens_nothing(town) -> None:
    here = town()
    here.clock.advance(timedelta(days=2))
    old = (here.clock.now() - timedelta(days=1)).isoformat()
    here.send(json.dumps({"slot_start": old, "station": "S1", "entries": 5000, "exits": 0}), "old")
    refresh(here.city, here.city.indicators[REF], here.database, here.reader, here.engine, here.clock)
    with here.database.transaction() as connection:
        assert alerts.judge_states(connection, here.city, here.city.indicators[REF], here.clock.now(), new_id) == []


def test_an_alert_becomes_tasks_that_people_close_and_the_run_keeps_before_and_after(
    database: Database, clock: SetClock, send, tmp_path
) -> None:
    hangzhou = load(CITIES / "hangzhou").city
    assert hangzhou is not None
    scenario = hangzhou.scenarios["scenario:metro-crowding"]
    alert_id, bucket = new_id(), clock.now()
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO alert (id, indicator, split, key, state, opened_at, bucket, value, usual, worst, revision)"
            " VALUES (%s, %s, 'station', 'S15', 'alarm', %s, %s, 2743, 1678, 2743, 1)",
            [alert_id, REF, bucket, bucket],
        )
        alert = alerts.Alert(alert_id, REF, "station", "S15", "alarm", bucket, bucket, 2743.0, 1678.0, 2743.0, None)
        place = (Name(zh="站点 S15", en="Station S15"), "330106")
        (run,) = runs.start_for(connection, hangzhou, alert, place, clock, new_id)
        assert runs.start_for(connection, hangzhou, alert, place, clock, new_id) == []
        first = tasks.listed(connection, run=run)
    assert {task.department for task in first} == {"dept:metro", "dept:gov-330106"}
    assert "2,743" in first[0].title or "2,743" in first[1].title
    for task in first:
        assert "站点 S15" in task.title_in("zh")
        assert "Station S15" in task.title_in("en")
        assert task.title_in("en").isascii()
        assert task.note_in("en").isascii()
    zhou, shen = viewer_of(hangzhou, "zhou"), viewer_of(hangzhou, "shen")

    def act(task: tasks.Task, name: tasks.Act, viewer, **more: object) -> None:
        with database.transaction() as connection:
            done = tasks.act_on(connection, task.id, name, viewer, clock, new_id, **more)
            runs.after_task(connection, hangzhou, done, place, clock, new_id)

    metro = next(task for task in first if task.department == "dept:metro")
    district = next(task for task in first if task.department == "dept:gov-330106")
    with pytest.raises(AccessRefused):
        act(metro, "sign", shen)
    with pytest.raises(Conflicting):
        act(metro, "report", zhou, words="太早")
    for task, viewer in ((metro, zhou), (district, shen)):
        act(task, "sign", viewer)
        with pytest.raises(WrongUse):
            act(task, "report", viewer)
        act(task, "report", viewer, words="已加开两列")
        act(task, "close", zhou, value=900.0)
    with database.reading() as connection:
        (last,) = tasks.listed(connection, run=run, open_only=True)
        assert last.step == scenario.steps[-1].step
        assert last.overdue(clock.now() + timedelta(hours=3))
    act(last, "sign", zhou)
    act(last, "report", zhou, words="客流已回落")
    act(last, "close", zhou)
    with database.reading() as connection:
        (closed,) = runs.listed(connection, scenario.ref)
        events = [event.act for event in tasks.course(connection, metro.id)]
    assert (closed.state, closed.value_before) == ("closed", 2743.0)
    assert events == ["issued", "signed", "reported", "closed"]
