"""CSV into rows of text: a line with too many or too few cells costs one row."""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO

import polars as pl

from citybrain.hub.csvlines import cells_of
from citybrain.hub.jsonrows import SHOWN_CHARACTERS, BrokenLine, Parsed
from citybrain.kernel.errors import BatchRefused

LONGEST_LINE = 16_777_216
_TOO_LONG = "\x00too long\x00"
# Lines with their ends; a text file in memory would take four bytes for every character.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read_csv(
    body: bytes,
    columns: Sequence[str],
    encoding: str,
    delimiter: str,
    names: Sequence[str],
    header: bool,
    most_rows: int,
) -> Parsed:
    """Read comma-separated text.

    Args:
        body: The file.
        columns: Columns wanted; empty takes all.
        encoding: Declared encoding; a body of another one is refused, never guessed.
        delimiter: One character between cells.
        names: Column names by position; empty takes the header's.
        header: Whether the first line is a header.
        most_rows: Most rows read.

    Returns:
        Rows of text, numbered from 1 without the header.

    Raises:
        BatchRefused: Wrong encoding, a heading that stands twice, no known column, or too many rows.

    """
    if not encoding.startswith(("utf-16", "utf-32")) and b'"' not in body and body.count(b"\n") > 2 * most_rows + 1:
        raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
    text = _decode(body, encoding)
    nul = "\x00" in text
    if '"' not in text and not nul:
        parsed = _read_plain(text, delimiter, names, header, most_rows)
    else:
        parsed = _read_quoted(text, delimiter, names, header, most_rows)
    found, frame, rows, broken = parsed
    unknown = tuple(name for name in found if columns and name not in columns)
    if columns and len(unknown) == len(found):
        raise BatchRefused("hub.no_known_column", found=found[:20], wanted=list(columns))
    return Parsed(frame.drop(unknown), rows, tuple(broken), unknown, nul_possible=nul)


def _decode(body: bytes, encoding: str) -> str:
    try:
        return body.decode("utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding)
    except UnicodeDecodeError as error:
        raise BatchRefused("hub.encoding_wrong", encoding=encoding, byte=error.start) from None


def _headings(cells: Sequence[str], names: Sequence[str]) -> list[str]:
    found = list(names) if names else [cell.strip() for cell in cells]
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise BatchRefused("hub.heading_twice", headings=twice)
    return found


Rows = tuple[list[str], pl.DataFrame, pl.Series, list[BrokenLine]]


def _read_plain(text: str, delimiter: str, names: Sequence[str], header: bool, most_rows: int) -> Rows:
    """Read text without quotes: cells are counted for all lines at once."""
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    if text.count("\n") > 2 * most_rows + 1:  # blank lines are no rows, but they are not free either
        raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
    lines = pl.Series("line", text.split("\n"), dtype=pl.String)
    lines = lines.filter(lines.str.strip_chars(_blank(delimiter)) != "")
    if lines.len() > most_rows + header:
        raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
    if lines.is_empty():
        return [], pl.DataFrame(), pl.Series("row", [], dtype=pl.Int64), []
    first = str(lines[0]).split(delimiter)
    found = _headings(first, names)
    if header:
        lines = lines.slice(1)
    rows = pl.int_range(1, lines.len() + 1, dtype=pl.Int64, eager=True).alias("row")
    fits = lines.str.count_matches(delimiter, literal=True) == len(found) - 1
    broken = [
        BrokenLine(row, "line_wrong_cells", line[:SHOWN_CHARACTERS])
        for row, line in zip(rows.filter(~fits), lines.filter(~fits), strict=True)
    ]
    sound = lines.filter(fits)
    if sound.is_empty():
        return found, pl.DataFrame(schema=dict.fromkeys(found, pl.String)), rows.filter(fits), broken
    frame = pl.read_csv(
        BytesIO("\n".join(sound).encode()),
        has_header=False,
        separator=delimiter,
        infer_schema=False,
        quote_char=None,
        new_columns=found,
        raise_if_empty=False,
    )
    return found, frame, rows.filter(fits), broken


def _lines(text: str, delimiter: str) -> Iterator[str]:
    """Give lines with their ends; of one too long to be any only its beginning, behind a mark."""
    for line in _LINE.finditer(text):
        start, end = line.span()
        if end - start > LONGEST_LINE:
            shown = text[start : start + SHOWN_CHARACTERS].replace('"', "").replace(delimiter, " ")
            yield f"{_TOO_LONG}{shown}\n"
        else:
            yield line[0]


def _blank(delimiter: str) -> str:
    """Name the characters a line without a row consists of; tabs between empty cells are a row of empty cells."""
    return " \t\x0b\x0c".replace(delimiter, "")


def _read_quoted(text: str, delimiter: str, names: Sequence[str], header: bool, most_rows: int) -> Rows:
    found: list[str] = []
    cells: list[list[str | None]] = []
    rows: list[int] = []
    broken: list[BrokenLine] = []
    row = 0
    for line in cells_of(_lines(text, delimiter), delimiter):
        if not line or (isinstance(line, list) and len(line) == 1 and not line[0].strip(_blank(delimiter))):
            continue
        if not found and isinstance(line, list):
            found = _headings(line, names)
            if header:
                continue
        row += 1
        if row > most_rows:
            raise BatchRefused("hub.too_many_rows", most_rows=most_rows)
        if isinstance(line, str):
            broken.append(BrokenLine(row, "line_open_quote", line.rstrip("\r\n")[:SHOWN_CHARACTERS]))
        elif line[0].startswith(_TOO_LONG):
            broken.append(BrokenLine(row, "line_too_long", line[0].removeprefix(_TOO_LONG)))
        elif len(line) == len(found):
            cells.append([cell or None for cell in line])
            rows.append(row)
        else:
            broken.append(BrokenLine(row, "line_wrong_cells", delimiter.join(line)[:SHOWN_CHARACTERS]))
    frame = pl.DataFrame(cells, schema=dict.fromkeys(found, pl.String), orient="row")
    return found, frame, pl.Series("row", rows, dtype=pl.Int64), broken
