"""Rows set aside that go: their raw text and the values in their reasons; that there was a row, and why, stays."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.subjects import token_of

_WORD: Final = re.compile(r"[^\s,;:|\"'{}\[\]()<>=/\\]+")
_PAGE: Final = 2_000


def wipe_person(connection: Connection, contract: str, token: bytes, key: bytes) -> dict[UUID, int]:
    """Wipe the rows that name a person, in a cell of the row or as a word of a line that could not be read.

    Args:
        connection: The command's transaction.
        contract: Ref.
        token: The person.
        key: Key of persons' tokens.

    Returns:
        Rows by batch.

    """
    known: dict[str, bool] = {}

    def names(text: str) -> bool:
        if text not in known:
            if len(known) > 100_000:
                known.clear()
            known[text] = token_of(text, key) == token
        return known[text]

    found: dict[UUID, int] = {}
    place: tuple[UUID, int] | None = None
    while True:
        after = (UUID(int=0), 0) if place is None else place
        given = {"contract": contract, "batch": after[0], "row": after[1], "limit": _PAGE}
        rows = connection.execute(_sql()["of_contract"], given).fetchall()
        if not rows:
            return found
        for batch, row, raw, reasons in rows:
            place = (batch, row)
            if any(names(text) for text in _texts(raw, reasons)):
                _wipe(connection, batch, row, reasons)
                found[batch] = found.get(batch, 0) + 1


def wipe_batches(connection: Connection, batches: list[UUID]) -> dict[UUID, int]:
    """Wipe every row set aside of some batches.

    Args:
        connection: The command's transaction.
        batches: The batches.

    Returns:
        Rows by batch.

    """
    found: dict[UUID, int] = {}
    for batch, row, reasons in connection.execute(_sql()["of_batches"], {"batches": batches}).fetchall():
        _wipe(connection, batch, row, reasons)
        found[batch] = found.get(batch, 0) + 1
    return found


def _wipe(connection: Connection, batch: UUID, row: int, reasons: list[dict[str, str]]) -> None:
    bare = Jsonb([{**reason, "value": ""} for reason in reasons])
    connection.execute(_sql()["wipe"], {"batch": batch, "row": row, "reasons": bare})


def _texts(raw: str, reasons: list[dict[str, str]]) -> Iterator[str]:
    try:
        cells: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        cells = raw
    for part in (cells, *(reason.get("value") for reason in reasons)):
        if isinstance(part, dict):
            yield from (str(cell) for cell in part.values() if cell is not None)
        elif part is not None:
            yield str(part)
            yield from _WORD.findall(str(part))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.destruction", "set_aside")
