"""An institution contests a value, its provider corrects it, the figure follows, the raiser closes, the score tells."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.living import LiveCity, People, slot

pytestmark = pytest.mark.browser
CONTRACT = "contract:metro/flow"
INDICATOR = "/indicator/metro.crowd"


def shown(people: People) -> str:
    """Read the figure on the indicator's own page."""
    people.city.caught_up()
    visit = people.open("lin", INDICATOR)
    text = visit.page.locator(".hero .num").first.get_attribute("data-value") or ""
    visit.page.close()
    return text


def raise_it(page: Page, at: str, station: str) -> None:
    page.locator("[name='key.slot_start']").fill(at)
    page.locator("[name='key.station']").fill(station)
    page.locator("#field").select_option("entries")
    page.locator("[name=seen]").fill("900")
    page.locator("[name=claimed]").fill("40")
    page.locator("#grounds").fill("现场清点不符")
    page.get_by_role("button", name="提出异议").click()


def test_a_contested_value_is_corrected_and_closed_by_its_raiser(live_city: LiveCity, people: People) -> None:
    at, station = slot().isoformat(), "S88"
    row = {"slot_start": at, "station": station, "district": "990101", "entries": 900}
    assert live_city.post("metro/flow", [row])["accepted"] == 1
    before = shown(people)

    page = people.open("lin", f"/console/dissents?contract={CONTRACT}").page
    raise_it(page, at, station)
    expect(page.locator("h1")).to_contain_text("：")
    path = page.url
    number = path.rsplit("/", 1)[1]
    expect(people.open("lin", INDICATOR).page.locator(".hero")).to_contain_text("争议中")

    visit = people.open("zhou", f"/console/dissents/{number}")
    assert_page_is_clean(visit)
    provider = visit.page
    provider.locator("[name='field.entries']").fill("40")
    provider.locator("[name='words']").first.fill("闸机重复计数")
    provider.get_by_role("button", name="成立，更正").click()
    expect(provider.locator("main")).to_contain_text("成立，待提出人确认")
    expect(provider.get_by_role("button", name="确认办结")).to_have_count(0)
    assert float(shown(people)) == float(before) - 860

    page.goto(path)
    page.get_by_role("button", name="确认办结").click()
    expect(page.locator("main")).to_contain_text("已办结")
    expect(people.open("lin", INDICATOR).page.locator(".hero")).not_to_contain_text("争议中")

    board = people.open("zhou", "/console/quality/metro/flow")
    assert_page_is_clean(board)
    score = board.page
    accuracy = score.locator("tr", has=score.locator("th", has_text="准确性"))
    expect(accuracy.first).not_to_contain_text("100.00")
