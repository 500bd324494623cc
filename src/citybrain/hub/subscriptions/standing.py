"""Subscriptions as they stand: who gets which rows, how, and up to which place of the log they were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.whole import City
from citybrain.hub.addresses import is_safe
from citybrain.hub.question import Condition, Place, Question, condition_of
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

Way = Literal["pull", "push", "stream"]
Per = Literal["row", "batch"]
WAYS: tuple[Way, ...] = ("pull", "push", "stream")
BEGINNING = Place(0, 0)
LAST_ROW = 2**31 - 1
MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class SubscriptionOrder:
    """A subscription that is to be opened.

    Attributes:
        system: Ref of the system that gets the rows.
        fields: Fields wanted; none means all that are granted at the time.
        where: Conditions that all hold.
        start: Rows after this place; none means from now on.
        url: Where rows are pushed to.
        per: Whether a message carries one row or many.

    """

    system: str
    contract: str
    purpose: str
    fields: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    way: Way = "pull"
    start: Place | None = None
    url: str | None = None
    per: Per = "batch"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it stands.

    Attributes:
        place: Everything up to here was taken by the subscriber.
        delivered: Rows taken so far.
        failure: Code or kind of what went wrong last; none while all is well.
        slow: Whether it is served in the line of the slow.

    """

    id: UUID
    system: str
    department: str
    contract: str
    purpose: str
    fields: tuple[str, ...] | None
    where: tuple[Condition, ...]
    way: Way
    url: str | None
    per: Per
    state: str
    place: Place
    delivered: int
    delivered_at: datetime | None
    failures: int
    failing_since: datetime | None
    next_try_at: datetime | None
    failure: str | None
    slow: bool
    made_at: datetime
    ended_at: datetime | None

    def question(self, limit: int, after: Place | None = None) -> Question:
        """Say what it asks the hub for next.

        Args:
            limit: Most rows.
            after: Another place than its own.

        """
        return Question(self.contract, self.purpose, self.fields, self.where, after=after or self.place, limit=limit)


def open_one(
    connection: Connection, city: City, order: SubscriptionOrder, clock: Clock, new_id: NewId
) -> Subscription:  # fmt: skip
    """Open a subscription; that its grant holds is checked at every delivery, and by the caller before.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        order: What is wanted.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: Its address is none, or a condition cannot be read.
        NotKnown: No such field.
        Conflicting: The system has too many already.

    Source:
        Hangzhou art. 8; Nanjing art. 7.

    """
    contract = city.contracts[order.contract]
    for condition in order.where:
        condition_of(condition, contract)
    if (order.way == "push") != (order.url is not None):
        raise WrongUse("subscriptions.address_missing")
    if order.url is not None:
        _require_address(order.url)
    subscription, at, owner = new_id(), clock.now(), city.systems[order.system].owner
    count = connection.execute(_sql()["count"], {"system": order.system}).fetchone()
    if count is not None and count[0] >= MOST_OPEN:
        raise Conflicting("subscriptions.too_many", system=order.system, most=MOST_OPEN)
    start = order.start if order.start is not None else Place(head(connection), LAST_ROW)
    _require_place(connection, start)
    facts = {
        "system": order.system, "department": owner, "contract": order.contract, "purpose": order.purpose,
        "way": order.way, "fields": None if order.fields is None else list(order.fields), "start": str(start),
    }  # fmt: skip
    entry = evidence.write(connection, "hub:subscription:opened", str(subscription), facts, at, new_id)
    given = {
        "id": subscription, "system": order.system, "department": owner, "contract": order.contract,
        "purpose": order.purpose, "fields": None if order.fields is None else list(order.fields),
        "conditions": Jsonb([[item.field, item.comparison, item.text] for item in order.where]), "way": order.way,
        "url": order.url, "per": order.per, "position": start.position, "row": start.row, "at": at,
        "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["insert"], given)
    return one(connection, subscription)


def one(connection: Connection, subscription: UUID, *, system: str | None = None) -> Subscription:
    """Return a subscription.

    Args:
        connection: Any transaction.
        subscription: Its id.
        system: Only when it is this system's.

    Raises:
        NotKnown: No such subscription of that system.

    """
    found = _read(connection, "one", {"id": subscription})
    if not found or (system is not None and found[0].system != system):
        raise NotKnown("subscriptions.unknown", subscription=subscription)
    return found[0]


def listed(
    connection: Connection, *, system: str | None = None, department: str | None = None,
    contracts: Sequence[str] | None = None, limit: int = 200,
) -> list[Subscription]:  # fmt: skip
    """List subscriptions, the newest first.

    Args:
        connection: Any transaction.
        system: Only of this system.
        department: Only of systems of this body.
        contracts: Only on these contracts.
        limit: Most subscriptions.

    """
    given = {
        "system": system, "department": department, "contracts": None if contracts is None else list(contracts),
        "limit": limit,
    }  # fmt: skip
    return _read(connection, "listed", given)


def put_place(connection: Connection, subscription: Subscription, place: Place, clock: Clock) -> Subscription:
    """Set the place: forward to acknowledge, back to get rows again.

    Args:
        connection: The command's transaction.
        subscription: As read in this transaction.
        place: Everything up to here counts as taken.
        clock: Present instant.

    Raises:
        WrongUse: The log has not come so far.
        Conflicting: The subscription is over.

    """
    _require_place(connection, place)
    given = {"id": subscription.id, "position": place.position, "row": place.row, "at": clock.now()}
    if connection.execute(_sql()["put_place"], given).rowcount == 0:
        raise Conflicting("subscriptions.ended", subscription=subscription.id)
    return one(connection, subscription.id)


def suspend(connection: Connection, subscription: Subscription, reason: str, clock: Clock, new_id: NewId) -> None:
    """Suspend a subscription; its place stays, so nothing is lost.

    Args:
        connection: The command's transaction.
        subscription: Which.
        reason: Code of the refusal, or kind of failure.
        clock: Present instant.
        new_id: Source of identifiers.

    """
    given = {"id": subscription.id, "reason": reason}
    if connection.execute(_sql()["suspend"], given).rowcount:
        facts = {"system": subscription.system, "reason": reason, "place": str(subscription.place)}
        evidence.write(connection, "hub:subscription:suspended", str(subscription.id), facts, clock.now(), new_id)


def resume(connection: Connection, subscription: Subscription, by: str, clock: Clock, new_id: NewId) -> Subscription:
    """Take a suspended subscription up again where it stopped, or try a failing one at once.

    Args:
        connection: The command's transaction.
        subscription: Which.
        by: Person or system that does it.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        Conflicting: The subscription is over.

    """
    if connection.execute(_sql()["resume"], {"id": subscription.id}).rowcount == 0:
        raise Conflicting("subscriptions.ended", subscription=subscription.id)
    facts = {"system": subscription.system, "by": by, "place": str(subscription.place)}
    evidence.write(connection, "hub:subscription:resumed", str(subscription.id), facts, clock.now(), new_id)
    return one(connection, subscription.id)


def end(connection: Connection, subscription: Subscription, by: str, clock: Clock, new_id: NewId) -> None:
    """End a subscription for good.

    Args:
        connection: The command's transaction.
        subscription: Which.
        by: Person or system that does it.
        clock: Present instant.
        new_id: Source of identifiers.

    """
    at = clock.now()
    if connection.execute(_sql()["end"], {"id": subscription.id, "at": at}).rowcount:
        facts = {"system": subscription.system, "by": by, "delivered": subscription.delivered}
        evidence.write(connection, "hub:subscription:ended", str(subscription.id), facts, at, new_id)


def head(connection: Connection) -> int:
    """Return the newest position of the log.

    Args:
        connection: Any transaction.

    """
    row = connection.execute(_sql()["head"]).fetchone()
    return int(row[0]) if row else 0


def is_behind(connection: Connection, contract: str, place: Place) -> bool:
    """Tell whether the log of a contract may hold rows after a place.

    Args:
        connection: Any transaction.
        contract: Ref.
        place: What was taken.

    """
    after = place.position if place.row >= LAST_ROW else place.position - 1
    row = connection.execute(_sql()["behind"], {"contract": contract, "after": after}).fetchone()
    return bool(row and row[0])


def _require_place(connection: Connection, place: Place) -> None:
    newest = head(connection)
    if place.position > newest or place.row > LAST_ROW:
        raise WrongUse("subscriptions.place_ahead", place=str(place), newest=newest)


def _require_address(url: str) -> None:
    if not is_safe(url):
        raise WrongUse("subscriptions.address_wrong")


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[Subscription]:
    found = []
    for row in connection.execute(_sql()[query], given).fetchall():
        fields = None if row[5] is None else tuple(row[5])
        where = tuple(Condition(*item) for item in row[6])
        values: list[Any] = [*row[:5], fields, where, *row[7:11], Place(row[11], row[12]), *row[13:]]
        found.append(Subscription(*values))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.subscriptions", "standing")
