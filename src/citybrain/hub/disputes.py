"""The mark "in dispute" (争议中): what is contested is still shown, and whoever reads it is told (Nanjing art. 11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import polars as pl
from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.hub.exchange.columns import BATCH
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.fieldtypes import type_rows

IN_DISPUTE = "_in_dispute"
WHOLE = "*"
_INSTANT_FORM = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something in dispute.

    Attributes:
        id: Id of the dissent.
        number: Number of the dissent people use.
        keys: Key values of the row as :func:`canonical_keys` writes them; none where a whole batch is meant.
        batch: The batch, where no row is named.
        field: The field; none means the whole row.

    """

    id: UUID
    number: str
    contract: str
    keys: Mapping[str, str] | None
    batch: UUID | None
    field: str | None
    marked_at: datetime


def mark(connection: Connection, made: Mark) -> None:
    """Mark something as in dispute, for everybody who reads it.

    Args:
        connection: The command's transaction.
        made: What is in dispute.

    Source:
        Nanjing art. 11 (异议数据处理通道).

    """
    keys = None if made.keys is None else Jsonb(dict(made.keys))
    given = {
        "id": made.id, "number": made.number, "contract": made.contract, "keys": keys, "batch": made.batch,
        "field": made.field, "at": made.marked_at,
    }  # fmt: skip
    connection.execute(_sql()["mark"], given)


def lift(connection: Connection, dissent: UUID, at: datetime) -> None:
    """Take a mark away; nothing happens where there is none.

    Args:
        connection: The command's transaction.
        dissent: Id of the dissent.
        at: When.

    """
    connection.execute(_sql()["lift"], {"id": dissent, "at": at})


def marks(connection: Connection, contract: str) -> list[Mark]:
    """List what is in dispute of a contract, the oldest first.

    Args:
        connection: Any transaction.
        contract: Ref.

    """
    return [Mark(*row) for row in connection.execute(_sql()["marks"], {"contract": contract}).fetchall()]


def counts(connection: Connection, contracts: Sequence[str]) -> dict[str, int]:
    """Count what is in dispute by contract.

    Args:
        connection: Any transaction.
        contracts: Refs.

    """
    found = connection.execute(_sql()["counts"], {"contracts": list(contracts)}).fetchall()
    return {contract: int(count) for contract, count in found}


def canonical_keys(contract: Contract, given: Mapping[str, str]) -> dict[str, str]:
    """Write the key values of a row the one way in which they are compared.

    Args:
        contract: The contract; a timestamp without a zone is read in its own.
        given: Values by name of key field, as somebody wrote them.

    Returns:
        One text for each key of the contract, in the order of the keys.

    Raises:
        WrongUse: A key is missing or does not fit its type, or the contract has no keys.

    """
    texts = key_texts(typed_keys(contract, given), contract).row(0, named=True)
    return {name: str(value) for name, value in texts.items()}


def typed_keys(contract: Contract, given: Mapping[str, str]) -> pl.DataFrame:
    """Read the key values of a row.

    Args:
        contract: The contract.
        given: Values by name of key field, as somebody wrote them.

    Returns:
        One row with the key fields, typed.

    Raises:
        WrongUse: A key is missing or does not fit its type, or the contract has no keys.

    """
    if not contract.keys:
        raise WrongUse("hub.no_keys", contract=contract.ref)
    raw = pl.DataFrame({name: [str(given[name])] for name in contract.keys if given.get(name)})
    if raw.width < len(contract.keys):
        missing = [name for name in contract.keys if name not in raw.columns]
        raise WrongUse("hub.keys_incomplete", contract=contract.ref, missing=missing, keys=list(contract.keys))
    typed = type_rows(raw, contract, nul_possible=True)
    wrong = [name for name in contract.keys if typed.values.item(0, name) is None]
    if wrong:
        raise WrongUse("hub.keys_incomplete", contract=contract.ref, missing=wrong, keys=list(contract.keys))
    return typed.values.select(contract.keys)


def annotate(frame: pl.DataFrame, contract: Contract, made: Sequence[Mark]) -> pl.DataFrame:
    """Say of every row which of its fields are in dispute.

    Args:
        frame: ``n`` rows of a contract before masking: its keys decide, ``_batch`` where a whole batch is in dispute.
        contract: The contract.
        made: Marks of the contract.

    Returns:
        The rows with a column ``_in_dispute``: names of fields, ``*`` for the whole row, null where nothing is.

    """
    found: list[pl.DataFrame] = []
    rows = frame.with_row_index("_place")
    by_keys = [item for item in made if item.keys is not None]
    if by_keys and set(contract.keys) <= set(frame.columns):
        named = pl.DataFrame([{**(item.keys or {}), "_field": item.field or WHOLE} for item in by_keys])
        texts = key_texts(rows, contract).with_columns(rows["_place"])
        found.append(texts.join(named, on=list(contract.keys)).select("_place", "_field"))
    by_batch = [item for item in made if item.keys is None and item.batch is not None]
    if by_batch and BATCH in frame.columns:
        batches = pl.DataFrame([{BATCH: str(item.batch), "_field": item.field or WHOLE} for item in by_batch])
        found.append(rows.select("_place", BATCH).join(batches, on=BATCH).select("_place", "_field"))
    if not found:
        return frame.with_columns(pl.lit(None, dtype=pl.List(pl.String)).alias(IN_DISPUTE))
    told = pl.concat(found).group_by("_place").agg(pl.col("_field").unique().sort().alias(IN_DISPUTE))
    return rows.join(told, on="_place", how="left", maintain_order="left").drop("_place")


def key_texts(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Write the key columns as texts; one instant has one text, whatever zone it was written in.

    Args:
        frame: ``n`` rows with the contract's keys.
        contract: The contract.

    """
    return frame.select(
        pl.col(name).dt.convert_time_zone("UTC").dt.strftime(_INSTANT_FORM)
        if isinstance(frame.schema[name], pl.Datetime)
        else pl.col(name).cast(pl.String)
        for name in contract.keys
    )


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "disputes")
