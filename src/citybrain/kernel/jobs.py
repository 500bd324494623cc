"""Work that waits for its time, in PostgreSQL: jobs, timers, outgoing messages and periodic duties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewJob:
    """Something to be done later.

    Attributes:
        kind: Which duty does it, ``room.verb``.
        payload: What the duty needs to know, as JSON: ids rather than things, never a secret.
        due_at: Not before this instant; now when left out.
        queue: Line it stands in; a worker serves some lines.
        unique_key: While a job with this key waits, another one is not added.
        cancel_key: Handle to take it back by, such as the case it belongs to.
        max_attempts: How often it is tried before it is given up as dead.

    """

    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    queue: str = "default"
    unique_key: str | None = None
    cancel_key: str | None = None
    max_attempts: int = 8


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its duty sees it.

    Attributes:
        id: The same at every attempt; the idempotency key for anything outside.
        queue: Line it stood in.
        kind: Which duty does it.
        payload: What the duty needs to know.
        due_at: When it was due.
        attempts: Which attempt this is, from 1.
        max_attempts: How many there are.
        unique_key: As enqueued.
        cancel_key: As enqueued.
        every_ms: Period of a periodic duty in milliseconds, or nothing.
        last_error: Why the attempt before failed, or nothing.

    """

    id: UUID
    queue: str
    kind: str
    payload: Mapping[str, Any]
    due_at: datetime
    attempts: int
    max_attempts: int
    unique_key: str | None
    cancel_key: str | None
    every_ms: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Load:
    """How one kind of work in one queue stands.

    Attributes:
        queue: The line.
        kind: The kind of work.
        due: Jobs whose time has come.
        later: Jobs whose time has not come.
        claimed: Jobs being done.
        dead: Jobs given up.
        oldest_due_at: Since when the oldest due job waits, or nothing.

    """

    queue: str
    kind: str
    due: int
    later: int
    claimed: int
    dead: int
    oldest_due_at: datetime | None


def enqueue(connection: Connection, clock: Clock, jobs: Sequence[NewJob], *, wake: bool = False) -> tuple[UUID, ...]:
    """Put jobs in, inside the caller's transaction: they exist if and only if it commits.

    Args:
        connection: The caller's transaction.
        clock: Tells the present.
        jobs: Any number; a million timers are one statement.
        wake: Wake a sleeping worker at the commit instead of leaving it to its next look (a quarter of a second).
            Commits that wake queue up behind one lock of the server, so not for the busiest paths.

    Returns:
        For each job in order, the id of the job that will do it: its own, or that of the one already waiting.

    Examples:
        >>> NewJob("casework.remind", {"case": "018f"}, cancel_key="case:018f").queue
        'default'

    """
    chosen: dict[str, int] = {}  # of several jobs with one key, the earliest stands for all
    for place, job in enumerate(jobs):
        key = job.unique_key
        if key is not None and (key not in chosen or _due(job, clock) < _due(jobs[chosen[key]], clock)):
            chosen[key] = place
    kept = [place for place, job in enumerate(jobs) if job.unique_key is None or chosen[job.unique_key] == place]
    if not kept:
        return ()
    ids = {place: new_id() for place in kept}
    sql = statements("citybrain.kernel", "jobs")
    rows = connection.execute(
        sql["enqueue"],
        {
            "ids": list(ids.values()),
            "queues": [jobs[place].queue for place in kept],
            "kinds": [jobs[place].kind for place in kept],
            "payloads": [Jsonb(dict(jobs[place].payload)) for place in kept],
            "dues": [_due(jobs[place], clock) for place in kept],
            "limits": [jobs[place].max_attempts for place in kept],
            "unique_keys": [jobs[place].unique_key for place in kept],
            "cancel_keys": [jobs[place].cancel_key for place in kept],
            "now": clock.now(),
        },
    ).fetchall()
    if wake:
        connection.execute(sql["wake"])
    by_key: dict[str, UUID] = {key: job_id for job_id, key in rows if key is not None}
    return tuple(ids[place] if job.unique_key is None else by_key[job.unique_key] for place, job in enumerate(jobs))


def _due(job: NewJob, clock: Clock) -> datetime:
    return job.due_at if job.due_at is not None else clock.now()


def cancel(connection: Connection, cancel_key: str) -> int:
    """Take back all jobs under a key, inside the caller's transaction.

    Exact for duties inside PostgreSQL: a job was either done before, or is not done at all (one that is being done
    is undone). What a duty has already said outside stays said. To keep clear of deadlocks, a command and a duty
    that lock the same row (a case) lock it first.

    Args:
        connection: The caller's transaction.
        cancel_key: As given when they were put in.

    Returns:
        How many will not be done any more.

    """
    sql = statements("citybrain.kernel", "jobs")["cancel"]
    return connection.execute(sql, {"cancel_key": cancel_key}).rowcount


def keep_periodic(
    connection: Connection,
    clock: Clock,
    kind: str,
    every: timedelta,
    *,
    payload: Mapping[str, Any] = _EMPTY,
    queue: str = "default",
) -> None:
    """Declare that something is done again and again; several workers may declare it, one does it at a time.

    It is never done twice for one period and never overlaps itself; missed periods are not made up; a failure is
    kept as its last error and tried again, it never becomes dead.

    Args:
        connection: The caller's transaction.
        clock: Tells the present; the first turn is now.
        kind: Which duty does it; one period per kind.
        every: The period, at least 100 ms.
        payload: What the duty needs to know.
        queue: Line it stands in.

    """
    connection.execute(
        statements("citybrain.kernel", "jobs")["keep_periodic"],
        {
            "id": new_id(),
            "queue": queue,
            "kind": kind,
            "payload": Jsonb(dict(payload)),
            "every_ms": every // timedelta(milliseconds=1),
            "now": clock.now(),
        },
    )


def drop_periodic(connection: Connection, kind: str) -> bool:
    """Withdraw a periodic duty.

    Args:
        connection: The caller's transaction.
        kind: Which one.

    Returns:
        Whether there was one.

    """
    return connection.execute(statements("citybrain.kernel", "jobs")["drop_periodic"], {"kind": kind}).rowcount > 0


def load(connection: Connection, clock: Clock) -> tuple[Load, ...]:
    """Say how much work waits, is being done and is dead.

    Args:
        connection: A reading.
        clock: Tells what is due.

    Returns:
        One row for each queue and kind that has any job.

    """
    rows = connection.execute(statements("citybrain.kernel", "jobs")["load"], {"now": clock.now()})
    return tuple(Load(*row) for row in rows)


def dead(connection: Connection, *, limit: int = 100) -> tuple[Job, ...]:
    """List jobs that were given up, with their last error.

    Args:
        connection: A reading.
        limit: At most so many.

    Returns:
        The latest first.

    """
    rows = connection.execute(statements("citybrain.kernel", "jobs")["dead"], {"limit": limit})
    return tuple(Job(*row) for row in rows)


def revive(connection: Connection, clock: Clock, job_id: UUID) -> None:
    """Give a dead job all its attempts again.

    Args:
        connection: The caller's transaction.
        clock: Tells the present.
        job_id: Which one.

    Raises:
        Conflicting: It is not dead, or another job with its unique key already waits.

    """
    sql = statements("citybrain.kernel", "jobs")
    values = {"id": job_id, "now": clock.now()}
    if connection.execute(sql["revive"], values).rowcount == 0:
        raise Conflicting("kernel.job_not_dead", job=str(job_id))


def discard(connection: Connection, job_id: UUID) -> None:
    """Take a dead job away for good.

    Args:
        connection: The caller's transaction.
        job_id: Which one.

    Raises:
        Conflicting: It is not dead.

    """
    if connection.execute(statements("citybrain.kernel", "jobs")["discard"], {"id": job_id}).rowcount == 0:
        raise Conflicting("kernel.job_not_dead", job=str(job_id))
