"""Looking once at the newest batch of each contract version, for kinds its file does not declare (Nanjing art. 23)."""

from typing import LiteralString

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
    looked = 0
    for contract in waiting:
        with database.transaction() as connection:
            found = connection.execute(_newest(), {"contract": contract.ref, "least": LEAST_ROWS}).fetchone()
            if found is None:
                continue
            rows = _rows(connection, contract, reader, int(found[1]))
            proposals = propose(rows, contract)
            looked += classification.note(connection, contract, proposals, clock.now(), found[0], rows.height)
    return looked


def proposals_now(connection: Connection, contract: Contract, reader: Reader) -> list[Proposal]:
    """Say what the newest batch of a contract suggests, without keeping it.

    Args:
        connection: A reading transaction.
        contract: The contract in force.
        reader: Reads rows.

    """
    found = connection.execute(_newest(), {"contract": contract.ref, "least": 1}).fetchone()
    return [] if found is None else propose(_rows(connection, contract, reader, int(found[1])), contract)


def _rows(connection: Connection, contract: Contract, reader: Reader, position: int) -> pl.DataFrame:
    names = [field.name for field in contract.fields]
    batch = reader.relation(connection, contract, after=position - 1, with_corrected=True)
    return batch.filter(pl.col(POSITION) == position).select(names).collect()


def _newest() -> LiteralString:
    return statements("citybrain.hub", "scanning")["newest_batch"]
