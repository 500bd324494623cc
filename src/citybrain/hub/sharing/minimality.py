"""The minimality check (最小必要): is what somebody asks for no more than the purpose needs (Hangzhou art. 13)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.expression import Expression, ExpressionWrong
from citybrain.city.grant import Limits
from citybrain.city.organisation import Department

LONGEST = timedelta(days=366)
SHORTEST_REASON = 8
FEW_FIELDS = 3
SENSITIVE = 3
PLACE_FIELDS = ("district", "division", "street")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for.

    Attributes:
        thing: Ref of the contract.
        basis: Law and words.
        scenario: Ref of the scenario it serves; none where it serves none.
        reason: What it is needed for, in words.
        clear_fields: Fields that must come without a mask.
        rows: Expression over a row; none asks for all rows.
        until: Last day.
        limits: How much is needed.
        assessment: Record of the assessment, where the use takes data out of the country.

    """

    thing: str
    purpose: str
    basis: Mapping[str, Any]
    reason: str
    fields: tuple[str, ...]
    until: date | None
    rows: str | None = None
    clear_fields: tuple[str, ...] = ()
    scenario: str | None = None
    limits: Limits | None = None
    assessment: str | None = None


@dataclass(frozen=True, slots=True)
class TooMuch:
    """One point in which a wish asks for more than it says why.

    Attributes:
        kind: Which; its words are ``sharing.<kind>``.

    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Say it as it is kept with a request."""
        values = {key: value.isoformat() if isinstance(value, date) else value for key, value in self.values.items()}
        return {"kind": self.kind, "values": values}


def too_much(wish: Wish, contract: Contract, department: Department, today: date) -> Iterator[TooMuch]:
    """List everything in which a wish is too broad or says too little.

    Args:
        wish: What is asked.
        contract: Of what.
        department: Who asks.
        today: Present day in the city.

    Yields:
        Each point; none means that the wish may go on.

    Source:
        Hangzhou art. 13 (合法、正当、必要、适度).

    """
    names = [item.name for item in contract.fields]
    unknown = [name for name in (*wish.fields, *wish.clear_fields) if name not in names]
    if unknown:
        yield TooMuch("fields_unknown", {"fields": unknown})
    if not wish.fields:
        yield TooMuch("fields_none")
    if len(names) > FEW_FIELDS and set(names) <= set(wish.fields):
        yield TooMuch("all_fields", {"count": len(names)})
    if wish.purpose not in contract.purposes:
        yield TooMuch("purpose_foreign", {"purpose": wish.purpose, "purposes": list(contract.purposes)})
    if len(wish.reason.strip()) < SHORTEST_REASON:
        yield TooMuch("reason_short")
    if not wish.basis.get("law"):
        yield TooMuch("basis_none")
    if wish.until is None:
        yield TooMuch("term_none")
    elif not today <= wish.until <= today + LONGEST:
        yield TooMuch("term_wrong", {"until": wish.until, "most": today + LONGEST})
    if contract.ref.startswith("contract:"):
        yield from _rows(wish, contract, department, names)
    elif wish.rows is not None:
        yield TooMuch("rows_unreadable", {"problem": wish.rows})
    stray = [name for name in wish.clear_fields if name not in wish.fields]
    if stray:
        yield TooMuch("clear_not_asked", {"fields": stray})
    sensitive = [item.name for item in contract.fields if item.name in wish.clear_fields and item.grade >= SENSITIVE]
    if sensitive and wish.scenario is None:
        yield TooMuch("clear_without_scenario", {"fields": sensitive})


def unlimited(wish: Wish, department: Department, outbound: Collection[str]) -> Iterator[TooMuch]:
    """List where a wish needs a limit or an assessment and names none.

    Args:
        wish: What is asked.
        department: Who asks.
        outbound: Purposes that take data out of the country.

    Yields:
        Each point.

    Source:
        Hangzhou art. 8 (政企协同); Nanjing art. 14 (跨境可信数据空间).

    """
    if wish.purpose in outbound and not (wish.assessment or "").strip():
        yield TooMuch("assessment_none", {"purpose": wish.purpose})
    if department.needs_limits and wish.limits is None:
        yield TooMuch("limits_none")


def _rows(wish: Wish, contract: Contract, department: Department, names: list[str]) -> Iterator[TooMuch]:
    if wish.rows is not None:
        try:
            foreign = sorted(Expression(wish.rows).names() - set(names))
        except ExpressionWrong as error:
            yield TooMuch("rows_unreadable", {"problem": str(error)})
            return
        if foreign:
            yield TooMuch("fields_unknown", {"fields": foreign})
    elif department.division is not None:
        places = [name for name in PLACE_FIELDS if name in names]
        if places:
            example = f"{places[0]} == '{department.division}'"
            yield TooMuch("rows_beyond_division", {"division": department.division, "example": example})
