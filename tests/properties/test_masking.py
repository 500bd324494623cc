"""Masking and small groups: nothing hidden comes back, by masking again, by another key, or by subtraction."""

from typing import get_args

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from citybrain.city.contract import Field, FieldKind, FieldType, Mask
from citybrain.city.grading import derived_grade
from citybrain.city.names import Name
from citybrain.safeguards.masking import grade_after, mask, mask_of
from citybrain.safeguards.small_groups import SUPPRESSED, suppress

KINDS: list[FieldKind | None] = [None, *get_args(FieldKind)]
MASKS: list[Mask] = list(get_args(Mask))
# Texts of any kind, and texts made of what masks look for, so that their own output comes in again as well.
PIECES = ["杭州市", "西湖区", "路桥区", "北山街道", "文三路", "镇", "路", "巷", "2号", "12", "*", "***", "@", "z"]
PIECES += [".cn", "tk1_", "浙A", "欧阳", "修", "330106199001010073"]
TEXTS = st.text(max_size=24) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
KEYS = st.binary(min_size=1, max_size=40)


def one(values: list[str | None], how: Mask, kind: FieldKind | None, key: bytes) -> list[str | None]:
    frame = pl.DataFrame({"v": pl.Series(values, dtype=pl.String)})
    return mask(frame, {"v": how}, {"v": kind}, key).get_column("v").to_list()


@given(st.lists(TEXTS | st.none(), max_size=8), st.sampled_from(MASKS), st.sampled_from(KINDS), KEYS)
def test_masking_twice_is_masking_once(values: list[str | None], how: Mask, kind: FieldKind | None, key: bytes) -> None:
    once = one(values, how, kind, key)
    assert one(once, how, kind, key) == once
    assert [item is None for item in once] == [item is None or how == "drop" for item in values]


@given(TEXTS, st.sampled_from(KINDS))
def test_a_partial_mask_shows_only_what_stood_there(value: str, kind: FieldKind | None) -> None:
    (shown,) = one([value], "partial", kind, b"")
    assert shown is not None
    if kind == "address":
        assert value.startswith(shown.removesuffix("***"))
        assert not any(letter.isdigit() for letter in shown if letter in "0123456789０１２３４５６７８９")
    elif kind == "email":
        head, _, tail = shown.partition("***")
        assert len(head) <= 1
        assert value.startswith(head)
        assert value.endswith(tail.removeprefix("@"))
    else:
        assert len(shown) == len(value)
        assert all(seen in {"*", there} for seen, there in zip(shown, value, strict=True))
        assert not value or "*" in shown


@given(st.integers(1, 4), st.sampled_from([None, *MASKS]), st.sampled_from(KINDS), st.sampled_from(MASKS))
def test_a_mask_never_raises_a_grade(grade: int, declared: Mask | None, kind: FieldKind | None, how: Mask) -> None:
    type_: FieldType = "string"
    field = Field("v", Name(zh="值", en="value"), type_, grade=grade, kind=kind, mask=declared)
    assert 1 <= grade_after(field, how) <= grade
    assert grade_after(field, how) <= (grade if how == "none" else 2)
    assert mask_of(field, "one") == mask_of(field, "another")


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, unique=True), KEYS, KEYS)
def test_tokens_join_within_one_key_and_never_across_two(values: list[str], key: bytes, other: bytes) -> None:
    mine = one([*values, *values], "token", None, key)
    assert mine[: len(values)] == mine[len(values) :]
    assert len(set(mine)) == len(values)
    if key.rstrip(b"\0") != other.rstrip(b"\0"):  # HMAC fills short keys up with zeros
        assert not {*mine} & {*one(list(values), "token", None, other)}


COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=9)


@given(COUNTS, st.integers(2, 12))
def test_no_hidden_count_can_be_computed_from_the_total(counts: list[int], k: int) -> None:
    shown = suppress(pl.DataFrame({"key": [str(at) for at in range(len(counts))], "rows": counts}), "rows", k)
    hidden = [count for count, gone in zip(counts, shown.get_column(SUPPRESSED), strict=True) if gone]
    assert all(count is None or count == 0 or count >= k for count in shown.get_column("rows").to_list())
    assert [count for count in shown.get_column("rows") if count is not None] == [
        count for count, gone in zip(counts, shown.get_column(SUPPRESSED), strict=True) if not gone
    ]
    if not hidden:
        return
    total, groups = sum(counts), sum(count > 0 for count in counts)
    rest = total - sum(count for count in shown.get_column("rows") if count is not None)
    assert rest == sum(hidden)
    # What subtraction leaves stands for at least two groups and k rows, or for everybody there is.
    assert len(hidden) >= min(2, groups)
    assert rest >= k or len(hidden) == groups


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20)), min_size=1, max_size=12), st.integers(2, 8))
def test_totals_are_protected_one_by_one(rows: list[tuple[str, int]], k: int) -> None:
    frame = pl.DataFrame(rows, schema={"day": pl.String, "rows": pl.Int64}, orient="row")
    together = suppress(frame, "rows", k, ("day",))
    for day in "ab":
        alone = suppress(frame.filter(pl.col("day") == day), "rows", k)
        assert together.filter(pl.col("day") == day).equals(alone, null_equal=True)


@given(st.lists(st.integers(1, 4)), st.lists(st.integers(1, 4)))
def test_a_derived_grade_is_the_highest_and_more_sources_never_lower_it(some: list[int], more: list[int]) -> None:
    assert derived_grade([*some, *more]) == max(derived_grade(some), derived_grade(more))
    assert derived_grade(some) <= derived_grade([*some, *more])
