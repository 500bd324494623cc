"""Governed admission over HTTP beside the bare ceiling.

Parse, rules, zstd and a durable commit in a loop, same machine, same run.
"""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import polars as pl
import psutil

from bench.events import CATEGORIES, CHANNELS, events
from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.ids import new_id
from citybrain.kernel.migrations import migrate
from citybrain.kernel.postgres import Database
from citybrain.kernel.settings import Settings
from citybrain.kernel.telemetry import start_logging

ROWS = 10_000
BATCHES = 40
PORT = 8699
CALLERS = 2


def _bodies(rows: int, batches: int) -> list[bytes]:
    return [events(rows, seed=n, first=n * rows).write_ndjson().encode() for n in range(batches)]


def ceiling(database: Database, bodies: list[bytes]) -> float:
    """Return rows a second of a loop that governs nothing: no receipt, no reasons, no evidence, no HTTP."""
    with database.transaction() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id bigint GENERATED ALWAYS AS IDENTITY, payload bytea)")
        connection.execute("ALTER TABLE bare ALTER COLUMN payload SET STORAGE EXTERNAL")
    start = time.perf_counter()
    for body in bodies:
        frame = pl.read_ndjson(BytesIO(body)).with_columns(
            pl.col("started_at", "ended_at", "received_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%z", strict=False)
        )
        kept = frame.filter(
            pl.col("id").str.contains("^E[0-9]{9}$"),
            pl.col("district").str.contains("^3301[0-9]{2}$"),
            pl.col("category").is_in(CATEGORIES),
            pl.col("channel").is_in(CHANNELS),
            pl.col("title").str.len_chars().is_between(2, 60),
            pl.col("severity").is_between(1, 5),
            pl.col("lon").is_between(118.3, 120.8),
            pl.col("lat").is_between(29.1, 30.7),
            pl.col("ended_at") >= pl.col("started_at"),
            (pl.col("received_at") - pl.col("started_at")) <= pl.duration(hours=24),
            pl.col("id").is_not_null(),
            pl.col("id").is_first_distinct(),
        )
        buffer = BytesIO()
        kept.write_ipc(buffer, compression="zstd")
        with database.transaction() as connection:
            connection.execute("INSERT INTO bare (payload) VALUES (%b)", [buffer.getvalue()])
    return sum(body.count(b"\n") for body in bodies) / (time.perf_counter() - start)


def governed(port: int, secret: str, bodies: list[bytes], callers: int, run: str) -> float:
    """Return rows a second admitted over HTTP by some callers at once."""
    waiting = list(enumerate(bodies))
    mutex, accepted = threading.Lock(), []

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with mutex:
                if not waiting:
                    return
                number, body = waiting.pop()
            headers = {
                "authorization": f"Bearer {secret}",
                "content-type": "application/x-ndjson",
                "idempotency-key": f"{run}-{number}",
            }
            connection.request("POST", "/api/v1/contracts/city/events/batches", body, headers)
            answer = connection.getresponse()
            receipt = json.loads(answer.read())
            if answer.status != 201:
                raise SystemExit(receipt)
            with mutex:
                accepted.append(receipt["received"])

    start = time.perf_counter()
    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(accepted) / (time.perf_counter() - start)


@contextmanager
def web_process(home: Path, url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run one web process."""
    env = {
        **os.environ, "CITYBRAIN_DATABASE_URL": url, "CITYBRAIN_HOME": str(home), "CITYBRAIN_PORT": str(port),
        "CITYBRAIN_LOG_LEVEL": "error",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "citybrain.cli", "web"], env=env)
    try:
        for _ in range(200):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def running(port: int) -> Iterator[tuple[Database, str, subprocess.Popen[bytes]]]:
    """Start a durable server, apply the bench city, run one web process."""
    home = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    home.chmod(0o755)
    clock = SystemClock()
    try:
        with EmbeddedServer(home / "postgres") as server:
            migrate(server.url, clock)
            instance = Instance(Settings(home=home, database_url=server.url), clock, new_id)
            with instance.database.transaction() as connection:
                apply(connection, load(Path(__file__).parent / "city"), "bench", clock, new_id)
            instance.city.look()
            with instance.database.transaction() as connection:
                city = instance.city_now()
                secret = credentials.issue(connection, city, "system:city/events", "bench", "bench", clock, new_id)[1]
            with web_process(home, server.url, port) as process:
                yield instance.database, secret, process
            instance.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def memory_bytes(process: subprocess.Popen[bytes]) -> int:
    """Sum the resident memory of a process and its children."""
    parent = psutil.Process(process.pid)
    return max(item.memory_info().rss for item in (parent, *parent.children(recursive=True)))


def main() -> None:
    """Print rows a second and the ratio, alternating ceiling and governed runs."""
    start_logging("text", "error")
    bodies = _bodies(ROWS, BATCHES)
    print(f"admission: {BATCHES} NDJSON batches of {ROWS:,} rows, twelve rules, about 2 % broken, fsync on")
    with running(PORT) as (database, secret, process):
        governed(PORT, secret, bodies[:4], 1, "warm")
        ceiling(database, bodies[:4])
        pairs = []
        for run in range(3):
            pairs.append((ceiling(database, bodies), governed(PORT, secret, bodies, CALLERS, f"run{run}")))
        single = governed(PORT, secret, bodies, 1, "single")
        bare, ours = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"  bare loop (parse + rules + zstd + durable commit)  {bare:>10,.0f} rows/s")
        print(f"  governed over HTTP, {CALLERS} callers                    {ours:>10,.0f} rows/s   ratio {ratio:.2f}")
        print(f"  governed over HTTP, 1 caller                     {single:>10,.0f} rows/s   ratio {single / bare:.2f}")
        print(f"  largest process of the hub {memory_bytes(process) / 1e6:,.0f} MB")
