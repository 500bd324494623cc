"""What a value of a city file must be, in words of both languages."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from citybrain.city.findings import ValueWrong
from citybrain.kernel.messages import LANGUAGES, Language, say, words

Said = dict[Language, str]

# A written form by its pattern: its sentence, an example, and the signs it may hold beside small letters and digits.
FORMS: Mapping[str, tuple[str, str, str]] = {
    r"^dept:[a-z0-9-]+$": ("string_form", "dept:metro", "-"),
    r"^system:[a-z0-9-]+/[a-z0-9_-]+$": ("string_form", "system:metro/afc", "- _"),
    r"^contract:[a-z0-9-]+/[a-z0-9_]+(@\d+)?$": ("string_form", "contract:metro/flow_15min", "- _"),
    r"^model:[a-z0-9-]+/[a-z0-9_]+$": ("string_form", "model:metro/daily_flow", "- _"),
    r"^service:[a-z0-9-]+/[a-z0-9_-]+$": ("string_form", "service:hotline/lookup", "- _"),
    r"^[A-Za-z][A-Za-z0-9_]*$": ("word_form", "findCase", ""),
    r"^(https?://|env:[A-Z][A-Z0-9_]*$)": ("address_form", "env:HOTLINE_URL", ""),
    r"^indicator:[a-z0-9_.-]+$": ("string_form", "indicator:metro.entries", ". - _"),
    r"^[a-z]+-?[a-z0-9]*-?\d{0,4}(/[0-9.]+)?$": ("string_form", "hangzhou-2021/13", "- ."),
    r"^[a-z0-9-]+/[a-z0-9_-]+$": ("string_form", "metro/afc", "- _"),
    r"^[a-z0-9-]+/[a-z0-9_]+$": ("string_form", "metro/daily_flow", "- _"),
    r"^[a-z0-9_]+(@\d+)?$": ("string_form", "flow_15min", "_"),
    r"^[a-z0-9_]+(\.[a-z0-9_]+)+$": ("dotted_form", "metro.entries", "_"),
    r"^[a-z][a-z0-9_-]*$": ("name_form", "metro-line", "- _"),
    r"^[a-z][a-z0-9_]*$": ("name_form", "flow_15min", "_"),
    r"^\d{6}$": ("digits_form", "330100", ""),
    r"^\d{6}(\d{3}){0,2}$": ("division_form", "330106", ""),
    r"^[a-z][a-z0-9_-]*/[a-z][a-z0-9_]*$": ("string_form", "gb-11643/id_number", "- _"),
}

# Types of pydantic whose difference does not change what the reader has to write.
_ALIKE: Mapping[str, str] = {
    **dict.fromkeys(("int_parsing", "int_from_float"), "int_type"),
    "float_parsing": "float_type",
    "bool_parsing": "bool_type",
    "string_unicode": "string_type",
    "enum": "literal_error",
    **dict.fromkeys(
        ("date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "date_type",
    ),
    **dict.fromkeys(
        ("datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
        "datetime_type",
    ),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), "duration_form"),
    **dict.fromkeys(("mapping_type", "model_type", "model_attributes_type", "dataclass_type"), "dict_type"),
    **dict.fromkeys(("tuple_type", "set_type", "frozen_set_type"), "list_type"),
}
_LISTED = ("expected", "expected_tags", "discriminator")
_QUOTED = re.compile(r"'([^']*)'")


def in_both(kind: str, /, **values: Any) -> Said:
    """Say a sentence in every language.

    Args:
        kind: Its key in the words of values.
        **values: What it names.

    Examples:
        >>> in_both("greater_than", gt=1)
        {'zh': '须大于 1', 'en': 'must be more than 1'}

    """
    return {language: say(f"values.{kind}", language, **values) for language in LANGUAGES}


def expectation(problem: ErrorDetails) -> Said:
    """Say what a value had to be.

    Args:
        problem: One problem as pydantic found it.

    Returns:
        Words by language; pydantic's own where the house has none.

    """
    kind, context = problem["type"], problem.get("ctx", {})
    refused = context.get("error")
    if isinstance(refused, ValueWrong):
        return in_both(refused.kind, **refused.values)
    if kind == "string_pattern_mismatch":
        return _form(context["pattern"])
    if kind == "missing":
        return in_both("items_missing", count=int(problem["loc"][-1]) + 1, actual=len(problem["input"]))
    key = _ALIKE.get(kind, kind)
    if f"values.{key}" not in words("en"):
        return dict.fromkeys(LANGUAGES, problem["msg"].removeprefix("Value error, "))
    return in_both(key, **{name: _plain(name, value) for name, value in context.items()})


def _form(pattern: str) -> Said:
    if pattern not in FORMS:
        return in_both("string_pattern", pattern=pattern)
    key, example, signs = FORMS[pattern]
    return in_both(key, example=example, signs=signs.split())


def _plain(name: str, value: Any) -> Any:
    """Take choices out of pydantic's English enumeration of them, and the point off a whole number."""
    if name in _LISTED:
        return _QUOTED.findall(value) or value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def shown(value: Any) -> Any:
    """Show a value as the reader wrote it.

    Args:
        value: A value out of a file.

    Returns:
        What a sentence puts in: the value, or words for what is too large to repeat.

    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return value if value != "" else '""'
    if value is None:
        return in_both("nothing")
    return in_both("list" if isinstance(value, (list, tuple)) else "table")
