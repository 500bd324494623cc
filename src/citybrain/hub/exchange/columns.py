"""Columns of a stored relation: the contract's fields and the five the log adds."""

import polars as pl

from citybrain.city.contract import Contract
from citybrain.hub.exchange.payload import DAY, INSTANT, ROW
from citybrain.safeguards.fieldtypes import dtype_of

POSITION = "_position"
BATCH = "_batch"


def schema_of(contract: Contract) -> dict[str, pl.DataType]:
    """Return the columns of a contract's relation.

    Args:
        contract: The contract in force.

    """
    return {
        **{field.name: dtype_of(field) for field in contract.fields},
        ROW: pl.Int32(),
        INSTANT: pl.Datetime("us", "UTC"),
        DAY: pl.Date(),
        POSITION: pl.Int64(),
        BATCH: pl.String(),
    }


def aligned(frame: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """Give old rows the columns of today's contract.

    Args:
        frame: A batch or a lake file.
        contract: The contract in force.

    """
    there = frame.collect_schema()
    return frame.select(
        (pl.col(name).cast(dtype, strict=False) if name in there else pl.lit(None, dtype=dtype)).alias(name)
        for name, dtype in schema_of(contract).items()
    )
