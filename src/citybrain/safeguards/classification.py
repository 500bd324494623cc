"""Classification (分类): proposals for the kinds of fields wait here for a person (Nanjing art. 23).

Declarations stay files: a confirmed proposal shows the lines to add, and until they stand in the contract the field
leaves the hub masked all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from citybrain.city.contract import Contract, FieldKind
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.detection import LEAST_SHARE, PROTECTED_GRADE, Proposal, kind_named
from citybrain.safeguards.viewing import Viewer, administers

State = Literal["open", "confirmed", "refused"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal as it is kept.

    Attributes:
        contract: Ref of the contract.
        field: Short name of the field.
        version: Version of the contract it was seen under.
        kind: What its values seem to be.
        share: Part of the values that are of that kind.
        sample_count: Values that were looked at.
        said_kind: What the contract said then.
        why: How it was seen: check_digit, form, words or title.
        state: open, confirmed or refused.
        decided_by, decided_at, reason: Who decided, when and why.

    """

    contract: str
    field: str
    version: str
    kind: FieldKind
    share: float
    sample_count: int
    said_kind: FieldKind | None
    why: str
    state: State
    found_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None

    def lines(self) -> str:
        """Write the lines to add to the field in its contract file."""
        return (
            f"- name: {self.field}\n"
            "  customProperties:\n"
            f"  - {{property: kind, value: {self.kind}}}\n"
            f"  - {{property: grade, value: {PROTECTED_GRADE}}}\n"
        )


def unscanned(connection: Connection, contracts: Sequence[Contract]) -> list[Contract]:
    """Tell which contracts were not looked at in their present version.

    Args:
        connection: Any transaction.
        contracts: The contracts in force.

    """
    done = set(connection.execute(_sql()["scanned"]).fetchall())
    return [contract for contract in contracts if (contract.ref, contract.version) not in done]


def note(
    connection: Connection,
    contract: Contract,
    proposals: Sequence[Proposal],
    at: datetime,
    batch: UUID | None = None,
    rows: int = 0,
) -> bool:
    """Keep what a look at a contract's newest rows suggested.

    Args:
        connection: The command's transaction.
        contract: The contract in force.
        proposals: What :func:`citybrain.safeguards.detection.propose` says.
        at: When.
        batch: The batch that was looked at.
        rows: Its number of rows.

    Returns:
        False when this version was looked at before; nothing is kept twice.

    """
    given = {"contract": contract.ref, "version": contract.version, "batch": batch, "rows": rows, "at": at}
    if connection.execute(_sql()["note_scan"], given).fetchone() is None:
        return False
    for item in proposals:
        connection.execute(
            _sql()["note_proposal"],
            {
                "contract": contract.ref, "field": item.field, "version": contract.version, "kind": item.kind,
                "share": item.share, "sample_count": item.sample_count, "said_kind": item.said_kind, "why": item.why,
                "at": at,
            },
        )  # fmt: skip
    return True


def listed(
    connection: Connection, contracts: Sequence[str], state: State | None = None, limit: int = 100, offset: int = 0
) -> list[Waiting]:
    """List proposals, those that wait first.

    Args:
        connection: Any transaction.
        contracts: Refs of the contracts to list.
        state: Only in this state; none means all.
        limit: Most proposals returned.
        offset: Proposals skipped.

    """
    given = {"contracts": list(contracts), "state": state, "limit": limit, "offset": offset}
    return [Waiting(*row) for row in connection.execute(_sql()["listed"], given).fetchall()]


def counted(connection: Connection, contracts: Sequence[str]) -> dict[str, int]:
    """Count proposals by state.

    Args:
        connection: Any transaction.
        contracts: Refs of the contracts to count.

    """
    return dict(connection.execute(_sql()["counted"], {"contracts": list(contracts)}).fetchall())


def proposed_kinds(connection: Connection, contract_ref: str) -> dict[str, FieldKind]:
    """Tell what the contents of a contract's fields suggest, where nobody refused it.

    Args:
        connection: Any transaction.
        contract_ref: ``contract:…``.

    Returns:
        Kind by field name, open and confirmed ones: a field stays masked until its contract says the kind itself.
        Hand it to :func:`citybrain.safeguards.detection.protect`, which lets declared kinds win.

    Source:
        Hangzhou art. 13 (数据安全保护义务).

    """
    given = {"contract": contract_ref, "least": LEAST_SHARE}
    return {field: kind_named(kind) for field, kind in connection.execute(_sql()["proposed_kinds"], given).fetchall()}


def may_decide(viewer: Viewer, contract: Contract) -> bool:
    """Tell whether somebody may decide proposals of a contract.

    Args:
        viewer: Who asks.
        contract: The contract.

    Returns:
        True for who operates the hub, and for the provider's own people who grant data.

    """
    return administers(viewer, contract) or ("grant_data" in viewer.may and viewer.department == contract.provider)


def decide(
    connection: Connection,
    viewer: Viewer,
    contract: Contract,
    field: str,
    kind: str,
    state: Literal["confirmed", "refused"],
    reason: str,
    clock: Clock,
    new_id: NewId,
) -> Waiting:
    """Confirm or refuse a proposal.

    Args:
        connection: The command's transaction.
        viewer: Who decides.
        contract: The contract in force.
        field: Short name of the field.
        kind: The proposed kind.
        state: The decision.
        reason: Why; a refusal needs one, for it opens the field again.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: The post may not decide about this contract.
        NotKnown: Nothing of the kind was proposed.
        Conflicting: It was decided before.
        WrongUse: A refusal without a reason.

    Source:
        Nanjing art. 23 (分类分级保护).

    """
    if not may_decide(viewer, contract):
        raise AccessRefused("safeguards.may_not_classify", post=viewer.post, contract=contract.ref)
    given = {"contract": contract.ref, "field": field, "kind": kind}
    found = connection.execute(_sql()["one"], given).fetchone()
    if found is None:
        raise unknown(contract.ref, field)
    if Waiting(*found).state != "open":
        raise Conflicting("safeguards.proposal_decided", contract=contract.ref, field=field)
    if state == "refused" and not reason.strip():
        raise WrongUse("safeguards.refusal_without_reason", contract=contract.ref, field=field)
    at, why = clock.now(), reason.strip() or None
    connection.execute(_sql()["decide"], {**given, "state": state, "person": viewer.person, "at": at, "reason": why})
    facts = {"field": field, "kind": kind, "by": viewer.person, "reason": why, "version": contract.version}
    act = "safeguards:kind:confirmed" if state == "confirmed" else "safeguards:kind:refused"
    evidence.write(connection, act, contract.ref, facts, at, new_id)
    return Waiting(*(connection.execute(_sql()["one"], given).fetchone() or found))


def unknown(contract: str, field: str) -> NotKnown:
    """Say that nothing of the kind was proposed, or nothing this person may know of.

    Args:
        contract: Ref of the contract.
        field: Short name of the field.

    """
    return NotKnown("safeguards.proposal_unknown", contract=contract, field=field)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.safeguards", "classification")
