"""Services called through the hub: ``/r1/{instance}/{class}/{member}/{subsystem}/{service}/…`` (Hangzhou art. 8)."""

import os
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from litestar import Request, Response, get, route
from litestar.datastructures import State
from litestar.response import Stream
from litestar.types import Method

from citybrain.blueprint.instance import Instance
from citybrain.city.openapi import example_answer
from citybrain.city.service import Service
from citybrain.hub import credentials
from citybrain.hub.calls.address import Called, resolve
from citybrain.hub.calls.answers import cut, cut_lines
from citybrain.hub.calls.calling import Asking, Begun, Body, Pass
from citybrain.hub.calls.signatures import Message, digest_header, name_of
from citybrain.kernel.errors import NotKnown, Unavailable, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.web.api.batches import bearer
from citybrain.web.carrying import HELD_BYTES, Carrier, CarryFailed, Incoming, Outgoing, Spool
from citybrain.web.entrance import Entrance
from citybrain.web.language import language_of
from citybrain.web.problems import PROBLEM_TYPE, as_problem, dumps

HERE = "/r1/{instance:str}/{of:str}/{member:str}/{subsystem:str}/{service:str}"
METHODS: list[Method] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
# A JSON document is cut as a whole; a longer answer comes as lines.
JSON_BYTES = 16 * 1024 * 1024
_PASSED_IN = ("content-type", "accept", "accept-language", "if-match", "if-none-match", "idempotency-key", "tracestate")
_PASSED_OUT = ("content-language", "etag", "last-modified", "retry-after", "location")
_TRACE = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$")
Asked = Request[Any, Any, State]


class _Unreadable(Exception):
    """An answer that cannot be cut to what is granted."""


@route([HERE, HERE + "/{rest:path}"], http_method=METHODS)
async def call(request: Asked) -> Response[Any]:
    """Call a service through the hub, under a grant.

    ``Authorization: Bearer`` with the key of the calling system and ``X-Citybrain-Purpose`` are needed. The request
    goes to the provider as it is; of the answer leaves what the grant names, masked as its grade asks. 403 says which
    rule forbids it, or what to apply for; 429 and 503 say when to try again. ``X-Citybrain-Sandbox: 1`` answers with
    the example of the service's own description. Signed requests (RFC 9421, Ed25519) are checked; a service may
    require them.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    secret = bearer(request.headers.get("authorization"))
    raw_path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    called = resolve(instance.city_now(), request.method, raw_path)
    if called.service.status == "sandbox" or request.headers.get("x-citybrain-sandbox") == "1":
        await entrance.enter(lambda: _known(instance, secret))
        return _example(called)
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
        begun = await entrance.enter(lambda: _begun(instance, asking, message))
        return await _carried(request, begun, body)
    finally:
        body.close()


async def _carried(request: Asked, begun: Begun, body: Spool) -> Response[Any]:
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    carrier: Carrier = request.app.state.carrier
    called = begun.asking.called
    headers = _headers(request, begun)
    target = Message(request.method, _address(called, request), headers)
    outgoing = Outgoing(
        called.service, request.method, target.target, headers, body, lambda: instance.signer.sign(target)
    )  # fmt: skip
    try:
        incoming = await carrier.carry(outgoing)
    except CarryFailed as failed:
        told = failed.failure, failed.attempts, failed.status
        raise await entrance.enter(lambda: instance.caller.fail(begun, *told)) from None
    shown = _Shown(incoming, called, language_of(request, instance.settings.language))
    try:
        answer = incoming.body.body()
        await entrance.enter(
            lambda: instance.caller.finish(begun, incoming.status, answer, incoming.attempts, shown.make)
        )
    except _Unreadable:
        shown.close()
        given = "unreadable", incoming.attempts, incoming.status
        raise await entrance.enter(lambda: instance.caller.fail(begun, *given)) from None
    except BaseException:
        shown.close()
        raise
    return shown.response(begun)


class _Shown:
    """What of an answer leaves."""

    def __init__(self, incoming: Incoming, called: Called, language: Any) -> None:
        self._incoming, self._called, self._language = incoming, called, language
        self._body: Spool | None = None
        self._pass: Pass | None = None
        self._media = incoming.headers.get("content-type", "")

    def make(self, leave: Pass) -> Body:
        """Cut the answer to what may leave; gives its size and digest."""
        self._pass = leave
        media = self._media.partition(";")[0].strip().lower()
        if self._incoming.status >= 400:
            self._write([self._refused()])
            self._media = PROBLEM_TYPE
        elif self._incoming.body.size == 0:
            self._body = self._incoming.body
        elif "content-encoding" in self._incoming.headers:
            raise _Unreadable
        elif media in self._called.operation.passes:
            self._body = self._incoming.body
        else:
            self._cut(media, leave)
        return self._body.body() if self._body is not None else Body(0, b"")

    def _cut(self, media: str, leave: Pass) -> None:
        try:
            if media in NDJSON:
                self._write(cut_lines(self._incoming.body.lines(), leave.cut))
            elif (media == "application/json" or media.endswith("+json")) and self._incoming.body.size <= JSON_BYTES:
                self._write([orjson.dumps(cut(orjson.loads(self._incoming.body.whole()), leave.cut))])
            else:
                raise _Unreadable
        except (ValueError, TypeError, RecursionError):
            raise _Unreadable from None

    def _write(self, parts: Iterator[bytes] | list[bytes]) -> None:
        self._body = Spool()
        for part in parts:
            self._body.write(part)

    def _refused(self) -> bytes:
        """Say that the provider said no; its own words could hold what nobody granted."""
        params = {"service": self._called.service.ref, "status": self._incoming.status}
        told = as_problem(WrongUse("calls.provider_refused", **params), self._language, new_id)
        return dumps({**told, "status": self._incoming.status})

    def response(self, begun: Begun) -> Response[Any]:
        """Hand over what leaves."""
        body, leave = self._body, self._pass
        if body is None or leave is None:
            raise AssertionError  # made before
        headers = {name: self._incoming.headers[name] for name in _PASSED_OUT if name in self._incoming.headers}
        headers |= {
            "x-citybrain-call": str(begun.id), "x-citybrain-grant": leave.held.name, "cache-control": "no-store",
            "x-citybrain-masked": ", ".join(f"{name}={how}" for name, how in sorted(leave.masks.items())),
            "content-digest": digest_header(body.body().sha256), "content-length": str(body.size),
        }  # fmt: skip
        if self._called.service.status == "trial":
            headers["x-citybrain-trial"] = "1"
        if body is not self._incoming.body:
            self._incoming.body.close()
        media = self._media or "application/octet-stream"
        if body.size <= HELD_BYTES:
            whole = body.whole()
            body.close()
            return Response(whole, media_type=media, headers=headers, status_code=self._incoming.status)
        return Stream(_handed(body), media_type=media, headers=headers, status_code=self._incoming.status)

    def close(self) -> None:
        """Let everything go."""
        self._incoming.body.close()
        if self._body is not None:
            self._body.close()


async def _handed(body: Spool) -> AsyncIterator[bytes]:
    try:
        for part in body.parts():
            yield part
    finally:
        body.close()


def _begun(instance: Instance, asking: Asking, message: Message) -> Begun:
    """Check the signature and allow the call, in one stay inside the rooms."""
    instance.signer.load()
    service, secret = asking.called.service, asking.secret
    signed_with = instance.verifier.verify(service, secret, message, asking.body.sha256)
    return instance.caller.begin(replace(asking, signed_with=signed_with))


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


def _headers(request: Asked, begun: Begun) -> dict[str, str]:
    headers = {name: request.headers[name] for name in _PASSED_IN if name in request.headers}
    flags = _TRACE.match(request.headers.get("traceparent", ""))
    span = begun.id.hex[-16:]
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
