"""Jobs a second, next to plain durable commits of one row on the same server."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.jobs import Job, NewJob, enqueue
from citybrain.kernel.migrations import migrate
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.telemetry import start_logging
from citybrain.kernel.workers import Batched, Inside, Worker

CLOCK = SystemClock()


@contextmanager
def fresh_database() -> Iterator[Database]:
    """Start a durable server of its own and take it away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    folder.chmod(0o755)
    try:
        with EmbeddedServer(folder / "postgres") as server:
            migrate(server.url, CLOCK)
            with Database(server.url) as database:
                with database.transaction() as connection:
                    connection.execute("CREATE TABLE effect (n integer)")
                yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _one(connection: Connection, job: Job) -> None:
    connection.execute("INSERT INTO effect VALUES (%s)", [job.payload["n"]])


def _many(connection: Connection, jobs: Sequence[Job]) -> None:
    connection.execute("INSERT INTO effect SELECT unnest(%s::integer[])", [[job.payload["n"] for job in jobs]])


def rate(count: int, work: Callable[[], object]) -> float:
    """Measure how many a second.

    Args:
        count: How many things the work does.
        work: Does them.

    Returns:
        Things a second.

    """
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def plain_commits(database: Database, count: int = 2000) -> float:
    """Measure the baseline: one durable commit of one row after the other."""

    def work() -> None:
        for n in range(count):
            with database.transaction() as connection:
                connection.execute("INSERT INTO effect VALUES (%s)", [n])

    return rate(count, work)


def put(database: Database, jobs: Sequence[NewJob], *, at_once: int) -> float:
    """Measure putting jobs in, so many in one transaction."""

    def work() -> None:
        for start in range(0, len(jobs), at_once):
            with database.transaction() as connection:
                enqueue(connection, CLOCK, jobs[start : start + at_once])

    return rate(len(jobs), work)


def drain(database: Database, duty: Inside | Batched, count: int, *, batch: int) -> float:
    """Measure doing jobs that wait already."""
    with database.transaction() as connection:
        enqueue(connection, CLOCK, [NewJob(duty.kind, {"n": n}) for n in range(count)])

    def work() -> None:
        with Worker(database, CLOCK, [duty], batch=batch) as worker:
            while worker.run_once():
                pass

    return rate(count, work)


def main() -> None:
    """Print a table: jobs a second and the ratio to plain commits."""
    start_logging("json", "error")
    with fresh_database() as database:
        later = CLOCK.now() + timedelta(days=30)
        plain = plain_commits(database)
        rows = [("one durable row and commit (baseline)", plain)]
        jobs = [NewJob("later", {"n": n}, due_at=later, queue="timers") for n in range(1000)]
        rows.append(("put in, one a transaction", put(database, jobs, at_once=1)))
        jobs = [NewJob("later", {"n": n}, due_at=later, cancel_key=f"case:{n % 1000}") for n in range(1_000_000)]
        rows.append(("put in a million timers, 1000 a statement", put(database, jobs, at_once=1000)))
        with database.alone() as connection:
            connection.execute("VACUUM ANALYZE job")
        rows.append(("do, one a transaction, beside the million", drain(database, Inside("one", _one), 2000, batch=20)))
        group = Inside("group", _one, group=20)
        rows.append(("do, 20 a transaction, beside the million", drain(database, group, 5000, batch=100)))
        batched = Batched("many", _many)
        rows.append(("do, 100 a statement, beside the million", drain(database, batched, 20_000, batch=100)))
        rows.append(("do, 1000 a statement, beside the million", drain(database, batched, 50_000, batch=1000)))
    for what, found in rows:
        print(f"{what:45} {found:10.0f}/s {found / plain:8.2f}")
