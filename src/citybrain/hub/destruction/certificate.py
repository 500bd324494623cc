"""The certificate of a destruction (销毁证书): what, why, on whose decision, when, and how much at each place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

Kind = Literal["person", "retention", "batch"]
PLACES = (
    "log", "lake", "set_aside", "keys", "caches", "disputes", "dissents", "indicators", "indicators_kept",
    "exports", "notices",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """A destruction as it was carried out.

    Attributes:
        kind: Whether rows of one person, rows beyond their retention, or one batch went.
        subject: Token of the person; never the value.
        batches: The batches, where whole ones went.
        arrived_before: Batches that came before this instant went.
        decided_by: Person on whose decision.
        rows: Accepted rows destroyed.
        places: Things destroyed or changed by place, see :data:`PLACES`.
        before_sha256, after_sha256: Digests over the salted digests of what was, and over what is left.
        again: Whether it was carried out once more after a restore.
        evidence: The entry.

    """

    id: UUID
    number: str
    contract: str
    kind: Kind
    subject: bytes | None
    batches: tuple[UUID, ...] | None
    arrived_before: datetime | None
    reason: str
    decided_by: str
    at: datetime
    rows: int
    places: Mapping[str, int]
    before_sha256: bytes
    after_sha256: bytes
    duration_ms: int
    again: bool
    evidence: UUID


def one(connection: Connection, number: str) -> Certificate:
    """Return a certificate.

    Args:
        connection: Any transaction.
        number: Its number.

    Raises:
        NotKnown: No such certificate.

    """
    found = _read(connection, "one", {"number": number})
    if not found:
        raise NotKnown("destruction.unknown", number=number[:40])
    return found[0]


def listed(
    connection: Connection, contracts: Sequence[str] | None = None, subject: bytes | None = None, limit: int = 100,
    offset: int = 0,
) -> list[Certificate]:  # fmt: skip
    """List certificates, the newest first.

    Args:
        connection: Any transaction.
        contracts: Only of these contracts; none means all.
        subject: Only of this person.
        limit: Most certificates.
        offset: Certificates to leave out first.

    """
    given = {
        "contracts": None if contracts is None else list(contracts), "subject": subject, "limit": limit,
        "offset": offset,
    }  # fmt: skip
    return _read(connection, "listed", given)


def count(connection: Connection, contracts: Sequence[str] | None = None) -> int:
    """Return how many certificates there are.

    Args:
        connection: Any transaction.
        contracts: Only of these contracts; none means all.

    """
    given = {"contracts": None if contracts is None else list(contracts)}
    row = connection.execute(_sql()["count"], given).fetchone()
    return int(row[0]) if row else 0


def every(connection: Connection) -> list[Certificate]:
    """List all certificates, the oldest first.

    Args:
        connection: Any transaction.

    """
    return _read(connection, "every", {})


def as_plain(made: Certificate) -> dict[str, Any]:
    """Lay a certificate out for JSON.

    Args:
        made: The certificate.

    """
    return {
        "number": made.number,
        "contract": made.contract,
        "kind": made.kind,
        "person_token": None if made.subject is None else made.subject.hex(),
        "batches": None if made.batches is None else [str(item) for item in made.batches],
        "arrived_before": None if made.arrived_before is None else made.arrived_before.isoformat(),
        "reason": made.reason,
        "decided_by": made.decided_by,
        "at": made.at.isoformat(),
        "rows": made.rows,
        "places": {name: made.places.get(name, 0) for name in PLACES},
        "before_sha256": made.before_sha256.hex(),
        "after_sha256": made.after_sha256.hex(),
        "duration_ms": made.duration_ms,
        "again_after_restore": made.again,
        "evidence": str(made.evidence),
    }


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[Certificate]:
    found = []
    for row in connection.execute(_sql()[query], given).fetchall():
        values: list[Any] = list(row)
        values[4] = None if row[4] is None else bytes(row[4])
        values[5] = None if row[5] is None else tuple(row[5])
        values[12], values[13] = bytes(row[12]), bytes(row[13])
        found.append(Certificate(*values))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.destruction", "certificate")
