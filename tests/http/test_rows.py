"""Rows leave under a grant only: its fields, rows and purpose, masked, in evidence; a closed one lets nothing out."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials, emergencies, grants
from citybrain.hub.grants import GrantOrder
from citybrain.hub.question import Question
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import new_id
from tests.http.conftest import TINY

HEALTH = "/api/v1/contracts/people/visits/rows"
VISITS = "contract:people/visits"
NOW = datetime.now(UTC).replace(microsecond=0)
Asked = tuple[int, Any, dict[str, str]]

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: contract:people/visits
version: 1.0.0
status: active
description: {purpose: visits of people}
schema:
  - name: visits
    logicalType: object
    properties:
      - {name: visit, logicalType: string, primaryKey: true}
      - {name: at, logicalType: timestamp, required: true}
      - name: person
        logicalType: string
        customProperties: [{property: grade, value: 3}, {property: kind, value: id_number}]
      - name: phone
        logicalType: string
        customProperties: [{property: grade, value: 3}, {property: kind, value: phone}]
      - {name: district, logicalType: string}
      - {name: days, logicalType: integer}
customProperties:
  - {property: name, value: {zh: 到访, en: visits}}
  - {property: provider, value: dept:people}
  - {property: person, value: wang}
  - {property: basis, value: [{law: hangzhou-2021/13, text: {zh: 依法采集, en: by law}}]}
  - {property: purposes, value: [operation, emergency]}
  - {property: event_time, value: at}
"""
PEOPLE = """
department: people
name: {zh: 人口办, en: People Office}
phone: "0000-2001"
posts:
  - {post: steward, name: {zh: 专员, en: steward}, may: [grant_data, repair_rows],
     held_by: [{person: wang, name: {zh: 王专员, en: Wang}, demo: true}]}
"""
CLINIC = """
department: clinic
name: {zh: 卫健, en: Clinic}
phone: "0000-2002"
division: "330106"
posts:
  - {post: clinic_officer, name: {zh: 卫健专员, en: officer}, may: [request_data],
     held_by: [{person: he, name: {zh: 何专员, en: He}, demo: true}]}
"""
GRANT = """
grant: clinic-uses-visits
from: contract:people/visits
to: dept:clinic
purpose: operation
basis: {law: hangzhou-2021/13, text: {zh: 必要, en: necessary}}
fields: [visit, person, district, days]
rows: "days >= 1"
until: 2099-12-31
"""


@pytest.fixture
def shared(instance: Instance, tmp_path: Path) -> Instance:
    """A city in which one body has visits of people and another may use some of them."""
    folder = tmp_path / "city"
    for file in TINY.rglob("*.yaml"):
        copy = folder / file.relative_to(TINY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    written = {
        "departments/people.yaml": PEOPLE, "departments/clinic.yaml": CLINIC, "grants/clinic.yaml": GRANT,
        "contracts/people/visits.odcs.yaml": CONTRACT,
        "systems/people/register.yaml": "system: people/register\nname: {zh: 登记, en: register}\nowner: dept:people\n"
        "provides: [contract:people/visits]\n",
        "systems/clinic/desk.yaml": "system: clinic/desk\nname: {zh: 诊台, en: desk}\nowner: dept:clinic\n",
        "policies/children.cedar": '@id("no_strangers") @zh("外区数据不得读取") @en("no rows of other districts")\n'
        'forbid (principal, action == Action::"read", resource is Row) '
        "when { resource has district && resource.district != principal.division };",
    }  # fmt: skip
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    city = (folder / "city.yaml").read_text(encoding="utf-8")
    if "emergency:" not in city:
        city = city.replace("purposes:", "purposes:\n  emergency: {zh: 应急, en: emergency}", 1)
    city += '\npeers: {"330100": {zh: 杭州, en: Hangzhou}}\n'
    (folder / "city.yaml").write_text(city, encoding="utf-8")
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return instance


def visit(number: int, **more: Any) -> dict[str, Any]:
    made = {"visit": f"V{number}", "at": (NOW - timedelta(hours=number)).isoformat(), "district": "330106",
            "person": "330106198001010014", "phone": "13812340073", "days": number}  # fmt: skip
    return made | more


@pytest.fixture
def door(shared: Instance, client: TestClient):
    def key(system: str) -> dict[str, str]:
        with shared.database.transaction() as connection:
            secret = credentials.issue(connection, shared.city_now(), system, "t", "t", shared.clock, new_id)[1]
        return {"authorization": f"Bearer {secret}"}

    giving, using = key("system:people/register"), key("system:clinic/desk")

    class Door:
        own, other = giving, using

        def give(self, *rows: dict[str, Any]) -> None:
            body = "\n".join(json.dumps(row) for row in rows)
            headers = giving | {"content-type": "application/x-ndjson"}
            answer = client.post("/api/v1/contracts/people/visits/batches", content=body, headers=headers)
            assert answer.status_code == 201, answer.text

        def ask(self, headers: dict[str, str] | None = None, **params: Any) -> Asked:
            answer = client.get(HEALTH, params=params, headers=headers or using)
            told = dict(answer.headers)
            if answer.status_code != 200:
                return answer.status_code, answer.json(), told
            return 200, [json.loads(line) for line in answer.text.splitlines()], told

    return Door()


def entries(instance: Instance, act: str) -> int:
    with instance.database.reading() as connection:
        row = connection.execute("SELECT count(*) FROM evidence_entry WHERE act = %s", [act]).fetchone()
    return int(row[0]) if row else 0


def test_rows_leave_with_the_fields_and_rows_of_the_grant_masked_and_in_evidence(shared: Instance, door) -> None:
    door.give(visit(0), visit(1), visit(2), visit(3, district="330102"))
    status, rows, headers = door.ask(purpose="operation")
    assert (status, headers["x-citybrain-rows"], headers["x-citybrain-grant"]) == (200, "2", "clinic-uses-visits")
    assert [row["visit"] for row in rows] == ["V1", "V2"]  # days >= 1 by the grant, 330102 kept back by the policy
    assert all(set(row) == {"visit", "person", "district", "days"} for row in rows)
    assert all("19800101" not in row["person"] and row["person"] != "330106198001010014" for row in rows)
    assert headers["x-citybrain-masked"] == "person=partial"
    assert entries(shared, "hub:release:given") == 1
    with shared.database.reading() as connection:
        found = connection.execute("SELECT rows, channel, purpose, department FROM hub_release").fetchone()
    assert found == (2, "query", "operation", "dept:clinic")


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "hub.purpose_missing"),
        ({"purpose": "emergency"}, 403, "hub.use_other_purpose"),
        ({"purpose": "advertising"}, 403, "hub.use_forbidden"),
        ({"purpose": "operation", "fields": "visit,phone"}, 403, "hub.use_fields"),
        ({"purpose": "operation", "fields": "visit,nose"}, 404, "hub.field_unknown"),
        ({"purpose": "operation", "phone": "13812340073"}, 403, "hub.filter_not_granted"),
        ({"purpose": "operation", "person": "330106198001010014"}, 403, "hub.filter_not_granted"),
        ({"purpose": "operation", "days.gte": "many"}, 400, "hub.value_unreadable"),
        ({"purpose": "operation", "days; drop table hub_grant": "1"}, 400, "hub.parameter_unknown"),
        ({"purpose": "operation", "limit": "0"}, 400, "hub.limit_wrong"),
        ({"purpose": "operation", "limit": "9999999"}, 400, "hub.limit_wrong"),
        ({"purpose": "operation", "after": "' or 1=1"}, 400, "hub.place_unreadable"),
        ({"purpose": "operation", "since": "yesterday"}, 400, "hub.value_unreadable"),
        ({"purpose": "operation", "format": "exe"}, 400, "hub.value_unreadable"),
    ],
)
def test_a_question_beyond_the_grant_is_refused_with_what_to_do(
    shared: Instance, door, params: dict[str, str], status: int, code: str
) -> None:
    door.give(visit(1))
    answered, problem, _ = door.ask(**params)
    assert (answered, problem["code"]) == (status, code)
    assert problem["next_steps"]
    assert entries(shared, "hub:release:given") == 0
    assert entries(shared, "hub:release:refused") == (1 if code.startswith("hub.use_") else 0)


def test_a_hostile_value_is_only_ever_a_value(door) -> None:
    door.give(visit(1))
    status, rows, _ = door.ask(purpose="operation", district="330106' OR '1'='1")
    assert (status, rows) == (200, [])


def test_who_has_no_grant_is_told_where_to_apply(shared: Instance, door) -> None:
    status, problem, _ = door.ask(door.own, purpose="operation")
    assert (status, problem["code"]) == (403, "hub.use_no_grant")
    assert "目录" in problem["next_steps"][0]


def test_pages_follow_the_log_and_a_cursor_gives_only_what_is_new(door) -> None:
    door.give(*(visit(number) for number in range(1, 6)))
    door.give(*(visit(number) for number in range(6, 8)))
    seen, after = [], None
    for _ in range(10):
        status, rows, headers = door.ask(purpose="operation", limit=3, **({"after": after} if after else {}))
        assert status == 200
        seen += [row["visit"] for row in rows]
        after = headers["x-citybrain-after"]
        if "link" not in headers:
            break
    assert seen == [f"V{number}" for number in range(1, 8)]
    assert door.ask(purpose="operation", after=after)[1] == []
    door.give(visit(8))
    assert [row["visit"] for row in door.ask(purpose="operation", after=after)[1]] == ["V8"]


def test_conditions_and_times_narrow_the_answer(door) -> None:
    door.give(*(visit(number) for number in range(1, 6)))
    assert [row["days"] for row in door.ask(purpose="operation", **{"days.gte": "2", "days.lt": "4"})[1]] == [2, 3]
    assert [row["days"] for row in door.ask(purpose="operation", **{"visit.in": "V1,V5,V9"})[1]] == [1, 5]
    since = (NOW - timedelta(hours=2, minutes=30)).isoformat()
    assert [row["days"] for row in door.ask(purpose="operation", since=since)[1]] == [1, 2]
    assert door.ask(purpose="operation", fields="days", limit=1)[1] == [{"days": 1}]


def test_a_closed_grant_lets_nothing_out_from_that_moment(shared: Instance, door) -> None:
    door.give(visit(1))
    assert door.ask(purpose="operation")[0] == 200
    with shared.database.transaction() as connection:
        grants.close(connection, "clinic-uses-visits", "wang", "用途已结束", shared.clock, new_id)
    status, problem, _ = door.ask(purpose="operation")
    assert (status, problem["code"]) == (403, "hub.use_no_grant")


def test_a_grant_that_is_being_closed_waits_for_what_is_leaving_and_then_holds_for_nobody(
    shared: Instance, door
) -> None:
    door.give(visit(1))
    released = threading.Semaphore(0)

    def read_on() -> str:
        for _ in range(1_000):
            try:
                shared.releaser.release(Question(VISITS, "operation"), "system:clinic/desk")
            except CityBrainError as error:
                return error.code
            released.release()
        return "never"

    with ThreadPoolExecutor(2) as readers:
        answers = [readers.submit(read_on) for _ in range(2)]
        assert released.acquire(timeout=20)
        with shared.database.transaction() as connection:
            grants.close(connection, "clinic-uses-visits", "wang", "撤回", shared.clock, new_id)
        given = entries(shared, "hub:release:given")
        assert [answer.result(30) for answer in answers] == ["hub.use_no_grant"] * 2
    assert entries(shared, "hub:release:given") == given


def test_an_emergency_grant_holds_while_the_emergency_does_and_not_a_moment_longer(shared: Instance, door) -> None:
    door.give(visit(1))
    clock = SystemClock()
    order = GrantOrder("flood-visits", VISITS, "dept:clinic", "emergency", {"law": "nanjing-2025/13"}, ("visit",),
                       clock.now(), clock.now() + timedelta(days=3), "emergency", emergency="flood")  # fmt: skip
    with shared.database.transaction() as connection:
        grants.make(connection, order, "wang", clock.now(), new_id)
    status, problem, _ = door.ask(purpose="emergency")
    assert (status, problem["code"]) == (403, "hub.use_forbidden")
    with shared.database.transaction() as connection:
        emergencies.declare(connection, "flood", "防汛应急响应", clock.now() + timedelta(days=2), "lin", clock, new_id)
    assert door.ask(purpose="emergency")[1] == [{"visit": "V1"}]
    with shared.database.transaction() as connection:
        assert emergencies.end(connection, "flood", "lin", clock, new_id) == 1
    assert door.ask(purpose="emergency")[1]["code"] == "hub.use_other_purpose"


def test_a_grant_that_is_gone_from_the_files_is_closed_by_the_apply(shared: Instance, door) -> None:
    door.give(visit(1))
    assert door.ask(purpose="operation")[0] == 200
    with shared.database.transaction() as connection:
        apply(connection, load(TINY), "test", shared.clock, new_id)
    with shared.database.reading() as connection:
        (held,) = grants.versions(connection, "clinic-uses-visits")
    assert (held.state, held.close_reason) == ("closed", "undeclared")
