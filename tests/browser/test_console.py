"""The data console: what came, what was set aside and why; providers mend their own rows and nobody else's."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from citybrain.kernel.ids import new_id
from tests.browser.living import LiveCity, People, slot
from tests.browser.readings import CITY, figure_now

pytestmark = pytest.mark.browser
LOTS = "/console/quarantine?contract=contract:parking/lots"
PHONE = "13812345678"


def lot_named(name: str, occupied: object, capacity: int = 100) -> dict[str, object]:
    return {
        "observed_at": slot(), "lot": name, "district": "990101", "capacity": capacity, "occupied": occupied,
        "contact": PHONE,
    }  # fmt: skip


def a_name() -> str:
    return f"Q{new_id().hex[-8:]}"


def row_of(page: Page, name: str) -> Locator:
    """Find the row set aside that is about one car park, and open it."""
    row = page.locator(".qrows > li", has=page.locator(f"input[value='{name}'], dd:text-is('{name}')"))
    details = row.locator("details")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    return row


def test_a_mended_row_is_judged_again_and_brings_the_figure_up(live_city: LiveCity, people: People) -> None:
    name = a_name()
    live_city.post("parking/lots", [lot_named(name, 120)])
    before = figure_now(people, "zheng", "parking-occupied")
    page = people.open("zheng", LOTS).page
    row = row_of(page, name)
    expect(row).to_contain_text("已占不应大于泊位")
    row.locator("[name='field.occupied']").fill("130")
    row.get_by_role("button", name="更正并重新提交").click()
    again = row_of(page, name)
    expect(again.get_by_role("alert")).to_contain_text("occupied 仍不合规：已占不应大于泊位")
    expect(again.locator("[name='field.occupied']")).to_have_value("130")  # what was typed is kept
    expect(again.locator("[name='field.occupied']")).to_have_attribute("aria-invalid", "true")
    assert page.locator(f"input[value='{name}']").count() == 1  # the failed attempt is no second row
    again.locator("[name='field.occupied']").fill("90")
    again.get_by_role("button", name="更正并重新提交").click()
    expect(page.get_by_role("status")).to_contain_text("第 1 行已更正，重新提交并采纳")
    assert page.locator(f"input[value='{name}']").count() == 0
    board = people.open("zheng", CITY).page
    expect(board.locator("#w-parking-occupied .num")).to_have_attribute("data-value", f"{before + 90:.1f}")
    done = people.open("zheng", f"{LOTS}&state=repaired").page
    expect(row_of(done, name)).to_contain_text("已更正")


def test_a_row_that_stays_out_is_confirmed_once_and_changes_no_figure(live_city: LiveCity, people: People) -> None:
    name = a_name()
    receipt = live_city.post("parking/lots", [lot_named(name, "unknown")])
    before = figure_now(people, "zheng", "parking-occupied")
    page = people.open("zheng", LOTS).page
    row_of(page, name).get_by_role("button", name="确认这一行不采纳").click()
    expect(page.get_by_role("status")).to_contain_text("第 1 行已确认不采纳")
    token = people.csrf("zheng")
    path = f"/console/quarantine/{receipt['batch']}/1"
    assert people.send("zheng", f"{path}/confirm", csrf=token) == 409
    assert people.send("zheng", f"{path}/repair", csrf=token, **{"field.occupied": "5"}) == 409
    assert figure_now(people, "zheng", "parking-occupied") == before


def test_nobody_but_the_provider_and_the_hub_sees_or_mends_a_row(live_city: LiveCity, people: People) -> None:
    name = a_name()
    receipt = live_city.post("parking/lots", [lot_named(name, 300)])
    path = f"/console/quarantine/{receipt['batch']}/1"
    form = {"field.occupied": "60"}
    for person, pages, sent in (("zhou", 404, 404), ("chen", 403, 403)):
        for page in (f"/console/batches/{receipt['batch']}", LOTS, "/console/contracts/parking/lots"):
            assert people.context(person).request.get(live_city.address + page).status == pages
        assert people.send(person, f"{path}/repair", csrf=people.csrf(person), **form) == sent
        assert people.send(person, f"{path}/confirm", csrf=people.csrf(person)) == sent
    assert "停车场状态" not in people.open("zhou", "/console/contracts").page.content()
    assert "停车场状态" not in people.open("zhou", "/console/batches").page.content()
    assert people.context("zhou").request.get(f"{live_city.address}/console/plan").status == 403
    assert people.send("zheng", f"{path}/repair", **form) == 403  # its own provider, without the page's token
    assert people.send("zheng", f"{path}/repair", csrf=people.csrf("zheng"), **form) == 303


def test_a_sensitive_value_is_plain_only_for_its_provider(live_city: LiveCity, people: People) -> None:
    name = a_name()
    receipt = live_city.post("parking/lots", [lot_named(name, 400)])
    own = people.open("zheng", LOTS).page
    expect(row_of(own, name).locator("[name='field.contact']")).to_have_value(PHONE)
    for path in (LOTS, f"/console/batches/{receipt['batch']}", "/console/contracts/parking/lots"):
        assert PHONE not in people.open("lin", path).page.content()
    hub = people.open("lin", LOTS).page
    row = row_of(hub, name)
    expect(row).to_contain_text("•••")
    assert row.locator("[name='field.contact']").count() == 0
    row.locator("[name='field.occupied']").fill("40")
    row.get_by_role("button", name="更正并重新提交").click()
    expect(hub.get_by_role("status")).to_contain_text("重新提交并采纳")
    assert "•••" not in stored_contacts(live_city)  # the mask is never written over the value


def stored_contacts(city: LiveCity) -> str:
    with city.database.reading() as connection:
        return str(connection.execute("SELECT string_agg(raw, ' ') FROM quarantine_row").fetchone())


def test_sums_hold_on_every_page_of_the_exchange(live_city: LiveCity, people: People) -> None:
    rows = [lot_named(a_name(), 10), lot_named(a_name(), 20), lot_named(a_name(), 900)]
    receipt = live_city.post("parking/lots", rows, key=a_name())
    batch = people.open("zheng", f"/console/batches/{receipt['batch']}").page
    assert figures(batch) == [3, 2, 1]
    expect(batch.locator(".verdict")).to_have_text("相符")
    expect(batch.locator("main")).to_contain_text(receipt["evidence"]["sha256"])
    expect(batch.locator("main")).to_contain_text("key:Q")
    with live_city.database.reading() as connection:  # the sealer comes by twice a second
        sealed = "SELECT sequence FROM evidence_entry WHERE id = %s"
        for _ in range(60):
            if connection.execute(sealed, [receipt["evidence"]["entry"]]).fetchone()[0]:
                break
            batch.wait_for_timeout(50)
    batch.reload()
    expect(batch.locator("main")).to_contain_text("已封存")
    monitor = people.open("lin", "/console/batches").page
    received, accepted, set_aside = figures(monitor)
    assert received == accepted + set_aside
    expect(monitor.get_by_role("link", name=receipt["batch"][:13])).to_be_visible()
    faulty = people.open("zheng", "/console/batches?faulty=1").page
    expect(faulty.get_by_role("link", name=receipt["batch"][:13])).to_be_visible()
    contract = people.open("zheng", "/console/contracts/parking/lots").page
    expect(contract.locator("tr", has_text="occupied").first).to_contain_text("已占不应大于泊位")
    expect(contract.locator("main")).to_contain_text("卫生健康局")
    expect(contract.locator(".eq")).to_have_text(re.compile(r"接收 [\d,]+ 行\s+= 采纳 [\d,]+\s+\+ 退回 [\d,]+"))


def figures(page: Page) -> list[int]:
    return [int(item.get_attribute("data-value") or 0) for item in page.locator(".bigsum .num").all()]


def test_the_history_of_declarations_names_the_revision_in_force(people: People) -> None:
    page = people.open("lin", "/console/plan").page
    newest = page.locator(".rev").first
    expect(newest).to_contain_text("修订 1")
    expect(newest).to_contain_text("现行")
    expect(newest).to_contain_text(re.compile(r"首次声明 \d+ 项"))
