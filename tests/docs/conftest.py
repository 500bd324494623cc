"""Readers of pages: each in a folder of its own, on a database of its own."""

import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.walkthrough import Reader

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
NewReader = Callable[..., Reader]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def reader(database_url: str) -> Iterator[NewReader]:
    """Make readers whose database is the test's, so that a page needs no server of its own."""
    with ExitStack() as closing:

        def make(**stands_for: str) -> Reader:
            folder = Path(tempfile.mkdtemp(prefix="citybrain-reader-"))
            closing.callback(shutil.rmtree, folder, ignore_errors=True)
            port, bin_ = str(_free_port()), Path(sys.executable).parent
            env = {"CITYBRAIN_DATABASE_URL": database_url, "CITYBRAIN_CITY_DIR": "", "CITYBRAIN_DATA_DIR": ""}
            meant = {
                "source .venv/bin/activate": f"PATH={bin_}:$PATH",
                "$HOME/lakeside-data": str(folder / "data"),
                "8601": port,
                "8602": str(_free_port()),
                **stands_for,
            }
            made = Reader(folder, env, meant)
            closing.callback(made.close)
            return made

        yield make
