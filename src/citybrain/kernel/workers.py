"""Workers that do what waits in the queue: exactly once for what stays inside PostgreSQL."""

import itertools
import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias
from uuid import UUID

import psycopg

from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import CityBrainError, Unavailable
from citybrain.kernel.jobs import Job
from citybrain.kernel.postgres import Connection, Database, retrying
from citybrain.kernel.sql import statements
from citybrain.kernel.telemetry import logger

_LOCK_CLASS: Final = 0x43424A  # names our session locks among all advisory locks


class _NotOurs(Exception):
    """A job was cancelled or given to another worker while it was being done."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A duty whose whole effect is in PostgreSQL: effect and completion commit together, so exactly once.

    Attributes:
        kind: Which jobs it does.
        do: Does one job on the transaction it is given.
        group: How many jobs may share one transaction; a failing one is undone alone.

    """

    kind: str
    do: Callable[[Connection, Job], None]
    group: int = 1


@dataclass(frozen=True, slots=True)
class Batched:
    """A duty that does many jobs with one statement, such as a million timers; exactly once like :class:`Inside`.

    Attributes:
        kind: Which jobs it does.
        do: Does all jobs it is given on the transaction; if it raises, they are tried one by one.

    """

    kind: str
    do: Callable[[Connection, Sequence[Job]], None]


@dataclass(frozen=True, slots=True)
class Outside:
    """A duty that speaks to the outside, without a transaction: at least once; ``Job.id`` is its idempotency key.

    Attributes:
        kind: Which jobs it does.
        do: Does one job and may return what to write together with its completion.

    """

    kind: str
    do: Callable[[Job], Callable[[Connection], None] | None]


Duty: TypeAlias = Inside | Batched | Outside


def back_off(attempts: int) -> timedelta:
    """Say how long to wait after a failed attempt.

    Args:
        attempts: How many were made, from 1.

    Returns:
        2 s, 4 s, 8 s ... up to an hour, with up to a tenth more so that failures do not march in step.

    Examples:
        >>> timedelta(seconds=2) <= back_off(1) <= timedelta(seconds=2.2)
        True
        >>> back_off(60) <= timedelta(hours=1.1)
        True

    """
    seconds = min(2.0 ** min(attempts, 12), 3600.0)
    return timedelta(seconds=seconds * random.uniform(1.0, 1.1))  # noqa: S311 - spreading load, not a secret


class Worker:
    """Claims due jobs in batches and does them; several may run in threads, processes and machines.

    A claim is the number of a session lock that the worker holds on a connection of its own. When the worker dies
    the server frees the lock and any other worker gives its jobs back within a second, the attempt counted, so that
    a job that kills its worker ends as dead instead of killing for ever.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        duties: Sequence[Duty],
        *,
        queues: Sequence[str] = ("default",),
        batch: int = 20,
        poll_s: float = 0.25,
        wait: Callable[[int], timedelta] = back_off,
    ) -> None:
        """Describe the worker; nothing is opened yet.

        Args:
            database: Where the jobs are and where their effects go.
            clock: Tells what is due.
            duties: What it can do; jobs of other kinds are left alone.
            queues: Lines it serves, the most urgent first.
            batch: Most jobs claimed at once from a queue.
            poll_s: How often it looks when nothing waits, in seconds.
            wait: How long to wait after the n-th failed attempt.

        """
        self._database = database
        self._clock = clock
        self._duties = {duty.kind: duty for duty in duties}
        self._queues = tuple(queues)
        self._batch = batch
        self._poll_s = poll_s
        self._wait = wait
        self._sql = statements("citybrain.kernel", "workers")
        self._life = ExitStack()
        self._own: Connection | None = None
        self._number = 0
        self._swept_at_s = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a database that goes away is waited for.

        Args:
            stop: Set it and the worker finishes what it is doing and returns.

        """
        pause_s = self._poll_s
        while not stop.is_set():
            try:
                if self.run_once(stop):
                    continue
                pause_s = self._poll_s
                self._sleep(pause_s)
            except (Unavailable, psycopg.OperationalError) as error:
                logger().warning("kernel.worker_waits", error=type(error).__name__)
                self._life.close()
                self._own = None
                pause_s = min(pause_s * 2, 5.0)
                stop.wait(pause_s)
        self.close()

    def run_once(self, stop: threading.Event | None = None) -> int:
        """Claim one batch from each queue and do it.

        Args:
            stop: Once it is set, claimed jobs that were not begun are given back.

        Returns:
            How many jobs were claimed.

        Raises:
            Unavailable: The database is away; what was claimed comes back by itself.

        """
        self._sweep()
        done = 0
        for queue in self._queues:
            jobs = self._claim(queue)
            done += len(jobs)
            for kind, group in itertools.groupby(sorted(jobs, key=lambda job: job.kind), lambda job: job.kind):
                self._do(self._duties[kind], list(group), stop or threading.Event())
        return done

    def close(self) -> None:
        """Give back what was not begun and leave."""
        with suppress(psycopg.OperationalError):  # the server gives back what we cannot
            if self._own is not None:
                for (job_id,) in self._own.execute(self._sql["claimed"], {"worker": self._number}).fetchall():
                    self._give_back(self._own, job_id)
        self._life.close()
        self._own = None

    def __enter__(self) -> "Worker":
        """Return the worker itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give back what was not begun and leave."""
        self.close()

    def _connection(self) -> Connection:
        """Return the connection whose life is this worker's life."""
        if self._own is None or self._own.closed:
            self._life.close()
            own = self._life.enter_context(self._database.alone())
            # A claim may be lost in a power cut: then the job simply waits again.
            own.execute("SET synchronous_commit = off")
            own.execute("LISTEN citybrain_job")
            self._number = 1 + secrets.randbelow(2**31 - 1)
            row = own.execute(self._sql["live"], {"class": _LOCK_CLASS, "worker": self._number}).fetchone()
            if row != (True,):
                raise Unavailable("kernel.worker_number_taken")
            self._own = own
        return self._own

    def _sleep(self, pause_s: float) -> None:
        list(self._connection().notifies(timeout=pause_s, stop_after=1))

    def _claim(self, queue: str) -> list[Job]:
        values = {
            "worker": self._number,
            "queue": queue,
            "now": self._clock.now(),
            "kinds": list(self._duties),
            "limit": self._batch,
        }
        jobs = [Job(*row) for row in self._connection().execute(self._sql["claim"], values)]
        return sorted(jobs, key=lambda job: (job.due_at, job.id))

    def _do(self, duty: Duty, jobs: Sequence[Job], stop: threading.Event) -> None:
        if isinstance(duty, Batched):
            self._try(jobs, duty.do)
            return
        size = duty.group if isinstance(duty, Inside) else 1
        for start in range(0, len(jobs), size):
            part = jobs[start : start + size]
            if stop.is_set():
                for job in part:
                    self._give_back(self._connection(), job.id)
            elif isinstance(duty, Outside):
                self._outside(duty, part[0])
            else:
                self._try(part, lambda connection, held: _each(duty, connection, held))

    def _try(self, jobs: Sequence[Job], do: Callable[[Connection, Sequence[Job]], None]) -> None:
        """Do jobs and complete them in one transaction; if that fails, each in one of its own."""
        try:
            retrying(lambda: self._transact(jobs, do))
        except Exception as error:
            if len(jobs) > 1:
                for job in jobs:
                    self._try([job], do)
            elif not isinstance(error, _NotOurs):
                self._failed(jobs[0], error)

    def _transact(self, jobs: Sequence[Job], do: Callable[[Connection, Sequence[Job]], None]) -> None:
        with self._database.transaction() as connection:
            values = {"ids": [job.id for job in jobs], "worker": self._number}
            ours = {row[0] for row in connection.execute(self._sql["ours"], values)}
            held = [job for job in jobs if job.id in ours]
            if held:
                do(connection, held)
                self._complete(connection, held)

    def _outside(self, duty: Outside, job: Job) -> None:
        def note(connection: Connection, _: Sequence[Job]) -> None:
            if afterwards is not None:
                afterwards(connection)

        try:
            afterwards = duty.do(job)
        except Exception as error:
            self._failed(job, error)
        else:
            self._try([job], note)

    def _complete(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Complete jobs as the last act of their transaction, or undo it: cancelled, or given to another worker."""
        values = {"ids": [job.id for job in jobs], "worker": self._number, "now": self._clock.now()}
        completed = connection.execute(self._sql["finish"], values).rowcount
        if completed < len(jobs):
            completed += connection.execute(self._sql["turn"], values).rowcount
        if completed < len(jobs):
            raise _NotOurs

    def _failed(self, job: Job, error: Exception) -> None:
        said = _told(error)
        wait = self._wait(job.attempts)
        if job.every_ms is not None:
            wait = min(max(wait, timedelta(milliseconds=job.every_ms)), timedelta(minutes=1))
        logger().warning("kernel.job_failed", kind=job.kind, job=str(job.id), attempt=job.attempts, error=said)
        values = {"id": job.id, "worker": self._number, "error": said, "due_at": self._clock.now() + wait}
        own = self._connection()
        try:
            own.execute(self._sql["fail"], values)
        except psycopg.errors.UniqueViolation:
            own.execute(self._sql["merge"], values)

    def _give_back(self, connection: Connection, job_id: UUID) -> None:
        values = {"id": job_id, "worker": self._number, "error": None}
        try:
            connection.execute(self._sql["give_back"], values)
        except psycopg.errors.UniqueViolation:
            connection.execute(self._sql["merge"], values)

    def _sweep(self) -> None:
        """Give back, once a second, what dead workers held."""
        own = self._connection()
        if time.monotonic() - self._swept_at_s < 1.0:
            return
        self._swept_at_s = time.monotonic()
        with own.transaction():
            orphans = own.execute(self._sql["orphans"], {"class": _LOCK_CLASS}).fetchall()
            for job_id, number in orphans:
                values = {"id": job_id, "worker": number, "error": "the worker died", "due_at": self._clock.now()}
                try:
                    with own.transaction():
                        own.execute(self._sql["fail"], values)
                except psycopg.errors.UniqueViolation:
                    own.execute(self._sql["merge"], values)
        if orphans:
            logger().warning("kernel.jobs_recovered", jobs=len(orphans))


def _each(duty: Inside, connection: Connection, jobs: Sequence[Job]) -> None:
    for job in jobs:
        duty.do(connection, job)


def _told(error: Exception) -> str:
    """Say what went wrong without the words of foreign errors, which may carry personal values."""
    if isinstance(error, CityBrainError):
        return str(error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}{place}"
