"""City-file expressions compiled to Polars; a cell that fails is told apart from one that is missing."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import polars as pl

from citybrain.city.expression import ARITHMETIC, COMPARISONS, Expression, ExpressionWrong

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Compiled:
    """A value and, beside it, whether computing it failed on a cell that was there.

    Attributes:
        value: Result; null where something was missing or failed.
        failed: True where a cell could not be read as what the expression asks for; none when nothing can fail.

    """

    value: pl.Expr
    failed: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an expression may refer to besides columns.

    Attributes:
        zone: Zone of times without an offset.
        tables: Look-up tables by name.

    """

    zone: str = "UTC"
    tables: Mapping[str, Mapping[str, str]] | None = None


def compile_rows(expression: Expression, surroundings: Surroundings) -> Compiled:
    """Compile an expression over the columns of a frame.

    Args:
        expression: Any row expression.
        surroundings: Zone and look-up tables.

    Returns:
        Expressions for ``frame.select``.

    Raises:
        ExpressionWrong: A measure stands in a row expression, or a table is unknown.

    Examples:
        >>> made = compile_rows(Expression("number(a) * 2"), Surroundings())
        >>> pl.DataFrame({"a": ["1", "x", None]}).select(v=made.value, f=made.failed).rows()
        [(2.0, False), (None, True), (None, False)]

    """
    return _visit(expression.tree(), surroundings)


def _any(parts: list[Compiled]) -> pl.Expr | None:
    failed = [part.failed for part in parts if part.failed is not None]
    return reduce(operator.or_, failed) if failed else None


def _visit(node: ast.expr, around: Surroundings) -> Compiled:
    if isinstance(node, ast.Constant):
        return Compiled(pl.lit(node.value))
    if isinstance(node, ast.Name):
        return Compiled(pl.col(node.id))
    if isinstance(node, ast.UnaryOp):
        inner = _visit(node.operand, around)
        return Compiled(-inner.value if isinstance(node.op, ast.USub) else ~inner.value, inner.failed)
    if isinstance(node, ast.BinOp):
        parts = [_visit(node.left, around), _visit(node.right, around)]
        if isinstance(node.op, (ast.Div, ast.Mod)):
            return _divided(node.op, *parts)
        return Compiled(ARITHMETIC[type(node.op)](parts[0].value, parts[1].value), _any(parts))
    if isinstance(node, ast.BoolOp):
        parts = [_visit(value, around) for value in node.values]
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return Compiled(reduce(join, [part.value for part in parts]), _any(parts))
    if isinstance(node, ast.Compare):
        return _compare(node, around)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node.func.id, node.args, around)
    msg = "a list stands only after 'in' or inside piecewise"
    raise ExpressionWrong(msg)


def _divided(sign: ast.operator, left: Compiled, right: Compiled) -> Compiled:
    """Divide; by zero there is no value, in every engine alike, and the cell counts as one that failed."""
    zero = (right.value == 0).fill_null(value=False)
    divisor = pl.when(right.value != 0).then(right.value)
    failed = _any([left, right, Compiled(left.value, zero)])
    if isinstance(sign, ast.Div):
        return Compiled(left.value / divisor, failed)
    # The rest has the sign of what is divided, as in SQL.
    return Compiled(left.value.sign() * (left.value.abs() % divisor.abs()), failed)


def _compare(node: ast.Compare, around: Surroundings) -> Compiled:
    left = _visit(node.left, around)
    parts, tests = [left], []
    for sign, right_node in zip(node.ops, node.comparators, strict=True):
        if isinstance(sign, (ast.In, ast.NotIn)):
            test = left.value.is_in(constants(right_node))
            tests.append(~test if isinstance(sign, ast.NotIn) else test)
            continue
        right = _visit(right_node, around)
        tests.append(COMPARISONS[type(sign)](left.value, right.value))
        parts.append(right)
        left = right
    return Compiled(reduce(operator.and_, tests), _any(parts))


def constants(node: ast.expr) -> list[Any]:
    """Return the values of a written list.

    Args:
        node: A list or tuple of constants; numbers may carry a minus sign.

    Raises:
        ExpressionWrong: It holds something else.

    """
    if not isinstance(node, (ast.List, ast.Tuple)):
        msg = "a list in square brackets is needed here"
        raise ExpressionWrong(msg)
    try:
        return list(ast.literal_eval(node))
    except ValueError:
        msg = "a list holds numbers or texts only"
        raise ExpressionWrong(msg) from None


def _call(name: str, args: list[ast.expr], around: Surroundings) -> Compiled:
    if name == "piecewise":
        inner = _visit(args[0], around)
        return Compiled(_piecewise(inner.value, constants(args[1]), constants(args[2])), inner.failed)
    parts = [_visit(arg, around) for arg in args]
    values = [part.value for part in parts]
    failed = _any(parts)
    if name in _READERS:
        made = _READERS[name](values[0], _texts(args[1:]), around)
        here = made.is_null() & values[0].is_not_null()
        return Compiled(made, here if failed is None else failed | here)
    if name == "choose":
        return _choose(parts)
    if name == "look_up":
        made = _look_up(values[0], args, around)
        here = made.is_null() & values[0].is_not_null()
        return Compiled(made, here if failed is None else failed | here)
    if name in _TEXT_OPTIONS:
        return Compiled(_TEXT_OPTIONS[name](values[0], [_constant(arg) for arg in args[1:]]), failed)
    if name in {"day_of", "hour_of"}:
        local = values[0].dt.convert_time_zone(around.zone)
        return Compiled(local.dt.date() if name == "day_of" else local.dt.hour().cast(pl.Int64), failed)
    if name in _PLAIN:
        return Compiled(_PLAIN[name](*values), failed)
    msg = f"{name} works on many rows at once and cannot stand here"
    raise ExpressionWrong(msg)


def _constant(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        msg = "a fixed value is needed here"
        raise ExpressionWrong(msg) from None


def _texts(nodes: list[ast.expr]) -> list[str]:
    return [str(_constant(node)) for node in nodes]


def _choose(parts: list[Compiled]) -> Compiled:
    condition, yes, no = parts
    value = pl.when(condition.value).then(yes.value).otherwise(no.value)
    never = pl.lit(value=False)
    branch = (
        pl.when(condition.value)
        .then(yes.failed if yes.failed is not None else never)
        .otherwise(no.failed if no.failed is not None else never)
    )
    return Compiled(value, branch if condition.failed is None else condition.failed | branch)


def _look_up(value: pl.Expr, args: list[ast.expr], around: Surroundings) -> pl.Expr:
    name = str(_constant(args[1]))
    table = (around.tables or {}).get(name)
    if table is None:
        msg = f"no table named {name}"
        raise ExpressionWrong(msg)
    default = _constant(args[2]) if len(args) > 2 else None
    if default is not None:
        return value.replace_strict(dict(table), default=default, return_dtype=pl.String)
    return value.replace_strict(dict(table), default=None, return_dtype=pl.String)


def _read_number(value: pl.Expr, _: list[str], __: Surroundings) -> pl.Expr:
    made = value.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(made.is_finite()).then(made)


def _read_integer(value: pl.Expr, _: list[str], __: Surroundings) -> pl.Expr:
    return value.cast(pl.String).str.strip_chars().cast(pl.Int64, strict=False)


def _read_date(value: pl.Expr, formats: list[str], _: Surroundings) -> pl.Expr:
    made = [value.str.strip_chars().str.to_date(form, strict=False) for form in formats or ["%Y-%m-%d"]]
    return pl.coalesce(made)


def read_time(value: pl.Expr, formats: list[str], zone: str) -> pl.Expr:
    """Read instants from text.

    Args:
        value: Text column.
        formats: Formats tried in order; none means ISO 8601 with or without an offset; ``%s`` is seconds since 1970.
        zone: Zone of texts without an offset; an hour that summer time skips fails, one it doubles means the first.

    Returns:
        Instants in UTC, null where the text fits no format.

    """
    text = value.str.strip_chars().str.replace("[Zz]$", "+00:00")
    made = []
    for form in formats or ISO_FORMATS:
        if "%z" in form:
            made.append(text.str.to_datetime(form, time_unit="us", strict=False, time_zone="UTC"))
        elif form == "%s":  # seconds since 1970 are counted in UTC, whatever the zone
            made.append(text.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC"))
        else:
            local = text.str.to_datetime(form, time_unit="us", strict=False)
            made.append(
                local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
            )
    return pl.coalesce(made)


ISO_FORMATS = [
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
]


_READERS: dict[str, Callable[[pl.Expr, list[str], Surroundings], pl.Expr]] = {
    "number": _read_number,
    "integer": _read_integer,
    "date": _read_date,
    "time": lambda value, formats, around: read_time(value, formats, around.zone),
}
_TEXT_OPTIONS: dict[str, Callable[[pl.Expr, list[Any]], pl.Expr]] = {
    "contains": lambda value, rest: value.str.contains(str(rest[0]), literal=True),
    "starts_with": lambda value, rest: value.str.starts_with(str(rest[0])),
    "ends_with": lambda value, rest: value.str.ends_with(str(rest[0])),
    "extract": lambda value, rest: value.str.extract(str(rest[0]), 1),
    "pad": lambda value, rest: value.str.zfill(int(rest[0])),
    "replace": lambda value, rest: value.str.replace_all(str(rest[0]), str(rest[1]), literal=True),
    "slice": lambda value, rest: value.str.slice(int(rest[0]), int(rest[1]) if len(rest) > 1 else None),
    "split": lambda value, rest: value.str.split(str(rest[0])).list.get(int(rest[1]) - 1, null_on_oob=True),
    "round": lambda value, rest: value.round(int(rest[0]) if rest else 0, mode="half_away_from_zero"),
}
_PLAIN: dict[str, Callable[..., pl.Expr]] = {
    "abs": lambda value: value.abs(),
    "ceil": lambda value: value.ceil(),
    "floor": lambda value: value.floor(),
    "coalesce": lambda *values: pl.coalesce(list(values)),
    "concat": lambda *values: pl.concat_str(list(values)),
    "length": lambda value: value.str.len_chars().cast(pl.Int64),
    "lower": lambda value: value.str.to_lowercase(),
    "upper": lambda value: value.str.to_uppercase(),
    "trim": lambda value: value.str.strip_chars(),
    "text": lambda value: value.cast(pl.String),
    "missing": lambda value: value.is_null(),
    "present": lambda value: value.is_not_null(),
    "minutes_between": lambda start, end: (end - start).dt.total_microseconds() / 60_000_000,
}


def _distance_m(lon_a: pl.Expr, lat_a: pl.Expr, lon_b: pl.Expr, lat_b: pl.Expr) -> pl.Expr:
    """Great-circle distance; both points in the same coordinate system."""
    half_lat, half_lon = (lat_b - lat_a).radians() / 2, (lon_b - lon_a).radians() / 2
    inner = half_lat.sin() ** 2 + lat_a.radians().cos() * lat_b.radians().cos() * half_lon.sin() ** 2
    return 2 * EARTH_RADIUS_M * inner.sqrt().arcsin()


_PLAIN["distance_m"] = _distance_m


def _piecewise(value: pl.Expr, xs: list[float], ys: list[float]) -> pl.Expr:
    """Interpolate linearly between points; level outside of them."""
    if len(xs) != len(ys) or len(xs) < 2 or sorted(xs) != xs:
        msg = "piecewise takes two lists of the same length, the first one rising"
        raise ExpressionWrong(msg)
    made: pl.Expr = pl.lit(float(ys[-1]))
    for (x0, x1), (y0, y1) in reversed(list(zip(pairwise(xs), pairwise(ys), strict=True))):
        made = pl.when(value <= x1).then(y0 + (value - x0) * ((y1 - y0) / (x1 - x0))).otherwise(made)
    made = pl.when(value <= xs[0]).then(pl.lit(float(ys[0]))).otherwise(made)
    return pl.when(value.is_not_null()).then(made)
