"""A database for one measurement: migrated, without durability, gone with its process."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.migrations import migrate


@contextmanager
def scratch_database() -> Iterator[tuple[Path, str]]:
    """Start a server in a folder of its own.

    Yields:
        The folder, and the address of the migrated database.

    """
    folder = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "postgres", durable=False)
    server.start()
    try:
        url = server.address("postgres")
        migrate(url, SystemClock())
        yield folder, url
    finally:
        server.stop()
