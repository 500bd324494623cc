"""What every test stands on: one real PostgreSQL for the run, a fresh database for each test that asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import psycopg
import pytest

from citybrain.kernel.clock import SetClock, SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.ids import new_id
from citybrain.kernel.migrations import migrate
from citybrain.kernel.postgres import Database
from citybrain.kernel.settings import Settings

# Properties are tried on few examples, so that all of them run within a minute; everywhere the same ones every time.
hypothesis.settings.register_profile(
    "house", max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("house")

_TEMPLATE = "citybrain_template"
_SERVER = pytest.StashKey[EmbeddedServer]()
_OUTSIDE = "CITYBRAIN_TEST_DATABASE_URL"


def _server(config: pytest.Config) -> EmbeddedServer:
    """Start the server of this run once; it dies with the process that runs pytest."""
    if _SERVER not in config.stash:
        folder = Path(tempfile.mkdtemp(prefix="citybrain-test-"))
        folder.chmod(0o755)  # root runs the server as another user
        major = int(os.environ.get("CITYBRAIN_TEST_POSTGRES", "18"))
        server = EmbeddedServer(folder / "postgres", major=major, durable=False)
        server.start()
        config.stash[_SERVER] = server
        config.add_cleanup(lambda: _end(server, folder))
    return config.stash[_SERVER]


def _end(server: EmbeddedServer, folder: Path) -> None:
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each worker of the run where the one server is."""
    outside = os.environ.get(_OUTSIDE)
    node.workerinput["postgres_url"] = outside or _server(node.config).address("postgres")


def _at(url: str, name: str) -> str:
    """Give the address of another database on the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """Address of the maintenance database of the run's server."""
    told = getattr(request.config, "workerinput", {}).get("postgres_url") or os.environ.get(_OUTSIDE)
    return str(told or _server(request.config).address("postgres"))


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """Name of a database at the newest migration, made once a run whoever needs it first."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        known = "SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate"
        if connection.execute(known, [_TEMPLATE]).fetchone() is None:
            connection.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE}")
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
            migrate(_at(server_url, _TEMPLATE), SystemClock())
            connection.execute(f"ALTER DATABASE {_TEMPLATE} IS_TEMPLATE true")
        connection.execute("SELECT pg_advisory_unlock(1)")
    return _TEMPLATE


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    """Address of a database with nothing in it."""
    yield from _fresh(server_url, "template1")


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """Address of a fresh database at the newest migration, gone after the test."""
    yield from _fresh(server_url, template)


def _fresh(server_url: str, source: str) -> Iterator[str]:
    name = f"test_{new_id().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    yield _at(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Connections to a fresh database at the newest migration."""
    with Database(database_url, max_size=4) as opened:
        yield opened


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at noon of a working Friday in Shanghai, 2026-11-20."""
    return SetClock(datetime(2026, 11, 20, 4, 0, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a process whose home is the test's folder and whose database is the test's."""
    for name in [name for name in os.environ if name.startswith("CITYBRAIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return Settings(home=tmp_path, database_url=database_url)


@pytest.fixture(scope="session")
def city_data() -> Path:
    """Folder of real city data, which is never part of this repository."""
    told = os.environ.get("CITYBRAIN_DATA_DIR")
    if not told or not Path(told).is_dir():
        pytest.skip("no real city data: set CITYBRAIN_DATA_DIR to the folder that holds calendar-cn and the others")
    return Path(told)
