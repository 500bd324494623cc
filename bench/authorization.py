"""Decisions of the rulebook beside a bare dictionary look-up: a city of 10,000 resources and 3,000 grants."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citybrain.blueprint.load import load
from citybrain.city.whole import City
from citybrain.kernel.ids import new_id
from citybrain.safeguards.authorization.rulebook import Permit, Rulebook, Use

RESOURCES, GRANTS, DECISIONS, ROUNDS = 10_000, 3_000, 2_000, 7
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def _city() -> City:
    loaded = load(Path(__file__).parents[1] / "cities" / "hangzhou")
    if loaded.city is None:
        raise SystemExit([str(item) for item in loaded.findings])
    like = loaded.city.contracts["contract:metro/flow_15min"]
    many = {f"contract:metro/r{n}": replace(like, ref=f"contract:metro/r{n}") for n in range(RESOURCES)}
    return replace(loaded.city, contracts={**loaded.city.contracts, **many})


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print microseconds a decision, a yes and a no, and the ratio to a look-up."""
    city = _city()
    whole = _seconds(lambda: Rulebook(city))
    rulebook = Rulebook(city)
    departments = sorted(city.departments)
    held: dict[tuple[str, str], list[Permit]] = {}
    for n in range(GRANTS):
        department, thing = departments[n % len(departments)], f"contract:metro/r{n}"
        permit = Permit(new_id(), department, thing, "operation", frozenset({"station", "entries"}),
                        NOW - timedelta(days=1), NOW + timedelta(days=1))  # fmt: skip
        held.setdefault((department, thing), []).append(permit)
    known = list(held)
    yes = [Use(*known[n % len(known)], "operation", ("station",), NOW) for n in range(DECISIONS)]
    no = [replace(use, fields=("station", "exits")) for use in yes]
    print(f"authorization: {RESOURCES:,} resources, {GRANTS:,} grants; rulebook of a revision made in {whole:.2f} s")
    bare = statistics.median(
        _seconds(lambda: [held.get((use.department, use.thing)) for use in yes]) for _ in range(ROUNDS)
    )
    for name, uses, wanted in (("yes", yes, True), ("no, with what is lacking", no, False)):
        taken = []
        for second in range(ROUNDS):
            later = [replace(use, at=NOW + timedelta(seconds=second)) for use in uses]  # none is remembered
            for use in later:
                begun = time.perf_counter()
                decision = rulebook.decide(use, held[use.department, use.thing])
                taken.append((time.perf_counter() - begun) * 1e6)
                if decision.allowed is not wanted:
                    raise SystemExit(decision)
        taken.sort()
        middle, nearly_all = statistics.median(taken), taken[int(len(taken) * 0.95)]
        ratio = middle / (bare / DECISIONS * 1e6)
        print(f"  {name:26} median {middle:6.0f} us  p95 {nearly_all:6.0f} us  {ratio:8,.0f} x a look-up")
