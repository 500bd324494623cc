"""Verification of the log against its evidence: counts, payloads, rows set aside, what was destroyed with certificate.

A payload that was changed by a destruction is told by its certificate, not as changed: salted digests lead from the
attested payload over every certificate to what is there now (Hangzhou art. 8, 13, 15).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import orjson

from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.evidence import Fault

_PAGE = 50


class LakeCounts(Protocol):
    """Counts rows by batch in a contract's lake table."""

    def rows(self, contract: str) -> Mapping[str, int]:
        """Return rows by batch id."""
        ...


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Rows of a batch that are gone with a certificate.

    Attributes:
        number: Number of the certificate.
        rows: Accepted rows and rows set aside.

    """

    batch: UUID
    number: str
    rows: int


@dataclass(frozen=True, slots=True)
class LogReport:
    """What a verification of the log found."""

    batches: int
    faults: tuple[Fault, ...]
    destroyed: tuple[Destroyed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    destruction: UUID
    number: str
    rows: int
    set_aside: int
    salt: bytes
    before: bytes | None
    after: bytes | None


def verify_log(connection: Connection, payloads: Path, lake: LakeCounts) -> LogReport:
    """Compare every batch with its evidence entry.

    Args:
        connection: A reading transaction.
        payloads: Folder of large payloads.
        lake: Counts the rows of batches in the lake.

    Returns:
        Number of batches and every contradiction: a batch whose counts, payload or set-aside rows are not what was
        attested, and attested batches that are gone.

    """
    sql = statements("citybrain.hub.exchange", "verification")
    lines, faults = _certified(connection)
    batches = 0
    with connection.cursor(name="verify_log") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(sql["batches"])
        for id_, received, accepted, set_aside, payload, file, sha256, in_lake, _, body, aside, status, *gone in cursor:
            batches += 1
            facts = orjson.loads(body)["facts"] if body else {}
            attested = (facts.get("received"), facts.get("accepted"), facts.get("set_aside"))
            if attested != (received, accepted, set_aside):
                faults.append(Fault("counts_changed", str(id_), f"{attested} ≠ {(received, accepted, set_aside)}"))
            if status == "admitted" and aside != set_aside:
                faults.append(Fault("set_aside_changed", str(id_), f"{set_aside} ≠ {aside}"))
            of_batch = lines.get(id_, [])
            if tuple(gone) != (sum(line.rows for line in of_batch), sum(line.set_aside for line in of_batch)):
                faults.append(Fault("destroyed_without_certificate", str(id_), str(tuple(gone))))
            kept = _expected(facts.get("kept_sha256"), of_batch)
            if kept != (bytes(sha256).hex() if sha256 else None):
                faults.append(Fault("payload_changed", str(id_), "sha256"))
            elif kept and not in_lake and _digest(payload, file, payloads) != kept:
                faults.append(Fault("payload_changed", str(id_), file or "log"))
    for contract, batch, there in connection.execute(sql["in_lake"]).fetchall():
        if lake.rows(contract).get(str(batch), 0) != there:
            faults.append(Fault("lake_changed", str(batch), contract))
    for entry, subject in connection.execute(sql["without_batch"]).fetchall():
        faults.append(Fault("batch_removed", str(entry), subject))
    gone_rows = [Destroyed(batch, item.number, item.rows + item.set_aside) for batch in lines for item in lines[batch]]
    return LogReport(batches, tuple(faults), tuple(gone_rows))


def _certified(connection: Connection) -> tuple[dict[UUID, list[_Line]], list[Fault]]:
    """Read what certificates say of each batch, in their order; a certificate that is not as attested is a fault."""
    sql = statements("citybrain.hub.exchange", "verification")
    lines: dict[UUID, list[_Line]] = {}
    faults: list[Fault] = []
    attested_of: dict[UUID, tuple[str, str]] = {}
    parts: dict[UUID, list[bytes]] = {}
    for batch, destruction, number, rows, aside, salt, before, after, attested in connection.execute(
        sql["certified"]
    ).fetchall():
        known = _Line(destruction, number, rows, aside, bytes(salt), before and bytes(before), after and bytes(after))
        lines.setdefault(batch, []).append(known)
        told = batch.bytes + f"{rows}/{aside}/".encode() + known.salt + (known.before or b"-") + (known.after or b"-")
        parts.setdefault(destruction, []).append(told)
        attested_of[destruction] = (number, attested or "")
    for destruction, (number, attested) in attested_of.items():
        if hashlib.sha256(b"".join(parts[destruction])).hexdigest() != attested:
            faults.append(Fault("certificate_changed", str(destruction), number))
    for destruction, number in connection.execute(sql["uncertified"]).fetchall():
        faults.append(Fault("certificate_removed", str(destruction), number))
    return lines, faults


def _expected(kept: str | None, lines: list[_Line]) -> str | None:
    """Follow the salted digests from the attested payload to what must be there now."""
    for line in lines:
        if line.before is None:
            continue
        if kept is None or hashlib.sha256(line.salt + bytes.fromhex(kept)).digest() != line.before:
            return ""
        kept = None if line.after is None else line.after.hex()
    return kept


def _digest(payload: bytes | None, file: str | None, payloads: Path) -> str:
    if payload is not None:
        return hashlib.sha256(payload).hexdigest()
    path = payloads / (file or "")
    return hashlib.sha256(path.read_bytes()).hexdigest() if file and path.is_file() else ""
