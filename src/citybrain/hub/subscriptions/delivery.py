"""Pushing: each subscription is one chain of jobs, so its rows go out in order; a slow one waits in its own line.

A place moves when the subscriber has answered with 2xx, never before; a row may thus arrive twice, with the same id,
but none is passed over.

Source: Hangzhou art. 8; Nanjing art. 7.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, LiteralString
from uuid import UUID

import httpx

from citybrain.hub import deletion_notices as notices
from citybrain.hub.question import Place
from citybrain.hub.release import Release, Releaser
from citybrain.hub.subscriptions.events import MANY, ONE, events_of, written, written_one
from citybrain.hub.subscriptions.signing import secret_of, signed
from citybrain.hub.subscriptions.standing import LAST_ROW, Subscription, is_behind, one, suspend
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.jobs import Job, NewJob, enqueue
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.kernel.workers import Outside

KIND: Final = "hub.push"
QUEUE: Final = "push"
SLOW_QUEUE: Final = "push_slow"
PAGE_ROWS: Final = 500
TIMEOUT_S: Final = 10.0
SLOW_S: Final = 1.0  # who takes longer than this to answer is served in the line of the slow
TURN_S: Final = 3.0  # after so long others get their turn
FRESH_S: Final = 0.5  # what was released longer ago is asked for again: the grant may be closed meanwhile
LEASE: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = timedelta(hours=1)
SUSPEND_AFTER: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class _Message:
    body: bytes
    media: str
    first: str
    last: Place
    rows: int


class _NotTaken(Exception):
    """The subscriber did not answer with 2xx."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Pusher:
    """Pushes for one process."""

    def __init__(
        self, database: Database, releaser: Releaser, key_file: Path | None, clock: Clock, new_id: NewId,
        *, timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        """Set the pusher up; nothing is opened yet.

        Args:
            database: Where subscriptions are.
            releaser: The way out.
            key_file: Wraps the key that signs; none where the database alone keeps it.
            clock: Present instant.
            new_id: Source of identifiers.
            timeout_s: How long a subscriber may take to answer, in seconds.

        """
        self._database, self._releaser, self._key_file = database, releaser, key_file
        self._clock, self._new_id, self._timeout_s = clock, new_id, timeout_s

    def duty(self) -> Outside:
        """Return the duty a worker does jobs of this kind with."""
        return Outside(KIND, self.push)

    def wake(self, contract: str | None = None) -> int:
        """Put jobs in for subscriptions that are behind the log and not waiting for another try.

        Args:
            contract: Only on this contract; none for all.

        Returns:
            How many are behind.

        """
        with self._database.transaction() as connection:
            given = {"contract": contract, "now": self._clock.now(), "last": LAST_ROW}
            rows = connection.execute(_sql()["due"], given).fetchall()
            enqueue(connection, self._clock, [_job(row[0], slow=row[1]) for row in rows], wake=True)
        return len(rows)

    def push(self, job: Job) -> Callable[[Connection], None] | None:
        """Push what a subscription has not taken yet, for one turn.

        Args:
            job: Names the subscription.

        Returns:
            What puts the next job in, where there is more to do.

        """
        subscription, lease = UUID(str(job.payload["subscription"])), self._new_id()
        with self._database.transaction() as connection:
            given = {
                "id": subscription, "lease": lease, "now": self._clock.now(), "until": self._clock.now() + LEASE
            }  # fmt: skip
            held = connection.execute(_sql()["lease"], given).rowcount == 1
        if not held:
            return None  # over, suspended, or served by another, who looks again when done
        try:
            self._turn(subscription, lease)
        finally:
            with self._database.transaction() as connection:
                connection.execute(_sql()["let_go"], {"id": subscription, "lease": lease})
        return lambda connection: self._go_on(connection, subscription)

    def _go_on(self, connection: Connection, subscription: UUID) -> None:
        now = one(connection, subscription)
        if now.state == "active" and is_behind(connection, now.contract, now.place):
            job = _job(subscription, slow=now.slow)
            due = now.next_try_at
            enqueue(connection, self._clock, [job if due is None else NewJob(
                job.kind, job.payload, due, job.queue, job.unique_key, job.cancel_key, job.max_attempts
            )], wake=due is None)  # fmt: skip

    def _turn(self, subscription: UUID, lease: UUID) -> None:
        ends, refused = time.monotonic() + TURN_S, None
        with self._database.transaction() as connection:
            secret = secret_of(connection, subscription, self._key_file)
        with httpx.Client(verify=self._trust, timeout=self._timeout_s, follow_redirects=False) as client:
            self._tell_deletions((client, secret), subscription)
            while time.monotonic() < ends:
                with self._database.reading() as connection:
                    now = one(connection, subscription)
                    if now.state != "active" or not is_behind(connection, now.contract, now.place):
                        return
                try:
                    release = self._releaser.release(now.question(PAGE_ROWS), now.system, channel="push")
                except (AccessRefused, NotKnown, WrongUse) as error:
                    refused = error.code
                    break
                if not self._send((client, secret), now, lease, release):
                    return
        if refused is not None:
            with self._database.transaction() as connection:
                suspend(connection, now, refused, self._clock, self._new_id)

    def _tell_deletions(self, way: tuple[httpx.Client, str], subscription: UUID) -> None:
        """Push what was destroyed of what the subscriber had received; what it does not take is pushed next time."""
        with self._database.reading() as connection:
            now = one(connection, subscription)
            waiting = [
                (notice, notices.event_of(connection, notice))
                for notice in notices.untold(connection, now.system, now.contract)
            ]
        for notice, event in waiting:
            message = _Message(written_one(event), ONE, str(notice.id), now.place, 0)
            try:
                self._post(*way, now, message)
            except _NotTaken:
                return
            with self._database.transaction() as connection:
                notices.note_told(connection, notice.id, self._clock)

    def _send(self, way: tuple[httpx.Client, str], now: Subscription, lease: UUID, release: Release) -> bool:
        """Send a page; returns whether all is well, whatever was taken is written down."""
        fresh_until, taken, place, slowest = time.monotonic() + FRESH_S, 0, now.place, 0.0
        failed: str | None = None
        for message in _messages(now, release):
            if taken and time.monotonic() > fresh_until:
                break
            begun = time.monotonic()
            try:
                self._post(*way, now, message)
            except _NotTaken as error:
                failed = error.kind
            slowest = max(slowest, time.monotonic() - begun)
            if failed is not None:
                break
            taken, place = taken + message.rows, message.last
        else:
            place = release.place or place
        with self._database.transaction() as connection:
            given = {
                "id": now.id, "lease": lease, "position": place.position, "row": place.row, "taken": taken,
                "release": release.id, "at": self._clock.now(), "slow": slowest > SLOW_S or failed is not None,
                "until": self._clock.now() + LEASE,
            }  # fmt: skip
            ours = connection.execute(_sql()["taken"], given).rowcount == 1
            if ours and failed is not None:
                self._note_failure(connection, now, failed, begins_again=taken > 0)
        return ours and failed is None

    def _note_failure(self, connection: Connection, now: Subscription, kind: str, *, begins_again: bool) -> None:
        at = self._clock.now()
        failures = 1 if begins_again else now.failures + 1
        since = at if begins_again or now.failing_since is None else now.failing_since
        given = {
            "id": now.id, "failures": failures, "since": since, "kind": kind, "next": at + wait_after(failures)
        }  # fmt: skip
        connection.execute(_sql()["failed"], given)
        if at - since >= SUSPEND_AFTER:
            suspend(connection, now, kind, self._clock, self._new_id)

    def _post(self, client: httpx.Client, secret: str, now: Subscription, message: _Message) -> None:
        """Send one message; the time limit holds for the whole answer, however slowly it drips."""
        keyid, url = str(now.id), now.url or ""
        headers = {"content-type": message.media, "idempotency-key": f"{keyid}:{message.first}-{message.last}"}
        told = signed(secret, url, headers, message.body, keyid, int(self._clock.now().timestamp()))
        alarm = threading.Timer(self._timeout_s, client.close)
        alarm.daemon = True
        alarm.start()
        try:
            with client.stream("POST", url, content=message.body, headers=told) as answer:
                status = answer.status_code
        except httpx.TimeoutException:
            raise _NotTaken("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, OSError) as error:
            raise _NotTaken("timeout" if client.is_closed else type(error).__name__) from None
        finally:
            alarm.cancel()
        if not 200 <= status < 300:
            raise _NotTaken(f"http {status}")

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def wait_after(failures: int) -> timedelta:
    """Say how long to wait after failures in a row.

    Args:
        failures: How many, from 1.

    Returns:
        1 s, 2 s, 4 s ... up to an hour.

    Examples:
        >>> wait_after(1), wait_after(100)
        (datetime.timedelta(seconds=1), datetime.timedelta(seconds=3600))

    """
    return min(timedelta(seconds=2.0 ** min(failures - 1, 12)), LONGEST_WAIT)


def _messages(now: Subscription, release: Release) -> Iterator[_Message]:
    events: Sequence[dict[str, Any]] = events_of(release, now.contract)
    if now.per == "row":
        for event, place in zip(events, release.places, strict=True):
            yield _Message(written_one(event), ONE, str(place), place, 1)
    elif events:
        first, last = release.places[0], release.places[-1]
        yield _Message(written(events), MANY, str(first), last, len(events))


def _job(subscription: UUID, *, slow: bool) -> NewJob:
    key = f"push:{subscription}"
    return NewJob(
        KIND, {"subscription": str(subscription)}, None, SLOW_QUEUE if slow else QUEUE, key, key, 1_000_000
    )  # fmt: skip


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.subscriptions", "delivery")
