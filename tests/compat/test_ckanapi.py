"""The official client of CKAN reads the catalogue unchanged."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from tests.http.serving import serving

REPOSITORY = Path(__file__).parents[2]
UV = os.environ.get("UV") or shutil.which("uv") or "uv"
APART = [UV, "run", "--isolated", "--only-group", "compat", "--locked", "--quiet"]
FLOW = "contract--metro--flow_15min"


@pytest.fixture
def remote(settings: Settings) -> Iterator[list[str]]:
    """A running city, as the client is told of it: address and key."""
    there = subprocess.run(
        [*APART, "ckanapi", "--version"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if there.returncode:
        pytest.skip(f"no ckanapi in the compat group of the lock file: {there.stderr.strip()[-200:]}")
    instance = Instance(settings, SystemClock(), new_id)
    with instance.database.transaction() as connection:
        apply(connection, load(REPOSITORY / "cities" / "tiny"), "test", instance.clock, new_id)
    instance.city.look()
    with instance.database.transaction() as connection:
        city = instance.city_now()
        key = credentials.issue(connection, city, "system:metro/afc", "test", "test", instance.clock, new_id)[1]
    with serving(settings) as served:
        yield ["-r", f"http://127.0.0.1:{served.port}", "-a", key]
    instance.close()


def client(*given: str) -> str:
    done = subprocess.run([*APART, "ckanapi", *given], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.compat
def test_the_client_lists_shows_searches_and_dumps(remote: list[str]) -> None:
    names = json.loads(client("action", "package_list", *remote))
    assert FLOW in names
    assert json.loads(client("action", "package_show", f"id={FLOW}", *remote))["title"] == "地铁分时客流"
    found = [json.loads(line)["name"] for line in client("search", "datasets", *remote).splitlines()]
    assert sorted(found) == names
    dumped = [json.loads(line)["name"] for line in client("dump", "datasets", "--all", *remote).splitlines()]
    assert sorted(dumped) == names


@pytest.mark.compat
def test_the_client_is_refused_when_it_writes(remote: list[str]) -> None:
    done = subprocess.run(
        [*APART, "ckanapi", "action", "package_create", "name=x", *remote],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "NotAuthorized" in done.stderr + done.stdout or "Authorization Error" in done.stderr + done.stdout
