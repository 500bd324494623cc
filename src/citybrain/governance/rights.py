"""What a person may ask for: a copy, a correction by way of a dissent, why rows were used (Hangzhou art. 13)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.governance.dissent.case import Dissent, Raiser, one
from citybrain.governance.dissent.raising import Order, Raised, raise_dissent
from citybrain.hub import subject_log
from citybrain.hub.exchange.columns import BATCH
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.subject_log import SubjectUse
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.masking import mask_of


@dataclass(frozen=True, slots=True)
class Claim:
    """What a person says is wrong in a row of the person's own.

    Attributes:
        row: The row, as :func:`row_name` names it.
        field: Name of the field that is wrong.
        claimed: The right value.
        grounds: Why.

    """

    row: str
    field: str
    claimed: str
    grounds: str


def own_rows(connection: Connection, contract: Contract, reader: Reader, value: str, limit: int) -> pl.DataFrame:
    """Return what the hub holds of a person under a contract, from the log and the lake, the newest first.

    Args:
        connection: A reading transaction.
        contract: A contract whose rows are about persons.
        reader: Reads relations.
        value: What names the person in the rows.
        limit: Most rows.

    Returns:
        At most ``limit`` rows with every field of the contract, in clear: they are the person's own.

    """
    if contract.subject is None:
        raise NotKnown("portal.contract_unknown", contract=contract.ref)
    theirs = pl.col(contract.subject).cast(pl.String).str.strip_chars() == value.strip()
    names = [field.name for field in contract.fields]
    rows = reader.relation(connection, contract).filter(theirs).sort("_position", "_row", descending=True)
    return rows.select(names).head(limit).collect()


def row_name(contract: Contract, row: Mapping[str, Any]) -> str:
    """Name a row by its keys, as a form sends it back.

    Args:
        contract: The contract; one with keys.
        row: A row of it.

    """
    return json.dumps({name: _text(row[name]) for name in contract.keys}, ensure_ascii=False, sort_keys=True)


def copy(
    connection: Connection, city: City, reader: Reader, value: str, subject: bytes, clock: Clock, new_id: NewId
) -> dict[str, Any]:
    """Hand a person a copy of everything that was admitted about the person; it is in evidence without a value.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        reader: Reads relations.
        value: What names the person in the rows.
        subject: Token of the person.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Contracts with their titles and rows, fit for JSON.

    Source:
        Hangzhou art. 13 (知情权).

    """
    found, total = [], 0
    for contract in city.contracts.values():
        if contract.subject is None:
            continue
        rows = own_rows(connection, contract, reader, value, _EVERY_ROW).to_dicts()
        total += len(rows)
        titles = {field.name: {"zh": field.title.said("zh"), "en": field.title.said("en")} for field in contract.fields}
        found.append(
            {"contract": contract.ref, "version": contract.version, "provider": contract.provider, "fields": titles,
             "rows": [{name: _text(cell) for name, cell in row.items()} for row in rows]}
        )  # fmt: skip
    at = clock.now()
    facts = {"person": subject.hex(), "contracts": len(found), "rows": total}
    evidence.write(connection, "governance:rights:copied", f"person:{subject.hex()[:16]}", facts, at, new_id)
    return {"at": at.isoformat(), "contracts": found}


def correct(
    connection: Connection, city: City, reader: Reader, contract: Contract, claim: Claim,
    person: tuple[str, bytes], clock: Clock, new_id: NewId,
) -> Raised:  # fmt: skip
    """Ask for the correction of a row of one's own: a dissent that the provider answers in time.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        reader: Reads relations.
        contract: The contract.
        claim: What is wrong.
        person: What names the person in the rows, and the person's token.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The dissent with its tracking code.

    Raises:
        NotKnown: The person has no such row; another's is not told apart.
        WrongUse: Grounds or field are missing or wrong.
        Conflicting: The same is contested already.

    Source:
        Hangzhou art. 13; Nanjing art. 11.

    """
    value, subject = person
    rows = own_rows(connection, contract, reader, value, _EVERY_ROW).to_dicts() if contract.keys else []
    row = next((row for row in rows if row_name(contract, row) == claim.row), None)
    if row is None:
        raise NotKnown("portal.row_unknown", contract=contract.ref)
    keys = {name: str(_text(row[name])) for name in contract.keys}
    seen = "" if row.get(claim.field) is None else str(_text(row[claim.field]))
    order = Order(
        contract.ref, Raiser("citizen", subject.hex()), "portal", claim.grounds, keys, field=claim.field, seen=seen,
        claimed=claim.claimed,
    )  # fmt: skip
    return raise_dissent(connection, city, reader, order, clock, new_id)


@dataclass(frozen=True, slots=True)
class Source:
    """Where values that were used came from.

    Attributes:
        system: Ref of the system that delivered them.
        rows: How many rows of the person it delivered before the use and are still held.
        first_at, last_at: When the first and the last of them came.

    """

    system: str
    rows: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why and how rows of a person were used.

    Attributes:
        use: The use, with the law it rests on.
        source: How the grant came about: declared, request, unconditional or emergency.
        granted_at, granted_until: When the grant was made and until when it holds.
        masked: Fields that left covered.
        sources: Where the values came from.

    """

    use: SubjectUse
    source: str
    granted_at: datetime
    granted_until: datetime
    masked: tuple[str, ...]
    sources: tuple[Source, ...]


def explain(
    connection: Connection, city: City, reader: Reader, person: tuple[str, bytes], use: UUID
) -> Explanation:  # fmt: skip
    """Explain a use to the person: the grant, its basis, the fields, where the values came from and when.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        reader: Reads relations.
        person: What names the person in the rows, and the person's token.
        use: Id of the release.

    Raises:
        NotKnown: Rows of the person were not in it.

    Source:
        Hangzhou art. 13 (知情权).

    """
    value, subject = person
    found = subject_log.one_use(connection, subject, use)
    row = connection.execute(statements("citybrain.governance", "rights")["granted"], {"release": use}).fetchone()
    if row is None:
        raise NotKnown("hub.use_unknown", use=use)
    source, made_at, ends_at, clear = row
    contract = city.contracts.get(found.thing)
    if contract is None or contract.subject is None:
        return Explanation(found, source, made_at, ends_at, (), ())
    masked = tuple(
        name for name in found.fields
        if any(field.name == name for field in contract.fields)
        and mask_of(contract.field(name), found.purpose) != "none" and name not in clear
    )  # fmt: skip
    theirs = pl.col(contract.subject).cast(pl.String).str.strip_chars() == value.strip()
    counted = reader.relation(connection, contract).filter(theirs).group_by(BATCH).len().collect().rows()
    given = {"batches": [UUID(batch) for batch, _ in counted], "rows": [rows for _, rows in counted], "at": found.at}
    sources = connection.execute(statements("citybrain.governance", "rights")["sources"], given).fetchall()
    return Explanation(found, source, made_at, ends_at, masked, tuple(Source(*item) for item in sources))


_EVERY_ROW = 100_000


def _text(cell: Any) -> Any:
    if cell is None or isinstance(cell, bool | int | float | str):
        return cell
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def dissents_of(connection: Connection, contract: Contract, subject: bytes) -> list[Dissent]:
    """List the dissents a person raised about rows of one contract, the newest first.

    Args:
        connection: Any transaction.
        contract: The contract.
        subject: Token of the person.

    """
    given = {"raiser": subject.hex(), "contract": contract.ref}
    rows = connection.execute(statements("citybrain.governance", "rights")["dissents"], given).fetchall()
    return [one(connection, number) for (number,) in rows]
