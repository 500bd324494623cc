"""A file of 1,000,000 rows beside one of 100,000: rows a second, and that memory does not grow with the file."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.scratch import scratch_database
from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.city.grant import Grant
from citybrain.hub.exports.making import QUEUE
from citybrain.hub.exports.record import FORMS, ExportOrder, Form, one
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Parcel, digest
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.kernel.workers import Worker

CONTRACT, GIVER, SMALL, BATCHES, BATCH = "contract:metro/flow_15min", "system:metro/afc", 100_000, 20, 50_000
_DESK = "system: government/desk\nname: {zh: 值班台, en: desk}\nowner: dept:government\n"
TINY = Path(__file__).parents[1] / "cities" / "tiny"


def main() -> None:
    """Print what files of each format cost."""
    with scratch_database() as (folder, url):
        instance = Instance(Settings(home=folder / "home", database_url=url), SystemClock(), new_id)
        _run(instance, folder / "city")
        instance.close()


def _run(instance: Instance, folder: Path) -> None:
    shutil.copytree(TINY, folder)
    (folder / "systems" / "government").mkdir()
    (folder / "systems" / "government" / "desk.yaml").write_text(_DESK, encoding="utf-8")
    with instance.database.transaction() as connection:
        apply(connection, load(folder), "bench", instance.clock, new_id)
    instance.city.look()
    city = instance.city_now()
    contract = city.contracts[CONTRACT]
    grant: Grant = next(item for item in city.grants.values() if item.from_ == CONTRACT)
    system = next(ref for ref, item in city.systems.items() if item.owner == grant.to)
    for batch in range(BATCHES):
        lines = [json.dumps(_row(batch * BATCH + number)) for number in range(BATCH)]
        body = "\n".join(lines).encode()
        layout = Layout("ndjson", tuple(field.name for field in contract.fields))
        instance.gate.admit(Parcel(CONTRACT, GIVER, (body, layout), digest(body), str(batch)))
        if (batch + 1) * BATCH in {SMALL, BATCHES * BATCH}:
            for form in FORMS:
                _export(instance, ExportOrder(system, CONTRACT, grant.purpose, grant.grant, form=form), form)


def _row(number: int) -> dict[str, object]:
    at = time.strftime("%Y-%m-%dT%H:%M:00+08:00", time.gmtime(1_700_000_000 + number // 50 * 900))
    return {"station": f"S{number % 50}", "slot_start": at, "entries": number % 900, "exits": number % 700}


def _export(instance: Instance, order: ExportOrder, form: Form) -> None:
    asked, began = instance.exporter.ask(order), time.perf_counter()
    with _watched() as most:
        Worker(instance.database, instance.clock, (instance.exporter.duty(),), queues=(QUEUE,)).run_once()
    seconds = time.perf_counter() - began
    with instance.database.reading() as connection:
        made = one(connection, asked.id)
    print(
        f"exports: {form} of {made.rows:,} rows, {(made.size or 0) / 1e6:,.1f} MB, {made.rows / seconds:,.0f} rows/s,"
        f" most {most[0] / 1e6:,.0f} MB while it was made"
    )


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Watch the memory of this process."""
    most, stop = [0], threading.Event()

    def look() -> None:
        while not stop.wait(0.05):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
            most[0] = max(most[0], pages * 4096)

    thread = threading.Thread(target=look)
    thread.start()
    yield most
    stop.set()
    thread.join()
