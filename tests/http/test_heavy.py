"""Heavy bodies and a crowd of readers: answered with a reason, within bounded memory, by a process that lives."""

import asyncio
import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from citybrain.blueprint.instance import Instance
from citybrain.hub.exchange.reading import Reader
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.web.sessions import COOKIE, sign_in
from tests.http.conftest import FLOW
from tests.http.serving import Served, serving

MOST_BYTES = 1_500_000_000


def bomb(megabytes: int) -> bytes:
    """Write a short Parquet file whose one column unpacks to many megabytes."""
    text = pa.array(["S" * 1_000_000])
    table = pa.table({"station": text.take(pa.array([0] * megabytes))})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def heavy(scale: int) -> list[tuple[str, str, bytes, str]]:
    """Name, media type, body and the code it is refused with; ``scale`` is in megabytes."""
    million = scale * 1_000_000
    return [
        ("one line", "application/x-ndjson", b'{"station":"' + b"x" * million + b'"}', "hub.nothing_readable"),
        ("tiny rows", "application/x-ndjson", b"{}\n" * (million // 3), "hub.too_many_rows"),
        ("tiny rows of CSV", "text/csv", b"station\n" + b"1\n" * (million // 2), "hub.too_many_rows"),
        ("blank lines", "text/csv", b"station\n" + b"\n" * million, "hub.too_many_rows"),
        ("tiny records", "application/json", b"[" + b"{}," * (million // 3) + b"{}]", "hub.document_too_large"),
        ("one quote", "text/csv", b'station\n"' + b"x" * million, "hub.nothing_readable"),
        ("parquet", "application/vnd.apache.parquet", bomb(max(scale * 10, 400)), "hub.unpacks_too_large"),
    ]


@pytest.mark.parametrize(
    ("megabytes", "limits"),
    [
        pytest.param(35, {"CITYBRAIN_LINE_BYTES": "4000000"}, id="35_megabytes"),
        pytest.param(200, {}, marks=pytest.mark.slow, id="200_megabytes"),
    ],
)
def test_heavy_bodies_are_refused_with_a_reason_in_bounded_memory(
    instance: Instance, secret: str, megabytes: int, limits: dict[str, str]
) -> None:
    with serving(instance.settings, **limits) as served:
        for name, media, body, code in heavy(megabytes):
            headers = {"authorization": f"Bearer {secret}", "content-type": media}
            status, answer = served.ask("POST", FLOW, body, headers)
            problem = json.loads(answer)
            assert (status, problem.get("code")) == (422, code), name
            assert problem["next_steps"], name
            assert served.ask("GET", "/healthz")[0] == 200, name
            assert served.peak_bytes() < MOST_BYTES, (name, served.peak_bytes())


def test_sixty_thousand_rows_that_are_all_set_aside_stay_within_memory(instance: Instance, secret: str) -> None:
    rows = 60_000
    with serving(instance.settings) as served:
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/x-ndjson"}
        status, answer = served.ask("POST", FLOW, b"{}\n" * rows, headers)
        receipt = json.loads(answer)
        assert (status, receipt["received"], receipt["set_aside"]) == (201, rows, rows)
        assert served.peak_bytes() < MOST_BYTES


async def _listen(
    served: Served, cookie: str, marker: bytes, ready: asyncio.Event, count: list[int], most: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=2**22)
    request = f"GET /stream/cockpit.city HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={cookie}\r\n\r\n"
    writer.write(request.encode())
    await writer.drain()
    await reader.readuntil(b"event: state")
    count[0] += 1
    if count[0] == most:
        ready.set()
    before = b""
    while marker not in before:
        more = await reader.read(65_536)
        assert more, "the stream ended"
        before = before[-2_000:] + more
    count[1] += 1
    writer.close()


async def _listen_all(
    served: Served, cookie: str, marker: bytes, readers: int, seconds: float, change: Callable[[], None]
) -> list[int]:
    """Open every stream, make a change once all are open, and count who opened and who received it."""
    ready, count = asyncio.Event(), [0, 0]
    tasks: list[asyncio.Task[None]] = []
    for _ in range(readers):
        tasks.append(asyncio.create_task(_listen(served, cookie, marker, ready, count, readers)))
        if len(tasks) % 50 == 0:
            await asyncio.sleep(0.05)
    await asyncio.wait_for(ready.wait(), seconds)
    await asyncio.to_thread(change)
    await asyncio.wait_for(asyncio.gather(*tasks), seconds)
    return count


@pytest.mark.parametrize(
    ("readers", "seconds"),
    [pytest.param(60, 25, id="sixty"), pytest.param(1_100, 100, marks=pytest.mark.slow, id="eleven_hundred")],
)
def test_every_open_stream_receives_a_change(instance: Instance, secret: str, readers: int, seconds: float) -> None:
    def change() -> None:
        now = instance.clock.now().replace(microsecond=0, second=0)
        row = {"slot_start": now.isoformat(), "station": "S1", "entries": 31_415, "exits": 0}
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json", "idempotency-key": "change"}
        assert served.ask("POST", FLOW, json.dumps([row]).encode(), headers)[0] == 201
        engine = Engine(threads=1)
        indicator = instance.city_now().indicators["indicator:metro.entries"]
        reader = Reader(instance.settings.home / "payloads")
        refresh(instance.city_now(), indicator, instance.database, reader, engine, instance.clock)
        engine.close()

    with serving(instance.settings) as served:
        cookie = sign_in(instance, "chen")
        began = time.monotonic()
        with ThreadPoolExecutor(1) as aside:  # a browser test may have left a loop running in this thread
            listening = _listen_all(served, cookie, b"31,415", readers, seconds, change)
            assert aside.submit(asyncio.run, listening).result() == [readers, readers]
        assert time.monotonic() - began < 2 * seconds
        assert served.peak_bytes() < MOST_BYTES
