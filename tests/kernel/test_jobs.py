"""What was promised to be done is done once, whoever dies meanwhile."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from citybrain.kernel.clock import SetClock, SystemClock
from citybrain.kernel.errors import Conflicting, Unavailable
from citybrain.kernel.jobs import (
    Job,
    NewJob,
    cancel,
    dead,
    discard,
    drop_periodic,
    enqueue,
    keep_periodic,
    load,
    revive,
)
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.workers import Batched, Duty, Inside, Outside, Worker


@pytest.fixture(autouse=True)
def effects(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("CREATE TABLE effect (n integer, at timestamptz DEFAULT clock_timestamp())")


def _do(connection: Connection, job: Job) -> None:
    connection.execute("INSERT INTO effect VALUES (%s)", [job.payload.get("n", 0)])


def _do_all(connection: Connection, jobs: Sequence[Job]) -> None:
    numbers = [job.payload["n"] for job in jobs]
    connection.execute("INSERT INTO effect SELECT unnest(%s::integer[])", [numbers])


def _done(database: Database) -> list[int]:
    with database.reading() as connection:
        return [row[0] for row in connection.execute("SELECT n FROM effect ORDER BY n")]


def _put(database: Database, clock: SetClock, *jobs: NewJob) -> tuple[Any, ...]:
    with database.transaction() as connection:
        return enqueue(connection, clock, jobs)


def _open(database: Database) -> int:
    with database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM job WHERE state <> 'dead'").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def worker(database: Database, clock: SetClock) -> Iterator[Worker]:
    with Worker(database, clock, [Inside("note", _do)]) as made:
        yield made


def test_a_job_exists_if_and_only_if_its_callers_transaction_commits(
    database: Database, clock: SetClock, worker: Worker
) -> None:
    with pytest.raises(RuntimeError), database.transaction() as connection:
        enqueue(connection, clock, [NewJob("note", {"n": 1})])
        raise RuntimeError
    assert worker.run_once() == 0
    _put(database, clock, NewJob("note", {"n": 2}))
    assert worker.run_once() == 1
    assert _done(database) == [2]
    assert _open(database) == 0


def test_a_timer_waits_for_its_time(database: Database, clock: SetClock, worker: Worker) -> None:
    _put(database, clock, NewJob("note", {"n": 1}, due_at=clock.now() + timedelta(hours=72)))
    assert worker.run_once() == 0
    clock.advance(timedelta(hours=72))
    assert worker.run_once() == 1


def test_a_failed_job_leaves_no_effect_is_tried_later_and_given_up_with_its_last_error(
    database: Database, clock: SetClock
) -> None:
    def fail(connection: Connection, job: Job) -> None:
        _do(connection, job)
        raise Unavailable("test.away", attempt=job.attempts)

    (job_id,) = _put(database, clock, NewJob("note", {"n": 1}, max_attempts=2))
    with Worker(database, clock, [Inside("note", fail)]) as worker:
        assert worker.run_once() == 1
        assert worker.run_once() == 0, "it waits before the next attempt"
        clock.advance(timedelta(seconds=10))
        assert worker.run_once() == 1
        clock.advance(timedelta(hours=2))
        assert worker.run_once() == 0
    assert _done(database) == []
    with database.reading() as connection:
        (given_up,) = dead(connection)
    assert (given_up.id, given_up.attempts, given_up.last_error) == (job_id, 2, "test.away(attempt=2)")


def test_a_dead_job_is_revived_or_discarded_by_a_person_and_nothing_else_is(
    database: Database, clock: SetClock, worker: Worker
) -> None:
    (waiting,) = _put(database, clock, NewJob("other"))
    (job_id,) = _put(database, clock, NewJob("note", {"n": 1}, max_attempts=1))
    with Worker(database, clock, [Inside("note", lambda *_: 1 / 0 and None)]) as failing:
        failing.run_once()
    with database.transaction() as connection:
        revive(connection, clock, job_id)
    assert worker.run_once() == 1
    assert _done(database) == [1]
    with pytest.raises(Conflicting, match="kernel.job_not_dead"), database.transaction() as connection:
        discard(connection, waiting)
    with pytest.raises(Conflicting, match="kernel.job_not_dead"), database.transaction() as connection:
        revive(connection, clock, waiting)


def test_a_foreign_error_is_kept_by_kind_and_place_never_by_its_words(database: Database, clock: SetClock) -> None:
    def fail(_: Connection, job: Job) -> None:
        raise ValueError(job.payload["id"])

    _put(database, clock, NewJob("note", {"id": "330106199001011234"}, max_attempts=1))
    with Worker(database, clock, [Inside("note", fail)]) as worker:
        worker.run_once()
    with database.reading() as connection:
        (job,) = dead(connection)
    assert job.last_error is not None
    assert job.last_error.startswith("ValueError at ")
    assert "330106" not in job.last_error


def test_one_failing_job_of_a_group_is_undone_alone(database: Database, clock: SetClock) -> None:
    def odd_fails(connection: Connection, job: Job) -> None:
        _do(connection, job)
        if job.payload["n"] == 3:
            raise ValueError

    def three_fails(connection: Connection, jobs: Sequence[Job]) -> None:
        _do_all(connection, jobs)
        if any(job.payload["n"] == 3 for job in jobs):
            raise ValueError

    duties: list[Duty] = [Inside("single", odd_fails, group=10), Batched("batch", three_fails)]
    for kind in ("single", "batch"):
        _put(database, clock, *[NewJob(kind, {"n": n}) for n in range(5)])
    with Worker(database, clock, duties) as worker:
        assert worker.run_once() == 10
    assert _done(database) == [0, 0, 1, 1, 2, 2, 4, 4]
    assert _open(database) == 2


def test_a_job_of_a_kind_the_worker_does_not_know_is_left_for_one_that_does(
    database: Database, clock: SetClock, worker: Worker
) -> None:
    _put(database, clock, NewJob("from.the.next.release"), NewJob("note", queue="other"))
    assert worker.run_once() == 0
    assert _open(database) == 2


def test_while_a_job_with_a_key_waits_another_is_not_added_and_the_earlier_time_holds(
    database: Database, clock: SetClock, worker: Worker
) -> None:
    later = clock.now() + timedelta(minutes=5)
    (first,) = _put(database, clock, NewJob("note", {"n": 1}, unique_key="refresh:a", due_at=later))
    ids = _put(database, clock, NewJob("note", {"n": 2}, unique_key="refresh:a"), NewJob("note", {"n": 3}))
    assert ids[0] == first
    assert worker.run_once() == 2
    assert _done(database) == [1, 3]
    assert _put(database, clock, NewJob("note", {"n": 4}, unique_key="refresh:a")) != (first,)


def test_two_of_one_key_in_one_call_are_one_job(database: Database, clock: SetClock) -> None:
    ids = _put(database, clock, *[NewJob("note", unique_key="a") for _ in range(3)])
    assert len(set(ids)) == 1
    assert _put(database, clock) == ()


def test_a_job_added_while_its_twin_is_being_done_is_done_after_it(database: Database, clock: SetClock) -> None:
    def asks_again(connection: Connection, job: Job) -> None:
        _do(connection, job)
        if job.payload["n"] == 1:
            _put(database, clock, NewJob("note", {"n": 2}, unique_key="a"))

    _put(database, clock, NewJob("note", {"n": 1}, unique_key="a"))
    with Worker(database, clock, [Inside("note", asks_again)]) as worker:
        assert worker.run_once() == 1
        assert worker.run_once() == 1
    assert _done(database) == [1, 2]


def test_a_failed_job_joins_a_twin_that_waits(database: Database, clock: SetClock) -> None:
    def fails_and_asks_again(_: Connection, job: Job) -> None:
        _put(database, clock, NewJob("note", {"n": 2}, unique_key="a"))
        raise ValueError

    _put(database, clock, NewJob("note", {"n": 1}, unique_key="a"))
    with Worker(database, clock, [Inside("note", fails_and_asks_again)]) as worker:
        worker.run_once()
    with database.reading() as connection:
        rows = connection.execute("SELECT payload ->> 'n', attempts, state FROM job").fetchall()
    assert rows == [("2", 1, "waiting")]


def test_what_the_caller_changed_is_seen_by_the_job_it_asked_for(
    database: Database, clock: SetClock, worker: Worker
) -> None:
    _put(database, clock, NewJob("note", {"n": 1}, unique_key="a"))
    with database.transaction() as connection:
        enqueue(connection, clock, [NewJob("note", {"n": 1}, unique_key="a")])
        assert worker.run_once() == 0, "not before the caller commits"
    assert worker.run_once() == 1


def test_jobs_are_taken_back_by_key_and_only_those(database: Database, clock: SetClock, worker: Worker) -> None:
    _put(database, clock, *[NewJob("note", {"n": n}, cancel_key=f"case:{n % 2}") for n in range(6)])
    with database.transaction() as connection:
        assert cancel(connection, "case:1") == 3
    assert worker.run_once() == 3
    assert _done(database) == [0, 2, 4]
    with database.transaction() as connection:
        assert cancel(connection, "case:0") == 0


def test_a_job_taken_back_while_it_is_done_leaves_no_effect(database: Database, clock: SetClock) -> None:
    def cancelled_meanwhile(connection: Connection, job: Job) -> None:
        _do(connection, job)
        with database.transaction() as other:
            assert cancel(other, "case") == 1

    _put(database, clock, NewJob("note", {"n": 1}, cancel_key="case"))
    with Worker(database, clock, [Inside("note", cancelled_meanwhile)]) as worker:
        assert worker.run_once() == 1
    assert _done(database) == []
    assert _open(database) == 0


def test_a_message_to_the_outside_is_sent_without_a_transaction_and_noted_with_its_completion(
    database: Database, clock: SetClock
) -> None:
    sent: list[Any] = []

    def send(job: Job) -> Any:
        sent.append(job.id)
        if len(sent) == 1:
            raise TimeoutError
        return lambda connection: _do(connection, job)

    (job_id,) = _put(database, clock, NewJob("notice", {"n": 7}))
    with Worker(database, clock, [Outside("notice", send)]) as worker:
        worker.run_once()
        clock.advance(timedelta(seconds=10))
        worker.run_once()
    assert sent == [job_id, job_id], "the same idempotency key at every attempt"
    assert _done(database) == [7]


def test_a_periodic_duty_is_declared_by_many_and_done_once_a_period(database: Database, clock: SetClock) -> None:
    workers = [Worker(database, clock, [Inside("seal", _do)]) for _ in range(3)]
    for _ in workers:
        with database.transaction() as connection:
            keep_periodic(connection, clock, "seal", timedelta(seconds=1))
    for _ in range(5):
        assert sum(worker.run_once() for worker in workers) == 1
        clock.advance(timedelta(seconds=1))
    clock.advance(timedelta(hours=1))
    assert sum(worker.run_once() for worker in workers) == 1, "missed periods are not made up"
    with database.transaction() as connection:
        assert drop_periodic(connection, "seal")
        assert not drop_periodic(connection, "seal")
    for worker in workers:
        worker.close()


def test_a_periodic_duty_that_fails_goes_on_and_keeps_its_last_error(database: Database, clock: SetClock) -> None:
    def fail(_: Connection, __: Job) -> None:
        raise ValueError

    with database.transaction() as connection:
        keep_periodic(connection, clock, "seal", timedelta(seconds=1))
    with Worker(database, clock, [Inside("seal", fail)]) as worker:
        for _ in range(12):
            assert worker.run_once() == 1
            clock.advance(timedelta(minutes=2))
    with database.reading() as connection:
        rows = connection.execute("SELECT state, attempts, left(last_error, 10) FROM job").fetchall()
        assert rows == [("waiting", 12, "ValueError")]
    with Worker(database, clock, [Inside("seal", _do)]) as worker:
        worker.run_once()
    with database.reading() as connection:
        assert connection.execute("SELECT attempts, last_error FROM job").fetchall() == [(0, None)]


def test_a_periodic_duty_that_changes_its_period_keeps_one_row(database: Database, clock: SetClock) -> None:
    for every_s in (60, 1):
        with database.transaction() as connection:
            keep_periodic(connection, clock, "seal", timedelta(seconds=every_s))
    with database.reading() as connection:
        assert connection.execute("SELECT every_ms FROM job").fetchall() == [(1000,)]


def test_what_a_worker_gives_back_when_it_stops_does_not_count_as_an_attempt(
    database: Database, clock: SetClock
) -> None:
    stop = threading.Event()

    def last(connection: Connection, job: Job) -> None:
        _do(connection, job)
        stop.set()

    _put(database, clock, *[NewJob("note", {"n": n}) for n in range(3)])
    with Worker(database, clock, [Inside("note", last)]) as worker:
        worker.run(stop)
    assert _done(database) == [0]
    with database.reading() as connection:
        rows = connection.execute("SELECT state, attempts FROM job").fetchall()
    assert rows == [("waiting", 0)] * 2


def test_the_load_is_told_by_queue_and_kind(database: Database, clock: SetClock) -> None:
    _put(database, clock, NewJob("a"), NewJob("a", due_at=clock.now() + timedelta(days=1)), NewJob("b", queue="slow"))
    clock.advance(timedelta(minutes=1))
    with database.reading() as connection:
        found = load(connection, clock)
    assert [(row.queue, row.kind, row.due, row.later) for row in found] == [("default", "a", 1, 1), ("slow", "b", 1, 0)]
    assert found[0].oldest_due_at == clock.now() - timedelta(minutes=1)


def test_a_waking_job_is_done_at_once(database: Database) -> None:
    clock = SystemClock()
    stop = threading.Event()
    with Worker(database, clock, [Inside("note", _do)], poll_s=20) as worker:
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        time.sleep(0.5)
        with database.transaction() as connection:
            enqueue(connection, clock, [NewJob("note", {"n": 1})], wake=True)
        deadline = time.monotonic() + 5
        while _done(database) != [1]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        stop.set()
        with database.transaction() as connection:
            enqueue(connection, clock, [], wake=True)
            connection.execute("SELECT pg_notify('citybrain_job', '')")
        thread.join(5)
        assert not thread.is_alive()


_WORK = """
import os, sys, threading, time
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.postgres import Database
from citybrain.kernel.telemetry import start_logging
from citybrain.kernel.workers import Inside, Worker

def do(connection, job):
    connection.execute("INSERT INTO effect VALUES (%s)", [job.payload["n"]])
    if job.payload["n"] == -1:
        os.kill(os.getpid(), 9)
    time.sleep(0.002)

start_logging("json", "error")
database = Database(sys.argv[1], max_size=3)
print("ready", flush=True)
Worker(database, SystemClock(), [Inside("note", do, group=5)], batch=30, poll_s=0.05).run(threading.Event())
"""


def _start(url: str) -> "subprocess.Popen[str]":
    child = subprocess.Popen([sys.executable, "-c", _WORK, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def _kill(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait()
    assert child.stdout is not None
    child.stdout.close()


@pytest.mark.fault
def test_killed_workers_lose_no_job_and_double_none(database: Database) -> None:
    clock = SystemClock()
    with database.transaction() as connection:
        enqueue(connection, clock, [NewJob("note", {"n": n}, max_attempts=50) for n in range(1500)])
    workers = [_start(database.url) for _ in range(2)]
    kills = 0
    deadline = time.monotonic() + 60
    while _open(database) > 0:
        assert time.monotonic() < deadline
        time.sleep(0.25)
        if kills < 5:
            _kill(workers.pop(0))
            workers.append(_start(database.url))
            kills += 1
    for worker in workers:
        _kill(worker)
    assert kills >= 3
    assert _done(database) == list(range(1500))


@pytest.mark.fault
def test_a_job_that_kills_its_worker_ends_as_dead_and_not_the_others(database: Database) -> None:
    clock = SystemClock()
    with database.transaction() as connection:
        enqueue(connection, clock, [NewJob("note", {"n": -1}, max_attempts=2)])
    for _ in range(2):
        child = _start(database.url)
        assert child.wait(20) == -signal.SIGKILL
        _kill(child)
    with Worker(database, clock, [Inside("note", _do)]) as worker:
        assert worker.run_once() == 0
    with database.reading() as connection:
        (job,) = dead(connection)
    assert (job.attempts, job.last_error) == (2, "the worker died")
    assert _done(database) == []


@pytest.mark.fault
def test_a_worker_survives_the_loss_of_its_connections(database: Database) -> None:
    clock = SystemClock()
    stop = threading.Event()
    with Worker(database, clock, [Inside("note", _do)], poll_s=0.05) as worker:
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        for n in range(3):
            with database.alone() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                enqueue(connection, clock, [NewJob("note", {"n": n})])
            deadline = time.monotonic() + 10
            while True:
                assert time.monotonic() < deadline
                try:
                    if _done(database) == list(range(n + 1)):
                        break
                except Unavailable:
                    pass
                time.sleep(0.05)
        stop.set()
        thread.join(10)


def test_a_great_many_timers_are_put_in_by_statement_and_done_by_batch(database: Database, clock: SetClock) -> None:
    soon = [NewJob("remind", {"n": n}, queue="timers") for n in range(3000)]
    later = [NewJob("remind", {"n": n}, queue="timers", due_at=clock.now() + timedelta(days=1)) for n in range(3000)]
    _put(database, clock, *soon, *later)
    with Worker(database, clock, [Batched("remind", _do_all)], queues=["timers"], batch=1000) as worker:
        assert [worker.run_once() for _ in range(4)] == [1000, 1000, 1000, 0]
    assert _done(database) == list(range(3000))
