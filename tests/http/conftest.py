"""The real application on the real database, without a network in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.web.application import make_application

TINY = Path(__file__).parents[2] / "cities" / "tiny"
FLOW = "/api/v1/contracts/metro/flow_15min/batches"


@pytest.fixture
def instance(settings: Settings) -> Iterator[Instance]:
    told = settings.model_copy(update={"demo": True, "pool_size": 6, "body_bytes": 2_000_000, "line_bytes": 200_000})
    made = Instance(told, SystemClock(), new_id)
    with made.database.transaction() as connection:
        apply(connection, load(TINY), "test", made.clock, new_id)
    made.city.look()
    yield made
    made.close()


@pytest.fixture
def client(instance: Instance) -> Iterator[TestClient]:
    with TestClient(make_application(instance), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def secret(instance: Instance) -> str:
    with instance.database.transaction() as connection:
        city = instance.city_now()
        return credentials.issue(connection, city, "system:metro/afc", "test", "test", instance.clock, new_id)[1]


@pytest.fixture
def headers(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}", "content-type": "application/x-ndjson"}
