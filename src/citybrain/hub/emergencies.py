"""Emergencies (应急): declared with an end; grants given for one are closed with it (Nanjing art. 13)."""

import re
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
BY_ITSELF = "clock"
WORDS_CHARACTERS = 2_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency as declared.

    Attributes:
        ends_at: When it ends by itself.
        ended_at: When it was ended, by a person or by itself; none as long as nobody has noted it.
        ended_by: Who ended it; ``clock`` where it ended by itself.

    """

    name: str
    words: str
    declared_by: str
    declared_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None

    @property
    def last_at(self) -> datetime:
        """When it ends or has ended, whichever way."""
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)

    def over(self, now: datetime) -> bool:
        """Tell whether it is over.

        Args:
            now: Present instant.

        """
        return self.last_at <= now


def declare(
    connection: Connection, name: str, words: str, ends_at: datetime, by: str, clock: Clock, new_id: NewId
) -> None:
    """Declare an emergency, under which provisional grants can be given.

    Args:
        connection: The command's transaction.
        name: Short name, in small letters, digits and hyphens.
        words: What happened and who declared it.
        ends_at: When it ends by itself.
        by: Who declares it here.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: It would last longer than 30 days, has no words, or a name that is none.
        Conflicting: There was one of that name.

    Source:
        Nanjing art. 13.

    """
    at = clock.now()
    if not _NAME.fullmatch(name):
        raise WrongUse("emergencies.name_wrong", field="name")
    if not words.strip():
        raise WrongUse("hub.reason_missing", field="words")
    if not at < ends_at <= at + LONGEST:
        raise WrongUse("hub.emergency_term_wrong", days=LONGEST.days, field="ends_at")
    given = {"name": name, "words": words.strip()[:WORDS_CHARACTERS], "by": by, "at": at, "ends_at": ends_at}
    if connection.execute(_sql()["declare"], given).fetchone() is None:
        raise Conflicting("hub.emergency_known", emergency=name, field="name")
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
    if connection.execute(_sql()["end"], {"name": name, "at": at, "by": by}).fetchone() is None:
        raise NotKnown("hub.emergency_unknown", emergency=name)
    return _close(connection, name, by, clock, new_id)


def lapse(connection: Connection, clock: Clock, new_id: NewId, *, only: str | None = None) -> tuple[str, ...]:
    """Note every emergency that has ended by itself, and close its grants; nothing left under them since its end.

    Args:
        connection: The command's transaction.
        clock: Present instant.
        new_id: Source of identifiers.
        only: Short name of the one to look at; none looks at all.

    Returns:
        Short names of the emergencies.

    """
    given = {"at": clock.now(), "by": BY_ITSELF, "only": only}
    found = [str(name) for (name,) in connection.execute(_sql()["lapse"], given)]
    for name in found:
        _close(connection, name, BY_ITSELF, clock, new_id)
    return tuple(found)


def _close(connection: Connection, name: str, by: str, clock: Clock, new_id: NewId) -> int:
    evidence.write(connection, "hub:emergency:ended", name, {"by": by}, clock.now(), new_id)
    under = [str(row[0]) for row in connection.execute(_sql()["open_grants"], {"name": name})]
    for grant in under:
        grants.close(connection, grant, by, "emergency_over", clock, new_id)
    return len(under)


def one(connection: Connection, name: str) -> Emergency:
    """Find an emergency, running or over.

    Args:
        connection: Any transaction.
        name: Short name.

    Raises:
        NotKnown: There was none of that name.

    """
    row = connection.execute(_sql()["one"], {"name": name}).fetchone() if _NAME.fullmatch(name) else None
    if row is None:
        raise NotKnown("emergencies.unknown", emergency=name[:60])
    return Emergency(*row)


def running(connection: Connection, name: str, at: datetime) -> Emergency:
    """Find an emergency that runs and keep it from ending until the command has ended.

    Args:
        connection: The command's transaction.
        name: Short name.
        at: Present instant.

    Raises:
        Conflicting: None of that name runs.

    """
    row = connection.execute(_sql()["held"], {"name": name, "at": at}).fetchone()
    if row is None:
        raise Conflicting("hub.emergency_unknown", emergency=name)
    return Emergency(*row)


def require_over(found: Emergency, now: datetime) -> None:
    """Stop what has its time only after an emergency.

    Args:
        found: The emergency.
        now: Present instant.

    Raises:
        Conflicting: It still runs.

    """
    if not found.over(now):
        raise Conflicting("emergencies.still_runs", emergency=found.name)


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
