"""Arrow IPC and Parquet into frames: what foreign bytes announce is measured before memory is given to it."""

import json
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citybrain.kernel.errors import BatchRefused

_FILE_MAGIC = b"ARROW1\x00\x00"
_ROWS_AT_ONCE = 32_768
_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2
_UNREADABLE = (pa.ArrowException, OSError, ValueError, struct.error, IndexError, NotImplementedError, OverflowError)


def read_columnar(
    body: bytes, columns: Sequence[str], name: str, most_rows: int, most_bytes: int
) -> tuple[pl.DataFrame, list[str]]:
    """Read a columnar body.

    Polars would abort the process on a length that was made up, so PyArrow reads, checks and measures.

    Args:
        body: An Arrow stream, an Arrow file, or a Parquet file.
        columns: Columns wanted; empty takes all.
        name: ``arrow`` or ``parquet``.
        most_rows: Most rows read.
        most_bytes: Most bytes its rows may take once they are unpacked.

    Returns:
        The wanted columns, and the names of all columns that came.

    Raises:
        BatchRefused: It cannot be read, or unpacks to more than may be held.

    """
    try:
        found, batches = _open(body, name, columns, most_bytes)
        taken = list(_measured(batches, most_rows, most_bytes))
        wanted = [column for column in found if not columns or column in columns]
        if columns and not wanted:
            raise BatchRefused("hub.no_known_column", found=found[:20], wanted=list(columns))
        frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(taken))) if taken else pl.DataFrame()
        if not taken:
            frame = pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
        return _plain_columns(frame), found
    except (*_UNREADABLE, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise BatchRefused("hub.body_unreadable", format=name, reason=reason) from None


def _open(
    body: bytes, name: str, columns: Sequence[str], most_bytes: int
) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    if name == "parquet":
        return _open_parquet(body, columns, most_bytes)
    stream = memoryview(body)[len(_FILE_MAGIC) :] if body.startswith(_FILE_MAGIC) else memoryview(body)
    if announced_bytes(stream) > most_bytes:
        raise BatchRefused("hub.unpacks_too_large", most_bytes=most_bytes)
    reader = pa.ipc.open_stream(stream)
    found = list(reader.schema.names)
    wanted = [column for column in found if not columns or column in columns]
    return found, (batch.select(wanted) for batch in reader)


def _open_parquet(body: bytes, columns: Sequence[str], most_bytes: int) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    source = pa.BufferReader(body)
    schema = pq.read_schema(source)
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]
    source.seek(0)
    # Texts stay dictionaries, so that a short page that stands for gigabytes is measured, not unpacked.
    file = pq.ParquetFile(source, read_dictionary=texts)
    groups = (file.metadata.row_group(index) for index in range(file.metadata.num_row_groups))
    if sum(group.total_byte_size for group in groups) > most_bytes:
        raise BatchRefused("hub.unpacks_too_large", most_bytes=most_bytes)
    found = list(schema.names)
    wanted = [column for column in found if not columns or column in columns]
    return found, file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=wanted, use_threads=False)


def _measured(batches: Iterator[pa.RecordBatch], most_rows: int, most_bytes: int) -> Iterator[pa.RecordBatch]:
    rows = size = 0
    for batch in batches:
        batch.validate(full=True)
        rows += batch.num_rows
        if rows > most_rows:
            raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
        size += sum(_unpacked_bytes(column) for column in batch.columns)
        if size > most_bytes:
            raise BatchRefused("hub.unpacks_too_large", most_bytes=most_bytes)
        names = batch.schema.names
        yield pa.RecordBatch.from_arrays([_unpacked(column) for column in batch.columns], names=names)


def _unpacked_bytes(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes) + 16 * _inner_cells(column)
    if not _is_text(column.type.value_type):
        return int(column.nbytes) + len(column) * 16
    lengths = pc.binary_length(column.dictionary).cast(pa.int64()).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0) + len(column) * 8


def _inner_cells(column: pa.Array) -> int:
    """Count the cells inside nested ones: a list of two thousand million nulls takes no bytes until it is read."""
    kind = column.type
    if pa.types.is_struct(kind):
        return sum(_inner_cells(inner) for inner in column.flatten())
    if pa.types.is_map(kind):
        return 2 * len(column.keys) + _inner_cells(column.items)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = column.flatten()
        return len(inner) + _inner_cells(inner)
    return 0


def _unpacked(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)


def announced_bytes(stream: memoryview) -> int:
    """Add up what the compressed buffers of an Arrow stream say they unpack to, without unpacking them.

    Args:
        stream: An Arrow IPC stream.

    Returns:
        Bytes announced; plain buffers count with the length they have.

    """
    total = 0
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(stream))
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return total
        body = message.body
        data = memoryview(body) if body is not None else memoryview(b"")
        for offset, length, packed in _buffers(memoryview(message.metadata)):
            if packed and length >= 8:
                (unpacked,) = struct.unpack_from("<q", data, offset)
                total += length if unpacked == -1 else max(unpacked, 0)
            else:
                total += length


def _buffers(metadata: memoryview) -> Iterator[tuple[int, int, bool]]:
    """Walk the flat buffer of a message: offset and length of each buffer, and whether it is compressed."""
    (root,) = struct.unpack_from("<I", metadata, 0)
    kind_at, header_at = _field(metadata, root, 1), _field(metadata, root, 2)
    if not kind_at or not header_at or metadata[kind_at] not in {_RECORD_BATCH, _DICTIONARY_BATCH}:
        return
    table = _follow(metadata, header_at)
    if metadata[kind_at] == _DICTIONARY_BATCH:
        data_at = _field(metadata, table, 1)
        if not data_at:
            return
        table = _follow(metadata, data_at)
    buffers_at, packed = _field(metadata, table, 2), bool(_field(metadata, table, 3))
    if buffers_at:
        vector = _follow(metadata, buffers_at)
        (count,) = struct.unpack_from("<I", metadata, vector)
        for index in range(count):
            offset, length = struct.unpack_from("<qq", metadata, vector + 4 + 16 * index)
            yield offset, length, packed


def _field(metadata: memoryview, table: int, number: int) -> int:
    """Return where a field of a flat-buffer table stands, 0 when it has its default."""
    (back,) = struct.unpack_from("<i", metadata, table)
    (size,) = struct.unpack_from("<H", metadata, table - back)
    slot = 4 + 2 * number
    if slot >= size:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, table - back + slot)
    return table + int(offset) if offset else 0


def _follow(metadata: memoryview, place: int) -> int:
    (offset,) = struct.unpack_from("<I", metadata, place)
    return place + int(offset)


def _plain_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Write nested and other unusual columns as text; a cell that is no text stays one that no type lets through."""
    made = []
    for column in frame.iter_columns():
        dtype = column.dtype
        if isinstance(dtype, pl.Binary):
            made.append(pl.Series(column.name, [_text_of(cell) for cell in column], dtype=pl.String))
        elif dtype.is_nested() or isinstance(dtype, (pl.Object, pl.Duration)):
            made.append(pl.Series(column.name, [_json_of(cell) for cell in column.to_list()], dtype=pl.String))
        elif isinstance(dtype, (pl.Categorical, pl.Enum, pl.Time)):
            made.append(column.cast(pl.String, strict=False))
        else:
            made.append(column)
    return pl.DataFrame(made) if made else frame


def _text_of(cell: bytes | None) -> str | None:
    if cell is None:
        return None
    try:
        return cell.decode()
    except UnicodeDecodeError:
        return "\x00" + cell[:64].hex()


def _json_of(cell: Any) -> str | None:
    return None if cell is None else json.dumps(cell, ensure_ascii=False, default=str)
