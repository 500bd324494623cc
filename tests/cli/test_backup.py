"""A backup is one moment of an instance; restored anywhere it is sound, complete, and goes on."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result

from citybrain.blueprint.backup_keys import keep_list
from citybrain.blueprint.instance import Instance
from citybrain.cli.main import main
from citybrain.governance.destroying import destroy
from citybrain.hub.destruction.carrying import Order
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings

TINY = Path(__file__).parents[2] / "cities" / "tiny"
FLOW = "contract:metro/flow_15min"
Run = Callable[..., Result]


def at(home: Path, url: str) -> Run:
    """Give a command line whose instance is at a place; payloads are files there, not rows."""
    env = {"CITYBRAIN_HOME": str(home), "CITYBRAIN_DATABASE_URL": url, "CITYBRAIN_INLINE_BYTES": "0"}

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, words, env=env, catch_exceptions=False)

    return command


def deliver(run: Run, folder: Path, day: int) -> None:
    """Deliver four rows of a day, one of them impossible."""
    file = folder / f"{day}.ndjson"
    rows = [
        {"slot_start": f"2026-11-{day:02d}T08:15:00+08:00", "station": f"S{n}", "entries": n - 1, "exits": 0}
        for n in range(4)
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert run("ingest", FLOW, str(file), "--system", "system:metro/afc").exit_code == 0


def compact(home: Path, url: str) -> None:
    instance = Instance(Settings(home=home, database_url=url), SystemClock(), new_id)
    assert instance.lake.compact(instance.city_now().contracts[FLOW]) is not None
    instance.close()


def bring_keys(folder: Path) -> None:
    """Bring the keys of the first instance's backups to the second, as an operator does."""
    shutil.copytree(folder / "first" / "backup-keys", folder / "second" / "backup-keys", dirs_exist_ok=True)


def rows(run: Run) -> list[dict[str, object]]:
    found = json.loads(run("query", FLOW, "--limit", "100", "--json").stdout)
    return sorted(found, key=lambda row: (row["slot_start"], row["station"]))


@pytest.fixture
def first(settings: Settings, tmp_path: Path) -> Run:
    """An instance with rows in the lake and rows in the log."""
    run = at(tmp_path / "first", settings.database_url or "")
    assert run("apply", str(TINY)).exit_code == 0
    for day in (1, 2):
        deliver(run, tmp_path, day)
    compact(tmp_path / "first", settings.database_url or "")
    for day in (3, 4):
        deliver(run, tmp_path, day)
    return run


def test_what_is_restored_elsewhere_is_sound_and_complete_and_goes_on(
    first: Run, tmp_path: Path, empty_url: str, settings: Settings
) -> None:
    told = json.loads(first("backup", str(tmp_path / "kept"), "--json").stdout)
    assert (told["payloads"], told["lake_files"]) == (2, 1)
    before = rows(first)
    assert len(before) == 12
    deliver(first, tmp_path, 5)  # after the backup: not part of it
    bring_keys(tmp_path)
    shutil.rmtree(tmp_path / "first")

    second = at(tmp_path / "second", empty_url)
    assert second("restore", str(tmp_path / "kept")).exit_code == 0
    verified = second("verify", "--head", told["head"], "--json")
    assert (verified.exit_code, json.loads(verified.stdout)["faults"]) == (0, [])
    assert rows(second) == before
    deliver(second, tmp_path, 6)
    compact(tmp_path / "second", empty_url)
    assert len(rows(second)) == 15
    assert second("verify", "--head", told["head"]).exit_code == 0


def test_a_key_that_came_before_the_backup_counts_once_after_the_restore(
    first: Run, tmp_path: Path, empty_url: str
) -> None:
    first("backup", str(tmp_path / "kept"))
    bring_keys(tmp_path)
    second = at(tmp_path / "second", empty_url)
    second("restore", str(tmp_path / "kept"))
    deliver(second, tmp_path, 3)
    assert len(rows(second)) == 12


def test_a_backup_never_mixes_with_what_is_there(first: Run, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "something").touch()
    refused = first("backup", str(tmp_path / "kept"))
    assert (refused.exit_code, "blueprint.backup_folder_full" in refused.stderr) == (1, True)
    assert first("backup", str(tmp_path / "other")).exit_code == 0
    refused = first("restore", str(tmp_path / "other"))
    assert (refused.exit_code, "blueprint.instance_not_empty" in refused.stderr) == (1, True)
    assert len(rows(first)) == 12


def test_a_backup_that_was_never_finished_is_not_restored(first: Run, tmp_path: Path, empty_url: str) -> None:
    first("backup", str(tmp_path / "kept"))
    (tmp_path / "kept" / "manifest.json").unlink()
    refused = at(tmp_path / "second", empty_url)("restore", str(tmp_path / "kept"))
    assert (refused.exit_code, "blueprint.no_backup" in refused.stderr) == (1, True)


def test_a_change_inside_the_backup_stops_the_restore(first: Run, tmp_path: Path, empty_url: str) -> None:
    first("backup", str(tmp_path / "kept"))
    bring_keys(tmp_path)
    payload = next((tmp_path / "kept" / "payloads").rglob("*.*"))
    payload.write_bytes(payload.read_bytes()[:-1] + b"x")
    refused = at(tmp_path / "second", empty_url)("restore", str(tmp_path / "kept"))
    assert (refused.exit_code, "safeguards.sealed_file_changed" in refused.stderr) == (1, True)


def test_nothing_in_a_backup_can_be_read_without_its_key(first: Run, tmp_path: Path, empty_url: str) -> None:
    first("backup", str(tmp_path / "kept"))
    sealed = [path for path in (tmp_path / "kept").rglob("*") if path.is_file() and path.name != "manifest.json"]
    assert len(sealed) == 4
    for path in sealed:
        data = path.read_bytes()
        assert data.startswith(b"citybrain sealed")
        assert not [word for word in (b"ARROW1", b"PAR1", b"PGDMP", b"flow_15min") if word in data[:4096]]
    refused = at(tmp_path / "second", empty_url)("restore", str(tmp_path / "kept"))
    assert (refused.exit_code, "blueprint.backup_key_gone" in refused.stderr) == (1, True)
    bring_keys(tmp_path)
    (tmp_path / "second" / "backup-keys" / "destroyed.jsonl").unlink()
    refused = at(tmp_path / "second", empty_url)("restore", str(tmp_path / "kept"))
    assert (refused.exit_code, "blueprint.destroyed_list_gone" in refused.stderr) == (1, True)


def destroyed(home: Path, url: str, batch: str) -> str:
    """Destroy a batch in the first instance and keep the list beside the keys, as its worker does."""
    instance = Instance(Settings(home=home, database_url=url), SystemClock(), new_id)
    contract = instance.city_now().contracts[FLOW]
    order = Order(contract, "batch", "重复报送", "lin", batch=UUID(batch))
    made = destroy(instance.eraser, instance.city_now(), order)
    keep_list(instance)
    instance.close()
    return made.number


def test_what_was_destroyed_after_the_backup_does_not_come_back(
    first: Run, tmp_path: Path, empty_url: str, settings: Settings
) -> None:
    first("backup", str(tmp_path / "kept"))
    with psycopg.connect(settings.database_url or "") as connection:
        batches = connection.execute("SELECT id, in_lake FROM hub_batch ORDER BY position").fetchall()
    gone = [str(batches[0][0]), str(batches[-1][0])]  # one in the lake, one in the log
    assert [batches[0][1], batches[-1][1]] == [True, False]
    numbers = [destroyed(tmp_path / "first", settings.database_url or "", batch) for batch in gone]
    left = rows(first)
    assert len(left) == 6
    bring_keys(tmp_path)
    second = at(tmp_path / "second", empty_url)
    told = json.loads(second("restore", str(tmp_path / "kept"), "--json").stdout)
    assert told["destroyed_again"] == numbers
    assert rows(second) == left
    verified = second("verify", "--json")
    assert (verified.exit_code, json.loads(verified.stdout)["faults"]) == (0, [])
    assert {item["certificate"] for item in json.loads(verified.stdout)["destroyed"]} == set(numbers)
    deliver(second, tmp_path, 6)
    compact(tmp_path / "second", empty_url)
    assert len(rows(second)) == 9


def test_the_next_backup_destroys_the_keys_of_those_that_still_hold_what_was_destroyed(
    first: Run, tmp_path: Path, empty_url: str, settings: Settings
) -> None:
    old = json.loads(first("backup", str(tmp_path / "old"), "--json").stdout)["backup"]
    with psycopg.connect(settings.database_url or "") as connection:
        (batch,) = connection.execute("SELECT id FROM hub_batch ORDER BY position LIMIT 1").fetchone() or ("",)
    destroyed(tmp_path / "first", settings.database_url or "", str(batch))
    keys = tmp_path / "first" / "backup-keys"
    assert (keys / f"{old}.key").is_file()
    fresh = json.loads(first("backup", str(tmp_path / "fresh"), "--json").stdout)["backup"]
    again = json.loads(first("backup", str(tmp_path / "again"), "--json").stdout)["backup"]
    assert sorted(path.stem for path in keys.glob("*.key")) == sorted([fresh, again])
    bring_keys(tmp_path)
    second = at(tmp_path / "second", empty_url)
    refused = second("restore", str(tmp_path / "old"))
    assert (refused.exit_code, "blueprint.backup_key_gone" in refused.stderr) == (1, True)
    assert second("restore", str(tmp_path / "fresh")).exit_code == 0
    assert len(rows(second)) == 9
