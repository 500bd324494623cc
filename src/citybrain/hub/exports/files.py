"""A file that grows page by page: in one of four formats, its digest made as it is written, memory flat."""

import hashlib
import os
from pathlib import Path
from typing import IO, Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from citybrain.hub.disputes import IN_DISPUTE
from citybrain.hub.exports.record import Form
from citybrain.hub.question import written

SUFFIXES: Final[dict[Form, str]] = {"csv": "csv", "ndjson": "ndjson", "arrow": "arrows", "parquet": "parquet"}
MEDIA_TYPES: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}


class GrowingFile:
    """Writes pages of rows into a file that only its owner may read."""

    def __init__(self, path: Path, form: Form) -> None:
        """Begin a file.

        Args:
            path: Where; nothing may stand there.
            form: csv, ndjson, arrow or parquet.

        """
        self._form = form
        self._out = _Counted(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"))
        self._table: Any = None
        self._begun = False

    def write(self, page: pl.DataFrame) -> None:
        """Add a page.

        Args:
            page: ``n`` rows as they leave; every page has the same columns.

        """
        told = _with_disputes(page, self._form)
        if self._form in {"arrow", "parquet"}:
            self._write_table(told.to_arrow(compat_level=pl.CompatLevel.oldest()))
        else:
            body = written(told, self._form)
            if self._form == "csv" and self._begun:
                body = body.partition(b"\r\n")[2]
            self._out.write(body)
        self._begun = True

    def close(self) -> tuple[int, bytes]:
        """End the file and bring it to the disk.

        Returns:
            Its bytes, and their SHA-256.

        """
        if self._table is not None:
            self._table.close()
        self._out.bring_to_disk()
        return self._out.size, self._out.digest()

    def abandon(self) -> None:
        """Let the file go as it is."""
        self._out.shut()

    def _write_table(self, table: pa.Table) -> None:
        if self._table is None:
            sink = pa.PythonFile(self._out, mode="w")
            if self._form == "arrow":
                self._table = pa.ipc.new_stream(sink, table.schema)
            else:
                self._table = pq.ParquetWriter(sink, table.schema, compression="zstd")
        self._table.write_table(table)


class _Counted:
    """A file that counts and digests what is written into it."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._sha256 = out, hashlib.sha256()
        self.size = 0

    @property
    def closed(self) -> bool:
        return self._out.closed

    def write(self, part: bytes) -> int:
        self._out.write(part)
        self._sha256.update(part)
        self.size += len(part)
        return len(part)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._out.flush()

    def digest(self) -> bytes:
        return self._sha256.digest()

    def bring_to_disk(self) -> None:
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()

    def shut(self) -> None:
        self._out.close()

    def close(self) -> None:
        return None  # the writer of a table closes what it writes into; the file is closed by its owner


def _with_disputes(page: pl.DataFrame, form: Form) -> pl.DataFrame:
    """Say in every page which fields of a row are in dispute, so that all pages have the same columns."""
    told = page
    if IN_DISPUTE not in page.columns:
        told = page.with_columns(pl.lit(None, dtype=pl.List(pl.String)).alias(IN_DISPUTE))
    if form == "csv":
        told = told.with_columns(pl.col(IN_DISPUTE).list.join(" "))
    return told
