"""Corrections at the source: the provider brings a new version of an accepted row, the old one is kept.

A correction enters through the gate as a batch of one row and is judged like any other. From its commit on, whoever
reads the contract reads the new version in the place of the old one, whatever the contract's mode (Nanjing art. 11).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import polars as pl

from citybrain.city.contract import Contract
from citybrain.hub.disputes import typed_keys
from citybrain.hub.exchange.columns import BATCH, POSITION
from citybrain.hub.exchange.payload import ROW
from citybrain.hub.exchange.reading import Reader, Span
from citybrain.hub.formats import Parsed
from citybrain.hub.parcel import Correction, Parcel
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a row that was corrected.

    Attributes:
        batch, row: Where the version stood.
        corrected: Batch of the version that followed it.

    """

    batch: UUID
    row: int
    corrected: UUID
    reason: str
    person: str
    at: datetime


def locate(connection: Connection, reader: Reader, contract: Contract, keys: Mapping[str, str]) -> pl.DataFrame:
    """Find the row that stands now under some key values.

    Args:
        connection: A reading transaction.
        reader: Reads relations.
        contract: The contract.
        keys: Values by name of key field.

    Returns:
        One row: the fields beside ``_at``, ``_day``, ``_row``, ``_position`` and ``_batch``.

    Raises:
        WrongUse: A key is missing or does not fit its type.
        NotKnown: No row stands under them.

    """
    wanted = typed_keys(contract, keys)
    same = pl.all_horizontal(pl.col(name) == pl.lit(wanted[name].item(), dtype=wanted.schema[name]) for name in keys)
    rows = reader.current(connection, contract, _span(contract, wanted)).filter(same).collect()
    if rows.is_empty():
        raise NotKnown("hub.row_absent", contract=contract.ref, keys=list(contract.keys))
    return rows.sort(POSITION, ROW).tail(1)


def _span(contract: Contract, wanted: pl.DataFrame) -> Span:
    """Open only the batches of the row's day, where its keys tell the day."""
    if contract.event_time is None or contract.event_time not in wanted.columns:
        return Span()
    told = wanted[contract.event_time].item()
    day = told.astimezone(ZoneInfo(contract.zone)).date() if isinstance(told, datetime) else told
    return Span(day, day)


def correcting(
    connection: Connection,
    contract: Contract,
    standing: pl.DataFrame,
    values: Mapping[str, Any],
    reason: str,
    person: str,
    key: str,
) -> Parcel:
    """Lay a new version of a row out as a batch of one.

    Args:
        connection: A reading transaction.
        contract: The contract.
        standing: The row as it stands, from :func:`locate`.
        values: The fields that change; an empty text means that there is no value.
        reason: Why; never a personal value.
        person: Who says so.
        key: Beginning of the idempotency key; the content completes it, so that a failed attempt can be followed.

    Returns:
        The parcel; whoever holds it brings it to the gate.

    Raises:
        WrongUse: A field is unknown, or is a key: a row under another key is another row.

    """
    wrong = [name for name in values if name in contract.keys or not any(name == item.name for item in contract.fields)]
    if wrong or not values:
        raise WrongUse("hub.not_correctable", contract=contract.ref, fields=wrong)
    batch, row = UUID(standing[BATCH].item()), int(standing[ROW].item())
    texts = [pl.lit(_text(value), dtype=pl.String).alias(name) for name, value in values.items()]
    frame = standing.select(item.name for item in contract.fields).with_columns(texts)
    parsed = Parsed(frame, pl.Series("row", [1], dtype=pl.Int64))
    sha256 = hashlib.sha256(orjson.dumps(frame.row(0, named=True), default=str, option=orjson.OPT_SORT_KEYS)).digest()
    found = connection.execute(_sql()["batch"], {"id": batch}).fetchone()
    if found is None:
        raise NotKnown("hub.row_absent", contract=contract.ref, keys=list(contract.keys))
    system, delivery, part, arrived_at = found
    within = contract.mode == "snapshot"  # a correction of a snapshot is one more part of it, not the next one
    return Parcel(
        contract.ref,
        system,
        parsed,
        sha256,
        f"{key}/{sha256.hex()[:32]}",
        delivery if within else None,
        int(part) + 1 if within else 1,
        correction=Correction(batch, row, standing, arrived_at, reason, person),
    )


def _text(value: Any) -> str | None:
    return None if value in {"", None} else str(value)


def versions(connection: Connection, contract: str, batch: UUID) -> list[Version]:
    """List the earlier versions behind a correction, the newest first.

    Args:
        connection: Any transaction.
        contract: Ref.
        batch: Batch of the correction.

    """
    given = {"contract": contract, "batch": batch}
    return [Version(*row) for row in connection.execute(_sql()["versions"], given).fetchall()]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "corrections")
