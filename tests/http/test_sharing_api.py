"""A department applies, is granted less, uses it, and stops the moment the grant is closed; all over HTTP."""

import json
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.test_rows import HEALTH, NOW, door, shared, visit

__all__ = ["door", "shared"]
WISH = {
    "contract": "contract:people/visits", "purpose": "emergency", "reason": "防汛转移安置，按到访人员通知",
    "fields": ["visit", "phone", "days"], "basis": {"law": "nanjing-2025/13"}, "rows": "district == '330106'",
    "until": (NOW + timedelta(days=90)).date().isoformat(),
}  # fmt: skip
Told = tuple[int, Any]


@pytest.fixture
def people(shared: Instance, client: TestClient):
    """Give a way to call the API as somebody who is signed in."""

    def call(person: str, method: str, path: str, body: dict[str, Any] | None = None, token: str | None = None) -> Told:
        secret = sign_in(shared, person)
        csrf = viewer_in(shared, {COOKIE: secret}).csrf if token is None else token
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": csrf}
        content = None if body is None else json.dumps(body).encode()
        answer = client.request(method, path, content=content, headers=headers)
        return answer.status_code, answer.json()

    return call


def test_from_application_to_use_and_to_the_end_of_it(shared: Instance, door, people) -> None:
    door.give(visit(1), visit(2))
    assert door.ask(purpose="emergency")[1]["code"] == "hub.use_other_purpose"
    status, made = people("he", "POST", "/api/v1/requests", WISH)
    assert (status, made["state"], made["findings"]) == (201, "checking", [])
    number = made["number"]
    assert people("lin", "POST", f"/api/v1/requests/{number}/pass", {})[1]["state"] == "providing"
    status, done = people("wang", "POST", f"/api/v1/requests/{number}/grant", {"fields": ["visit", "phone"]})
    assert (status, done["state"], done["grant"]) == (200, "granted", number.lower())
    status, rows, headers = door.ask(purpose="emergency")
    assert (status, headers["x-citybrain-grant"]) == (200, number.lower())
    assert rows == [{"visit": "V1", "phone": "138****0073"}, {"visit": "V2", "phone": "138****0073"}]
    status, held = people("he", "GET", "/api/v1/grants")
    assert {item["grant"] for item in held["grants"]} == {number.lower(), "clinic-uses-visits"}
    status, closed = people("wang", "POST", f"/api/v1/grants/{number.lower()}/close", {"reason": "响应结束"})
    assert (status, closed["state"]) == (200, "closed")
    assert door.ask(purpose="emergency")[1]["code"] == "hub.use_other_purpose"
    status, course = people("he", "GET", f"/api/v1/requests/{number}")
    assert [step["act"] for step in course["course"]] == ["applied", "passed", "agreed", "granted"]


def test_a_wish_for_too_much_comes_back_with_every_point_in_words(people) -> None:
    broad = WISH | {"fields": ["visit", "at", "person", "phone", "district", "days"], "until": None, "reason": "要"}
    status, made = people("he", "POST", "/api/v1/requests", broad)
    assert (status, made["state"]) == (201, "returned")
    said = {item["kind"]: item["say"]["zh"] for item in made["findings"]}
    assert set(said) == {"all_fields", "reason_short", "term_none"}
    assert "全部 6 个字段" in said["all_fields"]


@pytest.mark.parametrize(
    ("person", "method", "path", "body", "status", "code"),
    [
        ("wang", "POST", "/api/v1/requests", WISH, 403, "safeguards.post_may_not"),
        ("he", "POST", "/api/v1/requests", WISH | {"contract": "contract:people/visit"}, 404, "hub.contract_unknown"),
        ("he", "POST", "/api/v1/requests", WISH | {"fields": "all"}, 400, "edge.request_wrong"),
        ("he", "POST", "/api/v1/requests", WISH | {"sudo": True}, 400, "edge.request_wrong"),
        ("he", "POST", "/api/v1/requests", {}, 400, "edge.request_wrong"),
        ("he", "GET", "/api/v1/requests/S26-99999", None, 404, "hub.request_unknown"),
        ("he", "POST", "/api/v1/grants/clinic-uses-visits/close", {"reason": "x"}, 403, "hub.not_your_request"),
        ("wang", "POST", "/api/v1/grants/clinic-uses-visits/close", {}, 400, "hub.reason_missing"),
        ("wang", "POST", "/api/v1/grants/nothing/close", {"reason": "x"}, 404, "hub.grant_unknown"),
        ("wang", "POST", "/api/v1/grants/clinic-uses-visits/renew", {"fields": ["visit"]}, 409, "hub.grant_declared"),
    ],
)
def test_what_somebody_may_not_is_refused_with_its_reason(
    people, person: str, method: str, path: str, body: dict[str, Any] | None, status: int, code: str
) -> None:
    answered, problem = people(person, method, path, body)
    assert (answered, problem["code"]) == (status, code)
    assert problem["next_steps"]


def test_a_foreign_token_or_no_session_changes_nothing(people, client: TestClient) -> None:
    status, problem = people("he", "POST", "/api/v1/requests", WISH, token="forged")
    assert (status, problem["code"]) == (403, "edge.form_expired")
    assert client.post("/api/v1/requests", content=json.dumps(WISH).encode()).status_code == 401
    assert client.get("/api/v1/grants").status_code == 401


def test_somebody_elses_request_is_not_known(people, client: TestClient) -> None:
    number = people("he", "POST", "/api/v1/requests", WISH)[1]["number"]
    status, problem = people("zhou", "GET", f"/api/v1/requests/{number}")
    assert (status, problem["code"]) == (404, "hub.request_unknown")
    assert client.get(HEALTH).status_code == 401
