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
    found = _Found(frame, rows)
    keep = pl.Series("kept", [True], dtype=pl.Boolean).new_from_index(0, frame.height)
    masks, repeated = _fused_masks(typed, singles, [rule for rule in contract.rules if rule.kind == "unique"])
    for chunk, mask in masks:
        if mask.max() not in (0, None):
            keep = found.note_mask(chunk, mask, keep)
    for rule in repeated:
        surplus = _surplus(typed.values, rule, keep)
        if surplus.any():
            keep = found.note_mask([rule], surplus.cast(pl.Int64), keep)
    jumps, medians = find_jumps(typed.values, keep, contract, arrival.medians)
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


def _fused_masks(
    typed: Typed, rules: Sequence[tuple[Rule, pl.Expr]], unique: Sequence[Rule]
) -> tuple[list[tuple[list[Rule], pl.Series]], list[Rule]]:
    """Fuse all conditions into one integer a row, in one pass; separate columns cost several times as much.

    Also tells which unique rules have repeated keys at all: only those are worth a second look.
    """
    chunks = [rules[start : start + _BITS] for start in range(0, len(rules), _BITS)]
    wanted = [
        pl.sum_horizontal(
            pl.when(condition.fill_null(value=False)).then(pl.lit(1 << bit, dtype=pl.Int64)).otherwise(0)
            for bit, (_, condition) in enumerate(chunk)
        ).alias(f"mask{number}")
        for number, chunk in enumerate(chunks)
    ]
    wanted += [_distinct(typed.values, rule).all().alias(rule.name) for rule in unique]
    if not wanted or typed.values.is_empty():
        return [], []
    read = typed.values.select(wanted)
    masks = [([rule for rule, _ in chunk], read.get_column(f"mask{number}")) for number, chunk in enumerate(chunks)]
    return masks, [rule for rule in unique if not read.get_column(rule.name).item(0)]


def _distinct(values: pl.DataFrame, rule: Rule) -> pl.Expr:
    names = values.columns if rule.fields == ("*",) else list(rule.fields)
    return pl.col(names[0]).is_first_distinct() if len(names) == 1 else pl.struct(names).is_first_distinct()


def _surplus(values: pl.DataFrame, rule: Rule, keep: pl.Series) -> pl.Series:
    """Mark eligible rows that repeat an earlier eligible one; a missing key belongs to completeness, not here."""
    every = rule.fields == ("*",)
    names = values.columns if every else list(rule.fields)
    eligible = keep if every else keep & ~values.select(pl.any_horizontal(pl.col(names).is_null())).to_series()
    positions = eligible.arg_true()
    again = positions.filter(~values.select(names).filter(eligible).select(_distinct(values, rule)).to_series())
    surplus = pl.Series("surplus", [False], dtype=pl.Boolean).new_from_index(0, values.height)
    return surplus.scatter(again, True) if again.len() else surplus


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
        self._frame, self._rows = frame, rows
        self._lines: dict[str, list[object]] = {name: [] for name in REASON_SCHEMA}
        self._warned: pl.Series | None = None

    def note_mask(self, rules: Sequence[Rule], mask: pl.Series, keep: pl.Series) -> pl.Series:
        """Take in which rules each row breaks; only broken rows are looked at one by one.

        Args:
            rules: The rule of each bit.
            mask: An integer a row.
            keep: Rows kept so far.

        Returns:
            Rows kept now.

        """
        aside = sum(1 << bit for bit, rule in enumerate(rules) if rule.on_break == "set_aside")
        hit = mask != 0
        broken = mask.filter(hit)
        for bit, rule in enumerate(rules):
            count = int(((broken & (1 << bit)) != 0).sum())
            if count:
                self.tallies[rule.name] = count
        if any(rule.on_break == "warn" and rule.name in self.tallies for rule in rules):
            warned = (mask & ~aside) != 0
            self._warned = warned if self._warned is None else self._warned | warned
        left_out = (mask & aside) != 0
        if left_out.any():
            self._say_why(rules, aside, mask.filter(left_out), left_out)
        return keep & ~left_out

    def _say_why(self, rules: Sequence[Rule], aside: int, masks: pl.Series, left_out: pl.Series) -> None:
        there = set(self._frame.columns)
        shown = {rule.name: [name for name in rule.fields if name in there] for rule in rules}
        wanted = sorted({name for names in shown.values() for name in names})
        texts = self._frame.select(wanted).filter(left_out).select(pl.all().cast(pl.String, strict=False)).to_dict()
        values = {name: column.to_list() for name, column in texts.items()}
        lines = self._lines
        for at, (row, mask) in enumerate(zip(self._rows.filter(left_out).to_list(), masks.to_list(), strict=True)):
            bits = mask & aside
            while bits:
                bit = bits & -bits
                bits ^= bit
                rule = rules[bit.bit_length() - 1]
                cells = [values[name][at] for name in shown[rule.name]]
                text = " / ".join("—" if cell is None else cell[:VALUE_CHARACTERS] for cell in cells)
                lines["row"].append(row)
                lines["rule"].append(rule.name)
                lines["field"].append(",".join(rule.fields))
                lines["dimension"].append(rule.dimension)
                lines["value"].append(text[:VALUE_CHARACTERS].replace("\x00", "␀"))

    def warned_rows(self) -> int:
        """Count the rows that break at least one warning."""
        return 0 if self._warned is None else int(self._warned.sum())

    def reasons(self) -> pl.DataFrame:
        """Return the lines of reasons in row order."""
        return pl.DataFrame(self._lines, schema=REASON_SCHEMA).sort("row", maintain_order=True)


def no_outside_knowledge(at: datetime) -> Arrival:
    """Describe an arrival about which nothing else is known.

    Args:
        at: Instant of arrival.

    """
    return Arrival(at, {}, {})
