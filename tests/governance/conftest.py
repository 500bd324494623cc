"""The dissent loop on the tiny city, with delivered rows, a reader and a gate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from citybrain.blueprint.load import load
from citybrain.city.whole import City
from citybrain.governance.dissent.answering import Rooms
from citybrain.governance.dissent.case import Raiser
from citybrain.governance.dissent.raising import Order, Raised, raise_dissent
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.receipt import Receipt
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.viewing import Viewer, viewer_of

CITIES = Path(__file__).parents[2] / "cities"
FLOW, LIFTS, DIVISIONS = "contract:metro/flow_15min", "contract:metro/lifts", "contract:base/divisions"
AFC, LIFT_SYSTEM, REGISTER = "system:metro/afc", "system:metro/lifts", "system:base/register"
GOVERNMENT = Raiser("person", "chen", "dept:government")
SLOT = "2026-11-20T11:00:00+08:00"


@dataclass(frozen=True)
class House:
    """The rooms of a running city."""

    rooms: Rooms
    clock: SetClock

    @property
    def database(self) -> Database:
        return self.rooms.database

    @property
    def city(self) -> City:
        return self.rooms.city

    def viewer(self, person: str) -> Viewer:
        return viewer_of(self.city, person)

    def send(self, contract: str, system: str, rows: list[dict[str, Any]], key: str = "first") -> Receipt:
        body = b"\n".join(orjson.dumps(row) for row in rows)
        columns = tuple(field.name for field in self.city.contracts[contract].fields)
        return self.rooms.gate.admit(Parcel(contract, system, (body, Layout("ndjson", columns)), digest(body), key))

    def contest(self, **more: Any) -> Raised:
        """Raise a dissent about the entries of a station, as the government would."""
        given = {
            "contract": FLOW, "raiser": GOVERNMENT, "channel": "console", "grounds": "现场清点不符",
            "keys": {"slot_start": SLOT, "station": "S1"}, "field": "entries", "seen": "100", "claimed": "10",
        }  # fmt: skip
        order = Order(**{**given, **more})
        with self.database.transaction() as connection:
            return raise_dissent(connection, self.city, self.rooms.reader, order, self.clock, new_id)

    def rows(self, contract: str = FLOW, *, with_corrected: bool = False) -> list[dict[str, Any]]:
        declared = self.city.contracts[contract]
        with self.database.reading() as connection:
            if with_corrected:
                return self.rooms.reader.relation(connection, declared, with_corrected=True).collect().to_dicts()
            return self.rooms.reader.current(connection, declared).collect().to_dicts()


@pytest.fixture
def house(database: Database, clock: SetClock, tmp_path: Path) -> House:
    loaded = load(CITIES / "tiny")
    assert loaded.city is not None
    city = loaded.city
    store = Store(tmp_path / "payloads", inline_bytes=1_048_576)
    gate = Gate(database, lambda: city, lambda _: {}, store, clock, new_id)
    made = House(Rooms(database, city, gate, Reader(tmp_path / "payloads"), clock, new_id), clock)
    rows = [{"slot_start": SLOT, "station": station, "entries": 100, "exits": 5} for station in ("S1", "S2")]
    assert made.send(FLOW, AFC, rows).accepted == 2
    return made
