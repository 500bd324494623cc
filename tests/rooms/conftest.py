"""Rooms are tested on the tiny city and the real database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from citybrain.blueprint.load import load
from citybrain.city.whole import City
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.receipt import Receipt
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database

CITIES = Path(__file__).parents[2] / "cities"
FLOW = "contract:metro/flow_15min"
AFC = "system:metro/afc"


@pytest.fixture(scope="session")
def tiny() -> City:
    loaded = load(CITIES / "tiny")
    assert not loaded.errors
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def gate(database: Database, tiny: City, clock: SetClock, tmp_path: Path) -> Gate:
    store = Store(tmp_path / "payloads", inline_bytes=1_048_576)
    return Gate(database, lambda: tiny, lambda _: {}, store, clock, new_id)


Send = Callable[..., Receipt]


@pytest.fixture
def send(gate: Gate) -> Send:
    """Deliver lines of NDJSON to the metro flow contract."""

    def deliver(body: str | bytes, key: str = "k1", contract: str = FLOW, system: str = AFC) -> Receipt:
        data = body.encode() if isinstance(body, str) else body
        layout = Layout("ndjson", ("slot_start", "station", "entries", "exits"))
        return gate.admit(Parcel(contract, system, (data, layout), digest(data), key))

    return deliver
