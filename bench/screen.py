"""From a posted batch to the figure on an open cockpit in a real browser, beside the receipt alone."""

import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from citybrain.kernel.clock import SystemClock
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.migrations import migrate
from citybrain.kernel.telemetry import start_logging
from tests.browser.living import LiveCity, People, running, slot
from tests.browser.readings import CITY, figure

BATCHES = 200
CHROMIUM = Path(os.environ.get("CITYBRAIN_CHROMIUM", "/usr/bin/chromium"))
SHOWN = "wanted => Number(document.querySelector('#w-metro-passed .num').dataset.value) === wanted"


def _waits(city: LiveCity, page: Page) -> list[tuple[float, float]]:
    """Post batches one after the other; return for each the seconds to its receipt and to the screen."""
    expected, waits = figure(page, "metro-passed") or 0, []
    for _ in range(BATCHES):
        expected += 3
        begun = time.perf_counter()
        city.post("metro/counts", [{"passed_at": slot(), "gate": "bench", "entries": 3}])
        received = time.perf_counter()
        page.wait_for_function(SHOWN, arg=expected, polling=20, timeout=15_000)
        waits.append((received - begun, time.perf_counter() - begun))
    return waits


def main() -> None:
    """Print the median and the 95th percentile of both ways."""
    start_logging("text", "error")
    print(f"screen: {BATCHES} batches, a city of the browser tests with a web process and a worker, fsync on")
    with ExitStack() as closing:
        home = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="citybrain-bench-")))
        home.chmod(0o755)
        server = EmbeddedServer(home / "postgres")
        server.start()
        closing.callback(server.stop)
        url = server.address("postgres")
        migrate(url, SystemClock())
        city = closing.enter_context(running(url, home))
        browser = closing.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        closing.callback(browser.close)
        page = People(city, browser, closing).open("lin", CITY).page
        waits = _waits(city, page)
    for name, side in (("receipt", 0), ("on the screen", 1)):
        taken = sorted(wait[side] * 1000 for wait in waits)
        middle, nearly_all, most = statistics.median(taken), taken[int(BATCHES * 0.95) - 1], taken[-1]
        print(f"  {name:14} median {middle:6.0f} ms  p95 {nearly_all:6.0f} ms  most {most:6.0f} ms")
