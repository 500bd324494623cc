"""Indicators (指标).

The only numbers a cockpit may show, declared with definition, source, owner and audience (Hangzhou art. 10).
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from citybrain.city.expression import Expression
from citybrain.city.findings import ValueWrong
from citybrain.city.names import (
    ArticleRef,
    ContractRef,
    DepartmentRef,
    Duration,
    FieldName,
    Identifier,
    IndicatorRef,
    LawField,
    ModelRef,
    Name,
    Noun,
    Provenance,
)
from citybrain.city.rights import Rights

Grain = Literal["15min", "hour", "day", "month", "year", "all"]
Window = Literal["latest", "today", "last_7_days", "last_30_days", "all"]


class Time(Noun):
    """How an indicator lies in time.

    Attributes:
        column: Field with the instant or day; none for a stock that has no time.
        grain: Smallest period with a value.
        window: The period whose value stands on a tile.
        shown_days: How many days of the smallest grain are kept for charts.

    """

    column: FieldName | None = None
    grain: Grain = "day"
    window: Window = "today"


class Thresholds(Noun):
    """When a value asks for attention: comparisons over ``value`` and, where declared, ``usual``.

    Attributes:
        at_least: Smallest value that can break a threshold at all.
        by: Dimension that is judged value by value.
        warning: Condition such as ``value > 75``.
        alarm: Condition, checked first.
        hold_periods: How many periods in a row must break before the state changes (against flicker).
        direction: Which way is better, for words and colours.

    """

    warning: Expression | None = None
    alarm: Expression | None = None
    at_least: float | None = None
    hold_periods: Annotated[int, Field(ge=1, le=96)] = 1
    by: FieldName | None = None


class Audience(Noun):
    """Who may see a number; a cockpit can only narrow it.

    Attributes:
        posts: Post names; empty means every post.
        departments: Departments; empty means every department.

    """

    posts: tuple[Identifier, ...] = ()
    departments: tuple[DepartmentRef, ...] = ()


class Model(Noun):
    """A theme relation: one SQL query over contracts, read only, parsed before it runs.

    Attributes:
        name: What people call it.
        owner: Department that answers for it.
        model: ``<department>/<name>``.
        reads: Name in the query to contract.
        sql: One SELECT.
        grade: 1 public to 4 core; never below its sources, whose highest holds where none is said.
        partner, rights: With whom it was made, and who holds it by which agreement.

    """

    model: Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9_]+$")]
    name: Name
    owner: DepartmentRef
    reads: dict[FieldName, ContractRef]
    sql: str
    grade: Annotated[int, Field(ge=1, le=4)] | None = None
    partner: Name | None = None
    rights: Rights | None = None

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"model:{self.model}"


class Indicator(Noun):
    """One number of the city.

    Attributes:
        name: What people call it.
        unit: Unit of the value.
        field: One of the six fields of government work the law names.
        owner: Department that answers for it.
        derived: Two indicators; the value is the first divided by the second.
        percent: Shown times 100.
        filter: Rows that count.
        time: How it lies in time.
        compare: What it is compared with.
        better: Which way is better.
        fresh_within: Age from which the figure says that it is late.
        thresholds: When it asks for attention.
        audience: Who may see it.
        provenance: Where the rows come from, when it differs from the contract's.
        source_article: Articles it serves.
        rollups: Longer periods that have values too.
        indicator: Short dotted name.
        caliber: The definition in words, as an official would defend it.
        source: Contract or theme model it is computed from; none for a derived one.
        measure: Aggregate over the source, or ``ratio(indicator:a, indicator:b)`` written as ``derived``.
        by: Dimensions it can be split by.
        place: Field that holds a division code, for maps and scopes.
        digits: Digits after the point when shown.
        grade: 1 public to 4 core; never below its sources, whose highest holds where none is said.
        partner, rights: With whom it was made, and who holds it by which agreement.
        suppress_below: Fewest rows behind a value that is shown outside the owner's department; none shows all.
        reference: Comparison that stands under the number.

    """

    indicator: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
    name: Name
    unit: Name
    field: LawField
    owner: DepartmentRef
    caliber: Name
    source: ContractRef | ModelRef | None = None
    measure: Expression | None = None
    derived: tuple[IndicatorRef, IndicatorRef] | None = None
    percent: bool = False
    filter: Expression | None = None
    time: Time = Time()
    by: tuple[FieldName, ...] = ()
    place: FieldName | None = None
    digits: Annotated[int, Field(ge=0, le=6)] = 0
    compare: tuple[Literal["yesterday", "last_week", "usual"], ...] = ()
    better: Literal["higher", "lower", "neither"] = "neither"
    fresh_within: Duration | None = None
    thresholds: Thresholds = Thresholds()
    audience: Audience = Audience()
    provenance: Provenance | None = None
    source_article: tuple[ArticleRef, ...] = ()
    rollups: tuple[Grain, ...] = ()
    grade: Annotated[int, Field(ge=1, le=4)] | None = None
    partner: Name | None = None
    rights: Rights | None = None
    suppress_below: Annotated[int, Field(ge=2, le=1000)] | None = None

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"indicator:{self.indicator}"

    @model_validator(mode="after")
    def _measured_or_derived(self) -> "Indicator":
        if self.derived is None and (self.source is None or self.measure is None):
            raise ValueWrong("indicator_without_source")
        if self.derived is not None and (self.source is not None or self.measure is not None):
            raise ValueWrong("derived_with_source")
        if self.place is not None and self.place not in self.by:
            raise ValueWrong("place_not_in_by", place=self.place)
        return self
