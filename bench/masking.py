"""Masking beside a plain copy of the same columns: cells a second and how many times dearer, paired runs, medians."""

import statistics
import time
from collections.abc import Callable
from typing import get_args

import polars as pl

from citybrain.city.contract import FieldKind
from citybrain.safeguards.masking import mask

ROWS = 200_000
PAIRS = 7


def rows() -> pl.DataFrame:
    """Make one column of each kind, every value another one."""
    number = pl.int_range(ROWS).cast(pl.String)
    made = {
        "id_number": pl.lit("3301061990") + number.str.zfill(8),
        "phone": pl.lit("138") + number.str.zfill(8),
        "name": pl.lit("欧阳") + number,
        "plate": pl.lit("浙AD") + number.str.zfill(5),
        "bank_card": pl.lit("622202") + number.str.zfill(13),
        "address": pl.lit("浙江省杭州市西湖区北山街道曙光路") + number + pl.lit("号"),
        "email": pl.lit("user") + number + pl.lit("@hz.gov.cn"),
    }
    return pl.select(**made)


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    frame = rows()
    kinds: dict[str, FieldKind | None] = {kind: kind for kind in get_args(FieldKind)}
    copied = [pl.concat_str([pl.col(name), pl.lit("")]) for name in frame.columns]
    took: dict[str, list[float]] = {}
    for _ in range(PAIRS):
        took.setdefault("copy", []).append(_timed(lambda: frame.select(copied)))
        whole = _timed(lambda: mask(frame, dict.fromkeys(frame.columns, "partial"), kinds, b""))
        took.setdefault("partial", []).append(whole)
        for name in frame.columns:
            one = frame.select(name)
            took.setdefault(name, []).append(
                _timed(lambda one=one, name=name: mask(one, {name: "partial"}, kinds, b""))
            )
        one = frame.select("id_number")
        took.setdefault("token", []).append(_timed(lambda one=one: mask(one, {"id_number": "token"}, {}, b"key")))
    medians = {name: statistics.median(times) for name, times in took.items()}
    cells = ROWS * len(frame.columns)
    print(f"partial, all kinds: {cells / medians['partial'] / 1e6:.1f}M cells/s, "
          f"{medians['partial'] / medians['copy']:.1f} x a copy")  # fmt: skip
    for name in frame.columns:
        print(f"  {name:<10} {ROWS / medians[name] / 1e6:.1f}M cells/s")
    print(f"token, all distinct: {ROWS / medians['token'] / 1e3:.0f}k/s")
