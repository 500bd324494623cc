"""The conclusion of an admission: a verdict turned into everything one transaction must make true."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.contract import Contract
from citybrain.hub.exchange.log import Admission, SetAsideRow
from citybrain.hub.exchange.payload import DAY, Payload, pack, store_file
from citybrain.hub.formats import Parsed
from citybrain.hub.parcel import Correction, Parcel, Store
from citybrain.hub.quarantine import set_aside_rows
from citybrain.hub.receipt import FIRST_REASONS, Reason, Receipt
from citybrain.kernel.ids import NewId
from citybrain.safeguards import evidence
from citybrain.safeguards.quality import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that was judged.

    Attributes:
        contract: The contract it was judged by.
        revision: Revision of the city the contract is of.
        at: Instant of arrival.
        new_keys: Rule and key of accepted rows that history must know.

    """

    contract: Contract
    revision: int
    parcel: Parcel
    parsed: Parsed
    verdict: Verdict
    at: datetime
    new_keys: tuple[tuple[str, bytes], ...] = ()


def conclude(judged: Judged, store: Store, new_id: NewId) -> Admission:
    """Turn a verdict into everything the transaction must make true; a large payload is made durable here.

    Args:
        judged: What the gate says.
        store: Where payloads go.
        new_id: Source of identifiers.

    """
    batch, verdict, contract = new_id(), judged.verdict, judged.contract
    refused = _refusal(verdict)
    payload, stored = None, None
    if refused is None:
        payload = pack(verdict.values.filter(verdict.kept), verdict.rows.filter(verdict.kept), contract)
    put_right = judged.parcel.correction
    if payload is not None and put_right is not None:
        payload = _touching(payload, put_right)
    if payload is not None and len(payload.data) > store.inline_bytes:
        stored = store_file(store.folder, contract.ref, batch, payload.data)
    rows = set_aside_rows(judged.parsed, verdict, everything=refused is not None)
    accepted = verdict.accepted if refused is None else 0
    entry, body = _attest(judged, batch, accepted, payload, new_id, refused=refused is not None)
    receipt = _receipt(judged, batch, accepted, rows, entry, refused)
    return Admission(
        receipt=receipt,
        key=judged.parcel.key,
        body_sha256=judged.parcel.sha256,
        revision=judged.revision,
        payload=payload,
        stored_file=stored,
        set_aside=rows,
        tallies=_tally_rows(batch, contract, receipt),
        entry=entry,
        entry_body=body,
        medians=verdict.medians if refused is None and put_right is None else {},
        repair=judged.parcel.repair,
        correction=put_right,
        new_keys=judged.new_keys if refused is None else (),
    )


def _touching(payload: Payload, put_right: Correction) -> Payload:
    """Let a correction touch the day its row leaves too, so that what rests on that day is computed anew."""
    left = put_right.standing.get_column(DAY).item()
    if left is None or payload.first_day is None or payload.last_day is None:
        return replace(payload, first_day=None, last_day=None)
    return replace(payload, first_day=min(left, payload.first_day), last_day=max(left, payload.last_day))


def _attest(
    judged: Judged, batch: UUID, accepted: int, payload: Payload | None, new_id: NewId, *, refused: bool
) -> tuple[evidence.Entry, str]:
    received = judged.parsed.received
    facts = {
        "contract": judged.contract.ref,
        "system": judged.parcel.system,
        "received": received,
        "accepted": accepted,
        "set_aside": received - accepted,
        "came_sha256": judged.parcel.sha256.hex(),
        "kept_sha256": payload.sha256.hex() if payload else None,
        "revision": judged.revision,
        "key": judged.parcel.key,
    }
    if judged.parcel.correction is not None:
        facts["corrects"] = {"batch": judged.parcel.correction.batch, "row": judged.parcel.correction.row}
    act = "hub:batch:refused" if refused else "hub:batch:admitted"
    return evidence.prepare(act, str(batch), facts, judged.at, new_id)


def _receipt(
    judged: Judged,
    batch: UUID,
    accepted: int,
    rows: Sequence[SetAsideRow],
    entry: evidence.Entry,
    refused: tuple[str, dict[str, Any]] | None,
) -> Receipt:
    parsed, verdict, parcel = judged.parsed, judged.verdict, judged.parcel
    reasons = (Reason(row=row.row, **reason) for row in rows[:FIRST_REASONS] for reason in row.reasons)
    return Receipt(
        batch=batch,
        contract=judged.contract.ref,
        system=parcel.system,
        delivery=parcel.delivery or batch,
        part=parcel.part,
        status="admitted" if refused is None else "refused",
        received=parsed.received,
        accepted=accepted,
        set_aside=parsed.received - accepted,
        warned=verdict.warned,
        reasons=tuple(reasons)[:FIRST_REASONS],
        broken=dict(sorted({**verdict.tallies, **_broken_lines(parsed)}.items())),
        evidence=entry.id,
        evidence_sha256=entry.sha256,
        position=None,
        arrived_at=judged.at,
        unknown_fields=parsed.unknown,
        jumps=verdict.jumps,
        refused=refused,
    )


def _refusal(verdict: Verdict) -> tuple[str, dict[str, Any]] | None:
    if verdict.refused_by is None:
        return None
    rule, share = verdict.refused_by
    return "hub.share_of_broken_rows", {"rule": rule, "share_pct": round(share * 100, 1), "rows": verdict.tallies[rule]}


def _broken_lines(parsed: Parsed) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in parsed.broken:
        found[line.reason] = found.get(line.reason, 0) + 1
    return found


def _tally_rows(batch: UUID, contract: Contract, receipt: Receipt) -> list[dict[str, Any]]:
    rules = {rule.name: rule for rule in contract.rules}
    made = []
    for name, broken in receipt.broken.items():
        rule = rules.get(name)
        jumps = [
            {"period": jump.period, "median": jump.median, "before": jump.before, "rows": jump.rows}
            for jump in receipt.jumps
            if jump.rule == name
        ]
        made.append(
            {
                "batch": batch,
                "rule": name,
                "dimension": rule.dimension if rule else "conformity",
                "on_break": rule.on_break if rule else "set_aside",
                "broken": broken,
                "detail": Jsonb(jumps) if jumps else None,
            }
        )
    return made
