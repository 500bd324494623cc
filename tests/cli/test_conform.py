"""A department tests its own system before its service goes live: every point by name, exit 1 where one fails."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from citybrain.blueprint.apply import apply
from citybrain.blueprint.load import load
from citybrain.cli.main import main
from citybrain.hub.calls.conformance import last_reports
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from tests.http.permits import OPENAPI, SERVICE, write_city
from tests.http.provider import Provider, providing

ELSEWHERE = "tested_elsewhere: {zh: 测试, en: test}\n"
PLACE = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}, "example": "P1"}
ANSWER = {"type": "object", "required": ["permit_no"], "properties": {"permit_no": {"type": "string"}}}
GET = {
    "operationId": "findPermit", "parameters": [PLACE],
    "responses": {"200": {"description": "one", "content": {"application/json": {"schema": ANSWER}}}},
}  # fmt: skip


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def city(database: Database, database_url: str, provider: Provider, tmp_path: Path, monkeypatch: Any) -> Database:
    start = SERVICE.partition("  scan:")[0].replace("status: running", "status: trial").replace(ELSEWHERE, "")
    folder = write_city(tmp_path / "city", provider.url, service=start)
    (folder / "grants" / "clinic-calls.yaml").unlink()
    described = {**OPENAPI, "paths": {"/permits/{number}": {"get": GET}}}
    (folder / "services/permits/lookup.openapi.json").write_text(json.dumps(described))
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    with database.transaction() as connection:
        apply(connection, loaded, "test", SystemClock(), new_id)
    monkeypatch.setenv("CITYBRAIN_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYBRAIN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return database


def run(*more: str) -> tuple[int, dict[tuple[str, str], str]]:
    result = CliRunner().invoke(main, ["conform", "permits/lookup", "--json", *more])
    told = json.loads(result.stdout)
    return result.exit_code, {(item["operation"], item["point"]): item["result"] for item in told["points"]}


def test_a_system_that_keeps_its_promises_passes(city: Database, provider: Provider) -> None:
    provider.lost = True
    code, points = run()
    assert code == 0, points
    assert set(points.values()) == {"passed", "advised"}
    assert points["findPermit", "signature"] == "advised"  # it takes what the hub has not signed
    with city.reading() as connection:
        assert last_reports(connection)["service:permits/lookup"].passed


def test_each_broken_promise_is_a_point_that_fails(city: Database, provider: Provider) -> None:
    provider.answer = {"holder": 5}
    code, points = run()
    assert code == 1
    failed = {point for (_, point), result in points.items() if result == "failed"}
    assert failed == {"schema", "fields", "error_shape"}
    with city.reading() as connection:
        assert not last_reports(connection)["service:permits/lookup"].passed


def test_a_system_that_is_slow_or_away_fails(city: Database, provider: Provider) -> None:
    provider.pause_s = 1.2
    assert run()[1]["findPermit", "in_time"] == "failed"
    code, points = run("--url", "http://127.0.0.1:9")
    assert (code, points["findPermit", "answers"]) == (1, "failed")


def go_live(tmp_path: Path, *, elsewhere: str = "") -> tuple[int, Any]:
    """Set the service running in its file, and apply."""
    file = tmp_path / "city/services/permits/lookup.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("status: trial", f"status: running\n{elsewhere}"))
    planned = CliRunner().invoke(main, ["plan", str(tmp_path / "city")])
    applied = CliRunner().invoke(main, ["apply", str(tmp_path / "city")])
    assert planned.exit_code == applied.exit_code, "a plan says what an apply would refuse"
    return applied.exit_code, applied.output


def test_a_service_goes_live_after_its_test_was_passed(city: Database, provider: Provider, tmp_path: Path) -> None:
    provider.lost = True
    assert run()[0] == 0
    code, said = go_live(tmp_path)
    assert code == 0, said


def test_an_untested_service_stays_on_trial_and_is_told_what_to_do(city: Database, tmp_path: Path) -> None:
    code, said = go_live(tmp_path)
    assert code != 0
    assert "服务还没有做一致性测试" in said
    assert "citybrain conform permits/lookup" in said


def test_a_service_that_failed_its_test_stays_on_trial(city: Database, provider: Provider, tmp_path: Path) -> None:
    provider.answer = {"holder": 5}
    assert run()[0] == 1
    code, said = go_live(tmp_path)
    assert code != 0
    assert "服务没有通过一致性测试" in said


def test_a_service_tested_elsewhere_says_where(city: Database, tmp_path: Path) -> None:
    code, said = go_live(tmp_path, elsewhere=ELSEWHERE)
    assert code == 0, said


def rewrite(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("lookup.yaml", "timeout: 1s", "timeout: 9s"),
        ("lookup.yaml", "url: http", "url: http://127.0.0.1:9/?was=http"),
        ("lookup.yaml", "{name: permit_no,", "{name: permit_no, key: licence,"),
        ("lookup.openapi.json", "permit_no", "licence_no"),
    ],
)
def test_a_report_of_another_description_lets_no_service_go_live(
    city: Database, provider: Provider, tmp_path: Path, file: str, before: str, after: str
) -> None:
    provider.lost = True
    assert run()[0] == 0
    rewrite(tmp_path / "city/services/permits" / file, before, after)
    code, said = go_live(tmp_path)
    assert code != 0
    assert "测试报告不是这份服务说明的" in said


def test_a_running_service_is_tested_anew_before_it_runs_as_something_else(
    city: Database, provider: Provider, tmp_path: Path
) -> None:
    provider.lost = True
    assert run()[0] == 0
    assert go_live(tmp_path)[0] == 0
    service = tmp_path / "city/services/permits/lookup.yaml"
    rewrite(service, "permit lookup", "licence lookup")
    rewrite(service, "grade: 3, kind: phone", "grade: 4, kind: phone")
    assert go_live(tmp_path)[0] == 0, "what people call it, and how the hub covers it, was not tested"
    rewrite(service, "timeout: 1s", "timeout: 2s")
    code, said = go_live(tmp_path)
    assert code != 0
    assert "测试报告不是这份服务说明的" in said
    rewrite(service, "status: running", "status: trial")
    assert CliRunner().invoke(main, ["apply", str(tmp_path / "city")]).exit_code == 0
    assert run()[0] == 0
    assert go_live(tmp_path)[0] == 0


def test_a_report_from_before_descriptions_were_kept_counts_for_none(
    city: Database, provider: Provider, tmp_path: Path
) -> None:
    provider.lost = True
    assert run()[0] == 0
    with city.transaction() as connection:
        connection.execute("UPDATE hub_conformance SET described = NULL")
    assert go_live(tmp_path)[0] != 0
