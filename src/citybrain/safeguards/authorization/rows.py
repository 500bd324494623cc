"""Policies about single rows, compiled to one Polars condition that says the same as asking for each row.

Cedar skips a policy whose evaluation fails, such as one that reads a value that is missing. So each part of a
condition carries, beside its value, whether evaluating it fails, with Cedar's own short circuits.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from citybrain.city.contract import Contract
from citybrain.city.findings import ValueWrong
from citybrain.city.organisation import Department
from citybrain.safeguards.authorization.rulebook import attributes, read_rules

_KINDS: Mapping[str, type] = {"string": str, "date": str, "integer": int, "boolean": bool}
_ORDER: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_NO, _YES = pl.lit(value=False), pl.lit(value=True)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a condition; ``kind`` is its Python type, none where it always fails."""

    value: pl.Expr
    failed: pl.Expr
    kind: type | None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what for.

    Attributes:
        above: Refs of the bodies above the department, itself included.

    """

    department: Department
    above: frozenset[str]
    purpose: str


def rows_allowed(policies: str, contract: Contract, asker: Asker) -> pl.Expr:
    """Compile policies to the condition under which a row may be read.

    Args:
        policies: Cedar, the house's and the city's.
        contract: Whose rows are read.
        asker: Who asks.

    Returns:
        A condition over the contract's fields, never null.

    Raises:
        ValueWrong: A policy asks something of rows that cannot be compiled.

    """
    permitted: list[pl.Expr] = []
    forbidden: list[pl.Expr] = []
    for _, rule, tree in read_rules(policies):
        if _concerns_rows(tree, contract, asker):
            met = reduce(lambda left, right: left & right, _conditions(tree, contract, asker), _YES)
            (permitted if rule.effect == "permit" else forbidden).append(met)
    return _any(permitted) & ~_any(forbidden)


def attributes_of(row: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    """Return what policies can ask of a row: its texts, whole numbers, truths and days that are not missing.

    Args:
        row: Values by field.
        contract: Its contract.

    """
    seen = {field.name: row[field.name] for field in contract.fields if field.type in _KINDS}
    return {
        name: value.isoformat() if contract.field(name).type == "date" else value
        for name, value in seen.items()
        if value is not None
    }


def _any(conditions: list[pl.Expr]) -> pl.Expr:
    return reduce(lambda left, right: left | right, conditions, _NO)


def _concerns_rows(tree: Mapping[str, Any], contract: Contract, asker: Asker) -> bool:
    action, principal, resource = tree["action"], tree["principal"], tree["resource"]
    acts = action.get("entities") or [action["entity"]] if action["op"] != "All" else [{"id": "read"}]
    if "read" not in {act["id"] for act in acts}:
        return False
    if resource.get("entity_type", "Row") != "Row" or resource["op"] == "==":
        return False
    inside = resource.get("in", resource).get("entity")
    if inside is not None and inside["id"] != contract.ref:
        return False
    if principal.get("entity_type", "Department") != "Department":
        return False
    named = principal.get("in", principal).get("entity")
    if named is None:
        return True
    return named["id"] == asker.department.ref if principal["op"] == "==" else named["id"] in asker.above


def _conditions(tree: Mapping[str, Any], contract: Contract, asker: Asker) -> Iterator[pl.Expr]:
    for condition in tree["conditions"]:
        part = _visit(condition["body"], contract, asker)
        met = part.value if condition["kind"] == "when" else ~part.value
        yield met & ~part.failed


def _visit(node: Mapping[str, Any], contract: Contract, asker: Asker) -> _Part:
    ((name, body),) = node.items()
    match name:
        case "Value" if isinstance(body, (str, int, bool)):
            return _Part(pl.lit(body), _NO, type(body))
        case "&&" | "||":
            left, right = (_visit(body[side], contract, asker) for side in ("left", "right"))
            return _junction(name, left, right)
        case "!":
            inner = _visit(body["arg"], contract, asker)
            return _Part(~inner.value, inner.failed, bool)
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            left, right = (_visit(body[side], contract, asker) for side in ("left", "right"))
            return _comparison(name, left, right)
        case ".":
            return _attribute(body, contract, asker)
        case "has":
            return _presence(body, contract, asker)
        case "contains" if all("Value" in item for item in body["left"].get("Set", [{}])):
            items = [item["Value"] for item in body["left"]["Set"]]
            one = _visit(body["right"], contract, asker)
            equal = [_comparison("==", one, _Part(pl.lit(item), _NO, type(item))) for item in items]
            return _Part(_any([part.value for part in equal]), one.failed, bool)
        case "like":
            text = _visit(body["left"], contract, asker)
            fails = _YES if text.kind is not str else text.failed
            pattern = "^(?s:" + "".join(_piece(piece) for piece in body["pattern"]) + ")$"
            value = _NO if text.kind is not str else text.value.str.contains(pattern).fill_null(value=False)
            return _Part(value, fails, bool)
        case "in" if body["left"] == {"Var": "principal"} and "Value" in body["right"]:
            inside = body["right"]["Value"]["__entity"]["id"] in asker.above
            return _Part(pl.lit(inside), _NO, bool)
        case _:
            raise ValueWrong("policy_unfit", part=name)


def _junction(name: str, left: _Part, right: _Part) -> _Part:
    """Join two conditions; the right one is only asked where the left one leaves it open."""
    go_on = left.value if name == "&&" else ~left.value
    value = left.value & right.value if name == "&&" else left.value | right.value
    return _Part(value, left.failed | (go_on & right.failed), bool)


def _comparison(name: str, left: _Part, right: _Part) -> _Part:
    failed = left.failed | right.failed
    if left.kind is None or right.kind is None:
        return _Part(_NO, _YES, bool)
    if name in _ORDER:
        if left.kind is not int or right.kind is not int:
            return _Part(_NO, _YES, bool)  # Cedar orders whole numbers only
        return _Part(_ORDER[name](left.value, right.value).fill_null(value=False), failed, bool)
    equal = (left.value == right.value).fill_null(value=False) if left.kind is right.kind else _NO
    return _Part(equal if name == "==" else ~equal, failed, bool)


def _attribute(body: Mapping[str, Any], contract: Contract, asker: Asker) -> _Part:
    known = _constant(body, asker)
    if known is not _ROW:
        return _Part(_NO, _YES, None) if known is None else _Part(pl.lit(known), _NO, type(known))
    field = next((item for item in contract.fields if item.name == body["attr"]), None)
    if field is None:
        return _Part(_NO, _YES, None)
    kind = _KINDS.get(field.type)
    if kind is None:
        raise ValueWrong("policy_field_unfit", field=field.name, type=field.type)
    column = pl.col(field.name)
    value = column.dt.to_string("%Y-%m-%d") if field.type == "date" else column
    return _Part(value.fill_null(value=False) if kind is bool else value, column.is_null(), kind)


def _presence(body: Mapping[str, Any], contract: Contract, asker: Asker) -> _Part:
    known = _constant(body, asker)
    if known is not _ROW:
        return _Part(pl.lit(known is not None), _NO, bool)
    named = any(item.name == body["attr"] and item.type in _KINDS for item in contract.fields)
    return _Part(pl.col(body["attr"]).is_not_null() if named else _NO, _NO, bool)


_ROW = object()


def _constant(body: Mapping[str, Any], asker: Asker) -> Any:
    """Return what an attribute of the asker or of the circumstances is; none where there is none."""
    variable = body["left"].get("Var")
    if variable == "resource":
        return _ROW
    known: Mapping[str, Any] = attributes(asker.department) if variable == "principal" else {"purpose": asker.purpose}
    if variable not in {"principal", "context"}:
        raise ValueWrong("policy_unfit", part=".")
    return known.get(body["attr"])


def _piece(piece: Any) -> str:
    return ".*" if piece == "Wildcard" else _escaped(piece["Literal"])


def _escaped(text: str) -> str:
    return "".join(f"\\x{{{ord(sign):x}}}" for sign in text)
