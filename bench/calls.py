"""A governed service call beside the direct call on loopback, 200 a second each, in one run: ratio of medians.

The hub adds a time of its own to every call, so the ratio depends on how long the provider takes: it is measured for a
provider that answers from memory, and for such that take as long as a look into a database or a slow system.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import httpx

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.ids import new_id
from citybrain.kernel.migrations import migrate
from citybrain.kernel.settings import Settings

A_SECOND = 200
SECONDS = 4
ROUNDS = 3
TAKES_MS = (0, 5, 20)
PROVIDER_PORT, HUB_PORT = 8687, 8688
CITY = Path(__file__).parents[1] / "cities" / "hangzhou"
EVENT = "/events/E20261120-{:05d}"
ADDRESS = "/r1/hangzhou/GOV/hotline/events/event-lookup"
PROVIDER = """
from asyncio import sleep
from litestar import Litestar, get
from granian import Granian
@get("/events/{number:str}")
async def event(number: str) -> dict[str, str]:
    takes_ms = int(number[-5:])
    if takes_ms:
        await sleep(takes_ms / 1000)
    return {"event_id": number, "opened_at": "2026-11-20T09:30:00+08:00", "district": "330106", "category": "noise",
            "state": "open", "caller_phone": "13800000000"}
app = Litestar([event])
"""


async def paced(client: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> tuple[list[float], int]:
    """Send calls at an even pace, whether or not those before were answered; milliseconds of each, and failures."""
    took: list[float] = []
    failed = 0

    async def one() -> None:
        nonlocal failed
        begun = time.perf_counter()
        async with client.get(url, headers=headers) as answer:
            await answer.read()
        took.append((time.perf_counter() - begun) * 1000)
        failed += answer.status != 200

    begun = time.perf_counter()
    tasks = []
    for number in range(A_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return took, failed


async def measure(headers: dict[str, str], takes_ms: int) -> None:
    """Measure both in turn and print.

    Args:
        headers: Key and purpose of the consumer.
        takes_ms: How long the provider takes for an answer.

    """
    event = EVENT.format(takes_ms)
    direct, governed = f"http://127.0.0.1:{PROVIDER_PORT}{event}", f"http://127.0.0.1:{HUB_PORT}{ADDRESS}{event}"
    found: dict[str, list[float]] = {"direct": [], "governed": []}
    failures = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200)) as client:
        for _ in range(ROUNDS):
            for name, url in (("direct", direct), ("governed", governed)):
                took, failed = await paced(client, url, headers)
                found[name] += took
                failures += failed
    medians = {name: statistics.median(times) for name, times in found.items()}
    p95 = {name: statistics.quantiles(times, n=20)[-1] for name, times in found.items()}
    print(f"provider takes {takes_ms} ms, {A_SECOND} calls/s, {failures} failed")
    for name in found:
        print(f"  {name:<9} median {medians[name]:.2f} ms, 95 % within {p95[name]:.2f} ms")
    ratio = medians["governed"] / medians["direct"]
    print(f"  governed / direct: {ratio:.2f} (median), {p95['governed'] / p95['direct']:.2f} (95 %)")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _wait(url: str) -> None:
    ends = time.monotonic() + 60
    while not _answers(url):
        if time.monotonic() > ends:
            msg = f"{url} does not answer"
            raise RuntimeError(msg)
        time.sleep(0.2)


def main() -> None:
    """Set everything up, measure and print."""
    home = Path(tempfile.mkdtemp(prefix="citybrain-bench-"))
    home.chmod(0o755)
    server = EmbeddedServer(home / "postgres")
    url = server.start()
    processes: list[subprocess.Popen[bytes]] = []
    try:
        migrate(url, SystemClock())
        instance = Instance(Settings(home=home, database_url=url), SystemClock(), new_id)
        with instance.database.transaction() as connection:
            apply(connection, load(CITY), "bench", instance.clock, new_id)
        instance.city.look()
        with instance.database.transaction() as connection:
            system = next(ref for ref, item in instance.city_now().systems.items() if item.owner == "dept:hotline")
            secret = credentials.issue(
                connection, instance.city_now(), system, "bench", "bench", instance.clock, new_id
            )[1]  # fmt: skip
            connection.execute("UPDATE hub_grant SET department = 'dept:hotline' WHERE name = 'xihu-calls-hotline'")
            connection.execute(
                "INSERT INTO hub_call_minute SELECT 'service:hotline/event-lookup', %s, minute, -1000000"
                " FROM generate_series(date_trunc('minute', now()), now() + interval '20 minutes',"
                " interval '1 minute') AS minute",
                (system,),
            )
        instance.close()
        (home / "provider.py").write_text(PROVIDER)
        env = os.environ | {
            "CITYBRAIN_HOME": str(home), "CITYBRAIN_DATABASE_URL": url, "CITYBRAIN_PORT": str(HUB_PORT),
            "HOTLINE_LOOKUP_URL": f"http://127.0.0.1:{PROVIDER_PORT}",
        }  # fmt: skip
        provider = (
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--port",
            str(PROVIDER_PORT),
            "provider:app",
        )
        processes.append(subprocess.Popen(provider, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        web = (sys.executable, "-m", "citybrain.cli", "web")
        processes.append(subprocess.Popen(web, env=env, cwd=home, stdout=subprocess.DEVNULL))
        _wait(f"http://127.0.0.1:{PROVIDER_PORT}{EVENT.format(0)}")
        _wait(f"http://127.0.0.1:{HUB_PORT}/readyz")
        for takes_ms in TAKES_MS:
            asyncio.run(measure({"authorization": f"Bearer {secret}", "x-citybrain-purpose": "supervision"}, takes_ms))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)
        server.stop()


if __name__ == "__main__":
    main()
