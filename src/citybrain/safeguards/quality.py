"""The quality gate: all rules of a contract in one pass, a verdict for every row (Hangzhou art. 15).

Semantics: a NULL passes every rule but ``required``; of rows that are equal under a ``unique`` rule the first valid
one in arrival order wins and only the surplus is set aside; a warning never keeps a row out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from citybrain.city.contract import Contract, Rule
from citybrain.safeguards.checks import Arrival, broken
from citybrain.safeguards.drift import Jump, find_jumps
from citybrain.safeguards.fieldtypes import Typed, type_rows

REASON_SCHEMA = {"row": pl.Int64, "rule": pl.String, "field": pl.String, "dimension": pl.String, "value": pl.String}
VALUE_CHARACTERS = 200
_BITS = 63


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
    frame: pl.DataFrame, rows: pl.Series, contract: Contract, arrival: Arrival, *, nul_possible: bool = True
) -> Verdict:
    """Check every rule on every row of a batch in one pass.

    Args:
        frame: ``n`` rows as they came: text columns, or typed ones from Arrow and Parquet.
        rows: Their ``n`` row numbers in the delivery.
        contract: The promises.
        arrival: Instant of arrival and outside knowledge (reference values, last medians).
        nul_possible: Whether texts may hold NUL characters.

    Returns:
        A verdict for each row; ``accepted + set_aside == n``.

    Source:
        Hangzhou art. 15 (谁提供，谁负责; 合法性、有效性、准确性与时效性).

    """
    typed = type_rows(frame, contract, nul_possible=nul_possible)
    singles = _single_row_rules(contract, arrival, typed)
    masks = _fused_masks(typed, singles)
    found = _Found(frame, rows, contract, typed)
    keep = pl.repeat(value=True, n=frame.height, dtype=pl.Boolean, eager=True)
    for chunk, mask in masks:
        if mask.max() in (0, None):
            continue
        for bit, rule in enumerate(chunk):
            hit = (mask & (1 << bit)) != 0
            count = int(hit.sum())
            if count:
                found.note(rule, hit, count)
                if rule.on_break == "set_aside":
                    keep = keep & ~hit
    for rule in contract.rules:
        if rule.kind == "unique":
            surplus = _surplus(typed.values, rule, keep)
            count = int(surplus.sum())
            if count:
                found.note(rule, surplus, count)
                if rule.on_break == "set_aside":
                    keep = keep & ~surplus
    jumps, medians = find_jumps(typed.values.filter(keep), contract, arrival.medians)
    for jump in jumps:
        found.tallies[jump.rule] = found.tallies.get(jump.rule, 0) + jump.rows
    return Verdict(
        rows=rows,
        values=typed.values,
        kept=keep,
        reasons=found.reasons(),
        tallies=found.tallies,
        warned=found.warned_rows(),
        jumps=jumps,
        refused_by=_refusing_rule(contract, found.tallies, frame.height),
        medians=medians,
    )


def _single_row_rules(contract: Contract, arrival: Arrival, typed: Typed) -> list[tuple[Rule, pl.Expr]]:
    made: list[tuple[Rule, pl.Expr]] = []
    for rule in contract.rules:
        if rule.kind == "type":
            failed = typed.failed.get(rule.fields[0])
            if failed is not None:
                made.append((rule, pl.lit(failed)))
            continue
        if rule.kind == "required" and rule.fields[0] in typed.failed:
            # What was sent but cannot be read breaks the type, not completeness.
            made.append((rule, pl.col(rule.fields[0]).is_null() & ~pl.lit(typed.failed[rule.fields[0]])))
            continue
        condition = broken(rule, contract, arrival)
        if condition is not None:
            made.append((rule, condition))
    return made


def _fused_masks(typed: Typed, rules: Sequence[tuple[Rule, pl.Expr]]) -> list[tuple[list[Rule], pl.Series]]:
    """Fuse all conditions into one integer a row; separate columns cost several times as much."""
    masks = []
    for start in range(0, len(rules), _BITS):
        chunk = rules[start : start + _BITS]
        bits = [
            pl.when(condition.fill_null(value=False)).then(pl.lit(1 << bit, dtype=pl.Int64)).otherwise(0)
            for bit, (_, condition) in enumerate(chunk)
        ]
        mask = typed.values.select(pl.sum_horizontal(bits).alias("mask")).to_series()
        masks.append(([rule for rule, _ in chunk], mask))
    return masks


def _surplus(values: pl.DataFrame, rule: Rule, keep: pl.Series) -> pl.Series:
    every = rule.fields == ("*",)
    names = values.columns if every else list(rule.fields)
    eligible = keep if every else keep & ~values.select(pl.any_horizontal(pl.col(names).is_null())).to_series()
    if eligible.all():
        return ~_first_distinct(values, names)
    positions = eligible.arg_true()
    again = positions.filter(~_first_distinct(values.select(names).filter(eligible), names))
    surplus = pl.repeat(value=False, n=values.height, dtype=pl.Boolean, eager=True)
    return surplus.scatter(again, True) if again.len() else surplus


def _first_distinct(values: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    if len(names) == 1:
        return values.get_column(names[0]).is_first_distinct()
    return values.select(pl.struct(names).is_first_distinct()).to_series()


def _refusing_rule(contract: Contract, tallies: dict[str, int], received: int) -> tuple[str, float] | None:
    for rule in contract.rules:
        share = tallies.get(rule.name, 0) / received if received else 0.0
        if rule.refuse_above is not None and share > rule.refuse_above:
            return rule.name, share
    return None


class _Found:
    """Collects what the rules find: counts for all, lines of reasons for rows that are set aside."""

    def __init__(self, frame: pl.DataFrame, rows: pl.Series, contract: Contract, typed: Typed) -> None:
        self.tallies: dict[str, int] = {}
        self._frame, self._rows, self._contract, self._typed = frame, rows, contract, typed
        self._lines: list[pl.DataFrame] = []
        self._warned: pl.Series | None = None

    def note(self, rule: Rule, hit: pl.Series, count: int) -> None:
        """Count a rule's broken rows and, where they are set aside, say which and why."""
        self.tallies[rule.name] = count
        if rule.on_break == "warn":
            self._warned = hit if self._warned is None else self._warned | hit
            return
        names = [name for name in rule.fields if name != "*" and name in self._frame.columns]
        shown = self._frame.select(names).filter(hit) if names else pl.DataFrame({"": [None] * count})
        value = shown.select(
            pl.concat_str([pl.col(name).cast(pl.String).fill_null("—") for name in shown.columns], separator=" / ")
            .str.slice(0, VALUE_CHARACTERS)
            .str.replace_all("\x00", "␀", literal=True)
            .alias("value")
        )
        self._lines.append(
            value.select(
                pl.lit(self._rows.filter(hit)).alias("row").cast(pl.Int64),
                pl.lit(rule.name).alias("rule"),
                pl.lit(",".join(rule.fields)).alias("field"),
                pl.lit(rule.dimension).alias("dimension"),
                pl.col("value"),
            )
        )

    def warned_rows(self) -> int:
        """Count the rows that break at least one warning."""
        return 0 if self._warned is None else int(self._warned.sum())

    def reasons(self) -> pl.DataFrame:
        """Return the lines of reasons in row order."""
        if not self._lines:
            return pl.DataFrame(schema=REASON_SCHEMA)
        return pl.concat(self._lines).sort("row", maintain_order=True)


def no_outside_knowledge(at: datetime) -> Arrival:
    """Describe an arrival about which nothing else is known.

    Args:
        at: Instant of arrival.

    """
    return Arrival(at, {}, {})
