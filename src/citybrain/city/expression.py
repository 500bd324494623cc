"""The one small language of city files: arithmetic, comparison and a closed list of functions; never code.

Rules (``pm25 <= pm10``), row mappings (``number(pm25)``), filters and measures (``sum(entries)``) are written in it.
It is read with Python's grammar and only the node kinds below are let through; each engine compiles the same tree.
"""

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from citybrain.city.findings import ValueWrong
from citybrain.city.names import near

ROW_FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "choose": (3, 3),
    "coalesce": (2, 9),
    "concat": (2, 9),
    "contains": (2, 2),
    "date": (1, 9),
    "day_of": (1, 1),
    "distance_m": (4, 4),
    "ends_with": (2, 2),
    "extract": (2, 2),
    "floor": (1, 1),
    "hour_of": (1, 1),
    "integer": (1, 1),
    "length": (1, 1),
    "look_up": (2, 3),
    "lower": (1, 1),
    "minutes_between": (2, 2),
    "missing": (1, 1),
    "number": (1, 1),
    "pad": (2, 2),
    "piecewise": (3, 3),
    "present": (1, 1),
    "replace": (3, 3),
    "round": (1, 2),
    "slice": (2, 3),
    "split": (3, 3),
    "starts_with": (2, 2),
    "text": (1, 1),
    "time": (1, 9),
    "trim": (1, 1),
    "upper": (1, 1),
}
MEASURE_FUNCTIONS: dict[str, tuple[int, int]] = {
    "avg": (1, 1),
    "count": (0, 1),
    "count_distinct": (1, 3),
    "count_if": (1, 1),
    "max": (1, 1),
    "median": (1, 1),
    "min": (1, 1),
    "quantile": (2, 2),
    "ratio": (2, 2),
    "sum": (1, 1),
    "sum_if": (2, 2),
    "latest": (1, 1),
}
_SIGNS = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_OPERATORS = (
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.USub, ast.Not, ast.And, ast.Or,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
)  # fmt: skip
_NODES = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Load,
)


COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
"""What each sign of comparison does, on numbers and on an engine's columns alike."""
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
"""What each sign of arithmetic does; an engine may treat division by nothing in its own way."""


class ExpressionWrong(ValueError):
    """An expression that is not of the language; the text says what and what to write instead."""


class NotOfTheLanguage(ExpressionWrong, ValueWrong):
    """The same, found when the expression is read, in words of both languages."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, checked to be of the language.

    Attributes:
        text: As written in the file.

    Examples:
        >>> sorted(Expression("pm25 <= pm10").names())
        ['pm10', 'pm25']
        >>> Expression("__import__('os')")
        Traceback (most recent call last):
        citybrain.city.expression.NotOfTheLanguage: unknown function __import__; near: —

    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what is not of the language."""
        for node in ast.walk(self.tree()):
            _check_node(node, self.text.strip())

    def tree(self) -> ast.expr:
        """Return the expression as a tree of Python's own node kinds.

        Raises:
            NotOfTheLanguage: The text cannot be read.

        """
        text = self.text.strip()
        try:
            return ast.parse(text, mode="eval").body
        except SyntaxError as error:
            before = text.splitlines(keepends=True)[: (error.lineno or 1) - 1]
            place = sum(map(len, before)) + (error.offset or 1)
            raise NotOfTheLanguage("expression_unreadable", place=place) from None
        except (ValueError, RecursionError, MemoryError):
            raise NotOfTheLanguage("expression_too_deep") from None

    def names(self) -> frozenset[str]:
        """Return the column names it uses."""
        tree = self.tree()
        functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions)

    def functions(self) -> frozenset[str]:
        """Return the function names it calls."""
        return frozenset(
            node.func.id
            for node in ast.walk(self.tree())
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read an expression from the text of a file and write it back as that text."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1)),
            python_schema=core_schema.union_schema(
                [
                    core_schema.is_instance_schema(cls),
                    core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1)),
                ],
                mode="left_to_right",
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.text),
        )


def _check_node(node: ast.AST, text: str) -> None:
    if isinstance(node, ast.Call):
        _check_call(node)
    elif isinstance(node, ast.Constant):
        if node.value is not None and not isinstance(node.value, (bool, int, float, str)):
            raise NotOfTheLanguage("expression_constant")
    elif not isinstance(node, (*_NODES, *_OPERATORS)) or not _signs_known(node):
        part = ast.get_source_segment(text, node) or type(node).__name__
        raise NotOfTheLanguage("expression_part", part=part)


def _signs_known(node: ast.AST) -> bool:
    signs = [child for child in ast.iter_child_nodes(node) if isinstance(child, _SIGNS)]
    return all(isinstance(sign, _OPERATORS) for sign in signs)


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise NotOfTheLanguage("expression_call")
    known = {**ROW_FUNCTIONS, **MEASURE_FUNCTIONS}
    if node.func.id not in known:
        raise NotOfTheLanguage("function_unknown", name=node.func.id, near=near(node.func.id, known))
    least, most = known[node.func.id]
    if not least <= len(node.args) <= most:
        takes = f"{least}" if least == most else f"{least}–{most}"
        raise NotOfTheLanguage("function_values", name=node.func.id, takes=takes, count=len(node.args))
