"""A department applies in the browser, the provider grants less, rows leave under the grant, and it is closed."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.living import LiveCity, People, slot

pytestmark = pytest.mark.browser
METRO = "contract:metro/flow"


def pressed(people: People, person: str, path: str, name: str, text: str = "", width: int = 1440) -> Page:
    """Open a page, check that it is clean, fill the first words and press a button."""
    visit = people.open(person, path, width=width)
    assert_page_is_clean(visit)
    if text:
        visit.page.locator("#words, #reason").first.fill(text)
    visit.page.get_by_role("button", name=name, exact=True).click()
    visit.page.wait_for_load_state()
    return visit.page


def test_from_the_form_to_the_rows_and_to_the_end(live_city: LiveCity, people: People) -> None:
    live_city.post("metro/flow", [{"slot_start": slot(), "station": "S9", "district": "990101", "entries": 7}])
    key = {"authorization": f"Bearer {live_city.key('system:parking/lots')}"}

    def ask() -> tuple[int, list[dict[str, object]]]:
        answer = live_city.ask("/api/v1/contracts/metro/flow/rows?purpose=operation&station=S9", headers=key)
        return answer.status, [json.loads(line) for line in answer.body.splitlines()] if answer.status == 200 else []

    assert ask() == (403, [])
    visit = people.open("zheng", f"/console/requests/new?contract={METRO}")
    assert_page_is_clean(visit)
    page = visit.page
    page.locator("#reason").fill("停车诱导：按站点客流调整诱导屏")
    for field in ("station", "entries", "district"):
        page.locator(f"input[name=fields][value={field}]").check()
    page.locator("#until").fill(f"{slot().year + 1}-01-31")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("main")).to_contain_text("合规审核中")
    path = page.url.removeprefix(live_city.address)
    pressed(people, "lin", path, "通过")
    answering = people.open("zhou", path, width=390).page
    answering.locator("input[name=fields][value=district]").uncheck()
    answering.get_by_role("button", name="授权", exact=True).click()
    expect(answering.locator("main")).to_contain_text("已授权")
    assert ask() == (200, [{"station": "S9", "entries": 7}])
    grant = "/console/grants/" + path.rsplit("/", 1)[1].lower()
    expect(people.open("zheng", grant).page.locator("main")).to_contain_text("1 次，1 行")
    assert_page_is_clean(people.open("zheng", "/console/requests", width=390))
    assert_page_is_clean(people.open("zhou", "/console/grants"))
    closed = pressed(people, "zhou", grant, "关闭授权", "用途已结束", width=390)
    expect(closed.locator("main")).to_contain_text("已关闭")
    assert ask() == (403, [])
