"""The pages of dissents and of quality over HTTP: raise, mark, answer, close, score, object."""

import re
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.governance.dissent import case
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.conftest import FLOW

REF = "contract:metro/flow_15min"
Client = TestClient[Any]


@pytest.fixture
def slot(client: Client, instance: Instance, headers: dict[str, str]) -> str:
    now = instance.clock.now()  # the present quarter: an older one is late after 35 minutes, and scored so
    at = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0).isoformat()
    row = f'{{"slot_start":"{at}","station":"S1","entries":100,"exits":5}}\n'
    assert client.post(FLOW, content=row, headers=headers).status_code == 201
    return at


def visit(client: Client, instance: Instance, person: str) -> dict[str, str]:
    """Sign somebody in and return the token of their forms."""
    client.cookies.set(COOKIE, sign_in(instance, person))
    return {"csrf": viewer_in(instance, dict(client.cookies)).csrf}


def ask(client: Client, path: str) -> str:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text[:2000]
    return answer.text


def test_a_letter_runs_through_the_pages_until_it_is_closed(client: Client, instance: Instance, slot: str) -> None:
    token = visit(client, instance, "lin")
    form = ask(client, f"/console/dissents?contract={REF}")
    assert 'name="key.station"' in form
    data = {
        **token, "contract": REF, "key.slot_start": slot, "key.station": "S1", "field": "entries", "seen": "100",
        "claimed": "10", "grounds": "现场清点", "channel": "letter", "outsider_name": "王小明",
    }  # fmt: skip
    raised = client.post("/console/dissents", data=data, follow_redirects=False)
    assert raised.status_code == 200
    code = re.findall(r"<code>([\w-]{16})</code>", raised.text)[0]
    with instance.database.reading() as connection:
        number = case.listed(connection)[0].number
    path = f"/console/dissents/{number}"
    assert code not in ask(client, path)
    assert "王小明" in ask(client, path)
    assert "1 条争议中" in ask(client, "/console/contracts/metro/flow_15min")
    assert "1 条争议中" in ask(client, "/indicator/metro.entries")

    provider = visit(client, instance, "zhou")
    seen = ask(client, path)
    assert "王小明" not in seen
    assert "现场清点" in seen
    wrong = client.post(f"{path}/answer", data={**provider, "verdict": "upheld", "field.entries": "-1", "words": "错"})
    assert wrong.status_code == 422
    done = {**provider, "verdict": "upheld", "field.entries": "10", "words": "闸机故障"}
    assert client.post(f"{path}/answer", data=done, follow_redirects=False).status_code == 303
    assert client.post(f"{path}/accept", data=provider).status_code == 403

    token = visit(client, instance, "lin")
    assert "闸机故障" in ask(client, path)
    assert client.post(f"{path}/accept", data=token, follow_redirects=False).status_code == 303
    assert "争议中" not in ask(client, "/console/contracts/metro/flow_15min")
    assert number in ask(client, "/console/dissents?state=finished")


def test_a_dissent_opens_only_for_those_it_concerns(client: Client, instance: Instance, slot: str) -> None:
    token = visit(client, instance, "lin")
    keys = {"key.slot_start": slot, "key.station": "S1", "field": "entries"}
    data = {**token, "contract": REF, **keys, "grounds": "x"}
    shown = client.post("/console/dissents", data=data, follow_redirects=False)
    assert shown.status_code == 303
    chen = visit(client, instance, "chen")
    for answer in (
        client.get(shown.headers["location"], headers={"accept": "text/html"}),
        client.post("/console/dissents", data={**data, **chen}),
        client.get("/console/quality", headers={"accept": "text/html"}),
    ):
        assert answer.status_code == 403
    assert client.post(f"{shown.headers['location']}/accept", data=chen).status_code == 404
    assert client.post(f"{shown.headers['location']}/accept", data={}).status_code == 403


def test_a_wrong_form_keeps_what_was_typed(client: Client, instance: Instance, slot: str) -> None:
    token = visit(client, instance, "lin")
    data = {**token, "contract": REF, "key.slot_start": slot, "key.station": "S77", "grounds": "记得的理由"}
    answer = client.post("/console/dissents", data=data)
    assert answer.status_code == 422
    assert "S77" in answer.text
    assert "记得的理由" in answer.text
    assert 'role="alert"' in answer.text


def test_the_board_shows_a_fault_at_once_and_an_objection_marks_the_score(
    client: Client, instance: Instance, slot: str, headers: dict[str, str]
) -> None:
    provider = visit(client, instance, "zhou")
    assert "A 优" in ask(client, "/console/quality")
    row = f'{{"slot_start":"{slot}","station":"S2","entries":-4,"exits":5}}\n' * 3
    client.post(FLOW, content=row, headers=headers)
    page = ask(client, "/console/quality/metro/flow_15min")
    assert "25.00" in page
    today = f"{instance.clock.now().astimezone(instance.city_now().zone):%Y-%m-%d}"
    objection = {**provider, "day": today, "grounds": "测试批次误计"}
    path = "/console/quality/metro/flow_15min"
    assert client.post(f"{path}/objections", data={**provider, "grounds": "x"}).status_code == 422
    assert client.post(f"{path}/objections", data=objection, follow_redirects=False).status_code == 303
    assert "评分争议中" in ask(client, "/console/quality")
    with instance.database.reading() as connection:
        number = case.listed(connection)[0].number
    answered = {**provider, "verdict": "upheld", "rules": "entries_range", "words": "x"}
    assert client.post(f"/console/quality/objections/{number}", data=answered).status_code == 403

    operator = visit(client, instance, "lin")
    rule = next(r.name for r in instance.city_now().contracts[REF].rules if r.kind == "range" and "entries" in r.fields)
    answered = {**operator, "verdict": "upheld", "rules": rule, "words": "测试批次剔除"}
    done = client.post(f"/console/quality/objections/{number}", data=answered, follow_redirects=False)
    assert done.status_code == 303
    assert "25.00" not in ask(client, path)
    assert f"dissent {number}" in ask(client, path)
    assert client.post(f"{path}/objections", data={**operator, "day": today, "grounds": "x"}).status_code == 403

    report = client.get(f"/console/quality/report.csv?month={today[:7]}")
    assert report.status_code == 200
    assert "contract:metro/flow_15min" in report.text
    assert report.content == client.get(f"/console/quality/report.csv?month={today[:7]}").content
    assert client.get("/console/quality/report.csv?month=x").status_code == 400
