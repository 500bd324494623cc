"""Pages that watch over releases: subscriptions with what waits, statements, use; each side sees its own."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.hub import grants, statements, usage
from citybrain.hub.question import Question
from citybrain.hub.subscriptions import standing
from citybrain.hub.subscriptions.standing import Subscription, SubscriptionOrder
from citybrain.kernel.ids import new_id
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http import subscribing
from tests.http.subscribing import GRANT, LEVELS, USER, give, subscribing_city

HERE = "/console/subscriptions"
OFFICER = (
    "\n  - {post: data_user, name: {zh: 用数专员, en: data user}, may: [request_data],\n"
    "     held_by: [{person: gu, name: {zh: 顾专员, en: Gu}, demo: true}]}\n"
)


@pytest.fixture
def city(instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """A city whose government may use the levels of the metro's gauges, with somebody who looks after it."""
    government = (subscribing.TINY / "departments" / "government.yaml").read_text(encoding="utf-8").rstrip() + OFFICER
    monkeypatch.setitem(subscribing._FILES, "departments/government.yaml", government)
    return subscribing_city(instance, tmp_path / "city")


@pytest.fixture
def people(city: Instance, client: TestClient[Any]):
    class People:
        def open(self, person: str, path: str) -> tuple[int, str]:
            answer = client.get(path, headers={"cookie": f"{COOKIE}={sign_in(city, person)}", "accept": "text/html"})
            return answer.status_code, answer.text

        def send(self, person: str, path: str, **data: str) -> tuple[int, str]:
            secret = sign_in(city, person)
            csrf = viewer_in(city, {COOKIE: secret}).csrf
            answer = client.post(
                path, data=data | {"csrf": csrf}, headers={"cookie": f"{COOKIE}={secret}", "accept": "text/html"},
                follow_redirects=False,
            )  # fmt: skip
            return answer.status_code, answer.text

    return People()


def subscribe(city: Instance, url: str | None = None) -> Subscription:
    order = SubscriptionOrder(
        USER, LEVELS, "operation", way="push" if url else "pull", url=url, start=standing.BEGINNING
    )
    with city.database.transaction() as connection:
        return standing.open_one(connection, city.city_now(), order, city.clock, new_id)


def now(city: Instance, subscription: Subscription) -> Subscription:
    with city.database.reading() as connection:
        return standing.one(connection, subscription.id)


def test_what_waits_for_a_subscription_is_seen_by_its_user_its_provider_and_the_hub_alone(
    city: Instance, people
) -> None:
    give(city, [("G1", 1), ("G2", 1)])
    give(city, [("G1", 2)])
    one = subscribe(city, "https://desk.example/rows")
    for person, path in (("gu", HERE), ("zhou", f"{HERE}?role=provider"), ("lin", HERE)):
        status, page = people.open(person, path)
        assert status == 200
        assert f"{HERE}/{one.id}" in page, person
        assert re.search(r'<td class="r nw">3</td>', page), person
        assert "正常" in page
    assert str(one.id) not in people.open("zhou", f"{HERE}?role=user")[1]
    assert "https://desk.example/rows" in people.open("gu", f"{HERE}/{one.id}")[1]
    assert "https://desk.example/rows" not in people.open("zhou", f"{HERE}/{one.id}")[1]
    with city.database.transaction() as connection:
        standing.put_place(connection, one, standing.Place(standing.head(connection), 1), city.clock)
    assert re.search(r'<td class="r nw">1</td>', people.open("gu", HERE)[1])


def test_a_subscription_in_trouble_stands_first_and_says_why(city: Instance, people) -> None:
    well, failing, stopped = (subscribe(city, f"https://{name}.example/rows") for name in "abc")
    with city.database.transaction() as connection:
        connection.execute(
            "UPDATE hub_subscription SET failures = 3, failure = 'http 503', next_try_at = %s WHERE id = %s",
            [city.clock.now() + timedelta(minutes=1), failing.id],
        )
        standing.suspend(connection, stopped, "hub.use_no_grant", city.clock, new_id)
    page = people.open("gu", HERE)[1]
    places = [page.index(str(one.id)) for one in (stopped, failing, well)]
    assert places == sorted(places)
    for said in ("已停送", "重试中，失败 3 次", "接收方返回 503", "有问题 2"):
        assert said in page, said
    trouble = people.open("gu", f"{HERE}?kind=trouble")[1]
    assert (str(failing.id) in trouble, str(well.id) in trouble) == (True, False)


def test_its_user_pauses_resumes_and_sets_it_back_and_nobody_else(city: Instance, people) -> None:
    give(city, [("G1", 1), ("G1", 2)])
    one = subscribe(city, "https://desk.example/rows")
    where = f"{HERE}/{one.id}/act"
    assert people.send("zhou", where, act="pause")[0] == 404
    assert people.send("gu", where, act="dance")[0] == 404
    assert people.send("gu", where, act="pause")[0] == 303
    assert (now(city, one).state, now(city, one).failure) == ("suspended", "paused")
    assert "人工暂停" in people.open("gu", f"{HERE}/{one.id}")[1]
    assert people.send("gu", where, act="resume")[0] == 303
    assert now(city, one).state == "active"
    with city.database.transaction() as connection:
        standing.put_place(connection, one, standing.Place(standing.head(connection), standing.LAST_ROW), city.clock)
    today = city.clock.now().astimezone(city.city_now().zone).date()
    status, page = people.send("gu", where, act="replay", day="soon")
    assert (status, 'id="day-error"' in page) == (422, True)
    assert people.send("gu", where, act="replay", day=(today + timedelta(days=2)).isoformat())[0] == 303
    assert now(city, one).place.row == standing.LAST_ROW  # never forward, and nothing arrived after that day
    assert people.send("gu", where, act="replay", day=today.isoformat())[0] == 303
    assert now(city, one).place == standing.BEGINNING
    with city.database.reading() as connection:
        acts = {
            act for (act,) in connection.execute("SELECT act FROM evidence_entry WHERE subject = %s", [str(one.id)])
        }
    assert {"hub:subscription:paused", "hub:subscription:resumed", "hub:subscription:replayed"} <= acts


@pytest.mark.parametrize("court", ["metro", "government"])
def test_who_runs_the_hub_stops_no_subscription_of_a_court_or_to_its_data(
    city: Instance, people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, court: str
) -> None:
    one = subscribe(city, "https://desk.example/rows")
    assert people.send("lin", f"{HERE}/{one.id}/act", act="pause")[0] == 303
    assert people.send("lin", f"{HERE}/{one.id}/act", act="resume")[0] == 303
    file = f"departments/{court}.yaml"
    text = subscribing._FILES.get(file) or (subscribing.TINY / file).read_text(encoding="utf-8")
    monkeypatch.setitem(subscribing._FILES, file, text.replace("phone:", "profile: judicial\nphone:", 1))
    if court == "metro":  # what a court provides is granted by itself, not in files
        base = "{grant: %s, from: contract:base/divisions, to: dept:government, purpose: operation, fields: [name],\n"
        base += " basis: {law: hangzhou-2021/13, text: {zh: 必要, en: necessary}}, until: 2099-12-31}\n"
        monkeypatch.setitem(subscribing._FILES, "grants/levels.yaml", base % GRANT)
        monkeypatch.setitem(subscribing._FILES, "grants/government-uses-metro-flow.yaml", base % "other")
    subscribing_city(city, tmp_path / "court")
    assert people.send("lin", f"{HERE}/{one.id}/act", act="pause")[0] == 404
    assert now(city, one).state == "active"
    assert 'value="pause"' not in people.open("lin", f"{HERE}/{one.id}")[1]
    assert people.send("gu", f"{HERE}/{one.id}/act", act="pause")[0] == 303


def test_it_is_not_taken_up_again_without_a_grant(city: Instance, people) -> None:
    one = subscribe(city, "https://desk.example/rows")
    people.send("gu", f"{HERE}/{one.id}/act", act="pause")
    with city.database.transaction() as connection:
        grants.close(connection, GRANT, "zhou", "用途已结束", city.clock, new_id)
    status, page = people.send("gu", f"{HERE}/{one.id}/act", act="resume")
    assert (status, now(city, one).state) == (422, "suspended")
    assert 'role="alert"' in page


@pytest.fixture
def day(city: Instance) -> Any:
    """Keep the statement of a day with deliveries and releases."""
    give(city, [("G1", 1), ("G2", 1)])
    give(city, [("G1", 2)])
    for _ in range(2):
        city.releaser.release(Question(LEVELS, "operation"), USER)
    today = city.clock.now().astimezone(city.city_now().zone).date()
    with city.database.transaction() as connection:
        statements.keep(connection, city.city_now(), today, city.clock, new_id)
    return today


def test_a_statement_adds_up_and_its_csv_has_the_same_figures(city: Instance, people, day: Any) -> None:
    for person, sees in (("gu", 1), ("zhou", 2), ("lin", 2)):
        status, page = people.open(person, "/console/statements")
        assert (status, str(day) in page, "相符" in page) == (200, True, True)
        text = people.open(person, f"/console/statements.csv?day={day}")[1]
        lines = [line for line in csv.DictReader(io.StringIO(text)) if line["contract"] == LEVELS]
        assert len(lines) == sees, person
        used = next(line for line in lines if line["consumer"])
        assert (used["releases"], used["rows"]) == ("2", "6")
        assert all(
            int(line["received"]) == int(line["accepted"]) + int(line["set_aside"]) for line in lines
        )  # fmt: skip
    assert "3 = 3 + 0" in people.open("zhou", "/console/statements")[1]
    assert people.open("lin", "/console/statements?day=soon")[0] == 400
    assert people.open("lin", "/console/statements?day=2020-01-01")[0] == 200


def test_a_book_that_was_changed_later_stands_first_among_the_differences(city: Instance, people, day: Any) -> None:
    with city.database.transaction() as connection:
        connection.execute("UPDATE hub_release SET rows = rows + 1")
    page = people.open("gu", f"/console/statements?day={day}")[1]
    assert "1 处不符" in page
    assert re.search(r'<td class="r">6</td><td class="r">8</td>', page)
    with city.database.transaction() as connection:
        connection.execute("UPDATE hub_statement SET rows = 8 WHERE consumer IS NOT NULL")
    assert "与存证不符" in people.open("gu", f"/console/statements?day={day}")[1]


def test_use_is_counted_once_whether_a_statement_was_kept_or_not(city: Instance, people, day: Any) -> None:
    def used(page: str) -> tuple[str, str]:
        found = re.search(r"60 天共使用 ([0-9,]+) 次、([0-9,]+) 行", page)
        assert found
        return found[1], found[2]

    for person, path in (("gu", ""), ("zhou", "?role=provider"), ("lin", "")):
        assert used(people.open(person, f"/console/usage{path}")[1]) == ("2", "6"), person
    with city.database.transaction() as connection:
        connection.execute("DELETE FROM hub_statement; DELETE FROM hub_statement_day")
    assert used(people.open("gu", "/console/usage")[1]) == ("2", "6")
    assert "还没有到期的成效反馈" in people.open("gu", "/console/usage")[1]


def test_a_grant_nobody_uses_is_told_to_both_sides_with_its_fields(city: Instance, people) -> None:
    with city.database.transaction() as connection:
        connection.execute("UPDATE hub_grant SET starts_at = starts_at - interval '90 days'")
    for person, path in (("gu", ""), ("zhou", "?role=provider")):
        page = people.open(person, f"/console/usage{path}")[1]
        assert (GRANT in page, "从未使用" in page) == (True, True), person
    city.releaser.release(Question(LEVELS, "operation", ("gauge", "at")), USER)
    assert re.search("1 个字段没用过.*?update", people.open("gu", "/console/usage")[1], re.DOTALL)


def test_many_grants_nobody_uses_come_in_pages_that_hold_every_one_once(city: Instance, people) -> None:
    long_ago = city.clock.now() - timedelta(days=90)
    with city.database.transaction() as connection:
        for number in range(60):
            order = grants.GrantOrder(
                f"g{number}", LEVELS, "dept:government", "operation", {}, ("gauge",), long_ago,
                city.clock.now() + timedelta(days=90),
            )  # fmt: skip
            grants.make(connection, order, "zhou", long_ago, new_id)
    since = city.clock.now() - usage.QUIET
    with city.database.reading() as connection:
        every = usage.unused(connection, since, things=[LEVELS])
        parts = [usage.unused_page(connection, since, 25, start, things=[LEVELS]) for start in (0, 25, 50, 75)]
    assert [idle for found, _ in parts for idle in found] == every
    assert {total for _, total in parts} == {len(every)} == {60}
    assert [idle.grant.name for idle in every] == sorted(f"g{number}" for number in range(60))
    pages = [people.open("zhou", f"/console/usage?role=provider&page={page}")[1] for page in (1, 2)]
    shown = [re.findall(r'<a class="mono" href="/console/grants/(g[0-9]+)">', page) for page in pages]
    assert [len(names) for names in shown] == [50, 10]
    assert shown[0] + shown[1] == [idle.grant.name for idle in every]
