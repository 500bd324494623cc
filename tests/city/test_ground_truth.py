"""Real files through our own sources, contracts and indicators give exactly the figures computed independently.

Nothing here reads a raw file: every figure comes from stored values of indicators, from receipts or from released rows.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from citybrain.blueprint.load import load
from citybrain.kernel.clock import SetClock
from citybrain.kernel.postgres import Database
from tests.city.figures import HANGZHOU, REFERENCE
from tests.city.world import World

pytestmark = [pytest.mark.data, pytest.mark.timeout(300)]

CITIES = Path(__file__).parents[2] / "cities"
FED = {
    "metro-hangzhou-2019", "airweather-daily-cn", "aqi-daily-second-source", "aqi-daily-mislabelled",
    "air-station-hourly-2020", "air-station-hourly-beijing", "parking-birmingham", "parking-germany",
    "complaints-boston-2011", "divisions-cn", "epidemic-daily", "volume-flights-3m",
}  # fmt: skip


def same(found: Any, expected: Any) -> bool:
    """Compare nested values; numbers to six places, as the truth was rounded."""
    if isinstance(expected, dict):
        return set(found) == set(expected) and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(same(a, b) for a, b in zip(found, expected, strict=True))
    if isinstance(expected, float):
        return found is not None and math.isclose(found, expected, rel_tol=0, abs_tol=1e-6)
    return bool(found == expected)


def _truth(files: Path) -> dict[str, Any]:
    entries = json.loads((files / "ground_truth.json").read_text(encoding="utf-8"))
    return {
        item["id"]: item["result"] if "result" in item else item["rows"] for item in entries if item["dataset"] in FED
    }


def _world(name: str, database: Database, clock: SetClock, home: Path, files: Path) -> World:
    loaded = load(CITIES / name)
    assert loaded.city is not None
    assert not loaded.errors
    return World(loaded.city, database, clock, home, files)


def _check(world: World, figures: dict[str, Callable[[World], Any]], files: Path, subtests: pytest.Subtests) -> None:
    truth = _truth(files)
    for entry, figure in figures.items():
        with subtests.test(msg=entry):
            found = figure(world)
            assert same(found, truth[entry]), (found, truth[entry])
    for source, receipts in world.receipts.items():
        with subtests.test(msg=f"{source} accounts for every row"):
            assert receipts
            assert all(item.received == item.accepted + item.set_aside for item in receipts)
            parts = [part for item in receipts for part in item.parts]
            assert sum(part.received for part in parts) == sum(item.received for item in receipts)


def _log(world: World) -> tuple[int, ...]:
    with world.database.reading() as connection:
        row = connection.execute("SELECT count(*), sum(accepted), max(position) FROM hub_batch").fetchone()
    assert row is not None
    return tuple(row)


def test_no_figure_of_the_files_we_take_in_is_forgotten(real_files: Path) -> None:
    assert set(_truth(real_files)) == HANGZHOU.keys() | REFERENCE.keys()
    assert not HANGZHOU.keys() & REFERENCE.keys()


def test_hangzhou_figures_are_those_computed_independently(
    database: Database, clock: SetClock, tmp_path: Path, real_files: Path, subtests: pytest.Subtests
) -> None:
    world = _world("hangzhou", database, clock, tmp_path, real_files)
    _check(world, HANGZHOU, real_files, subtests)
    with subtests.test(msg="a unit that changes inside a file is told, and the rows are kept"):
        receipt = world.receipt("source:environment/air_daily", "nanjing")
        (jump,) = [jump for part in receipt.parts for jump in part.jumps]
        assert (jump.rule, jump.period, jump.median, jump.before) == ("co_unit", "2014-11", 1080.0, 44300.0)
        assert receipt.set_aside == 0
    with subtests.test(msg="the same files again change nothing"):
        before = _log(world)
        again = [item for source in world.receipts for item in world.deliver(source)]
        assert all(item.repeated for item in again)
        assert _log(world) == before


def test_figures_of_borrowed_files_are_those_computed_independently(
    database: Database, clock: SetClock, tmp_path: Path, real_files: Path, subtests: pytest.Subtests
) -> None:
    world = _world("reference", database, clock, tmp_path, real_files)
    _check(world, REFERENCE, real_files, subtests)
    with subtests.test(msg="a feed with shifted headings is refused by the share of rows that contradict themselves"):
        refused = world.receipt("source:environment/aqi_daily", "")
        assert refused.state == "refused"
        assert (refused.accepted, refused.set_aside) == (0, 523)
        assert refused.refused is not None
        assert refused.refused[0] == "hub.share_of_broken_rows"
        assert refused.refused[1]["rule"] == "pm25_not_above_pm10"
    with subtests.test(msg="with its columns put right the same file is admitted"):
        admitted = world.receipt("source:environment/aqi_daily_corrected", "")
        assert (admitted.state, admitted.accepted) == ("admitted", 523)
    with subtests.test(msg="a wide file with one column a car park becomes readings"):
        assert sum(item.accepted for item in world.receipts["source:urban-management/parking_germany"]) == 116_767
