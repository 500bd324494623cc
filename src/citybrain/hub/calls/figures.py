"""How services do: calls, failures, times, and how much of the quota is used (Hangzhou art. 6)."""

from dataclasses import dataclass
from datetime import datetime

from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one service.

    Attributes:
        calls: Calls begun.
        failed: Calls that got no answer as it should be.
        withheld: Answers that were not handed over.
        p95_ms: 95 % of the answers took no longer; none where there was no answer.
        busiest: Most calls of one system in one minute.

    """

    calls: int = 0
    failed: int = 0
    withheld: int = 0
    p95_ms: int | None = None
    busiest: int = 0


def figures(connection: Connection, since: datetime) -> dict[str, Figures]:
    """Return the figures of the services that were called.

    Args:
        connection: Any transaction.
        since: From here on.

    """
    rows = connection.execute(statements("citybrain.hub.calls", "figures")["since"], {"since": since}).fetchall()
    return {row[0]: Figures(*row[1:]) for row in rows}
