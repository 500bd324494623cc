"""Emergencies (应急): declared with an end; grants given for one are closed with it (Nanjing art. 13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from citybrain.hub import grants
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency as declared."""

    name: str
    words: str
    declared_by: str
    declared_at: datetime
    ends_at: datetime
    ended_at: datetime | None


def declare(
    connection: Connection, name: str, words: str, ends_at: datetime, by: str, clock: Clock, new_id: NewId
) -> None:
    """Declare an emergency, under which provisional grants can be given.

    Args:
        connection: The command's transaction.
        name: Short name.
        words: What happened and who declared it.
        ends_at: When it ends by itself.
        by: Who declares it here.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: It would last longer than 30 days, or has no words.
        Conflicting: There was one of that name.

    Source:
        Nanjing art. 13.

    """
    at = clock.now()
    if not words.strip():
        raise WrongUse("hub.reason_missing")
    if not at < ends_at <= at + LONGEST:
        raise WrongUse("hub.emergency_term_wrong", days=LONGEST.days)
    given = {"name": name, "words": words, "by": by, "at": at, "ends_at": ends_at}
    if connection.execute(_sql()["declare"], given).fetchone() is None:
        raise Conflicting("hub.emergency_known", emergency=name)
    evidence.write(connection, "hub:emergency:declared", name, {"by": by, "ends_at": ends_at}, at, new_id)


def end(connection: Connection, name: str, by: str, clock: Clock, new_id: NewId) -> int:
    """End an emergency and close every grant given for it.

    Args:
        connection: The command's transaction.
        name: Short name.
        by: Who ends it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        How many grants were closed; each is to be reviewed afterwards.

    Raises:
        NotKnown: No such emergency runs.

    """
    at = clock.now()
    if connection.execute(_sql()["end"], {"name": name, "at": at}).fetchone() is None:
        raise NotKnown("hub.emergency_unknown", emergency=name)
    evidence.write(connection, "hub:emergency:ended", name, {"by": by}, at, new_id)
    under = [item for item in grants.listed(connection, open_only=True, limit=100_000) if item.emergency == name]
    for item in under:
        grants.close(connection, item.name, by, "emergency_over", clock, new_id)
    return len(under)


def runs(connection: Connection, name: str | None, at: datetime) -> bool:
    """Tell whether an emergency is declared and not over.

    Args:
        connection: Any transaction.
        name: Its short name; none is no emergency.
        at: Present instant.

    """
    given = {"name": name, "at": at}
    return name is not None and connection.execute(_sql()["runs"], given).fetchone() is not None


def listed(connection: Connection) -> list[Emergency]:
    """List emergencies, the newest first.

    Args:
        connection: Any transaction.

    """
    return [Emergency(*row) for row in connection.execute(_sql()["listed"]).fetchall()]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "emergencies")
