"""Subscriptions over HTTP, for systems with their key: ``/api/v1/subscriptions`` (Hangzhou art. 8, 13)."""

from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from citybrain.hub import credentials
from citybrain.hub.question import COMPARISONS, MOST_ROWS, Condition, Place, Question
from citybrain.hub.subscriptions import standing
from citybrain.hub.subscriptions.events import MANY, events_of, written
from citybrain.hub.subscriptions.signing import secret_of
from citybrain.hub.subscriptions.standing import BEGINNING, WAYS, Per, Subscription, SubscriptionOrder, Way
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.web.api.asking import Asking, read_body
from citybrain.web.api.batches import bearer
from citybrain.web.problems import dumps

JSON = "application/json"
PAGE_ROWS = 1_000


class ConditionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A comparison as a program sends it."""

    field: str
    value: str
    comparison: str = "eq"


class SubscriptionBody(msgspec.Struct, forbid_unknown_fields=True):
    """A subscription as a program sends it."""

    contract: str
    purpose: str
    fields: list[str] | None = None
    where: list[ConditionBody] = []
    way: str = "pull"
    start: str = "now"
    url: str | None = None
    per: str = "batch"


class AckBody(msgspec.Struct, forbid_unknown_fields=True):
    """Up to where rows were taken, or from where they are wanted again."""

    place: str


@post("/api/v1/subscriptions", status_code=201)
async def subscribe(request: Asking) -> Response[bytes]:
    """Subscribe to the rows of a contract under a grant.

    ``way`` is pull, push (to ``url``, signed) or stream; ``start`` is now, beginning or a place. 201 with the
    subscription; for push with ``secret``, which is told this once.
    """
    asking = await caller(request)
    order = _order(await read_body(request, SubscriptionBody), asking)
    instance = request.app.state.instance
    question = Question(order.contract, order.purpose, order.fields, order.where)
    await request.app.state.entrance.enter(lambda: instance.releaser.require(question, asking))

    def act(connection: Connection, _: str) -> dict[str, Any]:
        made = standing.open_one(connection, instance.city_now(), order, instance.clock, instance.new_id)
        told = as_plain(made)
        if made.way == "push":
            told["secret"] = secret_of(connection, made.id, instance.settings.key_file)
        return told

    return await _answered(request, act, 201)


@get("/api/v1/subscriptions")
async def listed(request: Asking) -> Response[bytes]:
    """List the subscriptions of the calling system, the newest first."""

    def act(connection: Connection, system: str) -> dict[str, Any]:
        return {"subscriptions": [as_plain(item) for item in standing.listed(connection, system=system)]}

    return await _answered(request, act)


@get("/api/v1/subscriptions/{subscription:str}")
async def show(subscription: FromPath[str], request: Asking) -> Response[bytes]:
    """Answer with a subscription: its place, what it has taken, and what went wrong last."""
    return await _answered(request, lambda connection, system: as_plain(own(connection, subscription, system)))


@delete("/api/v1/subscriptions/{subscription:str}", status_code=200)
async def end(subscription: FromPath[str], request: Asking) -> Response[bytes]:
    """End a subscription; nothing more is delivered."""
    instance = request.app.state.instance

    def act(connection: Connection, system: str) -> dict[str, Any]:
        standing.end(connection, own(connection, subscription, system), system, instance.clock, instance.new_id)
        return as_plain(own(connection, subscription, system))

    return await _answered(request, act)


@get("/api/v1/subscriptions/{subscription:str}/rows")
async def rows(subscription: FromPath[str], request: Asking) -> Response[bytes]:
    """Give out what follows the subscription's place, as CloudEvents; the same again until it is acknowledged."""
    instance = request.app.state.instance
    wanted = request.query_params.get("limit", str(PAGE_ROWS))
    limit = int(wanted) if wanted.isdecimal() and wanted.isascii() and len(wanted) < 8 else MOST_ROWS + 1

    def look() -> tuple[bytes, dict[str, str]]:
        with instance.database.transaction() as connection:
            system = _system(request, connection)
            now = own(connection, subscription, system)
            _require_way(now, "pull")
            behind = standing.is_behind(connection, now.contract, now.place)
        if not behind:
            instance.releaser.require(now.question(limit), system)
            return b"[]", {"x-citybrain-rows": "0"}
        release = instance.releaser.release(now.question(limit), system)
        if release.rows == 0 and release.place is not None:
            with instance.database.transaction() as connection:  # nothing to acknowledge: none of these rows fits
                standing.put_place(connection, now, release.place, instance.clock)
        told = {"x-citybrain-rows": str(release.rows), "x-citybrain-release": str(release.id)}
        if release.place is not None and release.rows:
            told["x-citybrain-after"] = str(release.place)
        return written(events_of(release, now.contract)), told

    body, told = await request.app.state.entrance.enter(look)
    return Response(body, media_type=MANY, headers={**told, "cache-control": "no-store"})


@post("/api/v1/subscriptions/{subscription:str}/ack", status_code=200)
async def acknowledge(subscription: FromPath[str], request: Asking) -> Response[bytes]:
    """Say up to which place rows were taken; an earlier place brings rows again, whatever the way."""
    await caller(request)
    body = await read_body(request, AckBody)
    instance = request.app.state.instance

    def act(connection: Connection, system: str) -> dict[str, Any]:
        place = BEGINNING if body.place == "beginning" else Place.read(body.place)
        return as_plain(
            standing.put_place(connection, own(connection, subscription, system), place, instance.clock)
        )  # fmt: skip

    return await _answered(request, act)


@post("/api/v1/subscriptions/{subscription:str}/resume", status_code=200)
async def resume(subscription: FromPath[str], request: Asking) -> Response[bytes]:
    """Take a suspended subscription up again where it stopped; needs a grant that holds."""
    instance = request.app.state.instance

    def look() -> None:
        with instance.database.reading() as connection:
            system = _system(request, connection)
            now = own(connection, subscription, system)
        instance.releaser.require(now.question(1), system)

    def act(connection: Connection, system: str) -> dict[str, Any]:
        now = own(connection, subscription, system)
        return as_plain(standing.resume(connection, now, system, instance.clock, instance.new_id))

    await request.app.state.entrance.enter(look)

    return await _answered(request, act)


def as_plain(item: Subscription) -> dict[str, Any]:
    """Lay a subscription out for JSON.

    Args:
        item: The subscription.

    """
    return {
        "subscription": str(item.id), "system": item.system, "department": item.department, "contract": item.contract,
        "purpose": item.purpose, "fields": None if item.fields is None else list(item.fields),
        "where": [{"field": c.field, "comparison": c.comparison, "value": c.text} for c in item.where],
        "way": item.way, "url": item.url, "per": item.per, "state": item.state, "place": str(item.place),
        "delivered": item.delivered, "failures": item.failures, "failure": item.failure,
        "delivered_at": item.delivered_at.isoformat() if item.delivered_at else None,
        "next_try_at": item.next_try_at.isoformat() if item.next_try_at else None,
        "made_at": item.made_at.isoformat(),
    }  # fmt: skip


def own(connection: Connection, subscription: str, system: str) -> Subscription:
    """Find a subscription of the calling system.

    Args:
        connection: Any transaction.
        subscription: Its id as sent.
        system: Ref of the caller.

    Raises:
        NotKnown: It has none of that id.

    """
    try:
        return standing.one(connection, UUID(subscription), system=system)
    except ValueError:
        raise NotKnown("subscriptions.unknown", subscription=subscription[:40]) from None


async def caller(request: Asking) -> str:
    """Tell which system calls, before its body is read.

    Args:
        request: The request.

    Raises:
        NotAuthenticated: None that is known.

    """

    def look() -> str:
        with request.app.state.instance.database.reading() as connection:
            return _system(request, connection)

    found: str = await request.app.state.entrance.enter(look)
    return found


def _system(request: Asking, connection: Connection) -> str:
    return credentials.authenticate(connection, bearer(request.headers.get("authorization")))


def conditions_of(where: list[ConditionBody]) -> tuple[Condition, ...]:
    """Read conditions.

    Args:
        where: As sent.

    Raises:
        WrongUse: No such comparison.

    """
    found = []
    for item in where:
        comparison = next((known for known in COMPARISONS if known == item.comparison), None)
        if comparison is None:
            raise WrongUse("subscriptions.value_wrong", field="comparison", allowed=", ".join(COMPARISONS))
        found.append(Condition(item.field, comparison, item.value))
    return tuple(found)


def _order(body: SubscriptionBody, system: str) -> SubscriptionOrder:
    way: Way | None = next((item for item in WAYS if item == body.way), None)
    per: Per | None = next((item for item in get_args(Per) if item == body.per), None)
    if way is None:
        raise WrongUse("subscriptions.value_wrong", field="way", allowed=", ".join(WAYS))
    if per is None:
        raise WrongUse("subscriptions.value_wrong", field="per", allowed=", ".join(get_args(Per)))
    start = {"now": None, "beginning": BEGINNING}[body.start] if body.start in {"now", "beginning"} else None
    if start is None and body.start != "now":
        start = Place.read(body.start)
    fields = None if body.fields is None else tuple(body.fields)
    where = conditions_of(body.where)
    return SubscriptionOrder(system, body.contract, body.purpose, fields, where, way, start, body.url, per)


def _require_way(now: Subscription, way: Way) -> None:
    if now.way != way:
        raise WrongUse("subscriptions.way_wrong", way=now.way)


async def _answered(
    request: Asking, act: Callable[[Connection, str], dict[str, Any]], status: int = 200
) -> Response[bytes]:
    """Carry out a command of the calling system in one transaction and answer with what it left."""

    def step() -> dict[str, Any]:
        with request.app.state.instance.database.transaction() as connection:
            return act(connection, _system(request, connection))

    answer = await request.app.state.entrance.enter(step)
    return Response(dumps(answer), media_type=JSON, status_code=status, headers={"cache-control": "no-store"})


HANDLERS = [subscribe, listed, show, end, rows, acknowledge, resume]
