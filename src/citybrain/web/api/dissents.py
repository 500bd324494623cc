"""Dissents over HTTP: raised by a system or a person, looked at by whoever is concerned (Nanjing art. 11)."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from citybrain.blueprint.instance import Instance
from citybrain.governance.dissent import case
from citybrain.governance.dissent.case import Channel, Dissent, Event, Raiser
from citybrain.governance.dissent.raising import Order, raise_dissent
from citybrain.hub import credentials
from citybrain.kernel.errors import AccessRefused, NotKnown, TooLarge, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.web.api.batches import bearer
from citybrain.web.entrance import Entrance
from citybrain.web.problems import dumps
from citybrain.web.sessions import check_form, viewer_in

BODY_BYTES = 64 * 1024
RAISING = frozenset({"request_data", "operate_hub", "grant_data"})
_TEXTS = ("contract", "field", "seen", "claimed", "grounds")


@post("/api/v1/dissents", status_code=201)
async def raise_one(request: Request[Any, Any, State]) -> Response[bytes]:
    """Raise a dissent about a value, a batch or a score.

    Raised with a system key, or with a session and its token in ``X-CSRF-Token``. The body is JSON: contract, keys (by
    the contract's keys) or batch, field, seen, claimed, grounds, attachment_sha256. 201 with number, due date and
    tracking code, which is not shown again.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    raiser, channel = await entrance.enter(lambda: _raiser(instance, request))
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise TooLarge("edge.body_too_large", most_bytes=BODY_BYTES)
    asked = _read(body)

    def raise_it() -> dict[str, Any]:
        order = _order(asked, raiser, channel)
        with instance.database.transaction() as connection:
            raised = raise_dissent(
                connection, instance.city_now(), instance.reader, order, instance.clock, instance.new_id
            )
            return {**as_plain(raised.dissent, case.course(connection, raised.dissent.id)), "code": raised.code}

    return Response(dumps(await entrance.enter(raise_it)), media_type="application/json", status_code=201)


@get("/api/v1/dissents/{number:str}")
async def show(number: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    """Answer with a dissent and its course.

    For its raiser, its provider and the data authority, by system key or session; for somebody outside with the
    tracking code in ``X-Tracking-Code``.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance

    def look() -> dict[str, Any]:
        code = request.headers.get("x-tracking-code")
        with instance.database.reading() as connection:
            found = case.tracked(connection, number, code) if code else _allowed(instance, request, connection, number)
            return as_plain(found, case.course(connection, found.id))

    return Response(dumps(await entrance.enter(look)), media_type="application/json")


def as_plain(found: Dissent, course: list[Event]) -> dict[str, Any]:
    """Lay a dissent out for JSON; persons of the course stay inside the house.

    Args:
        found: The dissent.
        course: Its course.

    """
    return {
        "number": found.number,
        "kind": found.kind,
        "contract": found.contract,
        "provider": found.provider,
        "keys": None if found.keys is None else dict(found.keys),
        "batch": None if found.batch is None else str(found.batch),
        "field": found.field,
        "day": None if found.day is None else found.day.isoformat(),
        "seen": found.seen,
        "claimed": found.claimed,
        "state": found.state,
        "verdict": found.verdict,
        "answer": found.answer,
        "raised_at": found.raised_at.isoformat(),
        "due_at": found.due_at.isoformat(),
        "reaction_due_at": found.reaction_due_at.isoformat() if found.reaction_due_at else None,
        "corrected_by": None if found.corrected is None else str(found.corrected),
        "course": [{"at": step.at.isoformat(), "act": step.act, "words": step.words} for step in course],
    }


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise WrongUse("edge.request_wrong", detail="JSON") from None
    if not isinstance(asked, dict):
        raise WrongUse("edge.request_wrong", detail="JSON")
    for name in _TEXTS:
        if not isinstance(asked.get(name, ""), (str, type(None))):
            raise WrongUse("edge.request_wrong", detail=name)
    if not isinstance(asked.get("keys"), (dict, type(None))):
        raise WrongUse("edge.request_wrong", detail="keys")
    return asked


def _raiser(instance: Instance, request: Request[Any, Any, State]) -> tuple[Raiser, Channel]:
    """Tell who raises: a system with its key, or somebody signed in whose post may ask for data."""
    header = request.headers.get("authorization")
    if header is not None:
        with instance.database.reading() as connection:
            system = credentials.authenticate(connection, bearer(header))
        known = instance.city_now().systems.get(system)
        if known is None:
            raise NotKnown("hub.system_unknown", system=system, near=())
        return Raiser("system", system, known.owner), "system"
    visit = viewer_in(instance, request.cookies)
    check_form(visit, request.headers.get("x-csrf-token"))
    if not visit.viewer.may & RAISING:
        raise AccessRefused("dissent.closed_to_post", post=visit.viewer.post)
    return Raiser("person", visit.viewer.person, visit.viewer.department), "console"


def _order(asked: Mapping[str, Any], raiser: Raiser, channel: Channel) -> Order:
    keys = asked.get("keys")
    digest = asked.get("attachment_sha256")
    try:
        return Order(
            contract=asked.get("contract") or "",
            raiser=raiser,
            channel=channel,
            grounds=asked.get("grounds") or "",
            keys=None if keys is None else {str(name): _plain(value) for name, value in keys.items()},
            batch=UUID(str(asked["batch"])) if asked.get("batch") else None,
            field=asked.get("field") or None,
            seen=asked.get("seen") or "",
            claimed=asked.get("claimed") or "",
            attachment=_digest(digest) if digest else None,
            kind="score" if asked.get("kind") == "score" else "value",
            day=date.fromisoformat(str(asked["day"])) if asked.get("day") else None,
        )
    except ValueError as error:
        raise WrongUse("edge.request_wrong", detail=str(error)[:100]) from None


def _plain(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    raise WrongUse("edge.request_wrong", detail="keys")


def _digest(text: Any) -> bytes:
    made = bytes.fromhex(str(text))
    if len(made) != 32:
        raise WrongUse("edge.request_wrong", detail="attachment_sha256")
    return made


def _allowed(instance: Instance, request: Request[Any, Any, State], connection: Connection, number: str) -> Dissent:
    """Find a dissent for somebody concerned; who asks is told before whether it exists."""
    header = request.headers.get("authorization")
    if header is not None:
        system = credentials.authenticate(connection, bearer(header))
        known = instance.city_now().systems.get(system)
        owner = known.owner if known else None
        found = case.one(connection, number)
        if found.raised_by(Raiser("system", system, owner)) or (owner is not None and owner == found.provider):
            return found
    else:
        viewer = viewer_in(instance, request.cookies).viewer
        found = case.one(connection, number)
        if case.may_see(found, viewer):
            return found
    raise NotKnown("dissent.unknown", number=number)
