"""Rehearsals: rooms are exercised on the real tables in one transaction that is always undone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from citybrain.city.whole import City
from citybrain.governance.bench import Bench
from citybrain.governance.scratch import CONTRACT, METER, scratch_city
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate
from citybrain.hub.parcel import Parcel, Store, digest
from citybrain.hub.receipt import Receipt
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards.viewing import Viewer, viewer_of


class Rehearsal(Database):
    """A database whose transactions are savepoints of one transaction that is undone in the end."""

    def __init__(self, connection: Connection) -> None:
        """Stand on an open transaction.

        Args:
            connection: Its connection.

        """
        self._connection = connection  # in place of the pool of the parent, which is not opened

    @property
    def url(self) -> str:
        """Refuse: nobody else can see what is rehearsed."""
        raise Unavailable("governance.only_rehearsed")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a savepoint: kept on a clean exit, undone on any exception."""
        with self._connection.transaction():
            yield self._connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read what has been rehearsed so far."""
        with self._connection.transaction():
            yield self._connection

    def alone(self) -> NoReturn:
        """Refuse: a second connection would not see what is rehearsed."""
        raise Unavailable("governance.only_rehearsed")

    def close(self) -> None:
        """Do nothing; whoever opened the transaction ends it."""


@contextmanager
def rehearsing(database: Database) -> Iterator[Rehearsal]:
    """Open a rehearsal; whatever is done in it is undone at its end.

    Log positions and task numbers are taken from temporary stand-ins, so that nobody waits for the rehearsal and the
    running numbers of the city get no gaps.

    Args:
        database: The city's database, or another rehearsal.

    Yields:
        A database for the rooms.

    """
    sql = statements("citybrain.governance", "rehearsal")
    with database.transaction() as connection, connection.transaction(force_rollback=True):
        for name in ("patience", "numbers", "head", "place", "dissents", "dissents_begin", "certificates", "holds"):
            connection.execute(sql[name])
        yield Rehearsal(connection)


@dataclass(frozen=True, slots=True)
class Stage:
    """A scratch city with its rooms, on a rehearsal.

    Attributes:
        database: The rehearsal.
        city: A small city made up for checks.
        gate: Its way in.
        reader: Its way to read.
        clock: A clock that can be moved on.

    """

    database: Rehearsal
    city: City
    gate: Gate
    reader: Reader
    clock: SetClock
    new_id: NewId

    def send(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        key: str = "first",
        contract: str = CONTRACT,
        system: str = METER,
    ) -> Receipt:
        """Deliver rows as a department's system would.

        Args:
            rows: Rows of the contract.
            key: Idempotency key.
            contract: Contract they claim to fulfil.
            system: System that was authenticated.

        """
        body = b"\n".join(orjson.dumps(row) for row in rows)
        declared = self.city.contracts.get(contract)
        columns = tuple(item.name for item in declared.fields) if declared else ()
        return self.gate.admit(Parcel(contract, system, (body, Layout("ndjson", columns)), digest(body), key))

    def viewer(self, person: str) -> Viewer:
        """Return somebody of the scratch city.

        Args:
            person: Short name.

        """
        return viewer_of(self.city, person)


@contextmanager
def stage(bench: Bench, given: City | None = None) -> Iterator[Stage]:
    """Set a scratch city up in a rehearsal.

    Args:
        bench: What the check stands on.
        given: Another city than the usual scratch city.

    Yields:
        The stage; nothing done on it remains.

    """
    city = given or scratch_city(bench.city)
    clock = SetClock(bench.clock.now().replace(microsecond=0))
    with rehearsing(bench.database) as database:
        gate = Gate(
            database, lambda: city, lambda _: {}, Store(bench.payloads, inline_bytes=10_000_000), clock, bench.new_id
        )
        yield Stage(database, city, gate, Reader(bench.payloads), clock, bench.new_id)
