"""Indicators on DuckDB: values for every grain and split, from frames that were read beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import ibis
import polars as pl
from ibis.expr import types as ir

from citybrain.city.indicator import Indicator
from citybrain.insight.engines.compiling import Surroundings, compile_measure

SECONDS = {"15min": 900, "hour": 3600}
EPOCH = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Value:
    """One computed value.

    Attributes:
        split: Field it is split by, empty for the whole.
        key: Value of that field; missing ones stand as an empty text.
        bucket: Start of the period, in UTC.
        rows: Rows it rests on.

    """

    grain: str
    split: str
    key: str
    bucket: datetime
    value: float | None
    rows: int


class Engine:
    """One DuckDB in memory; it holds no truth and is thrown away after use."""

    def __init__(self, threads: int = 2, memory: str = "2GB") -> None:
        """Start an engine.

        Args:
            threads: Worker threads.
            memory: Memory limit, such as ``512MB``.

        """
        self._backend = ibis.duckdb.connect(threads=threads, memory_limit=memory)

    def close(self) -> None:
        """Throw the engine away."""
        self._backend.disconnect()

    def values(
        self, indicator: Indicator, frame: pl.DataFrame, zone: ZoneInfo, grains: Sequence[str], splits: Sequence[str]
    ) -> list[Value]:
        """Compute an indicator over rows.

        Args:
            indicator: A measured indicator.
            frame: Rows of its source with ``_at`` and ``_day``.
            zone: Reporting zone of the source.
            grains: Periods to compute.
            splits: Fields to split by; the empty text is the whole.

        Returns:
            A value for each period and key that has rows.

        """
        if indicator.measure is None or frame.is_empty():
            return []
        table = self._table(frame)
        if indicator.filter is not None:
            table = table.filter(compile_measure(indicator.filter, Surroundings(table, zone)))
        found: list[Value] = []
        for grain in grains:
            for split in splits:
                query = _grouped(indicator, table, zone, grain, split)
                found += [
                    Value(
                        grain, split, row["key"] or "", _instant(row["bucket"], zone), _number(row["value"]), row["n"]
                    )
                    for row in self._backend.to_pyarrow(query).to_pylist()
                    if row["bucket"] is not None
                ]
        return found

    def model(self, sql: str, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Run a theme model over frames; nothing but these frames can be read.

        Args:
            sql: One SELECT that was parsed and allowed beforehand.
            frames: Relations by the names the query uses.

        Raises:
            duckdb.Error: The query does not fit its relations.

        """
        raw = self._backend.con
        for name, frame in frames.items():
            raw.register(name, frame.to_arrow())
        made = pl.DataFrame(raw.sql(sql).to_arrow_table())
        for name in frames:
            raw.unregister(name)
        return made

    def _table(self, frame: pl.DataFrame) -> ir.Table:
        self._backend.con.register("source_rows", frame.to_arrow())
        return self._backend.table("source_rows")


def _grouped(indicator: Indicator, table: ir.Table, zone: ZoneInfo, grain: str, split: str) -> ir.Table:
    if indicator.measure is None:
        raise AssertionError
    bucket = _bucket(table, grain)
    key = table[split].cast("string") if split else ibis.literal("")
    staged = table.mutate(_bucket=bucket, _key=key)
    measured = compile_measure(indicator.measure, Surroundings(staged, zone)).cast("float64")
    if indicator.percent:
        measured = measured * 100.0
    return staged.group_by(bucket=staged["_bucket"], key=staged["_key"]).aggregate(value=measured, n=staged.count())


def _bucket(table: ir.Table, grain: str) -> Any:
    """Cut time into periods: from epoch arithmetic within a day, from the reporting day above it."""
    if grain in SECONDS:
        step = SECONDS[grain]
        return (table["_at"].epoch_seconds() // step).cast("int64") * step
    day = table["_day"]
    if grain == "day":
        return day.cast("string")
    if grain == "month":
        return _year(day).concat("-", day.month().cast("string").lpad(2, "0"), "-01")
    if grain == "year":
        return _year(day).concat("-01-01")
    return ibis.literal("1970-01-01")


def _year(day: Any) -> Any:
    return day.year().cast("string").lpad(4, "0")


def _instant(bucket: int | str, zone: ZoneInfo) -> datetime:
    if isinstance(bucket, int):
        return datetime.fromtimestamp(bucket, ZoneInfo("UTC"))
    return midnight(date.fromisoformat(bucket), zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant a local day begins.

    Args:
        day: A local day.
        zone: Its zone.

    Examples:
        >>> midnight(date(2026, 11, 20), ZoneInfo("Asia/Shanghai")).isoformat()
        '2026-11-19T16:00:00+00:00'

    """
    try:
        return datetime.combine(day, time.min, zone).astimezone(ZoneInfo("UTC"))
    except OverflowError:  # the year 1 begins east of Greenwich, and 9999 ends west of it, where no calendar is
        first, last = datetime(1, 1, 1, tzinfo=ZoneInfo("UTC")), datetime(9999, 12, 31, 23, tzinfo=ZoneInfo("UTC"))
        return first if day.year == 1 else last


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)  # noqa: PLR0124  NaN is the one value unlike itself


EngineError = duckdb.Error
