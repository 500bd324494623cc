"""Erasing rows from log and lake: new files beside the old ones, one transaction that names them, then the old ones go.

Whoever is killed before that transaction leaves the old state and some files that nothing names; whoever is killed
after it leaves the new state and a list of files that are still to be removed.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from citybrain.city.contract import Contract
from citybrain.hub.exchange.columns import BATCH, POSITION
from citybrain.hub.exchange.lake import NAMESPACE, Lake, LakeFiles, table_name
from citybrain.hub.exchange.payload import ROW, store_file, unpack
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

Hit = Callable[[pl.DataFrame], pl.Series]
Seen = Callable[[pl.DataFrame], None]


@dataclass(frozen=True, slots=True)
class Sought:
    """Rows that are to go.

    Attributes:
        hit: Tells of ``n`` rows with ``_batch`` which are meant: ``n`` times true or false.
        batches: Where whole batches are meant, these; none where rows may stand in any batch.
        needs: Names of the fields that ``hit`` looks at.
        seen: Is shown every piece that goes, with ``_position``, ``_row`` and ``_batch``.

    """

    contract: Contract
    hit: Hit
    needs: tuple[str, ...]
    seen: Seen
    batches: tuple[UUID, ...] | None = None


@dataclass(slots=True)
class Erased:
    """What was erased of one contract.

    Attributes:
        log, lake: Rows by batch.
        digests: Digest of what is left in the log by batch; none where nothing is left.
        before: Digest of the payload as it was, by batch of the log.
        files: Digests of the lake's files that were written anew.
        leftover: Files that nothing names once the transaction has committed.
        made: Files that nothing names if it does not.

    """

    log: dict[UUID, int] = field(default_factory=dict)
    lake: dict[UUID, int] = field(default_factory=dict)
    digests: dict[UUID, bytes | None] = field(default_factory=dict)
    before: dict[UUID, bytes] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)
    leftover: list[Path] = field(default_factory=list)
    made: list[Path] = field(default_factory=list)


def erase_from_log(
    connection: Connection, sought: Sought, payloads: Path, new_id: NewId, into: Erased
) -> None:  # fmt: skip
    """Take rows out of the payloads of a contract's log, one batch at a time.

    Args:
        connection: The command's transaction; no compaction of the contract is under way.
        sought: Which rows.
        payloads: Folder of large payloads.
        new_id: Names new payload files.
        into: Is told what was erased.

    """
    given = {"contract": sought.contract.ref, "batches": None if sought.batches is None else list(sought.batches)}
    for batch, position in connection.execute(_sql()["in_log"], given).fetchall():
        row = connection.execute(_sql()["payload"], {"id": batch}).fetchone()
        if row is None:
            continue
        payload, file, sha256 = row
        data = bytes(payload) if payload is not None else (payloads / file).read_bytes()
        frame = unpack(data)
        placed = frame.with_columns(
            pl.lit(position, dtype=pl.Int64).alias(POSITION), pl.lit(str(batch)).alias(BATCH)
        )  # fmt: skip
        hit = sought.hit(placed)
        gone = int(hit.sum())
        if not gone:
            continue
        sought.seen(placed.filter(hit))
        into.log[batch], into.before[batch] = gone, bytes(sha256)
        _put(connection, (batch, file), frame.filter(~hit), (sought.contract, payloads, new_id), into)


def _put(
    connection: Connection, where: tuple[UUID, str | None], left: pl.DataFrame,
    how: tuple[Contract, Path, NewId], into: Erased,
) -> None:  # fmt: skip
    (batch, file), (contract, payloads, new_id) = where, how
    data, name = None, None
    if not left.is_empty():
        buffer = BytesIO()
        left.write_ipc(buffer, compression="zstd")
        data = buffer.getvalue()
    if data is not None and file is not None:
        name = store_file(payloads, contract.ref, new_id(), data)
        into.made.append(payloads / name)
    if file is not None:
        into.leftover.append(payloads / file)
    digest = None if data is None else hashlib.sha256(data).digest()
    into.digests[batch] = digest
    given = {
        "id": batch, "payload": data if name is None else None, "file": name, "sha256": digest,
        "bytes": len(data or b""),
    }  # fmt: skip
    connection.execute(_sql()["put"], given)


def erase_from_lake(
    connection: Connection, sought: Sought, lake: Lake, folder: Path, new_id: NewId, into: Erased
) -> None:  # fmt: skip
    """Take rows out of a contract's lake table: files that hold some are written anew, row group by row group.

    The table is made anew from its files, without history: old snapshots and the bounds of columns in their manifests
    would tell what was destroyed.

    Args:
        connection: The command's transaction; no compaction of the contract is under way.
        sought: Which rows.
        lake: The lake.
        folder: Where the lake's files are.
        new_id: Names the new files.
        into: Is told what was erased.

    """
    state = LakeFiles().state(connection, sought.contract.ref)
    kept: list[Path] = []
    changed: list[Path] = []
    for path in state.files:
        groups = _groups_with(path, sought)
        if not groups:
            kept.append(path)
            continue
        changed.append(path)
        fresh = path.with_name(f"{path.stem.partition('-')[0]}-{new_id()}.parquet")
        into.made.append(fresh)
        if _write_anew(path, fresh, groups, sought, into):
            kept.append(fresh)
            into.files.append(_digest(fresh))
    _forget_copies(connection, sought, state.files, lake, folder, into)
    if not changed:
        return
    into.leftover += changed
    location, made = lake.lay_out(sought.contract, kept, state.position, folder)
    into.made += made
    row = connection.execute(
        _sql()["name_table"], {"table": table_name(sought.contract.ref), "location": location}
    ).fetchone()
    if row is not None and row[0]:
        into.leftover.append(Path(str(row[0]).removeprefix("file://")).parent)


def _forget_copies(
    connection: Connection, sought: Sought, files: tuple[Path, ...], lake: Lake, folder: Path, into: Erased
) -> None:  # fmt: skip
    """Let go of payload files of batches the lake holds, and of files that an interrupted compaction left behind."""
    batches = list(into.lake)
    for (name,) in connection.execute(_sql()["still_beside"], {"batches": batches}).fetchall():
        into.leftover.append(lake.payloads / name)
    connection.execute(_sql()["forget_beside"], {"batches": batches})
    data = folder / NAMESPACE / table_name(sought.contract.ref) / "data"
    known = {*files, *into.made}
    into.leftover += [path for path in data.glob("*") if path.is_file() and path not in known]


def _groups_with(path: Path, sought: Sought) -> frozenset[int]:
    """Tell which row groups hold rows that are sought; only the fields that tell are read."""
    found = set()
    with pq.ParquetFile(path) as file:
        names = [name for name in (*sought.needs, BATCH) if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            frame = _frame(file.read_row_group(group, columns=names))
            if set(sought.needs) <= set(frame.columns) and bool(sought.hit(frame).any()):
                found.add(group)
    return frozenset(found)


def _write_anew(path: Path, fresh: Path, groups: frozenset[int], sought: Sought, into: Erased) -> bool:
    """Write a file without the rows; returns whether any row is left."""
    temporary, rows = fresh.with_suffix(".tmp"), 0
    with (
        pq.ParquetFile(path) as file,
        pq.ParquetWriter(temporary, file.schema_arrow, compression="zstd") as writer,
    ):
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            if group in groups:
                frame = _frame(table)
                hit = sought.hit(frame)
                gone = frame.filter(hit)
                sought.seen(gone)
                for batch, count in gone.group_by(BATCH).len().rows():
                    into.lake[UUID(batch)] = into.lake.get(UUID(batch), 0) + count
                table = table.filter(pa.array((~hit).to_list(), pa.bool_()))
            rows += table.num_rows
            writer.write_table(table, row_group_size=250_000)
    _sync(temporary)
    if not rows:
        temporary.unlink()
        return False
    temporary.rename(fresh)
    _sync(fresh.parent)
    return True


def _frame(table: pa.Table) -> pl.DataFrame:
    made = pl.from_arrow(table)
    if not isinstance(made, pl.DataFrame):
        raise AssertionError
    return made


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def places_of(frame: pl.DataFrame) -> list[tuple[int, int]]:
    """Return position and row of each of some rows.

    Args:
        frame: ``n`` rows with ``_position`` and ``_row``.

    """
    return [(int(position), int(row)) for position, row in frame.select(POSITION, ROW).iter_rows()]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.exchange", "erasing")
