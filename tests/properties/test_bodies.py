"""Whatever bytes come: every row is accepted or set aside with a reason, and the process lives."""

import csv
import io
import json
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citybrain.hub.formats import Layout, Parsed, parse
from citybrain.hub.quarantine import set_aside_rows
from citybrain.kernel.errors import BatchRefused
from tests.properties.oracle import COLUMNS, accepted, layout, verdict_on

KINDS = ("ndjson", "json", "csv", "arrow", "parquet")
CELLS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from(["A1", "B2", "C", "a", "乙", "", " 7 ", "7", "-3", "+4", "1e2", "5.0", "5.5", "101", "x", "NaN",
                     "inf",
                     "9223372036854775807", "9223372036854775808", "1e309", "=1+1", "A\x00", "\ud800", "0x1f", "1_0",
                     "٣", "全角７", "9007199254740993", "A1\n", " ", ".5", "5."]),
    st.integers(-5, 105),
    st.sampled_from([2**53 + 1, 2**63, 10**40, 5.5, 1e300, 7.0, True, False, [1, 2.5], {"q": None}, [[["x"]]]]),
)  # fmt: skip
ROWS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, CELLS)), min_size=1, max_size=12)


def storable(text: str) -> bool:
    """Tell whether a database can hold a text: it takes neither a NUL nor half of a surrogate pair."""
    return re.search("[\x00\ud800-\udfff]", text) is None


def contradictions(parsed: Parsed) -> list[str]:
    """Name what does not hold, of all that must for everything that could be read."""
    verdict = verdict_on(parsed)
    aside = set_aside_rows(parsed, verdict, everything=False)
    numbers = [row.row for row in aside]
    kept = verdict.rows.filter(verdict.kept)
    places = [*numbers, *kept]
    reasons = [reason for row in aside for reason in row.reasons]
    values = verdict.values.filter(verdict.kept).select(cs.string())
    must = {
        "as many rows are accepted or set aside as were received": parsed.received == verdict.accepted + len(aside),
        "no row is told twice": len(set(places)) == len(places),
        "every row told was received": all(1 <= place <= parsed.received for place in places),
        "every row set aside has a reason": all(row.reasons for row in aside),
        "every reason names its rule": all(reason["rule"] for reason in reasons),
        "no reason shows a NUL": all("\x00" not in reason["value"] for reason in reasons),
        "every row set aside can be stored": all(storable(row.raw) for row in aside),
        "every unknown name can be stored": all(storable(name) for name in parsed.unknown),
        "no accepted text holds a NUL": not any(
            column.str.contains("\x00", literal=True).any() for column in values.iter_columns()
        ),
    }
    return [f"not so: {said}" for said, holds in must.items() if not holds]


def read(body: bytes, wanted: Layout) -> Parsed | None:
    """Read a body, or nothing where the batch is refused; anything else that happens is a fault."""
    try:
        return parse(body, wanted)
    except BatchRefused:
        return None


def text_of(value: Any) -> str | None:
    """Write a JSON value as text, as a clerk would."""
    if value is None or isinstance(value, str):
        return "\x00" if value == "\ud800" else value
    return json.dumps(value, ensure_ascii=False)


@given(ROWS, st.booleans(), st.booleans())
@example([{"id": "A1", "n": 1, "x": "\ud800"}], False, False)
@example([{"id": "A1", "n": 1, "flag": "\ud800"}], True, False)
def test_lines_of_json_are_accepted_exactly_as_a_row_by_row_reading_says(
    rows: list[dict[str, Any]], dirty: bool, windows: bool
) -> None:
    lines: list[str] = [json.dumps(row) for row in rows]
    known: list[dict[str, str | None] | None] = [{key: text_of(value) for key, value in row.items()} for row in rows]
    if dirty:
        lines.insert(1, '{"id": "A1", "n": ')
        known.insert(1, None)
    parsed = parse(("\r\n" if windows else "\n").join(lines).encode(), layout("ndjson"))
    assert contradictions(parsed) == []
    verdict = verdict_on(parsed)
    assert verdict.rows.filter(verdict.kept).to_list() == accepted(known)


@given(ROWS)
def test_the_fast_and_the_careful_way_of_reading_lines_say_the_same(rows: list[dict[str, Any]]) -> None:
    lines = [json.dumps(row) for row in rows]
    alone = parse("\n".join(lines).encode(), layout("ndjson"))
    careful = parse("\n".join([*lines, "no json"]).encode(), layout("ndjson"))
    for name in COLUMNS:
        for one, other in zip(alone.frame[name], careful.frame[name], strict=True):
            assert one == other or float(one) == float(other)  # digits beyond a double are written out, or kept
    assert careful.received == alone.received + 1


@given(
    st.lists(
        st.fixed_dictionaries(
            dict.fromkeys(
                COLUMNS, st.sampled_from(["A1", "B2", "a", "", " 7 ", "5.0", "x", 'q"q', "l\nf", "1e309", "乙", "A,1"])
            )
        ),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    st.booleans(),
)
def test_cells_of_csv_are_accepted_exactly_as_a_row_by_row_reading_says(
    rows: list[dict[str, str]], encoding: str, quoted: bool
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    writer.writerows([list(row.values()) for row in rows])
    parsed = parse(out.getvalue().encode(encoding), Layout("csv", COLUMNS, encoding))
    assert contradictions(parsed) == []
    verdict = verdict_on(parsed)
    assert verdict.rows.filter(verdict.kept).to_list() == accepted(list(rows))


def _written(write: Any) -> bytes:
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def _arrow_file(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=3)
    return out.getvalue()


FRAME = pl.DataFrame(
    {"id": ["A1", "B2", None, "D4"] * 3, "n": [1, 2, 3, None] * 3, "x": [1.5, None, 2.5, 3.0] * 3,
     "flag": ["a", "乙"] * 6, "lo": [[1], None, [], [3, 4]] * 3, "hi": [datetime(2026, 1, 1, tzinfo=UTC)] * 12}
)  # fmt: skip
SOUND = {
    "ndjson": [b'{"id":"A1","n":1,"x":2.5}\n{"id":"B2","n":2,"flag":"a"}\n{"id":"C3","n":3,"lo":1,"hi":2}\n'],
    "json": [b'{"rows":[{"id":"A1","n":1},{"id":"B2","n":2,"x":[1,{"q":2}]}]}'],
    "csv": [b'id,n,x,flag,lo,hi\nA1,1,2.5,a,1,2\nB2,"2",,"a\n",1,\n', b"id,n\nA1,1\nB2,2\n"],
    "arrow": [
        _written(FRAME.write_ipc), _written(FRAME.write_ipc_stream), _arrow_file(FRAME.to_arrow(), compression="zstd"),
        _written(lambda out: FRAME.write_ipc(out, compression="lz4")),
    ],
    "parquet": [
        _written(FRAME.write_parquet), _written(lambda out: FRAME.write_parquet(out, compression="snappy")),
        _written(lambda out: FRAME.write_parquet(out, compression="uncompressed")),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(body=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_or_read_and_never_more(kind: str, body: bytes) -> None:
    parsed = read(body, layout(kind))
    assert parsed is None or contradictions(parsed) == []


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_sound_body_with_bytes_changed_cut_or_put_in_is_refused_or_read_and_never_more(
    kind: str, data: st.DataObject
) -> None:
    body = bytearray(data.draw(st.sampled_from(SOUND[kind])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        match data.draw(st.sampled_from(["change", "change", "cut", "put", "end"])):
            case "change":
                body[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del body[at : at + data.draw(st.integers(1, 20))]
            case "put":
                body[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case "end":
                del body[at:]
    parsed = read(bytes(body), layout(kind))
    assert parsed is None or contradictions(parsed) == []


@pytest.mark.parametrize("encoding", ["klingon", "undefined", "hex", "unicode_escape", "utf-7", "idna", "a\x00b", ""])
@pytest.mark.parametrize("kind", ["ndjson", "json", "csv"])
def test_an_encoding_that_is_none_of_text_refuses_the_batch_whatever_the_format(kind: str, encoding: str) -> None:
    with pytest.raises(BatchRefused) as refused:
        parse(SOUND[kind][0], Layout(kind, COLUMNS, encoding))
    assert refused.value.code == "hub.encoding_unknown"


@pytest.mark.parametrize("encoding", ["utf-16", "UTF16", "utf-16-le", "utf-16be", "utf-32", "gb18030", "UTF8"])
def test_lines_of_json_are_read_in_every_encoding_of_text(encoding: str) -> None:
    body = '{"id":"A1","n":1,"flag":"乙"}\n{"id":"B2","n":2}'.encode(encoding)
    assert parse(body, Layout("ndjson", COLUMNS, encoding)).frame["flag"].to_list() == ["乙", None]


def test_a_number_keeps_every_digit_where_the_contract_counts_in_decimals() -> None:
    body = b'{"x": 12345678901234567.89}\n'
    assert parse(body, Layout("ndjson", ("x",), exact=True)).frame["x"].to_list() == ["12345678901234567.89"]


def test_rows_of_empty_cells_count_whatever_stands_between_the_cells() -> None:
    for delimiter in (",", "\t", ";"):
        body = f"a{delimiter}b\n{delimiter}\n \n1{delimiter}2\n".encode()
        parsed = parse(body, Layout("csv", ("a", "b"), delimiter=delimiter))
        assert parsed.frame.rows() == [(None, None), ("1", "2")]


def test_a_cell_of_bytes_that_is_no_text_costs_its_row() -> None:
    frame = pl.DataFrame({"id": [b"A1", b"\xff"], "n": [1, 2]})
    parsed = parse(_written(frame.write_parquet), layout("parquet"))
    verdict = verdict_on(parsed)
    assert verdict.kept.to_list() == [True, False]
    assert set(verdict.reasons["rule"]) >= {"id_type"}


def test_durations_times_and_nested_values_of_columns_become_text() -> None:
    frame = pl.DataFrame({"id": [timedelta(1)], "n": [[1, 2]], "x": [{"a": 1}], "flag": [time(0, 0)]})
    parsed = parse(_written(frame.write_parquet), layout("parquet"))
    assert parsed.frame.row(0)[1:] == ("[1, 2]", '{"a": 1}', "00:00:00")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_short_columnar_body_that_unpacks_to_gigabytes_is_refused_with_its_reason(kind: str) -> None:
    table = pa.table({"id": pa.array(["A" * 20_000_000]).take(pa.array([0] * 6))})
    body = (
        _arrow_file(table, compression="zstd") if kind == "arrow" else _written(lambda out: pq.write_table(table, out))
    )
    assert len(body) < 200_000 or kind == "parquet"
    with pytest.raises(BatchRefused) as refused:
        parse(body, Layout(kind, COLUMNS, unpacked_bytes=100_000_000))
    assert refused.value.code == "hub.unpacks_too_large"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ndjson", b"{}\n" * 1001),
        ("json", b"[" + b"{}," * 1000 + b"{}]"),
        ("csv", b"id\n" + b"1\n" * 1001),
        ("csv", b'id,n\n"1",2\n' + b"1,2\n" * 1000),
        ("csv", b"id\n" + b"\n" * 5000),
        ("parquet", _written(pl.DataFrame({"id": ["A"] * 1001}).write_parquet)),
        ("arrow", _written(pl.DataFrame({"id": ["A"] * 1001}).write_ipc_stream)),
    ],
)
def test_more_rows_than_a_batch_may_hold_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(BatchRefused) as refused:
        parse(body, Layout(kind, COLUMNS, most_rows=1000))
    assert refused.value.code == "hub.too_many_rows"
    parse(body, Layout(kind, COLUMNS, most_rows=5001))


def test_a_column_of_another_kind_counts_as_what_it_says_never_as_the_number_it_is_stored_as() -> None:
    day, noon = datetime(2026, 1, 2, tzinfo=UTC).date(), datetime(2026, 1, 2, 12, tzinfo=UTC)
    frame = pl.DataFrame(
        {"n": [day, day], "x": [noon, noon], "lo": [Decimal("1.5"), Decimal("2")], "hi": [2.0**53, 3.0]},
        schema_overrides={"lo": pl.Decimal(10, 1)},
    )
    parsed = parse(_written(frame.write_parquet), layout("parquet"))
    values = verdict_on(parsed).values
    assert values.select("n", "x", "lo", "hi").rows() == [(None, None, None, None), (None, None, 2, 3)]
