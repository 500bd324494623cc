"""Requests carried to departments' own systems: within their time, again where that does no harm, of any size."""

import hashlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import anyio
from yarl import URL

from citybrain.city.service import Service
from citybrain.hub.calls.calling import Body

HELD_BYTES: Final = 1024 * 1024
PART_BYTES: Final = 256 * 1024
REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_AGAIN: Final = frozenset({502, 503, 504})
_FIRST_PAUSE_S: Final = 0.1


class Spool:
    """A body on its way: in memory while it is small, in a file when it is large; its digest is made as it comes."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115  closed by its user
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, part: bytes) -> None:
        """Take a part of the body."""
        self._file.write(part)
        self._digest.update(part)
        self.size += len(part)

    def body(self) -> Body:
        """Return size and digest."""
        return Body(self.size, self._digest.digest())

    def parts(self) -> Iterator[bytes]:
        """Yield the body from its beginning."""
        self._file.seek(0)
        while part := self._file.read(PART_BYTES):
            yield part

    def lines(self, most_bytes: int) -> Iterator[bytes]:
        """Yield the body line by line.

        Args:
            most_bytes: Longest line.

        Raises:
            ValueError: A line is longer.

        """
        self._file.seek(0)
        while line := self._file.readline(most_bytes + 1):
            if len(line) > most_bytes:
                msg = "a line is too long"
                raise ValueError(msg)
            yield line

    def whole(self) -> bytes:
        """Return the body in one piece."""
        return b"".join(self.parts())

    def close(self) -> None:
        """Let it go."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to a department's system.

    Attributes:
        url: Whole address.
        body: What is sent; repeated from its beginning when it is sent again.
        sign: Makes the headers of a signature, anew for each sending.

    """

    service: Service
    method: str
    url: str
    headers: Mapping[str, str]
    body: Spool
    sign: Callable[[], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a department's system answered.

    Attributes:
        headers: Their names in any case.
        attempts: How often it was asked.

    """

    status: int
    headers: Mapping[str, str]
    body: Spool
    attempts: int


class CarryFailed(Exception):
    """No answer came as it should: down, timeout or fault."""

    def __init__(self, failure: str, attempts: int, status: int | None = None) -> None:
        """Say how."""
        super().__init__(failure)
        self.failure, self.attempts, self.status = failure, attempts, status


class Carrier:
    """Carries requests for one process, over connections that are kept."""

    def __init__(self) -> None:
        """Open nothing yet; connections belong to the event loop that uses them."""
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, asked: Outgoing) -> Incoming:
        """Ask a department's system.

        Args:
            asked: The request.

        Returns:
            Its answer, whole; a status from 500 counts as no answer.

        Raises:
            CarryFailed: It is down, took too long, or failed.

        """
        most = asked.service.attempts if asked.method in REPEATABLE else 1
        for attempt in range(1, most + 1):
            try:
                status, headers, body = await self._once(asked)
            except TimeoutError:
                failed = CarryFailed("timeout", attempt)
            except (aiohttp.ClientError, OSError, ValueError):
                failed = CarryFailed("down", attempt)
            else:
                if status < 500 and not 300 <= status < 400:
                    return Incoming(status, headers, body, attempt)
                body.close()
                failed = CarryFailed("fault", attempt, status)
                if status not in _AGAIN:
                    raise failed
            if attempt == most:
                raise failed
            await anyio.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        raise AssertionError  # attempts is at least one

    async def _once(self, asked: Outgoing) -> tuple[int, Mapping[str, str], Spool]:
        seconds, sent = asked.service.timeout.total_seconds(), asked.body.size
        headers = {**asked.headers, **asked.sign(), "content-length": str(sent)}
        if not sent:
            del headers["content-length"]
        waits = aiohttp.ClientTimeout(connect=seconds, sock_connect=seconds, sock_read=seconds)
        body = Spool()
        try:
            with anyio.fail_after(seconds + sent / 1_000_000):
                response = await self._open().request(
                    asked.method, URL(asked.url, encoded=True), headers=headers, timeout=waits, allow_redirects=False,
                    data=_sent(asked.body) if sent else None,
                )  # fmt: skip
            async with response:
                async for part in response.content.iter_any():
                    body.write(part)
        except BaseException:
            body.close()
            raise
        return response.status, response.headers, body

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=200), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                skip_auto_headers=("accept", "accept-encoding", "user-agent", "content-type"),
            )  # fmt: skip
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _sent(body: Spool) -> AsyncIterator[bytes]:
    for part in body.parts():
        yield part
