"""Polling: sources are delivered when due; one in trouble waits longer each time, with its reason kept."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import httpx
from psycopg.types.json import Jsonb

from citybrain.city.system import FilesFrom, HttpFrom, Source
from citybrain.city.whole import City
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.systems.connectors.files import matching
from citybrain.systems.connectors.http import Asked, Limits, ask
from citybrain.systems.registry import Deliverer, DeliveryReceipt, Folders, plain_params
from citybrain.systems.replay import Window, anchor_of, play

FILES_EVERY = timedelta(hours=1)
REPLAY_EVERY = timedelta(minutes=1)
CATCH_UP = timedelta(hours=12)
FASTEST = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Poll:
    """How far a source has been asked.

    Attributes:
        position: Largest cursor value seen, or the instant up to which a replay was played.
        anchor: Day on which the first day of a replay is played.
        failures: Times in a row it went wrong.
        error: Code and parameters of the last trouble; none when it went well.

    """

    source: str
    next_at: datetime
    asked_at: datetime
    position: str | None = None
    anchor: date | None = None
    etag: str | None = None
    modified: str | None = None
    answered_at: datetime | None = None
    failures: int = 0
    error: tuple[str, Mapping[str, Any]] | None = None


def polls(connection: Connection) -> dict[str, Poll]:
    """Tell how far every source has been asked.

    Args:
        connection: Any transaction.

    """
    return {row[0]: _poll(row) for row in connection.execute(_sql()["polls"])}


def _poll(row: Any) -> Poll:
    source, position, anchor, etag, modified, asked_at, answered_at, next_at, failures, code, params = row
    error = (code, params) if code else None
    return Poll(source, next_at, asked_at, position, anchor, etag, modified, answered_at, failures, error)


def has_files(source: Source, folders: Folders) -> bool:
    """Tell whether there is anything to read for a file source.

    Args:
        source: Any source.
        folders: Where files are.

    """
    if not isinstance(source.from_, FilesFrom):
        return False
    folder = folders.find(source.from_)
    return folder is not None and any(True for _ in matching(folder, source.from_.path))


def replayed_contracts(city: City, folders: Folders) -> frozenset[str]:
    """Name the contracts that real files are played for, so that no simulator is needed for them.

    Args:
        city: The city in force.
        folders: Where files are.

    """
    return frozenset(
        source.feeds for source in city.sources.values() if source.replay is not None and has_files(source, folders)
    )


class Poller:
    """Delivers the sources of a city when they are due."""

    def __init__(
        self,
        database: Database,
        deliverer: Deliverer,
        folders: Folders,
        clock: Clock,
        limits: Limits | None = None,
        replay_speed: float = 1.0,
    ) -> None:
        """Set the poller up.

        Args:
            database: Where it is kept how far each source has been asked.
            deliverer: Takes deliveries to the gate.
            folders: Where files are.
            clock: Present instant.
            limits: How patient one question to a service is.
            replay_speed: City seconds that pass in one second until a replay has caught up with the present; above 1
                it begins some hours back, so that there is something to see.

        """
        self._replay_speed = replay_speed
        self._database = database
        self._deliverer = deliverer
        self._folders = folders
        self._clock = clock
        self._limits = limits or Limits()

    def due(self, city: City) -> list[str]:
        """Name the sources to deliver now.

        Args:
            city: The city in force.

        Returns:
            Refs of HTTP sources and of file sources that have files, whose time has come.

        """
        now = self._clock.now()
        with self._database.reading() as connection:
            known = polls(connection)
        return [
            source.ref
            for source in city.sources.values()
            if (source.ref not in known or known[source.ref].next_at <= now)
            and source.system is not None
            and (isinstance(source.from_, HttpFrom) or has_files(source, self._folders))
        ]

    def poll(self, source: str) -> list[DeliveryReceipt]:
        """Deliver one source; trouble is kept with the source and makes it wait longer.

        Args:
            source: Ref.

        Returns:
            Receipts of what came; empty when nothing new came, it went wrong, or another process is at it.

        """
        with self._deliverer.claimed(source) as mine:
            if not mine:
                return []
            now = self._clock.now()
            with self._database.reading() as connection:
                row = connection.execute(_sql()["poll"], {"source": source}).fetchone()
            before = _poll(row) if row is not None else Poll(source, now, now)
            try:
                receipts, after = self._deliver(self._deliverer.find(source)[0], before, now)
            except CityBrainError as error:
                self._keep(_in_trouble(before, now, error))
                return []
            self._keep(replace(after, asked_at=now, answered_at=now, failures=0, error=None))
            return receipts

    def poll_due(self, city: City) -> list[DeliveryReceipt]:
        """Deliver every source that is due.

        Args:
            city: The city in force.

        Returns:
            Receipts of everything new.

        """
        found = (self.poll(source) for source in self.due(city))
        return [receipt for receipts in found for receipt in receipts if not receipt.repeated]

    def _deliver(self, source: Source, before: Poll, now: datetime) -> tuple[list[DeliveryReceipt], Poll]:
        if isinstance(source.from_, HttpFrom):
            return self._ask(source, source.from_, before, now)
        if source.replay is not None:
            return self._replay(source, before, now)
        try:
            receipts = list(self._deliverer.deliver_files(source.ref, self._folders))
        except NotKnown:
            receipts = []
        return receipts, replace(before, next_at=now + FILES_EVERY)

    def _ask(self, source: Source, how: HttpFrom, before: Poll, now: datetime) -> tuple[list[DeliveryReceipt], Poll]:
        contract = self._deliverer.find(source.ref)[1]
        with httpx.Client(follow_redirects=False, trust_env=False) as client:
            known = Asked(before.position, before.etag, before.modified)
            answer = ask(source, contract, known, client, os.environ, self._limits)
        receipts = [] if answer.delivery is None else [self._deliverer.deliver(source, answer.delivery)]
        seen = answer.next
        after = replace(before, position=seen.cursor, etag=seen.etag, modified=seen.modified, next_at=now + how.every)
        return receipts, after

    def _replay(self, source: Source, before: Poll, now: datetime) -> tuple[list[DeliveryReceipt], Poll]:
        contract, how = self._deliverer.find(source.ref)[1], source.replay
        if how is None:
            raise AssertionError
        anchor = before.anchor or anchor_of(how, now, ZoneInfo(source.zone or contract.zone))
        if before.position is None:
            since = now - how.history
            until = now if self._replay_speed <= 1 else max(since, now - CATCH_UP)
        else:
            since = datetime.fromisoformat(before.position)
            until = min(now, since + (now - before.asked_at) * max(1.0, self._replay_speed))
        window = Window(anchor, since, until, first=before.position is None)
        receipts = [
            self._deliverer.deliver(source, delivery)
            for delivery in play(source, contract, self._folders.of(source), window)
        ]
        every = min(contract.cycle or REPLAY_EVERY, REPLAY_EVERY)
        if until < now:
            every = max(every / self._replay_speed, FASTEST)
        return receipts, replace(before, anchor=anchor, position=until.isoformat(), next_at=now + every)

    def _keep(self, poll: Poll) -> None:
        given = {
            "source": poll.source,
            "position": poll.position,
            "anchor": poll.anchor,
            "etag": poll.etag,
            "modified": poll.modified,
            "asked_at": poll.asked_at,
            "answered_at": poll.answered_at,
            "next_at": poll.next_at,
            "failures": poll.failures,
            "error_code": poll.error[0] if poll.error else None,
            "error_params": Jsonb(plain_params(poll.error[1])) if poll.error else None,
        }
        with self._database.transaction() as connection:
            connection.execute(_sql()["keep_poll"], given)


def _in_trouble(before: Poll, now: datetime, error: CityBrainError) -> Poll:
    wait = min(timedelta(seconds=5) * 2 ** min(before.failures, 20), LONGEST_WAIT)
    return replace(
        before, asked_at=now, next_at=now + wait, failures=before.failures + 1, error=(error.code, error.params)
    )


def troubled(found: Iterable[Poll]) -> list[Poll]:
    """Pick the sources that went wrong when they were last asked.

    Args:
        found: Any polls.

    """
    return [poll for poll in found if poll.error is not None]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.systems", "registry")
