"""JSON into rows of text: the fast way for sound bodies, line by line where one is broken."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from typing import Any

import orjson
import polars as pl

from citybrain.kernel.errors import BatchRefused

SHOWN_CHARACTERS = 200
UNKNOWN_SHOWN = 200
DOCUMENT_BYTES = 33_554_432
RECORDS_AT_ONCE = 20_000
LONG_DIGITS = 4_000
_HALF = re.compile("[\ud800-\udfff]")


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


def read_ndjson(
    body: bytes, columns: Sequence[str], encoding: str, line_bytes: int, most_rows: int, *, exact: bool = False
) -> Parsed:
    """Read one JSON object a line.

    Args:
        body: The lines.
        columns: Columns wanted; empty takes those of the first record.
        encoding: Encoding of the lines.
        line_bytes: Longest line read, in bytes; a longer one is a broken line.
        most_rows: Most lines read.
        exact: Whether numbers must keep every digit, not those of a double.

    Returns:
        Rows of text; numbers keep all digits of integers.

    Raises:
        BatchRefused: Wrong encoding of the whole, or more lines than one batch may hold.

    """
    if encoding.startswith(("utf-16", "utf-32")):
        try:
            body, encoding = body.decode(encoding).encode(), "utf-8"
        except UnicodeDecodeError as error:
            raise BatchRefused("hub.encoding_wrong", encoding=encoding, byte=error.start) from None
    if body.count(b"\n") > most_rows and _lines(body) > most_rows:
        raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
    lines_are_short = len(body) <= line_bytes or _longest(body) <= line_bytes
    if encoding in {"utf-8", "utf-8-sig"} and lines_are_short and columns and not exact:
        fast = _read_fast(body.removeprefix(b"\xef\xbb\xbf"), columns)
        if fast is not None:
            return fast
    return _read_line_by_line(body, columns, encoding, line_bytes)


def _each_line(body: bytes) -> Iterator[bytes]:
    """Give the lines one by one; a list of all of them would take several times the body."""
    start = 0
    while (end := body.find(b"\n", start)) >= 0:
        yield body[start:end]
        start = end + 1
    if start < len(body):
        yield body[start:]


def _lines(body: bytes) -> int:
    return sum(1 for line in _each_line(body) if line.strip())


def _longest(body: bytes) -> int:
    return max(map(len, _each_line(body)), default=0)


def _read_fast(body: bytes, columns: Sequence[str]) -> Parsed | None:
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    try:
        frame = pl.read_ndjson(BytesIO(body), schema=dict.fromkeys(columns, pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, OSError):
        return None
    if frame.height > lines or frame.select(pl.all_horizontal(pl.all().is_null()).any()).item():
        return None
    if frame.height < lines and frame.height != _lines(body):
        return None
    return Parsed(
        frame,
        pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias("row"),
        (),
        _unknown_in_first(body, columns),
        # Half a surrogate pair is no character; the fast reader puts a NUL in its place.
        nul_possible=any(mark in body for mark in (b"\x00", b"\\u0000", b"\\ud", b"\\uD")),
    )


def _unknown_in_first(body: bytes, columns: Sequence[str]) -> tuple[str, ...]:
    try:
        first = orjson.loads(body[: body.find(b"\n") % (len(body) + 1)])
    except orjson.JSONDecodeError:
        return ()
    return tuple(key for key in first if key not in columns) if isinstance(first, dict) else ()


def told(keys: Iterable[str]) -> tuple[str, ...]:
    """Name columns that nobody knows, as far as they can be written down and there are not too many.

    Args:
        keys: Names as they came.

    """
    names = dict.fromkeys(_writable(key).replace("\x00", "␀")[:SHOWN_CHARACTERS] for key in keys)
    return tuple(names)[:UNKNOWN_SHOWN]


def _read_line_by_line(body: bytes, columns: Sequence[str], encoding: str, line_bytes: int) -> Parsed:
    broken: list[BrokenLine] = []

    def numbered() -> Iterator[tuple[int, Mapping[str, Any]]]:
        row = 0
        for line in _each_line(body):
            if not line.strip():
                continue
            row += 1
            record = _read_line(line, encoding, line_bytes)
            if isinstance(record, dict):
                yield row, record
            else:
                broken.append(BrokenLine(row, record, line[:SHOWN_CHARACTERS].decode("utf-8", "replace")))

    return from_records(numbered(), columns, broken)


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


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


def _loads(text: str) -> Any:
    """Read JSON keeping the digits of numbers as they were written; of a key that stands twice the first wins.

    NaN and Infinity, which are no JSON but are sent, are texts that no number field lets through.
    """
    return json.loads(
        text,
        parse_int=_Digits,
        parse_float=_Digits,
        parse_constant=str,
        object_pairs_hook=lambda pairs: dict(reversed(pairs)),
    )


def read_json(body: bytes, columns: Sequence[str], encoding: str, path: str | None, most_rows: int) -> Parsed:
    """Read one JSON document: a list of objects, or an object that holds one.

    Args:
        body: The document.
        columns: Columns wanted; empty takes those of the first record.
        encoding: Its encoding.
        path: Dotted path of the list inside; none looks for the document itself, ``records``, ``rows`` or ``data``.
        most_rows: Most records read.

    Raises:
        BatchRefused: It is no JSON, holds no list there, or is larger than a document may be.

    """
    if len(body) > DOCUMENT_BYTES:
        raise BatchRefused("hub.document_too_large", most_bytes=DOCUMENT_BYTES)
    try:
        document = _loads(body.decode("utf-8-sig" if encoding == "utf-8" else encoding))
    except UnicodeDecodeError as error:
        raise BatchRefused("hub.encoding_wrong", encoding=encoding, byte=error.start) from None
    except (ValueError, RecursionError) as error:
        raise BatchRefused("hub.body_unreadable", format="json", reason=str(error)[:200]) from None
    listed = _list_in(document, path)
    if listed is None:
        raise BatchRefused("hub.no_list_of_records", path=path or "")
    if len(listed) > most_rows:
        raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
    broken: list[BrokenLine] = []

    def numbered() -> Iterator[tuple[int, Mapping[str, Any]]]:
        for row, record in enumerate(listed, 1):
            if isinstance(record, dict):
                yield row, record
            else:
                shown = (as_text(record) or "null")[:SHOWN_CHARACTERS]
                broken.append(BrokenLine(row, "line_not_an_object", shown))

    return from_records(numbered(), columns, broken)


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
    records: Iterable[tuple[int, Mapping[str, Any]]], columns: Sequence[str], broken: Sequence[BrokenLine]
) -> Parsed:
    """Lay records out as columns of text, some thousand at a time, so that objects never stand for a whole body.

    Args:
        records: Numbers in the delivery and objects as read.
        columns: Columns wanted; empty takes those of the first records.
        broken: Lines that were no object; may grow while the records are taken.

    """
    stream = iter(records)
    wanted = list(columns)
    frames: list[pl.DataFrame] = []
    rows: list[pl.Series] = []
    unknown: dict[str, None] = {}
    while some := list(islice(stream, RECORDS_AT_ONCE)):
        if not frames and not columns:
            wanted = list(dict.fromkeys(key for _, record in some[:100] for key in record))
        data = {name: [as_text(record.get(name)) for _, record in some] for name in wanted}
        frames.append(pl.DataFrame(data, schema=dict.fromkeys(wanted, pl.String), height=len(some)))
        rows.append(pl.Series("row", [row for row, _ in some], dtype=pl.Int64))
        known = set(wanted)
        if len(unknown) < UNKNOWN_SHOWN:
            unknown.update(dict.fromkeys(key for _, record in some for key in record if key not in known))
    if not frames:
        return replace(Parsed.empty(wanted), broken=tuple(broken))
    return Parsed(pl.concat(frames, rechunk=True), pl.concat(rows), tuple(broken), tuple(unknown))


def as_text(value: Any) -> str | None:
    """Write a JSON value as the text a rule can judge.

    Args:
        value: Anything JSON can hold.

    Examples:
        >>> as_text(True), as_text(12), as_text(None), as_text({"q": 1})
        ('true', '12', None, '{"q": 1}')

    """
    if value is None:
        return None
    if isinstance(value, str):
        return _writable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "not finite"
    if isinstance(value, int):
        return str(value)
    try:
        return _writable(json.dumps(_plain(value), ensure_ascii=False))
    except RecursionError:
        return "\x00 nested too deeply"


def _plain(value: Any) -> Any:
    """Turn digits inside nested values back into numbers, as the fast reader writes them."""
    if isinstance(value, _Digits):
        return int(value) if value.removeprefix("-").isdecimal() and len(value) < LONG_DIGITS else _float(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else str(digits)


def _writable(text: str) -> str:
    """Put a NUL, which no text field may hold, where half a surrogate pair stands for no character."""
    return text if text.isascii() or not _HALF.search(text) else _HALF.sub("\x00", text)
