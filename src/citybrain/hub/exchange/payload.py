"""Payloads: the accepted rows of a batch as compressed columnar bytes, inline when small, a synced file when large."""

import errno
import hashlib
import os
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.kernel.errors import Unavailable

ROW = "_row"
INSTANT = "_at"
DAY = "_day"


@dataclass(frozen=True, slots=True)
class Payload:
    """Accepted rows, ready to be stored.

    Attributes:
        data: Zstandard-compressed Arrow IPC file.
        first_day, last_day: Reporting days they span.
        newest_at: Newest event instant, none where rows have no time.

    """

    data: bytes
    sha256: bytes
    first_day: date | None
    last_day: date | None
    newest_at: datetime | None


def pack(accepted: pl.DataFrame, rows: pl.Series, contract: Contract) -> Payload | None:
    """Lay accepted rows out for the log.

    Args:
        accepted: Typed rows.
        rows: Their numbers in the delivery.
        contract: For event time and reporting zone.

    Returns:
        The payload, none when no row was accepted. Beside the fields it holds the row number ``_row``, the event
        instant ``_at`` in UTC and the reporting day ``_day`` of the contract's zone.

    """
    if accepted.is_empty():
        return None
    frame = accepted.with_columns(rows.cast(pl.Int32).alias(ROW), *_times(contract))
    buffer = BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    data = buffer.getvalue()
    days = frame.select(first=pl.col(DAY).min(), last=pl.col(DAY).max(), newest=pl.col(INSTANT).max()).row(0)
    return Payload(data, hashlib.sha256(data).digest(), *days)


def _times(contract: Contract) -> list[pl.Expr]:
    if contract.event_time is None:
        return [
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(INSTANT),
            pl.lit(None, dtype=pl.Date).alias(DAY),
        ]
    column = pl.col(contract.event_time)
    if contract.field(contract.event_time).type == "date":
        midnight = column.cast(pl.Datetime("us")).dt.replace_time_zone(
            contract.zone, ambiguous="earliest", non_existent="null"
        )
        return [midnight.dt.convert_time_zone("UTC").alias(INSTANT), column.alias(DAY)]
    return [column.alias(INSTANT), column.dt.convert_time_zone(contract.zone).dt.date().alias(DAY)]


def unpack(data: bytes) -> pl.DataFrame:
    """Read a payload back.

    Args:
        data: Bytes of :func:`pack`.

    """
    return pl.read_ipc(BytesIO(data))


def store_file(folder: Path, contract: str, batch: UUID, data: bytes) -> str:
    """Write a large payload and make it durable before anybody may speak of it.

    Args:
        folder: Payload folder of this instance.
        contract: Ref; its department and resource name the sub-folder.
        batch: Id of the batch.
        data: The payload.

    Returns:
        Path below the folder. A file without a batch row is garbage that a sweep removes.

    Raises:
        Unavailable: The disk is full; nothing is left behind.

    """
    name = contract.removeprefix("contract:").replace("/", "-").replace("@", "-v")
    path = folder / name / f"{batch}.arrow"
    try:
        _write_durably(path, data)
    except OSError as error:
        path.with_suffix(".tmp").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable("kernel.disk_full") from error
        raise
    return f"{name}/{path.name}"


def _write_durably(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    for directory in (path.parent, path.parent.parent):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
