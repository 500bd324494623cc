"""Bytes become rows of text: NDJSON, JSON, CSV, Arrow IPC, Parquet; one broken line costs one row, never the batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from citybrain.hub.csvrows import read_csv
from citybrain.hub.jsonrows import BrokenLine, Parsed, read_json, read_ndjson
from citybrain.kernel.errors import BatchRefused

MEDIA_TYPES: dict[str, str] = {
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.apache.parquet": "parquet",
}

__all__ = ["MEDIA_TYPES", "BrokenLine", "Layout", "Parsed", "parse"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a body is to be read; declared by the contract or the source, never guessed.

    Attributes:
        format: ndjson, json, csv, arrow or parquet.
        columns: Columns wanted; others are counted as unknown and left out. Empty takes all.
        encoding: Declared encoding of text.
        delimiter: Between CSV cells.
        header: Whether the first CSV line names the columns; else ``names`` does.
        names: Column names by position for CSV without, or with an unusable, header.
        line_bytes: Longest line read, in bytes.

    """

    format: str
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    names: tuple[str, ...] = ()
    records: str | None = None
    line_bytes: int = 16_777_216


def parse(body: bytes, layout: Layout) -> Parsed:
    """Read a body into rows of text.

    Args:
        body: What came, whole.
        layout: How to read it.

    Returns:
        ``n`` readable rows with their numbers, and the broken lines with theirs.

    Raises:
        BatchRefused: Nothing in it can be read as the format says.

    Source:
        Hangzhou art. 15.

    """
    readers: dict[str, Callable[[], Parsed]] = {
        "ndjson": lambda: read_ndjson(body, layout.columns, layout.encoding, layout.line_bytes),
        "json": lambda: read_json(body, layout.columns, layout.encoding, layout.records),
        "csv": lambda: read_csv(body, layout.columns, layout.encoding, layout.delimiter, layout.names, layout.header),
        "parquet": lambda: _read_columnar(body, layout.columns, "parquet", pl.read_parquet),
        "arrow": lambda: _read_columnar(body, layout.columns, "arrow", _read_arrow),
    }
    if layout.format not in readers:
        raise BatchRefused("hub.format_unknown", format=layout.format, known=sorted(readers))
    if not body.strip(b" \t\r\n"):
        return Parsed.empty(layout.columns)
    parsed = readers[layout.format]()
    if parsed.frame.is_empty() and parsed.broken:
        first = parsed.broken[0]
        raise BatchRefused(
            "hub.nothing_readable", format=layout.format, lines=len(parsed.broken), row=first.row, reason=first.reason
        )
    return parsed


def _read_arrow(source: BytesIO) -> pl.DataFrame:
    try:
        return pl.read_ipc_stream(source)
    except (pl.exceptions.PolarsError, OSError):
        source.seek(0)
        return pl.read_ipc(source)


def _read_columnar(body: bytes, columns: Sequence[str], name: str, reader: Callable[[BytesIO], pl.DataFrame]) -> Parsed:
    try:
        frame = reader(BytesIO(body))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise BatchRefused("hub.body_unreadable", format=name, reason=str(error).splitlines()[0][:200]) from None
    unknown = tuple(column for column in frame.columns if columns and column not in columns)
    wanted = frame.select([column for column in frame.columns if column not in unknown])
    if columns and not wanted.columns:
        raise BatchRefused("hub.no_known_column", found=frame.columns[:20], wanted=list(columns))
    rows = pl.int_range(1, wanted.height + 1, dtype=pl.Int64, eager=True).alias("row")
    return Parsed(_plain_columns(wanted), rows, (), unknown, nul_possible=b"\x00" in body)


def _plain_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Write nested and other unusual columns as text; categories become the text they stand for."""
    unusual = [
        name
        for name, dtype in frame.schema.items()
        if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Binary)) or dtype.is_nested()
    ]
    if not unusual:
        return frame
    return frame.with_columns(pl.col(name).cast(pl.String, strict=False) for name in unusual)
