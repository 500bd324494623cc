"""Files of a folder, read as their source declares (Hangzhou art. 9)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.system import FilesFrom, Source
from citybrain.hub.formats import BrokenLine, Parsed
from citybrain.kernel.errors import BatchRefused, WrongUse
from citybrain.systems.connectors.deliveries import Delivery, Part
from citybrain.systems.connectors.mapping import Mapped, Mapping
from citybrain.systems.connectors.records import Piece, examine, pieces

_CELLS_AT_ONCE = 2_000_000


def read(
    source: Source,
    contract: Contract,
    folder: Path,
    *,
    shift: timedelta | None = None,
) -> Iterator[Delivery]:
    """Read every file of a source.

    Args:
        source: A source whose ``from`` is ``files``.
        contract: The contract it feeds.
        folder: The data folder its pattern starts in.
        shift: How far the columns of ``replay`` are moved; none leaves the times as they are.

    Yields:
        One delivery a file, in the order of their names. A file that cannot be read is a refused delivery, and the
        next one follows.

    Raises:
        WrongUse: The source is no file source, or its pattern leaves the folder.

    Source:
        Hangzhou art. 9 (systems connect to the hub), art. 15 (who provides answers for validity and accuracy).

    """
    how = source.from_
    if not isinstance(how, FilesFrom):
        raise WrongUse("systems.not_a_file_source", source=source.ref)
    for path, member in matching(folder, how.path):
        yield _delivery(source, contract, folder, path, member, shift)


def matching(folder: Path, pattern: str) -> Iterator[tuple[Path, str | None]]:
    """Find the files of a pattern.

    Args:
        folder: Where the pattern starts.
        pattern: As in a shell; ``archive.zip!member.csv`` names a member of an archive.

    Yields:
        Files in the order of their names, with the member's name for archives.

    Raises:
        WrongUse: The pattern leaves the folder.

    """
    outer, _, member = pattern.partition("!")
    if outer.startswith("/") or ".." in Path(outer).parts:
        raise WrongUse("systems.path_leaves_folder", path=pattern)
    for path in sorted(folder.glob(outer)):
        if path.is_file():
            yield path, member or None


def _delivery(
    source: Source,
    contract: Contract,
    folder: Path,
    path: Path,
    member: str | None,
    shift: timedelta | None,
) -> Delivery:
    how = source.from_
    assert isinstance(how, FilesFrom)  # noqa: S101  the caller has made sure
    name = path.relative_to(folder).as_posix() + (f"!{member}" if member else "")
    mapping = Mapping(source, contract, shift, lenient=how.format in {"json", "ndjson"})

    def raw(most_rows: int) -> Iterator[Piece]:
        found = pieces(path, member, how, most_rows)
        return (_with_file_part(piece, how.file_part, name) for piece in found)

    digest, size = "", path.stat().st_size
    try:
        content, size = examine(path, member, how)
        digest = _digest(content, mapping, name)
        first = next(raw(1), None)
        columns = first.frame.columns if first is not None else []
        unused = mapping.check(columns) if first is not None else ()
    except BatchRefused as refused:
        return Delivery(source.ref, contract.ref, name, digest, size, lambda _: iter(()), refused)

    def parts(batch_rows: int) -> Iterator[Part]:
        at_once = max(1, min(batch_rows, _CELLS_AT_ONCE // max(1, len(columns))))
        return cut((mapping.apply(piece) for piece in raw(at_once)), batch_rows)

    return Delivery(source.ref, contract.ref, name, digest, size, parts, unused=unused)


def _digest(content: str, mapping: Mapping, name: str) -> str:
    """Digest the bytes together with how they are read: a corrected mapping makes another delivery of the same file."""
    source = mapping.source
    how = source.model_dump_json(exclude={"system", "provenance"})
    part = name if isinstance(source.from_, FilesFrom) and source.from_.file_part else ""
    said = "\n".join([content, how, str(mapping.shift), part])
    return hashlib.sha256(said.encode()).hexdigest()


def _with_file_part(piece: Piece, pattern: str | None, name: str) -> Piece:
    if pattern is None:
        return piece
    found = re.search(pattern, name)
    if found is None:
        raise BatchRefused("systems.file_part_missing", file=name, pattern=pattern)
    value = pl.lit(found[1], pl.String).alias("file_part")
    return Piece(piece.frame.with_columns(value), piece.rows, piece.broken)


def cut(mapped: Iterator[Mapped], batch_rows: int) -> Iterator[Part]:
    """Cut mapped rows into parts that are full except the last.

    Args:
        mapped: Rows in the order of the file.
        batch_rows: Most rows and broken lines of one part.

    Yields:
        Parts numbered from 1; a file without rows has one empty part, so that its arrival is on record.

    """
    number, held, height, broken, passed_by, seen = 1, list[Mapped](), 0, list[BrokenLine](), 0, 0
    for found in chain(mapped, [None]):
        if found is not None:
            piece = _renumbered(found, seen) if found.unfolded else found
            seen += piece.frame.height + len(piece.broken)
            held.append(piece)
            height += piece.frame.height
            broken += piece.broken
            passed_by += piece.passed_by
        while height + len(broken) >= batch_rows or (found is None and (height or broken or number == 1)):
            frame = pl.concat([item.frame for item in held])
            rows = pl.concat([item.rows for item in held])
            lines, broken = broken[:batch_rows], broken[batch_rows:]
            room = batch_rows - len(lines)
            yield Part(number, Parsed(frame.head(room), rows.head(room), tuple(lines)), passed_by)
            held, height = [Mapped(frame.slice(room), rows.slice(room), (), 0)], max(0, height - room)
            passed_by, number = 0, number + 1


def _renumbered(piece: Mapped, seen: int) -> Mapped:
    """Number unfolded rows one by one, so that a row set aside is known by its number."""
    broken = tuple(replace(line, row=seen + index) for index, line in enumerate(piece.broken, 1))
    first = seen + len(broken) + 1
    rows = pl.Series("row", range(first, first + piece.frame.height), dtype=pl.Int64)
    return replace(piece, rows=rows, broken=broken)
