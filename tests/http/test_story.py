"""The whole story of one resource: found, applied for, granted with one field less, used, disputed, corrected, scored.

Department B (诊疗) finds what department A (人口办) answers for; everything goes through public doors.
"""

import json
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.governance import scorecard
from citybrain.kernel.clock import city_day
from tests.http.test_rows import NOW, VISITS, door, shared, visit
from tests.http.test_sharing_api import people
from tests.http.test_sharing_pages import people as pages

__all__ = ["door", "pages", "people", "shared"]


@pytest.fixture
def wish() -> dict[str, Any]:
    return {
        "contract": VISITS, "purpose": "emergency", "reason": "防汛转移安置，按到访人员通知",
        "fields": ["visit", "phone", "days"], "basis": {"law": "nanjing-2025/13"}, "rows": "district == '330106'",
        "until": f"{NOW.year + 1}-{NOW.month:02d}-01",
    }  # fmt: skip


def total_score(shared: Instance) -> float:
    """Read A's score of today as the board shows it."""
    today = city_day(shared.clock.now(), shared.city_now().zone)
    with shared.database.reading() as connection:
        scores = scorecard.reckon(connection, shared.city_now(), today, today, shared.clock.now())
    return next(item.share or 0.0 for item in scores if item.subject == VISITS and item.dimension == "total")


def test_from_finding_to_correcting(
    shared: Instance, client: TestClient, door, people, pages, wish: dict[str, Any]
) -> None:
    door.give(visit(1), visit(2))
    found = people("he", "GET", "/api/v1/catalog?q=daofang")[1]  # 到访, by its pinyin
    assert VISITS in [entry["ref"] for entry in found["entries"]]
    number = people("he", "POST", "/api/v1/requests", wish)[1]["number"]
    people("lin", "POST", f"/api/v1/requests/{number}/pass", {})
    granted = people("wang", "POST", f"/api/v1/requests/{number}/grant", {"fields": ["visit", "days"]})[1]
    assert granted["state"] == "granted"
    _, rows, told = door.ask(purpose="emergency")
    assert rows == [{"visit": "V1", "days": 1}, {"visit": "V2", "days": 2}]
    after = told["x-citybrain-after"]

    order = {"contract": VISITS, "purpose": "emergency", "way": "pull", "start": "now"}
    subscribed = client.post("/api/v1/subscriptions", content=json.dumps(order), headers=door.other)
    assert subscribed.status_code == 201, subscribed.text
    line = f"/api/v1/subscriptions/{subscribed.json()['subscription']}/rows"

    before = total_score(shared)
    body = {"contract": VISITS, "keys": {"visit": "V1"}, "field": "days", "seen": "1", "claimed": "5",
            "grounds": "门诊记录"}  # fmt: skip
    raised = client.post("/api/v1/dissents", content=json.dumps(body), headers=door.other)
    assert raised.status_code == 201, raised.text
    dissent = raised.json()["number"]
    marked = door.ask(purpose="emergency")[1]
    assert [row.get("_in_dispute") for row in marked] == [["days"], None]
    form = {"verdict": "upheld", "field.days": "5", "words": "登记有误"}
    assert pages.send("wang", f"/console/dissents/{dissent}/answer", form)[0] == 303
    status, fresh, _ = door.ask(purpose="emergency", after=after)
    assert (status, [(row["visit"], row["days"]) for row in fresh]) == (200, [("V1", 5)])
    events = client.get(line, headers=door.other).json()
    assert [event["data"]["days"] for event in events] == [5]
    assert sorted(row["days"] for row in door.ask(purpose="emergency")[1]) == [2, 5]
    assert total_score(shared) < before
