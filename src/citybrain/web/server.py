"""The server: Granian carries the application; the only place that knows it."""

from granian.constants import Interfaces
from granian.server import Server

from citybrain.kernel.settings import Settings

BACKLOG = 16_384


def serve(settings: Settings) -> None:
    """Serve until told to stop.

    Args:
        settings: Address and port; the worker process reads the rest from the same environment.

    """
    Server(
        "citybrain.web.application:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=1,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        workers_kill_timeout=3,
        factory=True,
        log_enabled=False,
        websockets=False,
        respawn_failed_workers=True,
    ).serve()
