"""The one way from the asynchronous edge into the synchronous rooms.

Bounded so that a burst waits instead of drowning.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from citybrain.kernel.errors import Unavailable

T = TypeVar("T")
THREADS = 8
BODY_BYTES_IN_FLIGHT = 512 * 1024 * 1024


class Entrance:
    """Lets a bounded number of calls into the rooms at once."""

    def __init__(self, threads: int = THREADS, body_bytes: int = BODY_BYTES_IN_FLIGHT) -> None:
        """Set the bounds.

        Args:
            threads: Calls inside at once.
            body_bytes: Bytes of request bodies held at once.

        """
        self._threads = threads
        self._limiter: anyio.CapacityLimiter | None = None
        self._body_bytes = body_bytes
        self._held = 0

    async def enter(self, call: Callable[[], T]) -> T:
        """Run a synchronous call of a room.

        Args:
            call: Everything bound; must not touch the event loop.

        """
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._threads)
        return await anyio.to_thread.run_sync(call, limiter=self._limiter)

    def hold(self, body_bytes: int) -> None:
        """Reserve memory for a body.

        Args:
            body_bytes: Bytes about to be held.

        Raises:
            Unavailable: Too much is held already; the caller comes again.

        """
        if self._held and self._held + body_bytes > self._body_bytes:
            raise Unavailable("edge.too_busy")
        self._held += body_bytes

    def let_go(self, body_bytes: int) -> None:
        """Give reserved memory back.

        Args:
            body_bytes: As reserved.

        """
        self._held -= body_bytes
