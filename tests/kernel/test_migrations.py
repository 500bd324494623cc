"""A database of any release comes to the newest one, and nothing released is ever changed."""

from pathlib import Path

import psycopg
import pytest

from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Conflicting, IntegrityBroken, Unavailable
from citybrain.kernel.migrations import migrate, released


def _folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.sql").write_text(text, encoding="utf-8")
    last = max(file.name for file in path.glob("*.sql"))
    (path / "HEAD").write_text(last + "\n", encoding="utf-8")
    return path


def test_an_empty_database_comes_to_the_newest_release_and_a_second_run_changes_nothing(
    empty_url: str, clock: SetClock
) -> None:
    done = migrate(empty_url, clock)
    assert list(done) == [step.name for step in released()]
    assert migrate(empty_url, clock) == ()
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute("SELECT number, applied_at FROM schema_migration ORDER BY number").fetchall()
    assert [row[0] for row in rows] == [step.number for step in released()]
    assert {row[1] for row in rows} == {clock.now()}


def test_an_older_database_with_data_comes_to_the_newest_release(
    empty_url: str, clock: SetClock, tmp_path: Path
) -> None:
    _folder(tmp_path, **{"0001_pre_first": "CREATE TABLE a (n integer); CREATE TABLE b (n integer)"})
    assert migrate(empty_url, clock, migrations=released(tmp_path)) == ("0001_pre_first.sql",)
    with psycopg.connect(empty_url) as connection:
        connection.execute("INSERT INTO a VALUES (7)")
    _folder(tmp_path, **{"0002_pre_second": "ALTER TABLE a ADD COLUMN m integer NOT NULL DEFAULT 3"})
    assert migrate(empty_url, clock, migrations=released(tmp_path)) == ("0002_pre_second.sql",)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT n, m FROM a").fetchall() == [(7, 3)]


def test_every_release_before_this_one_comes_to_it(empty_url: str, clock: SetClock) -> None:
    steps = released()
    for count in range(1, len(steps) + 1):
        assert migrate(empty_url, clock, migrations=steps[:count]) == (steps[count - 1].name,)


def test_a_rolling_upgrade_stops_before_anything_is_taken_away(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    _folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a ()", "0002_post_a": "DROP TABLE a"})
    assert migrate(empty_url, clock, migrations=released(tmp_path), expand_only=True) == ("0001_pre_a.sql",)
    assert migrate(empty_url, clock, migrations=released(tmp_path)) == ("0002_post_a.sql",)


def test_a_changed_released_file_is_refused(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    migrate(empty_url, clock, migrations=released(_folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a ()"})))
    _folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a (n integer)"})
    with pytest.raises(IntegrityBroken, match="kernel.migration_changed"):
        migrate(empty_url, clock, migrations=released(tmp_path))


def test_a_database_newer_than_the_program_is_refused(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    _folder(tmp_path, **{"0001_pre_a": "SELECT 1", "0002_pre_b": "SELECT 1"})
    migrate(empty_url, clock, migrations=released(tmp_path))
    with pytest.raises(Conflicting, match="kernel.database_newer"):
        migrate(empty_url, clock, migrations=released(tmp_path)[:1])


def test_a_step_slipped_in_before_an_applied_one_is_refused(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    migrate(empty_url, clock, migrations=released(_folder(tmp_path, **{"0003_pre_c": "SELECT 1"})))
    _folder(tmp_path, **{"0002_pre_b": "SELECT 1"})
    with pytest.raises(Conflicting, match="kernel.migration_late"):
        migrate(empty_url, clock, migrations=released(tmp_path))


def test_a_failing_step_leaves_nothing_behind(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    _folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a (n integer); SELECT 1 / 0"})
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_url, clock, migrations=released(tmp_path))
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regclass('a')").fetchone() == (None,)
    assert migrate(empty_url, clock, migrations=released(_folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a ()"})))


def test_a_step_that_cannot_have_its_lock_gives_up_and_says_so(empty_url: str, clock: SetClock, tmp_path: Path) -> None:
    migrate(empty_url, clock, migrations=released(_folder(tmp_path, **{"0001_pre_a": "CREATE TABLE a ()"})))
    _folder(tmp_path, **{"0002_pre_b": "ALTER TABLE a ADD COLUMN n integer"})
    with psycopg.connect(empty_url) as busy:
        busy.execute("LOCK TABLE a IN ACCESS SHARE MODE")
        with pytest.raises(Unavailable, match="kernel.migration_waits"):
            migrate(empty_url, clock, migrations=released(tmp_path), lock_ms=50)
    assert migrate(empty_url, clock, migrations=released(tmp_path)) == ("0002_pre_b.sql",)


def test_the_head_file_must_name_the_last_step(tmp_path: Path) -> None:
    _folder(tmp_path, **{"0001_pre_a": "SELECT 1"})
    (tmp_path / "0002_pre_b.sql").write_text("SELECT 1", encoding="utf-8")
    with pytest.raises(IntegrityBroken, match="kernel.migration_head"):
        released(tmp_path)


def test_a_misnamed_file_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path, **{"0001_pre_a": "SELECT 1", "2_b": "SELECT 1"})
    with pytest.raises(IntegrityBroken, match="kernel.migration_misnamed"):
        released(tmp_path)
