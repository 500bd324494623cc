"""Proposals: fields that came and no contract declares; the catalogue follows its sources (全域性、动态化)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from citybrain.city.contract import Contract
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

DAYS = 30
MOST_CHARACTERS = 500
GUESSED_TYPE = "string"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A field that came and is not declared.

    Attributes:
        batches: How many batches brought it in the period.
        first, last: When it came first and last in the period.

    """

    contract: str
    field: str
    batches: int
    first: datetime
    last: datetime

    @property
    def yaml(self) -> str:
        """The lines that declare it; the type is a guess, for nobody has read the values."""
        name = self.field if self.field.replace("_", "a").isalnum() and self.field.isascii() else _quoted(self.field)
        return f"      - name: {name}\n        logicalType: {GUESSED_TYPE}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def proposals(connection: Connection, contracts: Mapping[str, Contract], now: datetime) -> list[Proposal]:
    """List fields of the last 30 days that no contract declares and nobody has ignored.

    Args:
        connection: A reading transaction.
        contracts: Contracts to look at, by Ref.
        now: Present instant.

    Source:
        Nanjing art. 7 (资源目录动态化管理).

    """
    given = {"contracts": list(contracts), "since": now - timedelta(days=DAYS)}
    rows = connection.execute(statements("citybrain.hub.catalog", "proposals")["seen"], given).fetchall()
    declared = {ref: {item.name for item in contract.fields} for ref, contract in contracts.items()}
    return [Proposal(*row) for row in rows if row[1] not in declared[row[0]]]


def ignore(
    connection: Connection, contract: Contract, field: str, person: str, reason: str, at: datetime, new_id: NewId
) -> None:
    """Record that a field is not to be declared.

    Args:
        connection: The command's transaction.
        contract: The contract.
        field: The field.
        person: Who decides.
        reason: Why; at most 500 characters are kept.
        at: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: There is no reason.
        NotKnown: No such proposal, or it was decided.

    """
    said = " ".join(reason.split())[:MOST_CHARACTERS]
    if not said:
        raise WrongUse("catalog.reason_empty")
    if not any(item.field == field for item in proposals(connection, {contract.ref: contract}, at)):
        raise NotKnown("catalog.proposal_unknown", contract=contract.ref, field=field)
    given = {"contract": contract.ref, "field": field, "reason": said, "by": person, "at": at}
    connection.execute(statements("citybrain.hub.catalog", "proposals")["ignore"], given)
    facts = {"field": field, "reason": said, "by": person}
    evidence.write(connection, "hub:drift:ignored", contract.ref, facts, at, new_id)
