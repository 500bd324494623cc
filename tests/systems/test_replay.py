"""A replay plays the past on the same weekdays, makes nothing known before its time, and never plays a moment twice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from citybrain.blueprint.load import load
from citybrain.city.expression import Expression
from citybrain.city.system import FilesFrom, Shift
from citybrain.city.whole import City
from citybrain.hub.provenance import provenance_now
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.postgres import Database
from citybrain.systems.polling import Poller, replayed_contracts
from citybrain.systems.registry import Folders
from citybrain.systems.replay import Window, play
from tests.systems.conftest import CITIES, Delivering

ROWS = {"slot_start": "time(ts)", "station": "concat('S', id)", "entries": "integer(n)", "exits": "integer(n)"}
REPLAY = {"first_day": "2019-01-19", "columns": ["slot_start"], "history": "2d"}
WEEK = [datetime(2019, 1, 19, tzinfo=UTC) + timedelta(minutes=15 * step) for step in range(7 * 96)]
LOCAL = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def week(folders: Folders) -> Folders:
    assert folders.data is not None
    lines = [f"{at:%Y-%m-%d %H:%M},1,{index}" for index, at in enumerate(WEEK)]
    (folders.data / "week.csv").write_text("\n".join(["ts,id,n", *lines]) + "\n")
    return folders


@pytest.fixture
def city(declare: Callable[..., City]) -> City:
    return declare(**{"from": {"connector": "files", "path": "*.csv"}, "rows": ROWS, "replay": REPLAY})


@pytest.fixture
def poller(database: Database, delivering: Delivering, city: City, week: Folders, clock: SetClock) -> Poller:
    return Poller(database, delivering(city), week, clock)


def _span(database: Database) -> tuple[datetime, int]:
    with database.reading() as connection:
        row = connection.execute("SELECT max(newest_at), sum(accepted)::int FROM hub_batch").fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_first_delivery_reaches_back_and_stops_at_the_last_slot_that_is_over(
    poller: Poller, city: City, database: Database, clock: SetClock
) -> None:
    (receipt,) = poller.poll_due(city)
    assert (receipt.accepted, receipt.set_aside) == (2 * 96, 0)
    newest, _ = _span(database)
    assert newest == clock.now() - timedelta(minutes=15)


def test_a_friday_plays_a_friday(poller: Poller, city: City, database: Database, clock: SetClock) -> None:
    poller.poll_due(city)
    newest, _ = _span(database)
    local = newest.astimezone(LOCAL)
    original = next(at for at in WEEK if (at.weekday(), at.time()) == (local.weekday(), local.time()))
    assert local.weekday() == original.weekday() == 4


def test_nothing_is_played_twice_and_the_end_of_the_file_runs_into_its_beginning(
    poller: Poller, city: City, database: Database, clock: SetClock
) -> None:
    poller.poll_due(city)
    assert poller.poll_due(city) == []
    for _ in range(6):
        clock.advance(timedelta(hours=9, minutes=7))
        poller.poll_due(city)
    newest, accepted = _span(database)
    passed = timedelta(hours=54, minutes=42)
    assert accepted == 2 * 96 + passed // timedelta(minutes=15)
    assert newest == datetime(2026, 11, 20, 3, 45, tzinfo=UTC) + timedelta(minutes=15) * (
        passed // timedelta(minutes=15)
    )


def test_what_has_no_time_that_can_be_read_is_set_aside_once_a_round_and_nothing_is_lost(
    poller: Poller, city: City, week: Folders, database: Database, clock: SetClock
) -> None:
    assert week.data is not None
    with (week.data / "week.csv").open("a") as file:
        file.write("no time,1,5\n2019-01-25 23:45,1,7,8,9\n")
    (receipt,) = poller.poll_due(city)
    assert (receipt.accepted, receipt.set_aside) == (2 * 96, 2)
    for _ in range(4 * 7):
        clock.advance(timedelta(hours=6))
        poller.poll_due(city)
    with database.reading() as connection:
        row = connection.execute("SELECT sum(received)::int, sum(accepted)::int, sum(set_aside)::int FROM hub_batch")
        assert row.fetchone() == (9 * 96 + 4, 9 * 96, 4)


def test_days_are_made_known_the_day_after(folders: Folders) -> None:
    assert folders.data is not None
    lines = [f"2019-01-{day:02d},{day}" for day in range(5, 26)]
    (folders.data / "days.csv").write_text("\n".join(["day,n", *lines]) + "\n")
    city = load(CITIES / "hangzhou").city
    assert city is not None
    source = city.sources["source:environment/air_daily"].model_copy(
        update={
            "from_": FilesFrom(connector="files", path="*.csv"),
            "rows": {name: Expression(text) for name, text in {"day": "date(day)", "city": "'330100'"}.items()},
            "replay": Shift(first_day=date(2019, 1, 5), columns=("day",), days=21),
        }
    )
    now = datetime(2026, 11, 20, 4, tzinfo=UTC)
    window = Window(date(2026, 11, 14), now - timedelta(days=10), now)
    played = list(play(source, city.contracts[source.feeds], folders.data, window))
    days = [day for item in played for part in item.parts(100) for day in part.parsed.frame["day"]]
    assert days == [f"2026-11-{day}" for day in (10, 11, 12, 13, 14, 15, 16, 17, 18, 19)]


def test_a_replay_of_texts_that_are_no_times_is_wrong_use(
    declare: Callable[..., City], delivering: Delivering, week: Folders
) -> None:
    how = {"connector": "files", "path": "*.csv"}
    city = declare(**{"from": how, "rows": ROWS | {"slot_start": "ts"}, "replay": REPLAY})
    with pytest.raises(WrongUse, match="systems.replay_needs_time"):
        list(
            play(
                city.sources["source:metro/test"],
                city.contracts["contract:metro/flow_15min"],
                week.data or Path(),
                Window(date(2026, 11, 14), datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
            )
        )


def test_a_city_with_real_files_needs_no_simulator_for_them(city: City, week: Folders, tmp_path: Path) -> None:
    assert replayed_contracts(city, week) == {"contract:metro/flow_15min"}
    assert replayed_contracts(city, Folders(None, tmp_path)) == frozenset()


def test_a_faster_replay_begins_hours_back_and_slows_down_when_it_has_caught_up(
    database: Database, delivering: Delivering, city: City, week: Folders, clock: SetClock
) -> None:
    poller = Poller(database, delivering(city), week, clock, replay_speed=120)
    quarter = timedelta(minutes=15)
    (first,) = poller.poll_due(city)
    assert first.accepted == 36 * 4  # two days of history but for the last twelve hours
    clock.advance(timedelta(minutes=3))
    (second,) = poller.poll_due(city)
    assert second.accepted == 6 * 4
    clock.advance(timedelta(minutes=10))
    poller.poll_due(city)
    newest, _ = _span(database)
    assert newest == datetime(2026, 11, 20, 3, 45, tzinfo=UTC)
    clock.advance(quarter)
    poller.poll_due(city)
    assert _span(database)[0] == newest + quarter


def test_what_a_simulator_sent_is_simulated_and_what_is_played_from_files_is_a_replay(
    database: Database, delivering: Delivering, city: City, week: Folders, clock: SetClock
) -> None:
    flow = "contract:metro/flow_15min"
    source = next(iter(city.sources.values()))
    archive = city.systems["system:metro/afc"].model_copy(update={"system": "metro/archive", "simulated": False})
    both = replace(
        city,
        systems={**city.systems, archive.ref: archive},
        sources={source.ref: source.model_copy(update={"system": archive.ref, "provenance": "replay"})},
    )

    def word(of: City) -> str:
        with database.reading() as connection:
            return provenance_now(connection, of, [flow])[flow]

    assert word(both) == both.contracts[flow].provenance
    Poller(database, delivering(both), week, clock).poll_due(both)
    assert word(both) == "replay"
    clock.advance(timedelta(hours=1))
    Poller(database, delivering(city), week, clock).poll_due(city)
    assert word(both) == "simulated"
