"""A golden city that has taken its files in, and what can be read from it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.gate import Gate, Store
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.insight.values import every
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.systems.polling import has_files
from citybrain.systems.registry import Deliverer, DeliveryReceipt, Folders


@dataclass(frozen=True, slots=True)
class Figure:
    """One stored value."""

    key: str
    at: datetime
    value: float | None
    rows: int

    def on(self, form: str) -> str:
        """Write its local time."""
        return self.at.strftime(form)


class World:
    """A city that has taken its files in."""

    def __init__(self, city: City, database: Database, clock: SetClock, home: Path, files: Path) -> None:
        self.city, self.database, self.clock = city, database, clock
        self.reader = Reader(home / "payloads")
        gate = Gate(database, lambda: city, lambda _: {}, Store(home / "payloads", 1_048_576), clock, new_id)
        self.deliverer = Deliverer(database, lambda: city, gate, clock, new_id)
        self.folders = Folders(files, home / "geography")
        there = [ref for ref, source in city.sources.items() if has_files(source, self.folders)]
        self.receipts = {source: self.deliver(source) for source in there}

    def deliver(self, source: str) -> list[DeliveryReceipt]:
        """Deliver all files of a source."""
        return list(self.deliverer.deliver_files(source, self.folders))

    def receipt(self, source: str, part_of_name: str) -> DeliveryReceipt:
        """Find the receipt of one file."""
        (found,) = [item for item in self.receipts[source] if part_of_name in item.name]
        return found

    @cached_property
    def _refreshed(self) -> bool:
        engine = Engine()
        ordered = sorted(self.city.indicators.values(), key=lambda item: item.derived is not None)
        for indicator in ordered:
            refresh(self.city, indicator, self.database, self.reader, engine, self.clock)
        engine.close()
        return True

    def figures(self, indicator: str, grain: str, split: str = "") -> list[Figure]:
        """Return stored values of an indicator with their local times, by time and key."""
        assert self._refreshed
        declared = self.city.indicators[f"indicator:{indicator}"]
        contract = self.city.contracts.get(declared.source or "")
        zone = ZoneInfo(contract.zone) if contract else self.city.zone
        with self.database.reading() as connection:
            found = every(connection, declared.ref, grain, split, limit=1_000_000)
        made = [Figure(key, point.bucket.astimezone(zone), point.value, point.rows) for _, _, key, point in found]
        return sorted(made, key=lambda figure: (figure.at, figure.key))

    def rows(self, contract: str) -> pl.DataFrame:
        """Return what holds now under a contract."""
        with self.database.reading() as connection:
            return self.reader.current(connection, self.city.contracts[contract]).collect()
