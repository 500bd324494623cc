"""Dissents over HTTP: with a system key, with a session, with a tracking code; strangers learn nothing."""

from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.hub import credentials
from citybrain.kernel.ids import new_id
from citybrain.web.sessions import COOKIE, sign_in

PATH = "/api/v1/dissents"
FLOW = "/api/v1/contracts/metro/flow_15min/batches"


@pytest.fixture
def asked(client: TestClient[Any], instance: Instance, headers: dict[str, str]) -> dict[str, Any]:
    slot = instance.clock.now().replace(minute=0, second=0, microsecond=0).isoformat()
    row = f'{{"slot_start":"{slot}","station":"S1","entries":100,"exits":5}}\n'
    assert client.post(FLOW, content=row, headers=headers).status_code == 201
    return {
        "contract": "contract:metro/flow_15min", "keys": {"slot_start": slot, "station": "S1"}, "field": "entries",
        "seen": "100", "claimed": "10", "grounds": "现场清点不符",
    }  # fmt: skip


def _key(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        secret = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)[1]
    return {"authorization": f"Bearer {secret}"}


def test_a_system_raises_a_dissent_and_those_concerned_see_it(
    client: TestClient[Any], instance: Instance, asked: dict[str, Any]
) -> None:
    owner = _key(instance, "system:metro/lifts")
    raised = client.post(PATH, json=asked, headers=owner)
    assert raised.status_code == 201, raised.text
    said = raised.json()
    assert (said["state"], said["provider"], [step["act"] for step in said["course"]]) == (
        "open",
        "dept:metro",
        ["raised"],
    )
    path = f"{PATH}/{said['number']}"
    seen = client.get(path, headers=owner)
    assert seen.status_code == 200
    assert "code" not in seen.json()
    assert client.get(path, headers={"x-tracking-code": said["code"]}).json()["number"] == said["number"]
    assert client.post(PATH, json=asked, headers=owner).status_code == 409

    stranger = _key(instance, "system:base/register")
    for headers, status in ((stranger, 404), ({}, 401), ({"x-tracking-code": "guess"}, 404)):
        answer = client.get(path, headers=headers)
        assert answer.status_code == status
        assert "100" not in answer.text


def test_a_session_needs_its_token_and_a_post_that_may_ask(
    client: TestClient[Any], instance: Instance, asked: dict[str, Any]
) -> None:
    assert client.post(PATH, json=asked).status_code == 401
    client.cookies.set(COOKIE, sign_in(instance, "chen"))
    assert client.post(PATH, json=asked).status_code == 403
    refused = client.post(PATH, json=asked, headers={"x-csrf-token": _token(client)})
    assert (refused.status_code, refused.json()["code"]) == (403, "dissent.closed_to_post")
    client.cookies.set(COOKIE, sign_in(instance, "lin"))
    raised = client.post(PATH, json=asked, headers={"x-csrf-token": _token(client)})
    assert raised.status_code == 201, raised.text


def _token(client: TestClient[Any]) -> str:
    page = client.get("/tasks", headers={"accept": "text/html"}).text
    return page.split('name="csrf" value="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"contract": "contract:metro/none"}, 404, "dissent.contract_unknown"),
        ({"keys": {"slot_start": "2020-01-01T00:00:00Z", "station": "S1"}}, 404, "hub.row_absent"),
        ({"keys": {"station": "S1"}}, 400, "hub.keys_incomplete"),
        ({"keys": {"slot_start": [1], "station": "S1"}}, 400, "edge.request_wrong"),
        ({"keys": "all"}, 400, "edge.request_wrong"),
        ({"batch": "none", "keys": None}, 400, "edge.request_wrong"),
        ({"attachment_sha256": "00"}, 400, "edge.request_wrong"),
        ({"grounds": ""}, 400, "dissent.grounds_missing"),
        ({"keys": {"slot_start": "\x00", "station": "S\x001"}}, 400, "hub.keys_incomplete"),
        ({"field": "'; DROP TABLE task"}, 400, "dissent.field_unknown"),
    ],
)
def test_a_dissent_that_names_nothing_real_is_refused_with_its_reason(
    client: TestClient[Any], instance: Instance, asked: dict[str, Any], changed: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(PATH, json={**asked, **changed}, headers=_key(instance, "system:metro/lifts"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_steps"]


def test_a_body_that_is_no_object_or_too_large_is_refused(client: TestClient[Any], instance: Instance) -> None:
    key = _key(instance, "system:metro/lifts")
    assert client.post(PATH, content=b"[1", headers=key).status_code == 400
    assert client.post(PATH, content=b"[]", headers=key).status_code == 400
    assert client.post(PATH, content=b" " * 70_000, headers=key).status_code == 413


def test_odd_characters_are_kept_readable_and_an_odd_number_is_unknown(
    client: TestClient[Any], instance: Instance, asked: dict[str, Any]
) -> None:
    key = _key(instance, "system:metro/lifts")
    raised = client.post(PATH, json={**asked, "grounds": "a\x00b", "seen": "\x00"}, headers=key)
    assert (raised.status_code, raised.json()["seen"]) == (201, "␀")
    for number in ("%00", "26-0001%00", "x" * 3000, "26-999999", "%27--"):
        assert client.get(f"{PATH}/{number}", headers=key).status_code == 404
