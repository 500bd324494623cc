"""Looking once at the newest batch of each contract version, for kinds its file does not declare (Nanjing art. 23)."""

from collections.abc import Sequence
from uuid import UUID

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.hub.exchange.columns import POSITION
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.clock import Clock
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import classification
from citybrain.safeguards.detection import LEAST_ROWS, Proposal, propose


def scan_due(database: Database, city: City, reader: Reader, clock: Clock) -> int:
    """Look at each contract that has rows and was not looked at in its present version.

    Args:
        database: The instance's database.
        city: The revision in force.
        reader: Reads rows.
        clock: Present instant.

    Returns:
        How many contracts were looked at.

    """
    with database.reading() as connection:
        waiting = classification.unscanned(connection, tuple(city.contracts.values()))
        newest = _newest(connection, [contract.ref for contract in waiting], LEAST_ROWS)
    looked = 0
    for ref, (batch, position) in newest.items():
        contract = city.contracts[ref]
        with database.transaction() as connection:
            rows = _rows(connection, contract, reader, position)
            proposals = propose(rows, contract)
            looked += classification.note(connection, contract, proposals, clock.now(), batch, rows.height)
    return looked


def proposals_now(connection: Connection, contract: Contract, reader: Reader) -> list[Proposal]:
    """Say what the newest batch of a contract suggests, without keeping it.

    Args:
        connection: A reading transaction.
        contract: The contract in force.
        reader: Reads rows.

    """
    newest = _newest(connection, [contract.ref], 1)
    return [
        item
        for _, position in newest.values()
        for item in propose(_rows(connection, contract, reader, position), contract)
    ]


def _rows(connection: Connection, contract: Contract, reader: Reader, position: int) -> pl.DataFrame:
    names = [field.name for field in contract.fields]
    batch = reader.relation(connection, contract, after=position - 1, with_corrected=True)
    return batch.filter(pl.col(POSITION) == position).select(names).collect()


def _newest(connection: Connection, contracts: Sequence[str], least: int) -> dict[str, tuple[UUID, int]]:
    """Return batch and position of the newest batch by contract."""
    given = {"contracts": list(contracts), "least": least}
    found = connection.execute(statements("citybrain.hub", "scanning")["newest_batches"], given).fetchall()
    return {ref: (batch, int(position)) for ref, batch, position in found}
