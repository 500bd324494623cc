"""A service is called through the hub under a grant only: per operation and field, masked, in evidence, in its time."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import credentials, grants
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from tests.http.permits import GRANT, write_city
from tests.http.provider import Provider, providing
from tests.http.serving import serving

BASE = "/r1/tiny/GOV/permits/register/lookup"
PERMITS = "service:permits/lookup"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def offered(instance: Instance, tmp_path: Path, provider: Provider) -> Instance:
    """An instance whose city offers the service."""
    loaded = load(write_city(tmp_path / "city", provider.url))
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    return instance


def key(instance: Instance, system: str) -> dict[str, str]:
    with instance.database.transaction() as connection:
        secret = credentials.issue(connection, instance.city_now(), system, "t", "t", instance.clock, new_id)[1]
    return {"authorization": f"Bearer {secret}", "x-citybrain-purpose": "operation"}


@pytest.fixture
def desk(offered: Instance) -> dict[str, str]:
    return key(offered, "system:clinic/desk")


def acts(instance: Instance) -> list[tuple[str, dict[str, Any]]]:
    with instance.database.reading() as connection:
        rows = connection.execute("SELECT act, body FROM evidence_entry WHERE act LIKE 'hub:call:%' ORDER BY at")
        return [(act, json.loads(body)["facts"]) for act, body in rows.fetchall()]


def count(instance: Instance, sql: str) -> int:
    with instance.database.reading() as connection:
        row = connection.execute(sql).fetchone()  # type: ignore[call-overload]
        return int(row[0])


def test_a_granted_call_leaves_cut_and_masked_and_stands_in_evidence(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = desk | {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    answer = client.get(f"{BASE}/permits/P1?deep=1", headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"permit_no", "holder", "idNumber", "valid_until", "site"}
    assert told["holder"] == "王**"
    assert told["idNumber"].startswith("tk1_")
    assert told["site"] == {"valid_until": "2026-12-01"}  # what no field names stays behind, at any depth
    assert answer.headers["x-citybrain-masked"] == "holder=partial, id_number=token"

    method, path, asked, _ = provider.asked[0]
    assert (method, path) == ("GET", "/permits/P1?deep=1")
    assert asked["traceparent"].startswith(f"00-{trace}-")
    assert asked["x-citybrain-consumer"] == "system:clinic/desk"
    assert "authorization" not in asked  # the consumer's key never reaches the provider

    ((act, facts),) = acts(offered)
    assert act == "hub:call:answered"
    assert facts["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert facts["status"] == 200
    assert facts["trace"] == trace
    assert "13812340073" not in json.dumps(facts)
    assert count(offered, "SELECT count(*) FROM hub_release WHERE channel = 'call'") == 1
    assert count(offered, "SELECT count(*) FROM hub_call WHERE state = 'answered'") == 1


def test_what_is_not_granted_is_not_called_and_the_answer_says_what_to_apply_for(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    act = client.post(f"{BASE}/permits", headers=desk, json={})
    assert (act.status_code, act.json()["code"]) == (403, "hub.use_fields")
    assert act.json()["params"]["fields"] == ["newPermit"]
    stranger = client.get(f"{BASE}/permits/P1", headers=key(offered, "system:metro/afc"))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "hub.use_no_grant")
    other = client.get(f"{BASE}/permits/P1", headers=desk | {"x-citybrain-purpose": "emergency"})
    assert other.status_code == 403
    assert client.get(f"{BASE}/permits/P1", headers={}).status_code == 401
    assert client.get(f"{BASE}/hidden", headers=desk).status_code == 404  # described, but not on offer
    assert client.get(f"{BASE}/permits/%2e%2e", headers=desk).status_code == 400
    assert client.get("/r1/tiny/GOV/permits/-/lookup/permits/P1", headers=desk).status_code == 404
    assert provider.asked == []
    assert [name for name, _ in acts(offered)] == ["hub:call:refused"] * 3


def test_a_grant_closed_while_the_provider_answers_lets_nothing_out(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    def close() -> None:
        with offered.database.transaction() as connection:
            grants.close(connection, "clinic-calls-permits", "xu", "不再需要", offered.clock, new_id)

    provider.during = close
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (403, "calls.withheld")
    assert "P1" not in answer.text
    assert [name for name, _ in acts(offered)] == ["hub:call:withheld"]
    assert count(offered, "SELECT count(*) FROM hub_release") == 0


def test_a_grant_narrowed_while_the_provider_answers_narrows_the_answer(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider, tmp_path: Path
) -> None:
    def narrow() -> None:
        less = GRANT.replace("holder, id_number, ", "")
        folder = write_city(tmp_path / "less", provider.url, grant=less)
        with offered.database.transaction() as connection:
            apply(connection, load(folder), "test", offered.clock, new_id)

    provider.during = narrow
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert answer.status_code == 200
    assert set(answer.json()) == {"permit_no", "valid_until", "site"}


def test_a_provider_that_says_no_is_heard_but_not_quoted(
    client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    provider.status, provider.answer = 404, {"detail": "王小明 没有许可"}
    answer = client.get(f"{BASE}/permits/P9", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (404, "calls.provider_refused")
    assert "王小明" not in answer.text


def test_an_answer_in_a_form_nobody_agreed_to_does_not_leave(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    for media, body in (("text/html", b"<p>13812340073</p>"), ("application/json", b"{broken")):
        provider.media, provider.answer = media, body
        answer = client.get(f"{BASE}/permits/P1", headers=desk)
        assert (answer.status_code, answer.json()["code"]) == (503, "calls.unreadable")
    assert [name for name, _ in acts(offered)] == ["hub:call:failed"] * 2
    declared = client.get(f"{BASE}/permits/P1/scan", headers=desk)
    assert (declared.status_code, declared.content) == (200, b"%PDF")


def test_lines_of_json_are_cut_line_by_line(client: TestClient, desk: dict[str, str], provider: Provider) -> None:
    lines = [{"permit_no": f"P{place}", "holder": "王小明", "phone": "13812340073"} for place in range(1200)]
    provider.media, provider.answer = "application/x-ndjson", "\n".join(map(json.dumps, lines)).encode()
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert told == [{"permit_no": f"P{place}", "holder": "王**"} for place in range(1200)]


def test_calls_beyond_the_quota_wait_for_the_next_minute(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    with offered.database.transaction() as connection:
        for ahead in (0, 1):
            connection.execute(
                "INSERT INTO hub_call_minute VALUES (%s, 'system:clinic/desk',"
                " date_trunc('minute', now()) + make_interval(mins => %s), 30)",
                (PERMITS, ahead),
            )
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (429, "calls.too_often")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert provider.asked == []


def test_the_sandbox_answers_with_the_description_s_example_and_leaves_no_trace(
    offered: Instance, client: TestClient, provider: Provider
) -> None:
    headers = key(offered, "system:metro/afc") | {"x-citybrain-sandbox": "1"}
    answer = client.get(f"{BASE}/permits/P1", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"permit_no": "P0"})
    assert answer.headers["x-citybrain-mock"] == "1"
    without = client.get(f"{BASE}/permits/P1/scan", headers=headers)
    assert (without.status_code, without.content) == (200, b"")
    assert client.get(f"{BASE}/permits/P1", headers={"x-citybrain-sandbox": "1"}).status_code == 401
    assert provider.asked == []
    assert acts(offered) == []


def test_the_circuit_opens_after_failures_in_a_row_and_one_call_tries_again(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    provider.status = 500
    for _ in range(2):
        failed = client.get(f"{BASE}/permits/P1", headers=desk)
        assert (failed.status_code, failed.json()["code"]) == (503, "calls.fault")
    opened = client.get(f"{BASE}/permits/P1", headers=desk)  # the third failure
    assert (opened.status_code, opened.json()["code"]) == (503, "calls.circuit_open")
    assert len(provider.asked) == 3
    stopped = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (stopped.status_code, stopped.json()["code"]) == (503, "calls.circuit_open")
    assert 1 <= int(stopped.headers["retry-after"]) <= 30
    assert len(provider.asked) == 3  # it was left alone

    def over() -> None:
        with offered.database.transaction() as connection:
            connection.execute("UPDATE hub_breaker SET open_until = now() - interval '1 second'")

    over()
    assert client.get(f"{BASE}/permits/P1", headers=desk).json()["code"] == "calls.circuit_open"
    assert len(provider.asked) == 4  # it was tried once, and failed again
    over()
    provider.status = 200
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == 200
    assert count(offered, "SELECT failures FROM hub_breaker") == 0


def test_a_slow_provider_is_given_up_and_only_what_may_be_repeated_is_repeated(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    provider.failing = 1
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == 200
    assert len(provider.asked) == 2  # 503, then the answer
    assert acts(offered)[0][1]["attempts"] == 2
    provider.pause_s = 1.4
    late = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (late.status_code, late.json()["code"]) == (503, "calls.timeout")
    assert acts(offered)[1][1]["failure"] == "timeout"


def test_a_provider_that_is_away_is_said_to_be_away(
    offered: Instance, client: TestClient, desk: dict[str, str], tmp_path: Path
) -> None:
    folder = write_city(tmp_path / "away", "http://127.0.0.1:9")
    with offered.database.transaction() as connection:
        apply(connection, load(folder), "test", offered.clock, new_id)
    offered.city.look()
    answer = client.get(f"{BASE}/permits/P1", headers=desk)
    assert (answer.status_code, answer.json()["code"]) == (503, "calls.down")
    assert int(answer.headers["retry-after"]) >= 1


def test_bodies_of_any_size_pass_both_ways_by_digest(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    big = 3 * 1024 * 1024
    provider.large = big
    down = client.get(f"{BASE}/permits/P1/scan", headers=desk)
    assert (down.status_code, len(down.content)) == (200, big)
    provider.large, provider.answer = 0, {}
    sent = bytes(range(256)) * (big // 256)
    up = client.put(f"{BASE}/permits/P1/scan", headers=desk | {"content-type": "application/pdf"}, content=sent)
    assert up.status_code == 200
    assert acts(offered)[1][1]["request_sha256"] == hashlib.sha256(sent).hexdigest()
    assert isinstance(up, httpx.Response)


def test_fifty_megabytes_pass_both_ways_at_flat_memory(
    offered: Instance, desk: dict[str, str], provider: Provider, settings: Settings
) -> None:
    big = 50 * 1024 * 1024
    with serving(settings) as served:
        assert served.ask("GET", f"{BASE}/permits/P1", None, desk)[0] == 200
        before = served.peak_bytes()
        provider.large = big
        status, body = served.ask("GET", f"{BASE}/permits/P1/scan", None, desk)
        assert (status, len(body)) == (200, big)
        provider.large, provider.answer = 0, {}
        sent = bytes(big)
        assert served.ask("PUT", f"{BASE}/permits/P1/scan", sent, desk)[0] == 200
        assert served.peak_bytes() - before < 32 * 1024 * 1024
    assert acts(offered)[-1][1]["request_sha256"] == hashlib.sha256(sent).hexdigest()


def test_the_console_shows_how_services_stand_and_what_they_replace(
    offered: Instance, client: TestClient, desk: dict[str, str], provider: Provider
) -> None:
    assert client.get(f"{BASE}/permits/P1", headers=desk).status_code == 200
    provider.status = 500
    for _ in range(3):
        client.get(f"{BASE}/permits/P1", headers=desk)
    assert client.get("/console/services", follow_redirects=False).status_code in {303, 401}
    assert client.post("/login", data={"persona": "xu"}, follow_redirects=False).status_code == 303
    page = client.get("/console/services")
    assert page.status_code == 200, page.text
    for told in ("许可查询", BASE, "熔断至", "未测试", "老接口", "并行", "2027-03-31", "4 / 30 次"):
        assert told in page.text, told
