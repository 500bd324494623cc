"""Small figures behind decisions in docs/adr: starts, group commit, log and lake, revisions, expressions, ids."""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.blueprint.revisions import city_of, newest
from citybrain.city.expression import Expression
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Parcel, digest
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.ids import new_id
from citybrain.kernel.migrations import migrate
from citybrain.kernel.settings import Settings
from citybrain.kernel.telemetry import start_logging

CITIES = Path(__file__).parent.parent / "cities"
FLOW = "contract:metro/flow_15min"
START = datetime(2026, 1, 1, tzinfo=UTC)


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def parcel(key: str, rows: int, first: int) -> Parcel:
    """Make a batch of metro rows, all different."""
    lines = (
        json.dumps({
            "slot_start": (START + timedelta(minutes=15 * ((first + n) // 80))).isoformat(),
            "station": f"S{(first + n) % 80}", "entries": n % 1000, "exits": n % 900,
        })
        for n in range(rows)
    )  # fmt: skip
    body = "\n".join(lines).encode()
    layout = Layout("ndjson", ("slot_start", "station", "entries", "exits"))
    return Parcel(FLOW, "system:metro/afc", (body, layout), digest(body), key)


def singles(instance: Instance, callers: int, count: int) -> float:
    """Admit single rows from several callers at once and return rows a second."""

    def call(caller: int) -> None:
        for n in range(count // callers):
            instance.gate.admit(parcel(f"{callers}-{caller}-{n}", 1, caller * 1_000_000 + n))

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]

    def all_of_them() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return count / seconds(all_of_them)


def measure(instance: Instance) -> None:
    """Measure what needs a city and a database."""
    with instance.database.reading() as connection:
        stored = newest(connection)
    print(f"  read the revision in force (tiny)          {seconds(lambda: city_of(stored)) * 1000:8.1f} ms")
    alone, together = singles(instance, 1, 300), singles(instance, 16, 1600)
    print(f"  single rows, 1 caller                      {alone:8.0f} rows/s")
    print(f"  single rows, 16 callers                    {together:8.0f} rows/s   ratio {together / alone:.1f}")
    for n in range(70):
        instance.gate.admit(parcel(f"lake-{n}", 5_000, 10_000_000 + n * 5_000))
    contract = instance.city_now().contracts[FLOW]

    def read() -> int:
        with instance.database.reading() as connection:
            return instance.reader.current(connection, contract).collect().height

    read()
    log = min(seconds(read) for _ in range(3))
    rows = read()
    moved = seconds(lambda: instance.lake.compact(contract))
    while instance.lake.compact(contract) is not None:
        pass
    lake = min(seconds(read) for _ in range(3))
    print(f"  read {rows:,} rows from the log               {log * 1000:8.1f} ms (decoded batches kept)")
    print(f"  move 512 batches into the lake             {moved * 1000:8.1f} ms")
    print(f"  read the same from the lake                {lake * 1000:8.1f} ms")


def main() -> None:
    """Measure everything on a server of its own."""
    start_logging("text", "error")
    folder = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    folder.chmod(0o755)
    print("choices: figures behind docs/adr, fsync on")
    ids = 100_000 / seconds(lambda: [new_id() for _ in range(100_000)])
    print(f"  identifiers                                {ids:8.0f} /s")
    text = "choose(contains(x, 'm'), number(replace(x, 'm', '')), number(x) / 100)"
    parse = seconds(lambda: [Expression(text) for _ in range(1000)])
    print(f"  read one expression                        {parse:8.3f} ms")
    try:
        server = EmbeddedServer(folder / "postgres")
        print(f"  first start of PostgreSQL, initdb included {seconds(server.start):8.2f} s")
        server.stop()
        print(f"  start again                                {seconds(server.start):8.2f} s")
        clock = SystemClock()
        migrate(server.url, clock)
        instance = Instance(Settings(home=folder, database_url=server.url), clock, new_id)
        with instance.database.transaction() as connection:
            apply(connection, load(CITIES / "tiny"), "bench", clock, new_id)
        instance.city.look()
        measure(instance)
        instance.close()
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
