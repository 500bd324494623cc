"""Uniqueness against history.

The first valid row wins across batches, surplus rows are set aside (Hangzhou art. 15).
"""

import hashlib
from dataclasses import replace

import polars as pl

from citybrain.city.contract import Contract, Rule
from citybrain.hub.exchange import log as exchange
from citybrain.hub.formats import Parsed
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.quality import Verdict


def drop_known(
    connection: Connection, contract: Contract, verdict: Verdict, parsed: Parsed
) -> tuple[Verdict, tuple[tuple[str, bytes], ...]]:
    """Set aside rows whose key an earlier batch holds.

    Args:
        connection: The transaction of the admission; the contract's lock is held.
        contract: Contract with rules of scope ``history``.
        verdict: What the batch alone says.
        parsed: Rows as they came, for the reasons.

    Returns:
        The verdict with surplus rows set aside, and rule and key of every accepted row.

    """
    new_keys: list[tuple[str, bytes]] = []
    for rule in contract.rules:
        if rule.kind != "unique" or rule.scope != "history":
            continue
        keys = _keys(verdict.values, rule)
        candidates = [key for key, kept in zip(keys, verdict.kept, strict=True) if kept and key is not None]
        known = exchange.known_keys(connection, contract.ref, rule.name, candidates)
        if known:
            hit = pl.Series([bool(kept) and key in known for key, kept in zip(keys, verdict.kept, strict=True)])
            verdict = _without(verdict, rule, hit, parsed)
        new_keys += [(rule.name, key) for key, kept in zip(keys, verdict.kept, strict=True) if kept and key is not None]
    return verdict, tuple(new_keys)


def _keys(values: pl.DataFrame, rule: Rule) -> list[bytes | None]:
    names = values.columns if rule.fields == ("*",) else list(rule.fields)
    texts = values.select(
        pl.concat_str([pl.col(name).cast(pl.String) for name in names], separator="\x1f").alias("key")
        if rule.fields != ("*",)
        else pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x00") for name in names], separator="\x1f").alias(
            "key"
        )
    ).to_series()
    return [None if text is None else hashlib.sha256(text.encode()).digest() for text in texts]


def _without(verdict: Verdict, rule: Rule, hit: pl.Series, parsed: Parsed) -> Verdict:
    names = [name for name in rule.fields if name in parsed.frame.columns]
    shown = parsed.frame.select(names).filter(hit) if names else pl.DataFrame({"": [None] * int(hit.sum())})
    lines = shown.select(
        pl.lit(verdict.rows.filter(hit)).alias("row").cast(pl.Int64),
        pl.lit(rule.name).alias("rule"),
        pl.lit(",".join(rule.fields)).alias("field"),
        pl.lit(rule.dimension).alias("dimension"),
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("—") for name in shown.columns], separator=" / ").alias(
            "value"
        ),
    )
    tallies = dict(verdict.tallies)
    tallies[rule.name] = tallies.get(rule.name, 0) + int(hit.sum())
    return replace(
        verdict,
        kept=verdict.kept & ~hit,
        reasons=pl.concat([verdict.reasons, lines]).sort("row", maintain_order=True),
        tallies=tallies,
    )
