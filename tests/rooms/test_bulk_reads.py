"""Reading unusually much is noted once, with evidence and tasks for the provider and the data authority."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from citybrain.casework import tasks
from citybrain.city.settings import BulkReads
from citybrain.city.whole import City
from citybrain.governance.bulk_reads import watch_bulk_reads
from citybrain.hub import bulk_reads, grants
from citybrain.hub.grants import GrantOrder, HeldGrant
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Conflicting, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence

FLOW = "contract:metro/flow_15min"
BOUNDS = BulkReads(rows_per_hour=1_000, rows_per_day=5_000, persons_per_day=3, times_usual=10, least_rows=100)
Read = Callable[..., UUID]


@pytest.fixture
def city(tiny: City) -> City:
    return replace(tiny, settings=tiny.settings.model_copy(update={"bulk_reads": BOUNDS}))


@pytest.fixture
def held(database: Database, clock: SetClock) -> HeldGrant:
    at = clock.now() - timedelta(days=60)
    order = GrantOrder("gov-flow", FLOW, "dept:government", "operation", {}, ("station",), at, at + timedelta(days=365))
    with database.transaction() as connection:
        return grants.make(connection, order, "zhou", at, new_id)


@pytest.fixture
def read(database: Database, clock: SetClock, held: HeldGrant) -> Read:
    """Write a release of so many rows, as the way out writes it."""

    def note(rows: int, back: timedelta = timedelta(), persons: int = 0) -> UUID:
        at, release = clock.now() - back, new_id()
        sql = (
            "INSERT INTO hub_release (id, hub_grant, thing, department, system, purpose, channel, fields, rows, bytes,"
            " sha256, at, duration_ms, evidence) VALUES (%s, %s, %s, 'dept:government', 'system:government/desk',"
            " 'operation', 'query', '{station}', %s, 0, %s, %s, 0, %s)"
        )
        with database.transaction() as connection:
            entry = evidence.write(connection, "hub:release:given", FLOW, {}, at, new_id)
            connection.execute(sql, [release, held.id, FLOW, rows, bytes(32), at, entry.id])
            for number in range(persons):
                token = number.to_bytes(32, "big")
                connection.execute("INSERT INTO hub_release_subject VALUES (%s, %s)", [token, release])
        return release

    return note


def look(database: Database, city: City, clock: SetClock) -> list[str]:
    with database.transaction() as connection:
        return [item.bound for item in watch_bulk_reads(connection, city, clock, new_id)]


def test_a_read_within_the_bounds_is_nothing_and_one_beyond_is_noted_once(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    read(1_000)
    assert look(database, city, clock) == []
    read(1)
    assert look(database, city, clock) == ["hour"]
    read(500)
    assert look(database, city, clock) == []
    clock.advance(timedelta(minutes=30))
    assert look(database, city, clock) == []  # the same burst, in the next hour of the clock


def test_a_burst_later_that_day_is_another_occurrence_and_the_day_has_its_own_bound(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    read(1_500)
    assert look(database, city, clock) == ["hour"]
    clock.advance(timedelta(hours=3))
    read(1_500)
    assert look(database, city, clock) == ["hour"]
    clock.advance(timedelta(hours=3))
    read(2_500)
    assert look(database, city, clock) == ["hour", "day"]


def test_many_persons_are_a_bulk_read_however_few_the_rows(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    read(3, persons=3)
    assert look(database, city, clock) == []
    read(4, persons=4)
    assert look(database, city, clock) == ["persons"]


def test_far_more_than_the_grants_own_usual_day_is_noted_from_three_days_of_use_on(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    for day in (1, 2):
        read(20, timedelta(days=day))
    read(201)
    assert look(database, city, clock) == []
    read(20, timedelta(days=3))
    assert look(database, city, clock) == ["usual"]


def test_provider_and_data_authority_each_get_one_task_within_the_look_that_notes_it(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    read(1_001)
    look(database, city, clock)
    look(database, city, clock)
    with database.reading() as connection:
        for department in ("dept:metro", "dept:data-bureau"):
            (task,) = tasks.listed(connection, department=department)
            assert "gov-flow" in task.title
            assert "1,001" in task.note
            assert task.urgency == "alarm"
        noted = connection.execute("SELECT count(*) FROM evidence_entry WHERE act = 'hub:bulk_read:noted'").fetchone()
    assert noted == (1,)


def test_a_false_alarm_is_closed_with_its_reason_and_only_once(
    database: Database, city: City, clock: SetClock, read: Read
) -> None:
    read(1_001)
    look(database, city, clock)
    with database.transaction() as connection:
        (item,) = bulk_reads.listed(connection, open_only=True)
        with pytest.raises(WrongUse, match="reason_missing"):
            bulk_reads.close(connection, item, "zhou", "lawful", " ", clock, new_id)
        done = bulk_reads.close(connection, item, "zhou", "lawful", "节前演练，事先说过", clock, new_id)
        assert (done.outcome, done.closed_by, done.reason) == ("lawful", "zhou", "节前演练，事先说过")
        with pytest.raises(Conflicting, match="bulk_read_closed"):
            bulk_reads.close(connection, done, "zhou", "lawful", "再来", clock, new_id)
        assert bulk_reads.listed(connection, open_only=True) == []
        acts = connection.execute("SELECT count(*) FROM evidence_entry WHERE act = 'hub:bulk_read:closed'").fetchone()
    assert acts == (1,)
