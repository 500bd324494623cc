"""City-file expressions compiled to Ibis, so that one definition runs on DuckDB and on Spark."""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import ibis
from ibis.expr import types as ir

from citybrain.city.expression import ARITHMETIC, COMPARISONS, Expression, ExpressionWrong

_MEASURES: dict[str, Callable[..., Any]] = {
    "sum": lambda value: value.sum(),
    "avg": lambda value: value.cast("float64").mean(),
    "min": lambda value: value.min(),
    "max": lambda value: value.max(),
    "median": lambda value: value.cast("float64").median(),
    "count_distinct": lambda *values: (
        values[0].nunique()
        if len(values) == 1
        else reduce(lambda a, b: a.concat("\x1f", b), [value.cast("string") for value in values]).nunique()
    ),
    "count_if": lambda test: test.ifelse(1, 0).fill_null(0).sum(),
    "sum_if": lambda value, test: test.ifelse(value, 0).sum(),
}
_ROWS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: value.abs(),
    "ceil": lambda value: value.ceil(),
    "floor": lambda value: value.floor(),
    "coalesce": ibis.coalesce,
    "concat": lambda *values: reduce(lambda a, b: a.concat(b), [value.cast("string") for value in values]),
    "choose": ibis.ifelse,
    "length": lambda value: value.length(),
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "trim": lambda value: value.re_replace(_BLANK_ENDS, ""),
    "text": lambda value: value.cast("string"),
    "missing": lambda value: value.isnull(),
    "present": lambda value: value.notnull(),
    "minutes_between": lambda start, end: (_micros(end) - _micros(start)).cast("float64") / 60_000_000.0,
    "starts_with": lambda value, start: value.startswith(start),
    "ends_with": lambda value, end: value.endswith(end),
    "contains": lambda value, part: value.contains(part),
}


# Every blank of Unicode, the wide one of Chinese texts too, as rows are trimmed.
_BLANK_ENDS = r"^[\s\x0b\x{85}\x{a0}\p{Z}]+|[\s\x0b\x{85}\x{a0}\p{Z}]+$"


def _micros(value: Any) -> Any:
    return value.epoch_seconds() * 1_000_000 + value.microsecond()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an expression stands in.

    Attributes:
        table: Relation whose columns it names.
        zone: Zone of written times without an offset.

    """

    table: ir.Table
    zone: ZoneInfo


def compile_measure(expression: Expression, around: Surroundings) -> Any:
    """Compile a measure or a filter.

    Args:
        expression: An aggregate, or a condition over rows.
        around: The relation.

    Returns:
        An Ibis value.

    Raises:
        ExpressionWrong: It uses something that indicators cannot.

    """
    return _visit(expression.tree(), around)


def _visit(node: ast.expr, around: Surroundings) -> Any:
    if isinstance(node, ast.Constant):
        return ibis.literal(node.value) if node.value is not None else ibis.null()
    if isinstance(node, ast.Name):
        return around.table[node.id]
    if isinstance(node, ast.UnaryOp):
        inner = _visit(node.operand, around)
        return -inner if isinstance(node.op, ast.USub) else ~inner
    if isinstance(node, ast.BinOp):
        left, right = _visit(node.left, around), _visit(node.right, around)
        if isinstance(node.op, ast.Div):
            return left.cast("float64") / right.nullif(0)
        if isinstance(node.op, ast.Mod):
            return left % right.nullif(0)
        return ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.BoolOp):
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return reduce(join, [_visit(value, around) for value in node.values])
    if isinstance(node, ast.Compare):
        return _compare(node, around)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node.func.id, node.args, around)
    msg = "a list stands only after 'in'"
    raise ExpressionWrong(msg)


def _compare(node: ast.Compare, around: Surroundings) -> Any:
    left = _visit(node.left, around)
    tests = []
    for sign, right_node in zip(node.ops, node.comparators, strict=True):
        if isinstance(sign, (ast.In, ast.NotIn)):
            test = left.isin(ast.literal_eval(right_node))
            tests.append(~test if isinstance(sign, ast.NotIn) else test)
            continue
        right = _visit(right_node, around)
        tests.append(COMPARISONS[type(sign)](left, right))
        left = right
    return reduce(operator.and_, tests)


def _call(name: str, args: list[ast.expr], around: Surroundings) -> Any:
    if name == "count":
        return _visit(args[0], around).count() if args else around.table.count()
    if name == "quantile":
        return _visit(args[0], around).cast("float64").quantile(float(ast.literal_eval(args[1])))
    if name == "latest":
        return _visit(args[0], around).argmax(around.table["_order"])
    if name == "ratio":
        return _visit(args[0], around).cast("float64") / _visit(args[1], around).nullif(0)
    if name == "time":
        instant = datetime.fromisoformat(str(ast.literal_eval(args[0])))
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=around.zone)
        return ibis.literal(instant.astimezone(ZoneInfo("UTC")), type="timestamp('UTC')")
    if name == "date":
        return ibis.literal(date.fromisoformat(str(ast.literal_eval(args[0]))))
    if name == "round":
        digits = int(ast.literal_eval(args[1])) if len(args) > 1 else 0
        return _visit(args[0], around).round(digits)
    if name in {"slice"}:
        numbers = [int(ast.literal_eval(arg)) for arg in args[1:]]
        return _visit(args[0], around).substr(*numbers)
    values = [_visit(arg, around) for arg in args]
    if name in _MEASURES:
        return _MEASURES[name](*values)
    if name in _ROWS:
        return _ROWS[name](*values)
    msg = f"{name} is not available in indicators; declare the value as a field of the contract instead"
    raise ExpressionWrong(msg)
