"""My data: a person sees who used it, agrees, withdraws, and the next call is refused; nothing of others, no post."""

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
from citybrain.hub.exports import making
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.kernel.workers import Worker
from citybrain.web.application import make_application
from citybrain.web.sessions import COOKIE, citizen_in, sign_in

HANGZHOU = Path(__file__).parents[2] / "cities" / "hangzhou"
MINE = "/portal/my-data"
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
def desk(instance: Instance, client: Client) -> dict[str, str]:
    """Deliver a visit of each citizen; return the key of the desk that uses them."""
    at = (instance.clock.now() - timedelta(minutes=30)).isoformat()
    rows = [
        {"visit_no": f"V20261120-000{number}", "visited_at": at, "person_no": f"RY-10000{number}",
         "hospital": "第一医院", "clinic": "全科", "fee": 9.5}
        for number in (1, 2, 3)
    ]  # fmt: skip
    told = {**key(instance, "system:health/visits"), "content-type": "application/x-ndjson"}
    body = b"\n".join(orjson.dumps(row) for row in rows)
    answer = client.post("/api/v1/contracts/health/visits/batches", content=body, headers=told)
    assert answer.json()["accepted"] == 3, answer.text
    return key(instance, "system:civil-affairs/benefits")


def enter(client: Client, instance: Instance, person: str) -> str:
    client.cookies.set(COOKIE, sign_in(instance, f"citizen:{person}"))
    return citizen_in(instance, dict(client.cookies)).csrf


def agree(client: Client, csrf: str, part: str = "plain") -> None:
    data = {"grant": "civil-affairs-uses-visits", "part": part, "csrf": csrf}
    answer = client.post(f"{MINE}/consents", data=data, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{MINE}?done=given"), answer.text


def number(client: Client) -> str:
    return client.get(MINE).text.split('name="number" value="')[1].split('"')[0]


def test_a_person_agrees_sees_the_use_withdraws_and_the_next_call_is_refused(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    csrf = enter(client, instance, "fang")
    asking = f"{ROWS}&person_no=RY-100001"
    assert client.get(asking, headers=desk).json()["code"] == "hub.consent_missing"
    agree(client, csrf)
    assert client.get(asking, headers=desk).text.count("RY-100001") == 1
    for odd in ("0", "9999", "0000019999999999999999999", "%00", "-1", "x"):
        assert client.get(f"{MINE}?page={odd}").status_code == 200
    page = client.get(f"{MINE}?done=given").text
    for said in ("方女士", "市民政局", "公共服务", "杭州条例第十三条", "门诊就诊记录", "费用", "共 1 次", "已同意"):
        assert said in page, said
    english = client.get(f"{MINE}?lang=en").text
    assert "Civil Affairs Bureau" in english
    assert "1 times in all" in english
    client.get(f"{MINE}?lang=zh")
    receipt = client.get(f"{MINE}/consents/{number(client)}")
    assert receipt.headers["content-type"].startswith("application/ld+json")
    assert receipt.json()["dpv:hasConsentStatus"] == "dpv:ConsentGiven"
    data = {"number": number(client), "csrf": csrf}
    assert client.post(f"{MINE}/withdrawals", data=data, follow_redirects=False).status_code == 303
    refused = client.get(asking, headers=desk)
    assert (refused.status_code, refused.json()["code"]) == (403, "hub.consent_missing")
    assert client.get(ROWS, headers=desk).text.strip() == ""
    assert "共 1 次" in client.get(MINE).text


def test_nothing_of_others_is_shown_and_no_post_opens_the_page(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    agree(client, enter(client, instance, "fang"))
    assert client.get(ROWS, headers=desk).text.count("RY-") == 1
    theirs = number(client)
    csrf = enter(client, instance, "tong")
    page = client.get(MINE).text
    assert "共 0 次" in page
    assert theirs not in page
    assert client.get(f"{MINE}/consents/{theirs}").status_code == 404
    data = {"number": theirs, "csrf": csrf}
    assert client.post(f"{MINE}/withdrawals", data=data).status_code == 404
    client.cookies.set(COOKIE, sign_in(instance, "qian"))
    assert client.get(MINE).status_code == 403
    client.cookies.clear()
    assert client.get(MINE).status_code == 401


def test_a_citizen_opens_no_desk_and_every_form_needs_its_token(client: Client, instance: Instance) -> None:
    csrf = enter(client, instance, "fang")
    assert client.get("/", follow_redirects=False).headers["location"] == MINE
    for path in ("/console", "/console/contracts", "/tasks", "/cockpit/city", "/law", "/api/v1/law", "/api/v1/grants"):
        assert client.get(path).status_code == 401, path
    for path in (f"{MINE}/consents", f"{MINE}/withdrawals", "/logout"):
        for data in ({}, {"csrf": ""}, {"csrf": "x"}):
            answer = client.post(path, data={"grant": "civil-affairs-uses-visits", **data}, follow_redirects=False)
            assert answer.status_code == 403, (path, data)
    assert "/console" not in client.get(MINE).text
    assert client.post("/logout", data={"csrf": csrf}, follow_redirects=False).status_code == 303
    assert client.get(MINE).status_code == 401


def test_the_door_lists_citizens_apart_and_a_guardian_acts_for_a_minor(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    door = client.get("/login", headers={"accept": "text/html"}).text
    assert 'value="citizen:fang"' in door
    assert "以市民身份进入" in door
    for unknown in ("citizen:nobody", "citizen:", "citizen:qian"):
        assert client.post("/login", data={"persona": unknown}, follow_redirects=False).status_code == 404
    agree(client, enter(client, instance, "tongtong"))
    agree(client, enter(client, instance, "tongtong"), "sensitive")
    page = client.get(MINE).text
    assert "监护人童先生" in page
    assert client.get(ROWS, headers=desk).text.count("RY-100003") == 1


def test_a_person_takes_a_copy_of_everything_and_nothing_of_others(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    csrf = enter(client, instance, "fang")
    assert client.post(f"{MINE}/copy", data={}).status_code == 403
    agree(client, csrf)
    client.get(ROWS, headers=desk)
    answer = client.post(f"{MINE}/copy", data={"csrf": csrf})
    assert "attachment" in answer.headers["content-disposition"]
    (visits,) = answer.json()["contracts"]
    assert [row["person_no"] for row in visits["rows"]] == ["RY-100001"]
    assert visits["rows"][0]["clinic"] == "全科"
    assert [use["department"] for use in answer.json()["uses"]] == ["dept:civil-affairs"]
    assert len(answer.json()["consents"]) == 1
    with instance.database.reading() as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM evidence_entry")]
    assert any("governance:rights:copied" in body for body in bodies)
    assert not any("RY-100001" in body for body in bodies)


def test_a_person_asks_for_a_correction_of_an_own_row_and_of_no_other(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    csrf = enter(client, instance, "fang")
    page = f"{MINE}/rows/health/visits"
    text = client.get(page).text
    assert "V20261120-0001" in text
    assert "V20261120-0002" not in text
    asked = {"row": '{"visit_no": "V20261120-0001"}', "field": "fee", "claimed": "19.5", "grounds": "票据为 19.5 元"}
    assert client.post(f"{page}/dissents", data=asked).status_code == 403
    foreign = {**asked, "row": '{"visit_no": "V20261120-0002"}', "csrf": csrf}
    assert client.post(f"{page}/dissents", data=foreign).status_code == 404
    done = client.post(f"{page}/dissents", data={**asked, "csrf": csrf}, follow_redirects=False)
    assert done.status_code == 303, done.text
    assert "核实中" in client.get(page).text
    with instance.database.reading() as connection:
        found = connection.execute("SELECT number, provider, seen, channel FROM governance_dissent").fetchone()
    assert found is not None
    assert found[1:] == ("dept:health", "9.5", "portal")
    early = {"number": found[0], "act": "appeal", "csrf": csrf}
    assert client.post(f"{page}/reactions", data=early).status_code == 409
    csrf = enter(client, instance, "tong")
    assert client.post(f"{page}/reactions", data={**early, "csrf": csrf}).status_code == 404
    assert client.get(f"{MINE}/rows/hotline/events").status_code == 404


def test_a_file_with_a_persons_rows_is_refused_and_deleted_once_the_person_withdraws(
    client: Client, instance: Instance, desk: dict[str, str]
) -> None:
    csrf = enter(client, instance, "fang")
    agree(client, csrf)
    asked = {
        "contract": "contract:health/visits", "purpose": "public_service", "grant": "civil-affairs-uses-visits",
        "fields": ["person_no", "hospital", "fee", "visited_at"], "format": "ndjson",
    }  # fmt: skip

    def made() -> str:
        answer = client.post("/api/v1/exports", content=orjson.dumps(asked), headers=desk)
        assert answer.status_code == 202, answer.text
        Worker(instance.database, instance.clock, (instance.exporter.duty(),), queues=(making.QUEUE,)).run_once()
        return str(answer.json()["export"])

    first = made()
    assert client.get(f"/api/v1/exports/{first}/file", headers=desk).text.count("RY-100001") == 1
    data = {"number": number(client), "csrf": csrf}
    assert client.post(f"{MINE}/withdrawals", data=data, follow_redirects=False).status_code == 303
    refused = client.get(f"/api/v1/exports/{first}/file", headers=desk)
    assert (refused.status_code, refused.json()["code"]) == (403, "exports.consent_withdrawn")
    instance.exporter.sweep()
    assert list((instance.settings.home / "exports").iterdir()) == []
    assert client.get(f"/api/v1/exports/{made()}/file", headers=desk).text == ""
