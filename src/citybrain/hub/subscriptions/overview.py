"""Subscriptions as people watch over them: how far each is behind, and set back by hand (Hangzhou art. 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, LiteralString
from uuid import UUID

from citybrain.hub.question import Place
from citybrain.hub.subscriptions import standing
from citybrain.hub.subscriptions.standing import LAST_ROW, Subscription
from citybrain.kernel.clock import Clock
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

Kind = Literal["open", "trouble", "ended", "all"]
PAUSED: Final = "paused"
MOST_BATCHES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A subscription with what waits for it.

    Attributes:
        place: Everything up to here was taken.
        failure: Why it is suspended or failing; ``paused`` where a person paused it.
        batches, rows: What was admitted after its place, before its own conditions.
        more: There is more than was counted.

    """

    id: UUID
    system: str
    department: str
    contract: str
    purpose: str
    way: str
    per: str
    state: str
    place: Place
    delivered: int
    delivered_at: datetime | None
    failures: int
    next_try_at: datetime | None
    failure: str | None
    slow: bool
    made_at: datetime
    fields: tuple[str, ...] | None
    url: str | None
    batches: int
    rows: int
    more: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """How many subscriptions there are of each kind."""

    open: int
    trouble: int
    ended: int
    all: int


def watched(
    connection: Connection, *, department: str | None = None, contracts: Sequence[str] | None = None,
    kind: Kind = "open", subscription: UUID | None = None, limit: int = 50, offset: int = 0,
) -> list[Watched]:  # fmt: skip
    """List subscriptions with what waits for them, those in trouble first.

    Args:
        connection: Any transaction.
        department: Only of systems of this body, or on ``contracts``.
        contracts: Only on these contracts, or of ``department``.
        kind: open, trouble (suspended or failing), ended or all.
        subscription: Only this one.
        limit: Most subscriptions.
        offset: Subscriptions to leave out first.

    """
    given = {
        "department": department, "contracts": None if contracts is None else list(contracts), "kind": kind,
        "id": subscription, "limit": limit, "offset": offset, "last": LAST_ROW, "most": MOST_BATCHES + 1,
    }  # fmt: skip
    found = []
    for row in connection.execute(_sql()["listed"], given).fetchall():
        fields = None if row[17] is None else tuple(row[17])
        waits = (min(row[19], MOST_BATCHES), int(row[20]), row[19] > MOST_BATCHES)
        values: list[Any] = [*row[:8], Place(row[8], row[9]), *row[10:17], fields, row[18], *waits]
        found.append(Watched(*values))
    return found


def counted(
    connection: Connection, *, department: str | None = None, contracts: Sequence[str] | None = None
) -> Counted:
    """Count subscriptions.

    Args:
        connection: Any transaction.
        department: Only of systems of this body, or on ``contracts``.
        contracts: Only on these contracts, or of ``department``.

    """
    given = {"department": department, "contracts": None if contracts is None else list(contracts)}
    row = connection.execute(_sql()["counted"], given).fetchone()
    return Counted(*row) if row else Counted(0, 0, 0, 0)


def pause(connection: Connection, subscription: Subscription, by: str, clock: Clock, new_id: NewId) -> None:
    """Pause a subscription by hand; its place stays, so nothing is lost.

    Args:
        connection: The command's transaction.
        subscription: Which.
        by: Who pauses it.
        clock: Present instant.
        new_id: Source of identifiers.

    """
    standing.suspend(connection, subscription, PAUSED, clock, new_id)
    facts = {"system": subscription.system, "by": by}
    evidence.write(connection, "hub:subscription:paused", str(subscription.id), facts, clock.now(), new_id)


def replay(
    connection: Connection, subscription: Subscription, since: datetime, by: str, clock: Clock, new_id: NewId
) -> Subscription:
    """Set a subscription back, so that everything that arrived from an instant on comes again.

    Args:
        connection: The command's transaction.
        subscription: Which.
        since: The instant.
        by: Who sets it back.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        Conflicting: The subscription is over.

    """
    row = connection.execute(_sql()["place_before"], {"at": since}).fetchone()
    place = Place(int(row[0]), LAST_ROW) if row and row[0] else standing.BEGINNING
    place = min(place, subscription.place)  # set back, never forward: nothing is passed over
    made = standing.put_place(connection, subscription, place, clock)
    facts = {"system": subscription.system, "by": by, "from": str(subscription.place), "to": str(place)}
    evidence.write(connection, "hub:subscription:replayed", str(subscription.id), facts, clock.now(), new_id)
    return made


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.subscriptions", "overview")
