"""The law is tested on a small city with districts and delivered rows, in one transaction that is undone."""

import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import psycopg
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.lawful import bench_of
from citybrain.blueprint.load import load
from citybrain.blueprint.revisions import city_of, newest
from citybrain.casework import tasks
from citybrain.governance.bench import Answer, Bench, Fetch
from citybrain.governance.rehearsal import Rehearsal
from citybrain.hub import credentials
from citybrain.hub.formats import Layout
from citybrain.hub.parcel import Parcel, digest
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Connection
from citybrain.kernel.settings import Settings
from citybrain.safeguards import evidence
from citybrain.web.app import make_app

CITIES = Path(__file__).parents[2] / "cities"
DISTRICTS = ("990101", "990102", "990103")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
FLOW, AFC, DIVISIONS = "contract:metro/flow_15min", "system:metro/afc", "contract:base/divisions"


@dataclass(frozen=True)
class Scene:
    """A running city that a sabotage may break: everything done on its connection is undone after the test."""

    bench: Bench
    connection: Connection
    folder: Path
    patch: pytest.MonkeyPatch

    def changed(self, *, without: tuple[str, ...] = (), **files: dict[str, Any]) -> Bench:
        """Apply a changed city folder through the public door and return the bench under the new revision."""
        folder = Path(shutil.copytree(self.folder, self.folder.parent / f"{new_id().hex}"))
        for name in without:
            for file in folder.glob(name):
                file.unlink()
        for name, content in files.items():
            (folder / f"{name}.yaml").write_bytes(orjson.dumps(content))
        loaded = load(folder)
        assert not loaded.errors
        apply(self.connection, loaded, "test", self.bench.clock, new_id, reason="test")
        return self.looking_again()

    def looking_again(self) -> Bench:
        """Return the bench with the city that stands in the database now."""
        city = city_of(newest(self.connection))
        assert city is not None
        return replace(self.bench, city=city)


def _said(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def city_folder(place: Path) -> Path:
    """Make the tiny city larger: its three districts get their lead departments."""
    folder = Path(shutil.copytree(CITIES / "tiny", place / "city"))
    for code in DISTRICTS:
        post = {"post": "district_duty", "name": _said("值班"), "level": "district", "held_by": []}
        lead = {"department": f"gov-{code}", "name": _said(f"{code}区"), "kind": "district", "division": code}
        (folder / f"gov-{code}.yaml").write_bytes(orjson.dumps({**lead, "phone": "0000", "posts": [post]}))
    return folder


@pytest.fixture(scope="module")
def law_url(server_url: str, template: str) -> Iterator[str]:
    name = f"law_{new_id().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return city_folder(tmp_path_factory.mktemp("law"))


@pytest.fixture(scope="module")
def instance(law_url: str, folder: Path) -> Iterator[Instance]:
    """Run the city: applied, with keys, delivered rows, set-aside rows and sealed evidence."""
    clock = SetClock(NOW)
    made = Instance(Settings(home=folder.parent, database_url=law_url, demo=True), clock, new_id)
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    with made.database.transaction() as connection:
        apply(connection, loaded, "test", clock, new_id, reason="test")
    made.city.look()
    with made.database.transaction() as connection:
        credentials.issue(connection, made.city_now(), AFC, "test", "test", clock, new_id)
    slots = [NOW - timedelta(minutes=15 * back) for back in range(4)]
    rows = [{"slot_start": slot.isoformat(), "station": "S1", "entries": 10, "exits": 5} for slot in slots]
    deliver(made, FLOW, AFC, [*rows, {**rows[0], "station": "S2", "entries": -1}])
    divisions = [{"code": code, "name": code, "level": "district", "as_of": "2026-01-01"} for code in DISTRICTS]
    deliver(made, DIVISIONS, "system:base/register", divisions)
    with made.database.transaction() as connection:
        order = tasks.Order("巡检", "dept:metro", NOW + timedelta(hours=1), "1 h")
        tasks.issue(connection, order, "chen", "dept:government", made.city_now().zone, clock, new_id)
        evidence.seal(connection)
    yield made
    made.close()


def deliver(instance: Instance, contract: str, system: str, rows: list[dict[str, Any]]) -> None:
    """Deliver rows as a department's system would."""
    body = b"\n".join(orjson.dumps(row) for row in rows)
    columns = tuple(field.name for field in instance.city_now().contracts[contract].fields)
    receipt = instance.gate.admit(Parcel(contract, system, (body, Layout("ndjson", columns)), digest(body), "first"))
    assert receipt.accepted, receipt


@pytest.fixture(scope="module")
def fetch(instance: Instance) -> Iterator[Fetch]:
    """Ask the pages of the running city without a network."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        app = make_app(instance, [], lambda *_: None, {}, (lambda: None, lambda: None))
    with TestClient(app) as client:

        def ask(path: str) -> Answer:
            answer = client.get(path)
            try:
                return Answer(answer.status_code, answer.json())
            except ValueError:
                return Answer(answer.status_code)

        yield ask


@pytest.fixture
def scene(instance: Instance, folder: Path, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with instance.database.transaction() as connection, connection.transaction(force_rollback=True):
        bench = replace(bench_of(instance, fetch), database=Rehearsal(connection))
        yield Scene(bench, connection, folder, monkeypatch)
