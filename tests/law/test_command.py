"""``citybrain law`` tells what holds now, in words and as JSON, and fails when something is broken."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.lawful import check_laws_if_due
from citybrain.blueprint.load import load
from citybrain.cli import main
from citybrain.governance.compliance import STATUSES
from citybrain.kernel.clock import SetClock, SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from tests.law.conftest import CITIES


@pytest.fixture
def running(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """Point the command line at a tiny city without a web process."""
    for variable in [item for item in os.environ if item.startswith("CITYBRAIN_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("CITYBRAIN_DATABASE_URL", database_url)
    monkeypatch.setenv("CITYBRAIN_HOME", str(tmp_path))
    monkeypatch.setenv("CITYBRAIN_PORT", "1")
    monkeypatch.chdir(tmp_path)
    instance = Instance(Settings(), SystemClock(), new_id)
    with instance.database.transaction() as connection:
        apply(connection, load(CITIES / "tiny"), "test", instance.clock, new_id, reason="test")
    instance.city.look()
    yield instance
    instance.close()


def _law(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["law", *arguments])


def test_the_command_lists_every_row_of_both_laws_as_json(running: Instance) -> None:
    result = _law("--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert len(found) == 88 + 65
    for row in found:
        assert {"id", "law", "article", "status", "checked_at", "evidence"} <= set(row)
        assert row["status"] in STATUSES
        assert bool(row["checked_at"]) == bool(row["checks"])
        assert row["evidence"] or row["status"] == "not_yet"
    holding = [row for row in found if row["status"] == "holds"]
    assert len(holding) >= 30
    assert {row["law"] for row in holding} == {"hangzhou-2021", "nanjing-2025"}


def test_the_command_fails_and_names_the_row_when_a_door_was_broken(running: Instance, database_url: str) -> None:
    assert _law("hangzhou-2021").exit_code == 0
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO system_key (id, system, secret_hash, label, issued_at, issued_by) VALUES"
            " (%s, 'system:nobody/knows', %s, 'back door', now(), 'somebody')", [new_id(), b"x" * 32],
        )  # fmt: skip
    told = _law("hangzhou-2021", "--json")
    assert told.exit_code == 1
    broken = [row for row in json.loads(told.stdout) if row["status"] == "broken"]
    assert [row["id"] for row in broken] == ["HZ-9.2a"]
    assert "system:nobody/knows" in broken[0]["evidence"]
    assert broken[0]["answers"] == "dept:data-bureau"
    said = _law("hangzhou-2021")
    assert said.exit_code == 1
    assert "✗ HZ-9.2a" in said.output
    assert "不成立 1" in said.output


def test_an_unknown_pack_is_wrong_use_with_the_known_ones(running: Instance) -> None:
    result = _law("beijing-2030")
    assert result.exit_code != 0
    assert "hangzhou-2021" in result.output + result.stderr


def test_wishes_are_told_only_when_asked_for_and_are_never_measured(running: Instance) -> None:
    result = _law("wishes", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert len(found) == 82
    assert {row["status"] for row in found} == {"not_yet", "organisational"}


def test_a_round_is_made_every_quarter_of_an_hour_and_not_more_often(running: Instance) -> None:
    clock = SetClock(SystemClock().now())
    running.clock = clock
    first = check_laws_if_due(running)
    assert first is not None
    assert check_laws_if_due(running) is None
    clock.advance(timedelta(minutes=15))
    again = check_laws_if_due(running)
    assert again is not None
    assert again.id != first.id


def test_what_is_broken_is_looked_at_again_within_a_minute(running: Instance) -> None:
    clock = SetClock(SystemClock().now())
    running.clock = clock
    with running.database.transaction() as connection:
        connection.execute(
            "INSERT INTO system_key (id, system, secret_hash, label, issued_at, issued_by) VALUES"
            " (%s, 'system:nobody/knows', %s, 'back door', now(), 'somebody')", [new_id(), b"x" * 32],
        )  # fmt: skip
    first = check_laws_if_due(running)
    assert first is not None
    assert first.count("broken") == 2
    with running.database.transaction() as connection:
        connection.execute("DELETE FROM system_key")
    assert check_laws_if_due(running) is None
    clock.advance(timedelta(seconds=61))
    again = check_laws_if_due(running)
    assert again is not None
    told = {(result.row, result.status) for result in again.results}
    assert told == {("HZ-9.2a", "holds"), ("NJ-7.1c", "holds")}
    assert check_laws_if_due(running) is None
