"""A real browser, the gallery and a running city; tests are skipped, with the reason, where there is no browser."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from citybrain.kernel.ids import new_id
from tests.browser.cleanliness import AXE, Visit, watch
from tests.browser.gallery import Gallery
from tests.browser.living import TOWN, LiveCity, People, running

CHROMIUM = Path(os.environ.get("CITYBRAIN_CHROMIUM", "/usr/bin/chromium"))
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium once per worker."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk, or set CITYBRAIN_CHROMIUM")
    if not AXE.is_file():
        pytest.skip("axe-core is missing: npm ci in ui/ (uv sync does it unless CITYBRAIN_NO_UI=1)")
    if not (resources.files("citybrain.web") / "static" / "manifest.json").is_file():
        pytest.skip("the user interface is not built: uv sync --reinstall-package citybrain")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def gallery() -> Iterator[Gallery]:
    """Serve every page with sample data."""
    server = Gallery()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser: Browser, gallery: Gallery) -> Iterator[Open]:
    """Open pages of the gallery; each in a context of its own, closed afterwards."""
    with ExitStack() as closing:

        def open_page(path: str, *, width: int = 1440, height: int = 900, script: bool = True) -> Visit:
            context = browser.new_context(
                viewport={"width": width, "height": height}, java_script_enabled=script, reduced_motion="reduce"
            )
            closing.callback(context.close)
            visit = watch(context.new_page(), gallery.address)
            visit.page.goto(gallery.address + path)
            if script:
                expect(visit.page.locator("cb-chart:not([data-drawn])")).to_have_count(0)
            return visit

        yield open_page


@contextmanager
def city_running(server_url: str, template: str, home: Path, folder: Path = TOWN) -> Iterator[LiveCity]:
    """Run a city on a database of its own."""
    name = f"town_{new_id().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    with running(url, home, folder) as city:
        yield city
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def live_city(
    browser: Browser, server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveCity]:
    """Run the test town, once a worker; skipped like everything here without a browser."""
    with city_running(server_url, template, tmp_path_factory.mktemp("town")) as city:
        yield city


@pytest.fixture
def people(live_city: LiveCity, browser: Browser) -> Iterator[People]:
    """Sign persons in and open their pages; everything is closed after the test."""
    with ExitStack() as closing:
        yield People(live_city, browser, closing)
