"""The lake: old batches as Apache Iceberg tables, so that any engine can read them; the snapshot says up to where.

A compaction writes and syncs a Parquet file, commits a snapshot that carries the log position it contains, and only
then lets go of the payloads in the log. Readers take the position from the snapshot, so log and lake never overlap or
leave a gap, wherever a compaction is interrupted.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from citybrain.city.contract import Contract
from citybrain.hub.exchange.columns import aligned, schema_of
from citybrain.hub.exchange.payload import unpack
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements

if TYPE_CHECKING:  # a second to load, and most commands need none of it
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.table import Table

NAMESPACE = "citybrain"
POSITION_KEY = "citybrain.log.position"
BATCHES_AT_ONCE = 512
ENOUGH_BATCHES = 64
ENOUGH_BYTES = 33_554_432
LONG_ENOUGH = timedelta(hours=24)
KEPT_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LakeState:
    """What a snapshot holds of a contract.

    Attributes:
        position: Log position up to which everything is in the files.
        files: Its Parquet files.

    """

    position: int
    files: tuple[Path, ...]


EMPTY = LakeState(0, ())


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction moved."""

    contract: str
    batches: int
    rows: int
    position: int


def table_name(contract: str) -> str:
    """Name the lake table of a contract.

    Args:
        contract: Ref.

    Examples:
        >>> table_name("contract:metro/flow_15min")
        'metro__flow_15min'

    """
    return contract.removeprefix("contract:").replace("/", "__").replace("-", "_").replace("@", "_v")


class LakeFiles:
    """Tells which files a snapshot names; keeps what it has read, which never changes."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, LakeState] = {}

    def state(self, connection: Connection, contract: str) -> LakeState:
        """Return what the lake holds, as of the caller's transaction.

        Args:
            connection: The transaction that also reads the log.
            contract: Ref.

        """
        there = connection.execute(_sql()["catalog_there"]).fetchone()
        if there is None or not there[0]:
            return EMPTY
        row = connection.execute(_sql()["metadata_location"], {"table": table_name(contract)}).fetchone()
        if row is None:
            return EMPTY
        location = str(row[0])
        if location not in self._known:
            if len(self._known) > 1_000:
                self._known.clear()
            from pyiceberg.table import StaticTable  # noqa: PLC0415  see above

            self._known[location] = _state_of(StaticTable.from_metadata(location))
        return self._known[location]


def _state_of(table: "Table") -> LakeState:
    snapshot = table.current_snapshot()
    if snapshot is None or snapshot.summary is None:
        return EMPTY
    position = int(snapshot.summary.additional_properties.get(POSITION_KEY, "0"))
    paths = [Path(task.file.file_path.removeprefix("file://")) for task in table.scan().plan_files()]
    return LakeState(position, tuple(sorted(paths)))


class Lake:
    """Moves batches from the log into the lake."""

    def __init__(self, database: Database, payloads: Path, folder: Path, new_id: NewId) -> None:
        """Stand between log and lake.

        Args:
            database: Holds the log and the catalog of the lake.
            payloads: Folder of large payloads.
            folder: Where Parquet files go.
            new_id: Names the files.

        """
        self._database = database
        self._payloads = payloads
        self._folder = folder
        self._new_id = new_id

    @property
    def payloads(self) -> Path:
        """Folder of large payloads."""
        return self._payloads

    def due(self, now: datetime) -> list[str]:
        """Name the contracts whose log has grown enough.

        Args:
            now: Present instant.

        """
        with self._database.reading() as connection:
            rows = connection.execute(_sql()["backlog"]).fetchall()
        return [
            contract
            for contract, batches, size, oldest in rows
            if batches >= ENOUGH_BATCHES or size >= ENOUGH_BYTES or now - oldest > LONG_ENOUGH
        ]

    def compact(self, contract: Contract) -> Compacted | None:
        """Move what waits in the log of a contract into its lake table.

        Args:
            contract: The contract in force; old rows read NULL in fields it has added.

        Returns:
            What was moved; none when nothing waits or another process is at it.

        """
        with self.alone(contract.ref) as held:
            return self._compact(contract) if held else None

    def _compact(self, contract: Contract) -> Compacted | None:
        with self._catalog() as catalog:
            return self._move(contract, _table(catalog, contract))

    def _move(self, contract: Contract, table: "Table") -> Compacted | None:
        done = _state_of(table).position
        self._let_go(contract.ref, done)
        given = {"contract": contract.ref, "after": done, "limit": BATCHES_AT_ONCE}
        with self._database.reading() as connection:
            rows = connection.execute(_sql()["waiting"], given).fetchall()
        if not rows:
            return None
        frames = [self._placed(row, contract) for row in rows]
        frame = pl.concat(frames).sort("_day", "_at", "_position", "_row", nulls_last=True)
        upto = int(rows[-1][1])
        path = self._write(contract, frame, upto)
        table.add_files([str(path)], snapshot_properties={POSITION_KEY: str(upto)})
        self._let_go(contract.ref, upto)
        return Compacted(contract.ref, len(rows), frame.height, upto)

    def _placed(self, row: Any, contract: Contract) -> pl.DataFrame:
        batch, position, payload, file = row
        data = bytes(payload) if payload is not None else (self._payloads / file).read_bytes()
        frame = unpack(data).with_columns(
            pl.lit(position, dtype=pl.Int64).alias("_position"), pl.lit(str(batch)).alias("_batch")
        )
        return aligned(frame.lazy(), contract).collect()

    def _write(self, contract: Contract, frame: pl.DataFrame, upto: int) -> Path:
        folder = self._folder / NAMESPACE / table_name(contract.ref) / "data"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{upto:020d}-{self._new_id()}.parquet"
        temporary = path.with_suffix(".tmp")
        pq.write_table(_plain_arrow(frame), temporary, compression="zstd", row_group_size=250_000)
        handle = os.open(temporary, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        temporary.rename(path)
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        return path

    def _let_go(self, contract: str, upto: int) -> None:
        """Drop payloads the lake holds; files stay a while for readers that began before, see :meth:`sweep`."""
        if upto:
            with self._database.transaction() as connection:
                connection.execute(_sql()["mark"], {"contract": contract, "upto": upto})

    def settle(self, contract: Contract) -> None:
        """Drop payloads of batches the lake holds: a compaction that was killed may have left them in both places.

        Args:
            contract: The contract; the caller works on its table alone.

        """
        with self._catalog() as catalog:
            self._let_go(contract.ref, _state_of(_table(catalog, contract)).position)

    def adopt(self, contract: Contract, files: Sequence[Path], position: int) -> None:
        """Make a contract's lake table of files that are already in the lake's folder, as after a restore.

        Args:
            contract: The contract.
            files: Parquet files that :meth:`compact` once wrote.
            position: Log position up to which everything is in them.

        """
        with self._catalog() as catalog:
            table = _table(catalog, contract)
            table.add_files([str(path) for path in files], snapshot_properties={POSITION_KEY: str(position)})

    def lay_out(
        self, contract: Contract, files: Sequence[Path], position: int, folder: Path
    ) -> tuple[str, list[Path]]:  # fmt: skip
        """Lay a table out that holds just these files and no history; nothing names it yet.

        Args:
            contract: The contract.
            files: Parquet files of its table.
            position: Log position up to which everything is in them.
            folder: Where the lake's files are.

        Returns:
            Where its metadata is, and the folders it was written to.

        """
        schema = _plain_arrow(pl.DataFrame(schema=schema_of(contract))).schema
        name = f"{table_name(contract.ref)}__{self._new_id().hex}"
        with self._catalog() as catalog:
            place = folder / NAMESPACE / table_name(contract.ref) / name
            table = catalog.create_table((NAMESPACE, name), schema=schema, location=f"file://{place}")
            try:
                table.add_files([str(path) for path in files], snapshot_properties={POSITION_KEY: str(position)})
                return table.metadata_location, [place]
            finally:
                catalog.drop_table((NAMESPACE, name))  # the row of the catalog alone: files stay

    @contextmanager
    def alone(self, contract: str) -> Iterator[bool]:
        """Keep compactions of a contract away.

        Args:
            contract: Ref.

        Yields:
            Whether they are kept away; false while one is under way in another process.

        """
        with self._database.alone() as lock:
            locked = lock.execute(_sql()["lock"], {"contract": contract}).fetchone()
            held = bool(locked and locked[0])
            try:
                yield held
            finally:
                if held:
                    lock.execute(_sql()["unlock"], {"contract": contract})

    def sweep(self, now: datetime) -> int:
        """Remove payload files nobody needs: those the lake holds, and those of admissions that never committed.

        Args:
            now: Present instant; younger files are left alone.

        Returns:
            How many files were removed.

        """
        old = [path for path in self._payloads.glob("*/*") if path.stat().st_mtime < (now - KEPT_AFTER).timestamp()]
        with self._database.reading() as connection:
            names = [path.relative_to(self._payloads).as_posix() for path in old]
            rows = connection.execute(_sql()["needed"], {"names": names}).fetchall()
        needed = {str(row[0]) for row in rows}
        gone = [path for path, name in zip(old, names, strict=True) if name not in needed]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    @contextmanager
    def _catalog(self) -> "Iterator[SqlCatalog]":
        """Open the catalog for one compaction; its connections are closed at the end."""
        from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415  see above

        self._folder.mkdir(parents=True, exist_ok=True)
        uri = "postgresql+psycopg" + self._database.url[self._database.url.index("://") :]
        catalog = SqlCatalog(NAMESPACE, uri=uri, warehouse=f"file://{self._folder}")
        try:
            catalog.create_namespace_if_not_exists(NAMESPACE)
            yield catalog
        finally:
            catalog.engine.dispose()


def _table(catalog: "SqlCatalog", contract: Contract) -> "Table":
    from pyiceberg.exceptions import NoSuchTableError  # noqa: PLC0415  see above

    schema = _plain_arrow(pl.DataFrame(schema=schema_of(contract))).schema
    name = (NAMESPACE, table_name(contract.ref))
    try:
        table = catalog.load_table(name)
    except NoSuchTableError:
        return catalog.create_table(name, schema=schema)
    with table.update_schema() as update:
        update.union_by_name(schema)
    return catalog.load_table(name)


class LakeCount:
    """Counts rows by batch in lake tables, each table once."""

    def __init__(self, connection: Connection) -> None:
        """Count as of a transaction.

        Args:
            connection: A reading transaction.

        """
        self._connection = connection
        self._files = LakeFiles()
        self._known: dict[str, Mapping[str, int]] = {}

    def rows(self, contract: str) -> Mapping[str, int]:
        """Return the rows of every batch in a contract's lake table; a file that cannot be read holds none.

        Args:
            contract: Ref.

        """
        if contract not in self._known:
            counts: dict[str, int] = {}
            for path in self._files.state(self._connection, contract).files:
                try:
                    found = pl.scan_parquet(path).group_by("_batch").len().collect().rows()
                except (pl.exceptions.PolarsError, OSError):
                    continue
                for batch, rows in found:
                    counts[batch] = counts.get(batch, 0) + rows
            self._known[contract] = counts
        return self._known[contract]


def _plain_arrow(frame: pl.DataFrame) -> pa.Table:
    """Write types every engine reads: plain strings instead of views and large ones."""
    table = frame.to_arrow()
    fields = [
        pa.field(
            item.name,
            pa.string() if pa.types.is_large_string(item.type) or str(item.type) == "string_view" else item.type,
        )
        for item in table.schema
    ]
    return table.cast(pa.schema(fields))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.exchange", "lake")
