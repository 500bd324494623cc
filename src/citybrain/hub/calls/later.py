"""Answers that come later: the provider takes a call, answers to a key that counts once, and who called fetches it.

An answer waits in a file of its own, for a day. It leaves as every answer does: under the grant as it then is.

Source: Hangzhou art. 8, 9; Nanjing art. 7.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString
from urllib.parse import urlsplit
from uuid import UUID

from citybrain.city.openapi import routes
from citybrain.city.whole import City
from citybrain.hub import credentials, limits
from citybrain.hub.addresses import is_safe
from citybrain.hub.calls.address import Called
from citybrain.hub.calls.calling import Asking, Begun, Body
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import Conflicting, NotAuthenticated, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.jobs import NewJob, enqueue
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

NOTICE: Final = "hub.call_arrived"
QUEUE: Final = "calls"
KEPT: Final = timedelta(days=1)
STRAY_AFTER_S: Final = 600.0
_OPEN: Final = ("begun", "waiting")
_PREFIX: Final = "cba_"


@dataclass(frozen=True, slots=True)
class Arrival:
    """An answer as it came.

    Attributes:
        status: 200 for an answer, from 400 where the provider says that it could not do it.
        media: Media type.
        parts: The body, part by part.

    """

    status: int
    media: str
    body: Body
    parts: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that has not been answered.

    Attributes:
        due_at: Until when it may be.

    """

    call: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """An answer that waits to be fetched.

    Attributes:
        begun: The call it answers.
        path: Where it lies.
        again: Whether it was handed over before.

    """

    begun: Begun
    status: int
    media: str
    body: Body
    path: Path
    again: bool


class Later:
    """Keeps calls that are answered later, for one process."""

    def __init__(
        self, database: Database, city_now: Callable[[], City], folder: Path, clock: Clock, new_id: NewId
    ) -> None:  # fmt: skip
        """Set it up.

        Args:
            database: Where calls are.
            city_now: Gives the revision in force.
            folder: Where answers wait; made when the first one comes.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._city_now, self._folder = database, city_now, folder
        self._clock, self._new_id = clock, new_id

    def prepare(self, begun: Begun, reply_to: str | None) -> str:
        """Make the key a call may be answered with, before the provider is asked: it may answer before it returns.

        Args:
            begun: The call.
            reply_to: Where the consumer wants to be told.

        Returns:
            The key; only its digest is kept.

        """
        key, at = _PREFIX + secrets.token_urlsafe(32), self._clock.now()
        given = {
            "call": begun.id, "key_hash": _digest(key), "reply_to": reply_to,
            "due_at": at + begun.asking.called.service.answer_within,
        }  # fmt: skip
        with self._database.transaction() as connection:
            connection.execute(_sql()["prepare"], given)
        return key

    def accept(self, begun: Begun) -> Waiting:
        """Note that the provider has taken a call.

        Args:
            begun: The call.

        """
        asking, at = begun.asking, self._clock.now()
        facts = {
            "call": begun.id, "operation": asking.called.route.operation, "department": begun.department,
            "system": begun.system, "purpose": asking.purpose, "trace": asking.trace,
            "signed_with": asking.signed_with, "request_bytes": asking.body.size,
            "request_sha256": asking.body.sha256.hex(),
        }  # fmt: skip
        with self._database.transaction() as connection:
            entry = evidence.write(
                connection, "hub:call:accepted", asking.called.service.ref, facts, at, self._new_id
            )  # fmt: skip
            connection.execute(_sql()["accepted"], {"call": begun.id, "evidence": entry.id})
            row = _look(connection, begun.id, at)
        return Waiting(begun.id, row["due_at"])

    def arrive(self, call: UUID, key: str, arrival: Arrival) -> None:
        """Take the answer of a call in.

        Args:
            call: Which call.
            key: The key the provider was given.
            arrival: The answer.

        Raises:
            NotAuthenticated: No such key for that call.
            Conflicting: It was answered already, or its time is over.

        """
        at = self._clock.now()
        with self._database.transaction() as connection:
            reply_to, service, operation = self._require_open(connection, call, key)
            self._keep(call, arrival.parts)
            facts = {
                "call": call, "operation": operation, "status": arrival.status, "media": arrival.media,
                "answer_bytes": arrival.body.size, "answer_sha256": arrival.body.sha256.hex(),
            }  # fmt: skip
            evidence.write(connection, "hub:call:arrived", service, facts, at, self._new_id)
            given = {
                "call": call, "at": at, "status": arrival.status, "media": arrival.media,
                "bytes": arrival.body.size, "sha256": arrival.body.sha256, "kept_until": at + KEPT,
            }  # fmt: skip
            connection.execute(_sql()["arrive"], given)
            if reply_to is not None:
                job = NewJob(NOTICE, {"call": str(call), "reply_to": reply_to}, None, QUEUE, f"call:{call}")
                enqueue(connection, self._clock, [job], wake=True)

    def look(self, call: UUID, secret: str) -> Waiting | Arrived:
        """See how a call stands.

        Args:
            call: Which call.
            secret: Key of the system that made it.

        Raises:
            NotAuthenticated: The key is unknown or revoked.
            NotKnown: No such call of that system; it was never answered; its answer is not kept any more.

        """
        with self._database.reading() as connection:
            system = credentials.authenticate(connection, secret)
            row = _look(connection, call, self._clock.now())
        if not row or row["system"] != system:
            raise NotKnown("calls.call_unknown", call=str(call))
        if row["over_at"] is not None:
            code = "calls.never_answered" if row["arrived_at"] is None else "calls.answer_gone"
            raise NotKnown(code, service=row["service"], at=row["over_at"])
        if row["arrived_at"] is None:
            return Waiting(call, row["due_at"])
        asking = Asking(
            self._called(call, row), secret, row["purpose"], Body(row["request_bytes"], bytes(row["request_sha256"])),
            row["trace"], row["signed_with"],
        )  # fmt: skip
        took_s = (self._clock.now() - row["begun_at"]).total_seconds()
        begun = Begun(call, asking, system, row["department"], row["grant"], False, time.monotonic() - took_s)
        body = Body(row["bytes"], bytes(row["sha256"]))
        return Arrived(begun, row["status"], row["media"], body, self._folder / str(call), row["state"] == "answered")

    def sweep(self) -> int:
        """End calls whose time is over, and take away answers that may not be kept any longer.

        Returns:
            How many calls were ended.

        """
        at, sql = self._clock.now(), _sql()
        with self._database.transaction() as connection:
            late = connection.execute(sql["late"], {"at": at}).fetchall()
            for state, call, service, operation, department, system, purpose, trace, grant, begun_at in late:
                if state not in _OPEN:
                    continue
                facts = {
                    "call": call, "operation": operation, "department": department, "system": system,
                    "purpose": purpose, "trace": trace, "failure": "late",
                }  # fmt: skip
                entry = evidence.write(connection, "hub:call:failed", service, facts, at, self._new_id)
                connection.execute(sql["fail"], {"call": call, "at": at, "evidence": entry.id})
                limits.give_back(connection, grant, 1, city_day(begun_at, self._city_now().zone))
        with self._database.transaction() as connection:
            kept = [row[0] for row in connection.execute(sql["kept"], {"at": at}).fetchall()]
            for call in kept:
                (self._folder / str(call)).unlink(missing_ok=True)
            connection.execute(sql["over"], {"calls": kept, "at": at})
        self._remove_strays()
        return sum(row[0] in _OPEN for row in late)

    def _remove_strays(self) -> None:
        """Remove files of answers that were never taken in: whoever wrote them died, or was refused."""
        before = time.time() - STRAY_AFTER_S
        old = [path for path in self._folder.glob("*") if path.stat().st_mtime < before]
        if old:
            given = {"calls": [UUID(path.name) for path in old]}
            with self._database.reading() as connection:
                known = {row[0] for row in connection.execute(_sql()["waiting_files"], given).fetchall()}
            for path in old:
                if path.name not in known:
                    path.unlink(missing_ok=True)

    def expect(self, call: UUID, key: str) -> None:
        """Stop who may not answer, before a body is taken in.

        Args:
            call: Which call.
            key: The key the provider was given.

        Raises:
            NotAuthenticated: No such key for that call.
            Conflicting: It was answered already, or its time is over.

        """
        with self._database.transaction() as connection:
            self._require_open(connection, call, key)

    def _require_open(self, connection: Connection, call: UUID, key: str) -> tuple[str | None, str, str]:
        """Hold the call that may be answered; returns who is told, the service and the operation."""
        row = connection.execute(_sql()["answer_with"], {"call": call, "key_hash": _digest(key)}).fetchone()
        if row is None:
            raise NotAuthenticated("calls.answer_key_wrong")
        arrived_at, over_at, due_at, reply_to, service, operation = row
        if arrived_at is not None:
            raise Conflicting("calls.answered_already", at=arrived_at)
        if over_at is not None or due_at <= self._clock.now():
            raise Conflicting("calls.answered_late", at=due_at)
        return reply_to, service, operation

    def _called(self, call: UUID, row: Mapping[str, Any]) -> Called:
        service = self._city_now().services.get(row["service"])
        operation = service.operations.get(row["operation"]) if service else None
        route = (
            next((item for item in routes(service.document) if item.operation == row["operation"]), None)
            if service
            else None
        )
        if service is None or operation is None or route is None:
            raise NotKnown("calls.call_unknown", call=str(call))
        return Called(service, route, operation, "")

    def _keep(self, call: UUID, parts: Iterator[bytes]) -> None:
        """Write an answer down; who dies meanwhile leaves a file that the same answer, sent again, writes over."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(self._folder / str(call), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())


def location_of(call: UUID | str) -> str:
    """Return where the answer of a call is fetched, below the hub's address.

    Args:
        call: Which call.

    """
    return f"/r1/calls/{call}"


def require_reply_to(url: str | None, providers: Iterable[str]) -> None:
    """Let a notice go to a safe address only, and to none where services listen.

    Args:
        url: Where the consumer wants to be told; none for nowhere.
        providers: Addresses of services: what the hub sends there is a call, under a grant.

    Raises:
        WrongUse: It is neither https nor on this machine, or a service listens there.

    """
    if url is None:
        return
    if not is_safe(url) or urlsplit(url)[:2] in {urlsplit(one)[:2] for one in providers}:
        raise WrongUse("calls.reply_to_wrong")


_SEEN: Final = (
    "system", "department", "service", "operation", "purpose", "request_bytes", "request_sha256", "trace",
    "signed_with", "begun_at", "state", "grant", "due_at", "arrived_at", "over_at", "status", "media", "bytes",
    "sha256",
)  # fmt: skip


def _look(connection: Connection, call: UUID, at: datetime) -> dict[str, Any]:
    row = connection.execute(_sql()["look"], {"call": call, "at": at}).fetchone()
    return dict(zip(_SEEN, row, strict=True)) if row else {}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.calls", "later")
