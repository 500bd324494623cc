"""Charts say what their tables say; pages work without script; a live page never pretends."""

import gzip
from importlib import resources

import pytest
from playwright.sync_api import expect

from citybrain.web.pages import render
from tests.browser.conftest import Open
from tests.browser.gallery import Gallery, pages

pytestmark = pytest.mark.browser

FIRST_LOAD_BYTES = 300_000


def test_a_chart_draws_exactly_the_cells_of_its_table(visit: Open) -> None:
    page = visit("/indicator").page
    for chart in page.locator("cb-chart").all():
        drawn = chart.evaluate(
            """c => c.engine.getOption().series.filter(s => s.name).map(s => [s.name,
                s.data.map(d => d === null ? null : typeof d === 'object' ? d.value : d)])"""
        )
        cells = chart.evaluate(
            """c => {
                const rows = [...c.querySelectorAll('tbody tr')];
                const value = cell => cell.dataset.value === undefined ? null : Number(cell.dataset.value);
                return [...c.querySelectorAll('th[data-role]')].map((th, i) =>
                    [th.textContent, rows.map(tr => value(tr.querySelectorAll('td')[i])), th.dataset.role]);
            }"""
        )
        lines = [[name, values] for name, values, role in cells if role not in ("low", "high")]
        assert drawn == lines
        assert len(lines) > 0


def test_chart_and_table_change_places_and_the_hidden_one_takes_no_focus(visit: Open) -> None:
    page = visit("/indicator").page
    section = page.locator("#w-metro-day")
    table = section.locator(".chart-table")
    expect(table).not_to_be_visible()
    section.get_by_role("button", name="数据表").click()
    expect(table).to_be_visible()
    expect(table.locator("tbody tr").first).to_contain_text("05:30")
    expect(section.get_by_role("button", name="数据表")).to_have_attribute("aria-pressed", "true")


def test_without_script_the_table_is_shown_and_the_forms_can_be_sent(visit: Open) -> None:
    page = visit("/indicator", script=False).page
    expect(page.locator("#w-metro-day .chart-table")).to_be_visible()
    expect(page.locator("form.form button[type=submit]")).to_be_visible()
    task = visit("/task", script=False).page
    task.get_by_label("反馈或说明").fill("已加开两列")
    task.get_by_role("button", name="反馈").click()
    assert task.url.endswith("/task")
    law = visit("/law", script=False).page
    law.get_by_role("link", name="不成立 2").click()
    assert law.url.endswith("status=alarm")
    assert law.locator(".du li").count() == 2


def test_the_law_page_filters_235_duties_in_place_and_counts_them_all(visit: Open) -> None:
    page = visit("/law").page
    assert page.locator(".du li").count() == 235
    figures = page.eval_on_selector_all(".sum .num", "all => all.map(e => Number(e.dataset.value))")
    assert sum(figures) == 235
    page.get_by_role("link", name="不成立 2").click()
    assert page.locator(".du li:visible").count() == 2
    assert page.url.endswith("status=alarm")
    page.get_by_role("link", name="全部条文").click()
    assert page.locator("article:visible").count() == 26


def test_a_live_figure_changes_in_place_and_a_new_alarm_is_announced(visit: Open, gallery: Gallery) -> None:
    gallery.silent = False
    page = visit("/cockpit").page
    figure = page.locator("#w-metro .fig")
    page.locator("#w-metro a").first.focus()
    expect(figure).not_to_have_text("955,023", timeout=5_000)
    assert page.evaluate("document.activeElement.closest('#w-metro') !== null")
    expect(page.locator("#w-open .st")).to_have_text("告警", timeout=5_000)
    expect(page.locator("#announcer")).to_contain_text("新告警：12345 在办")
    expect(page.locator("#feed")).to_contain_text("已发布至 18:")


def test_a_lost_stream_says_so_and_a_found_one_takes_it_back(visit: Open, gallery: Gallery) -> None:
    gallery.silent = False
    page = visit("/cockpit").page
    expect(page.locator("#feed")).to_have_text("已发布至 18:32", timeout=5_000)
    gallery.silent = True
    try:
        expect(page.locator("#feed")).to_contain_text("连接中断，数据停在 18:", timeout=12_000)
        assert page.evaluate("document.documentElement.dataset.feed") == "lost"
    finally:
        gallery.silent = False
    expect(page.locator("#feed")).to_contain_text("已发布至 18:", timeout=20_000)
    assert page.evaluate("document.documentElement.dataset.feed") is None


def test_tabs_of_one_browser_share_one_stream(visit: Open, gallery: Gallery) -> None:
    gallery.silent = False
    first = visit("/cockpit").page
    expect(first.locator("#w-metro .fig")).not_to_have_text("955,023", timeout=5_000)
    before = gallery.streams
    others = [first.context.new_page() for _ in range(7)]
    for other in others:
        other.goto(gallery.address + "/cockpit")
        expect(other.locator("#w-metro .fig")).not_to_have_text("955,023", timeout=5_000)
    assert gallery.streams == before


def test_the_first_load_of_a_cockpit_is_small() -> None:
    static = resources.files("citybrain.web") / "static"
    template, make = pages()["/cockpit"]
    page = len(gzip.compress(render(template, make("zh", {}), language="zh").encode()))
    files = sum(
        len(file.read_bytes()) for file in (static / "assets").iterdir() if file.name.endswith((".js.gz", ".css.gz"))
    )
    assert page + files < FIRST_LOAD_BYTES
