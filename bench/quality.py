"""The quality gate beside pandera: the same twelve rules on the same rows, paired runs, medians."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandera.polars as pa
import polars as pl

from bench.events import CATEGORIES, CHANNELS, events
from citybrain.blueprint.load import load
from citybrain.city.contract import Contract
from citybrain.safeguards.checks import fixed_conditions
from citybrain.safeguards.fieldtypes import type_rows
from citybrain.safeguards.quality import judge, no_outside_knowledge

PAIRS = 21


def contract() -> Contract:
    """Return the contract with the twelve rules."""
    loaded = load(Path(__file__).parent / "city")
    if loaded.city is None or loaded.errors:
        raise SystemExit([str(item) for item in loaded.findings])
    return loaded.city.contracts["contract:city/events"]


def pandera_schema() -> pa.DataFrameSchema:
    """Say the same twelve rules in pandera's words."""
    return pa.DataFrameSchema(
        {
            "id": pa.Column(str, pa.Check.str_matches("^E[0-9]{9}$"), nullable=False, unique=True),
            "district": pa.Column(str, pa.Check.str_matches("^3301[0-9]{2}$"), nullable=True),
            "category": pa.Column(str, pa.Check.isin(CATEGORIES), nullable=True),
            "channel": pa.Column(str, pa.Check.isin(CHANNELS), nullable=True),
            "title": pa.Column(str, pa.Check.str_length(2, 60), nullable=True),
            "severity": pa.Column(int, pa.Check.in_range(1, 5), nullable=True),
            "lon": pa.Column(float, pa.Check.in_range(118.3, 120.8), nullable=True),
            "lat": pa.Column(float, pa.Check.in_range(29.1, 30.7), nullable=True),
        },
        checks=[
            pa.Check(lambda data: data.lazyframe.select(pl.col("ended_at") >= pl.col("started_at"))),
            pa.Check(
                lambda data: data.lazyframe.select(
                    (pl.col("received_at") - pl.col("started_at")) <= pl.duration(hours=24)
                )
            ),
        ],
    )


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print median times and ratios at 100, 10,000 and 1,000,000 rows."""
    rules, schema = contract(), pandera_schema()
    arrival = no_outside_knowledge(datetime.now(UTC))
    fixed = fixed_conditions(rules)
    print("quality: twelve rules, typed frames in memory, median of paired runs; ours also gives reasons for every row")
    for rows, pairs in ((100, PAIRS), (10_000, PAIRS), (300_000, 5)):
        text = events(rows).with_columns(pl.all().cast(pl.String))
        typed = type_rows(text, rules, nul_possible=False).values
        numbers = pl.int_range(1, rows + 1, dtype=pl.Int64, eager=True)

        def ours(frame: pl.DataFrame = typed, numbers: pl.Series = numbers) -> object:
            return judge(frame, numbers, rules, arrival, nul_possible=False, fixed=fixed)

        def theirs(frame: pl.DataFrame = typed) -> object:
            try:
                return schema.validate(frame, lazy=True)
            except pa.errors.SchemaErrors as error:
                return error.failure_cases

        ours(), theirs()
        pairs_s = [(_timed(ours), _timed(theirs)) for _ in range(pairs)]
        ratio = statistics.median(b / a for a, b in pairs_s)
        mine, other = (statistics.median(pair[side] for pair in pairs_s) * 1000 for side in (0, 1))
        print(f"  {rows:>9,} rows  ours {mine:8.2f} ms  pandera {other:8.2f} ms  pandera/ours {ratio:5.1f}x")
