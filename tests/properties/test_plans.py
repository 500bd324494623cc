"""apply(plan(a, b)) on a gives b; interrupted anywhere it has changed nothing and can be run again."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.blueprint.apply import apply, roll_back
from citybrain.blueprint.load import Loaded, load
from citybrain.blueprint.plan import plan
from citybrain.blueprint.revisions import newest, storable
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database

TINY = Path(__file__).parents[2] / "cities" / "tiny"
LIFTS = ("indicators/metro.lifts_stopped.yaml", "contracts/metro/lifts.odcs.yaml", "systems/metro/lifts.yaml")


def variant(folder: Path, seed: int) -> Loaded:
    """Make a city like the tiny one: some words changed, some things left out."""
    choose = random.Random(seed)
    shutil.copytree(TINY, folder)
    if choose.random() < 0.5:
        for file in LIFTS:
            (folder / file).unlink()
        cockpit = folder / "cockpits/city.yaml"
        cockpit.write_text(cockpit.read_text().replace(", number metro.lifts_stopped", ""))
    if choose.random() < 0.5:
        (folder / "grants/government-uses-metro-flow.yaml").unlink()
    for file in ("indicators/metro.entries.yaml", "departments/metro.yaml", "city.yaml"):
        path = folder / file
        path.write_text(path.read_text().replace("zh: ", f"zh: {choose.choice(['', '新', '旧'])}", 1))
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    return loaded


@pytest.mark.parametrize("seed", range(6))
def test_applying_a_plan_gives_what_was_planned_once_and_back_again(
    database: Database, clock: SetClock, tmp_path: Path, seed: int
) -> None:
    one, other = variant(tmp_path / "a", seed), variant(tmp_path / "b", seed + 100)
    with database.transaction() as connection:
        _, first = apply(connection, one, "t", clock, new_id, reason="test")
        assert newest(connection).contents == storable(one.contents)
        assert plan(newest(connection), one).stages == ()
        done, second = apply(connection, other, "t", clock, new_id, reason="test")
        assert newest(connection).contents == storable(other.contents)
        assert second == first + bool(done.stages)
        assert apply(connection, other, "t", clock, new_id)[1] == second
        roll_back(connection, first, "t", clock, new_id)
        assert newest(connection).contents == storable(one.contents)


class Interrupted(Exception):
    """The power is gone."""


class Failing:
    """A connection that fails at one statement."""

    def __init__(self, connection: Any, at: int) -> None:
        self._connection, self.left = connection, at

    def execute(self, *given: Any, **more: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Interrupted
        return self._connection.execute(*given, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def test_an_apply_that_is_interrupted_anywhere_leaves_the_old_city_and_can_be_run_again(
    database: Database, clock: SetClock, tmp_path: Path
) -> None:
    one, other = variant(tmp_path / "a", 3), variant(tmp_path / "b", 105)
    with database.transaction() as connection:
        apply(connection, one, "t", clock, new_id)
    with database.reading() as connection:
        written = connection.execute("SELECT count(*) FROM evidence_entry").fetchone()
    statements = 0
    while True:
        try:
            with database.transaction() as connection:
                apply(Failing(connection, statements), other, "t", clock, new_id, reason="test")  # type: ignore[arg-type]
        except Interrupted:
            with database.reading() as connection:
                assert newest(connection).contents == storable(one.contents)
                counts = connection.execute("SELECT count(*) FROM city_revision").fetchone()
                entries = connection.execute("SELECT count(*) FROM evidence_entry").fetchone()
            assert (counts, entries) == ((1,), written)
            statements += 1
            continue
        break
    assert statements >= 4
    with database.reading() as connection:
        assert newest(connection).contents == storable(other.contents)


FILES = sorted(str(path.relative_to(TINY)) for path in TINY.rglob("*.yaml"))


@given(
    st.sampled_from(FILES),
    st.lists(
        st.tuples(
            st.floats(0, 0.999),
            st.sampled_from(["cut", "put", "line", "end"]),
            st.sampled_from(["\x00", "\t", "{", "&a *a", "!!python/object:x", "\ufeff", "- ", ": ", "\xff", "9" * 400,
                             "[[[[", "null", "~", "'", "1e999", "2026-13-45", "<<: *x", "\u2028", "---\n", "..."]),
        ),
        min_size=1,
        max_size=3,
    ),
)  # fmt: skip
def test_a_city_folder_however_broken_is_told_in_findings_and_never_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, file: str, changes: list[tuple[float, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("broken") / "city"
    shutil.copytree(TINY, folder)
    body = bytearray((folder / file).read_bytes())
    for share, act, junk in changes:
        at = int(share * len(body))
        match act:
            case "cut":
                del body[at : at + 7]
            case "put":
                body[at:at] = junk.encode("latin-1", "ignore") or junk.encode()
            case "line":
                end = body.find(b"\n", at)
                del body[at : end if end > 0 else len(body)]
            case "end":
                del body[at:]
    (folder / file).write_bytes(bytes(body))
    loaded = load(folder)
    assert loaded.errors or loaded.city is not None
    shutil.rmtree(folder)
