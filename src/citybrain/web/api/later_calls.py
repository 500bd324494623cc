"""Calls that are answered later: who called looks here, who was asked answers here."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from citybrain.blueprint.instance import Instance
from citybrain.hub.calls.later import Arrival, Arrived, Waiting, location_of
from citybrain.hub.calls.signatures import Message, digest_holds
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.web.api.batches import bearer
from citybrain.web.api.shown import Shown, Unreadable
from citybrain.web.carrying import PART_BYTES, Incoming, Spool
from citybrain.web.entrance import Entrance
from citybrain.web.language import language_of
from citybrain.web.problems import PROBLEM_TYPE, dumps

LOOK_AGAIN_S = 5
REFUSED = 422
_SHA256_OF_NOTHING = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
Asked = Request[Any, Any, State]


@get("/r1/calls/{call:uuid}")
async def look(request: Asked, call: FromPath[UUID]) -> Response[Any]:
    """Look for the answer of a call that is answered later.

    With the key of the system that called. 202 while there is none, 200 with the answer as the grant lets it leave
    now; each handing over is a use of its own. An answer is kept for a day.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    secret = bearer(request.headers.get("authorization"))
    host, path = request.headers.get("host", ""), request.scope["path"]
    message = Message("GET", f"{request.scope['scheme']}://{host}{path}", request.headers)
    found = await entrance.enter(lambda: _found(instance, call, secret, message))
    if isinstance(found, Waiting):
        return waiting(instance, found)
    begun = found.begun
    incoming = Incoming(found.status, {"content-type": found.media}, await entrance.enter(lambda: _kept(found)), 1)
    shown = Shown(incoming, begun.asking.called, language_of(request, instance.settings.language))
    try:
        await entrance.enter(
            lambda: instance.caller.finish(
                begun, found.status, found.body, 1, shown.make, instance.new_id(), again=found.again
            )
        )
    except Unreadable:
        shown.close()
        raise await entrance.enter(lambda: instance.caller.fail(begun, "unreadable", 1, found.status)) from None
    except BaseException:
        shown.close()
        raise
    return shown.response(begun)


@post("/r1/calls/{call:uuid}/answer", status_code=204)
async def answer(request: Asked, call: FromPath[UUID]) -> None:
    """Answer a call that was taken with 202.

    ``Authorization: Bearer`` with the key that came with the call; it counts once. A body of
    ``application/problem+json`` says that it could not be done. ``Content-Digest`` is checked where it is sent.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    key = bearer(request.headers.get("authorization"))
    media = request.headers.get("content-type", "application/octet-stream")
    await entrance.enter(lambda: instance.later.expect(call, key))
    body = Spool()
    try:
        async for part in request.stream():
            body.write(part)
        digest = request.headers.get("content-digest")
        if digest is not None and not digest_holds(digest, body.body().sha256):
            raise WrongUse("calls.digest_wrong")
        refused = media.partition(";")[0].strip().lower() == PROBLEM_TYPE
        arrival = Arrival(REFUSED if refused else 200, media, body.body(), body.parts())
        await entrance.enter(lambda: instance.later.arrive(call, key, arrival))
    finally:
        body.close()


def waiting(instance: Instance, found: Waiting) -> Response[Any]:
    """Say that the answer of a call is not there yet.

    Args:
        instance: For the present instant.
        found: The call.

    """
    left_s = (found.due_at - instance.clock.now()).total_seconds()
    told = {"call": found.call, "state": "waiting", "due_at": found.due_at}
    headers = {
        "location": location_of(found.call), "retry-after": str(max(1, min(LOOK_AGAIN_S, int(left_s)))),
        "cache-control": "no-store",
    }  # fmt: skip
    return Response(dumps(told), media_type="application/json", status_code=202, headers=headers)


def _found(instance: Instance, call: UUID, secret: str, message: Message) -> Waiting | Arrived:
    found = instance.later.look(call, secret)
    if isinstance(found, Arrived):
        instance.verifier.verify(found.begun.asking.called.service, secret, message, _SHA256_OF_NOTHING)
    return found


def _kept(found: Arrived) -> Spool:
    body = Spool()
    try:
        with found.path.open("rb") as file:
            while part := file.read(PART_BYTES):
                body.write(part)
    except FileNotFoundError:
        body.close()
        raise NotKnown("calls.answer_gone", service=found.begun.asking.called.service.ref, at=None) from None
    return body


HANDLERS = [look, answer]
