"""The whole story of one resource, through public doors only: found, applied for, granted with one field less, used by
query, subscription and call; seen by the persons in it, withdrawn by one of them; disputed, corrected, scored.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
from tests.http.provider import Provider, providing
from tests.http.story_city import ADDRESS, EVENT, VISITS, visits, wishes, write_story_city

MINE = "/portal/my-data"
ROWS = "/api/v1/contracts/health/visits/rows?purpose=public_service"
Client = TestClient[Any]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        made.answer = EVENT
        yield made


@pytest.fixture
def instance(settings: Settings, tmp_path: Path, provider: Provider) -> Iterator[Instance]:
    made = Instance(settings.model_copy(update={"demo": True, "pool_size": 6}), SystemClock(), new_id)
    loaded = load(write_story_city(tmp_path / "city", provider.url))
    assert not loaded.errors, loaded.errors
    with made.database.transaction() as connection:
        apply(connection, loaded, "test", made.clock, new_id)
    made.city.look()
    yield made
    made.close()


@pytest.fixture
def client(instance: Instance) -> Iterator[Client]:
    with TestClient(make_application(instance), raise_server_exceptions=False) as opened:
        yield opened


class Person:
    """Somebody who is signed in and uses the API, or sends a form as a browser would."""

    def __init__(self, client: Client, instance: Instance, name: str) -> None:
        secret = sign_in(instance, name)
        citizen = name.startswith("citizen:")
        cookies = {COOKIE: secret}
        self._csrf = (citizen_in if citizen else viewer_in)(instance, cookies).csrf
        self._client, self._cookie = client, {"cookie": f"{COOKIE}={secret}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = self._cookie | {"x-csrf-token": self._csrf}
        answer = self._client.request(method, path, content=content, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def send(self, path: str, **form: str) -> str:
        data = form | {"csrf": self._csrf}
        answer = self._client.post(path, data=data, headers=self._cookie, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def page(self, path: str) -> str:
        return self._client.get(path, headers=self._cookie | {"accept": "text/html"}).text


@pytest.fixture
def person(client: Client, instance: Instance) -> Callable[[str], Person]:
    return lambda name: Person(client, instance, name)


def key(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        secret = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)[1]
    return {"authorization": f"Bearer {secret}"}


def granted(person: Callable[[str], Person], wish: dict[str, Any], by: str, fields: list[str]) -> str:
    """Apply, have it checked and granted; returns the name of the grant."""
    number = person("yu").ask("POST", "/api/v1/requests", wish)["number"]
    person("lin").ask("POST", f"/api/v1/requests/{number}/pass", {})
    return str(person(by).ask("POST", f"/api/v1/requests/{number}/grant", {"fields": fields})["grant"])


def accuracy(person: Callable[[str], Person]) -> float:
    """Read A's score for accuracy as the board shows it, in percent."""
    board = person("lin").page("/console/quality/health/visits").partition("准确性")[2]
    return float(board.partition('data-value="')[2].partition('"')[0])


def test_from_finding_to_correcting(instance: Instance, client: Client, person, provider: Provider) -> None:
    provides = key(instance, "system:health/visits") | {"content-type": "application/x-ndjson"}
    body = b"\n".join(json.dumps(row).encode() for row in visits(instance.clock.now()))
    assert (
        client.post("/api/v1/contracts/health/visits/batches", content=body, headers=provides).json()["accepted"] == 2
    )
    b = key(instance, "system:civil-affairs/benefits")

    # B finds A's resource, applies, and A approves one field less.
    found = person("yu").ask("GET", "/api/v1/catalog?q=menzhen")  # 门诊, by its pinyin
    assert VISITS in [entry["ref"] for entry in found["entries"]]
    refused = client.get(ROWS, headers=b)
    assert (refused.status_code, refused.json()["code"]) == (403, "hub.use_no_grant")
    rows_wish, calls_wish = wishes(instance.clock.now())
    grant = granted(person, rows_wish, "qian", ["visit_no", "person_no", "clinic", "fee"])
    assert client.get(f"{ROWS}&fields=hospital", headers=b).json()["code"] == "hub.use_fields"

    # The persons agree; B queries, masked, and subscribes.
    for citizen in ("citizen:fang", "citizen:tong"):
        person(citizen).send(f"{MINE}/consents", grant=grant, part="plain")
        person(citizen).send(f"{MINE}/consents", grant=grant, part="sensitive")
    answer = client.get(ROWS, headers=b)
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [set(row) for row in rows] == [{"visit_no", "person_no", "clinic", "fee"}] * 2
    assert "clinic=" in answer.headers["x-citybrain-masked"]
    assert "全科门诊" not in answer.text
    order = {"contract": VISITS, "purpose": "public_service", "way": "pull", "start": "now"}
    line = client.post("/api/v1/subscriptions", content=json.dumps(order), headers=b).json()["subscription"]

    # B calls a service of C.
    granted(person, calls_wish, "feng", ["find_event", "event_id", "state"])
    called = client.get(ADDRESS, headers=b | {"x-citybrain-purpose": "public_service"})
    assert (called.status_code, called.json()) == (200, {"event_id": EVENT["event_id"], "state": "open"})

    # A citizen sees it, withdraws, and the next call is refused.
    fang = person("citizen:fang")
    mine = fang.page(MINE)
    for said in ("市民政局", "公共服务", "杭州条例第十三条", "门诊就诊记录", "费用", "共 1 次"):
        assert said in mine, said
    for number in {part.split('"')[0] for part in mine.split('name="number" value="')[1:]}:
        fang.send(f"{MINE}/withdrawals", number=number)
    refused = client.get(f"{ROWS}&person_no=RY-100001", headers=b)
    assert (refused.status_code, refused.json()["code"]) == (403, "hub.consent_missing")
    assert client.get(ROWS, headers=b).text.count("RY-") == 1

    # B disputes a value, A corrects it, every consumer gets the change, A's score moves.
    assert accuracy(person) == 100
    claim = {
        "contract": VISITS, "keys": {"visit_no": "V20261120-0002"}, "field": "fee", "seen": "9.5", "claimed": "19.5",
        "grounds": "与发票不符",
    }  # fmt: skip
    dissent = client.post("/api/v1/dissents", content=json.dumps(claim), headers=b).json()["number"]
    assert json.loads(client.get(ROWS, headers=b).text)["_in_dispute"] == ["fee"]
    person("qian").send(
        f"/console/dissents/{dissent}/answer", **{"verdict": "upheld", "field.fee": "19.5", "words": "录入有误"}
    )
    events = client.get(f"/api/v1/subscriptions/{line}/rows", headers=b).json()
    assert [(event["data"]["visit_no"], event["data"]["fee"]) for event in events] == [("V20261120-0002", 19.5)]
    fees = [json.loads(text)["fee"] for text in client.get(f"{ROWS}&view=current", headers=b).text.splitlines()]
    assert fees == [19.5]
    assert accuracy(person) == 50
