"""A contract, and what it says of a row in slow, obvious Python."""

import math
import re
from datetime import UTC, datetime
from typing import Any

from citybrain.city.contract import Contract, Field, Rule
from citybrain.city.expression import Expression
from citybrain.city.names import Name
from citybrain.hub.formats import Layout, Parsed
from citybrain.safeguards.quality import Verdict, judge, no_outside_knowledge

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
COLUMNS = ("id", "n", "x", "flag", "lo", "hi")
_TYPES = {"id": "string", "n": "integer", "x": "number", "flag": "string", "lo": "integer", "hi": "integer"}


def name(text: str) -> Name:
    return Name(zh=text, en=text)


def contract(*rules: Rule, fields: tuple[Field, ...], **more: Any) -> Contract:
    said: dict[str, Any] = {
        "ref": "contract:test/rows", "version": "1.0.0", "status": "active", "name": name("rows"), "description": "",
        "provider": "dept:test", "person": "p", "basis": (), "purposes": (), "mode": "append", "zone": "Asia/Shanghai",
    }  # fmt: skip
    types = tuple(Rule(f"{field.name}_type", "type", "conformity", (field.name,)) for field in fields)
    return Contract(**{**said, **more}, fields=fields, rules=(*types, *rules))


ROWS = contract(
    Rule("id_required", "required", "completeness", ("id",)),
    Rule("n_required", "required", "completeness", ("n",)),
    Rule("n_range", "range", "accuracy", ("n",), low=0, high=100),
    Rule("x_range", "range", "accuracy", ("x",), low=-1.5, high=1e6, exclusive_high=True),
    Rule("id_pattern", "pattern", "conformity", ("id",), pattern="^[A-Z][0-9]*$"),
    Rule("id_length", "length", "conformity", ("id",), low=1, high=3),
    Rule("flag_codes", "codes", "conformity", ("flag",), codes=("a", "乙")),
    Rule("lo_below_hi", "relation", "consistency", ("lo", "hi"), relation=Expression("lo <= hi")),
    Rule("one_id", "unique", "uniqueness", ("id",)),
    Rule("one_pair", "unique", "uniqueness", ("flag", "n")),
    fields=tuple(Field(field, name(field), kind) for field, kind in _TYPES.items()),  # type: ignore[arg-type]  # from a table
)


def verdict_on(parsed: Parsed, rules: Contract = ROWS) -> Verdict:
    return judge(parsed.frame, parsed.rows, rules, no_outside_knowledge(AT), nul_possible=parsed.nul_possible)


def layout(kind: str) -> Layout:
    return Layout(kind, COLUMNS)


class Wrong(Exception):
    """A cell that is not of its type."""


def typed(text: str | None, kind: str) -> Any:
    """Read one cell as a clerk would."""
    if text is None or text == "":
        return None
    if kind == "string":
        if "\x00" in text:
            raise Wrong
        return text
    stripped = text.strip()
    if kind == "integer" and re.fullmatch(r"[+-]?[0-9]+", stripped):
        if not -(2**63) <= int(stripped) < 2**63:
            raise Wrong
        return int(stripped)
    try:
        number = float(stripped) if re.fullmatch(r"[-+0-9.eE]+", stripped) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (kind == "integer" and (number != int(number) or abs(number) >= 2**53)):
        raise Wrong
    return int(number) if kind == "integer" else number


def alone_valid(row: dict[str, str | None]) -> dict[str, Any] | None:
    """Return the typed row when it breaks no rule on its own."""
    try:
        made = {field: typed(row.get(field), kind) for field, kind in _TYPES.items()}
    except Wrong:
        return None
    identity, n, x, flag, lo, hi = (made[field] for field in COLUMNS)
    sound = (
        identity is not None
        and re.search("^[A-Z][0-9]*$", identity) is not None
        and 1 <= len(identity) <= 3
        and n is not None
        and 0 <= n <= 100
        and (x is None or -1.5 <= x < 1e6)
        and flag in {None, "a", "乙"}
        and (lo is None or hi is None or lo <= hi)
    )
    return made if sound else None


def accepted(rows: list[dict[str, str | None] | None]) -> list[int]:
    """Number the rows that are accepted; none stands for a line that is no record."""
    kept = []
    for number, row in enumerate(rows, 1):
        made = alone_valid(row) if row is not None else None
        if made is not None:
            kept.append((number, made))
    for key in (("id",), ("flag", "n")):
        seen: set[tuple[Any, ...]] = set()
        left = []
        for number, made in kept:
            value = tuple(made[field] for field in key)
            if None not in value:
                if value in seen:
                    continue
                seen.add(value)
            left.append((number, made))
        kept = left
    return [number for number, _ in kept]
