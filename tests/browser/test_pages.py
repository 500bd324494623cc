"""Every page is clean on wall, desk and phone, in both languages."""

import pytest
from playwright.sync_api import Page

from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

WORK_PAGES = (
    "/indicator",
    "/indicator?wrong=1",
    "/tasks",
    "/tasks?tab=done",
    "/task",
    "/scenarios",
    "/scenario",
    "/law",
    "/law?status=alarm",
    "/login",
    "/portal/my-data",
    "/portal/my-rows",
    "/portal/explained",
    "/console/destructions",
    "/console/destruction",
    "/console/emergencies",
    "/console/emergency",
    "/problem",
    "/console/dissents",
    "/console/dissent",
    "/console/quality",
    "/console/quality_resource",
    "/console/contracts",
    "/console/contract",
    "/console/batches",
    "/console/batch",
    "/console/quarantine",
    "/console/classification",
    "/console/plan",
    "/console/catalog",
    "/console/catalog?q=none",
    "/console/catalog?list=duties",
    "/console/catalog?list=demands",
    "/console/catalog?list=kept",
    "/console/catalog?list=proposals",
    "/console/catalog?list=waivers",
    "/console/entry",
    "/console/exports",
    "/console/export",
    "/console/effect",
    "/console/subscriptions",
    "/console/subscription",
    "/console/statements",
    "/console/usage",
    "/console/grants",
    "/console/services",
    "/console/lineage_graph",
)
SIZES = {"desk": (1440, 900), "phone": (390, 844)}


def with_language(path: str, language: str) -> str:
    """Add the language to an address."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.parametrize("path", WORK_PAGES)
def test_a_page_is_clean_in_both_languages_on_desk_and_phone(visit: Open, path: str) -> None:
    for language, size in (("zh", "desk"), ("en", "phone"), ("en", "desk"), ("zh", "phone")):
        width, height = SIZES[size]
        assert_page_is_clean(visit(with_language(path, language), width=width, height=height))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("theme", "width", "height"),
    [("wall", 1920, 1080), ("wall", 3840, 1080), ("desk", 1440, 900), ("desk", 1024, 768), ("desk", 390, 844)],
)
def test_the_cockpit_is_clean_on_every_screen(visit: Open, theme: str, width: int, height: int, language: str) -> None:
    assert_page_is_clean(visit(f"/cockpit?theme={theme}&lang={language}", width=width, height=height))


@pytest.mark.parametrize(("theme", "width"), [("wall", 1920), ("desk", 1440), ("desk", 390)])
def test_a_cockpit_without_data_says_so_instead_of_drawing_nothing(visit: Open, theme: str, width: int) -> None:
    opened = visit(f"/cockpit?silent=1&theme={theme}", width=width, height=1080)
    assert_page_is_clean(opened)
    assert opened.page.locator("cb-chart, .rank").count() == 0
    assert opened.page.get_by_text("这段时间没有数据").count() == 2


@pytest.mark.parametrize("tiles", [1, 5, 7])
def test_the_last_tile_never_stands_alone(visit: Open, tiles: int) -> None:
    page = visit(f"/cockpit?tiles={tiles}").page
    boxes = [box.bounding_box() for box in page.locator(".tiles > .cell").all()]
    right = max(box["x"] + box["width"] for box in boxes if box)
    rows: dict[float, float] = {}
    for box in boxes:
        assert box
        rows[box["y"]] = max(rows.get(box["y"], 0), box["x"] + box["width"])
    assert all(abs(edge - right) < 1 for edge in rows.values())
    last_row = [box for box in boxes if box and box["y"] == max(rows)]
    assert tiles == 1 or len(last_row) > 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wall_fills_its_screen_and_cuts_no_heading(visit: Open, language: str) -> None:
    page = visit(f"/cockpit?theme=wall&lang={language}", width=1920, height=1080).page
    assert page.evaluate("document.documentElement.scrollHeight") == 1080
    foot = page.locator(".wall-foot").bounding_box()
    assert foot
    assert abs(foot["y"] + foot["height"] - 1080) < 2
    assert cut(page, ".hd h2, .tile-name, .num, .wall-head h1, .tk b") == []


@pytest.mark.parametrize(("theme", "width"), [("wall", 1920), ("desk", 1440), ("desk", 390)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_labels_of_a_map_touch(visit: Open, theme: str, width: int, language: str) -> None:
    page = visit(f"/cockpit?theme={theme}&lang={language}", width=width, height=1080).page
    touching = page.evaluate(
        """() => [...document.querySelectorAll('.map-svg')].flatMap(svg => {
            const box = t => [t.parentNode, t.textContent, t.getBoundingClientRect()];
            const texts = [...svg.querySelectorAll('text')].map(box);
            return texts.flatMap(([g, a, p], i) => texts.slice(i + 1).filter(([h, , q]) => g !== h
                && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 5 && q.top < p.bottom - 5)
                .map(([, b]) => a + ' / ' + b));
        })"""
    )
    assert touching == []


def cut(page: Page, selector: str) -> list[str]:
    """List texts that do not fit where they stand."""
    return page.eval_on_selector_all(
        selector, "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"
    )


def test_a_figure_keeps_its_unit_on_its_line(visit: Open) -> None:
    page = visit("/cockpit", width=390, height=844).page
    heights = page.eval_on_selector_all(".tile .num", "all => all.map(e => e.getClientRects().length)")
    assert heights == [1] * 8


def test_every_state_has_its_word(visit: Open) -> None:
    page = visit("/cockpit?theme=wall", width=1920, height=1080).page
    words = page.eval_on_selector_all(".st", "all => all.map(e => e.textContent.trim())")
    assert words
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in word) for word in words)
