"""The receipt (回执): what the hub took, what it set aside and why; given only after the commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from citybrain.city.contract import Contract
from citybrain.safeguards.drift import Jump

FIRST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row was set aside.

    Attributes:
        row: Number of the row in the delivery, counted from 1.
        value: What was sent, shortened.

    """

    row: int
    rule: str
    field: str
    dimension: str
    value: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of an admission.

    Attributes:
        batch: Its id.
        status: ``admitted``, or ``refused`` when the batch as a whole was wrong.
        reasons: The first reasons, in row order.
        broken: Rows that break each rule, warnings included.
        evidence: Id and digest of the evidence entry.
        repeated: True when this very delivery had been taken before and nothing was done.
        refused: Code and parameters of a refusal.

    """

    batch: UUID
    contract: str
    system: str
    delivery: UUID
    part: int
    status: Literal["admitted", "refused"]
    received: int
    accepted: int
    set_aside: int
    warned: int
    reasons: tuple[Reason, ...]
    broken: Mapping[str, int]
    evidence: UUID
    evidence_sha256: bytes
    position: int | None
    arrived_at: datetime
    unknown_fields: tuple[str, ...] = ()
    jumps: tuple[Jump, ...] = ()
    repeated: bool = False
    refused: tuple[str, Mapping[str, Any]] | None = None


def as_plain(receipt: Receipt, contract: Contract | None) -> dict[str, Any]:
    """Lay a receipt out for JSON.

    Args:
        receipt: Any receipt.
        contract: Its contract, for the words of the rules.

    Returns:
        Plain values; rules carry their words for the provider.

    """
    words = {rule.name: rule.say for rule in contract.rules} if contract else {}

    def said(rule: str) -> dict[str, str] | None:
        name = words.get(rule)
        return {"zh": name.zh, "en": name.en} if name else None

    return {
        "batch": str(receipt.batch),
        "contract": receipt.contract,
        "system": receipt.system,
        "delivery": str(receipt.delivery),
        "part": receipt.part,
        "status": receipt.status,
        "received": receipt.received,
        "accepted": receipt.accepted,
        "set_aside": receipt.set_aside,
        "warned": receipt.warned,
        "broken_rules": [{"rule": rule, "rows": rows, "say": said(rule)} for rule, rows in receipt.broken.items()],
        "reasons": [
            {
                "row": reason.row,
                "field": reason.field,
                "rule": reason.rule,
                "dimension": reason.dimension,
                "value": reason.value,
                "say": said(reason.rule),
            }
            for reason in receipt.reasons
        ],
        "drift": [
            {"rule": jump.rule, "period": jump.period, "median": jump.median, "before": jump.before}
            for jump in receipt.jumps
        ],
        "unknown_fields": list(receipt.unknown_fields),
        "evidence": {"entry": str(receipt.evidence), "sha256": receipt.evidence_sha256.hex()},
        "position": receipt.position,
        "arrived_at": receipt.arrived_at.isoformat(),
        "repeated": receipt.repeated,
        "refused": {"code": receipt.refused[0], "params": dict(receipt.refused[1])} if receipt.refused else None,
    }
