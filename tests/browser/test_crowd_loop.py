"""The whole loop: a crowd at a station, the alarm, the tasks, what people did, and the figure before and after."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.living import LiveCity, People, slot
from tests.browser.readings import CITY, crowd_at

pytestmark = pytest.mark.browser


def act(page: Page, name: str, text: str = "") -> None:
    """Press a button of a task, with words where they are asked for."""
    if text:
        page.locator("#text").fill(text)
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def open_task(people: People, person: str, title: str) -> Page:
    """Open a task from the inbox of a person, on a phone."""
    visit = people.open(person, "/tasks", width=390, height=844)
    assert_page_is_clean(visit)
    visit.page.get_by_role("link", name=re.compile(title)).click()
    visit.page.wait_for_load_state()
    return visit.page


def work_through(people: People, receiver: str, issuer: str, title: str, done: str) -> None:
    """Sign for a task, report back, and close it as the issuing side."""
    page = open_task(people, receiver, title)
    act(page, "签收")
    expect(page.locator("main")).to_contain_text("已签收")
    act(page, "反馈")
    expect(page.get_by_role("alert")).to_be_visible()  # a report without words is not taken
    act(page, "反馈", done)
    expect(page.locator(".tl")).to_contain_text(done)
    closing = people.open(issuer, page.url.removeprefix(people.city.address)).page
    act(closing, "办结")
    expect(closing.locator("main")).to_contain_text("已办结")


def test_a_crowd_is_met_by_both_departments_and_leaves_its_figures(live_city: LiveCity, people: People) -> None:
    crowd_at(live_city, "S201", 870, usual=150, back=1)
    board = people.open("zhou", CITY).page
    expect(board.locator("#w-metro-crowd-by-station tr", has_text="S201").locator(".st")).to_have_text("告警")
    expect(board.locator("#w-tasks li", has_text="S201")).to_have_count(2)
    scenario = people.open("lin", "/scenario/crowding").page
    expect(scenario.locator(".stp li[aria-current=step]")).to_have_count(2)

    work_through(people, "zhou", "zhou", "站点 S201 进站 870 人次，超过平常 150：限流疏导", "三个入口限流，加开两列")
    work_through(people, "shen", "zhou", "站点 S201 周边疏导", "引导二百人改乘接驳车")
    calm = {"slot_start": slot(), "station": "S201", "district": "990101", "entries": 160}
    live_city.settle(live_city.post("metro/flow", [calm]), "metro.crowd")
    work_through(people, "zhou", "zhou", "核对 站点 S201 已回落并办结", "已回落到平常")

    visit = people.open("lin", "/scenario/crowding")
    assert_page_is_clean(visit)
    run = visit.page.locator("tr", has=visit.page.get_by_role("link", name="站点 S201", exact=True))
    for text in ("已办结", "870", "160"):
        expect(run).to_contain_text(text)
    run.get_by_role("link").click()
    change = visit.page.locator(".chg tbody tr")
    for text in ("870", "160", "−710", "好转"):
        expect(change).to_contain_text(text)
    for text in ("三个入口限流，加开两列", "引导二百人改乘接驳车", "全部办结"):
        expect(visit.page.locator(".tl")).to_contain_text(text)
    expect(visit.page.locator(".off")).to_contain_text("0000-2001")
    assert people.open("zhou", CITY).page.locator("#w-tasks li", has_text="S201").count() == 0


def test_a_task_that_nobody_took_in_time_turns_red(live_city: LiveCity, people: People) -> None:
    crowd_at(live_city, "S202", 800)
    live_city.execute(
        "UPDATE task SET due_at = now() - interval '5 minutes' WHERE department = 'dept:metro' AND key = 'S202'"
    )
    board = people.open("zhou", CITY).page
    line = board.locator("#w-tasks li", has_text="S202 进站")
    expect(line.locator(".st")).to_have_text("已逾期")
    expect(line).to_contain_text("逾期 5 分钟")
    # The token comes from the page: the line itself may be replaced by a live update at any moment.
    red = board.locator("html").evaluate("page => getComputedStyle(page).getPropertyValue('--alarm')")
    expect(line.locator(".st")).to_have_css("color", rgb(red))
    inbox = people.open("zhou", "/tasks", width=390, height=844).page
    expect(inbox.get_by_role("link", name=re.compile("S202 进站"))).to_contain_text("逾期 5 分钟")
    scenarios = people.open("lin", "/scenario").page
    expect(scenarios.locator("tbody tr", has_text="大客流联动")).to_contain_text("已逾期")


def rgb(colour: str) -> str:
    """Write a colour of a style sheet as a browser computes it."""
    digits = colour.strip().lstrip("#")
    return f"rgb({', '.join(str(int(digits[at : at + 2], 16)) for at in (0, 2, 4))})"


def test_only_the_department_itself_signs_and_only_from_its_own_page(live_city: LiveCity, people: People) -> None:
    crowd_at(live_city, "S203", 800)
    page = people.open("zhou", "/tasks").page
    path = page.get_by_role("link", name=re.compile("S203 进站")).get_attribute("href") or ""
    token = {person: people.csrf(person) for person in ("zhou", "lin", "shen", "zheng")}
    assert people.send("zhou", f"{path}/act", act="sign") == 403  # no token
    assert people.send("zhou", f"{path}/act", act="sign", csrf=token["lin"]) == 403  # another session's token
    assert people.send("lin", f"{path}/act", act="sign", csrf=token["lin"]) == 403  # sees it, is not asked
    assert people.send("shen", f"{path}/act", act="sign", csrf=token["shen"]) == 404  # the district next door
    assert people.send("zheng", f"{path}/act", act="sign", csrf=token["zheng"]) == 404
    assert people.open("zhou", path).page.get_by_role("button", name="签收").count() == 1
    assert people.send("zhou", f"{path}/act", act="sign", csrf=token["zhou"]) == 303
    assert people.send("zhou", f"{path}/act", act="sign", csrf=token["zhou"]) == 409  # it is signed already


def test_a_leader_issues_a_task_from_a_figure_and_an_unfit_one_is_not_issued(
    live_city: LiveCity, people: People
) -> None:
    page = people.open("chen", "/indicator/metro.passed").page
    page.locator("#title").fill("核实一号口闸机")
    page.locator("#due_days").fill("0")
    page.get_by_role("button", name="下达任务").click()
    expect(page.get_by_role("alert")).to_contain_text("1 到 365")
    expect(page.locator("#title")).to_have_value("核实一号口闸机")
    assert "核实一号口闸机" not in people.open("zhou", CITY).page.locator("#w-tasks").inner_text()
    page.locator("#due_days").fill("3")
    page.get_by_role("button", name="下达任务").click()
    page.wait_for_url("**/tasks/*")
    expect(people.open("zhou", CITY).page.locator("#w-tasks li", has_text="核实一号口闸机")).to_contain_text("测试地铁")
    assert "核实一号口闸机" not in people.open("he", CITY).page.locator("#w-tasks").inner_text()
