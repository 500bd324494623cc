"""Opening a database for a command: the running one, or the embedded one started for the length of the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citybrain.blueprint.instance import Instance
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.ids import new_id
from citybrain.kernel.migrations import migrate
from citybrain.kernel.settings import Settings


def database_folder(settings: Settings) -> Path:
    """Return where the embedded server keeps its data.

    Args:
        settings: Told from outside.

    """
    return settings.home / "postgres"


@contextmanager
def addressed(settings: Settings) -> Iterator[str]:
    """Give the address of the database, as it is.

    Args:
        settings: Told from outside; without a database address the embedded server is used, and started when it does
            not run.

    Yields:
        The address; nothing has been migrated.

    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    server = EmbeddedServer(database_folder(settings))
    try:
        yield server.start()
    finally:
        if server.owner:
            server.stop()


@contextmanager
def opened(settings: Settings) -> Iterator[Instance]:
    """Open the instance for one command.

    Args:
        settings: Told from outside.

    Yields:
        The instance on a migrated database.

    """
    with addressed(settings) as url:
        clock = SystemClock()
        migrate(url, clock)
        instance = Instance(settings.model_copy(update={"database_url": url}), clock, new_id)
        try:
            yield instance
        finally:
            instance.close()
