"""Rules of a contract as Polars conditions that are true where a row breaks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from citybrain.city.contract import Contract, Rule
from citybrain.city.expression import ExpressionWrong
from citybrain.safeguards.expressions import Surroundings, compile_rows
from citybrain.safeguards.fieldtypes import dtype_of


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known when a batch arrives.

    Attributes:
        at: Instant of arrival.
        references: Allowed values for each reference rule.
        medians: Last known period and median for each drift rule.

    """

    at: datetime
    references: Mapping[str, pl.Series]
    medians: Mapping[str, tuple[str, float]]


FEW_CODES = 8
OUTSIDE_KINDS = frozenset({"age", "reference"})


def fixed_conditions(contract: Contract) -> dict[str, pl.Expr]:
    """Compile what depends on the contract alone; done once for each contract in force, not for each batch.

    Args:
        contract: The contract.

    Returns:
        The condition by rule name, for the kinds that need no outside knowledge.

    """
    nothing = Arrival(datetime.max.replace(tzinfo=UTC), {}, {})
    made = {rule.name: broken(rule, contract, nothing) for rule in contract.rules if rule.kind not in OUTSIDE_KINDS}
    return {name: condition.fill_null(value=False) for name, condition in made.items() if condition is not None}


def unfit_relations(contract: Contract) -> list[Rule]:
    """Find the relations that no row could answer, such as a time compared with a text.

    Args:
        contract: A contract whose relations name only fields it has.

    Returns:
        The rules, in the contract's order.

    """
    nothing = pl.DataFrame(schema={field.name: dtype_of(field) for field in contract.fields})
    return [rule for rule in contract.rules if rule.relation is not None and not _answers(rule, contract, nothing)]


def _answers(rule: Rule, contract: Contract, nothing: pl.DataFrame) -> bool:
    condition = broken(rule, contract, Arrival(datetime.max.replace(tzinfo=UTC), {}, {}))
    if condition is None:
        return True
    try:
        return nothing.select(condition).to_series().dtype == pl.Boolean
    except (pl.exceptions.PolarsError, ExpressionWrong):
        return False


def broken(rule: Rule, contract: Contract, arrival: Arrival) -> pl.Expr | None:
    """Compile the condition under which a row breaks a rule.

    A missing value passes every rule but ``required``.

    Args:
        rule: One rule of the contract.
        contract: The contract, for zones and types.
        arrival: Instant and outside knowledge.

    Returns:
        A condition, or none for the kinds that need more than one row (unique, drift) or the raw text (type).

    """
    match rule.kind:
        case "required":
            return pl.col(rule.fields[0]).is_null()
        case "range":
            return _outside(rule, contract)
        case "length":
            return _outside_length(rule)
        case "pattern":
            return ~pl.col(rule.fields[0]).cast(pl.String).str.contains(rule.pattern or "")
        case "codes":
            return _not_a_code(pl.col(rule.fields[0]).cast(pl.String), rule.codes)
        case "relation":
            if rule.relation is None:
                return None
            made = compile_rows(rule.relation, Surroundings(contract.zone))
            return ~made.value
        case "box":
            return _outside_box(rule)
        case "age":
            return _wrong_age(rule, contract, arrival)
        case "reference":
            known = arrival.references.get(rule.name)
            return None if known is None else ~pl.col(rule.fields[0]).is_in(known.implode())
        case _:
            return None


def _not_a_code(column: pl.Expr, codes: Sequence[str]) -> pl.Expr:
    """Compare with each of a few codes: cheaper than looking them up in a set."""
    if len(codes) > FEW_CODES:
        return ~column.is_in(list(codes))
    return pl.all_horizontal(column != code for code in codes)


def _bound(value: float | str | timedelta | None, field_type: str, zone: str) -> pl.Expr:
    if field_type == "date" and isinstance(value, str):
        return pl.lit(date.fromisoformat(value))
    if field_type == "timestamp" and isinstance(value, str):
        text = pl.lit(value)
        return compile_time(text, zone)
    return pl.lit(value)


def compile_time(text: pl.Expr, zone: str) -> pl.Expr:
    """Read a written bound as an instant.

    Args:
        text: A literal in ISO 8601.
        zone: Zone where it names no offset.

    """
    local = text.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    return local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def _outside(rule: Rule, contract: Contract) -> pl.Expr:
    column = pl.col(rule.fields[0])
    kind = contract.field(rule.fields[0]).type
    tests = []
    if rule.low is not None:
        low = _bound(rule.low, kind, contract.zone)
        tests.append(column <= low if rule.exclusive_low else column < low)
    if rule.high is not None:
        high = _bound(rule.high, kind, contract.zone)
        tests.append(column >= high if rule.exclusive_high else column > high)
    return tests[0] if len(tests) == 1 else tests[0] | tests[1]


def _outside_length(rule: Rule) -> pl.Expr:
    length = pl.col(rule.fields[0]).str.len_chars()
    tests = []
    if rule.low is not None:
        tests.append(length < rule.low)
    if rule.high is not None:
        tests.append(length > rule.high)
    return tests[0] if len(tests) == 1 else tests[0] | tests[1]


def _outside_box(rule: Rule) -> pl.Expr:
    west, south, east, north = rule.box or (-180.0, -90.0, 180.0, 90.0)
    lon, lat = pl.col(rule.fields[0]), pl.col(rule.fields[1])
    return ~(lon.is_between(west, east) & lat.is_between(south, north))


def _wrong_age(rule: Rule, contract: Contract, arrival: Arrival) -> pl.Expr:
    column = pl.col(rule.fields[0])
    if contract.field(rule.fields[0]).type == "date":
        column = column.cast(pl.Datetime("us")).dt.replace_time_zone(contract.zone, non_existent="null")
        column = column.dt.convert_time_zone("UTC")
    tests = []
    if isinstance(rule.high, timedelta):
        tests.append(column < arrival.at - rule.high)
    if isinstance(rule.low, timedelta):
        tests.append(column > arrival.at + rule.low)
    return tests[0] if len(tests) == 1 else tests[0] | tests[1]
