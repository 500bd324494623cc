"""Lines that several pages of the console show: rows set aside, batches, freshness; masked where they must be."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from citybrain.city.contract import Contract
from citybrain.cockpits.figures_view import State
from citybrain.hub import monitor
from citybrain.hub.jsonrows import as_text
from citybrain.hub.quarantine import QuarantinedRow
from citybrain.kernel.messages import say
from citybrain.web.console.desk import HIDDEN, Desk
from citybrain.web.console_view import BatchLine, RowField, SetAsideRow
from citybrain.web.parts_view import FieldError, Reconciliation
from citybrain.web.promises import broken_promise

_MARKS: dict[str, State] = {"open": "warn", "repaired": "ok", "confirmed": "none", "destroyed": "none"}
WHOLE_ROW = "*"


def fields_of(reason: Mapping[str, str]) -> tuple[str, ...]:
    """Return the fields a broken rule looks at.

    Args:
        reason: rule, field, dimension and value.

    """
    return tuple(reason["field"].split(","))


def shown_value(looked: Desk, contract: Contract, reason: Mapping[str, str]) -> str:
    """Write the value a rule was broken with, masked where the viewer may not read it.

    Args:
        looked: The desk.
        contract: The contract.
        reason: rule, field, dimension and value.

    """
    known = {item.name: item for item in contract.fields}
    named = fields_of(reason)
    if any(looked.hides(contract, known.get(name)) for name in named):
        return HIDDEN
    return (
        "—" if named == (WHOLE_ROW,) and reason["rule"] in {rule.name for rule in contract.rules} else reason["value"]
    )


def field_words(looked: Desk, reason: Mapping[str, str]) -> str:
    """Name the field of a broken rule.

    Args:
        looked: The desk.
        reason: rule, field, dimension and value.

    """
    named = fields_of(reason)
    return looked.words("whole_row") if named == (WHOLE_ROW,) else " + ".join(named)


def aspect_words(looked: Desk, dimension: str) -> str:
    """Name the law's aspect of a dimension.

    Args:
        looked: The desk.
        dimension: Dimension of GB/T 36344.

    """
    return say(f"edge.aspect_{monitor.aspect_of(dimension)}", looked.language)


def values_of(row: QuarantinedRow) -> dict[str, Any]:
    """Read the values of a row as far as they were kept.

    Args:
        row: A row that was set aside.

    Returns:
        Nothing when what came was no record.

    """
    try:
        record = orjson.loads(row.raw)
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {}


def row_line(
    looked: Desk,
    row: QuarantinedRow,
    typed: Mapping[str, str] | None = None,
    again: Sequence[Mapping[str, str]] | None = None,
) -> SetAsideRow:
    """Make the line of a row that was set aside.

    Args:
        looked: The desk.
        row: The row.
        typed: What was typed in the last attempt at a repair.
        again: Reasons why that attempt was set aside too.

    """
    contract = looked.contract(row.contract)
    first = row.reasons[0]
    open_ = row.state == "open"
    href = f"/console/quarantine/{row.batch}/{row.row}"
    more = len(row.reasons) - 1
    reason = broken_promise(contract, first["rule"], looked.language)
    return SetAsideRow(
        id=f"{row.batch}-{row.row}",
        batch=looked.words("batch_of", at=looked.stamp(row.arrived_at)),
        batch_href=f"/console/batches/{row.batch}",
        row=row.row,
        field=field_words(looked, first),
        value=shown_value(looked, contract, first),
        reason=looked.words("and_more_rules", reason=reason, count=more) if more else reason,
        aspect=aspect_words(looked, first["dimension"]),
        state=_MARKS[row.state],
        word=looked.words(f"row_{row.state}"),
        fields=_row_fields(looked, contract, row, typed, again),
        repair_href=f"{href}/repair" if open_ else "",
        confirm_href=f"{href}/confirm" if open_ else "",
        errors=tuple(FieldError(item["field"], _mistake(looked, contract, item)) for item in again or ()),
        contract=contract.name.said(looked.language),
        raw="" if values_of(row) or looked.hides(contract, None) else row.raw,
    )


def _mistake(looked: Desk, contract: Contract, reason: Mapping[str, str]) -> str:
    why = broken_promise(contract, reason["rule"], looked.language)
    return looked.words("still_broken", field=field_words(looked, reason), reason=why)


def _row_fields(
    looked: Desk,
    contract: Contract,
    row: QuarantinedRow,
    typed: Mapping[str, str] | None,
    again: Sequence[Mapping[str, str]] | None,
) -> tuple[RowField, ...]:
    values = values_of(row)
    messages: dict[str, str] = {}
    for reason in again if again is not None else row.reasons:
        for name in fields_of(reason):
            messages.setdefault(name, broken_promise(contract, reason["rule"], looked.language))
    return tuple(
        RowField(
            name=item.name,
            value=HIDDEN
            if looked.hides(contract, item)
            else (typed or {}).get(item.name, as_text(values.get(item.name)) or ""),
            meaning=item.title.said(looked.language),
            bad=item.name in messages,
            message=messages.get(item.name, ""),
            hidden=looked.hides(contract, item),
        )
        for item in contract.fields
    )


def batch_line(looked: Desk, batch: monitor.BatchLine) -> BatchLine:
    """Make the line of a batch.

    Args:
        looked: The desk.
        batch: The batch.

    """
    contract = looked.contract(batch.contract)
    reason = ""
    if batch.first_reason is not None:
        reason = looked.words(
            "reason_with_value",
            reason=broken_promise(contract, batch.first_reason["rule"], looked.language),
            value=shown_value(looked, contract, batch.first_reason),
        )
    return BatchLine(
        id=str(batch.id)[:13],
        href=f"/console/batches/{batch.id}",
        arrived=looked.stamp(batch.arrived_at),
        sum=Reconciliation(batch.received, batch.accepted, batch.set_aside),
        contract=contract.name.said(looked.language),
        contract_href=contract_href(contract.ref),
        first_reason=reason,
        sealed=batch.sequence is not None,
    )


def contract_href(ref: str) -> str:
    """Return the page of a contract.

    Args:
        ref: ``contract:…``.

    """
    return f"/console/contracts/{ref.removeprefix('contract:')}"


def freshness(looked: Desk, contract: Contract, arrival: tuple[datetime, datetime | None] | None) -> tuple[State, str]:
    """Tell whether a contract is on time.

    Args:
        looked: The desk.
        contract: The contract.
        arrival: Last arrival and newest event; none when nothing came yet.

    Returns:
        The mark, and its word where the usual one does not say enough.

    """
    if arrival is None:
        return "none", looked.words("nothing_came")
    if contract.fresh_within is None:
        return "ok", ""
    newest = arrival[1] or arrival[0]
    due = newest + (contract.cycle or timedelta()) + contract.fresh_within
    if looked.now <= due:
        return "ok", ""
    minutes = int((looked.now - due + contract.fresh_within).total_seconds() // 60)
    return "stale", say("web.late", looked.language, minutes=f"{minutes:,}")
