"""The exchange monitor.

What came, what was kept, what was set aside, and whether the sum holds (Hangzhou art. 8, 15).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from citybrain.city.contract import LAW_ASPECTS
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Sum:
    """Rows of one contract in a period; ``received == accepted + set_aside``."""

    contract: str
    batches: int
    received: int
    accepted: int
    set_aside: int
    arrived_at: datetime
    newest_at: datetime | None
    refused: int


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch in a list; ``sequence`` is its place in the chain of evidence."""

    id: UUID
    contract: str
    system: str
    arrived_at: datetime
    received: int
    accepted: int
    set_aside: int
    status: str
    sequence: int | None
    first_reason: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Broken:
    """Rows that broke a rule in a period."""

    rule: str
    dimension: str
    on_break: str
    rows: int


@dataclass(frozen=True, slots=True)
class BatchEvidence:
    """What attests a batch."""

    entry: UUID
    sha256: bytes
    sequence: int | None
    revision: int
    body_sha256: bytes
    key: str
    payload_bytes: int


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "monitor")


def sums(connection: Connection, since: datetime) -> list[Sum]:
    """Sum rows by contract.

    Args:
        connection: Any transaction.
        since: Batches that arrived from here on.

    """
    return [Sum(*row) for row in connection.execute(_sql()["sums"], {"since": since}).fetchall()]


def newest(connection: Connection) -> dict[str, tuple[datetime, datetime | None]]:
    """Return the last arrival and the newest event of every contract.

    Args:
        connection: Any transaction.

    """
    return {row[0]: (row[1], row[2]) for row in connection.execute(_sql()["newest"]).fetchall()}


def batches(
    connection: Connection,
    contract: str | None = None,
    *,
    among: Sequence[str] | None = None,
    faulty: bool = False,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[BatchLine], int]:
    """List batches, newest first.

    Args:
        connection: Any transaction.
        contract: Only this contract's.
        among: Only of these contracts; none means all.
        faulty: Only those with rows set aside.
        limit: Most batches.
        offset: Batches skipped.

    Returns:
        The batches and how many there are in all.

    """
    listed = None if among is None else list(among)
    given: dict[str, Any] = {
        "contract": contract, "among": listed, "faulty": faulty, "limit": limit, "offset": offset,
    }  # fmt: skip
    found = [BatchLine(*row) for row in connection.execute(_sql()["batches"], given).fetchall()]
    total = connection.execute(_sql()["count"], given).fetchone()
    return found, int(total[0]) if total else 0


def broken(connection: Connection, contracts: Sequence[str], since: datetime) -> list[Broken]:
    """Count broken rules.

    Args:
        connection: Any transaction.
        contracts: Refs.
        since: Batches that arrived from here on.

    """
    given = {"contracts": list(contracts), "since": since}
    return [
        Broken(row[0], row[1], row[2], int(row[3])) for row in connection.execute(_sql()["broken"], given).fetchall()
    ]


def longest_way(connection: Connection, contracts: Sequence[str], since: datetime) -> timedelta | None:
    """Return the longest time from an event to its arrival, of all batches but one in twenty.

    Args:
        connection: Any transaction.
        contracts: Refs.
        since: Batches that arrived from here on.

    """
    row = connection.execute(_sql()["lateness"], {"contracts": list(contracts), "since": since}).fetchone()
    return row[0] if row else None


def attested(connection: Connection, batch: UUID) -> BatchEvidence | None:
    """Return what attests a batch.

    Args:
        connection: Any transaction.
        batch: Its id.

    """
    row = connection.execute(_sql()["evidence"], {"id": batch}).fetchone()
    return BatchEvidence(row[0], bytes(row[1]), row[2], row[3], bytes(row[4]), row[5], row[6]) if row else None


def aspect_of(dimension: str) -> str:
    """Tell under which of the law's four aspects a dimension counts.

    Args:
        dimension: A dimension of GB/T 36344.

    Examples:
        >>> aspect_of("uniqueness"), aspect_of("consistency")
        ('validity', 'accuracy')

    """
    return next((aspect for aspect, listed in LAW_ASPECTS.items() if dimension in listed), "validity")
