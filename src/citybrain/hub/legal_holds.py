"""Legal holds (法律保全): data that is wanted as proof is not destroyed until a person lifts the hold with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from citybrain.city.contract import Contract
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

REASON_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold; with neither person nor batch it holds all rows of its contract.

    Attributes:
        subject: Token of the person whose rows are held.
        batch: The batch that is held.
        lifted_at: When it was lifted; none while it holds.

    """

    id: UUID
    number: str
    contract: str
    subject: bytes | None
    batch: UUID | None
    reason: str
    set_by: str
    set_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None


def put(
    connection: Connection, contract: Contract, reason: str, by: str, clock: Clock, new_id: NewId,
    *, subject: bytes | None = None, batch: UUID | None = None,
) -> LegalHold:  # fmt: skip
    """Put data under a hold: from the commit on it is not destroyed.

    Args:
        connection: The command's transaction.
        contract: The contract.
        reason: Why, such as the case and the body that asks for it.
        by: Who puts it.
        clock: Present instant.
        new_id: Source of identifiers.
        subject: Token of the person whose rows are held.
        batch: The batch that is held.

    Raises:
        WrongUse: No reason, or both a person and a batch.
        NotKnown: The batch is not of this contract.

    Source:
        Hangzhou art. 13 (依法销毁).

    """
    if not reason.strip():
        raise WrongUse("hub.reason_missing")
    if subject is not None and batch is not None:
        raise WrongUse("destruction.scope_wrong")
    connection.execute(_sql()["take_turns"], {"contract": contract.ref})
    known = {"contract": contract.ref, "batch": batch}
    if batch is not None and connection.execute(_sql()["batch_of"], known).fetchone() is None:
        raise NotKnown("dissent.batch_unknown", batch=batch)
    hold, at = new_id(), clock.now()
    row = connection.execute(_sql()["next_number"]).fetchone()
    number = f"BQ-{at:%Y}-{row[0] if row else 0:05d}"
    facts = {"contract": contract.ref, "by": by, "person": subject and subject.hex(), "batch": batch}
    entry = evidence.write(connection, "hub:legal_hold:put", number, facts, at, new_id)
    given = {
        "id": hold, "number": number, "contract": contract.ref, "subject": subject, "batch": batch,
        "reason": reason.strip()[:REASON_CHARACTERS], "by": by, "at": at, "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["insert"], given)
    return one(connection, number)


def lift(connection: Connection, number: str, reason: str, by: str, clock: Clock, new_id: NewId) -> LegalHold:
    """Lift a hold.

    Args:
        connection: The command's transaction.
        number: Its number.
        reason: Why it is needed no longer.
        by: Who lifts it.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        WrongUse: No reason.
        NotKnown: No such hold.
        Conflicting: It was lifted before.

    """
    if not reason.strip():
        raise WrongUse("hub.reason_missing")
    found, at = one(connection, number), clock.now()
    entry = evidence.write(connection, "hub:legal_hold:lifted", found.number, {"by": by}, at, new_id)
    given = {
        "id": found.id, "by": by, "at": at, "reason": reason.strip()[:REASON_CHARACTERS], "evidence": entry.id
    }  # fmt: skip
    if connection.execute(_sql()["lift"], given).rowcount == 0:
        raise Conflicting("destruction.hold_lifted", number=number)
    return one(connection, number)


def one(connection: Connection, number: str) -> LegalHold:
    """Return a hold.

    Args:
        connection: Any transaction.
        number: Its number.

    Raises:
        NotKnown: No such hold.

    """
    found = _read(connection, "one", {"number": number})
    if not found:
        raise NotKnown("destruction.hold_unknown", number=number[:40])
    return found[0]


def listed(connection: Connection, contracts: Sequence[str] | None = None, *, holding: bool = False) -> list[LegalHold]:
    """List holds, those that hold first, then the newest.

    Args:
        connection: Any transaction.
        contracts: Only on these contracts; none means all.
        holding: Only those that hold now.

    """
    given = {"contracts": None if contracts is None else list(contracts), "holding": holding}
    return _read(connection, "listed", given)


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[LegalHold]:
    found = []
    for row in connection.execute(_sql()[query], given).fetchall():
        values: list[Any] = list(row)
        values[3] = None if row[3] is None else bytes(row[3])
        found.append(LegalHold(*values))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "legal_holds")
