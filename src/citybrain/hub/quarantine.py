"""What was set aside: each row with its reasons, for its provider to mend and bring again (Hangzhou art. 15)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import polars as pl

from citybrain.hub.exchange.log import SetAsideRow
from citybrain.hub.formats import Parsed
from citybrain.hub.jsonrows import from_records
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.quality import Verdict

RAW_CHARACTERS = 16_384
REFUSED_ROWS_KEPT = 100


def set_aside_rows(parsed: Parsed, verdict: Verdict, *, everything: bool) -> list[SetAsideRow]:
    """Collect the rows that were not accepted, in row order.

    Args:
        parsed: Rows as they came.
        verdict: What the gate says.
        everything: True for a refused batch, of which only the first rows are kept as a sample; the provider has to
            send it again as a whole.

    """
    grouped: dict[int, list[dict[str, str]]] = {}
    for row, rule, field, dimension, value in verdict.reasons.iter_rows():
        grouped.setdefault(row, []).append({"rule": rule, "field": field, "dimension": dimension, "value": value})
    wanted = pl.Series(list(grouped), dtype=pl.Int64)
    if everything:
        wanted = wanted.head(REFUSED_ROWS_KEPT)
    hit = parsed.rows.is_in(wanted.implode())
    raws = _raw(parsed.frame.filter(hit))
    made = [
        SetAsideRow(row, grouped[row], raw[:RAW_CHARACTERS], len(raw) > RAW_CHARACTERS)
        for row, raw in zip(parsed.rows.filter(hit), raws, strict=True)
    ]
    for line in parsed.broken[: REFUSED_ROWS_KEPT if everything else None]:
        text = line.text.replace("\x00", "␀")
        reason = {"rule": line.reason, "field": "*", "dimension": "conformity", "value": text}
        made.append(SetAsideRow(line.row, [reason], text, raw_cut=True))
    return sorted(made, key=lambda row: row.row)


def _raw(frame: pl.DataFrame) -> list[str]:
    if frame.is_empty():
        return []
    texts = frame.select(pl.all().cast(pl.String, strict=False).str.replace_all("\x00", "␀", literal=True))
    return texts.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was set aside.

    Attributes:
        reasons: rule, field, dimension and value of each broken rule.
        raw: The row as JSON text, as far as it was kept.
        state: open, repaired or confirmed.

    """

    batch: UUID
    row: int
    contract: str
    reasons: list[dict[str, str]]
    raw: str
    raw_cut: bool
    state: str
    repaired_by: UUID | None
    decided_by: str | None
    decided_at: datetime | None
    system: str
    arrived_at: datetime


def rows(
    connection: Connection,
    contract: str | None = None,
    state: str | None = "open",
    limit: int = 100,
    offset: int = 0,
    *,
    among: Sequence[str] | None = None,
    batch: UUID | None = None,
) -> list[QuarantinedRow]:
    """List rows that were set aside, newest batch first.

    Args:
        connection: Any transaction.
        contract: Only this contract's; none means all.
        state: Only in this state; none means all.
        limit: Most rows returned.
        offset: Rows skipped.
        among: Only of these contracts; none means all.
        batch: Only of this batch; otherwise failed attempts at a repair are left out, for the row itself still waits.

    """
    listed = None if among is None else list(among)
    given = {
        "contract": contract, "state": state, "limit": limit, "offset": offset, "among": listed, "batch": batch,
    }  # fmt: skip
    found = connection.execute(statements("citybrain.hub", "quarantine")["open_rows"], given).fetchall()
    return [QuarantinedRow(*row) for row in found]


def count(connection: Connection, contract: str | None = None, state: str | None = "open") -> int:
    """Count rows that were set aside.

    Args:
        connection: Any transaction.
        contract: Only this contract's; none means all.
        state: Only in this state; none means all.

    """
    found = counts(connection, None if contract is None else (contract,))
    return sum(rows for (_, stands), rows in found.items() if state in {None, stands})


def counts(connection: Connection, among: Sequence[str] | None = None) -> dict[tuple[str, str], int]:
    """Count rows that were set aside by contract and state.

    Args:
        connection: Any transaction.
        among: Only of these contracts; none means all.

    """
    given = {"among": None if among is None else list(among)}
    found = connection.execute(statements("citybrain.hub", "quarantine")["count_rows"], given).fetchall()
    return {(contract, state): int(rows) for contract, state, rows in found}


def one(connection: Connection, batch: UUID, row: int) -> QuarantinedRow:
    """Find one row.

    Args:
        connection: Any transaction.
        batch: The batch it came in.
        row: Its number.

    Raises:
        NotKnown: No such row was set aside.

    """
    given = {"batch": batch, "row": row}
    found = connection.execute(statements("citybrain.hub", "quarantine")["one_row"], given).fetchone()
    if found is None:
        raise NotKnown("hub.row_unknown", batch=batch, row=row)
    return QuarantinedRow(*found)


def mended(found: QuarantinedRow, values: Mapping[str, Any]) -> Parsed:
    """Lay a mended row out as a batch of one.

    Args:
        found: The row that was set aside.
        values: Its fields with the corrections; they replace what was sent.

    Returns:
        One row, ready for the gate; it is judged like any other.

    Raises:
        Conflicting: The row was decided before.

    """
    if found.state != "open":
        raise Conflicting("hub.row_decided", batch=found.batch, row=found.row, state=found.state)
    try:
        record = orjson.loads(found.raw)
    except orjson.JSONDecodeError:
        record = {}
    record = {**(record if isinstance(record, dict) else {}), **values}
    return from_records([(found.row, record)], (), ())


def repair_digest(parsed: Parsed) -> bytes:
    """Digest a mended row.

    Args:
        parsed: A batch of one.

    """
    return hashlib.sha256(orjson.dumps(parsed.frame.row(0, named=True), option=orjson.OPT_SORT_KEYS)).digest()


def confirm(connection: Connection, batch: UUID, row: int, person: str, clock: Clock, new_id: NewId) -> None:
    """Record that the provider agrees: the row was wrong and stays out.

    Args:
        connection: The command's transaction.
        batch: The batch it came in.
        row: Its number.
        person: Who says so.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        Conflicting: The row was decided before, or does not exist.

    """
    at = clock.now()
    given = {"batch": batch, "row": row, "person": person, "at": at}
    found = connection.execute(statements("citybrain.hub", "quarantine")["confirm"], given).fetchone()
    if found is None:
        raise Conflicting("hub.row_decided", batch=batch, row=row, state="")
    facts = {"batch": batch, "row": row, "by": person}
    evidence.write(connection, "hub:row:confirmed", str(found[0]), facts, at, new_id)
