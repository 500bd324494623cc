"""Who uses data reports what it was good for; its provider reads it; who forgets is reminded once by a task."""

import json
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.governance.effects import remind_effects
from citybrain.hub import effects
from citybrain.kernel.clock import SetClock, city_day
from citybrain.kernel.ids import new_id
from tests.http.test_rows import door, entries, shared
from tests.http.test_sharing_pages import people

__all__ = ["door", "people", "shared"]
GRANT, VISITS = "clinic-uses-visits", "contract:people/visits"
WHERE = f"/api/v1/grants/{GRANT}/effects"
FILLED = {
    "used_for": "汛期转移安置时核对到访人员，共核对 420 人次", "effect": "名单核对由 3 天缩短到 2 小时，没有漏报",
    "figures": [{"name": "核对时间", "value": 2, "unit": "小时"}], "saved_steps": 2,
}  # fmt: skip


def today(city: Instance) -> Any:
    return city_day(city.clock.now(), city.city_now().zone)


def later(city: Instance, days: int) -> SetClock:
    """Let days pass."""
    return SetClock(city.clock.now() + timedelta(days=days))


@pytest.fixture
def filed(shared: Instance, client: TestClient[Any], door):
    """File reports over HTTP."""

    def file(headers: dict[str, str] | None = None, **more: Any) -> Any:
        day = today(shared).isoformat()
        body = {"first_day": day, "last_day": day, **FILLED, **more}
        return client.post(WHERE, content=json.dumps(body), headers=headers or door.other)

    return file


def test_a_report_is_kept_in_evidence_and_read_by_both_sides_and_nobody_else(
    shared: Instance, door, filed, client: TestClient[Any]
) -> None:
    answer = filed()
    assert answer.status_code == 201, answer.text
    assert entries(shared, "hub:effect:reported") == 1
    for side in (door.own, door.other):
        (told,) = client.get(WHERE, headers=side).json()["effects"]
        assert {key: told[key] for key in FILLED} == FILLED
    assert filed(door.own).json()["code"] == "effects.not_yours"
    assert client.get("/api/v1/grants/nothing/effects", headers=door.own).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"used_for": "办事"}, 400, "effects.used_for_wrong"),
        ({"effect": " " * 40}, 400, "effects.effect_wrong"),
        ({"saved_steps": -1}, 400, "effects.steps_wrong"),
        ({"figures": [{"name": "", "value": 1}]}, 400, "effects.figures_wrong"),
        ({"figures": [{"name": "x", "value": "many"}]}, 400, "edge.request_wrong"),
        ({"first_day": "2019-01-01"}, 400, "effects.days_wrong"),
        ({"last_day": "2099-01-01"}, 400, "effects.days_wrong"),
        ({"first_day": "soon"}, 400, "hub.value_unreadable"),
    ],
)
def test_a_report_that_says_nothing_is_sent_back_with_what_to_do(
    filed, change: dict[str, Any], status: int, code: str
) -> None:
    answer = filed(**change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_steps"]


def test_a_day_is_reported_once(filed) -> None:
    assert filed().status_code == 201
    again = filed()
    assert (again.status_code, again.json()["code"]) == (409, "effects.reported_before")


def test_who_is_due_gets_one_task_and_after_the_report_none_for_half_a_year(shared: Instance) -> None:
    def reminded(days: int) -> tuple[str, ...]:
        with shared.database.transaction() as connection:
            return remind_effects(connection, shared.city_now(), later(shared, days), new_id)

    def tasks() -> list[tuple[Any, ...]]:
        with shared.database.reading() as connection:
            found = connection.execute("SELECT department, title FROM task WHERE title LIKE %s", [f"%{GRANT}%"])
            return found.fetchall()

    assert GRANT not in reminded(181)
    assert GRANT in reminded(182)
    assert GRANT not in reminded(190)
    ((department, title),) = tasks()
    assert (department, "使用成效" in title, "到访" in title) == ("dept:clinic", True, True)
    day = today(shared)
    with shared.database.transaction() as connection:
        report = effects.EffectReport(
            GRANT, day, day + timedelta(days=190), str(FILLED["used_for"]), str(FILLED["effect"])
        )  # fmt: skip
        effects.report(
            connection, shared.city_now(), report, "dept:clinic", "he", later(shared, 190), new_id
        )  # fmt: skip
    assert GRANT not in reminded(190 + 181)
    assert GRANT in reminded(190 + 182)
    assert len(tasks()) == 2


def test_the_rate_counts_grants_that_should_have_a_report(shared: Instance) -> None:
    def rate(days: int) -> tuple[int, int]:
        clock = later(shared, days)
        with shared.database.reading() as connection:
            found = effects.standing(connection, shared.city_now(), clock.now(), things=[VISITS])
            rate = effects.rate(found, city_day(clock.now(), shared.city_now().zone))
            assert effects.rate_of(connection, shared.city_now(), clock.now(), things=[VISITS]) == rate
            return rate

    assert rate(10) == (0, 0)
    assert rate(182) == (1, 0)
    day = today(shared)
    with shared.database.transaction() as connection:
        report = effects.EffectReport(GRANT, day, day, str(FILLED["used_for"]), str(FILLED["effect"]))
        effects.report(connection, shared.city_now(), report, "dept:clinic", "he", shared.clock, new_id)
    assert rate(10) == (1, 1)
    assert rate(182) == (1, 0)


def test_the_form_on_the_grants_page_keeps_what_was_typed_and_the_report_is_seen_where_the_data_is(
    shared: Instance, people
) -> None:
    page = people.open("he", f"/console/grants/{GRANT}")[1]
    assert "还没有使用成效反馈" in page
    assert f"/console/effects/new?grant={GRANT}" in page
    assert people.open("wang", f"/console/effects/new?grant={GRANT}")[0] == 404
    day = today(shared).isoformat()
    typed = {
        "grant": GRANT, "first_day": day, "last_day": day, "used_for": FILLED["used_for"], "effect": "好",
        "name": ["核对时间", "", ""], "value": ["2", "", ""], "unit": ["小时", "", ""], "saved_steps": "2",
    }  # fmt: skip
    status, page = people.send("he", "/console/effects", typed)
    assert (status, "请写清取得的效果" in page, "420 人次" in page, 'value="核对时间"' in page) == (
        422,
        True,
        True,
        True,
    )
    assert people.send("wang", "/console/effects", typed | {"effect": FILLED["effect"]})[0] == 404
    sent = people.send("he", "/console/effects", typed | {"effect": FILLED["effect"]})
    assert sent == (303, f"/console/grants/{GRANT}")
    for person, where in (
        ("he", f"/console/grants/{GRANT}"), ("wang", f"/console/grants/{GRANT}"),
        ("wang", "/console/contracts/people/visits"), ("lin", f"/console/catalog/{VISITS}"),
    ):  # fmt: skip
        page = people.open(person, where)[1]
        assert "由 3 天缩短到 2 小时" in page, where
        assert "核对时间 2 小时" in page, where
