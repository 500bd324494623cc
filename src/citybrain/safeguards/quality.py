"""The quality gate: all rules of a contract in one pass, a verdict for every row (Hangzhou art. 15).

Semantics: a NULL passes every rule but ``required``; of rows that are equal under a ``unique`` rule the first valid
one in arrival order wins and only the surplus is set aside; a warning never keeps a row out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

import polars as pl

from citybrain.city.contract import Contract, Rule
from citybrain.safeguards.checks import OUTSIDE_KINDS, Arrival, broken, fixed_conditions
from citybrain.safeguards.drift import Jump, find_jumps
from citybrain.safeguards.fieldtypes import Typed, type_rows

REASON_SCHEMA = {"row": pl.Int64, "rule": pl.String, "field": pl.String, "dimension": pl.String, "value": pl.String}
VALUE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says about a batch.

    Attributes:
        rows: Row numbers of all rows, in arrival order.
        values: All rows, typed, in arrival order.
        kept: True for each row that is accepted.
        reasons: One line for each rule a set-aside row breaks: row, rule, field, dimension, value.
        tallies: Rows that break each rule, warnings included; a rule nobody broke is absent.
        warned: Rows that break at least one warning.
        jumps: Drift found between periods.
        refused_by: Rule whose share of broken rows says that the whole batch is wrong, with that share.

    """

    rows: pl.Series
    values: pl.DataFrame
    kept: pl.Series
    reasons: pl.DataFrame
    tallies: dict[str, int]
    warned: int
    jumps: tuple[Jump, ...] = ()
    refused_by: tuple[str, float] | None = None
    medians: dict[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """Number of rows that are kept."""
        return int(self.kept.sum())

    @property
    def set_aside(self) -> int:
        """Number of rows that are not kept."""
        return self.kept.len() - self.accepted


def judge(
    frame: pl.DataFrame,
    rows: pl.Series,
    contract: Contract,
    arrival: Arrival,
    *,
    nul_possible: bool = True,
    fixed: Mapping[str, pl.Expr] | None = None,
) -> Verdict:
    """Check every rule on every row of a batch in one pass.

    Args:
        frame: ``n`` rows as they came: text columns, or typed ones from Arrow and Parquet.
        rows: Their ``n`` row numbers in the delivery.
        contract: The promises.
        arrival: Instant of arrival and outside knowledge (reference values, last medians).
        nul_possible: Whether texts may hold NUL characters.
        fixed: Conditions that were compiled beforehand; none compiles them now.

    Returns:
        A verdict for each row; ``accepted + set_aside == n``.

    Source:
        Hangzhou art. 15 (谁提供，谁负责; 合法性、有效性、准确性与时效性).

    """
    typed = type_rows(frame, contract, nul_possible=nul_possible)
    conditions = _conditions(contract, arrival, typed, fixed_conditions(contract) if fixed is None else fixed)
    unique = [rule for rule in contract.rules if rule.kind == "unique"]
    found = _Found(frame, rows)
    unread = [mask.alias(f"?{name}") for name, mask in typed.failed.items()]
    work = typed.values.with_columns(unread) if unread else typed.values
    asked, repeated = _ask(work, typed.values.columns, conditions, unique)
    for rule, _ in conditions:
        found.note(rule, asked.get_column(rule.name))
    for rule in repeated:
        found.note(rule, _surplus(typed.values, rule, found.kept))
    jumps, medians = find_jumps(typed.values, found.kept, contract, arrival.medians)
    for jump in jumps:
        found.tallies[jump.rule] = found.tallies.get(jump.rule, 0) + jump.rows
    return Verdict(
        rows=rows,
        values=typed.values,
        kept=found.kept,
        reasons=found.reasons(),
        tallies=found.tallies,
        warned=found.warned,
        jumps=jumps,
        refused_by=_refusing_rule(contract, found.tallies, frame.height),
        medians=medians,
    )


def _conditions(
    contract: Contract, arrival: Arrival, typed: Typed, fixed: Mapping[str, pl.Expr]
) -> list[tuple[Rule, pl.Expr]]:
    """Pair each rule that one row can break with its condition; ``?field`` marks cells that could not be read."""
    made: list[tuple[Rule, pl.Expr]] = []
    for rule in contract.rules:
        unread = pl.col(f"?{rule.fields[0]}") if rule.fields and rule.fields[0] in typed.failed else None
        if rule.kind == "type":
            if unread is not None:
                made.append((rule, unread))
        elif rule.kind == "required" and unread is not None:
            # What was sent but cannot be read breaks the type, not completeness.
            made.append((rule, pl.col(rule.fields[0]).is_null() & ~unread))
        elif rule.name in fixed:
            made.append((rule, fixed[rule.name]))
        elif rule.kind in OUTSIDE_KINDS:
            outside = broken(rule, contract, arrival)
            if outside is not None:
                made.append((rule, outside.fill_null(value=False)))
    return made


def _ask(
    work: pl.DataFrame, names: Sequence[str], conditions: Sequence[tuple[Rule, pl.Expr]], unique: Sequence[Rule]
) -> tuple[pl.DataFrame, list[Rule]]:
    """Ask all conditions at once, one bit a row and rule, and which unique rules have repeated keys at all."""
    wanted = [condition.alias(rule.name) for rule, condition in conditions]
    wanted += [(_keys(names, rule).n_unique() == pl.len()).alias(f"!{rule.name}") for rule in unique]
    if not wanted or work.is_empty():
        return pl.DataFrame(schema={rule.name: pl.Boolean for rule, _ in conditions}), []
    asked = work.select(wanted)
    return asked, [rule for rule in unique if not asked.get_column(f"!{rule.name}").item(0)]


def _keys(names: Sequence[str], rule: Rule) -> pl.Expr:
    keys = list(names) if rule.fields == ("*",) else list(rule.fields)
    return pl.col(keys[0]) if len(keys) == 1 else pl.struct(keys)


def _surplus(values: pl.DataFrame, rule: Rule, kept: pl.Series) -> pl.Series:
    """Tell which eligible rows repeat an earlier eligible one; a missing key belongs to completeness, not here."""
    every = rule.fields == ("*",)
    names = values.columns if every else list(rule.fields)
    eligible = kept if every else kept & ~values.select(pl.any_horizontal(pl.col(names).is_null())).to_series()
    first = values.select(names).filter(eligible).select(_keys(names, rule).is_first_distinct()).to_series()
    return _none(kept.len()).scatter(eligible.arg_true().filter(~first), True)


def _none(rows: int) -> pl.Series:
    return pl.Series([False], dtype=pl.Boolean).new_from_index(0, rows)


def _refusing_rule(contract: Contract, tallies: dict[str, int], received: int) -> tuple[str, float] | None:
    for rule in contract.rules:
        share = tallies.get(rule.name, 0) / received if received else 0.0
        if rule.refuse_above is not None and share > rule.refuse_above:
            return rule.name, share
    return None


class _Found:
    """Collects what the rules find: counts for all, lines of reasons for rows that are set aside."""

    def __init__(self, frame: pl.DataFrame, rows: pl.Series) -> None:
        self.tallies: dict[str, int] = {}
        self.kept = ~_none(rows.len())
        self._frame, self._rows = frame, rows
        self._columns = frozenset(frame.columns)
        self._lines: list[tuple[int, str, str, str, str]] = []
        self._warned: pl.Series | None = None

    def note(self, rule: Rule, hits: pl.Series) -> None:
        """Take in which rows break a rule.

        Args:
            rule: The rule.
            hits: True for each row that breaks it.

        """
        if not hits.any():
            return
        self.tallies[rule.name] = int(hits.sum())
        if rule.on_break == "warn":
            self._warned = hits if self._warned is None else self._warned | hits
        elif rule.on_break == "set_aside":
            self.kept = self.kept & ~hits
            self._say_why(rule, hits)

    def _say_why(self, rule: Rule, hits: pl.Series) -> None:
        shown = (self._frame.get_column(name).filter(hits) for name in rule.fields if name in self._columns)
        texts = [cells.cast(pl.String, strict=False).to_list() for cells in shown]
        field = ",".join(rule.fields)
        for number, *cells in zip(self._rows.filter(hits).to_list(), *texts, strict=True):
            text = " / ".join(["—" if cell is None else cell[:VALUE_CHARACTERS] for cell in cells])
            value = text[:VALUE_CHARACTERS].replace("\x00", "␀")
            self._lines.append((number, rule.name, field, rule.dimension, value))

    @property
    def warned(self) -> int:
        """Number of rows that break at least one warning."""
        return 0 if self._warned is None else int(self._warned.sum())

    def reasons(self) -> pl.DataFrame:
        """Return the lines of reasons in row order."""
        self._lines.sort(key=itemgetter(0))
        return pl.DataFrame(self._lines, schema=REASON_SCHEMA, orient="row")


def no_outside_knowledge(at: datetime) -> Arrival:
    """Describe an arrival about which nothing else is known.

    Args:
        at: Instant of arrival.

    """
    return Arrival(at, {}, {})
