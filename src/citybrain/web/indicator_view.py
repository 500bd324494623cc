"""The page of one indicator: why this number, and what to do about it (Hangzhou art. 10, 12, 15)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, Provenance, State, TaskLine, Trend
from citybrain.web.parts_view import Fact, FieldError, Option, QualityAspect
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One step of the way from a source to the number.

    Attributes:
        title: 数据来源, 数据契约, 批次, 计算 or 存证.
        figure: How much of it ("73 批").
        lines: Facts, one line each.
        link: Where the step can be opened.
        formula: The calculation, when this is it.
        state: A mark under the step; None shows none.
        word: Word of the mark ("已封存，核验通过").

    """

    title: str
    figure: str
    lines: tuple[str, ...] = ()
    link: Link | None = None
    formula: str = ""
    state: State | None = None
    word: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold as declared by the indicator.

    Attributes:
        state: The state it leads to.
        condition: When ("超过 1.2 倍").
        happened: How often it was so in the period shown ("1 时段").

    """

    state: State
    condition: str
    happened: str = ""


@dataclass(frozen=True, slots=True)
class IssueForm:
    """The form that issues a task from an indicator; sends department, title, due_days, due_date, note.

    Attributes:
        action: Where it is sent by POST.
        departments: Who can be asked.
        title: Prefilled title.
        due_days: Prefilled working days; empty when a date is given.
        due_date: Prefilled date (YYYY-MM-DD), instead of working days.
        note: Prefilled note.
        errors: What was wrong with the last attempt.

    """

    action: str
    departments: tuple[Option, ...]
    title: str = ""
    due_days: str = "2"
    due_date: str = ""
    note: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """Everything about one figure.

    Attributes:
        frame: What stands around the page.
        ref: ``indicator:...``.
        name: Name in the page's language.
        period: What the figure is for ("11 月 20 日 周五"), or empty.
        value: The figure; None where there is none.
        decimals: Digits after the point.
        unit: Unit.
        state: State of the figure.
        word: Word of the state when it is not its own ("延迟 122 分钟，约定 30 分钟").
        crumbs: Cockpit, field, this.
        provenance: Words for data that is not this city's own live data.
        comparisons: "较周日 +16.7%", each a line of its own.
        stand: "数据截至 18:30，18:31 算定，口径第 3 版，城市声明修订 412".
        chain: The way from the source to the number, five steps.
        verify: Where the chain can be verified.
        trend: The chart of the day.
        days: The chart of the last days.
        quality: The law's four aspects.
        definition: What the figure means, in words.
        facts: Owner, field, dimensions, rhythm, who may see it, legal basis.
        thresholds: As declared.
        threshold_note: What happened at a threshold, or empty.
        tasks: Tasks issued from this indicator.
        used_in: Cockpits and scenarios that show it.
        issue: The form that issues a task; None when this post may not.
        csv_href: The values as CSV.
        disputes: How much of what it rests on is in dispute ("2 条争议中"); empty when nothing is.

    """

    frame: Frame
    ref: str
    name: str
    value: float | None
    unit: str
    state: State
    decimals: int = 0
    period: str = ""
    word: str = ""
    crumbs: tuple[Link, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    comparisons: tuple[str, ...] = ()
    stand: str = ""
    chain: tuple[ChainStep, ...] = ()
    verify: Link | None = None
    trend: Trend | None = None
    days: Trend | None = None
    quality: tuple[QualityAspect, ...] = ()
    definition: str = ""
    facts: tuple[Fact, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    threshold_note: str = ""
    tasks: tuple[TaskLine, ...] = ()
    used_in: tuple[Link, ...] = ()
    issue: IssueForm | None = None
    csv_href: str = ""
    disputes: str = ""
