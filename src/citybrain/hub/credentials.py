"""Keys of systems: shown once, kept as digests, revoked at once (Hangzhou art. 9, 18)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from citybrain.city.names import near
from citybrain.city.whole import City
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import NotAuthenticated, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

PREFIX = "cbk_"


@dataclass(frozen=True, slots=True)
class SystemKey:
    """A key as it may be listed: everything but its secret."""

    id: UUID
    system: str
    label: str
    issued_at: datetime
    issued_by: str
    revoked_at: datetime | None


def _digest(secret: str) -> bytes:
    # The secret has 256 random bits, so a plain digest cannot be searched; no slow password hash is needed.
    return hashlib.sha256(secret.encode()).digest()


def issue(
    connection: Connection, city: City, system: str, label: str, by: str, clock: Clock, new_id: NewId
) -> tuple[UUID, str]:
    """Issue a key to a registered system.

    Args:
        connection: The command's transaction.
        city: The running city; only systems in its register get keys.
        system: Ref of the system.
        label: What the key is for.
        by: Who issues it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The key's id and its secret, which is never shown again.

    Raises:
        NotKnown: The system is not in the register.

    Source:
        Hangzhou art. 9 (an unregistered system gets no credentials).

    """
    if system not in city.systems:
        raise NotKnown("hub.system_unknown", system=system, near=near(system, city.systems))
    secret, key, at = PREFIX + secrets.token_urlsafe(32), new_id(), clock.now()
    given = {"id": key, "system": system, "hash": _digest(secret), "label": label, "at": at, "by": by}
    connection.execute(statements("citybrain.hub", "credentials")["issue"], given)
    evidence.write(connection, "hub:key:issued", system, {"key": key, "label": label, "by": by}, at, new_id)
    return key, secret


def authenticate(connection: Connection, secret: str) -> str:
    """Tell whose key a secret is.

    Args:
        connection: Any transaction.
        secret: What the caller sent.

    Returns:
        Ref of the system.

    Raises:
        NotAuthenticated: Unknown or revoked; the two are not told apart.

    """
    row = connection.execute(statements("citybrain.hub", "credentials")["find"], {"hash": _digest(secret)}).fetchone()
    if row is None or row[1] is not None:
        raise NotAuthenticated("hub.key_wrong")
    return str(row[0])


def revoke(connection: Connection, key: UUID, by: str, clock: Clock, new_id: NewId) -> str:
    """Revoke a key; the next call with it is refused.

    Args:
        connection: The command's transaction.
        key: Id of the key.
        by: Who revokes it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Ref of the system that loses it.

    Raises:
        NotKnown: No such key, or it was revoked before.

    """
    at = clock.now()
    row = connection.execute(statements("citybrain.hub", "credentials")["revoke"], {"id": key, "at": at}).fetchone()
    if row is None:
        raise NotKnown("hub.key_unknown", key=key)
    evidence.write(connection, "hub:key:revoked", str(row[0]), {"key": key, "by": by}, at, new_id)
    return str(row[0])


def keys(connection: Connection) -> list[SystemKey]:
    """List all keys, never their secrets.

    Args:
        connection: Any transaction.

    """
    rows = connection.execute(statements("citybrain.hub", "credentials")["keys"]).fetchall()
    return [SystemKey(*row) for row in rows]
