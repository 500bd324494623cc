"""What a person may ask for: a copy of the own rows, and their correction by way of a dissent (Hangzhou art. 13)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.governance.dissent.case import Dissent, Raiser, one
from citybrain.governance.dissent.raising import Order, Raised, raise_dissent
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence


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
