"""Reading: the lake up to its position and the log after it, as one relation; DuckDB and Polars hold no truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import LiteralString
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.hub.exchange.columns import BATCH, POSITION, aligned, schema_of
from citybrain.hub.exchange.lake import LakeFiles, LakeState
from citybrain.hub.exchange.payload import DAY, INSTANT, ROW, unpack
from citybrain.kernel.errors import IntegrityBroken
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

_CACHED_BATCHES = 512


@dataclass(frozen=True, slots=True)
class Span:
    """Reporting days, both included; none is open."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class LogState:
    """How far contracts have come.

    Attributes:
        position: Highest position.
        newest_at: Newest event instant.
        arrived_at: When the newest batch came.

    """

    position: int
    newest_at: datetime | None
    received: int
    accepted: int
    batches: int
    arrived_at: datetime | None


class Reader:
    """Reads relations for one process; keeps decoded batches at hand, which never change."""

    def __init__(self, payloads: Path) -> None:
        """Stand before the stored payloads.

        Args:
            payloads: Folder of large payloads.

        """
        self._payloads = payloads
        self._files = LakeFiles()
        self._decoded: dict[tuple[UUID, bytes], pl.DataFrame] = {}
        self._destroyed = 0

    def forget_destroyed(self, connection: Connection) -> int:
        """Let everything go that is kept in memory, where anything was destroyed since.

        Args:
            connection: Any transaction.

        Returns:
            Place of the newest destruction; what others keep from before another place is old too.

        """
        row = connection.execute(_sql()["destroyed_so_far"]).fetchone()
        place = int(row[0]) if row else 0
        if place != self._destroyed:
            self._decoded.clear()
            self._destroyed = place
        return place

    def relation(
        self,
        connection: Connection,
        contract: Contract,
        span: Span = Span(),
        after: int = 0,
        *,
        with_corrected: bool = False,
    ) -> pl.LazyFrame:
        """Return the rows of a contract, each as it was admitted; a corrected row in its newest version.

        Args:
            connection: A reading transaction; what it sees is what is read.
            contract: The contract in force; fields added later read NULL in old rows.
            span: Only batches that touch these days are opened, and only rows of these days returned.
            after: Only rows after this position.
            with_corrected: Also the earlier versions of rows that were corrected.

        Returns:
            The contract's fields beside ``_at``, ``_day``, ``_row``, ``_position`` and ``_batch``.

        """
        lake = self._files.state(connection, contract.ref)
        parts = [
            *_lake_parts(lake, contract, after),
            *self._log_parts(connection, contract, span, max(after, lake.position)),
        ]
        relation = pl.concat(parts) if parts else pl.LazyFrame(schema=schema_of(contract))
        if contract.mode == "snapshot":
            relation = _newest_delivery(connection, contract, relation)
        if not with_corrected:
            relation = _newest_versions(connection, contract, relation)
        if span.first is not None:
            relation = relation.filter(pl.col(DAY).is_null() | (pl.col(DAY) >= span.first))
        if span.last is not None:
            relation = relation.filter(pl.col(DAY).is_null() | (pl.col(DAY) <= span.last))
        return relation

    def current(self, connection: Connection, contract: Contract, span: Span = Span()) -> pl.LazyFrame:
        """Return what holds now: for ``upsert`` the latest row of each key by event time, then position, then row.

        Args:
            connection: A reading transaction.
            contract: The contract in force.
            span: Days to look at; ignored for ``upsert``, whose newest row may stand in any of them.

        """
        if contract.mode != "upsert":
            return self.relation(connection, contract, span)
        order = [INSTANT, POSITION, ROW]
        return (
            self.relation(connection, contract)
            .sort(order, nulls_last=False)
            .unique(subset=list(contract.keys), keep="last", maintain_order=True)
        )

    def _log_parts(self, connection: Connection, contract: Contract, span: Span, after: int) -> list[pl.LazyFrame]:
        given = {"contract": contract.ref, "after": after, "first": span.first, "last": span.last}
        parts = []
        self.forget_destroyed(connection)
        for batch, sha256, position, payload, file in connection.execute(_sql()["log_batches"], given):
            frame = self._decode((batch, bytes(sha256)), payload, file)
            placed = frame.lazy().with_columns(
                pl.lit(position, dtype=pl.Int64).alias(POSITION), pl.lit(str(batch)).alias(BATCH)
            )
            parts.append(aligned(placed, contract))
        return parts

    def _decode(self, known: tuple[UUID, bytes], payload: bytes | None, file: str | None) -> pl.DataFrame:
        found = self._decoded.get(known)
        if found is not None:
            return found
        if payload is not None:
            frame = unpack(bytes(payload))
        elif file is not None and (self._payloads / file).is_file():
            frame = unpack((self._payloads / file).read_bytes())
        else:
            raise IntegrityBroken("hub.payload_missing", batch=known[0])
        if len(self._decoded) >= _CACHED_BATCHES:
            self._decoded.pop(next(iter(self._decoded)))
        if frame.height <= 100_000 and frame.estimated_size() < 4_000_000:
            self._decoded[known] = frame
        return frame


def _newest_delivery(connection: Connection, contract: Contract, relation: pl.LazyFrame) -> pl.LazyFrame:
    newest = connection.execute(_sql()["newest_delivery"], {"contract": contract.ref}).fetchone()
    if newest is None:
        return relation
    given = {"contract": contract.ref, "delivery": newest[0]}
    elsewhere = [row[0] for row in connection.execute(_sql()["corrections_elsewhere"], given)]
    relation = relation.filter(pl.col(POSITION) >= newest[1])
    return relation.filter(~pl.col(BATCH).is_in(elsewhere)) if elsewhere else relation


def _newest_versions(connection: Connection, contract: Contract, relation: pl.LazyFrame) -> pl.LazyFrame:
    corrected = connection.execute(_sql()["corrected"], {"contract": contract.ref}).fetchall()
    if not corrected:
        return relation
    gone = pl.LazyFrame(corrected, schema={BATCH: pl.String(), ROW: pl.Int32()}, orient="row")
    return relation.join(gone, on=[BATCH, ROW], how="anti", maintain_order="left")


def _lake_parts(lake: LakeState, contract: Contract, after: int) -> list[pl.LazyFrame]:
    if after >= lake.position:
        return []
    parts = [aligned(pl.scan_parquet(path), contract) for path in lake.files]
    return [part.filter(pl.col(POSITION) > after) for part in parts] if after else parts


def log_state(connection: Connection, contracts: tuple[str, ...]) -> LogState:
    """Tell how far contracts have come.

    Args:
        connection: Any transaction.
        contracts: Refs.

    """
    row = connection.execute(_sql()["state"], {"contracts": list(contracts)}).fetchone()
    if row is None:
        raise AssertionError
    return LogState(int(row[0]), row[1], int(row[2]), int(row[3]), int(row[4]), row[5])


def days_after(connection: Connection, contracts: tuple[str, ...], after: int) -> Span | None:
    """Tell which reporting days batches after a position touch.

    Args:
        connection: Any transaction.
        contracts: Refs.
        after: A log position.

    Returns:
        The span; an open one where rows have no day; none when nothing came.

    """
    row = connection.execute(_sql()["days_after"], {"contracts": list(contracts), "after": after}).fetchone()
    if row is None or (row[0] is None and not row[2]):
        return None
    return Span() if row[2] else Span(row[0], row[1])


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.exchange", "reading")
