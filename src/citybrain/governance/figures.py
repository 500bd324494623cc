"""Figures of the running city that stand in the evidence of checks."""

from collections.abc import Mapping
from typing import LiteralString

from citybrain.governance.bench import Bench
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

_TODAY = ("batches", "received", "accepted", "set_aside", "systems")


def today(bench: Bench) -> dict[str, int]:
    """Count what the city exchanged today.

    Args:
        bench: What the check stands on.

    Returns:
        batches, received, accepted, set_aside and systems that delivered.

    """
    with bench.database.reading() as connection:
        given = {"zone": bench.city.settings.city.zone, "now": bench.clock.now()}
        row = connection.execute(_sql()["today"], given).fetchone()
    return dict(zip(_TODAY, row or (0,) * len(_TODAY), strict=True))


def count(connection: Connection, name: str, **given: object) -> int:
    """Count with one of this room's statements.

    Args:
        connection: Any transaction.
        name: Name of the statement.
        **given: Its values.

    """
    row = connection.execute(_sql()[name], given).fetchone()
    return int(row[0]) if row else 0


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.governance", "figures")
