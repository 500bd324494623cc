"""From the bytes a department sends to the text an official reads: every kind of widget, each with a faulty twin."""

import re
import urllib.request
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from citybrain.kernel.ids import new_id
from tests.browser.living import LiveCity, People, slot
from tests.browser.readings import CITY, crowd_at, figure, figure_now, mapped, ranked, table_of

pytestmark = pytest.mark.browser
HOUR = timedelta(hours=1)


def a_gate() -> str:
    return f"G{new_id().hex[-8:]}"


def a_lot(district: str, occupied: int, capacity: int = 500) -> dict[str, object]:
    return {
        "observed_at": slot(), "lot": f"P{new_id().hex[-8:]}", "district": district, "capacity": capacity,
        "occupied": occupied, "contact": "13800000000",
    }  # fmt: skip


def test_a_number_grows_by_what_was_posted(live_city: LiveCity, people: People) -> None:
    before = figure_now(people, "chen", "metro-passed")
    receipt = live_city.post("metro/counts", [{"passed_at": slot(), "gate": a_gate(), "entries": 1_234}])
    live_city.settle(receipt, "metro.passed")
    page = people.open("chen", CITY).page
    assert figure(page, "metro-passed") == before + 1_234
    expect(page.locator("#w-metro-passed .fig")).to_have_text(f"{before + 1_234:,.0f}")
    expect(page.locator("#w-metro-passed small")).to_have_text("人次")
    expect(page.locator("#w-metro-passed .pv")).to_have_text("模拟")


def test_bad_rows_leave_the_number_alone_and_stand_on_the_quality_and_quarantine_pages(
    live_city: LiveCity, people: People
) -> None:
    before, gate = figure_now(people, "chen", "metro-passed"), a_gate()
    rows = [
        {"passed_at": slot(), "gate": gate, "entries": -5},
        {"passed_at": slot(), "gate": gate, "entries": "many"},
        {"passed_at": slot(), "gate": gate, "entries": None},
    ]
    receipt = live_city.post("metro/counts", rows)
    assert (receipt["received"], receipt["accepted"], receipt["set_aside"]) == (3, 0, 3)
    live_city.settle(
        live_city.post("metro/counts", [{"passed_at": slot(), "gate": gate, "entries": 0}]), "metro.passed"
    )
    assert figure_now(people, "chen", "metro-passed") == before
    quality = people.open("zhou", "/indicator/metro.passed").page.locator(".q4")
    expect(quality).to_contain_text("进站人次应在 0 到 50000 之间")
    listed = people.open("zhou", f"/console/batches/{receipt['batch']}").page
    expect(listed.locator("tbody", has_text="many")).to_contain_text("有效性")
    waiting = people.open("zhou", "/console/quarantine?contract=contract:metro/counts").page
    expect(waiting.locator(".qrow", has_text="-5").first).to_contain_text("进站人次应在 0 到 50000 之间")


def test_a_trend_and_its_table_say_the_highest_of_the_hour(live_city: LiveCity, people: People) -> None:
    hour, station = slot(0, HOUR), new_id().hex[-6:]
    good = [{"hour": hour, "station": f"{station}{number}", "pm25": value} for number, value in enumerate((20.0, 88.5))]
    receipt = live_city.post("data-bureau/air", good)
    live_city.settle(receipt, "air.pm25")
    page = people.open("chen", CITY).page
    label = f"{hour.astimezone(live_city.city.now().zone):%H:%M}"
    expect(page.locator("#w-air-pm25-trend [role=img]")).to_have_attribute("aria-label", re.compile(f"{label} 为 88.5"))
    assert table_of(page, "air-pm25-trend")[label] == "88.5"
    faulty = live_city.post("data-bureau/air", [{"hour": hour, "station": f"{station}x", "pm25": 99_999}])
    assert faulty["set_aside"] == 1
    good_again = live_city.post("data-bureau/air", [{"hour": hour, "station": f"{station}y", "pm25": 30.0}])
    live_city.settle(good_again, "air.pm25")
    assert table_of(people.open("chen", CITY).page, "air-pm25-trend")[label] == "88.5"


def test_ranking_and_map_show_each_district_what_its_car_parks_sent(live_city: LiveCity, people: People) -> None:
    live_city.caught_up()
    page = people.open("chen", CITY).page
    before_rank, before_map = ranked(page, "parking-occupied-by-district"), mapped(page, "parking-occupied-map")
    receipt = live_city.post("parking/lots", [a_lot("990101", 30), a_lot("990102", 450), a_lot("990102", 50)])
    live_city.settle(receipt, "parking.occupied")
    page = people.open("chen", CITY).page
    rank, areas = ranked(page, "parking-occupied-by-district"), mapped(page, "parking-occupied-map")
    for name, more in (("东区", 30), ("西区", 500)):
        assert rank[name] == before_rank.get(name, 0) + more
        assert areas[name] == before_map.get(name, 0) + more
    assert list(rank.values()) == sorted(rank.values(), reverse=True)
    expect(page.locator("#w-parking-occupied-map h2")).to_have_text("已占泊位，按区县")


def test_a_car_park_fuller_than_full_changes_neither_ranking_nor_map(live_city: LiveCity, people: People) -> None:
    live_city.settle(live_city.post("parking/lots", [a_lot("990101", 10), a_lot("990102", 20)]), "parking.occupied")
    page = people.open("chen", CITY).page
    before = (ranked(page, "parking-occupied-by-district"), mapped(page, "parking-occupied-map"))
    wrong = [a_lot("990101", 600, capacity=500), a_lot("330106", 50), a_lot("990102", -1)]
    receipt = live_city.post("parking/lots", wrong)
    assert receipt["set_aside"] == 3
    live_city.settle(live_city.post("parking/lots", [a_lot("990102", 0)]), "parking.occupied")
    page = people.open("chen", CITY).page
    assert (ranked(page, "parking-occupied-by-district"), mapped(page, "parking-occupied-map")) == before
    reasons = people.open("zheng", f"/console/batches/{receipt['batch']}").page.locator("main")
    expect(reasons).to_contain_text("已占不应大于泊位")
    expect(reasons).to_contain_text("600")


def test_a_crowd_becomes_a_line_of_the_task_list_and_a_broken_reading_becomes_none(
    live_city: LiveCity, people: People
) -> None:
    broken = {"slot_start": slot(), "station": "S102", "district": "990101", "entries": 999_999}
    assert live_city.post("metro/flow", [broken])["set_aside"] == 1
    crowd_at(live_city, "S101", 900)
    page = people.open("zhou", CITY).page
    line = page.locator("#w-tasks li", has_text="站点 S101 进站 900 人次，超过平常 100：限流疏导")
    expect(line).to_contain_text("测试地铁")
    expect(line.locator(".st")).to_have_class(re.compile("alarm"))
    assert page.locator("#w-tasks li", has_text="S102").count() == 0


def test_late_data_keeps_its_figure_and_says_how_late_it_is(live_city: LiveCity, people: People) -> None:
    three_hours_ago = slot(12)
    receipt = live_city.post("data-bureau/water", [{"measured_at": three_hours_ago, "gauge": "W1", "level_cm": 311}])
    live_city.settle(receipt, "water.level")
    late = {"zh": (r"延迟 1\d\d 分钟，约定 10 分钟", "数据延迟"), "en": (r"1\d\d min late, promised within 10", "Late")}
    for language, (sentence, word) in late.items():
        tile = people.open("chen", f"{CITY}?lang={language}").page.locator("#w-water-level")
        expect(tile).to_have_attribute("data-state", "stale")
        expect(tile.locator(".fig")).to_have_text("311")
        expect(tile.locator(".tile-lead")).to_have_text(re.compile(sentence))
        expect(tile.locator(".st")).to_have_text(word)
    fresh = live_city.post("data-bureau/water", [{"measured_at": slot(), "gauge": "W1", "level_cm": 298}])
    live_city.settle(fresh, "water.level")
    tile = people.open("chen", f"{CITY}?lang=zh").page.locator("#w-water-level")
    expect(tile).to_have_attribute("data-state", "ok")
    expect(tile.locator(".fig")).to_have_text("298")


def test_what_a_post_may_not_see_is_absent_from_page_api_and_stream(live_city: LiveCity, people: People) -> None:
    case = {"reported_at": slot(), "case_number": new_id().hex, "phone": "13900001111"}
    live_city.settle(live_city.post("health/cases", [case]), "health.cases")
    for person, sees in (("he", True), ("chen", False), ("lin", False)):
        visit = people.open(person, CITY)
        assert (visit.page.locator("#w-health-cases").count() == 1) is sees
        assert ("报告病例" in visit.page.content()) is sees
        assert ("1 项未授权，不显示" in visit.page.content()) is not sees
        cookies = "; ".join(f"{item['name']}={item['value']}" for item in people.context(person).cookies())
        for path in ("/api/v1/indicators/health.cases", "/indicator/health.cases"):
            assert live_city.ask(path, headers={"cookie": cookies}).status == (200 if sees else 404)
        streamed = first_events(live_city, "/stream/cockpit.city", cookies)
        assert ("w-health-cases" in streamed) is sees
        assert "w-metro-passed" in streamed


def first_events(city: LiveCity, path: str, cookies: str) -> str:
    """Read a stream until it has said everything once."""
    request = urllib.request.Request(city.address + path, headers={"cookie": cookies})
    lines: list[str] = []
    with urllib.request.urlopen(request, timeout=10) as answer:
        while not lines or not lines[-1].startswith("event: state"):
            lines.append(answer.readline().decode())
    return "".join(lines)


def test_a_stranger_is_led_to_the_door(live_city: LiveCity, people: People) -> None:
    visit = people.open("", CITY)
    assert visit.page.url.startswith(f"{live_city.address}/login")
    for path in ("/api/v1/indicators/metro.passed", "/stream/cockpit.city"):
        assert live_city.ask(path, headers={"accept": "application/json"}).status == 401
