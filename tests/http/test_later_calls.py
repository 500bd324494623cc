"""An operation that takes long answers later: to a one-time address, handed over under the grant as it then is."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials, grants
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.worker import ready_notices
from tests.http.permits import SERVICE, write_city
from tests.http.provider import PERMIT, Provider, providing

BASE = "/r1/tiny/GOV/permits/register/lookup"
LATER = SERVICE.replace("    title: {zh: 查询许可", "    mode: later\n    title: {zh: 查询许可").replace(
    "quota: 30", "quota: 30\nanswer_within: 2h"
)


@pytest.fixture
def instance(settings: Settings, clock: SetClock) -> Iterator[Instance]:
    made = Instance(settings.model_copy(update={"pool_size": 6}), clock, new_id)
    yield made
    made.close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        made.status, made.answer = 202, b"{}"
        yield made


@pytest.fixture
def offered(instance: Instance, tmp_path: Path, provider: Provider) -> Instance:
    """An instance whose city offers an operation that answers later."""
    loaded = load(write_city(tmp_path / "city", provider.url, service=LATER))
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return instance


@pytest.fixture
def desk(offered: Instance) -> dict[str, str]:
    return key(offered, "system:clinic/desk")


def key(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        secret = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)[1]
    return {"authorization": f"Bearer {secret}", "x-citybrain-purpose": "operation"}


def begun(client: TestClient, desk: dict[str, str], provider: Provider, **more: str) -> tuple[str, str, dict[str, str]]:
    """Call, and return where the consumer looks, where the provider answers, and with which key."""
    answer = client.get(f"{BASE}/permits/P1", headers=desk | more)
    assert answer.status_code == 202, answer.text
    told = provider.asked[-1][2]
    where = told["x-citybrain-answer-to"]
    return answer.headers["location"], "/r1/" + where.partition("/r1/")[2], {
        "authorization": f"Bearer {told['x-citybrain-answer-key']}"
    }  # fmt: skip


def acts(instance: Instance) -> list[str]:
    with instance.database.reading() as connection:
        rows = connection.execute("SELECT act FROM evidence_entry WHERE act LIKE 'hub:call:%' ORDER BY id").fetchall()
    return [row[0] for row in rows]


def test_an_answer_that_comes_later_is_cut_and_masked_when_it_is_fetched(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    waiting = client.get(look, headers=desk)
    assert (waiting.status_code, waiting.json()["state"]) == (202, "waiting")
    assert int(waiting.headers["retry-after"]) > 0

    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 204
    told = client.get(look, headers=desk)
    assert told.status_code == 200, told.text
    assert set(told.json()) == {"permit_no", "holder", "idNumber", "valid_until", "site"}
    assert told.json()["holder"] == "王**"
    again = client.get(look, headers=desk)  # a broken connection costs nothing: it is kept for a day
    assert again.json() == told.json()
    assert acts(offered) == ["hub:call:accepted", "hub:call:arrived", "hub:call:answered", "hub:call:answered"]
    with offered.database.reading() as connection:
        rows = connection.execute("SELECT rows FROM hub_release WHERE channel = 'call'").fetchall()
    assert len(rows) == 2, "each handing over is metered"


def test_only_who_called_may_look_and_only_who_was_asked_may_answer_and_once(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    assert client.get(look, headers=key(offered, "system:metro/afc")).status_code == 404
    assert client.get(look).status_code == 401
    forged = {"authorization": "Bearer cba_forged"}
    assert client.post(answer_to, headers=forged, json=PERMIT).status_code == 401
    assert client.post(answer_to, json=PERMIT).status_code == 401
    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 204
    second = client.post(answer_to, headers=once, json=PERMIT | {"holder": "李四"})
    assert (second.status_code, second.json()["code"]) == (409, "calls.answered_already")
    assert client.get(look, headers=desk).json()["holder"] == "王**"


def test_a_grant_closed_before_the_answer_is_fetched_lets_nothing_out(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 204
    with offered.database.transaction() as connection:
        grants.close(connection, "clinic-calls-permits", "person:xu", "结束", offered.clock, new_id)
    refused = client.get(look, headers=desk)
    assert (refused.status_code, refused.json()["code"]) == (403, "calls.withheld")
    assert "王小明" not in refused.text
    assert acts(offered)[-1] == "hub:call:withheld"


def test_an_answer_that_does_not_come_in_time_is_over(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider, clock: SetClock
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    clock.advance(timedelta(hours=2, seconds=1))
    assert offered.later.sweep() == 1
    late = client.get(look, headers=desk)
    assert (late.status_code, late.json()["code"]) == (404, "calls.never_answered")
    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 409
    assert acts(offered)[-1] == "hub:call:failed"


def test_an_answer_is_kept_for_a_day_and_no_longer(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider, clock: SetClock
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 204
    kept = list((offered.settings.home / "calls").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"
    clock.advance(timedelta(days=1, seconds=1))
    offered.later.sweep()
    assert list((offered.settings.home / "calls").iterdir()) == []
    assert client.get(look, headers=desk).status_code == 404


def test_the_consumer_is_told_by_a_signed_notice_without_data(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    with providing() as consumer:
        look, answer_to, once = begun(
            client, desk, provider, **{"x-citybrain-reply-to": consumer.url + "/ready", "prefer": "respond-async"}
        )
        assert client.post(answer_to, headers=once, json=PERMIT).status_code == 204
        assert ready_notices(offered).run_once() == 1
        method, path, headers, body = consumer.asked[0]
    assert (method, path) == ("POST", "/ready")
    assert json.loads(body) == {"call": look.rpartition("/")[2], "location": look, "state": "arrived"}
    assert "x-citybrain-call" in headers
    assert headers["signature-input"]
    assert "王" not in body.decode()


@pytest.mark.parametrize("url", ["http://10.0.0.8/x", "ftp://127.0.0.1/x", "https://u:p@example.org/", "javascript:1"])
def test_a_notice_goes_to_no_address_that_is_not_safe(
    client: TestClient, desk: dict[str, str], provider: Provider, url: str
) -> None:
    refused = client.get(f"{BASE}/permits/P1", headers=desk | {"x-citybrain-reply-to": url})
    assert (refused.status_code, refused.json()["code"]) == (400, "calls.reply_to_wrong")
    assert provider.asked == []


@pytest.mark.parametrize(("status", "code"), [(400, 400), (503, 503)])
def test_a_provider_that_does_not_take_the_call_is_heard_at_once(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider, status: int, code: int
) -> None:
    provider.status = status
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert answer.status_code == code
    assert "location" not in answer.headers


def test_an_operation_that_answers_at_once_after_all_is_handed_over_at_once(
    client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    provider.status, provider.answer = 200, None
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert answer.status_code == 200
    assert answer.json()["holder"] == "王**"


def test_a_failure_told_later_reaches_the_consumer_without_the_provider_s_words(
    client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    problem: dict[str, Any] = {"title": "王小明 没有许可"}
    headers = once | {"content-type": "application/problem+json"}
    assert client.post(answer_to, headers=headers, content=json.dumps(problem)).status_code == 204
    told = client.get(look, headers=desk)
    assert (told.status_code, told.json()["code"]) == (422, "calls.provider_refused")
    assert "王小明" not in told.text


def used(instance: Instance) -> int:
    with instance.database.reading() as connection:
        row = connection.execute("SELECT uses FROM hub_grant_use WHERE name = 'clinic-calls-permits'").fetchone()
    return int(row[0]) if row else 0


@pytest.fixture
def limited(offered: Instance) -> None:
    """Let the grant be used five times."""
    with offered.database.transaction() as connection:
        connection.execute("UPDATE hub_grant SET most_uses = 5 WHERE name = 'clinic-calls-permits'")


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("status", "uses"), [(200, 1), (400, 1), (503, 0)])
def test_a_call_that_found_its_end_at_once_is_no_late_one_and_takes_no_answer_any_more(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider, clock: SetClock,
    status: int, uses: int,
) -> None:  # fmt: skip
    provider.status, provider.answer = status, None
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == status
    told = provider.asked[-1][2]
    once = {"authorization": f"Bearer {told['x-citybrain-answer-key']}"}
    answer_to = "/r1/" + told["x-citybrain-answer-to"].partition("/r1/")[2]
    assert client.post(answer_to, headers=once, json=PERMIT).status_code == 409
    before = acts(offered)
    clock.advance(timedelta(hours=3))
    assert offered.later.sweep() == 0
    assert acts(offered) == before
    assert used(offered) == uses


@pytest.mark.usefixtures("limited")
def test_each_handing_over_counts_and_a_withheld_one_is_given_back_once(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    look, answer_to, once = begun(client, desk, provider)
    client.post(answer_to, headers=once, json=PERMIT)
    assert [client.get(look, headers=desk).status_code for _ in range(6)] == [200] * 5 + [403]
    with offered.database.transaction() as connection:
        connection.execute("UPDATE hub_grant_use SET uses = 0")
    other, answer_to, once = begun(client, desk, provider)
    client.post(answer_to, headers=once, content=b"<html>")
    assert [client.get(other, headers=desk).status_code for _ in range(3)] == [503] * 3
    assert used(offered) == 0
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == 202, "the circuit is closed as before"


@pytest.mark.usefixtures("offered")
def test_nobody_unknown_makes_the_hub_take_a_body_in(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield bytes(65_536)

    forged = {"authorization": "Bearer cbk_forged", "x-citybrain-purpose": "operation"}
    assert client.put(f"{BASE}/permits/P1/scan", headers=forged, content=endless()).status_code == 401
    nobody = "/r1/calls/0190f3f0-0000-7000-8000-000000000000/answer"
    assert client.post(nobody, headers=forged, content=endless()).status_code == 401


def test_a_notice_goes_to_no_service(client: TestClient, desk: dict[str, str], provider: Provider) -> None:
    there = {"x-citybrain-reply-to": f"{provider.url}/permits/P1/revoke"}
    refused = client.get(f"{BASE}/permits/P1", headers=desk | there)
    assert (refused.status_code, refused.json()["code"]) == (400, "calls.reply_to_wrong")
    assert provider.asked == []
