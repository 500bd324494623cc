"""A batch on its way in, and where its payload will be kept."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import polars as pl

from citybrain.hub.formats import Layout, Parsed


@dataclass(frozen=True, slots=True)
class Correction:
    """An accepted row that is put right by a new version; the old one stays in the log.

    Attributes:
        batch, row: The row that is corrected.
        standing: That row as it is read now: one row of typed fields, with its instant and reporting day.
        arrived_at: When it came; the new version is judged as if it had come then, for it is about that time.
        reason: Why, in a few words; never a personal value.
        person: Who says so.

    """

    batch: UUID
    row: int
    standing: pl.DataFrame
    arrived_at: datetime
    reason: str
    person: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch on its way in.

    Attributes:
        contract: Ref of the contract it claims to fulfil.
        system: Ref of the system that was authenticated.
        content: The bytes with their layout, or rows that a connector has read.
        sha256: Digest of the bytes (of the file, for a connector).
        key: Idempotency key; the same key returns the first receipt.
        delivery: What the batch is a part of; none for a delivery of one.
        repair: Batch, row and person when this is a mended row.
        correction: The accepted row that this row puts right.

    """

    contract: str
    system: str
    content: tuple[bytes, Layout] | Parsed
    sha256: bytes
    key: str
    delivery: UUID | None = None
    part: int = 1
    repair: tuple[UUID, int, str] | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """Where payloads go.

    Attributes:
        folder: Folder of large payloads.
        inline_bytes: Payloads up to this size stand in the log row.

    """

    folder: Path
    inline_bytes: int


def digest(body: bytes) -> bytes:
    """Digest a body for its parcel.

    Args:
        body: What came, whole.

    """
    return hashlib.sha256(body).digest()
