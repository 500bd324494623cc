"""A delivery counts once, adds up, goes on where it stopped, and says why it could not be read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from citybrain.city.whole import City
from citybrain.kernel.errors import NotKnown, Unavailable, WrongUse
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence
from citybrain.systems.connectors.files import read
from citybrain.systems.registry import Folders, recent_deliveries
from tests.systems.conftest import Delivering

FILE = {"connector": "files", "path": "*.csv"}
ROWS = {"slot_start": "time(ts)", "station": "concat('S', id)", "entries": "integer(n)", "exits": "integer(n)"}
SOURCE = "source:metro/test"


def _write(folders: Folders, lines: list[str], name: str = "a.csv", heading: str = "ts,id,n") -> None:
    assert folders.data is not None
    (folders.data / name).write_text("\n".join([heading, *lines]) + "\n")


def _lines(count: int) -> list[str]:
    return [f"2026-11-20 08:15,{index},{index}" for index in range(count)]


def _batches(database: Database) -> tuple[int, int]:
    with database.reading() as connection:
        row = connection.execute("SELECT count(*), coalesce(sum(accepted), 0) FROM hub_batch").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def test_a_file_is_a_delivery_whose_receipt_sums_its_batches(
    declare: Callable[..., City], delivering: Delivering, folders: Folders
) -> None:
    _write(folders, [*_lines(8), "2026-11-20 08:15,8,-1", "torn"])
    city = declare(**{"from": FILE, "rows": ROWS})
    (receipt,) = delivering(city, batch_rows=4).deliver_files(SOURCE, folders)
    assert [part.received for part in receipt.parts] == [4, 4, 2]
    assert (receipt.state, receipt.received, receipt.accepted, receipt.set_aside) == ("admitted", 10, 8, 2)
    assert dict(receipt.broken) == {"entries_range": 1, "exits_range": 1, "line_wrong_cells": 1}
    assert {part.delivery for part in receipt.parts} == {receipt.id}


def test_the_same_file_again_gets_its_first_receipt_and_changes_nothing(
    declare: Callable[..., City], delivering: Delivering, folders: Folders, database: Database
) -> None:
    _write(folders, _lines(3))
    deliverer = delivering(declare(**{"from": FILE, "rows": ROWS}))
    (first,) = deliverer.deliver_files(SOURCE, folders)
    before = _batches(database)
    (again,) = deliverer.deliver_files(SOURCE, folders)
    assert again.repeated
    assert not first.repeated
    assert (again.id, again.parts[0].batch) == (first.id, first.parts[0].batch)
    assert _batches(database) == before
    _write(folders, _lines(4))
    (other,) = deliverer.deliver_files(SOURCE, folders)
    assert (other.repeated, other.accepted) == (False, 4)


def test_an_interrupted_delivery_goes_on_where_it_stopped_with_the_cut_it_began_with(
    declare: Callable[..., City],
    delivering: Delivering,
    folders: Folders,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _write(folders, _lines(10))
    deliverer = delivering(declare(**{"from": FILE, "rows": ROWS}), batch_rows=4)
    admit, admitted = deliverer._gate.admit, []

    def break_at_the_third(parcel):
        if parcel.part == 3:
            raise Unavailable("kernel.database_unavailable")
        admitted.append(parcel.part)
        return admit(parcel)

    monkeypatch.setattr(deliverer._gate, "admit", break_at_the_third)
    with pytest.raises(Unavailable):
        list(deliverer.deliver_files(SOURCE, folders))
    assert _batches(database) == (2, 8)
    later = delivering(declare(**{"from": FILE, "rows": ROWS}), batch_rows=7)
    (receipt,) = later.deliver_files(SOURCE, folders)
    assert ([part.received for part in receipt.parts], receipt.accepted) == ([4, 4, 2], 10)
    assert _batches(database) == (3, 10)


def test_a_file_that_cannot_be_read_is_refused_once_and_leaves_evidence(
    declare: Callable[..., City], delivering: Delivering, folders: Folders, database: Database
) -> None:
    _write(folders, _lines(1), heading="when,id,n")
    _write(folders, _lines(2), name="b.csv")
    deliverer = delivering(declare(**{"from": FILE, "rows": ROWS}))
    refused, sound = deliverer.deliver_files(SOURCE, folders)
    assert refused.refused is not None
    assert (refused.state, refused.refused[0]) == ("refused", "systems.column_missing")
    assert sound.accepted == 2
    again, _ = deliverer.deliver_files(SOURCE, folders)
    assert again.repeated
    with database.reading() as connection:
        acts = [row[0] for row in connection.execute("SELECT act FROM evidence_entry ORDER BY id")]
        assert acts.count("systems:delivery:refused") == 1
        assert {item.name for item in recent_deliveries(connection)} == {"a.csv", "b.csv"}
    with database.transaction() as connection:
        assert evidence.seal(connection)


def test_what_is_missing_is_said(declare: Callable[..., City], delivering: Delivering, folders: Folders) -> None:
    deliverer = delivering(declare(**{"from": FILE, "rows": ROWS}))
    with pytest.raises(NotKnown, match="systems.no_file"):
        list(deliverer.deliver_files(SOURCE, folders))
    with pytest.raises(NotKnown, match=r"systems.source_unknown.*source:metro/test"):
        list(deliverer.deliver_files("source:metro/tset", folders))
    with pytest.raises(WrongUse, match="systems.no_data_folder"):
        list(deliverer.deliver_files(SOURCE, Folders(None, Path("nowhere"))))
    _write(folders, _lines(1))
    nobody = declare(**{"from": FILE, "rows": ROWS, "system": None})
    with pytest.raises(WrongUse, match="systems.source_without_system"):
        list(delivering(nobody).deliver_files(SOURCE, folders))


def test_two_processes_never_deliver_a_source_at_once(
    declare: Callable[..., City], delivering: Delivering, folders: Folders
) -> None:
    deliverer = delivering(declare(**{"from": FILE, "rows": ROWS}))
    with deliverer.claimed(SOURCE) as first, deliverer.claimed(SOURCE) as second:
        assert (first, second) == (True, False)
    with deliverer.claimed(SOURCE) as free:
        assert free


def test_reading_alone_admits_nothing(declare: Callable[..., City], folders: Folders, database: Database) -> None:
    _write(folders, _lines(1))
    city = declare(**{"from": FILE, "rows": ROWS})
    assert folders.data is not None
    (delivery,) = read(city.sources[SOURCE], city.contracts["contract:metro/flow_15min"], folders.data)
    assert next(delivery.parts(10)).parsed.received == 1
    assert _batches(database) == (0, 0)
