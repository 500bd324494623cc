"""An emergency from its declaration to its review: on the pages and over HTTP, as each body sees it."""

from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.governance.emergencies import watch_emergencies
from citybrain.kernel.clock import SetClock
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.test_rows import NOW, door, shared, visit
from tests.http.test_sharing_pages import people

__all__ = ["door", "people", "shared"]
HERE = "/console/emergencies"
API = "/api/v1/emergencies"
WISH = {
    "department": "dept:clinic", "contract": "contract:people/visits", "purpose": "emergency",
    "reason": "防汛转移安置，按到访人员通知", "fields": ["visit"], "basis": {"law": "nanjing-2025/13"},
    "rows": "district == '330106'",
}  # fmt: skip


@pytest.fixture
def api(shared: Instance, client: TestClient):
    """Ask as somebody who is signed in; answers are held against the description."""
    described = client.get("/openapi.json").json()

    def ask(person: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        secret = sign_in(shared, person)
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": viewer_in(shared, {COOKIE: secret}).csrf}
        answer = client.request(method, path, json=body, headers=headers)
        name = "Problem" if answer.status_code >= 400 else "Grant" if path.endswith("/grants") else "Emergency"
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        found = answer.json()
        for one in found.get("emergencies", [found]):
            jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(one)
        return answer.status_code, found

    return ask


def declared(api: Any, **more: Any) -> None:
    ends = (NOW + timedelta(hours=5)).isoformat()
    made = {"emergency": "flood", "words": "防汛应急响应Ⅰ级", "ends_at": ends} | more
    assert api("lin", "POST", API, made)[0] == 201


def test_an_emergency_is_declared_granted_for_ended_reviewed_and_reported_on(
    shared: Instance, api: Any, door: Any, people: Any
) -> None:
    door.give(visit(1))
    ends = (NOW + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    form = {"name": "flood", "words": "防汛应急响应Ⅰ级", "ends_at": ends}
    assert people.send("lin", HERE, form) == (303, f"{HERE}?done=declared&name=flood")
    assert "已宣布应急响应 flood" in people.open("lin", f"{HERE}?done=declared&name=flood")[1]
    assert people.open("he", f"{HERE}/flood")[0] == 404  # nothing was granted to the clinic yet
    assert api("lin", "POST", f"{API}/flood/grants", WISH)[0] == 201
    assert door.ask(purpose="emergency")[1] == [{"visit": "V1"}]
    page = people.open("he", f"{HERE}/flood")[1]
    assert ("响应中" in page, "结束后报告" in page, "结束响应" in page) == (True, True, False)
    status, page = people.send("lin", f"{HERE}/flood/act", {"act": "end"})
    assert (status, "请勾选确认" in page) == (422, True)
    assert people.send("lin", f"{HERE}/flood/act", {"act": "end", "confirm": "yes"})[0] == 303
    assert door.ask(purpose="emergency")[1]["code"] == "hub.use_other_purpose"

    page = people.open("lin", f"{HERE}/flood")[1]
    assert ("待评估" in page, "待报告" in page, "提交评估" in page) == (True, True, True)
    typed = {"act": "review", "outcome": "partly", "findings": "一份授权超出必要范围", "follows": ""}
    status, page = people.send("lin", f"{HERE}/flood/act", typed)
    assert (status, "请写明后续措施" in page, "一份授权超出必要范围" in page) == (422, True, True)
    assert people.send("lin", f"{HERE}/flood/act", typed | {"follows": "收回该字段"})[0] == 303
    page = people.open("lin", f"{HERE}/flood?done=reviewed&name=flood")[1]
    assert ("已评估，部分不当" in page, "收回该字段" in page, "提交评估" in page) == (True, True, False)

    said = {"act": "report", "words": "诊台库中副本已删除", "kept": "yes", "ground": ""}
    status, page = people.send("he", f"{HERE}/flood/act", said)
    assert (status, "请写明法律依据" in page, "诊台库中副本已删除" in page) == (422, True, True)
    assert people.send("he", f"{HERE}/flood/act", said | {"kept": ""})[0] == 303
    page = people.open("he", f"{HERE}/flood")[1]
    assert ("已全部删除" in page, "提交报告" in page) == (True, False)
    assert "均已报告" in people.open("wang", HERE)[1]  # the provider follows what became of its data


def test_what_is_not_yours_is_not_there(api: Any, door: Any, people: Any) -> None:
    declared(api)
    assert people.open("zhou", HERE)[0] in {200, 403}
    assert people.open("zhou", f"{HERE}/flood")[0] in {403, 404}
    assert people.open("lin", f"{HERE}/fire")[0] == 404
    assert people.send("he", f"{HERE}/flood/act", {"act": "end", "confirm": "yes"})[0] == 404
    assert people.send("he", HERE, {"name": "x", "words": "x", "ends_at": "2030-01-01T00:00"})[0] == 403
    assert people.send("lin", f"{HERE}/flood/act", {"act": "end", "confirm": "yes"}, csrf=False)[0] == 403
    assert people.send("lin", f"{HERE}/flood/act", {"act": "dance"})[0] == 404
    assert api("he", "GET", API) == (200, {"emergencies": []})
    for path, body in (
        (API, {"emergency": "fire", "words": "x", "ends_at": NOW.isoformat()}),
        (f"{API}/flood/end", {}),
        (f"{API}/flood/grants", WISH),
        (f"{API}/flood/reviews", {"outcome": "proper", "findings": "x"}),
    ):
        assert api("he", "POST", path, body)[0] == 403, path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "洪水"}, "请换一个名称"),
        ({"words": " "}, "请写理由"),
        ({"ends_at": "soon"}, "请填写结束的日期和时间"),
        ({"ends_at": "2020-01-01T00:00"}, "请更正结束时间"),
    ],
)
def test_a_declaration_that_cannot_be_taken_keeps_what_was_typed(
    people: Any, change: dict[str, str], said: str
) -> None:
    form = {"name": "flood", "words": "防汛应急响应", "ends_at": "2030-01-01T00:00"} | change
    status, page = people.send("lin", HERE, form)
    assert (status, said in page) == (422, True)
    assert form["name"] in page
    assert form["words"].strip() in page


def test_programs_declare_grant_end_review_and_report(api: Any, door: Any) -> None:
    door.give(visit(1), visit(2))
    declared(api)
    again = {"emergency": "flood", "words": "x", "ends_at": (NOW + timedelta(hours=1)).isoformat()}
    assert api("lin", "POST", API, again)[1]["code"] == "hub.emergency_known"
    assert api("lin", "POST", API, {"emergency": "b", "words": "x", "ends_at": "2030-01-01T00:00:00"})[0] == 400
    status, problem = api("lin", "POST", f"{API}/flood/grants", WISH | {"department": "dept:nobody"})
    assert (status, problem["code"]) == (404, "emergencies.department_unknown")
    for less in ({"fields": []}, {"basis": {}}, {"fields": ["nose"]}, {"rows": "days >"}, {"purpose": "advertising"}):
        status, problem = api("lin", "POST", f"{API}/flood/grants", WISH | less)
        assert (status, problem["code"]) == (400, "emergencies.too_much"), less
    status, grant = api("lin", "POST", f"{API}/flood/grants", WISH)
    assert (status, grant["grant"], grant["source"]) == (201, "flood-clinic-people-visits-emergency", "emergency")
    assert len(door.ask(purpose="emergency")[1]) == 2
    deletion = {"words": "副本已删除"}
    assert api("he", "POST", f"{API}/flood/deletion-reports", deletion)[1]["code"] == "emergencies.still_runs"
    status, found = api("lin", "POST", f"{API}/flood/end", {})
    assert (status, found["state"], found["grants"][0]["rows"]) == (200, "to_review", 2)
    assert api("lin", "POST", f"{API}/flood/end", {})[0] == 404
    assert api("he", "POST", f"{API}/flood/deletion-reports", deletion | {"kept": True})[1]["code"] == (
        "emergencies.ground_missing"
    )
    kept = deletion | {"kept": True, "ground": "档案法第十四条：转移安置名册"}
    status, found = api("he", "POST", f"{API}/flood/deletion-reports", kept)
    assert (status, found["received"][0]["report"]["kept"]) == (201, True)
    assert api("he", "POST", f"{API}/flood/deletion-reports", deletion)[1]["received"][0]["report"]["kept"] is False
    assert api("he", "POST", f"{API}/flood/deletion-reports", deletion)[1]["code"] == "emergencies.reported_before"
    review = {"outcome": "proper", "findings": "授权必要，仅用于通知"}
    assert api("lin", "POST", f"{API}/flood/reviews", review)[1]["state"] == "reviewed"
    assert api("lin", "POST", f"{API}/flood/reviews", review)[1]["code"] == "emergencies.reviewed_before"
    assert [item["state"] for item in api("wang", "GET", API)[1]["emergencies"]] == ["reviewed"]


def test_what_is_late_shows_in_red_and_in_english(shared: Instance, api: Any, door: Any, people: Any) -> None:
    door.give(visit(1))
    declared(api)
    api("lin", "POST", f"{API}/flood/grants", WISH)
    door.ask(purpose="emergency")
    api("lin", "POST", f"{API}/flood/end", {})
    later = SetClock(NOW + timedelta(days=40))
    object.__setattr__(shared, "clock", later)
    with shared.database.transaction() as connection:
        assert len(watch_emergencies(connection, shared.city_now(), later, shared.new_id)) == 2
    page = people.open("lin", f"{HERE}/flood?lang=en")[1]
    assert ("review overdue since" in page, "overdue since" in page, "st alarm" in page) == (True, True, True)
    assert "1 overdue" in people.open("lin", f"{HERE}?lang=en")[1]
