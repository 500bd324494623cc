"""What a person reads on a page, as values a test can compare."""

from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.living import LiveCity, People, slot

CITY = "/cockpit/city"


def figure(page: Page, tile: str) -> float | None:
    """Read the number of a tile; None when it shows a dash."""
    text = page.locator(f"#w-{tile} .num").get_attribute("data-value") or ""
    return float(text) if text else None


def figure_now(people: People, person: str, tile: str) -> float:
    """Open the city's cockpit anew and read a tile; nothing counts as 0."""
    people.city.caught_up()
    visit = people.open(person, CITY)
    found = figure(visit.page, tile)
    visit.page.close()
    return found or 0.0


def number_of(text: str) -> float:
    """Read a printed number."""
    return float(text.replace(",", "").replace("\u2212", "-"))


def ranked(page: Page, panel: str) -> dict[str, float]:
    """Read a ranking: names and values, in the order they stand in."""
    rows = page.locator(f"#w-{panel} tbody tr").all()
    return {row.locator("th").inner_text(): number_of(row.locator("td.r").first.inner_text()) for row in rows}


def mapped(page: Page, panel: str) -> dict[str, float]:
    """Read a map: names and figures of the areas that have one."""
    found = {}
    for group in page.locator(f"#w-{panel} .map-whole svg > g").all():
        texts = group.locator("text").all_text_contents()
        if len(texts) == 2:
            found[texts[0]] = number_of(texts[1])
    return found


def table_of(page: Page, panel: str) -> dict[str, str]:
    """Switch a trend to its table and read the first column of values by label."""
    place = page.locator(f"#w-{panel}")
    place.locator("button[data-view=table]").click()
    expect(place.locator("table")).to_be_visible()
    return {
        row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in place.locator("tbody tr").all()
    }


def crowd_at(city: LiveCity, station: str, entries: int, *, usual: int = 100, back: int = 0) -> UUID:
    """Let the gates of a station report four ordinary weeks and then a crowd; return the metro's task about it."""
    at = slot(back)
    rows = [
        {"slot_start": slot(back + 96 * days), "station": station, "district": "990101", "entries": usual}
        for days in range(1, 29)
    ]
    city.post("metro/flow", rows)
    crowd = {"slot_start": at, "station": station, "district": "990101", "entries": entries}
    city.post("metro/flow", [crowd])
    return city.await_task("dept:metro", station)
