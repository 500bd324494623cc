"""Notices of destruction: every system that received the rows is told which, and confirms that its copies are gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from citybrain.hub.question import Place
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

TYPE: Final = "cn.citybrain.rows.destroyed"
WORDS_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Notice:
    """What a system is told.

    Attributes:
        number: Number of the certificate.
        kind: Kind of the destruction.
        told_at: When the system took it.
        confirmed_at: When the system said that its copies are gone.

    """

    id: UUID
    destruction: UUID
    number: str
    kind: str
    system: str
    department: str
    contract: str
    made_at: datetime
    told_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """What is told about.

    Attributes:
        destruction: Id of the destruction.
        subject: Token of the person whose rows went; none where whole batches did.

    """

    destruction: UUID
    contract: str
    subject: bytes | None
    at: datetime


def write(
    connection: Connection, gone: Gone, places: Sequence[tuple[int, int | None]], batches: Sequence[UUID],
    new_id: NewId,
) -> int:  # fmt: skip
    """Write a notice for every system that received rows that went.

    Args:
        connection: The transaction of the destruction.
        gone: What went.
        places: Position and row of each row that went.
        batches: Batches that went as a whole.
        new_id: Source of identifiers.

    Returns:
        How many systems are told.

    """
    with connection.cursor() as cursor, cursor.copy(_sql()["places"]) as copy:
        for position, row in sorted(set(places)):
            copy.write_row((gone.destruction, position, row))
    connection.execute(_sql()["whole"], {"destruction": gone.destruction, "batches": list(batches)})
    given = {"contract": gone.contract, "subject": gone.subject}
    found = connection.execute(_sql()["received"], given).fetchall()
    for system, department in found:
        line = {
            "id": new_id(), "destruction": gone.destruction, "system": system, "department": department,
            "contract": gone.contract, "at": gone.at,
        }  # fmt: skip
        connection.execute(_sql()["insert"], line)
    return len(found)


def of_system(connection: Connection, system: str, clock: Clock, *, open_only: bool = True) -> list[Notice]:
    """List the notices of a system, the oldest first, and note that it was told.

    Args:
        connection: The command's transaction.
        system: Ref.
        clock: Present instant.
        open_only: Only those it has not confirmed.

    """
    connection.execute(_sql()["told"], {"system": system, "at": clock.now()})
    return _read(connection, "of_system", {"system": system, "open_only": open_only})


def untold(connection: Connection, system: str, contract: str) -> list[Notice]:
    """List the notices about a contract that a system has not taken, the oldest first.

    Args:
        connection: Any transaction.
        system: Ref.
        contract: Ref.

    """
    return _read(connection, "untold", {"system": system, "contract": contract})


def note_told(connection: Connection, notice: UUID, clock: Clock) -> None:
    """Note that a system has taken a notice.

    Args:
        connection: The command's transaction.
        notice: Which.
        clock: Present instant.

    """
    connection.execute(_sql()["took"], {"id": notice, "at": clock.now()})


def of_destruction(connection: Connection, destruction: UUID) -> list[Notice]:
    """List the notices about a destruction.

    Args:
        connection: Any transaction.
        destruction: Its id.

    """
    return _read(connection, "of_destruction", {"destruction": destruction})


def confirm(
    connection: Connection, notice: UUID, system: str, by: str, words: str, clock: Clock, new_id: NewId
) -> Notice:  # fmt: skip
    """Record that a system has destroyed its copies.

    Args:
        connection: The command's transaction.
        notice: Which.
        system: Ref of the system; another's notice does not exist for it.
        by: Who says so.
        words: What was destroyed and where.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: Nothing is said of what was destroyed.
        NotKnown: No such notice of that system.
        Conflicting: It was confirmed before.

    """
    if not words.strip():
        raise WrongUse("destruction.words_missing")
    found = _read(connection, "one", {"id": notice, "system": system})
    if not found:
        raise NotKnown("destruction.notice_unknown", notice=notice)
    at = clock.now()
    facts = {"system": system, "by": by, "certificate": found[0].number}
    entry = evidence.write(connection, "hub:deletion:confirmed", str(notice), facts, at, new_id)
    given = {
        "id": notice, "by": by, "words": words.strip()[:WORDS_CHARACTERS], "at": at, "evidence": entry.id
    }  # fmt: skip
    if connection.execute(_sql()["confirm"], given).rowcount == 0:
        raise Conflicting("destruction.notice_settled", notice=notice)
    return _read(connection, "one", {"id": notice, "system": system})[0]


def event_of(connection: Connection, notice: Notice) -> dict[str, Any]:
    """Lay a notice out as a CloudEvent; rows are named by the ids of the events they came as.

    Args:
        connection: Any transaction.
        notice: The notice.

    """
    found = connection.execute(_sql()["where"], {"destruction": notice.destruction}).fetchall()
    rows = [str(Place(position, row)) for position, row in found if row is not None]
    whole = [position for position, row in found if row is None]
    return {
        "specversion": "1.0", "id": str(notice.id), "type": TYPE,
        "source": "/api/v1/contracts/" + notice.contract.partition(":")[2], "time": notice.made_at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "certificate": notice.number, "contract": notice.contract, "kind": notice.kind, "rows": rows,
            "whole_batches_at": whole,
        },
    }  # fmt: skip


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[Notice]:
    return [Notice(*row) for row in connection.execute(_sql()[query], given).fetchall()]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "deletion_notices")
