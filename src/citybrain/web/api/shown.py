"""What of a service's answer leaves: cut, masked, in the form agreed, with its digest."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
from litestar import Response
from litestar.response import Stream

from citybrain.hub.calls.address import Called
from citybrain.hub.calls.answers import cut, cut_lines
from citybrain.hub.calls.calling import Begun, Body, Pass
from citybrain.hub.calls.signatures import digest_header
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.messages import Language
from citybrain.web.carrying import HELD_BYTES, Incoming, Spool
from citybrain.web.problems import PROBLEM_TYPE, as_problem, dumps

NDJSON = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
# A JSON document is cut as a whole; a longer answer comes as lines.
JSON_BYTES = 16 * 1024 * 1024
_PASSED_OUT = ("content-language", "etag", "last-modified", "retry-after", "location")


class Unreadable(Exception):
    """An answer that cannot be cut to what is granted."""


class Shown:
    """What of an answer leaves."""

    def __init__(self, incoming: Incoming, called: Called, language: Language) -> None:
        """Nothing of it leaves yet.

        Args:
            incoming: What the provider answered.
            called: What was called.
            language: Of who called.

        """
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
            raise Unreadable
        elif media in self._called.operation.passes:
            self._body = self._incoming.body
        else:
            self._cut(media, leave)
        return self._body.body() if self._body is not None else Body(0, b"")

    def _cut(self, media: str, leave: Pass) -> None:
        try:
            if media in NDJSON:
                self._write(cut_lines(self._incoming.body.lines(JSON_BYTES), leave.cut))
            elif (media == "application/json" or media.endswith("+json")) and self._incoming.body.size <= JSON_BYTES:
                self._write([orjson.dumps(cut(orjson.loads(self._incoming.body.whole()), leave.cut))])
            else:
                raise Unreadable
        except (ValueError, TypeError, RecursionError):
            raise Unreadable from None

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
