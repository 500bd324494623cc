"""Sources of the tiny city, delivered to the real gate."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citybrain.blueprint.load import load
from citybrain.city.system import Source
from citybrain.city.whole import City
from citybrain.hub.gate import Gate, Store
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.systems.registry import Deliverer, Folders

CITIES = Path(__file__).parents[2] / "cities"
Delivering = Callable[..., Deliverer]


@pytest.fixture
def declare() -> Callable[..., City]:
    """The tiny city with one more source, ``source:metro/test``."""

    def declare(**source: Any) -> City:
        city = load(CITIES / "tiny").city
        assert city is not None
        given = {"source": "metro/test", "feeds": "contract:metro/flow_15min", "system": "system:metro/afc"} | source
        made = Source.model_validate(given)
        return replace(city, sources={made.ref: made})

    return declare


@pytest.fixture
def delivering(database: Database, clock: SetClock, tmp_path: Path) -> Delivering:
    """A deliverer for a city."""

    def make(city: City, batch_rows: int = 100_000) -> Deliverer:
        gate = Gate(database, lambda: city, lambda _: {}, Store(tmp_path / "payloads", 1_048_576), clock, new_id)
        return Deliverer(database, lambda: city, gate, clock, new_id, batch_rows)

    return make


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """An empty data folder."""
    (tmp_path / "data").mkdir()
    return Folders(tmp_path / "data", tmp_path / "geography")
