"""The catalogue as people use it: found by pinyin with the keyboard, read with its proof, asked for when missing."""

import pytest
from playwright.sync_api import expect

from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.living import LiveCity, People

pytestmark = pytest.mark.browser


def test_an_entry_is_found_by_pinyin_and_its_proof_is_read(live_city: LiveCity, people: People) -> None:
    opened = people.open("chen", "/console/catalog")
    page = opened.page
    page.get_by_role("searchbox").focus()
    page.keyboard.type("tingche")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("停车")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="登记凭证")).to_be_visible()
    expect(page.locator("main")).to_contain_text("内容与存证一致")
    assert_page_is_clean(opened)


def test_what_is_not_found_becomes_a_demand(live_city: LiveCity, people: People) -> None:
    page = people.open("chen", "/console/catalog?q=没有这样的数据").page
    expect(page.get_by_text("没有符合的条目")).to_be_visible()
    expect(page.get_by_label("需要什么数据")).to_have_value("没有这样的数据")
    page.get_by_role("button", name="登记需求").click()
    expect(page.get_by_role("status")).to_contain_text("需求已登记")
    expect(page.locator(".qrows")).to_contain_text("没有这样的数据")
