"""One simulated system at work: makes up the last days at its start, then keeps pace with the clock and sends."""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx

from simulators.batches import Batch, BatchStore, Waiting
from simulators.faults import KINDS, Faults

ZONE = ZoneInfo("Asia/Shanghai")
KEY_VARIABLE = "CITYBRAIN_SYSTEM_KEY"
_LOOK_EVERY_S = 1.0
_LONGEST_PAUSE_S = 30.0
_WORDS = logging.getLogger("simulators")


class Simulated(Protocol):
    """What one kind of system adds to the common run."""

    contract: str
    """Department and resource, such as ``metro/flow_15min``."""

    step: timedelta
    """How often records are made."""

    def records(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """Make the records that become known after ``since`` and up to ``until``, both local."""
        ...

    def batches(self, since: datetime, until: datetime) -> Iterator[Batch]:
        """Make the batches of one live step."""
        ...

    def spoil(self, row: dict[str, Any], thrown: Any) -> dict[str, Any]:
        """Turn a good record into an impossible one."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a simulator is run.

    Attributes:
        url: Address of the hub.
        key: The system's key.
        store: SQLite file of the system.
        speed: City seconds in one second.
        backfill_days: Days made up at the first start.
        once: Stop after the backfill and one live step.

    """

    url: str
    key: str
    store: Path
    seed: int
    speed: float
    backfill_days: int
    faults: frozenset[str]
    once: bool


def options(name: str, argv: Sequence[str] | None = None) -> Options:
    """Read the options of a simulator's command line.

    Args:
        name: Name of the simulator.
        argv: Arguments; none takes those of the process.

    """
    reader = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description="A simulated department system.")
    reader.add_argument("--url", default="http://127.0.0.1:8600", help="address of the hub")
    reader.add_argument("--key-file", type=Path, help=f"file with the system's key; else {KEY_VARIABLE}")
    reader.add_argument("--store", type=Path, default=Path(f"{name}.sqlite"), help="SQLite file of the system")
    reader.add_argument("--seed", type=int, default=2021)
    reader.add_argument("--speed", type=float, default=1.0, help="city seconds in one second")
    reader.add_argument("--backfill-days", type=int, default=14)
    reader.add_argument("--faults", default="all", help=f"all, none, or some of {','.join(KINDS)}")
    reader.add_argument("--once", action="store_true", help="stop after the backfill and one live step")
    given = reader.parse_args(argv)
    key = given.key_file.read_text().strip() if given.key_file else os.environ.get(KEY_VARIABLE, "")
    if not key:
        reader.error(f"a key is needed: --key-file or {KEY_VARIABLE}")
    kinds = {"all": frozenset(KINDS), "none": frozenset[str]()}.get(given.faults, frozenset(given.faults.split(",")))
    if kinds - set(KINDS):
        reader.error(f"unknown faults: {', '.join(sorted(kinds - set(KINDS)))}")
    return Options(given.url, key, given.store, given.seed, given.speed, given.backfill_days, kinds, given.once)


class CityClock:
    """The time in the simulated city: that of this machine, or faster from the start on."""

    def __init__(self, speed: float) -> None:
        """Start the clock.

        Args:
            speed: City seconds in one second.

        """
        self._start = datetime.now(UTC)  # noqa: TID251  a department system has a clock of its own
        self._speed = speed

    def now(self) -> datetime:
        """Return the present instant in the city."""
        real = datetime.now(UTC)  # noqa: TID251  a department system has a clock of its own
        return self._start + (real - self._start) * self._speed


def run(system: Simulated, how: Options, stop: threading.Event | None = None) -> int:
    """Run a simulated system until told to stop.

    Args:
        system: What kind of system.
        how: Options.
        stop: Set to end.

    Returns:
        Exit code: 0, or 2 when the hub does not know the key.

    """
    stop = stop or threading.Event()
    clock, store = CityClock(how.speed), BatchStore(how.store)
    faults = Faults(how.seed, how.faults, system.spoil)
    try:
        with httpx.Client(base_url=how.url, timeout=60, trust_env=False) as client:
            sender = Sender(client, system.contract, how.key, store)
            _backfill(system, how, clock, store, faults)
            caught_up = False  # a line that is down at the very start would leave the cockpits empty
            while not stop.is_set():
                _make(system, clock, store, faults)
                now = clock.now()
                if how.once or not caught_up or not faults.is_out(now):
                    problem = sender.send(now)
                    caught_up = caught_up or not store.waiting(now)
                    if problem is not None:
                        return problem
                if how.once and not store.waiting(now + timedelta(hours=2)):
                    return 0
                stop.wait(min(_LOOK_EVERY_S, 0.05) if how.once else max(sender.pause_s, _LOOK_EVERY_S / how.speed))
    finally:
        store.close()
    return 0


def floor(instant: datetime, step: timedelta) -> datetime:
    """Return the last multiple of a step, in local time.

    Args:
        instant: Any instant.
        step: Divides the day.

    """
    local = instant.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (local - midnight) // step * step


def _backfill(system: Simulated, how: Options, clock: CityClock, store: BatchStore, faults: Faults) -> None:
    """Make up the last days, one batch a day, up to one step before now: the last step is sent live."""
    end = floor(clock.now(), system.step) - system.step
    begin = floor(end - timedelta(days=how.backfill_days), timedelta(days=1))
    at = max(store.until() or begin, begin).astimezone(ZONE)
    while at < end:
        until = min(floor(at, timedelta(days=1)) + timedelta(days=1), end)
        rows = system.records(at, until)
        if rows:
            batch = Batch(f"{system.contract} {at:%Y-%m-%dT%H:%M} {until:%Y-%m-%dT%H:%M}", rows, clock.now())
            certain = "out_of_range" if until == end else None
            batch, struck = faults.strike(batch, certain=certain)
            _tell(batch.key, struck)
            store.keep([Batch(batch.key, batch.rows, clock.now(), batch.copies)], until)
        at = until


def _make(system: Simulated, clock: CityClock, store: BatchStore, faults: Faults) -> None:
    """Make the batches of every step that is over."""
    end = floor(clock.now(), system.step)
    at = (store.until() or end - system.step).astimezone(ZONE)
    while at < end:
        made = []
        for batch in system.batches(at, at + system.step):
            spoilt, struck = faults.strike(batch)
            _tell(batch.key, struck)
            made.append(spoilt)
        at += system.step
        store.keep(made, at)


def _tell(key: str, struck: tuple[str, ...]) -> None:
    for kind in struck:
        _WORDS.info("fault %s in %s", kind, key)


class Sender:
    """Sends waiting batches in order; one that the hub cannot take now stays and is sent again."""

    def __init__(self, client: httpx.Client, contract: str, key: str, store: BatchStore) -> None:
        """Set the sender up.

        Args:
            client: With the hub's address.
            contract: Department and resource.
            key: The system's key.
            store: Where batches wait.

        """
        self._client = client
        self._path = f"/api/v1/contracts/{contract}/batches"
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/x-ndjson"}
        self._store = store
        self.pause_s = 0.0

    def send(self, now: datetime) -> int | None:
        """Send what is due.

        Args:
            now: Present instant in the city.

        Returns:
            None, or an exit code when sending again makes no sense.

        """
        for waiting in self._store.waiting(now):
            answer = self._post(waiting)
            if answer is None or answer.status_code in {408, 425, 429} or answer.status_code >= 500:
                self.pause_s = min(max(self.pause_s * 2, _LOOK_EVERY_S), _LONGEST_PAUSE_S)
                return None
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                _WORDS.error("the hub does not know this key")
                return 2
            self.pause_s = 0.0
            self._store.acknowledged(waiting.key, now, _plain(answer))
            _WORDS.info("sent %s: %s", waiting.key, answer.status_code)
        return None

    def _post(self, waiting: Waiting) -> httpx.Response | None:
        answer = None
        for _ in range(waiting.copies):
            try:
                headers = {**self._headers, "idempotency-key": waiting.key}
                answer = self._client.post(self._path, content=waiting.body, headers=headers)
            except httpx.HTTPError as error:
                _WORDS.warning("the hub is away: %s", type(error).__name__)
                return None
        return answer


def _plain(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return {"status": answer.status_code, **(found if isinstance(found, dict) else {})}


def start(system: Simulated, how: Options) -> None:
    """Run a simulated system as a process of its own.

    Args:
        system: What kind of system.
        how: Options.

    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        sys.exit(run(system, how))
    except KeyboardInterrupt:
        sys.exit(0)
