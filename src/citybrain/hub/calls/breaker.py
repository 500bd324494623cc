"""The circuit of a service: opened by failures in a row, tried again by one call; known to all processes alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from citybrain.city.service import Service
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Circuit:
    """How the circuit of a service stands.

    Attributes:
        failures: Failures in a row.
        open_until: Until when it is left alone; then one call may try.

    """

    failures: int = 0
    open_until: datetime | None = None

    def state(self, at: datetime) -> str:
        """Tell its state: closed (calls pass), open (none does) or half_open (one may try).

        Args:
            at: Present instant.

        """
        if self.open_until is None:
            return "closed"
        return "open" if at < self.open_until else "half_open"


def pass_through(connection: Connection, service: Service, at: datetime) -> Circuit:
    """Let a call pass, or stop it.

    Args:
        connection: The transaction in which the call is noted.
        service: What is called.
        at: Present instant.

    Returns:
        How the circuit stood. Of the calls that find it half open one passes; the others are stopped until that one
        has been answered, or has run out of time.

    Raises:
        Unavailable: The circuit is open; says when to try again.

    """
    row = connection.execute(_sql()["read"], {"service": service.ref}).fetchone()
    circuit = Circuit(*row) if row else Circuit()
    match circuit.state(at):
        case "closed":
            return circuit
        case "half_open":
            until = at + max(service.patience * 2, timedelta(seconds=1))
            given = {"service": service.ref, "until": until, "at": at}
            if connection.execute(_sql()["try_again"], given).fetchone() is not None:
                return circuit
            raise stopped(service, until, at)
        case _:
            raise stopped(service, circuit.open_until or at, at)


def stopped(service: Service, until: datetime, at: datetime) -> Unavailable:
    """Say that a service is left alone.

    Args:
        service: What was called.
        until: Until when.
        at: Present instant.

    """
    seconds = max(1, -int((at - until).total_seconds() // 1))
    return Unavailable("calls.circuit_open", service=service.ref, retry_after_s=seconds)


def failed(connection: Connection, service: Service, at: datetime) -> Circuit:
    """Count a failure; enough of them in a row, or one while half open, open the circuit.

    Args:
        connection: The transaction that notes the failure.
        service: What failed.
        at: Present instant.

    """
    given = {
        "service": service.ref, "most": service.breaker.failures, "until": at + service.breaker.open_for, "at": at
    }  # fmt: skip
    row = connection.execute(_sql()["failed"], given).fetchone()
    return Circuit(*row) if row else Circuit()


def answered(connection: Connection, service: Service, at: datetime) -> None:
    """Close the circuit: the service has answered.

    Args:
        connection: The transaction that notes the answer.
        service: What answered.
        at: Present instant.

    """
    connection.execute(_sql()["answered"], {"service": service.ref, "at": at})


def circuits(connection: Connection) -> dict[str, Circuit]:
    """Return how the circuits stand, by service; one that is absent never failed.

    Args:
        connection: Any transaction.

    """
    return {row[0]: Circuit(*row[1:]) for row in connection.execute(_sql()["all"]).fetchall()}


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.calls", "breaker")
