"""Bytes become rows of text: NDJSON, JSON, CSV, Arrow IPC, Parquet; one broken line costs one row, never the batch."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from citybrain.hub.columnar import read_columnar
from citybrain.hub.csvrows import read_csv
from citybrain.hub.jsonrows import BrokenLine, Parsed, read_json, read_ndjson, told
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

# Only encodings of plain text: Python's own list also holds codecs that run over names, escapes and numbers.
_ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "gbk", "gb2312", "gb18030", "hz", "shift_jis", "koi8-r"})
_ENCODING_FAMILIES = ("utf-16", "utf-32", "iso8859-", "cp", "big5", "euc_", "mac-")

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
        most_rows: Most rows of one batch.
        unpacked_bytes: Most bytes the rows of a columnar body may take once they are unpacked.
        exact: Whether numbers must keep every digit (decimals); else those beyond a double may be rounded.

    """

    format: str
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    names: tuple[str, ...] = ()
    records: str | None = None
    line_bytes: int = 16_777_216
    most_rows: int = 1_000_000
    unpacked_bytes: int = 268_435_456
    exact: bool = False


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
    encoding = encoding_of(layout.encoding)
    readers: dict[str, Callable[[], Parsed]] = {
        "ndjson": lambda: read_ndjson(
            body, layout.columns, encoding, layout.line_bytes, layout.most_rows, exact=layout.exact
        ),
        "json": lambda: read_json(body, layout.columns, encoding, layout.records, layout.most_rows),
        "csv": lambda: read_csv(
            body, layout.columns, encoding, layout.delimiter, layout.names, layout.header, layout.most_rows
        ),
        "parquet": lambda: _read_columnar(body, layout),
        "arrow": lambda: _read_columnar(body, layout),
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
    return replace(parsed, unknown=told(parsed.unknown)) if parsed.unknown else parsed


def encoding_of(name: str) -> str:
    """Return the name Python knows an encoding by.

    Args:
        name: As declared or sent.

    Raises:
        BatchRefused: There is no such encoding of text, or it can hold what is no text.

    Examples:
        >>> encoding_of("UTF8"), encoding_of("GB18030")
        ('utf-8', 'gb18030')

    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if found not in _ENCODINGS and not found.startswith(_ENCODING_FAMILIES):
        raise BatchRefused("hub.encoding_unknown", encoding=name[:40])
    return found


def _read_columnar(body: bytes, layout: Layout) -> Parsed:
    frame, found = read_columnar(body, layout.columns, layout.format, layout.most_rows, layout.unpacked_bytes)
    unknown = tuple(column for column in found if layout.columns and column not in layout.columns)
    rows = pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("row")
    return Parsed(frame, rows, (), unknown, nul_possible=True)
