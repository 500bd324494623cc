"""Files are read as their source declares: a wrong line costs that line, a wrong frame is said."""

import gzip
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from citybrain.city.contract import Contract, Field
from citybrain.city.names import Name
from citybrain.city.system import Source
from citybrain.kernel.errors import WrongUse
from citybrain.systems.connectors.deliveries import Delivery
from citybrain.systems.connectors.files import read


def _contract(*fields: tuple[str, str]) -> Contract:
    name = Name(zh="甲", en="a")
    return Contract(
        ref="contract:metro/flow",
        version="1",
        status="active",
        name=name,
        description="",
        provider="dept:metro",
        person="zhou",
        basis=(),
        purposes=("operation",),
        fields=tuple(Field(field, name, kind) for field, kind in fields),  # type: ignore[arg-type]  # a literal in the tests
        rules=(),
        mode="append",
        zone="Asia/Shanghai",
    )


FLOW = _contract(("slot", "timestamp"), ("station", "string"), ("entries", "integer"))
ROWS = {"slot": "time(ts)", "station": "concat('S', id)", "entries": "integer(n)"}


def _source(path: str, rows: dict[str, str] | None = None, **more: Any) -> Source:
    place = {"connector": "files", "path": path} | more.pop("how", {})
    return Source.model_validate(
        {"source": "metro/flow", "feeds": "contract:metro/flow", "from": place, "rows": ROWS if rows is None else rows}
        | more
    )


def _one(source: Source, folder: Path, **more: Any) -> Delivery:
    (delivery,) = read(source, FLOW, folder, **more)
    return delivery


def _frame(delivery: Delivery) -> pl.DataFrame:
    return pl.concat([part.parsed.frame for part in delivery.parts(100_000)])


def test_a_file_becomes_rows_of_its_contract_with_times_in_utc(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\n")
    delivery = _one(_source("*.csv"), tmp_path)
    (part,) = delivery.parts(100_000)
    assert part.parsed.frame.rows() == [("2019-01-18T21:30:00.000000+00:00", "S3", "12")]
    assert part.parsed.rows.to_list() == [1]
    assert part.parsed.received == 1


def test_a_ragged_line_costs_one_row_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\n2019-01-19 05:30,4\n2019-01-19 05:30,5,6\n")
    (part,) = _one(_source("*.csv"), tmp_path).parts(100_000)
    assert part.parsed.rows.to_list() == [1, 3]
    assert [(line.row, line.reason, line.text) for line in part.parsed.broken] == [
        (2, "line_wrong_cells", "2019-01-19 05:30,4")
    ]
    assert part.parsed.received == 3


def test_a_line_break_inside_quotes_is_part_of_its_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('ts,id,n\n2019-01-19 05:30,"3\nb",12\n2019-01-19 05:30,4,1\n')
    (part,) = _one(_source("*.csv"), tmp_path).parts(100_000)
    assert part.parsed.frame["station"].to_list() == ["S3\nb", "S4"]
    assert part.parsed.rows.to_list() == [1, 2]


@pytest.mark.parametrize("following", [3, 40_000])
def test_a_quote_that_is_never_closed_costs_one_line_not_the_rest_of_the_file(tmp_path: Path, following: int) -> None:
    lines = "".join(f"2019-01-19 05:30,{index},1\n" for index in range(following))
    (tmp_path / "a.csv").write_text('ts,id,n\n2019-01-19 05:30,"x,12\n' + lines)
    (part,) = _one(_source("*.csv"), tmp_path).parts(100_000)
    assert [(line.row, line.reason) for line in part.parsed.broken] == [(1, "line_open_quote")]
    assert part.parsed.frame.height == following


def test_a_cell_that_cannot_be_read_keeps_what_was_sent(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\nyesterday,3,many\n2019-01-19 05:30,4,NA\n")
    frame = _frame(_one(_source("*.csv", missing=["", "NA"]), tmp_path))
    assert frame.rows() == [("yesterday", "S3", "many"), ("2019-01-18T21:30:00.000000+00:00", "S4", None)]


def test_a_text_that_no_table_knows_costs_its_row_because_a_text_field_would_take_anything(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,a,1\n2019-01-19 05:30,z,2\n")
    source = _source("*.csv", ROWS | {"station": "look_up(id, 'codes')"}, tables={"codes": {"a": "S1"}})
    (part,) = _one(source, tmp_path).parts(100_000)
    assert part.parsed.frame["station"].to_list() == ["S1"]
    assert [(line.row, line.reason) for line in part.parsed.broken] == [(2, "line_not_mapped")]
    assert "station=z" in part.parsed.broken[0].text


def test_a_file_in_another_encoding_than_declared_is_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("ts,id,n\n2019-01-19 05:30,甲,1\n".encode("gbk"))
    refused = _one(_source("*.csv"), tmp_path)
    assert refused.refused is not None
    assert refused.refused.code == "systems.encoding_differs"
    assert refused.refused.params["byte"] == 25
    assert list(refused.parts(100_000)) == []
    right = _one(_source("*.csv", how={"encoding": "gbk"}), tmp_path)
    assert _frame(right)["station"].to_list() == ["S甲"]


def test_a_file_with_another_heading_is_refused_and_the_near_one_is_offered(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("tss,id,n\n2019-01-19 05:30,3,12\n")
    refused = _one(_source("*.csv"), tmp_path).refused
    assert refused is not None
    assert (refused.code, refused.params["columns"], refused.params["near"]) == (
        "systems.column_missing",
        ["ts"],
        ["tss"],
    )


def test_a_damaged_archive_is_refused_and_the_next_file_is_read(tmp_path: Path) -> None:
    whole = gzip.compress(b"ts,id,n\n2019-01-19 05:30,3,12\n")
    (tmp_path / "a.csv.gz").write_bytes(whole[:-12])
    (tmp_path / "b.csv.gz").write_bytes(whole)
    damaged, sound = read(_source("*.csv.gz"), FLOW, tmp_path)
    assert damaged.refused is not None
    assert damaged.refused.code == "systems.file_damaged"
    assert sound.refused is None
    assert _frame(sound).height == 1


def test_empty_and_repeated_headings_are_named_by_position(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",n,n\n2019-01-19 05:30,3,12\n")
    rows = {"slot": "time(column_1)", "station": "n", "entries": "integer(exits)"}
    frame = _frame(_one(_source("*.csv", rows, how={"rename": {3: "exits"}}), tmp_path))
    assert frame.row(0)[1:] == ("3", "12")
    frame = _frame(_one(_source("*.csv", rows | {"entries": "integer(n_3)"}), tmp_path))
    assert frame.row(0)[1:] == ("3", "12")


def test_a_file_without_header_takes_its_names_from_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf# made by hand\n2019-01-19 05:30;3;12\n")
    how = {"header": "none", "columns": ["ts", "id", "n"], "encoding": "utf-8-sig", "delimiter": ";", "skip_lines": 1}
    assert _frame(_one(_source("*.csv", how=how), tmp_path)).row(0)[1:] == ("S3", "12")


def test_a_wide_row_becomes_one_row_an_object_and_empty_cells_become_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,P1,P2\n2019-01-19 05:30,3,\n2019-01-19 05:45,4,x\n")
    source = _source(
        "*.csv",
        {"slot": "time(ts)", "station": "lot", "entries": "integer(free)"},
        unpivot={"keep": ["ts"], "name_to": "lot", "value_to": "free"},
    )
    (part,) = _one(source, tmp_path).parts(100_000)
    assert part.parsed.frame.select("station", "entries").rows() == [("P1", "3"), ("P1", "4"), ("P2", "x")]
    assert part.parsed.rows.to_list() == [1, 2, 3]


def test_rows_for_another_contract_are_passed_by_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\n2019-01-19 05:30,9,1\n")
    (part,) = _one(_source("*.csv", only="id == '3'"), tmp_path).parts(100_000)
    assert (part.parsed.received, part.passed_by) == (1, 1)


def test_a_file_is_cut_into_full_parts_and_keeps_its_row_numbers(tmp_path: Path) -> None:
    lines = "".join(f"2019-01-19 05:30,{index},1\n" for index in range(10)) + "torn\n"
    (tmp_path / "a.csv").write_text("ts,id,n\n" + lines)
    delivery = _one(_source("*.csv"), tmp_path)
    parts = list(delivery.parts(4))
    assert [part.parsed.received for part in parts] == [4, 4, 3]
    assert [row for part in parts for row in part.parsed.rows] == list(range(1, 11))
    assert len({delivery.key(part.number) for part in parts}) == 3
    assert list(delivery.parts(4))[2].parsed.rows.to_list() == parts[2].parsed.rows.to_list()


def test_an_empty_file_is_one_empty_part_so_that_its_arrival_is_on_record(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n")
    (part,) = _one(_source("*.csv"), tmp_path).parts(100_000)
    assert part.parsed.received == 0


def test_the_same_bytes_are_the_same_delivery_until_the_mapping_changes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\n")
    first = _one(_source("*.csv"), tmp_path)
    assert _one(_source("*.csv"), tmp_path).digest == first.digest
    assert _one(_source("*.csv", ROWS | {"entries": "integer(n) * 2"}), tmp_path).digest != first.digest


def test_archives_json_and_columnar_files_give_the_same_rows(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/b.csv", "ts,id,n\n2019-01-19 05:30,3,12\n")
    (tmp_path / "a.ndjson").write_text('{"ts": "2019-01-19 05:30", "id": 3, "n": 12}\nnot json\n[1]\n')
    (tmp_path / "a.json").write_text('{"data": {"items": [{"ts": "2019-01-19 05:30", "id": 3, "n": 12}]}}')
    typed = pl.DataFrame({"ts": ["2019-01-19 05:30"], "id": [3], "n": [12]})
    typed.write_parquet(tmp_path / "a.parquet")
    typed.write_ipc(tmp_path / "a.arrow")
    ways: list[tuple[str, dict[str, str]]] = [
        ("a.zip!in/b.csv", {}),
        ("a.ndjson", {"format": "ndjson"}),
        ("a.json", {"format": "json", "records": "data.items"}),
        ("a.parquet", {"format": "parquet"}),
        ("a.arrow", {"format": "arrow"}),
    ]
    deliveries = [_one(_source(path, how=how), tmp_path) for path, how in ways]
    assert {_frame(item).row(0) for item in deliveries} == {("2019-01-18T21:30:00.000000+00:00", "S3", "12")}
    (part,) = deliveries[1].parts(100_000)
    assert [(line.row, line.reason) for line in part.parsed.broken] == [
        (2, "line_not_json"),
        (3, "line_not_an_object"),
    ]


def test_a_part_of_the_path_becomes_a_column(tmp_path: Path) -> None:
    (tmp_path / "v2.7").mkdir()
    (tmp_path / "v2.7" / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\n")
    source = _source("v*/*.csv", ROWS | {"station": "file_part"}, how={"file_part": "v([0-9.]+)/"})
    assert _frame(_one(source, tmp_path))["station"].to_list() == ["2.7"]
    refused = _one(_source("v*/*.csv", how={"file_part": "w([0-9]+)"}), tmp_path).refused
    assert refused is not None
    assert refused.code == "systems.file_part_missing"


def test_a_replay_moves_times_by_whole_weeks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,id,n\n2019-01-19 05:30,3,12\nbroken,4,1\n")
    source = _source("*.csv", replay={"first_day": "2019-01-19", "columns": ["slot"]})
    frame = _frame(_one(source, tmp_path, shift=timedelta(weeks=409)))
    assert frame["slot"].to_list() == ["2026-11-20T21:30:00.000000+00:00", "broken"]


def test_a_pattern_cannot_leave_the_data_folder(tmp_path: Path) -> None:
    for path in ("../*.csv", "/etc/*"):
        with pytest.raises(WrongUse, match="systems.path_leaves_folder"):
            list(read(_source(path), FLOW, tmp_path))
