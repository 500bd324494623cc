"""A correction takes the place of one row in every mode, and nothing else moves."""

from typing import Any

import pytest

from citybrain.hub import corrections
from citybrain.hub.exchange.lake import Lake
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from tests.governance.conftest import AFC, DIVISIONS, FLOW, REGISTER, SLOT, House

KEYS = {"slot_start": SLOT, "station": "S1"}


def correct(house: House, values: dict[str, Any], contract: str = FLOW, keys: dict[str, str] = KEYS) -> Any:
    declared = house.city.contracts[contract]
    with house.database.reading() as connection:
        standing = corrections.locate(connection, house.rooms.reader, declared, keys)
        parcel = corrections.correcting(connection, declared, standing, values, "test", "zhou", f"t:{new_id()}")
    return house.rooms.gate.admit(parcel)


def test_a_corrected_row_can_be_corrected_again_and_every_version_is_kept(house: House) -> None:
    first = correct(house, {"entries": "10"})
    second = correct(house, {"entries": "100"})
    assert (first.accepted, second.accepted) == (1, 1)
    assert {(row["station"], row["entries"]) for row in house.rows()} == {("S1", 100), ("S2", 100)}
    assert len(house.rows(with_corrected=True)) == 4
    with house.database.reading() as connection:
        found = corrections.versions(connection, FLOW, second.batch)
    assert [version.corrected for version in found] == [second.batch, first.batch]


def test_one_version_is_corrected_once(house: House) -> None:
    declared = house.city.contracts[FLOW]
    with house.database.reading() as connection:
        standing = corrections.locate(connection, house.rooms.reader, declared, KEYS)
        both = [
            corrections.correcting(connection, declared, standing, {"entries": str(value)}, "t", "zhou", f"k{value}")
            for value in (1, 2)
        ]
    house.rooms.gate.admit(both[0])
    with pytest.raises(Conflicting) as again:
        house.rooms.gate.admit(both[1])
    assert again.value.code == "hub.row_corrected"
    assert house.rooms.gate.admit(both[0]).repeated


def test_a_correction_of_a_snapshot_is_part_of_it_and_gone_with_the_next(house: House) -> None:
    rows = [
        {"code": code, "name": code, "level": "district", "as_of": "2026-01-01"} for code in ("990101", "990102")
    ]  # fmt: skip
    house.send(DIVISIONS, REGISTER, rows)
    keys = {name: str(rows[0][name]) for name in house.city.contracts[DIVISIONS].keys}
    correct(house, {"name": "东区"}, DIVISIONS, keys)
    assert {row["name"] for row in house.rows(DIVISIONS)} == {"东区", "990102"}
    house.send(DIVISIONS, REGISTER, rows, "second")
    assert {row["name"] for row in house.rows(DIVISIONS)} == {"990101", "990102"}


def test_corrections_hold_when_the_log_has_moved_into_the_lake(house: House, tmp_path: Any) -> None:
    lake = Lake(house.database, tmp_path / "payloads", tmp_path / "lake", new_id)
    assert lake.compact(house.city.contracts[FLOW]) is not None
    correct(house, {"entries": "10"})
    assert {row["entries"] for row in house.rows() if row["station"] == "S1"} == {10}
    assert lake.compact(house.city.contracts[FLOW]) is not None
    assert {row["entries"] for row in house.rows() if row["station"] == "S1"} == {10}


def test_an_empty_text_corrects_to_no_value_only_where_that_is_allowed(house: House) -> None:
    assert correct(house, {"entries": ""}).set_aside == 1
    assert len(house.rows()) == 2


@pytest.mark.parametrize("values", [{}, {"station": "S9"}, {"entrys": "1"}])
def test_keys_and_unknown_fields_are_not_corrected(house: House, values: dict[str, str]) -> None:
    with pytest.raises(WrongUse):
        correct(house, values)


def test_a_row_that_is_not_there_is_not_corrected(house: House) -> None:
    with pytest.raises(NotKnown):
        correct(house, {"entries": "1"}, keys={**KEYS, "station": "S9"})
    assert house.send(FLOW, AFC, [{**KEYS, "station": "S9", "entries": 1, "exits": 1}], "late").accepted == 1
    assert correct(house, {"entries": "2"}, keys={**KEYS, "station": "S9"}).accepted == 1
