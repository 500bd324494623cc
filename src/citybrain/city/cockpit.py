"""Cockpits (数字驾驶舱): which indicators a post sees, at which level, in which order (Hangzhou art. 10)."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from citybrain.city.findings import ValueWrong
from citybrain.city.names import DepartmentRef, Identifier, Level, Name, Noun

_WIDGET = re.compile(
    r"^(?P<kind>number|trend|ranking|map|tasks|advice)"
    r"(?:\s+(?P<indicator>[a-z0-9_]+(?:\.[a-z0-9_]+)+))?(?:\s+by\s+(?P<by>[a-z0-9_]+))?(?:\s+(?P<days>\d+)d)?$"
)
_WIDGET_WRITTEN = re.sub(r"\?P<\w+>", "?:", _WIDGET.pattern)  # every editor reads it without named groups


class Widget(Noun):
    """One part of a cockpit; it names an indicator, never a table.

    Attributes:
        indicator: The indicator it shows.
        kind: number, trend, ranking, map, tasks or advice.
        by: Dimension of a ranking or map.
        days: Days a trend looks back.

    """

    kind: Literal["number", "trend", "ranking", "map", "tasks", "advice"]
    indicator: str | None = None
    by: str | None = None
    days: int | None = None


def _read_widget(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _WIDGET.match(value.strip())
    if match is None:
        raise ValueWrong("widget_form")
    found = match.groupdict()
    if found["kind"] not in {"tasks", "advice"} and not found["indicator"]:
        raise ValueWrong("widget_without_indicator", kind=found["kind"])
    return {**found, "days": int(found["days"]) if found["days"] else None}


WrittenWidget = Annotated[
    Widget,
    BeforeValidator(_read_widget, json_schema_input_type=Annotated[str, Field(pattern=_WIDGET_WRITTEN)] | Widget),
]


class CockpitAudience(Noun):
    """Which posts open a cockpit, at which level.

    Attributes:
        posts: Posts that may open it.
        level: Level of the posts.

    """

    posts: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    level: Level = "city"


class Cockpit(Noun):
    """One cockpit, or one for each division of a level.

    Attributes:
        name: What people call it; ``{division}`` stands for the division's name.
        audience: Who opens it.
        cockpit: Short name; with ``for_each`` the division code is appended.
        for_each: Level whose divisions each get one.
        owner: Department that answers for it; ``{division}`` stands for the division's code.
        review_by: Day by which it must be looked over or retired.
        rows: Widgets in reading order.

    """

    cockpit: Identifier
    name: Name
    audience: CockpitAudience
    owner: DepartmentRef
    review_by: date
    for_each: Level | None = None
    rows: Annotated[tuple[tuple[WrittenWidget, ...], ...], Field(min_length=1)]

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"cockpit:{self.cockpit}"

    def widgets(self) -> tuple[Widget, ...]:
        """All widgets in reading order."""
        return tuple(widget for row in self.rows for widget in row)
