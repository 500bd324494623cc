"""Bytes of a file as pieces of text columns with their row numbers, streamed so that size is no matter."""

import gzip
import hashlib
import io
import json
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from citybrain.city.system import FilesFrom
from citybrain.hub.csvlines import cells_of
from citybrain.hub.formats import BrokenLine
from citybrain.kernel.errors import BatchRefused

_SHOWN_CHARACTERS = 500
_CHUNK_BYTES = 1 << 20
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, zlib.error, pa.ArrowInvalid)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a file as they stand there.

    Attributes:
        frame: Text columns under the file's own headings.
        rows: Number of each row in the file, from 1.
        broken: Lines that became no row.

    """

    frame: pl.DataFrame
    rows: pl.Series
    broken: tuple[BrokenLine, ...] = ()


@contextmanager
def opened(path: Path, member: str | None) -> Iterator[IO[bytes]]:
    """Open a file, a gzip file or a member of a zip archive for reading its plain bytes.

    Args:
        path: The file.
        member: Name inside the archive, when it is one.

    Yields:
        A binary stream.

    """
    if member is not None:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
            yield stream
    elif path.suffix == ".gz":
        with gzip.GzipFile(path, "rb") as unpacked:
            yield cast("IO[bytes]", unpacked)
    else:
        with path.open("rb") as stream:
            yield stream


def examine(path: Path, member: str | None, how: FilesFrom) -> tuple[str, int]:
    """Read a file once through before anything of it is delivered.

    Args:
        path: The file.
        member: Name inside the archive, when it is one.
        how: Declared format and encoding.

    Returns:
        SHA-256 of the plain bytes in hexadecimal, and their number.

    Raises:
        BatchRefused: The file is damaged, or not in the encoding its source declares.

    """
    total, size = hashlib.sha256(), 0
    text = how.format in {"csv", "ndjson", "json"}
    decoder = getincrementaldecoder(how.encoding)("strict") if text else None
    try:
        with opened(path, member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                total.update(chunk)
                if decoder is not None:
                    decoder.decode(chunk)
                size += len(chunk)
            if decoder is not None:
                decoder.decode(b"", final=True)
    except UnicodeError as error:
        at = size + getattr(error, "start", 0)
        raise BatchRefused("systems.encoding_differs", encoding=how.encoding, byte=at, file=path.name) from None
    except _DAMAGED as error:
        raise BatchRefused("systems.file_damaged", file=path.name, problem=str(error)) from None
    return total.hexdigest(), size


def pieces(path: Path, member: str | None, how: FilesFrom, most_rows: int) -> Iterator[Piece]:
    """Read a file piece by piece.

    Args:
        path: The file.
        member: Name inside the archive, when it is one.
        how: Declared format, encoding and frame.
        most_rows: Most rows of one piece.

    Yields:
        Pieces in the order of the file; the first one may be empty and then only tells the headings.

    Raises:
        BatchRefused: The file has no readable frame.

    """
    try:
        with opened(path, member) as stream:
            yield from pieces_of(stream, how, most_rows, path.name)
    except _DAMAGED as error:
        raise BatchRefused("systems.file_damaged", file=path.name, problem=str(error)) from None


def pieces_of(stream: IO[bytes], how: FilesFrom, most_rows: int, name: str) -> Iterator[Piece]:
    """Read a stream of bytes piece by piece; see :func:`pieces`.

    Args:
        stream: The plain bytes.
        how: Declared format, encoding and frame.
        most_rows: Most rows of one piece.
        name: What to call it in a refusal.

    """
    try:
        yield from _pieces_of(stream, how, most_rows)
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise BatchRefused("systems.encoding_differs", encoding=how.encoding, byte=at, file=name) from None
    except _DAMAGED as error:
        raise BatchRefused("systems.file_damaged", file=name, problem=str(error)) from None


def _pieces_of(stream: IO[bytes], how: FilesFrom, most_rows: int) -> Iterator[Piece]:
    if how.format == "parquet":
        yield from _arrow_pieces(pq.ParquetFile(stream).iter_batches(batch_size=most_rows))
    elif how.format == "arrow":
        yield from _arrow_pieces(_ipc_batches(stream, most_rows))
    elif how.format == "json":
        yield from _object_pieces(_json_records(stream.read(), how), most_rows)
    else:
        with io.TextIOWrapper(stream, encoding=how.encoding, errors="strict", newline="") as text:
            if how.format == "csv":
                yield from _csv_pieces(text, how, most_rows)
            else:
                yield from _object_pieces(_json_lines(text), most_rows)


def _headings(first: Sequence[str], rename: dict[int, str]) -> list[str]:
    """Name every column once: by ``rename`` where given, else by its heading, else by its position."""
    names: list[str] = []
    for position, heading in enumerate(first, 1):
        name = rename.get(position, heading.strip()) or f"column_{position}"
        names.append(f"{name}_{position}" if name in names else name)
    return names


def _csv_pieces(text: IO[str], how: FilesFrom, most_rows: int) -> Iterator[Piece]:
    for _ in islice(text, how.skip_lines):
        pass
    rows = (row for row in cells_of(text, how.delimiter) if row)
    if how.header == "first":
        first = next(rows, None)
        if first is None or isinstance(first, str):
            raise BatchRefused("systems.no_header")
        names = _headings(first, how.rename)
    else:
        names = _headings(how.columns, how.rename)
    number, width, empty = 0, len(names), True
    while chunk := list(islice(rows, most_rows)):
        good: list[list[str]] = []
        numbers: list[int] = []
        broken: list[BrokenLine] = []
        for row in chunk:
            number += 1
            if isinstance(row, list) and len(row) == width:
                good.append(row)
                numbers.append(number)
            elif isinstance(row, list):
                broken.append(BrokenLine(number, "line_wrong_cells", _shown(how.delimiter.join(row))))
            else:
                broken.append(BrokenLine(number, "line_open_quote", _shown(row)))
        yield Piece(_text_frame(names, good), pl.Series("row", numbers, dtype=pl.Int64), tuple(broken))
        empty = False
    if empty:
        yield Piece(_text_frame(names, []), pl.Series("row", [], dtype=pl.Int64))


def _text_frame(names: Sequence[str], rows: list[list[str]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame(
        [pl.Series(name, list(column), dtype=pl.String) for name, column in zip(names, columns, strict=True)]
    )


def _loads(text: str) -> Any:
    """Read JSON so that numbers keep the digits they were written with."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _json_records(body: bytes, how: FilesFrom) -> Iterator[Any]:
    text = body.decode(how.encoding)
    try:
        found = _loads(text)
    except (ValueError, RecursionError) as error:
        raise BatchRefused("systems.json_unreadable", problem=str(error)) from None
    for step in how.records.split(".") if how.records else ():
        if not isinstance(found, dict) or step not in found:
            raise BatchRefused("systems.records_missing", path=how.records)
        found = found[step]
    if not isinstance(found, list):
        raise BatchRefused("systems.records_missing", path=how.records or "")
    yield from found


class _Unreadable:
    """A line that is no JSON."""

    def __init__(self, line: str) -> None:
        self.line = line


def _json_lines(text: IO[str]) -> Iterator[Any]:
    for line in text:
        if not line.strip():
            continue
        try:
            yield _loads(line)
        except (ValueError, RecursionError):
            yield _Unreadable(line)


def _object_pieces(records: Iterator[Any], most_rows: int) -> Iterator[Piece]:
    number, names = 0, dict[str, None]()
    while True:
        chunk = list(islice(records, most_rows))
        good: list[dict[str, str | None]] = []
        numbers: list[int] = []
        broken: list[BrokenLine] = []
        for record in chunk:
            number += 1
            if isinstance(record, dict):
                good.append(_flat(record))
                numbers.append(number)
            elif isinstance(record, _Unreadable):
                broken.append(BrokenLine(number, "line_not_json", _shown(record.line)))
            else:
                broken.append(BrokenLine(number, "line_not_an_object", _shown(json.dumps(record, ensure_ascii=False))))
        if not chunk and number:
            return
        names |= dict.fromkeys(name for row in good for name in row)
        columns = [pl.Series(name, [row.get(name) for row in good], dtype=pl.String) for name in names]
        yield Piece(pl.DataFrame(columns), pl.Series("row", numbers, dtype=pl.Int64), tuple(broken))
        if not chunk:
            return


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    """Give every value of a nested object a name of its own: ``{"a": {"b": 1}}`` has the column ``a_b``."""
    found: dict[str, str | None] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}_")
        elif value is None or isinstance(value, str):
            found[prefix + key] = value
        else:
            found[prefix + key] = json.dumps(value, ensure_ascii=False)
    return found


def _ipc_batches(stream: IO[bytes], most_rows: int) -> Iterator[pa.RecordBatch]:
    held = pa.BufferReader(stream.read())
    try:
        table = pa.ipc.open_file(held).read_all()
    except pa.ArrowInvalid:
        held.seek(0)
        table = pa.ipc.open_stream(held).read_all()
    yield from table.to_batches(max_chunksize=most_rows)


def _arrow_pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[Piece]:
    number = 0
    for batch in batches:
        typed = pl.DataFrame(pa.Table.from_batches([batch]))
        frame = typed.select(_as_text(name, dtype) for name, dtype in typed.schema.items())
        yield Piece(frame, pl.Series("row", range(number + 1, number + frame.height + 1), dtype=pl.Int64))
        number += frame.height


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return pl.col(name).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    return pl.col(name).cast(pl.String)


def _shown(text: str) -> str:
    return text.rstrip("\r\n")[:_SHOWN_CHARACTERS]
