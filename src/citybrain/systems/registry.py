"""Deliveries of sources: connector to gate, part by part, each delivery once, with a receipt that sums the parts."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.city.system import FilesFrom, Source
from citybrain.city.whole import City
from citybrain.hub.exchange.log import read_receipt
from citybrain.hub.gate import Gate, Parcel
from citybrain.hub.receipt import Receipt
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import BatchRefused, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.systems.connectors.deliveries import Delivery
from citybrain.systems.connectors.files import read


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """Proof of a whole delivery: what its batches sum up to.

    Attributes:
        state: ``admitted``, or ``refused`` when it could not be read or a rule said that all of it is wrong.
        parts: Receipts of its batches in order.
        passed_by: Rows of the file that are meant for another contract.
        broken: Rows that break each rule, warnings included, over all parts.
        unused: Columns of the file that its source does not use.
        repeated: True when this very delivery had been taken before and nothing was done.
        refused: Code and parameters of a refusal.

    """

    id: UUID
    source: str
    contract: str
    system: str
    name: str
    digest: str
    state: Literal["running", "admitted", "refused"]
    parts: tuple[Receipt, ...]
    received: int
    accepted: int
    set_aside: int
    warned: int
    passed_by: int
    broken: Mapping[str, int]
    unused: tuple[str, ...]
    refused: tuple[str, Mapping[str, Any]] | None
    started_at: datetime
    finished_at: datetime | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Folders:
    """Where files of sources are.

    Attributes:
        data: Folder of real city data; none where there is none.
        geography: What was fetched at set-up: divisions and outlines.
        city: The city folder, where it is at hand.

    """

    data: Path | None
    geography: Path
    city: Path | None = None

    def find(self, how: FilesFrom) -> Path | None:
        """Return the folder a pattern starts in, when it is there.

        Args:
            how: How a file source is read.

        """
        found = {"data": self.data, "geography": self.geography, "city": self.city}[how.folder]
        return found if found is not None and found.is_dir() else None

    def of(self, source: Source) -> Path:
        """Return the folder a file source starts in.

        Args:
            source: A source whose ``from`` is ``files``.

        Raises:
            WrongUse: It is no file source, or there is no folder of real data.

        """
        if not isinstance(source.from_, FilesFrom):
            raise WrongUse("systems.not_a_file_source", source=source.ref)
        found = self.find(source.from_)
        if found is None:
            raise WrongUse("systems.no_data_folder", source=source.ref, folder=source.from_.folder)
        return found


class Deliverer:
    """Takes deliveries of sources to the gate for one process."""

    def __init__(
        self,
        database: Database,
        city_now: Callable[[], City],
        gate: Gate,
        clock: Clock,
        new_id: NewId,
        batch_rows: int = 100_000,
    ) -> None:
        """Set the deliverer up.

        Args:
            database: Where deliveries are noted.
            city_now: Gives the revision in force.
            gate: The hub's way in.
            clock: Present instant.
            new_id: Source of identifiers.
            batch_rows: Most rows of one batch.

        """
        self._database = database
        self._city_now = city_now
        self._gate = gate
        self._clock = clock
        self._new_id = new_id
        self._batch_rows = batch_rows

    def deliver_files(self, source: str, folders: Folders) -> Iterator[DeliveryReceipt]:
        """Deliver all files of a source; those that are known get their first receipt again.

        Args:
            source: Ref of a file source.
            folders: Where its files are.

        Yields:
            A receipt for each file, as it is done.

        Raises:
            NotKnown: No such source, or its pattern finds no file.
            WrongUse: It is no file source, or its folder is missing.
            Unavailable: The hub cannot take it now; delivering again goes on where it stopped.

        Source:
            Hangzhou art. 9, 15.

        """
        found, contract = self.find(source)
        folder, any_file = folders.of(found), False
        for delivery in read(found, contract, folder):
            any_file = True
            yield self.deliver(found, delivery)
        if not any_file and isinstance(found.from_, FilesFrom):
            raise NotKnown("systems.no_file", source=source, path=found.from_.path)

    def find(self, source: str) -> tuple[Source, Contract]:
        """Find a source and the contract it feeds.

        Args:
            source: Ref.

        Raises:
            NotKnown: No such source; near names are offered.

        """
        city = self._city_now()
        if source not in city.sources:
            raise NotKnown("systems.source_unknown", source=source, near=near(source, city.sources))
        return city.sources[source], city.contracts[city.sources[source].feeds]

    def deliver(self, source: Source, delivery: Delivery) -> DeliveryReceipt:
        """Take one delivery to the gate.

        Args:
            source: The source it comes from; it must name the system that delivers.
            delivery: What a connector read.

        Returns:
            The receipt; ``received == accepted + set_aside``.

        Raises:
            WrongUse: The source names no system.
            Unavailable: The hub cannot take it now; delivering again goes on where it stopped.

        """
        if source.system is None:
            raise WrongUse("systems.source_without_system", source=source.ref)
        if delivery.refused is not None:
            return self._note_refusal(source, delivery, delivery.refused)
        with self._database.transaction() as connection:
            row = connection.execute(_sql()["begin_delivery"], self._beginning(source, delivery)).fetchone()
        if row is None:
            raise AssertionError
        id_, batch_rows, state = row
        if state != "running":
            return self._read(id_, repeated=True)
        return self._admit(source, delivery, id_, batch_rows)

    def _beginning(self, source: Source, delivery: Delivery) -> dict[str, Any]:
        return {
            "id": self._new_id(),
            "source": source.ref,
            "contract": delivery.contract,
            "system": source.system,
            "name": delivery.name,
            "digest": delivery.digest,
            "size_bytes": delivery.size_bytes,
            "batch_rows": self._batch_rows,
            "unused": list(delivery.unused),
            "at": self._clock.now(),
        }

    def _admit(self, source: Source, delivery: Delivery, id_: UUID, batch_rows: int) -> DeliveryReceipt:
        receipts: list[Receipt] = []
        passed_by, refused = 0, None
        try:
            for part in delivery.parts(batch_rows):
                parcel = Parcel(
                    contract=delivery.contract,
                    system=source.system or "",
                    content=part.parsed,
                    sha256=bytes.fromhex(delivery.digest),
                    key=delivery.key(part.number),
                    delivery=id_,
                    part=part.number,
                )
                receipts.append(self._gate.admit(parcel))
                passed_by += part.passed_by
                if receipts[-1].refused is not None:
                    refused = receipts[-1].refused
                    break
        except BatchRefused as error:
            refused = (error.code, error.params)
        broken = Counter[str]()
        for receipt in receipts:
            broken.update(receipt.broken)
        sums = {
            "id": id_,
            "state": "admitted" if refused is None else "refused",
            "parts": len(receipts),
            "received": sum(receipt.received for receipt in receipts),
            "accepted": sum(receipt.accepted for receipt in receipts),
            "set_aside": sum(receipt.set_aside for receipt in receipts),
            "warned": sum(receipt.warned for receipt in receipts),
            "passed_by": passed_by,
            "broken": Jsonb(dict(broken)),
            "refused_code": refused[0] if refused else None,
            "refused_params": Jsonb(plain_params(refused[1])) if refused else None,
            "at": self._clock.now(),
        }
        with self._database.transaction() as connection:
            connection.execute(_sql()["finish_delivery"], sums)
        return self._read(id_)

    def _note_refusal(self, source: Source, delivery: Delivery, refused: BatchRefused) -> DeliveryReceipt:
        """Keep a delivery that could not be read as evidence, once."""
        digest = delivery.digest or hashlib.sha256(f"{delivery.name} {delivery.size_bytes}".encode()).hexdigest()
        at = self._clock.now()
        noted = {
            **self._beginning(source, delivery),
            "digest": digest,
            "refused_code": refused.code,
            "refused_params": Jsonb(plain_params(refused.params)),
            "at": at,
        }
        with self._database.transaction() as connection:
            row = connection.execute(_sql()["refuse_delivery"], noted).fetchone()
            if row is not None:
                facts = {"contract": delivery.contract, "name": delivery.name, "digest": digest, "code": refused.code}
                evidence.write(connection, "systems:delivery:refused", source.ref, facts, at, self._new_id)
            known = connection.execute(_sql()["delivery_of"], {"source": source.ref, "digest": digest}).fetchone()
        if known is None:
            raise AssertionError
        return self._read(known[0], repeated=row is None)

    def _read(self, id_: UUID, *, repeated: bool = False) -> DeliveryReceipt:
        with self._database.reading() as connection:
            return read_delivery(connection, id_, repeated=repeated)

    @contextmanager
    def claimed(self, source: str) -> Iterator[bool]:
        """Hold a source so that two processes never deliver it at once.

        Args:
            source: Ref.

        Yields:
            Whether this process has it; false when another one does.

        """
        with self._database.alone() as connection:
            row = connection.execute(_sql()["claim_source"], {"source": source}).fetchone()
            got = bool(row and row[0])
            try:
                yield got
            finally:
                if got:
                    connection.execute(_sql()["release_source"], {"source": source})


def read_delivery(connection: Connection, id_: UUID, *, repeated: bool = False) -> DeliveryReceipt:
    """Read the receipt of a delivery back.

    Args:
        connection: Any transaction.
        id_: Id of the delivery.
        repeated: Whether it is given for a repeated delivery.

    Raises:
        NotKnown: No such delivery.

    """
    row = connection.execute(_sql()["delivery"], {"id": id_}).fetchone()
    if row is None:
        raise NotKnown("systems.delivery_unknown", delivery=str(id_))
    (_, source, contract, system, name, digest, state, _, received, accepted, set_aside, warned, passed_by, broken,
     unused, code, params, started_at, finished_at) = row  # fmt: skip
    batches = [batch for (batch,) in connection.execute(_sql()["batches_of"], {"id": id_})]
    receipts = (read_receipt(connection, batch) for batch in batches)
    return DeliveryReceipt(
        id=id_,
        source=source,
        contract=contract,
        system=system,
        name=name,
        digest=digest,
        state=state,
        parts=tuple(receipt for receipt in receipts if receipt is not None),
        received=received,
        accepted=accepted,
        set_aside=set_aside,
        warned=warned,
        passed_by=passed_by,
        broken=broken,
        unused=tuple(unused),
        refused=(code, params) if code else None,
        started_at=started_at,
        finished_at=finished_at,
        repeated=repeated,
    )


def recent_deliveries(connection: Connection, limit: int = 50) -> list[DeliveryReceipt]:
    """List the newest deliveries of all sources.

    Args:
        connection: Any transaction.
        limit: How many.

    """
    ids = [id_ for (id_,) in connection.execute(_sql()["recent_deliveries"], {"limit": limit})]
    return [read_delivery(connection, id_) for id_ in ids]


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Write parameters of an error so that they can be stored.

    Args:
        params: As the error carries them.

    """
    return {
        key: value
        if value is None or isinstance(value, (str, int, float, bool))
        else [str(item) for item in value]
        if isinstance(value, (list, tuple, set, frozenset))
        else str(value)
        for key, value in params.items()
    }


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.systems", "registry")
