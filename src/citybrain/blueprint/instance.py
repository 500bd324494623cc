"""One running instance as every process opens it: settings in, rooms wired to the database out."""

import threading
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from citybrain.blueprint.revisions import CityInForce
from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.hub.calls.calling import Caller
from citybrain.hub.calls.later import Later
from citybrain.hub.calls.signing import Signer, Verifier
from citybrain.hub.destruction.carrying import Eraser
from citybrain.hub.exchange.lake import Lake
from citybrain.hub.exchange.reading import Reader, log_state
from citybrain.hub.exports.making import Exporter
from citybrain.hub.gate import Gate, Store
from citybrain.hub.release import Releaser
from citybrain.hub.subscriptions.delivery import Pusher
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Database
from citybrain.kernel.settings import Settings


class Instance:
    """What a process works with; opened at its start, closed at its end.

    Attributes:
        settings: Told from outside.
        database: Connections of this process.
        city: The revision in force, followed as it changes.
        gate: The way in.
        releaser: The way out.
        pusher: Brings rows to subscribers.
        exporter: Makes files of rows and hands them out.
        caller: The way to departments' services.
        later: Keeps calls that are answered later.
        signer: Signs what the hub sends.
        verifier: Checks what systems signed.
        reader: The way to read.
        lake: Where old batches go.
        eraser: Destroys what is to be destroyed.

    """

    def __init__(self, settings: Settings, clock: Clock, new_id: NewId) -> None:
        """Open an instance.

        Args:
            settings: With the address of a migrated database.
            clock: Present instant.
            new_id: Source of identifiers.

        Raises:
            Unavailable: No database address is known.

        """
        if settings.database_url is None:
            raise Unavailable("kernel.database_unavailable")
        self.settings = settings
        self.clock = clock
        self.new_id = new_id
        self.database = Database(settings.database_url, max_size=settings.pool_size)
        self.city = CityInForce(self.database)
        self.reader = Reader(payload_folder(settings))
        self.lake = Lake(self.database, payload_folder(settings), settings.home / "lake", new_id)
        folders = (payload_folder(settings), settings.home / "lake")
        self.eraser = Eraser(self.database, self.lake, folders, settings.key_file, clock, new_id)
        self._references = _References(self)
        store = Store(payload_folder(settings), settings.inline_bytes)
        self.gate = Gate(self.database, self.city.now, self._references.of, store, clock, new_id)
        self.releaser = Releaser(self.database, self.city.now, self.reader, settings.key_file, clock, new_id)
        self.pusher = Pusher(self.database, self.releaser, settings.key_file, clock, new_id)
        exports = settings.home / "exports"
        self.exporter = Exporter(self.database, self.city.now, self.releaser, exports, clock, new_id)
        self.caller = Caller(self.database, self.city.now, self.releaser.rulebook, settings.key_file, clock, new_id)
        self.later = Later(self.database, self.city.now, settings.home / "calls", clock, new_id)
        self.signer = Signer(self.database, settings.key_file, clock)
        self.verifier = Verifier(self.database, clock, new_id)

    def city_now(self) -> City:
        """Return the city in force."""
        return self.city.now()

    def let_go_of_destroyed(self) -> None:
        """Drop from memory what was destroyed since, as every process does when it hears of a destruction."""
        with self.database.reading() as connection:
            self.reader.forget_destroyed(connection)
        self._references.forget()

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


def payload_folder(settings: Settings) -> Path:
    """Return where large payloads are kept.

    Args:
        settings: Told from outside.

    """
    return settings.home / "payloads"


class _References:
    """Allowed values of reference rules, read again when their resource has grown."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[tuple[str, str], tuple[tuple[int, int], pl.Series]] = {}
        self._mutex = threading.Lock()

    def forget(self) -> None:
        """Keep nothing any more."""
        with self._mutex:
            self._known.clear()

    def of(self, contract: Contract) -> Mapping[str, pl.Series]:
        """Return the values each reference rule of a contract allows."""
        rules = [rule for rule in contract.rules if rule.kind == "reference"]
        if not rules:
            return {}
        city = self._instance.city_now()
        with self._mutex, self._instance.database.reading() as connection:
            found: dict[str, pl.Series] = {}
            for rule in rules:
                target = city.contracts.get(rule.to or "")
                if target is None or rule.to_field is None:
                    continue
                # What was destroyed is no allowed value any more, though the log has come no further.
                destroyed = self._instance.reader.forget_destroyed(connection)
                state = (log_state(connection, (target.ref,)).position, destroyed)
                known = self._known.get((target.ref, rule.to_field))
                if known is None or known[0] != state:
                    rows = self._instance.reader.current(connection, target)
                    values = rows.select(pl.col(rule.to_field).unique()).collect().to_series()
                    known = (state, values)
                    self._known[target.ref, rule.to_field] = known
                if known[1].len():
                    found[rule.name] = known[1]
        return found
