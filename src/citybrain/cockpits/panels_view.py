"""The panels of a cockpit as plain display values: charts, rankings, maps, tasks, advice."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from citybrain.cockpits.figures_view import Link, Provenance, State

SeriesRole = Literal["measured", "reference", "forecast", "low", "high", "warn", "alarm"]


@dataclass(frozen=True, slots=True)
class Series:
    """One line, band edge or threshold of a chart; a column of the table behind it.

    Attributes:
        name: Label in chart and table.
        role: How it is drawn. ``low`` and ``high`` together make the forecast's band.
        values: One value per label of the chart; None leaves a gap.

    """

    name: str
    role: SeriesRole
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """A chart and the table behind it, drawn from the same values.

    Attributes:
        id: Stable DOM id.
        name: Heading.
        unit: Unit of the table's values.
        labels: The time axis, one per row of the table.
        series: Columns of the table.
        summary: One sentence that states the result, for readers who do not see the chart.
        label_header: Heading of the table's first column.
        decimals: Digits after the point in the table.
        state: State of the indicator; None shows no mark.
        provenance: Words for data that is not this city's own live data.
        href: The indicator's page.
        axis_unit: Unit printed above the axis; empty takes ``unit``.
        axis_divisor: The axis shows value / divisor (10,000 with 万人次).
        published: The label up to which values are measured; a vertical line is drawn there.
        footnotes: Sentences under the chart (day forecast, band, back-test error).
        bars: Draw bars instead of lines.
        hero: Draw a large chart.

    """

    kind: ClassVar[str] = "trend"

    id: str
    name: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    summary: str
    label_header: str = ""
    decimals: int = 0
    state: State | None = None
    provenance: tuple[Provenance, ...] = ()
    href: str = ""
    axis_unit: str = ""
    axis_divisor: float = 1.0
    published: str = ""
    footnotes: tuple[str, ...] = ()
    bars: bool = False
    hero: bool = False


@dataclass(frozen=True, slots=True)
class RankRow:
    """One line of a ranking.

    Attributes:
        name: What is ranked.
        value: The ranked figure.
        state: State of the figure.
        second: A second figure, dim.
        href: Where a click drills to.
        selected: The reader looks at this one.

    """

    name: str
    value: float | None
    state: State = "ok"
    second: float | None = None
    href: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranking table with a dot plot.

    Attributes:
        id: Stable DOM id.
        name: Heading.
        rows: Already in order.
        name_header: Heading of the name column ("区县").
        value_header: Heading of the figure, with its unit ("按期 %").
        second_header: Heading of the second figure; empty when there is none.
        order: How it is ordered ("由低到高").
        decimals: Digits after the point of the ranked figure.
        axis: First and last value of the dot plot; None draws none.
        target: A target line in the dot plot.
        target_label: Label of the target line ("目标 85").
        provenance: Words for data that is not this city's own live data.
        href: The indicator's page.

    """

    kind: ClassVar[str] = "ranking"

    id: str
    name: str
    rows: tuple[RankRow, ...]
    name_header: str
    value_header: str
    second_header: str = ""
    order: str = ""
    decimals: int = 0
    axis: tuple[float, float] | None = None
    target: float | None = None
    target_label: str = ""
    provenance: tuple[Provenance, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class MapArea:
    """One area of a map.

    Attributes:
        code: Division code.
        name: Short name for the label.
        path: SVG path data in the map's own coordinates.
        label_at: Where the label stands, same coordinates.
        value: The figure; None where there is none.
        level: 1 good, 2 fair, 3 warning, 4 alarm, 0 no data.
        state: State of the figure.
        inset_label_at: Where the label stands in the inset, instead of on the whole map.
        href: Where a click drills to.
        selected: The reader looks at this one.

    """

    code: str
    name: str
    path: str
    label_at: tuple[float, float]
    value: float | None = None
    level: Literal[0, 1, 2, 3, 4] = 0
    state: State = "none"
    inset_label_at: tuple[float, float] | None = None
    href: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class MapBand:
    """One line of a map's legend.

    Attributes:
        level: The level it explains.
        text: Limits and word ("79–82 预警").

    """

    level: Literal[0, 1, 2, 3, 4]
    text: str


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """A map of divisions, coloured by one figure.

    Attributes:
        id: Stable DOM id.
        name: Heading.
        areas: All areas; none twice.
        size: Width and height of the whole map in its own coordinates.
        bands: The legend.
        summary: One sentence that states the result.
        inset: Left, top, width, height of the inner city; None draws no inset.
        decimals: Digits after the point.
        unit: Unit of the figure.
        schematic: The shapes are not real outlines; the map says 示意边界.
        approval: Map approval number (审图号), printed when there is one.
        provenance: Words for data that is not this city's own live data.
        href: The indicator's page.

    """

    kind: ClassVar[str] = "map"

    id: str
    name: str
    areas: tuple[MapArea, ...]
    size: tuple[float, float]
    bands: tuple[MapBand, ...]
    summary: str
    inset: tuple[float, float, float, float] | None = None
    decimals: int = 0
    unit: str = ""
    schematic: bool = False
    approval: str = ""
    provenance: tuple[Provenance, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """An alarm or task as one line of a list.

    Attributes:
        title: What is wrong or to be done.
        state: State of the matter.
        word: Word of the mark when it is not the state's own ("待签收").
        who: Who has it.
        facts: What was done and how long is left.
        href: The task's page.
        action: The next action ("催办"), a link to ``href`` or to its own address.

    """

    title: str
    state: State
    word: str = ""
    who: str = ""
    facts: str = ""
    href: str = ""
    action: Link | None = None


@dataclass(frozen=True, slots=True)
class TaskList:
    """Alarms and the tasks made of them.

    Attributes:
        id: Stable DOM id.
        name: Heading.
        lines: Most urgent first.
        summary: Counts beside the heading ("今日 9 项，办结 4 项").
        empty: What to say when there is none, and why.
        provenance: Words for data that is not this city's own live data.
        href: All tasks.

    """

    kind: ClassVar[str] = "tasks"

    id: str
    name: str
    lines: tuple[TaskLine, ...]
    summary: str = ""
    empty: str = ""
    provenance: tuple[Provenance, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class AdviceLine:
    """One labelled sentence of an advice.

    Attributes:
        label: What kind of sentence ("可选", "依据", "相似").
        text: The sentence.
        href: What it rests on, when it can be opened.

    """

    label: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Reference for a decision; never the decision itself.

    Attributes:
        id: Stable DOM id.
        name: Heading ("决策参考").
        lines: Finding, options, legal basis, similar cases.
        provenance: Words for data that is not this city's own live data.

    """

    kind: ClassVar[str] = "advice"

    id: str
    name: str
    lines: tuple[AdviceLine, ...]
    provenance: tuple[Provenance, ...] = ()


Panel = Trend | Ranking | DistrictMap | TaskList | Advice
