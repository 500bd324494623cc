"""A small city that really runs: its own database, a web process and a worker, spoken to over HTTP and by browsers."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from playwright.sync_api import Browser, BrowserContext, expect

from citybrain.blueprint.apply import apply
from citybrain.blueprint.load import load
from citybrain.blueprint.revisions import CityInForce
from citybrain.hub import credentials
from citybrain.hub.exchange.reading import log_state
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from tests.browser.cleanliness import Visit, watch

TOWN = Path(__file__).parent / "cities" / "town"
QUARTER = timedelta(minutes=15)
Row = Mapping[str, Any]


def slot(back: int = 0, length: timedelta = QUARTER) -> datetime:
    """Return the beginning of the present period, or of an earlier one."""
    now = SystemClock().now()
    seconds = length.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC) - back * length


def ndjson(rows: Iterable[Row]) -> bytes:
    """Write rows as the bytes a department's system sends."""
    return b"".join(json.dumps(row, default=str, ensure_ascii=False).encode() + b"\n" for row in rows)


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class LiveCity:
    """A running city.

    Attributes:
        keys: Secret of each system, issued when it is first needed.
    """

    address: str
    database: Database
    database_url: str
    city: CityInForce
    log: Path
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, system: str) -> str:
        if system not in self.keys:
            with self.database.transaction() as connection:
                _, secret = credentials.issue(
                    connection, self.city.now(), system, "test", "test", SystemClock(), new_id
                )
            self.keys[system] = secret
        return self.keys[system]

    def post(self, contract: str, rows: Iterable[Row] | bytes, key: str | None = None) -> dict[str, Any]:
        """Send bytes to the hub and return the receipt."""
        ref = f"contract:{contract}"
        system = next(ref_ for ref_, item in self.city.now().systems.items() if ref in item.provides)
        body = rows if isinstance(rows, bytes) else ndjson(rows)
        headers = {"authorization": f"Bearer {self.key(system)}", "content-type": "application/x-ndjson"}
        if key is not None:
            headers["idempotency-key"] = key
        answer = self.ask(f"/api/v1/contracts/{contract}/batches", body, headers)
        assert answer.status in {200, 201, 422}, answer.body.decode()
        receipt: dict[str, Any] = answer.json()
        return receipt

    def ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Speak HTTP as a program does."""
        request = urllib.request.Request(self.address + path, body, dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())

    def settle(self, receipt: Mapping[str, Any], indicator: str, within_s: float = 10.0) -> None:
        """Wait until an indicator contains a batch."""
        sql = "SELECT position FROM insight_progress WHERE indicator = %s"
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with self.database.reading() as connection:
                found = connection.execute(sql, [f"indicator:{indicator}"]).fetchone()
            if found is not None and found[0] >= receipt["position"]:
                return
            time.sleep(0.03)
        raise AssertionError(f"{indicator} does not contain {receipt['batch']} after {within_s} s")

    def caught_up(self, within_s: float = 10.0) -> None:
        """Wait until every indicator contains all that was ever posted."""
        city, end = self.city.now(), time.monotonic() + within_s
        while True:
            with self.database.reading() as connection:
                known = dict(connection.execute("SELECT indicator, position FROM insight_progress").fetchall())
                behind = [
                    item.ref
                    for item in city.indicators.values()
                    if known.get(item.ref, 0) < log_state(connection, city.contracts_read_by(item)).position
                ]
            if not behind:
                return
            assert time.monotonic() < end, f"{behind} are behind after {within_s} s"
            time.sleep(0.05)

    def await_task(self, department: str, key: str, within_s: float = 10.0) -> UUID:
        """Wait until a department has a task about a place; the worker judges values after it has stored them."""
        sql = "SELECT id FROM task WHERE department = %s AND key = %s ORDER BY issued_at DESC LIMIT 1"
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with self.database.reading() as connection:
                found = connection.execute(sql, [department, key]).fetchone()
            if found is not None:
                return UUID(str(found[0]))
            time.sleep(0.03)
        raise AssertionError(f"{department} has no task about {key} after {within_s} s")

    def execute(self, sql: str, *values: object) -> None:
        """Set up what cannot be brought about in a test's time, such as a due date that is over."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(sql, values)


@dataclass
class People:
    """Persons at their screens, each in a browser context of their own."""

    city: LiveCity
    browser: Browser
    closing: ExitStack
    contexts: dict[tuple[str, int, int], BrowserContext] = field(default_factory=dict)

    def context(self, person: str, width: int = 1440, height: int = 900) -> BrowserContext:
        """Sign a person in, once for each size of screen."""
        known = self.contexts.get((person, width, height))
        if known is not None:
            return known
        context = self.browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        self.closing.callback(context.close)
        if person:
            form = {"persona": person, "next": "/"}
            answer = context.request.post(f"{self.city.address}/login", form=form, max_redirects=0)
            assert answer.status == 303, answer.text()
        self.contexts[(person, width, height)] = context
        return context

    def open(self, person: str, path: str, *, width: int = 1440, height: int = 900) -> Visit:
        """Open a page and wait until its charts are drawn."""
        visit = watch(self.context(person, width, height).new_page(), self.city.address)
        visit.page.goto(self.city.address + path)
        expect(visit.page.locator("cb-chart:not([data-drawn])")).to_have_count(0)
        return visit

    def csrf(self, person: str) -> str:
        """Read the token of a person's forms from a page, as a browser would send it."""
        page = self.context(person).new_page()
        page.goto(f"{self.city.address}/tasks")
        token = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        page.close()
        return token

    def send(self, person: str, path: str, **form: str) -> int:
        """Send a form without a page, as somebody who knows the address could; return the status."""
        return self.context(person).request.post(self.city.address + path, form=form, max_redirects=0).status


def _by_day(folder: Path, home: Path) -> Path:
    """Lay a town to the other side of the world while midnight is near, where "today" would change under a test."""
    here, there = ZoneInfo("Asia/Shanghai"), "America/Caracas"  # twelve hours apart the whole year
    if 2 <= SystemClock().now().astimezone(here).hour < 22:
        return folder
    moved = Path(shutil.copytree(folder, home / "town"))
    for file in moved.rglob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace(here.key, there), encoding="utf-8")
    return moved


@contextmanager
def running(database_url: str, home: Path, folder: Path = TOWN) -> Iterator[LiveCity]:
    """Apply a city folder and run a web process and a worker on it."""
    database = Database(database_url, max_size=4)
    loaded = load(_by_day(folder, home))
    assert not loaded.errors, loaded.errors
    with database.transaction() as connection:
        apply(connection, loaded, "test", SystemClock(), new_id, reason="test")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {name: value for name, value in os.environ.items() if not name.startswith("CITYBRAIN_")} | {
        "CITYBRAIN_DATABASE_URL": database_url,
        "CITYBRAIN_HOME": str(home),
        "CITYBRAIN_PORT": str(port),
        "CITYBRAIN_DEMO": "1",
        "CITYBRAIN_LOG_LEVEL": "warning",
        "POLARS_MAX_THREADS": "1",
    }
    command = [sys.executable, "-m", "citybrain.cli"]
    log = home / "processes.log"
    with log.open("wb") as out:
        programs = [
            subprocess.Popen([*command, word], env=env, cwd=home, stdout=out, stderr=out) for word in ("web", "work")
        ]
        try:
            city = LiveCity(f"http://127.0.0.1:{port}", database, database_url, CityInForce(database), log)
            _await_ready(city, programs)
            yield city
        finally:
            for program in programs:
                program.terminate()
            for program in programs:
                try:
                    program.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    program.kill()
                    program.wait()
            database.close()


def _await_ready(city: LiveCity, programs: list[subprocess.Popen[bytes]], within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        assert all(program.poll() is None for program in programs), city.log.read_text()[-3000:]
        try:
            if city.ask("/readyz").status == 200:
                return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(city.log.read_text()[-3000:])
