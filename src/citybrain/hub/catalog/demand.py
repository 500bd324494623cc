"""Demands (需求清单): what a department looked for and did not find, until an entry answers it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citybrain.hub.catalog.search import one
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand.

    Attributes:
        words: What is needed, as written.
        ref: The entry that answers it; none while it is open.

    """

    id: UUID
    department: str
    person: str
    words: str
    raised_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    ref: str | None


def raise_demand(connection: Connection, department: str, person: str, words: str, at: datetime, new_id: NewId) -> UUID:
    """File what a department needs and did not find.

    Args:
        connection: The command's transaction.
        department: ``dept:…`` that needs it.
        person: Who files it.
        words: What is needed and what for; at most 500 characters are kept.
        at: Present instant.
        new_id: Source of identifiers.

    Returns:
        Its id.

    Raises:
        WrongUse: There are no words.

    Source:
        Hangzhou art. 6 (以城市治理需求为导向).

    """
    said = " ".join(words.split())[:MOST_CHARACTERS]
    if not said:
        raise WrongUse("catalog.demand_empty")
    demand = new_id()
    given = {"id": demand, "department": department, "person": person, "words": said, "at": at}
    connection.execute(statements("citybrain.hub.catalog", "demand")["raise"], given)
    facts = {"department": department, "by": person, "words": said}
    evidence.write(connection, "hub:demand:raised", str(demand), facts, at, new_id)
    return demand


def close(connection: Connection, demand: UUID, ref: str, by: str, at: datetime, new_id: NewId) -> None:
    """Close a demand with the entry that answers it.

    Args:
        connection: The command's transaction.
        demand: Its id.
        ref: Of the entry.
        by: Who closes it.
        at: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: No such open demand, or no such entry.

    """
    answer = one(connection, ref).ref
    given = {"id": demand, "ref": answer, "by": by, "at": at}
    if connection.execute(statements("citybrain.hub.catalog", "demand")["close"], given).fetchone() is None:
        raise NotKnown("catalog.demand_unknown", demand=demand)
    evidence.write(connection, "hub:demand:closed", str(demand), {"ref": answer, "by": by}, at, new_id)


def demands(connection: Connection, *, limit: int = 100, offset: int = 0) -> tuple[list[Demand], int]:
    """List demands, open ones first, then the newest.

    Args:
        connection: A reading transaction.
        limit: Most demands.
        offset: Demands skipped.

    Returns:
        The demands and how many there are in all.

    """
    sql = statements("citybrain.hub.catalog", "demand")
    rows = connection.execute(sql["listed"], {"limit": limit, "offset": offset}).fetchall()
    total = connection.execute(sql["count"]).fetchone()
    return [Demand(*row) for row in rows], int(total[0]) if total else 0


def raised(connection: Connection, demand: UUID) -> Demand:
    """Find one demand that is open.

    Args:
        connection: Any transaction.
        demand: Its id.

    Raises:
        NotKnown: There is none.

    """
    row = connection.execute(statements("citybrain.hub.catalog", "demand")["open"], {"id": demand}).fetchone()
    if row is None:
        raise NotKnown("catalog.demand_unknown", demand=demand)
    return Demand(*row)
