"""Who used a person's data, when, for what and on which basis; and which contracts hold any (Hangzhou art. 13)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class SubjectUse:
    """One use of rows of a person.

    Attributes:
        id: The release, or the evidence of a look of the operator.
        thing: Ref of the contract.
        department: Ref of the body; empty for the operator of the hub.
        channel: query, push, stream, export or call; inspection for a look of the operator.
        basis: Law and words of the grant; empty for the operator.

    """

    id: UUID
    at: datetime
    thing: str
    department: str
    system: str
    purpose: str
    channel: str
    fields: tuple[str, ...]
    grant: str
    basis: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows the hub holds of a person under one contract."""

    contract: Contract
    rows: int


def uses_of(connection: Connection, subject: bytes, *, limit: int = 50, offset: int = 0) -> list[SubjectUse]:
    """List who used rows of a person, the newest first.

    Args:
        connection: Any transaction.
        subject: Token of the person.
        limit: Most uses.
        offset: Uses to leave out first.

    Source:
        Hangzhou art. 13 (知情权).

    """
    given = {"subject": subject, "limit": limit, "offset": offset}
    rows = connection.execute(_sql()["uses"], given).fetchall()
    return [replace(SubjectUse(*row), fields=tuple(row[7])) for row in rows]


def one_use(connection: Connection, subject: bytes, use: UUID) -> SubjectUse:
    """Return one use of rows of a person.

    Args:
        connection: Any transaction.
        subject: Token of the person; another's use does not exist.
        use: Id of the release.

    Raises:
        NotKnown: Rows of the person were not in it.

    """
    row = connection.execute(_sql()["one_use"], {"subject": subject, "use": use}).fetchone()
    if row is None:
        raise NotKnown("hub.use_unknown", use=use)
    return replace(SubjectUse(*row), fields=tuple(row[7]))


def count_uses(connection: Connection, subject: bytes) -> int:
    """Return how often rows of a person were used.

    Args:
        connection: Any transaction.
        subject: Token of the person.

    """
    row = connection.execute(_sql()["counted"], {"subject": subject}).fetchone()
    return int(row[0]) if row else 0


def holdings(connection: Connection, city: City, reader: Reader, value: str) -> list[Holding]:
    """Tell which contracts hold rows of a person, and how many hold now.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        reader: Reads relations.
        value: What names the person in the rows.

    Returns:
        Every contract whose rows are about persons, in the order of the city; some with no row.

    """
    found = []
    for contract in city.contracts.values():
        if contract.subject is None:
            continue
        theirs = pl.col(contract.subject).cast(pl.String).str.strip_chars() == value.strip()
        rows = reader.current(connection, contract).filter(theirs).select(pl.len()).collect().item()
        found.append(Holding(contract, int(rows)))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "subject_log")
