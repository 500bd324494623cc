"""JSON into rows of text: the fast way for sound bodies, line by line where one is broken."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson
import polars as pl

from citybrain.kernel.errors import BatchRefused

SHOWN_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no record.

    Attributes:
        row: Number of the record in the delivery, counted from 1.
        reason: Key of the words that say why.
        text: Its beginning, as far as it can be shown.

    """

    row: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """Rows of text with the numbers they had in the delivery.

    Attributes:
        frame: ``n`` rows; columns of text, or typed ones from Arrow and Parquet.
        rows: ``n`` row numbers.
        broken: Lines that are no record.
        unknown: Columns that came and that the contract does not know.
        nul_possible: Whether a text may hold a NUL character.

    """

    frame: pl.DataFrame
    rows: pl.Series
    broken: tuple[BrokenLine, ...] = ()
    unknown: tuple[str, ...] = ()
    nul_possible: bool = True

    @property
    def received(self) -> int:
        """Number of records that came."""
        return self.frame.height + len(self.broken)

    @staticmethod
    def empty(columns: Sequence[str]) -> "Parsed":
        """Describe a body without a record.

        Args:
            columns: The columns wanted.

        """
        return Parsed(pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), pl.Series("row", [], dtype=pl.Int64))


def read_ndjson(body: bytes, columns: Sequence[str], encoding: str, line_bytes: int) -> Parsed:
    """Read one JSON object a line.

    Args:
        body: The lines.
        columns: Columns wanted; empty takes those of the first record.
        encoding: Encoding of the lines.
        line_bytes: Longest line read, in bytes; a longer one is a broken line.

    Returns:
        Rows of text; numbers keep all digits of integers.

    """
    lines_are_short = len(body) <= line_bytes or max(map(len, body.split(b"\n"))) <= line_bytes
    if encoding in {"utf-8", "utf-8-sig"} and lines_are_short and columns:
        fast = _read_fast(body.removeprefix(b"\xef\xbb\xbf"), columns)
        if fast is not None:
            return fast
    return _read_line_by_line(body, columns, encoding, line_bytes)


def _read_fast(body: bytes, columns: Sequence[str]) -> Parsed | None:
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    # NaN and Infinity are no JSON; the fast reader would let them pass as texts.
    try:
        frame = pl.read_ndjson(BytesIO(body), schema=dict.fromkeys(columns, pl.String))
    except (pl.exceptions.PolarsError, ValueError, OSError):
        return None
    if frame.height > lines or frame.select(pl.all_horizontal(pl.all().is_null()).any()).item():
        return None
    if frame.height < lines and frame.height != sum(1 for line in body.split(b"\n") if line.strip()):
        return None
    return Parsed(
        frame,
        pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("row"),
        (),
        _unknown_in_first(body, columns),
        nul_possible=b"\x00" in body or b"\\u0000" in body,
    )


def _unknown_in_first(body: bytes, columns: Sequence[str]) -> tuple[str, ...]:
    try:
        first = orjson.loads(body.lstrip().split(b"\n", 1)[0])
    except orjson.JSONDecodeError:
        return ()
    return tuple(str(key) for key in first if key not in columns) if isinstance(first, dict) else ()


def _read_line_by_line(body: bytes, columns: Sequence[str], encoding: str, line_bytes: int) -> Parsed:
    if encoding.lower().replace("_", "-") in {"utf-16", "utf-16-le", "utf-16-be", "utf-32"}:
        try:
            body, encoding = body.decode(encoding).encode(), "utf-8"
        except UnicodeDecodeError as error:
            raise BatchRefused("hub.encoding_wrong", encoding=encoding, byte=error.start) from None
    records: list[dict[str, Any]] = []
    rows: list[int] = []
    broken: list[BrokenLine] = []
    row = 0
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        row += 1
        record = _read_line(line, encoding, line_bytes)
        if isinstance(record, dict):
            records.append(record)
            rows.append(row)
        else:
            broken.append(BrokenLine(row, record, line[:SHOWN_CHARACTERS].decode("utf-8", "replace")))
    return from_records(records, rows, columns, broken)


def _read_line(line: bytes, encoding: str, line_bytes: int) -> dict[str, Any] | str:
    if len(line) > line_bytes:
        return "line_too_long"
    try:
        text = line.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        return "line_wrong_encoding"
    try:
        record = _loads(text)
    except (ValueError, RecursionError):
        return "line_not_json"
    return record if isinstance(record, dict) else "line_not_an_object"


def _loads(text: str) -> Any:
    """Read JSON keeping the digits of numbers as they were written; of a key that stands twice the first wins."""
    return json.loads(
        text,
        parse_int=str,
        parse_float=str,
        parse_constant=str,
        object_pairs_hook=lambda pairs: dict(reversed(pairs)),
    )


def read_json(body: bytes, columns: Sequence[str], encoding: str, path: str | None) -> Parsed:
    """Read one JSON document: a list of objects, or an object that holds one.

    Args:
        body: The document.
        columns: Columns wanted; empty takes those of the first record.
        encoding: Its encoding.
        path: Dotted path of the list inside; none looks for the document itself, ``records``, ``rows`` or ``data``.

    Raises:
        BatchRefused: It is no JSON, or holds no list there.

    """
    try:
        document = _loads(body.decode("utf-8-sig" if encoding == "utf-8" else encoding))
    except UnicodeDecodeError as error:
        raise BatchRefused("hub.encoding_wrong", encoding=encoding, byte=error.start) from None
    except (ValueError, RecursionError) as error:
        raise BatchRefused("hub.body_unreadable", format="json", reason=str(error)[:200]) from None
    listed = _list_in(document, path)
    if listed is None:
        raise BatchRefused("hub.no_list_of_records", path=path or "")
    records, rows, broken = [], [], []
    for row, record in enumerate(listed, 1):
        if isinstance(record, dict):
            records.append(record)
            rows.append(row)
        else:
            broken.append(BrokenLine(row, "line_not_an_object", str(record)[:SHOWN_CHARACTERS]))
    return from_records(records, rows, columns, broken)


def _list_in(document: Any, path: str | None) -> list[Any] | None:
    if path:
        for key in path.split("."):
            document = document.get(key) if isinstance(document, dict) else None
        return document if isinstance(document, list) else None
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for key in ("records", "rows", "data"):
            if isinstance(document.get(key), list):
                return list(document[key])
        return [document]
    return None


def from_records(
    records: Sequence[Mapping[str, Any]], rows: Sequence[int], columns: Sequence[str], broken: Sequence[BrokenLine]
) -> Parsed:
    """Lay records out as columns of text.

    Args:
        records: Objects as read.
        rows: Their numbers in the delivery.
        columns: Columns wanted; empty takes those of the first record.
        broken: Lines that were no object.

    """
    wanted = list(columns) or list(dict.fromkeys(key for record in records[:100] for key in record))
    data = {name: [as_text(record.get(name)) for record in records] for name in wanted}
    known = set(wanted)
    unknown = dict.fromkeys(key for record in records for key in record if key not in known)
    frame = pl.DataFrame(data, schema=dict.fromkeys(wanted, pl.String))
    return Parsed(frame, pl.Series("row", list(rows), dtype=pl.Int64), tuple(broken), tuple(unknown))


def as_text(value: Any) -> str | None:
    """Write a JSON value as the text a rule can judge.

    Args:
        value: Anything JSON can hold.

    Examples:
        >>> as_text(True), as_text(12), as_text(None), as_text({"q": 1})
        ('true', '12', None, '{"q":1}')

    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "not finite"
    if isinstance(value, int):
        return str(value)
    return orjson.dumps(value).decode()
