"""Subscriptions as a system uses them over HTTP: pull with a kept place, a stream that resumes, refusals that help."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.hub import grants
from citybrain.kernel.ids import new_id
from tests.http.serving import serving
from tests.http.subscribing import GRANT, LEVELS, STRANGER, USER, give, key_of, subscribing_city

ROOT = "/api/v1/subscriptions"
WANTED = {"contract": LEVELS, "purpose": "operation"}


@pytest.fixture
def city(instance: Instance, tmp_path: Path) -> Instance:
    return subscribing_city(instance, tmp_path / "city")


@pytest.fixture
def key(city: Instance) -> dict[str, str]:
    return key_of(city, USER)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()]


def close_grant(city: Instance) -> None:
    with city.database.transaction() as connection:
        grants.close(connection, GRANT, "zhou", "用途已结束", city.clock, new_id)


def test_a_pulled_subscription_keeps_its_place_until_it_is_acknowledged_and_goes_back_on_demand(
    city: Instance, client: TestClient[Any], key: dict[str, str]
) -> None:
    give(city, [("G0", 0)])
    made = client.post(ROOT, json=WANTED, headers=key)
    assert made.status_code == 201, made.text
    path = f"{ROOT}/{made.json()['subscription']}"
    assert ids(client.get(f"{path}/rows", headers=key)) == []  # from now on
    give(city, [("G1", 1), ("G2", 1), ("G3", 1)])
    assert ids(client.get(f"{path}/rows?limit=2", headers=key)) == ["2.1", "2.2"]
    assert ids(client.get(f"{path}/rows?limit=2", headers=key)) == ["2.1", "2.2"]  # nothing was acknowledged
    assert client.post(f"{path}/ack", json={"place": "2.2"}, headers=key).json()["place"] == "2.2"
    rest = client.get(f"{path}/rows", headers=key)
    assert ids(rest) == ["2.3"]
    assert set(rest.json()[0]["data"]) == {"gauge", "update", "at"}
    client.post(f"{path}/ack", json={"place": rest.headers["x-citybrain-after"]}, headers=key)
    assert ids(client.get(f"{path}/rows", headers=key)) == []
    client.post(f"{path}/ack", json={"place": "beginning"}, headers=key)
    assert ids(client.get(f"{path}/rows", headers=key)) == ["1.1", "2.1", "2.2", "2.3"]


def test_conditions_and_fields_narrow_a_subscription_and_what_does_not_fit_is_passed_over(
    city: Instance, client: TestClient[Any], key: dict[str, str]
) -> None:
    where = [{"field": "update", "comparison": "gte", "value": "5"}]
    wanted = WANTED | {"fields": ["gauge", "update"], "where": where}
    path = f"{ROOT}/{client.post(ROOT, json=wanted, headers=key).json()['subscription']}"
    give(city, [("G1", 1), ("G1", 2)])
    assert ids(client.get(f"{path}/rows", headers=key)) == []
    give(city, [("G1", 5)])
    assert [event["data"] for event in client.get(f"{path}/rows", headers=key).json()] == [{"gauge": "G1", "update": 5}]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"contract": "contract:metro/level"}, 404, "hub.contract_unknown"),
        ({"purpose": "advertising"}, 403, "hub.use_forbidden"),
        ({"fields": ["gauge", "inner"]}, 403, "hub.use_fields"),
        ({"fields": ["nose"]}, 404, "hub.field_unknown"),
        ({"way": "pigeon"}, 400, "subscriptions.value_wrong"),
        ({"per": "month"}, 400, "subscriptions.value_wrong"),
        ({"start": "yesterday"}, 400, "hub.place_unreadable"),
        ({"start": "99.1"}, 400, "subscriptions.place_ahead"),
        ({"way": "push"}, 400, "subscriptions.address_missing"),
        ({"url": "https://city.example/x"}, 400, "subscriptions.address_missing"),
        ({"way": "push", "url": "http://city.example/x"}, 400, "subscriptions.address_wrong"),
        ({"way": "push", "url": "https://a:b@city.example/x"}, 400, "subscriptions.address_wrong"),
        ({"way": "push", "url": "file:///etc/passwd"}, 400, "subscriptions.address_wrong"),
        ({"where": [{"field": "update", "comparison": "gte", "value": "many"}]}, 400, "hub.value_unreadable"),
        ({"where": [{"field": "update", "comparison": "like", "value": "1"}]}, 400, "subscriptions.value_wrong"),
        ({"more": 1}, 400, "edge.request_wrong"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_with_what_to_do(
    client: TestClient[Any], key: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(ROOT, json=WANTED | change, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_steps"]
    assert client.get(ROOT, headers=key).json() == {"subscriptions": []}


def test_a_subscription_is_seen_and_ended_by_its_system_alone(
    city: Instance, client: TestClient[Any], key: dict[str, str]
) -> None:
    wanted = WANTED | {"way": "push", "url": "http://127.0.0.1:9/x"}
    made = client.post(ROOT, json=wanted, headers=key).json()
    path = f"{ROOT}/{made['subscription']}"
    assert len(made["secret"]) == 43
    assert "secret" not in client.get(path, headers=key).json()
    foreign = key_of(city, STRANGER)
    for answer in (
        client.get(path, headers=foreign), client.delete(path, headers=foreign),
        client.get(f"{path}/rows", headers=foreign), client.post(f"{path}/resume", headers=foreign),
        client.post(f"{path}/ack", json={"place": "0.0"}, headers=foreign),
    ):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "subscriptions.unknown")
    assert client.get(f"{path}/rows", headers=key).json()["code"] == "subscriptions.way_wrong"
    assert client.delete(path, headers=key).json()["state"] == "ended"
    assert client.post(f"{path}/ack", json={"place": "0.0"}, headers=key).status_code == 409


def test_a_closed_grant_stops_a_pull(city: Instance, client: TestClient[Any], key: dict[str, str]) -> None:
    path = f"{ROOT}/{client.post(ROOT, json=WANTED, headers=key).json()['subscription']}"
    close_grant(city)
    answer = client.get(f"{path}/rows", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (403, "hub.use_no_grant")


class Stream:
    """An open stream, read in a thread of its own."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.events: list[dict[str, str]] = []
        self.status = 0
        self.ended_at: float | None = None
        self._given = (f"http://127.0.0.1:{port}{path}", headers)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(httpx.RemoteProtocolError):  # the server goes away at the end of a test
            self._follow()
        self.ended_at = time.monotonic()

    def _follow(self) -> None:
        url, headers = self._given
        with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            self.status = answer.status_code
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if not line and "data" in event:
                    self.events.append(event)
                if not line:
                    event = {}
                name, _, value = line.partition(": ")
                if name:
                    event[name] = value

    def until(self, true: Any, seconds: float = 10) -> bool:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not true():
            time.sleep(0.02)
        return bool(true())


@pytest.fixture
def port(city: Instance) -> Iterator[int]:
    with serving(city.settings) as served:
        yield served.port


def test_a_stream_brings_rows_as_they_come_and_resumes_after_the_last_it_brought(
    city: Instance, port: int, key: dict[str, str]
) -> None:
    wanted = WANTED | {"way": "stream"}
    made = httpx.post(f"http://127.0.0.1:{port}{ROOT}", json=wanted, headers=key).json()
    path = f"{ROOT}/{made['subscription']}/stream"
    first = Stream(port, path, key)
    assert first.until(lambda: first.status == 200)
    give(city, [("G1", 1), ("G2", 1)])
    begun = time.monotonic()
    assert first.until(lambda: len(first.events) == 2), (first.status, first.events, first.ended_at)
    assert time.monotonic() - begun < 2
    assert [event["id"] for event in first.events] == ["1.1", "1.2"]
    assert json.loads(first.events[0]["data"])["data"]["gauge"] == "G1"
    give(city, [("G3", 1)])
    again = Stream(port, path, key | {"last-event-id": "1.1"})
    assert again.until(lambda: len(again.events) == 2)
    assert [event["id"] for event in again.events] == ["1.2", "2.1"]


def test_a_closed_grant_ends_an_open_stream_within_a_second_with_the_reason(
    city: Instance, port: int, key: dict[str, str]
) -> None:
    wanted = WANTED | {"way": "stream"}
    made = httpx.post(f"http://127.0.0.1:{port}{ROOT}", json=wanted, headers=key).json()
    path = f"{ROOT}/{made['subscription']}/stream"
    held = Stream(port, path, key)
    assert held.until(lambda: held.status == 200)
    give(city, [("G1", 1)])
    assert held.until(lambda: len(held.events) == 1)
    closed = time.monotonic()
    close_grant(city)
    assert held.until(lambda: held.ended_at is not None)
    assert held.ended_at is not None
    assert held.ended_at - closed < 1
    assert held.events[-1]["event"] == "revoked"
    assert json.loads(held.events[-1]["data"])["code"] == "hub.use_no_grant"
    refused = httpx.get(f"http://127.0.0.1:{port}{path}", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "hub.use_no_grant")
