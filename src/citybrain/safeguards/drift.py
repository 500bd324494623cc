"""Drift.

A median that jumps from one period to the next, as when a unit was changed inside a file (Hangzhou art. 15).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from citybrain.city.contract import Contract, Rule

_PERIOD = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Jump:
    """A period whose median is out of proportion to the period before.

    Attributes:
        rule: Name of the drift rule.
        period: The period, such as ``2014-11``.
        median: Its median.
        before: Median of the period before.
        rows: Rows of the period in this batch.

    """

    rule: str
    period: str
    median: float
    before: float
    rows: int


def find_jumps(
    values: pl.DataFrame, kept: pl.Series, contract: Contract, known: Mapping[str, tuple[str, float]]
) -> tuple[tuple[Jump, ...], dict[str, tuple[str, float]]]:
    """Compare the median of each period with the one before.

    Args:
        values: All rows, typed.
        kept: True for each row that is accepted.
        contract: Contract with ``drift`` rules and an event time.
        known: Last period and median for each rule, from earlier batches.

    Returns:
        The jumps found, and the newest period and median for each rule.

    """
    jumps: list[Jump] = []
    newest = dict(known)
    for rule in contract.rules:
        if rule.kind != "drift" or contract.event_time is None or values.is_empty():
            continue
        periods = _medians(values.filter(kept), rule, contract)
        last = known.get(rule.name)
        # A delivery of older days is compared within itself: what came later says nothing about before.
        before = last if last is not None and periods.height and last[0] <= periods["period"][0] else None
        for period, median, rows in periods.iter_rows():
            if before is not None and before[0] < period and _out_of_proportion(median, before[1], rule.factor or 5.0):
                jumps.append(Jump(rule.name, period, median, before[1], rows))
            before = (period, median)
        if before is not None and (last is None or last[0] <= before[0]):
            newest[rule.name] = before
    return tuple(jumps), newest


def _medians(values: pl.DataFrame, rule: Rule, contract: Contract) -> pl.DataFrame:
    moment = pl.col(contract.event_time or "")
    if contract.field(contract.event_time or "").type == "timestamp":
        moment = moment.dt.convert_time_zone(contract.zone)
    return (
        values.select(
            moment.dt.strftime(_PERIOD[rule.by or "day"]).alias("period"), pl.col(rule.fields[0]).alias("value")
        )
        .drop_nulls()
        .group_by("period")
        .agg(pl.col("value").median().cast(pl.Float64), pl.len())
        .sort("period")
    )


def _out_of_proportion(now: float, before: float, factor: float) -> bool:
    if now <= 0 or before <= 0:
        return False
    return now / before > factor or before / now > factor
