"""One expression means the same on rows (Polars) and in measures (Ibis on DuckDB), missing values included."""

import math
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from citybrain.city.expression import Expression
from citybrain.insight.engines import compiling
from citybrain.safeguards import expressions

SCHEMA = {"a": pl.Int64, "b": pl.Int64, "x": pl.Float64, "y": pl.Float64, "s": pl.String, "t": pl.String}
TEXTS = ("", "S1", "s2", " pad ", "乙", "a%b_c", "S1S1", "\u3000全角\u3000")
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": st.none() | st.integers(-9, 9),
            "b": st.none() | st.integers(-3, 3),
            "x": st.none() | st.sampled_from([-2.5, -1.0, -0.5, 0.0, 0.5, 1.5, 2.5, 100.25]),
            "y": st.none() | st.sampled_from([-1.5, 0.0, 3.0]),
            "s": st.none() | st.sampled_from(TEXTS),
            "t": st.none() | st.sampled_from(TEXTS),
        }
    ),
    min_size=1,
    max_size=8,
)


def _joined(parts: Any, *signs: str) -> Any:
    return st.builds(lambda left, sign, right: f"({left} {sign} {right})", parts, st.sampled_from(signs), parts)


def _called(name: str, *parts: Any) -> Any:
    return st.builds(lambda *given: f"{name}({', '.join(given)})", *parts)


TEXT = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["s", "t", "'S1'", "'乙'"]),
        _called("lower", TEXT),
        _called("upper", TEXT),
        _called("trim", TEXT),
        _called("concat", TEXT, TEXT),
        _called("coalesce", TEXT, TEXT),
        _called("choose", TEST, TEXT, TEXT),
    )
)
NUMBER = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["a", "b", "x", "y", "2", "0", "1.5"]),
        _joined(NUMBER, "+", "-", "*", "/"),
        _joined(st.sampled_from(["a", "b", "7", "x", "2.5"]), "%"),
        NUMBER.map(lambda inner: f"(-{inner})"),
        _called("abs", NUMBER),
        _called("ceil", NUMBER),
        _called("floor", NUMBER),
        _called("round", st.sampled_from(["x", "y", "x / 2", "a / 2"])),
        _called("coalesce", NUMBER, NUMBER),
        _called("choose", TEST, NUMBER, NUMBER),
        _called("length", TEXT),
    )
)
TEST = st.deferred(
    lambda: st.one_of(
        _joined(NUMBER, "<", "<=", ">", ">=", "==", "!="),
        _joined(TEXT, "==", "!=", "<"),
        st.builds(lambda inner, sign: f"({inner} {sign} [1, 2, -3])", st.sampled_from(["a", "b"]), IN),
        st.builds(lambda inner, sign: f"({inner} {sign} ['S1', '乙'])", TEXT, IN),
        st.builds(lambda low, middle, high: f"({low} <= {middle} < {high})", NUMBER, NUMBER, NUMBER),
        _called("missing", NUMBER | TEXT),
        _called("present", NUMBER | TEXT),
        _called("starts_with", TEXT, st.sampled_from(["'S'", "'%'"])),
        _called("ends_with", TEXT, st.sampled_from(["'1'", "'_'"])),
        _called("contains", TEXT, st.sampled_from(["'b_'", "'1S'"])),
        TEST.map(lambda inner: f"(not {inner})"),
        _joined(TEST, "and", "or"),
    )
)
IN = st.sampled_from(["in", "not in"])
BACKEND = ibis.duckdb.connect()


def on_rows(text: str, frame: pl.DataFrame) -> list[Any]:
    made = expressions.compile_rows(Expression(text), expressions.Surroundings("UTC"))
    return frame.lazy().with_columns(_=made.value).collect()["_"].to_list()


def in_engine(text: str, frame: pl.DataFrame) -> list[Any]:
    BACKEND.con.register("rows_of_test", frame.with_row_index("_at").to_arrow())
    table = BACKEND.table("rows_of_test")
    value = compiling.compile_measure(Expression(text), compiling.Surroundings(table, ZoneInfo("UTC")))
    return list(BACKEND.to_pyarrow(table.mutate(_=value).order_by("_at"))["_"].to_pylist())


def same(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


@given(st.one_of(TEST, NUMBER, TEXT), ROWS)
@example("a / b", [{"a": 1, "b": 0, "x": 1.0, "y": 0.0, "s": None, "t": None}])
@example("a % b", [{"a": -7, "b": 3, "x": 1.0, "y": 0.0, "s": None, "t": None}])
@example("x % y", [{"a": 1, "b": 0, "x": 1.0, "y": 0.0, "s": None, "t": None}])
@example("round(x)", [{"a": 1, "b": 0, "x": value, "y": 0.0, "s": None, "t": None} for value in (-2.5, -0.5, 0.5, 2.5)])
@example("trim(s)", [{"a": 1, "b": 0, "x": 0.0, "y": 0.0, "s": "\u3000全角\u3000 ", "t": None}])
@example("a / b > 1", [{"a": 1, "b": 0, "x": 1.0, "y": 0.0, "s": None, "t": None}])
def test_an_expression_means_the_same_on_rows_and_in_the_engine(text: str, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    for row, one, other in zip(rows, on_rows(text, frame), in_engine(text, frame), strict=True):
        assert same(one, other), (text, row)
