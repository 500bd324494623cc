"""Log and lake are one relation: nothing overlaps, nothing is missing, wherever a compaction is interrupted."""

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citybrain.city.whole import City
from citybrain.hub.exchange.lake import Lake, LakeCount
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.exchange.verification import verify_log
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence

FLOW = "contract:metro/flow_15min"


def lines(batch: int, rows: int = 4) -> str:
    return "\n".join(
        json.dumps(
            {
                "slot_start": f"2026-11-{batch:02d}T08:15:00+08:00",
                "station": f"S{n}",
                "entries": batch * 10 + n,
                "exits": 0,
            }
        )
        for n in range(rows)
    )


@pytest.fixture
def lake(database: Database, tmp_path: Path) -> Lake:
    return Lake(database, tmp_path / "payloads", tmp_path / "lake", new_id)


@pytest.fixture
def read(database: Database, tiny: City, tmp_path: Path) -> Any:
    reader = Reader(tmp_path / "payloads")

    def rows() -> pl.DataFrame:
        with database.reading() as connection:
            return reader.relation(connection, tiny.contracts[FLOW]).sort("_position", "_row").collect()

    return rows


def test_the_relation_is_the_same_before_and_after_compaction(send, lake: Lake, read, tiny: City) -> None:
    for batch in range(1, 6):
        send(lines(batch), f"k{batch}")
    before = read()
    moved = lake.compact(tiny.contracts[FLOW])
    assert moved is not None
    assert (moved.batches, moved.rows) == (5, 20)
    assert read().equals(before)
    send(lines(7), "k7")
    assert read().height == 24
    assert lake.compact(tiny.contracts[FLOW]).batches == 1
    assert lake.compact(tiny.contracts[FLOW]) is None
    assert read().height == 24


@pytest.mark.parametrize("where", ["before_snapshot", "after_snapshot"])
def test_an_interrupted_compaction_neither_loses_nor_doubles(
    send, lake: Lake, read, tiny: City, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for batch in range(1, 4):
        send(lines(batch), f"k{batch}")
    before = read()

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        if where == "before_snapshot":
            broken.setattr("pyiceberg.table.Table.add_files", die)
        else:
            broken.setattr(Lake, "_let_go", lambda self, contract, upto: die() if upto else None)
        with pytest.raises(KeyboardInterrupt):
            lake.compact(tiny.contracts[FLOW])
    assert read().equals(before)
    lake.compact(tiny.contracts[FLOW])
    assert read().equals(before)


def test_a_lake_file_that_lost_rows_is_found_by_verification(
    send, lake: Lake, database: Database, tiny: City, tmp_path: Path
) -> None:
    for batch in range(1, 4):
        send(lines(batch), f"k{batch}")
    lake.compact(tiny.contracts[FLOW])
    with database.transaction() as connection:
        evidence.seal(connection)
    with database.reading() as connection:
        assert verify_log(connection, tmp_path / "payloads", LakeCount(connection)).faults == ()
    (file,) = (tmp_path / "lake").rglob("*.parquet")
    pl.read_parquet(file).head(7).write_parquet(file)
    with database.reading() as connection:
        report = verify_log(connection, tmp_path / "payloads", LakeCount(connection))
    assert {fault.kind for fault in report.faults} == {"lake_changed"}


def test_files_of_admissions_that_never_committed_are_swept(lake: Lake, tmp_path: Path, clock: SetClock) -> None:
    orphan = tmp_path / "payloads" / "metro-flow_15min" / f"{new_id()}.arrow"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    assert lake.sweep(clock.now()) == 1
    assert not orphan.exists()
