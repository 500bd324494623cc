"""Destruction over HTTP: a citizen asks, the provider's desk decides, the receiver is told; every door has its lock."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.web.application import make_application
from citybrain.web.sessions import COOKIE, citizen_in, sign_in, viewer_in

HANGZHOU = Path(__file__).parents[2] / "cities" / "hangzhou"
MINE, DESK = "/portal/my-data", "/console/destructions"
VISITS = "contract:health/visits"
ROWS = "/api/v1/contracts/health/visits/rows?purpose=public_service&fields=person_no,hospital,fee,visited_at"
Client = TestClient[Any]


@pytest.fixture
def instance(settings: Settings) -> Iterator[Instance]:
    made = Instance(settings.model_copy(update={"demo": True, "pool_size": 6}), SystemClock(), new_id)
    with made.database.transaction() as connection:
        apply(connection, load(HANGZHOU), "test", made.clock, new_id)
    made.city.look()
    yield made
    made.close()


@pytest.fixture
def client(instance: Instance) -> Iterator[Client]:
    with TestClient(make_application(instance), raise_server_exceptions=False) as opened:
        yield opened


def key(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        issued = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)
    return {"authorization": f"Bearer {issued[1]}"}


@pytest.fixture
def receiver(instance: Instance, client: Client) -> dict[str, str]:
    """Deliver visits of two citizens; return the key of the desk that uses them."""
    at = (instance.clock.now() - timedelta(minutes=30)).isoformat()
    rows = [
        {"visit_no": f"V20261120-000{number}", "visited_at": at, "person_no": f"RY-10000{number}",
         "hospital": "第一医院", "clinic": "全科", "fee": 9.5}
        for number in (1, 2)
    ]  # fmt: skip
    told = {**key(instance, "system:health/visits"), "content-type": "application/x-ndjson"}
    body = b"\n".join(orjson.dumps(row) for row in rows)
    assert client.post("/api/v1/contracts/health/visits/batches", content=body, headers=told).json()["accepted"] == 2
    return key(instance, "system:civil-affairs/benefits")


def citizen(client: Client, instance: Instance, person: str = "fang") -> str:
    client.cookies.set(COOKIE, sign_in(instance, f"citizen:{person}"))
    return citizen_in(instance, dict(client.cookies)).csrf


def official(client: Client, instance: Instance, may: str = "operate_hub", *, not_may: str = "") -> str:
    person = next(
        item.person for item, post, _ in instance.city_now().people()
        if item.demo and may in post.may and not_may not in post.may
    )  # fmt: skip
    client.cookies.set(COOKIE, sign_in(instance, person))
    return viewer_in(instance, dict(client.cookies)).csrf


def send(client: Client, path: str, csrf: str, **data: str) -> Any:
    return client.post(path, data={"csrf": csrf, **data}, follow_redirects=False)


def asked(client: Client, instance: Instance) -> str:
    """Ask for deletion as a citizen; return the number of the request."""
    csrf = citizen(client, instance)
    answer = send(client, f"{MINE}/requests", csrf, contract=VISITS, words="不再就诊")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{MINE}?done=asked#h-asked"), answer.text
    page = client.get(f"{MINE}?done=asked").text
    assert "已受理您的申请" in page
    found = re.search(r"SQ-\d{4}-\d{5}", page)
    assert found
    return found[0]


def test_a_citizen_asks_the_desk_destroys_and_everybody_sees_what_concerns_them(
    client: Client, instance: Instance, receiver: dict[str, str]
) -> None:
    csrf = citizen(client, instance)
    data = {"grant": "civil-affairs-uses-visits", "part": "plain", "csrf": csrf}
    client.post(f"{MINE}/consents", data=data)
    assert client.get(ROWS, headers=receiver).text.count("RY-100001") == 1
    why = client.get(MINE).text.split(f'href="{MINE}/uses/')[1].split('"')[0]
    told = client.get(f"{MINE}/uses/{why}").text
    for said in ("市民政局", "杭州条例第十三条", "civil-affairs-uses-visits", "按城市声明授权", "这些值从哪里来"):
        assert said in told, said
    assert send(client, f"{MINE}/uses/{why}/questions", csrf, words="为何需要费用").status_code == 303
    number = asked(client, instance)
    assert send(client, f"{MINE}/requests", citizen(client, instance), contract=VISITS).status_code == 409

    csrf = official(client, instance)
    page = client.get(DESK).text
    assert number in page
    assert "RY-100001" not in page
    assert send(client, f"/console/person-requests/{number}", csrf, act="grant", words="同意").status_code == 400
    done = send(client, f"/console/person-requests/{number}", csrf, act="grant", words="同意", confirm="yes")
    assert done.status_code == 303, done.text
    page = client.get(done.headers["location"]).text
    assert f"已答复申请 {number}" in page
    certificate = (re.findall(r"XH-\d{4}-\d{5}", page) or [""])[0]
    shown = client.get(f"{DESK}/{certificate}")
    assert (shown.status_code, "销毁证书" in shown.text, "RY-100001" in shown.text) == (200, True, False)
    assert "Certificate of destruction" in client.get(f"{DESK}/{certificate}?lang=en").text
    client.get(f"{DESK}?lang=zh")
    plain = client.get(f"/api/v1/destructions/{certificate}").json()
    assert (plain["rows"], plain["places"]["log"], plain["places"]["notices"]) == (1, 1, 1)
    assert [item["system"] for item in plain["receivers"]] == ["system:civil-affairs/benefits"]

    client.cookies.clear()
    assert client.get(ROWS, headers=receiver).text.count("RY-100001") == 0
    (event,) = client.get("/api/v1/deletions", headers=receiver).json()["deletions"]
    assert (event["type"], event["data"]["certificate"]) == ("cn.citybrain.rows.destroyed", certificate)
    assert len(event["data"]["rows"]) == 1
    path = f"/api/v1/deletions/{event['id']}/confirmation"
    assert client.post(path, json={"words": " "}, headers=receiver).status_code == 400
    assert client.post(path, json={"words": "已删"}, headers=key(instance, "system:health/visits")).status_code == 404
    assert client.post(path, json={"words": "业务库副本已删除"}, headers=receiver).status_code == 200
    assert client.post(path, json={"words": "再次"}, headers=receiver).status_code == 409
    assert client.get("/api/v1/deletions", headers=receiver).json() == {"deletions": []}

    csrf = citizen(client, instance)
    page = client.get(MINE).text
    assert f"{MINE}/destructions/{certificate}" in page
    assert "已确认销毁副本" in client.get(f"{MINE}/destructions/{certificate}").text
    citizen(client, instance, "tong")
    assert client.get(f"{MINE}/destructions/{certificate}").status_code == 404
    assert client.get(f"{MINE}/uses/{why}").status_code == 404


def test_a_refusal_names_its_ground_and_where_to_complain(
    client: Client, instance: Instance, receiver: dict[str, str]
) -> None:
    number = asked(client, instance)
    csrf = official(client, instance)
    path = f"/console/person-requests/{number}"
    assert send(client, path, csrf, act="refuse", words="不行").status_code == 400
    done = send(client, path, csrf, act="refuse", words="病历须保存十五年", ground="病历管理规定第二十九条")
    assert done.status_code == 303
    assert send(client, path, csrf, act="refuse", words="再", ground="再").status_code == 409
    citizen(client, instance)
    page = client.get(MINE).text
    for said in ("不予删除", "病历须保存十五年", "病历管理规定第二十九条", "投诉", "12345"):
        assert said in page, said


def test_officials_destroy_hold_and_lift_with_a_confirmed_reason(
    client: Client, instance: Instance, receiver: dict[str, str]
) -> None:
    csrf = official(client, instance)
    wanted = {"contract": VISITS, "kind": "person", "person": "RY-100002", "reason": "错误归集"}
    assert send(client, DESK, csrf, **wanted).status_code == 400
    held = send(client, "/console/legal-holds", csrf, contract=VISITS, reason="法院要求保全")
    assert held.status_code == 303
    hold = "BQ-" + held.headers["location"].split("BQ-")[1]
    assert "已保全" in client.get(held.headers["location"]).text
    stopped = send(client, DESK, csrf, **wanted, confirm="yes")
    assert (stopped.status_code, "法律保全" in stopped.text) == (409, True)
    assert send(client, f"/console/legal-holds/{hold}/lift", csrf, reason=" ").status_code == 400
    assert send(client, f"/console/legal-holds/{hold}/lift", csrf, reason="结案").status_code == 303
    assert send(client, f"/console/legal-holds/{hold}/lift", csrf, reason="结案").status_code == 409
    done = send(client, DESK, csrf, **wanted, confirm="yes")
    assert done.status_code == 303, done.text
    assert "已销毁，证书 XH-" in client.get(done.headers["location"]).text
    assert send(client, DESK, csrf, **wanted, confirm="yes").status_code == 404
    for wrong in (
        {**wanted, "kind": "batch", "batch": "x"}, {**wanted, "person": " "}, {**wanted, "kind": "retention"},
        {**wanted, "kind": "retention", "before": instance.clock.now().isoformat()},
    ):  # fmt: skip
        assert send(client, DESK, csrf, **wrong, confirm="yes").status_code == 400, wrong


def test_the_doors_are_closed_to_strangers_and_need_the_form_token(
    client: Client, instance: Instance, receiver: dict[str, str]
) -> None:
    number = asked(client, instance)
    for path in (DESK, f"{DESK}/XH-2026-00001", "/api/v1/destructions/XH-2026-00001"):
        assert client.get(path).status_code == 401, path
    client.cookies.clear()
    for path in (DESK, f"{MINE}/destructions/XH-2026-00001", "/api/v1/deletions"):
        assert client.get(path).status_code == 401, path
    csrf = official(client, instance)
    assert client.get("/api/v1/destructions/none").status_code == 404
    assert client.get(f"{DESK}/%00").status_code in {400, 404}
    for path in (DESK, "/console/legal-holds", f"/console/person-requests/{number}"):
        assert client.post(path, data={"csrf": "x"}, follow_redirects=False).status_code == 403, path
    assert send(client, f"{MINE}/requests", csrf, contract=VISITS).status_code == 403
