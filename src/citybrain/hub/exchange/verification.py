"""Verification of the log against its evidence: counts, payloads, rows set aside (Hangzhou art. 8, 15)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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
class LogReport:
    """What a verification of the log found."""

    batches: int
    faults: tuple[Fault, ...]


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
    faults: list[Fault] = []
    batches = 0
    with connection.cursor(name="verify_log") as cursor:
        cursor.itersize = _PAGE
        cursor.execute(sql["batches"])
        for id_, received, accepted, set_aside, payload, file, sha256, in_lake, _, body, aside, status in cursor:
            batches += 1
            facts = orjson.loads(body)["facts"] if body else {}
            attested = (facts.get("received"), facts.get("accepted"), facts.get("set_aside"))
            if attested != (received, accepted, set_aside):
                faults.append(Fault("counts_changed", str(id_), f"{attested} ≠ {(received, accepted, set_aside)}"))
            if status == "admitted" and aside != set_aside:
                faults.append(Fault("set_aside_changed", str(id_), f"{set_aside} ≠ {aside}"))
            kept = facts.get("kept_sha256")
            if kept != (bytes(sha256).hex() if sha256 else None):
                faults.append(Fault("payload_changed", str(id_), "sha256"))
            elif kept and not in_lake and _digest(payload, file, payloads) != kept:
                faults.append(Fault("payload_changed", str(id_), file or "log"))
    for contract, batch, accepted in connection.execute(sql["in_lake"]).fetchall():
        if lake.rows(contract).get(str(batch), 0) != accepted:
            faults.append(Fault("lake_changed", str(batch), contract))
    for entry, subject in connection.execute(sql["without_batch"]).fetchall():
        faults.append(Fault("batch_removed", str(entry), subject))
    return LogReport(batches, tuple(faults))


def _digest(payload: bytes | None, file: str | None, payloads: Path) -> str:
    if payload is not None:
        return hashlib.sha256(payload).hexdigest()
    path = payloads / (file or "")
    return hashlib.sha256(path.read_bytes()).hexdigest() if file and path.is_file() else ""
