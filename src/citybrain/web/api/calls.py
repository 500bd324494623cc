"""Services called through the hub: ``/r1/{instance}/{class}/{member}/{subsystem}/{service}/…`` (Hangzhou art. 8)."""

import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import orjson
from litestar import Request, Response, get, route
from litestar.datastructures import State
from litestar.types import Method

from citybrain.blueprint.instance import Instance
from citybrain.city.openapi import example_answer
from citybrain.city.service import Service
from citybrain.hub import credentials
from citybrain.hub.calls.address import Called, resolve
from citybrain.hub.calls.calling import Asking, Begun
from citybrain.hub.calls.later import location_of, require_reply_to
from citybrain.hub.calls.signatures import Message, digest_header, name_of
from citybrain.kernel.errors import NotKnown, Unavailable
from citybrain.kernel.ids import new_id
from citybrain.web.api.batches import bearer
from citybrain.web.api.later_calls import waiting
from citybrain.web.api.shown import Shown, Unreadable
from citybrain.web.carrying import Carrier, CarryFailed, Outgoing, Spool
from citybrain.web.entrance import Entrance
from citybrain.web.language import language_of
from citybrain.web.problems import dumps

HERE = "/r1/{instance:str}/{of:str}/{member:str}/{subsystem:str}/{service:str}"
METHODS: list[Method] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_PASSED_IN = ("content-type", "accept", "accept-language", "if-match", "if-none-match", "idempotency-key", "tracestate")
_TRACE = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$")
Asked = Request[Any, Any, State]


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A call that may be made.

    Attributes:
        answer_key: What the provider may answer with later; none where the answer comes in the call.

    """

    begun: Begun
    answer_key: str | None


@route([HERE, HERE + "/{rest:path}"], http_method=METHODS)
async def call(request: Asked) -> Response[Any]:
    """Call a service through the hub, under a grant.

    ``Authorization: Bearer`` with the key of the calling system and ``X-Citybrain-Purpose`` are needed. The request
    goes to the provider as it is; of the answer leaves what the grant names, masked as its grade asks. 403 says which
    rule forbids it, or what to apply for; 429 and 503 say when to try again. ``X-Citybrain-Sandbox: 1`` answers with
    the example of the service's own description. Signed requests (RFC 9421, Ed25519) are checked; a service may
    require them. 202 with ``Location`` says that the answer comes later and where it is fetched; a notice goes to
    ``X-Citybrain-Reply-To``.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    secret = bearer(request.headers.get("authorization"))
    raw_path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    called = resolve(instance.city_now(), request.method, raw_path)
    if called.service.status == "sandbox" or request.headers.get("x-citybrain-sandbox") == "1":
        await entrance.enter(lambda: _known(instance, secret))
        return _example(called)
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        await entrance.enter(lambda: _known(instance, secret))  # a body of any size is taken in for who is known only
    body = Spool()
    try:
        async for part in request.stream():
            body.write(part)
        trace = _TRACE.match(request.headers.get("traceparent", ""))
        message = Message(request.method, _target(request, raw_path), request.headers)
        asking = Asking(
            called, secret, request.headers.get("x-citybrain-purpose", ""), body.body(),
            trace[1] if trace else new_id().hex,
        )  # fmt: skip
        reply_to = request.headers.get("x-citybrain-reply-to")
        allowed = await entrance.enter(lambda: _allowed(instance, asking, message, reply_to))
        return await _carried(request, allowed, body)
    finally:
        body.close()


async def _carried(request: Asked, allowed: _Allowed, body: Spool) -> Response[Any]:
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    carrier: Carrier = request.app.state.carrier
    begun, called = allowed.begun, allowed.begun.asking.called
    headers = _headers(request, allowed)
    target = Message(request.method, _address(called, request), headers)
    outgoing = Outgoing(
        called.service, request.method, target.target, headers, body, lambda: instance.signer.sign(target)
    )  # fmt: skip
    try:
        incoming = await carrier.carry(outgoing)
    except CarryFailed as failed:
        told = failed.failure, failed.attempts, failed.status
        raise await entrance.enter(lambda: instance.caller.fail(begun, *told)) from None
    if incoming.status == 202 and allowed.answer_key is not None:
        incoming.body.close()
        return waiting(instance, await entrance.enter(lambda: instance.later.accept(begun)))
    shown = Shown(incoming, called, language_of(request, instance.settings.language))
    try:
        answer = incoming.body.body()
        await entrance.enter(
            lambda: instance.caller.finish(begun, incoming.status, answer, incoming.attempts, shown.make)
        )
    except Unreadable:
        shown.close()
        given = "unreadable", incoming.attempts, incoming.status
        raise await entrance.enter(lambda: instance.caller.fail(begun, *given)) from None
    except BaseException:
        shown.close()
        raise
    return shown.response(begun)


def _allowed(instance: Instance, asking: Asking, message: Message, reply_to: str | None) -> _Allowed:
    """Check the signature and allow the call, in one stay inside the rooms."""
    require_reply_to(reply_to, _listening(instance) if reply_to else ())
    instance.signer.load()
    service, secret = asking.called.service, asking.secret
    signed_with = instance.verifier.verify(service, secret, message, asking.body.sha256)
    begun = instance.caller.begin(replace(asking, signed_with=signed_with))
    later = asking.called.operation.mode == "later"
    return _Allowed(begun, instance.later.prepare(begun, reply_to) if later else None)


def _listening(instance: Instance) -> Iterator[str]:
    """Yield where services and the hub itself listen."""
    settings = instance.settings
    yield settings.public_url or f"http://{settings.host}:{settings.port}"
    for service in instance.city_now().services.values():
        with suppress(Unavailable):
            yield provider_url(service, os.environ)


def _target(request: Asked, raw_path: str) -> str:
    """Write the whole address as the consumer asked for it."""
    query = request.scope["query_string"].decode("ascii", "replace")
    host = request.headers.get("host", "")
    return f"{request.scope['scheme']}://{host}{raw_path}" + (f"?{query}" if query else "")


def _known(instance: Instance, secret: str) -> str:
    with instance.database.reading() as connection:
        return credentials.authenticate(connection, secret)


def _example(called: Called) -> Response[Any]:
    """Answer as the service's own description does; nothing is used, and nothing is noted."""
    found = example_answer(called.service.document, called.route)
    if found is None:
        raise NotKnown("calls.no_example", service=called.service.ref, operation=called.route.operation)
    status, media, value = found
    text = value.encode() if isinstance(value, str) and not media.endswith("json") else orjson.dumps(value)
    body = b"" if not media else text
    headers = {"x-citybrain-mock": "1", "cache-control": "no-store"}
    return Response(body, media_type=media or "text/plain", status_code=status, headers=headers)


def _address(called: Called, request: Asked) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    return provider_url(called.service, os.environ) + called.path.rstrip("/") + (f"?{query}" if query else "")


def provider_url(service: Service, environment: Mapping[str, str]) -> str:
    """Return where a department's system listens.

    Args:
        service: What it offers.
        environment: Values for addresses written as ``env:NAME``.

    Raises:
        Unavailable: The environment does not say.

    """
    url = service.url
    if url.startswith("env:"):
        url = environment.get(url.removeprefix("env:"), "")
    if not url:
        raise Unavailable("calls.address_missing", service=service.ref, variable=service.url.removeprefix("env:"))
    return url.rstrip("/")


def _headers(request: Asked, allowed: _Allowed) -> dict[str, str]:
    begun, settings = allowed.begun, request.app.state.instance.settings
    headers = {name: request.headers[name] for name in _PASSED_IN if name in request.headers}
    flags = _TRACE.match(request.headers.get("traceparent", ""))
    span = begun.id.hex[-16:]
    if allowed.answer_key is not None:
        here = settings.public_url or f"http://{settings.host}:{settings.port}"
        headers["x-citybrain-answer-to"] = f"{here.rstrip('/')}{location_of(begun.id)}/answer"
        headers["x-citybrain-answer-key"] = allowed.answer_key
    return headers | {
        "accept-encoding": "identity",
        "traceparent": f"00-{begun.asking.trace}-{span}-{flags[2] if flags else '01'}",
        "content-digest": digest_header(begun.asking.body.sha256),
        "x-citybrain-call": str(begun.id),
        "x-citybrain-consumer": begun.system,
        "x-citybrain-purpose": begun.asking.purpose,
        "x-citybrain-operation": begun.asking.called.route.operation,
    }


@get("/r1/keys")
async def keys(request: Asked) -> Response[bytes]:
    """Show the public key the hub signs its requests to departments' systems with (JSON Web Key, RFC 8037)."""
    instance: Instance = request.app.state.instance
    public = await request.app.state.entrance.enter(instance.signer.public_key)
    shown = urlsafe_b64encode(public).decode().rstrip("=")
    key = {"kty": "OKP", "crv": "Ed25519", "x": shown, "kid": name_of(public), "use": "sig", "alg": "EdDSA"}
    return Response(dumps({"keys": [key]}), media_type="application/json")


HANDLERS = [call, keys]
