"""Small groups (小数量抑制): a count of very few people says who they are, so it is not shown.

One hidden value beside a shown total could be computed by subtraction; the next smallest is then hidden with it.
"""

from collections.abc import Sequence

import polars as pl

SUPPRESSED = "_suppressed"


def suppress(values: pl.DataFrame, count_column: str, k: int, within: Sequence[str] = ()) -> pl.DataFrame:
    """Hide the values of groups with fewer than ``k`` rows, so that no total gives them away.

    Args:
        values: One row a group: keys as texts, yes/no or dates, and numbers, of which ``count_column`` is the number
            of rows behind a group.
        count_column: Column with the number of rows of each group.
        k: Smallest number of rows that is shown.
        within: Columns that say to which known total a group belongs; without them all rows are parts of one.

    Returns:
        The same rows in the same order; in hidden ones every number, the count too, is null. A column
        ``_suppressed`` marks them. A group without rows is shown: nobody stands behind it. Where any group of a total
        is hidden at least two are, and they stand for at least ``k`` rows together, wherever there are that many;
        a total of fewer than ``k`` rows is itself no number to show.

    Source:
        Hangzhou art. 16 (个人隐私保护与数据利用的关系).

    """
    count, one = pl.col("_count"), list(within) or ["_all"]
    asked = values.select(
        pl.int_range(pl.len()).alias("_at"),
        pl.col(count_column).fill_null(0).alias("_count"),
        pl.lit(value=True).alias("_all"),
        *within,
    )
    people = asked.filter(count > 0).sort(*one, "_count", "_at")
    hidden = people.filter(
        (count < k).any().over(one)
        & ((count < k) | (pl.int_range(pl.len()).over(one) < 2) | (count.cum_sum().over(one) - count < k))
    )
    mark = pl.int_range(pl.len()).is_in(hidden.get_column("_at").implode())
    numbers = [name for name, dtype in values.schema.items() if dtype.is_numeric() and name not in within]
    return values.with_columns(mark.alias(SUPPRESSED)).with_columns(
        pl.when(~pl.col(SUPPRESSED)).then(pl.col(name)).alias(name) for name in numbers
    )
