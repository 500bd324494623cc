"""Carrying a destruction out: one transaction for log, lake, rows set aside, keys and the certificate.

Killed at any moment, either nothing or all of it is true; files that nothing names any more are removed afterwards, by
whoever comes first. Repeating finds nothing and does nothing.

Source: Hangzhou art. 13 (依法销毁).
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import polars as pl
from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.hub import deletion_notices as notices
from citybrain.hub import disputes, legal_holds
from citybrain.hub.destruction import set_aside
from citybrain.hub.destruction.certificate import Certificate, Kind, one
from citybrain.hub.exchange.columns import BATCH
from citybrain.hub.exchange.erasing import Erased, Sought, erase_from_lake, erase_from_log, places_of
from citybrain.hub.exchange.lake import Lake
from citybrain.hub.exports import record as exports
from citybrain.hub.history import keys_of
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, Unavailable, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.subjects import among, subject_key

PATIENCE_S = 20.0
REASON_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be destroyed, why and on whose decision.

    Attributes:
        subject: Token of the person, for kind ``person``.
        batch: The batch, for kind ``batch``.
        before: Batches that arrived before, for kind ``retention``.
        again: Number of the certificate that is carried out once more in a restored copy; holds do not stop that.

    """

    contract: Contract
    kind: Kind
    reason: str
    by: str
    subject: bytes | None = None
    batch: UUID | None = None
    before: datetime | None = None
    again: str | None = None
    batches: tuple[UUID, ...] | None = None


@dataclass(slots=True)
class Gone:
    """What went, told to the places outside of the hub in the same transaction.

    Attributes:
        id, number: Id and number of the certificate, which is written last.
        at: When.
        dissents: Ids of dissents about rows that went.

    """

    id: UUID
    order: Order
    number: str
    at: datetime
    dissents: list[UUID] = field(default_factory=list)


Elsewhere = Callable[[Connection, Gone], Mapping[str, int]]


@dataclass(slots=True)
class _Course:
    """What comes together while pieces are erased."""

    connection: Connection
    order: Order
    holds: frozenset[bytes]
    marked: Mapping[tuple[str, ...], list[UUID]]
    key: bytes
    keys: int = 0
    places: list[tuple[int, int | None]] = field(default_factory=list)
    dissents: set[UUID] = field(default_factory=set)

    def see(self, frame: pl.DataFrame) -> None:
        """Look at a piece that goes."""
        contract = self.order.contract
        if self.holds and contract.subject and among(frame.get_column(contract.subject), self.holds, self.key).any():
            raise Conflicting("destruction.held", contract=contract.ref, holds=_numbers(self.connection, contract.ref))
        if self.order.kind == "person":
            self.places += places_of(frame)
        for rule in contract.rules:
            if rule.kind == "unique" and rule.scope == "history":
                values = frame.select(item.name for item in contract.fields if item.name in frame.columns)
                known = [digest for digest in keys_of(values, rule) if digest is not None]
                given = {"contract": contract.ref, "rule": rule.name, "keys": known}
                self.keys += self.connection.execute(_sql()["forget_keys"], given).rowcount
        if self.marked:
            for row in disputes.key_texts(frame, contract).iter_rows():
                self.dissents.update(self.marked.get(tuple(str(cell) for cell in row), ()))


class Eraser:
    """Destroys for one process."""

    def __init__(
        self, database: Database, lake: Lake, folders: tuple[Path, Path], key_file: Path | None, clock: Clock,
        new_id: NewId,
    ) -> None:  # fmt: skip
        """Set it up.

        Args:
            database: Where everything is.
            lake: The lake.
            folders: Folder of large payloads and folder of the lake.
            key_file: Wraps the key of persons' tokens; none where the database alone keeps it.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._lake, self._key_file = database, lake, key_file
        self._payloads, self._lake_folder = folders
        self._clock, self._new_id = clock, new_id

    def destroy(self, order: Order, elsewhere: Sequence[Elsewhere] = ()) -> Certificate:
        """Destroy, and certify it.

        Args:
            order: What, why and on whose decision.
            elsewhere: Places outside of the hub that let go of it in the same transaction and say how much.

        Returns:
            The certificate, after its commit.

        Raises:
            WrongUse: No reason, or a scope that does not fit the contract.
            NotKnown: There is nothing to destroy.
            Conflicting: A legal hold stands against it.
            Unavailable: A compaction is under way for too long; nothing was destroyed.

        Source:
            Hangzhou art. 13 (依法销毁).

        """
        _require_scope(order)
        ends, begun = time.monotonic() + PATIENCE_S, time.monotonic()
        while True:
            with self._lake.alone(order.contract.ref) as held:
                if held:
                    self._lake.settle(order.contract)
                    made = self._all_or_nothing(order, elsewhere, begun)
                    break
            if time.monotonic() > ends:
                raise Unavailable("destruction.busy", contract=order.contract.ref)
            time.sleep(0.1)
        self.clear()
        return made

    def clear(self) -> int:
        """Remove the files that destroyed rows were in and that nothing names any more.

        Returns:
            How many files and folders were removed.

        """
        with self._database.reading() as connection:
            paths = [str(row[0]) for row in connection.execute(_sql()["leftover"]).fetchall()]
        for path in paths:
            _remove(Path(path))
        if paths:
            with self._database.transaction() as connection:
                connection.execute(_sql()["cleared"], {"paths": paths})
        return len(paths)

    def _all_or_nothing(self, order: Order, elsewhere: Sequence[Elsewhere], begun: float) -> Certificate:
        erased = Erased()
        try:
            with self._database.transaction() as connection:
                return self._destroy(connection, order, elsewhere, erased, begun)
        except BaseException:
            for path in erased.made:
                _remove(path)
            raise

    def _destroy(
        self, connection: Connection, order: Order, elsewhere: Sequence[Elsewhere], erased: Erased, begun: float
    ) -> Certificate:  # fmt: skip
        contract, at = order.contract, self._clock.now()
        connection.execute(_sql()["take_turns"], {"contract": contract.ref})
        key = subject_key(connection, key_file=self._key_file)
        batches = _batches(connection, order)
        holds = () if order.again else legal_holds.listed(connection, [contract.ref], holding=True)
        persons = _require_not_held(order, holds, batches)
        marked = _marked(connection, contract)
        course = _Course(connection, order, persons, marked, key)
        sought = _sought(order, batches, key, course.see)
        erase_from_log(connection, sought, self._payloads, self._new_id, erased)
        erase_from_lake(connection, sought, self._lake, self._lake_folder, self._new_id, erased)
        if order.kind == "person" and order.subject is not None:
            wiped = set_aside.wipe_person(connection, contract.ref, order.subject, key)
        else:
            wiped = set_aside.wipe_batches(connection, list(batches or ()))
        touched = {*erased.log, *erased.lake, *wiped}
        if not touched:
            raise NotKnown("destruction.nothing", contract=contract.ref)
        if not order.again and any(item.batch in touched for item in holds):
            raise Conflicting("destruction.held", contract=contract.ref, holds=[item.number for item in holds])
        whole = [] if batches is None else [item for item in batches if item in touched]
        gone = Gone(self._new_id(), order, order.again or _number(connection, at), at, sorted(course.dissents))
        gone.dissents += [item for item in _about(connection, contract.ref, whole) if item not in course.dissents]
        connection.execute(_sql()["lift_disputes"], {"ids": gone.dissents, "at": at})
        ended = exports.end_on_contract(connection, contract.ref, order.by, self._clock, self._new_id)
        places = {
            "log": sum(erased.log.values()), "lake": sum(erased.lake.values()), "set_aside": sum(wiped.values()),
            "keys": course.keys, "caches": len(touched), "disputes": len(gone.dissents), "exports": len(ended),
        }  # fmt: skip
        for place in elsewhere:
            places |= dict(place(connection, gone))
        made = self._certify(connection, gone, (erased, wiped, whole), places, begun)
        told_of = notices.Gone(made.id, made.contract, made.subject, made.at)
        told = notices.write(connection, told_of, course.places, whole, self._new_id)
        connection.execute(_sql()["count_notices"], {"id": made.id, "count": Jsonb(told)})
        connection.execute(_sql()["announce"], {"contract": contract.ref})
        return one(connection, made.number)

    def _certify(
        self, connection: Connection, gone: Gone, what: tuple[Erased, Mapping[UUID, int], list[UUID]],
        places: Mapping[str, int], begun: float,
    ) -> Certificate:  # fmt: skip
        order, (erased, wiped, whole), destruction = gone.order, what, gone.id
        rows = {batch: erased.log.get(batch, 0) + erased.lake.get(batch, 0) for batch in {*erased.log, *erased.lake}}
        payloads, before, after = [], hashlib.sha256(), hashlib.sha256()
        for batch in sorted({*rows, *wiped}):
            salt = secrets.token_bytes(16)
            was = hashlib.sha256(salt + erased.before[batch]).digest() if batch in erased.before else None
            left = erased.digests.get(batch)
            before.update(batch.bytes + (was or b""))
            after.update(batch.bytes + (left or b"") + f"{rows.get(batch, 0)}/{wiped.get(batch, 0)}".encode())
            payloads.append((batch, rows.get(batch, 0), wiped.get(batch, 0), salt, was, left))
        for digest in sorted(erased.files):
            after.update(digest)
        facts = {
            "number": gone.number, "kind": order.kind, "person": order.subject and order.subject.hex(),
            "batches": whole or None, "rows": sum(rows.values()), "places": dict(places), "by": order.by,
            "before_sha256": before.hexdigest(), "after_sha256": after.hexdigest(),
            "payloads_sha256": payloads_digest(payloads), "again": order.again is not None,
        }  # fmt: skip
        entry = evidence.write(connection, "hub:data:destroyed", order.contract.ref, facts, gone.at, self._new_id)
        given = {
            "id": destruction, "number": gone.number, "contract": order.contract.ref, "kind": order.kind,
            "subject": order.subject, "batches": None if order.kind == "person" else whole, "before": order.before,
            "reason": order.reason.strip()[:REASON_CHARACTERS], "by": order.by, "at": gone.at,
            "rows": sum(rows.values()), "places": Jsonb(dict(places)), "before_sha256": before.digest(),
            "after_sha256": after.digest(), "ms": int((time.monotonic() - begun) * 1000), "again": bool(order.again),
            "evidence": entry.id,
        }  # fmt: skip
        connection.execute(_sql()["insert"], given)
        with connection.cursor() as cursor, cursor.copy(_sql()["payloads"]) as copy:
            for line in payloads:
                copy.write_row((destruction, *line))
        connection.execute(_sql()["count_rows"], {"id": destruction})
        with connection.cursor() as cursor, cursor.copy(_sql()["leftovers"]) as copy:
            for path in dict.fromkeys(erased.leftover):
                copy.write_row((str(path), destruction))
        return one(connection, gone.number)


def payloads_digest(lines: Sequence[tuple[UUID, int, int, bytes, bytes | None, bytes | None]]) -> str:
    """Digest what a certificate says of each batch, as evidence attests it.

    Args:
        lines: Batch, rows, rows set aside, salt, salted digest before, digest after; in the order of the batches.

    """
    whole = hashlib.sha256()
    for batch, rows, aside, salt, before, after in lines:
        counts = f"{rows}/{aside}/".encode()
        whole.update(batch.bytes + counts + bytes(salt) + bytes(before or b"-") + bytes(after or b"-"))
    return whole.hexdigest()


def _require_scope(order: Order) -> None:
    if not order.reason.strip():
        raise WrongUse("hub.reason_missing")
    named = {"person": order.subject, "retention": order.before, "batch": order.batch or order.batches}
    if named[order.kind] is None or (order.kind == "person" and order.contract.subject is None):
        raise WrongUse("destruction.scope_wrong", contract=order.contract.ref)


def _batches(connection: Connection, order: Order) -> tuple[UUID, ...] | None:
    if order.kind == "person":
        return None
    among_ = order.batches if order.batches is not None else ((order.batch,) if order.batch else None)
    given = {
        "contract": order.contract.ref, "before": order.before if among_ is None else None,
        "batches": None if among_ is None else list(among_),
    }  # fmt: skip
    return tuple(row[0] for row in connection.execute(_sql()["whole_batches"], given).fetchall())


def _require_not_held(
    order: Order, holds: Sequence[legal_holds.LegalHold], batches: tuple[UUID, ...] | None
) -> frozenset[bytes]:
    """Stop at a hold that meets the scope; returns the persons whose rows must not be among those that go."""
    for hold in holds:
        everything = hold.subject is None and hold.batch is None
        same = hold.subject is not None and hold.subject == order.subject
        if everything or same or (batches is not None and hold.batch in batches):
            raise Conflicting("destruction.held", contract=order.contract.ref, holds=[hold.number])
    return frozenset(hold.subject for hold in holds if hold.subject is not None and order.kind != "person")


def _sought(order: Order, batches: tuple[UUID, ...] | None, key: bytes, seen: Callable[[pl.DataFrame], None]) -> Sought:
    subject = order.contract.subject
    if batches is None and subject is not None and order.subject is not None:
        those = frozenset({order.subject})
        return Sought(
            order.contract, lambda frame: among(frame.get_column(subject), those, key), (subject,), seen
        )  # fmt: skip
    texts = pl.Series([str(batch) for batch in batches or ()], dtype=pl.String)
    return Sought(order.contract, lambda frame: frame.get_column(BATCH).is_in(texts.implode()), (), seen, batches)


def _marked(connection: Connection, contract: Contract) -> dict[tuple[str, ...], list[UUID]]:
    found: dict[tuple[str, ...], list[UUID]] = {}
    for dissent, keys in connection.execute(_sql()["marked"], {"contract": contract.ref}).fetchall():
        found.setdefault(tuple(str(keys.get(name)) for name in contract.keys), []).append(dissent)
    return found


def _about(connection: Connection, contract: str, batches: list[UUID]) -> list[UUID]:
    given = {"contract": contract, "batches": batches}
    return [row[0] for row in connection.execute(_sql()["about_batches"], given).fetchall()]


def _numbers(connection: Connection, contract: str) -> list[str]:
    return [item.number for item in legal_holds.listed(connection, [contract], holding=True)]


def _number(connection: Connection, at: datetime) -> str:
    while True:  # a restored copy may hold certificates with numbers its sequence has not come to
        row = connection.execute(_sql()["next_number"]).fetchone()
        number = f"XH-{at:%Y}-{row[0] if row else 0:05d}"
        if connection.execute(_sql()["number_there"], {"number": number}).fetchone() is None:
            return number


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
        path.with_suffix(".tmp").unlink(missing_ok=True)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.destruction", "carrying")
