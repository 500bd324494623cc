"""The conformance test a department runs against its own system before its service goes live (Hangzhou art. 9)."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, LiteralString, Protocol

import orjson
from psycopg.types.json import Jsonb

from citybrain.city.openapi import Example, Route, example_request, misfit, resolved, routes
from citybrain.city.service import Service
from citybrain.hub.calls.signatures import Message, digest_header
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system answered to the test.

    Attributes:
        status: 0 where no answer came.
        media: Media type without parameters.
        seconds: How long it took.

    """

    status: int
    media: str
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the test.

    Attributes:
        kind: example, answers, in_time, schema, fields, error_shape, repeatable or signature.
        result: passed, failed, or advised where it should be mended but is not asked for.
        detail: Where or what.

    """

    operation: str
    kind: str
    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A run of the test.

    Attributes:
        points: In the order they were tried.
        described: Digest of the description that was tested; none where the report is older than such digests.

    """

    service: str
    at: datetime
    run_by: str
    passed: bool
    points: tuple[Point, ...]
    described: bytes | None


class Ask(Protocol):
    """Sends a request to the system; nothing is raised where no answer comes."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Ask."""
        ...


Sign = Callable[[Message], Mapping[str, str]]


class Examination:
    """A run of the test against one service."""

    def __init__(self, service: Service, base_url: str, ask: Ask, sign: Sign, new_id: NewId) -> None:
        """Set it up.

        Args:
            service: What is tested.
            base_url: Where the system listens.
            ask: Sends requests there.
            sign: Signs them as the hub does.
            new_id: Source of identifiers.

        """
        self._service, self._base_url, self._ask, self._sign, self._new_id = service, base_url, ask, sign, new_id

    def points(self) -> Iterator[Point]:
        """Try every operation on offer, and yield each point as it was found."""
        known = {route.operation: route for route in routes(self._service.document)}
        for name in self._service.operations:
            example = example_request(self._service.document, known[name])
            yield _point(name, "example", example is not None)
            if example is not None:
                yield from self._operation(known[name], example)

    def _operation(self, route: Route, example: Example) -> Iterator[Point]:
        name, limit = route.operation, self._service.timeout.total_seconds()
        first = self._send(route, example)
        described = set(route.said.get("responses") or {})
        fits = 200 <= first.status < 300 and (str(first.status) in described or "2XX" in described)
        yield _point(name, "answers", fits, str(first.status or "—"))
        yield _point(name, "in_time", first.status != 0 and first.seconds <= limit, f"{first.seconds:.2f} s")
        if fits:
            yield from self._answer(route, first)
            if route.method in REPEATABLE:
                again = self._send(route, example)
                yield _point(name, "repeatable", again.status == first.status, str(again.status or "—"))
        if "{" in route.template:
            lost = self._ask(route.method, "/" + self._new_id().hex, {}, b"")
            shaped = 400 <= lost.status < 500 and lost.media == "application/problem+json"
            yield _point(name, "error_shape", shaped, f"{lost.status or '—'} {lost.media}")
        forged = self._send(route, example, forged=True) if route.method == "GET" else None
        if forged is not None:
            refused = forged.status in {401, 403}
            result = "passed" if refused else "failed" if self._service.signed == "required" else "advised"
            yield Point(name, "signature", result, str(forged.status or "—"))

    def _answer(self, route: Route, reply: Reply) -> Iterator[Point]:
        name, operation = route.operation, self._service.operations[route.operation]
        if reply.media in operation.passes or not reply.body:
            return
        try:
            value = orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            yield Point(name, "schema", "failed", reply.media)
            return
        document = self._service.document
        answer = resolved(document, (route.said.get("responses") or {}).get(str(reply.status))) or {}
        content = (answer.get("content") or {}).get(reply.media) or {}
        misses = misfit(document, content.get("schema"), value) if content else reply.media
        yield _point(name, "schema", misses is None, misses or "")
        there = _keys(value)
        absent = [field.name for field in operation.fields if field.said_as not in there]
        yield _point(name, "fields", not absent, ", ".join(absent))

    def _send(self, route: Route, example: Example, *, forged: bool = False) -> Reply:
        body = b"" if example.body is None else orjson.dumps(example.body)
        headers = {
            "accept": "application/json", "accept-encoding": "identity",
            "content-digest": digest_header(hashlib.sha256(body).digest()), "x-citybrain-call": str(self._new_id()),
            "x-citybrain-consumer": "system:citybrain/conformance", "x-citybrain-purpose": self._service.purposes[0],
            "idempotency-key": f"conformance-{route.operation}",
        }  # fmt: skip
        if body:
            headers["content-type"] = "application/json"
        headers |= self._sign(Message(route.method, self._base_url + example.path, headers))
        if forged:
            headers["x-citybrain-purpose"] = "forged"  # the signature was made over another one
        return self._ask(route.method, example.path, headers, body)


def described(service: Service) -> bytes:
    """Digest what a test of a service is about: its document, operations, address and time; not how far it is open.

    Args:
        service: What is tested.

    Returns:
        A SHA-256; titles, grades and masks of the answer are the hub's own work and do not count.

    """
    operations = {
        name: [item.mode, item.passes, [field.said_as for field in item.fields]]
        for name, item in service.operations.items()
    }
    said = [service.document, operations, service.url, service.timeout.total_seconds(), service.signed]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)).digest()


def examine(
    connection: Connection, service: Service, found: Sequence[Point], by: str, at: datetime, new_id: NewId
) -> Report:
    """Keep what a run found.

    Args:
        connection: The command's transaction.
        service: What was tested.
        found: Its points.
        by: Who ran it.
        at: When.
        new_id: Source of identifiers.

    Returns:
        The report; it is passed when no point failed.

    """
    passed = bool(found) and not any(point.result == "failed" for point in found)
    points = [asdict(point) for point in found]
    digest = described(service)
    facts = {"by": by, "passed": passed, "points": len(found), "described": digest.hex()}
    evidence.write(connection, "hub:service:examined", service.ref, facts, at, new_id)
    given = {
        "service": service.ref, "at": at, "by": by, "passed": passed, "points": Jsonb(points), "described": digest,
    }  # fmt: skip
    connection.execute(_sql()["keep"], given)
    return Report(service.ref, at, by, passed, tuple(found), digest)


def last_reports(connection: Connection) -> dict[str, Report]:
    """Return the last report of each service.

    Args:
        connection: Any transaction.

    """
    found: dict[str, Report] = {}
    for service, at, by, passed, points, digest in connection.execute(_sql()["last"]).fetchall():
        known = None if digest is None else bytes(digest)
        found[service] = Report(service, at, by, passed, tuple(Point(**point) for point in points), known)
    return found


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_keys(inner) for inner in value.values()))
    return set().union(*(_keys(inner) for inner in value)) if isinstance(value, list) else set()


def _point(operation: str, kind: str, holds: bool, detail: str = "") -> Point:
    return Point(operation, kind, "passed" if holds else "failed", detail)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.calls", "conformance")
