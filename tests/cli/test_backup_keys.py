"""No key outlives what it still opens, no destruction is forgotten, and nothing is left lying open."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result

from citybrain.blueprint import backup as backups
from citybrain.blueprint.backup_keys import Before, before, keep_list, one_at_a_time
from citybrain.blueprint.instance import Instance
from citybrain.cli.main import main
from citybrain.governance.destroying import destroy
from citybrain.hub.destruction.carrying import Order
from citybrain.hub.destruction.certificate import Certificate
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.safeguards import sealed_files

TINY = Path(__file__).parents[2] / "cities" / "tiny"
FLOW = "contract:metro/flow_15min"
Run = Callable[..., Result]


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Where the keys of all backups in a test lie, whoever makes them."""
    return tmp_path / "keys"


@pytest.fixture
def first_url(settings: Settings, tmp_path: Path, keys: Path) -> str:
    """Address of the database of an instance with two batches; its home is the folder `first`."""
    url = settings.database_url or ""
    run = at(tmp_path / "first", url, keys)
    assert run("apply", str(TINY)).exit_code == 0
    for day in (1, 2):
        deliver(run, tmp_path, day)
    return url


def at(home: Path, url: str, keys: Path) -> Run:
    """Give a command line whose instance is at a place; keys lie in a folder of their own."""
    env = {"CITYBRAIN_HOME": str(home), "CITYBRAIN_DATABASE_URL": url, "CITYBRAIN_BACKUP_KEYS": str(keys)}

    def command(*words: str) -> Result:
        return CliRunner().invoke(main, words, env=env, catch_exceptions=False)

    return command


@contextmanager
def opened(home: Path, url: str, keys: Path) -> Iterator[Instance]:
    instance = Instance(Settings(home=home, database_url=url, backup_keys=keys), SystemClock(), new_id)
    try:
        yield instance
    finally:
        instance.close()


def deliver(run: Run, folder: Path, day: int) -> None:
    file = folder / f"{day}.ndjson"
    row = {"slot_start": f"2026-11-{day:02d}T08:15:00+08:00", "station": "S1", "entries": 1, "exits": 0}
    file.write_text(json.dumps(row), encoding="utf-8")
    assert run("ingest", FLOW, str(file), "--system", "system:metro/afc").exit_code == 0


def back_up(run: Run, folder: Path) -> UUID:
    return UUID(json.loads(run("backup", str(folder), "--json").stdout)["backup"])


def newest(url: str, left: int = 0) -> UUID:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT id FROM hub_batch ORDER BY position DESC").fetchall()[left]
    return UUID(str(row[0]))


def destroyed(instance: Instance, batch: UUID) -> Certificate:
    """Destroy a batch and keep the list beside the keys, as the worker does."""
    order = Order(instance.city_now().contracts[FLOW], "batch", "重复报送", "lin", batch=batch)
    made = destroy(instance.eraser, instance.city_now(), order)
    keep_list(instance)
    return made


def ids_in(folder: Path) -> set[UUID]:
    return {UUID(path.stem) for path in folder.glob("*.key")}


def numbers_in(folder: Path) -> list[str]:
    return [json.loads(line)["number"] for line in (folder / "destroyed.jsonl").read_text().splitlines()]


def test_a_restored_instance_destroys_the_key_of_the_backup_it_came_from(
    first_url: str, tmp_path: Path, keys: Path, empty_url: str
) -> None:
    origin = back_up(at(tmp_path / "first", first_url, keys), tmp_path / "B")
    second = at(tmp_path / "second", empty_url, keys)
    assert second("restore", str(tmp_path / "B")).exit_code == 0
    with opened(tmp_path / "second", empty_url, keys) as instance:
        made = destroyed(instance, newest(empty_url))
        with instance.database.reading() as connection:
            assert before(connection, made.at) == Before(1, 0, None)
        following = back_up(second, tmp_path / "C")
        with instance.database.reading() as connection:
            told = before(connection, made.at)
    assert ids_in(keys) == {following}
    assert (told.made, told.erased, told.erased_at is not None) == (1, 1, True)
    refused = at(tmp_path / "third", empty_url, keys)("restore", str(tmp_path / "B"))
    assert (origin == following, refused.exit_code, "blueprint.backup_key_gone" in refused.stderr) == (False, 1, True)
    assert json.loads(second("verify", "--json").stdout)["faults"] == []


def test_a_restored_copy_leaves_keys_it_does_not_know_to_the_instance_it_was_made_from(
    first_url: str, tmp_path: Path, keys: Path, empty_url: str
) -> None:
    first = at(tmp_path / "first", first_url, keys)
    older, later = back_up(first, tmp_path / "B1"), back_up(first, tmp_path / "B2")
    second = at(tmp_path / "second", empty_url, keys)
    assert second("restore", str(tmp_path / "B1")).exit_code == 0
    assert ids_in(keys) == {older, later}
    following = back_up(second, tmp_path / "C")
    assert ids_in(keys) == {older, later, following}  # a drill takes no backup away from the instance in use
    assert f"blueprint:backup_key:destroyed {later}" not in acts(empty_url)


def acts(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [f"{act} {about}" for act, about in connection.execute("SELECT act, subject FROM evidence_entry")]


def test_keys_and_plain_dumps_of_killed_backups_go_with_the_next_backup_and_other_files_stay(
    first_url: str, tmp_path: Path, keys: Path
) -> None:
    first = at(tmp_path / "first", first_url, keys)
    kept = back_up(first, tmp_path / "B1")
    killed = new_id()
    (keys / f"{killed}.key").write_text("00" * 32)
    (keys / f"{killed}.key.tmp").write_text("00" * 32)
    (keys / "tokens.key").write_text("ff" * 32)
    (tmp_path / "first" / f"{killed}.dump").write_bytes(b"PGDMP")
    (tmp_path / "first" / "mine.dump").write_bytes(b"PGDMP")
    following = back_up(first, tmp_path / "B2")
    left = {path.name for path in keys.iterdir()}
    assert left == {f"{kept}.key", f"{following}.key", "tokens.key", "destroyed.jsonl", "backup.lock"}
    assert [path.name for path in (tmp_path / "first").glob("*.dump")] == ["mine.dump"]


def test_a_backup_waits_for_another_one_with_the_same_key_folder(
    first_url: str, tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def seal(source: Path, target: Path, key: bytes, name: str) -> None:
        taken.append(one_at_a_time(Settings(home=tmp_path / "other", backup_keys=keys)).take())
        sealed_files.seal(source, target, key, name)

    monkeypatch.setattr(backups, "seal", seal)
    back_up(at(tmp_path / "first", first_url, keys), tmp_path / "B")
    assert (set(taken), one_at_a_time(Settings(backup_keys=keys)).take()) == ({False}, True)


def test_a_destruction_the_restored_copy_never_had_to_carry_out_stays_on_the_list(
    first_url: str, tmp_path: Path, keys: Path, empty_url: str
) -> None:
    first = at(tmp_path / "first", first_url, keys)
    back_up(first, tmp_path / "B1")
    deliver(first, tmp_path, 3)
    back_up(first, tmp_path / "B2")
    with opened(tmp_path / "first", first_url, keys) as instance:
        gone = destroyed(instance, newest(first_url)).number
    second = at(tmp_path / "second", empty_url, keys)
    told = json.loads(second("restore", str(tmp_path / "B1"), "--json").stdout)
    assert told["destroyed_again"] == []
    with opened(tmp_path / "second", empty_url, keys) as instance:
        keep_list(instance)
        assert numbers_in(keys) == [gone]
        own = destroyed(instance, newest(empty_url)).number
    assert own != gone  # one number never names two destructions
    assert numbers_in(keys) == [gone, own]


def test_a_destruction_under_a_contract_that_came_after_the_backup_does_not_stop_the_restore(
    first_url: str, tmp_path: Path, keys: Path, empty_url: str
) -> None:
    back_up(at(tmp_path / "first", first_url, keys), tmp_path / "B")
    with opened(tmp_path / "first", first_url, keys) as instance:
        gone = destroyed(instance, newest(first_url)).number
    told = json.loads((keys / "destroyed.jsonl").read_text())
    later = told | {"contract": "contract:metro/later", "number": "XH-2026-00007"}
    (keys / "destroyed.jsonl").write_text(f"{json.dumps(later)}\n{json.dumps(told)}\n")
    second = at(tmp_path / "second", empty_url, keys)
    restored = second("restore", str(tmp_path / "B"), "--json")
    assert (restored.exit_code, json.loads(restored.stdout)["destroyed_again"]) == (0, [gone])
    with opened(tmp_path / "second", empty_url, keys) as instance:
        assert destroyed(instance, newest(empty_url, left=1)).number.endswith("-00008")


@pytest.mark.parametrize("act", ["dump", "load"])
def test_a_plain_dump_is_for_its_owner_alone_while_it_is_there(
    act: str, first_url: str, tmp_path: Path, keys: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    true_act = getattr(backups, act)

    def watched(*given: object) -> None:
        true_act(*given)
        modes.append(oct(Path(str(given[-1])).stat().st_mode & 0o777))

    monkeypatch.setattr(backups, act, watched)
    mask = os.umask(0)
    try:
        back_up(at(tmp_path / "first", first_url, keys), tmp_path / "B")
        restored = at(tmp_path / "second", empty_url, keys)("restore", str(tmp_path / "B"))
    finally:
        os.umask(mask)
    assert (restored.exit_code, modes) == (0, ["0o600"])


def test_a_restore_removes_the_plain_dump_a_killed_one_left_even_when_it_is_refused(
    first_url: str, tmp_path: Path, keys: Path, empty_url: str
) -> None:
    back_up(at(tmp_path / "first", first_url, keys), tmp_path / "B")
    home = tmp_path / "second"
    (home / "payloads").mkdir(parents=True)
    (home / "payloads" / "left").write_bytes(b"")
    stray = home / f"{new_id()}.dump"
    stray.write_bytes(b"PGDMP")
    refused = at(home, empty_url, keys)("restore", str(tmp_path / "B"))
    assert (refused.exit_code, "blueprint.instance_not_empty" in refused.stderr) == (1, True)
    assert not stray.exists()
