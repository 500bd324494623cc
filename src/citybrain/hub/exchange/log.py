"""The exchange log: one PostgreSQL transaction makes an admission true, and positions follow the order of commits.

The first caller that finds nobody committing commits for all who wait, so single-row callers share one disk sync.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from citybrain.hub.exchange.payload import Payload
from citybrain.hub.parcel import Correction
from citybrain.hub.receipt import FIRST_REASONS, Reason, Receipt
from citybrain.kernel.errors import CityBrainError, Conflicting
from citybrain.kernel.postgres import Connection, Database, retrying
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.drift import Jump

GROUP_LIMIT = 64


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """A row that was not accepted, as its provider will see it."""

    row: int
    reasons: list[dict[str, str]]
    raw: str
    raw_cut: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """Everything one transaction must make true for a batch.

    Attributes:
        receipt: The receipt to give once it is true; its position is filled in by the log.
        key: Idempotency key.
        tallies: Parameters of ``insert_tally``.
        stored_file: Path of a payload that was already made durable.
        repair: Batch, row and person when this batch is a mended row.
        new_keys: Rule and key of accepted rows that history must know.
        correction: The accepted row that the row of this batch puts right.

    """

    receipt: Receipt
    key: str
    body_sha256: bytes
    revision: int
    payload: Payload | None
    stored_file: str | None
    set_aside: Sequence[SetAsideRow]
    tallies: Sequence[Mapping[str, Any]]
    entry: evidence.Entry
    entry_body: str
    medians: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    repair: tuple[UUID, int, str] | None = None
    new_keys: Sequence[tuple[str, bytes]] = ()
    correction: Correction | None = None


@dataclass(slots=True)
class _Waiting:
    admission: Admission
    receipt: Receipt | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.receipt is not None or self.error is not None


class Log:
    """Writes admissions, several at once where several wait."""

    def __init__(self, database: Database) -> None:
        """Stand before a database.

        Args:
            database: Where the log is kept.

        """
        self._database = database
        self._queue: list[_Waiting] = []
        self._mutex = threading.Lock()
        self._turn = threading.Lock()

    def append(self, admission: Admission) -> Receipt:
        """Make an admission true and return its receipt; returns only after the commit.

        Args:
            admission: What the gate decided.

        Returns:
            The receipt with its position, or the first receipt when this delivery had been taken before.

        Raises:
            Unavailable: The database is away or the disk full; nothing was taken.

        """
        waiting = _Waiting(admission)
        with self._mutex:
            self._queue.append(waiting)
        while not waiting.done:
            with self._turn:
                if not waiting.done:
                    with self._mutex:
                        group, self._queue = self._queue[:GROUP_LIMIT], self._queue[GROUP_LIMIT:]
                    self._commit(group)
        if waiting.error is not None:
            raise waiting.error
        if waiting.receipt is None:
            raise AssertionError
        return waiting.receipt

    def append_with_history(self, contract: str, decide: Callable[[Connection], Admission]) -> Receipt:
        """Make an admission true that must first look at what the history holds.

        Args:
            contract: Ref; admissions of one contract take turns.
            decide: Makes the admission inside the transaction.

        """

        def command() -> Receipt:
            with self._database.transaction() as connection:
                connection.execute(_sql()["lock_contract"], {"contract": contract})
                return write_admissions(connection, [decide(connection)])[0]

        return retrying(command)

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            self._commit_together(group)
        except (psycopg.Error, CityBrainError) as error:
            if len(group) == 1:
                group[0].error = error
                return
            for waiting in group:  # one of them spoilt it for all: each on its own
                self._commit([waiting])

    def _commit_together(self, group: list[_Waiting]) -> None:
        def command() -> list[Receipt]:
            with self._database.transaction() as connection:
                return write_admissions(connection, [waiting.admission for waiting in group])

        for waiting, receipt in zip(group, _once_more_if_twice(command), strict=True):
            waiting.receipt = receipt


def _once_more_if_twice(command: Callable[[], list[Receipt]]) -> list[Receipt]:
    """Run again when another process took the same delivery in the same moment; the second look finds it."""
    try:
        return retrying(command)
    except psycopg.errors.UniqueViolation:
        return retrying(command)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.exchange", "log")


def write_admissions(connection: Connection, admissions: Sequence[Admission]) -> list[Receipt]:
    """Write admissions in the caller's transaction; positions come last.

    Args:
        connection: A transaction that the caller commits.
        admissions: One or more.

    Returns:
        A receipt each; the first one again for a delivery that is known.

    Raises:
        Conflicting: A key was used in the same moment for other content, or a row was corrected in the same moment;
            nothing of it was taken.

    """
    receipts: dict[UUID, Receipt] = {}
    repeated: dict[UUID, Receipt] = {}
    placed: list[UUID] = []
    for admission in admissions:
        batch = admission.receipt.batch
        first = find_delivered(connection, admission.receipt.contract, admission.receipt.system, admission.key)
        if first is not None:
            if body_of(connection, first.batch) != admission.body_sha256:
                raise Conflicting("hub.key_reused", key=admission.key, batch=first.batch)
            repeated[batch] = first
            continue
        _write_one(connection, admission)
        receipts[batch] = admission.receipt
        if admission.payload is not None:
            placed.append(batch)
    positions: dict[UUID, int] = {}
    for contract in sorted({item.contract for item in receipts.values()}):
        connection.execute(_sql()["announce"], {"contract": contract})
    if placed:
        positions = dict(connection.execute(_sql()["give_positions"], {"ids": placed}).fetchall())
    return [
        repeated[item.receipt.batch]
        if item.receipt.batch in repeated
        else _with_position(item.receipt, positions.get(item.receipt.batch))
        for item in admissions
    ]


def _with_position(receipt: Receipt, position: int | None) -> Receipt:
    return replace(receipt, position=position)


def _write_one(connection: Connection, admission: Admission) -> None:
    sql, receipt, payload = _sql(), admission.receipt, admission.payload
    entry = statements("citybrain.safeguards", "evidence")["write_entry"]
    connection.execute(entry, evidence.row(admission.entry, admission.entry_body, receipt.arrived_at))
    connection.execute(sql["insert_batch"], _batch_row(admission))
    for tally in admission.tallies:
        connection.execute(sql["insert_tally"], tally)
    if admission.set_aside:
        with connection.cursor().copy(sql["copy_set_aside"]) as copy:
            for row in admission.set_aside:
                copy.write_row((receipt.batch, row.row, receipt.contract, Jsonb(row.reasons), row.raw, row.raw_cut))
    if admission.new_keys and payload is not None:
        with connection.cursor().copy(sql["copy_keys"]) as copy:
            for rule, key in admission.new_keys:
                copy.write_row((receipt.contract, rule, key, receipt.batch))
    for rule, (period, median) in admission.medians.items():
        given = {"contract": receipt.contract, "rule": rule, "period": period, "median": median}
        connection.execute(sql["keep_median"], given)
    if admission.repair is not None and receipt.accepted:
        batch, row_number, person = admission.repair
        done = {"batch": batch, "row": row_number, "by": receipt.batch, "person": person, "at": receipt.arrived_at}
        connection.execute(sql["mark_repaired"], done)
    if admission.correction is not None and receipt.accepted:
        _put_right(connection, receipt, admission.correction)


def _put_right(connection: Connection, receipt: Receipt, correction: Correction) -> None:
    given = {
        "batch": correction.batch, "row": correction.row, "contract": receipt.contract, "corrected": receipt.batch,
        "reason": correction.reason, "person": correction.person, "at": receipt.arrived_at,
    }  # fmt: skip
    if connection.execute(_sql()["put_right"], given).fetchone() is None:
        raise Conflicting("hub.row_corrected", batch=correction.batch, row=correction.row)


def _batch_row(admission: Admission) -> dict[str, Any]:
    receipt, payload = admission.receipt, admission.payload
    refused_code, refused_params = receipt.refused or (None, None)
    return {
        "id": receipt.batch,
        "contract": receipt.contract,
        "system": receipt.system,
        "delivery": receipt.delivery,
        "part": receipt.part,
        "key": admission.key,
        "body_sha256": admission.body_sha256,
        "revision": admission.revision,
        "status": receipt.status,
        "refused_code": refused_code,
        "refused_params": None if refused_params is None else Jsonb(dict(refused_params)),
        "received": receipt.received,
        "accepted": receipt.accepted,
        "set_aside": receipt.set_aside,
        "warned": receipt.warned,
        "unknown_fields": list(receipt.unknown_fields),
        "arrived_at": receipt.arrived_at,
        "first_day": payload.first_day if payload else None,
        "last_day": payload.last_day if payload else None,
        "newest_at": payload.newest_at if payload else None,
        "payload": payload.data if payload and admission.stored_file is None else None,
        "payload_file": admission.stored_file,
        "payload_bytes": len(payload.data) if payload else 0,
        "payload_sha256": payload.sha256 if payload else None,
        "repairs": _earlier(admission),
        "evidence": receipt.evidence,
    }


def _earlier(admission: Admission) -> UUID | None:
    """Name the batch whose row this one mends or corrects; what it breaks is an attempt, no new to-do."""
    if admission.repair is not None:
        return admission.repair[0]
    return admission.correction.batch if admission.correction is not None else None


def find_delivered(connection: Connection, contract: str, system: str, key: str) -> Receipt | None:
    """Look for the receipt that this very delivery got the first time.

    Args:
        connection: Any transaction.
        contract: Ref.
        system: Ref.
        key: Idempotency key.

    """
    given = {"contract": contract, "system": system, "key": key}
    found = connection.execute(_sql()["find_delivered"], given).fetchone()
    return None if found is None else read_receipt(connection, found[0], repeated=True)


def read_receipt(connection: Connection, batch: UUID, *, repeated: bool = False) -> Receipt | None:
    """Read a receipt back.

    Args:
        connection: Any transaction.
        batch: Id of the batch.
        repeated: Whether it is given for a repeated delivery.

    """
    row = connection.execute(_sql()["receipt"], {"id": batch}).fetchone()
    if row is None:
        return None
    (id_, contract, system, delivery, part, status, code, params, received, accepted, set_aside, warned, unknown,
     arrived_at, position, entry, sha256, _) = row  # fmt: skip
    broken, jumps = _read_tallies(connection, batch)
    reasons = connection.execute(_sql()["first_reasons"], {"id": batch, "limit": FIRST_REASONS}).fetchall()
    return Receipt(
        batch=id_,
        contract=contract,
        system=system,
        delivery=delivery,
        part=part,
        status=status,
        received=received,
        accepted=accepted,
        set_aside=set_aside,
        warned=warned,
        reasons=tuple(Reason(row=number, **reason) for number, listed in reasons for reason in listed)[:FIRST_REASONS],
        broken=broken,
        evidence=entry,
        evidence_sha256=bytes(sha256),
        position=position,
        arrived_at=arrived_at,
        unknown_fields=tuple(unknown),
        jumps=jumps,
        repeated=repeated,
        refused=(code, params) if code else None,
    )


def body_of(connection: Connection, batch: UUID) -> bytes:
    """Return the digest of the bytes a batch came as.

    Args:
        connection: Any transaction.
        batch: Id of the batch.

    """
    row = connection.execute(_sql()["receipt"], {"id": batch}).fetchone()
    return b"" if row is None else bytes(row[-1])


def _read_tallies(connection: Connection, batch: UUID) -> tuple[dict[str, int], tuple[Jump, ...]]:
    broken: dict[str, int] = {}
    jumps: list[Jump] = []
    for rule, count, detail in connection.execute(_sql()["tallies"], {"id": batch}).fetchall():
        broken[rule] = count
        jumps += [Jump(rule=rule, **jump) for jump in detail or []]
    return broken, tuple(jumps)


def medians(connection: Connection, contract: str) -> dict[str, tuple[str, float]]:
    """Return the last known median of each drift rule.

    Args:
        connection: Any transaction.
        contract: Ref.

    """
    rows = connection.execute(_sql()["medians"], {"contract": contract}).fetchall()
    return {rule: (period, median) for rule, period, median in rows}


def known_keys(connection: Connection, contract: str, rule: str, keys: Sequence[bytes]) -> set[bytes]:
    """Return which keys stand in the history already.

    Args:
        connection: The transaction of the admission.
        contract: Ref.
        rule: Name of the unique rule.
        keys: Digests of the candidates.

    """
    given = {"contract": contract, "rule": rule, "keys": list(keys)}
    return {bytes(row[0]) for row in connection.execute(_sql()["known_keys"], given).fetchall()}
