"""An open cockpit follows the data without being opened again, and is light to open; `bench screen` says how soon."""

import time
from datetime import timedelta
from importlib import resources

import pytest
from playwright.sync_api import expect

from tests.browser.living import LiveCity, People, slot
from tests.browser.readings import CITY, figure, ranked

pytestmark = pytest.mark.browser
BATCHES = 20
FIRST_LOAD_BYTES = 300_000


@pytest.fixture
def gate() -> str:
    return f"L{time.monotonic_ns()}"


def test_an_open_cockpit_changes_without_being_opened_again(live_city: LiveCity, people: People, gate: str) -> None:
    live_city.caught_up()
    page = people.open("chen", CITY).page
    page.evaluate("window.openedOnce = true")
    before = figure(page, "metro-passed") or 0
    bad = {"passed_at": slot(), "gate": gate, "entries": -1}
    live_city.post("metro/counts", [bad, {"passed_at": slot(), "gate": gate, "entries": 5}])
    expect(page.locator("#w-metro-passed .num")).to_have_attribute("data-value", f"{before + 5:.1f}", timeout=10_000)
    lot = {"observed_at": slot(), "lot": gate, "district": "990102", "capacity": 900, "occupied": 77}
    districts = ranked(page, "parking-occupied-by-district")
    live_city.post("parking/lots", [lot])
    expect(page.locator("#w-parking-occupied-by-district tbody tr", has_text="西区").locator("td.r")).to_have_text(
        f"{districts.get('西区', 0) + 77:,.0f}", timeout=10_000
    )
    assert page.evaluate("window.openedOnce") is True


def test_every_one_of_many_batches_in_a_row_comes_onto_the_open_screen(
    live_city: LiveCity, people: People, gate: str
) -> None:
    live_city.caught_up()
    page = people.open("lin", CITY).page
    expected = figure(page, "metro-passed") or 0
    for _ in range(BATCHES):
        expected += 3
        live_city.post("metro/counts", [{"passed_at": slot(), "gate": gate, "entries": 3}])
        expect(page.locator("#w-metro-passed .num")).to_have_attribute("data-value", f"{expected:.1f}", timeout=15_000)


def test_the_first_cockpit_is_light_to_open(live_city: LiveCity, people: People) -> None:
    reading = {"hour": slot(0, timedelta(hours=1)), "station": "A1", "pm25": 30}
    live_city.settle(live_city.post("data-bureau/air", [reading]), "air.pm25")  # so that a chart is drawn
    page = people.context("chen", 1440, 901).new_page()
    sizes: list[float] = []
    session = page.context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(live_city.address + CITY)
    expect(page.locator("cb-chart:not([data-drawn])")).to_have_count(0)
    page.wait_for_timeout(300)
    folder = resources.files("citybrain.web") / "static" / "assets"
    workers = [item for item in folder.iterdir() if item.name.startswith("live-worker") and item.name.endswith(".br")]
    sizes += [len(item.read_bytes()) for item in workers]  # loaded beside the page, which does not see it
    print(f"first cockpit: {sum(sizes) / 1000:.0f} kB in {len(sizes)} files")  # noqa: T201 - as above
    assert 10_000 < sum(sizes) <= FIRST_LOAD_BYTES
