"""Every page of a city that lives is clean in both languages, on wall, desk and phone, and says what was posted."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from citybrain.kernel.ids import new_id
from tests.browser.cleanliness import assert_page_is_clean
from tests.browser.living import LiveCity, People, slot
from tests.browser.readings import CITY, crowd_at

pytestmark = pytest.mark.browser
DESK, PHONE, WALL = (1440, 900), (390, 844), (1920, 1080)


@pytest.fixture(scope="module")
def lived(live_city: LiveCity) -> dict[str, str]:
    """Give every page something to say: good rows, bad rows, late rows, a crowd with its tasks."""
    lot = {"observed_at": slot(), "district": "990101", "capacity": 80, "contact": "13700000000"}
    lots = [{**lot, "lot": new_id().hex[-8:], "occupied": taken} for taken in (12, 75, 95, "full")]
    receipt = live_city.post("parking/lots", lots)
    live_city.post("metro/counts", b'{"passed_at": "now"}\nnot a record\n' + b'{"gate": 1}\n')
    live_city.post("data-bureau/air", [{"hour": slot(back), "station": "A7", "pm25": 33 + back} for back in (0, 4, 8)])
    live_city.post("health/cases", [{"reported_at": slot(), "case_number": new_id().hex, "phone": "13900001111"}])
    task = crowd_at(live_city, "S301", 990)
    live_city.settle(receipt, "parking.occupied")
    return {"batch": receipt["batch"], "task": str(task)}


@pytest.fixture(scope="module")
def crowd(live_city: LiveCity, browser: Browser) -> Iterator[People]:
    """Sign persons in once for all pages of this file."""
    with ExitStack() as closing:
        yield People(live_city, browser, closing)


BOARDS = [
    ("zh", "desk", DESK), ("en", "desk", DESK), ("zh", "wall", WALL), ("en", "wall", WALL), ("zh", "desk", PHONE),
    ("en", "desk", PHONE),
]  # fmt: skip
EXPECTED = {
    "zh": ("过闸人次", "已占泊位，按区县", "东区", "站点 S301 进站 990 人次"),
    "en": ("Gate passages", "Occupied spaces by district", "East", "not shown"),
}


@pytest.mark.parametrize(("language", "theme", "size"), BOARDS)
def test_the_cockpit_is_clean_and_says_what_came(
    crowd: People, lived: dict[str, str], language: str, theme: str, size: tuple[int, int]
) -> None:
    visit = crowd.open("chen", f"{CITY}?lang={language}&theme={theme}", width=size[0], height=size[1])
    text = visit.page.locator("body").inner_text()
    assert [word for word in EXPECTED[language] if word not in text] == []
    assert_page_is_clean(visit)


PAGES = [
    ("shen", "/cockpit/district-990101", "东区数字驾驶舱", "East cockpit"),
    ("zhou", "/indicator/metro.crowd", "这个数字从哪里来", "Where this number comes from"),
    ("chen", "/indicator/parking.occupied", "已占泊位", "Occupied spaces"),
    ("zhou", "/tasks", "站点 S301 进站 990 人次", "S301"),
    ("zhou", "/tasks?tab=done", "已办", "Done"),
    ("zhou", "/tasks/{task}", "签收", "Sign"),
    ("lin", "/scenario", "大客流联动", "Crowd control"),
    ("lin", "/scenario/crowding", "站点 S301", "S301"),
    ("lin", "/console/contracts", "停车场状态", "Car parks"),
    ("zheng", "/console/contracts/parking/lots", "已占不应大于泊位", "occupied must not exceed capacity"),
    ("lin", "/console/batches", "停车场状态", "Car parks"),
    ("zheng", "/console/batches/{batch}", "80 / 95", "80 / 95"),
    ("zheng", "/console/quarantine?state=all", "更正", "Correct"),
    ("zhou", "/console/quarantine?state=all", "not a record", "not a record"),
    ("lin", "/console/quarantine?contract=contract:parking/lots", "•••", "•••"),
    ("lin", "/console/plan", "首次声明", "declared for the first time"),
    ("lin", "/law", "第十五条", "Art. 15"),
    ("", "/login", "选择身份", "Choose"),
]


@pytest.mark.parametrize(("person", "path", "chinese", "english"), PAGES, ids=[who + path for who, path, *_ in PAGES])
def test_a_page_is_clean_and_says_what_came(
    crowd: People, lived: dict[str, str], person: str, path: str, chinese: str, english: str
) -> None:
    for language, word, size in (("zh", chinese, DESK), ("en", english, PHONE)):
        address = path.format(**lived)
        address += f"{'&' if '?' in address else '?'}lang={language}"
        visit = crowd.open(person, address, width=size[0], height=size[1])
        for details in visit.page.locator(".qrows details:not([open]) > summary").all()[:1]:
            details.click()
        assert word in visit.page.locator("body").inner_text()
        assert_page_is_clean(visit)
        visit.page.close()


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [("chen", "/indicator/health.cases", 404), ("chen", "/console/contracts", 403), ("chen", "/nowhere", 404)],
)
def test_a_refusal_is_a_page_that_says_what_to_do(
    crowd: People, lived: dict[str, str], person: str, path: str, status: int
) -> None:
    for language, size in (("zh", DESK), ("en", PHONE)):
        visit = crowd.open(person, f"{path}?lang={language}", width=size[0], height=size[1])
        expected = f"the server responded with a status of {status}"
        visit.errors[:] = [text for text in visit.errors if expected not in text]
        assert visit.page.locator(".why dd").count() >= 1
        assert_page_is_clean(visit)
        visit.page.close()
