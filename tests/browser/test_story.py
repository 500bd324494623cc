"""The whole story in the browser: found, applied for, granted with one field less, queried, subscribed to, called;
seen by a citizen, withdrawn; disputed, corrected at its source, and the score tells.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from citybrain.kernel.clock import SystemClock
from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.conftest import city_running
from tests.browser.living import LiveCity, People
from tests.http.provider import Provider, providing
from tests.http.story_city import ADDRESS, EVENT, LOOKUP, VISITS, visits, write_story_city

pytestmark = pytest.mark.browser
MINE = "/portal/my-data"
ROWS = "/api/v1/contracts/health/visits/rows?purpose=public_service"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as made:
        made.answer = EVENT
        yield made


@pytest.fixture(scope="module")
def hangzhou(
    browser: Browser, server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory, provider: Provider
) -> Iterator[LiveCity]:
    home = tmp_path_factory.mktemp("hangzhou")
    with city_running(server_url, template, home, write_story_city(home / "city", provider.url)) as city:
        yield city


@pytest.fixture
def people(hangzhou: LiveCity, browser: Browser) -> Iterator[People]:
    with ExitStack() as closing:
        yield People(hangzhou, browser, closing)


def apply_for(people: People, page: Page, reason: str, fields: list[str]) -> str:
    """Fill the form in and send it; returns the address of the request."""
    page.locator("#purpose").select_option("public_service")
    page.locator("#reason").fill(reason)
    for field in fields:
        page.locator(f"input[name=fields][value={field}]").check()
    page.locator("#until").fill(f"{SystemClock().now().year + 1}-01-31")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("main")).to_contain_text("合规审核中")
    return page.url.removeprefix(people.city.address)


def decide(people: People, person: str, path: str, button: str, without: str = "") -> None:
    """Open a request, strike a field, and press the button."""
    visit = people.open(person, path)
    assert_page_is_clean(visit)
    if without:
        visit.page.locator(f"input[name=fields][value={without}]").uncheck()
    visit.page.get_by_role("button", name=button, exact=True).click()
    visit.page.wait_for_load_state()
    visit.page.close()


class Desk:
    """The system of civil affairs, which uses what was granted."""

    def __init__(self, city: LiveCity) -> None:
        self._city, self._key = city, {"authorization": f"Bearer {city.key('system:civil-affairs/benefits')}"}

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        content = None if body is None else json.dumps(body).encode()
        answer = self._city.ask(path, content, self._key | headers)
        return answer.status, answer.body.decode()

    def rows(self, more: str = "") -> list[dict[str, Any]]:
        status, text = self.ask(ROWS + more)
        assert status == 200, text
        return [json.loads(line) for line in text.splitlines()]


def agree(people: People, citizen: str) -> None:
    """Agree to the use of plain and of sensitive fields."""
    mine = people.open(citizen, MINE, width=390).page
    mine.get_by_role("button", name="同意").first.click()
    mine.get_by_role("button", name="单独同意").first.click()
    expect(mine.get_by_role("button", name="撤回同意")).to_have_count(2)


def see_and_withdraw(people: People, citizen: str) -> None:
    """See who used what, when, for what and on which basis; then withdraw everything."""
    visit = people.open(citizen, MINE, width=390)
    assert_page_is_clean(visit)
    mine = visit.page
    for said in ("市民政局", "公共服务", "杭州条例第十三条", "门诊就诊记录", "共 1 次"):
        expect(mine.locator("main")).to_contain_text(said)
    while mine.get_by_role("button", name="撤回同意").count():
        mine.get_by_role("button", name="撤回同意").first.click()
        mine.wait_for_load_state()


def dispute(people: People) -> str:
    """Contest a fee; returns the number of the dissent."""
    page = people.open("yu", f"/console/dissents?contract={VISITS}").page
    page.locator("[name='key.visit_no']").fill("V20261120-0002")
    page.locator("#field").select_option("fee")
    page.locator("[name=seen]").fill("9.5")
    page.locator("[name=claimed]").fill("19.5")
    page.locator("#grounds").fill("与发票不符")
    page.get_by_role("button", name="提出异议").click()
    expect(page.locator("h1")).to_contain_text("：")
    return page.url.rsplit("/", 1)[1]


def correct(people: People, number: str) -> None:
    page = people.open("qian", f"/console/dissents/{number}").page
    page.locator("[name='field.fee']").fill("19.5")
    page.locator("[name='words']").first.fill("录入有误")
    page.get_by_role("button", name="成立，更正").click()
    expect(page.locator("main")).to_contain_text("成立，待提出人确认")


def accuracy(people: People) -> str:
    """Read A's score for accuracy on the board."""
    board = people.open("qian", "/console/quality/health/visits").page
    row = board.locator("tr", has=board.locator("th", has_text="准确性")).first
    return row.inner_text()


def test_from_finding_to_correcting(hangzhou: LiveCity, people: People) -> None:
    assert hangzhou.post("health/visits", visits(SystemClock().now()))["accepted"] == 2
    desk = Desk(hangzhou)

    # B finds A's resource, applies, and A approves one field less.
    page = people.open("yu", "/console/catalog?q=menzhen").page
    page.get_by_role("link", name="门诊就诊记录").first.click()
    page.get_by_role("link", name="申请使用").click()
    asked = ["visit_no", "person_no", "hospital", "clinic", "fee"]
    path = apply_for(people, page, "经本人同意，核验慢病门诊补助", asked)
    decide(people, "lin", path, "通过")
    decide(people, "qian", path, "授权", without="hospital")
    page.reload()
    expect(page.locator("main")).to_contain_text("已授权")
    assert desk.ask(f"{ROWS}&fields=hospital")[0] == 403

    # Two citizens agree; B queries, masked, and subscribes.
    agree(people, "citizen:fang")
    agree(people, "citizen:tong")
    rows = desk.rows()
    assert [set(row) for row in rows] == [{"visit_no", "person_no", "clinic", "fee"}] * 2
    assert all("门诊" not in str(row["clinic"]) for row in rows)
    order = {"contract": VISITS, "purpose": "public_service", "way": "pull", "start": "now"}
    line = json.loads(desk.ask("/api/v1/subscriptions", order)[1])["subscription"]

    # B calls a service of C.
    page = people.open("yu", f"/console/requests/new?contract={LOOKUP}").page
    path = apply_for(people, page, "答复补助申请人时查询其工单状态", ["find_event", "event_id", "state"])
    decide(people, "lin", path, "通过")
    decide(people, "feng", path, "授权")
    status, told = desk.ask(ADDRESS, **{"x-citybrain-purpose": "public_service"})
    assert (status, json.loads(told)) == (200, {"event_id": EVENT["event_id"], "state": "open"})

    # A citizen sees it, withdraws, and the next call is refused.
    see_and_withdraw(people, "citizen:fang")
    status, told = desk.ask(f"{ROWS}&person_no=RY-100001")
    assert (status, json.loads(told)["code"]) == (403, "hub.consent_missing")
    assert [row["person_no"] for row in desk.rows()] == ["RY-100002"]

    # B disputes a value, A corrects it, every consumer gets the change, A's score moves.
    assert "100.00" in accuracy(people)
    number = dispute(people)
    assert desk.rows()[0]["_in_dispute"] == ["fee"]
    correct(people, number)
    events = json.loads(desk.ask(f"/api/v1/subscriptions/{line}/rows")[1])
    assert [(event["data"]["visit_no"], event["data"]["fee"]) for event in events] == [("V20261120-0002", 19.5)]
    assert [row["fee"] for row in desk.rows("&view=current")] == [19.5]
    assert "50.00" in accuracy(people)
