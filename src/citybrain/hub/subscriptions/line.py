"""The line of pushes in a worker: woken by the log, served by a few threads, the slow by others than the quick."""

import threading
from collections.abc import Callable, Sequence

from citybrain.hub.subscriptions.delivery import QUEUE, SLOW_QUEUE, Pusher
from citybrain.kernel.clock import Clock
from citybrain.kernel.postgres import Database
from citybrain.kernel.workers import Worker

QUICK_THREADS = 3
SLOW_THREADS = 3
LOOK_EVERY_S = 2.0


def serving(database: Database, clock: Clock, pusher: Pusher) -> Sequence[Callable[[threading.Event], None]]:
    """Return what serves pushes; each is run in a thread of its own until told to stop.

    Args:
        database: Where the jobs are.
        clock: Present instant.
        pusher: Pushes.

    """

    def serve(queue: str) -> Callable[[threading.Event], None]:
        return lambda stop: Worker(database, clock, (pusher.duty(),), queues=(queue,), batch=1).run(stop)

    def follow(stop: threading.Event) -> None:
        """Wake who is behind: at once when the log grows, and now and then for whatever was missed."""
        for heard in database.listen("citybrain_log", timeout_s=LOOK_EVERY_S):
            if stop.is_set():
                return
            pusher.wake(None if heard is None else heard.payload)

    queues = [QUEUE] * QUICK_THREADS + [SLOW_QUEUE] * SLOW_THREADS
    return [follow, *(serve(queue) for queue in queues)]
