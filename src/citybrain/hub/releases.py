"""What has left the hub: one line a release, for providers, consumers and the data authority (Hangzhou art. 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements


@dataclass(frozen=True, slots=True)
class Given:
    """One release."""

    id: UUID
    grant: str
    thing: str
    department: str
    system: str
    purpose: str
    channel: str
    fields: tuple[str, ...]
    rows: int
    bytes: int
    at: datetime
    duration_ms: int


def under(connection: Connection, grant: str, limit: int) -> list[Given]:
    """List the newest releases under a grant, whichever version.

    Args:
        connection: Any transaction.
        grant: Its short name.
        limit: Most releases.

    """
    return _listed(connection, "under", {"grant": grant, "limit": limit})


def since(
    connection: Connection, at: datetime, *, things: Sequence[str] | None = None, department: str | None = None,
    limit: int = 200,
) -> list[Given]:  # fmt: skip
    """List releases, the newest first.

    Args:
        connection: Any transaction.
        at: Releases from here on.
        things: Only of these contracts and services.
        department: Only to this body.
        limit: Most releases.

    """
    given = {
        "things": None if things is None else list(things), "department": department, "since": at, "limit": limit
    }  # fmt: skip
    return _listed(connection, "listed", given)


def _listed(connection: Connection, query: str, given: Mapping[str, Any]) -> list[Given]:
    rows = connection.execute(_sql()[query], given).fetchall()
    return [replace(Given(*row), fields=tuple(row[7])) for row in rows]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "releases")
