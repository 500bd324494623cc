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
from citybrain.safeguards.quality import VALUE_CHARACTERS, Verdict


def drop_known(
    connection: Connection,
    contract: Contract,
    verdict: Verdict,
    parsed: Parsed,
    put_right: pl.DataFrame | None = None,
) -> tuple[Verdict, tuple[tuple[str, bytes], ...]]:
    """Set aside rows whose key an earlier batch holds.

    Args:
        connection: The transaction of the admission; the contract's lock is held.
        contract: Contract with rules of scope ``history``.
        verdict: What the batch alone says.
        parsed: Rows as they came, for the reasons.
        put_right: The row a correction stands in for: its keys are no obstacle.

    Returns:
        The verdict with surplus rows set aside (or warned of), and rule and key of every accepted row.

    """
    looked: list[tuple[Rule, list[bytes | None], set[bytes]]] = []
    for rule in contract.rules:
        if rule.kind != "unique" or rule.scope != "history":
            continue
        keys = keys_of(verdict.values, rule)
        candidates = [key for key, kept in zip(keys, verdict.kept, strict=True) if kept and key is not None]
        known = exchange.known_keys(connection, contract.ref, rule.name, candidates)
        looked.append((rule, keys, known))
        taken = known - {key for key in (keys_of(put_right, rule) if put_right is not None else ()) if key is not None}
        if taken:
            hit = pl.Series([bool(kept) and key in taken for key, kept in zip(keys, verdict.kept, strict=True)])
            verdict = _without(verdict, rule, hit, parsed)
    # Only now is it certain which rows stay: a later rule may have set aside what an earlier one let through.
    new_keys: dict[tuple[str, bytes], None] = {}
    for rule, keys, known in looked:
        stays = (key for key, kept in zip(keys, verdict.kept, strict=True) if kept and key and key not in known)
        new_keys |= {(rule.name, key): None for key in stays}
    return verdict, tuple(new_keys)


def keys_of(values: pl.DataFrame, rule: Rule) -> list[bytes | None]:
    """Return the key of each row under a rule, as history remembers it.

    Args:
        values: ``n`` typed rows.
        rule: A unique rule.

    Returns:
        ``n`` digests; none where a field has no value.

    """
    names = values.columns if rule.fields == ("*",) else list(rule.fields)
    every = rule.fields == ("*",)
    cells = [_cell(pl.col(name).cast(pl.String)) for name in names]
    texts = values.select(
        pl.concat_str([cell.fill_null("\x00") if every else cell for cell in cells], separator="\x1f").alias("key")
    ).to_series()
    return [None if text is None else hashlib.sha256(text.encode()).digest() for text in texts]


def _cell(text: pl.Expr) -> pl.Expr:
    """Write the mark between cells another way where it stands in a text, so that two keys never look alike."""
    return text.str.replace_all("\x1e", "\x1e0", literal=True).str.replace_all("\x1f", "\x1e1", literal=True)


def _without(verdict: Verdict, rule: Rule, hit: pl.Series, parsed: Parsed) -> Verdict:
    names = [name for name in rule.fields if name in parsed.frame.columns]
    shown = parsed.frame.select(names).filter(hit) if names else pl.DataFrame({"": [None] * int(hit.sum())})
    lines = shown.select(
        pl.lit(verdict.rows.filter(hit)).alias("row").cast(pl.Int64),
        pl.lit(rule.name).alias("rule"),
        pl.lit(",".join(rule.fields)).alias("field"),
        pl.lit(rule.dimension).alias("dimension"),
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("—") for name in shown.columns], separator=" / ")
        .str.head(VALUE_CHARACTERS)
        .alias("value"),
    )
    tallies = dict(verdict.tallies)
    tallies[rule.name] = tallies.get(rule.name, 0) + int(hit.sum())
    if rule.on_break == "warn":
        return replace(verdict, tallies=tallies, warned=verdict.warned + int(hit.sum()))
    return replace(
        verdict,
        kept=verdict.kept & ~hit,
        reasons=pl.concat([verdict.reasons, lines]).sort("row", maintain_order=True),
        tallies=tallies,
    )
