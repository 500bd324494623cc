"""Keys that sign: those of systems, registered and withdrawn; the hub's own; and the check of what systems signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, LiteralString

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from citybrain.city.names import near
from citybrain.city.service import Service
from citybrain.city.whole import City
from citybrain.hub import credentials
from citybrain.hub.calls import signatures
from citybrain.hub.calls.signatures import Message
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotAuthenticated, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.purpose_keys import purpose_key

WINDOW: Final = timedelta(minutes=5)
_NONCE: Final = range(16, 129)
CALL: Final = (*signatures.COVERED, "x-citybrain-consumer", "x-citybrain-call")
# A notice covers no purpose, so that nobody takes it for a call under a grant.
NOTICE: Final = ("@method", "@target-uri", "content-digest", "x-citybrain-call")
_OWN: Final = "hub:signing"  # no purpose of a city has a colon in its name


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A system's key for signing."""

    keyid: str
    system: str
    registered_at: datetime
    registered_by: str
    revoked_at: datetime | None


def register(
    connection: Connection, city: City, system: str, pem: bytes, by: str, clock: Clock, new_id: NewId
) -> str:  # fmt: skip
    """Register the public key a system signs with.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        system: Ref of the system.
        pem: Public Ed25519 key.
        by: Who registers it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The key's name, to be sent as ``keyid``.

    Raises:
        NotKnown: No such system.
        WrongUse: No Ed25519 public key.
        Conflicting: The key is registered, or was.

    Source:
        Hangzhou art. 9.

    """
    if system not in city.systems:
        raise NotKnown("hub.system_unknown", system=system, near=near(system, city.systems))
    public = signatures.read_public_key(pem)
    if public is None:
        raise WrongUse("calls.key_unreadable")
    keyid, at = signatures.name_of(public), clock.now()
    given = {"keyid": keyid, "system": system, "public_key": public, "at": at, "by": by}
    if connection.execute(_sql()["register"], given).fetchone() is None:
        raise Conflicting("calls.key_known", keyid=keyid)
    evidence.write(connection, "hub:signing_key:registered", system, {"keyid": keyid, "by": by}, at, new_id)
    return keyid


def withdraw(connection: Connection, keyid: str, by: str, clock: Clock, new_id: NewId) -> str:
    """Withdraw a system's key; the next request signed with it is refused.

    Args:
        connection: The command's transaction.
        keyid: The key's name.
        by: Who withdraws it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Ref of the system.

    Raises:
        NotKnown: No such key in use.

    """
    at = clock.now()
    row = connection.execute(_sql()["withdraw"], {"keyid": keyid, "at": at}).fetchone()
    if row is None:
        raise NotKnown("calls.key_unknown", keyid=keyid)
    evidence.write(connection, "hub:signing_key:withdrawn", str(row[0]), {"keyid": keyid, "by": by}, at, new_id)
    return str(row[0])


def keys(connection: Connection) -> list[SigningKey]:
    """List the keys of systems.

    Args:
        connection: Any transaction.

    """
    return [SigningKey(*row) for row in connection.execute(_sql()["keys"]).fetchall()]


class Verifier:
    """Checks what systems signed, for one process."""

    def __init__(self, database: Database, clock: Clock, new_id: NewId) -> None:
        """Set it up.

        Args:
            database: Where keys and used nonces are.
            clock: Present instant.
            new_id: Source of identifiers.

        """
        self._database, self._clock, self._new_id = database, clock, new_id

    def verify(self, service: Service, secret: str, message: Message, sha256: bytes) -> str | None:
        """Check the signature of a call.

        Args:
            service: What is called.
            secret: The consumer's system key.
            message: The request.
            sha256: Digest of its body as it came.

        Returns:
            The key's name; none where the request is not signed and need not be.

        Raises:
            NotAuthenticated: The signature is missing, forged, expired or replayed; evidence of it has committed.

        """
        if (
            "signature" not in message.headers
            and "signature-input" not in message.headers
            and service.signed != "required"
        ):
            return None
        at = self._clock.now()
        with self._database.transaction() as connection:
            system = credentials.authenticate(connection, secret)
            keyid, wrong = self._judge(connection, system, message, sha256, at)
            if wrong is None:
                return keyid
            facts = {"system": system, "keyid": keyid, "reason": wrong, "method": message.method}
            evidence.write(connection, "hub:call:signature_refused", service.ref, facts, at, self._new_id)
        raise NotAuthenticated(f"calls.signature_{wrong}", service=service.ref, minutes=WINDOW.seconds // 60)

    def _judge(
        self, connection: Connection, system: str, message: Message, sha256: bytes, at: datetime
    ) -> tuple[str | None, str | None]:
        if "signature" not in message.headers and "signature-input" not in message.headers:
            return None, "missing"
        signature = signatures.read(message.headers)
        if signature is None or len(signature.nonce) not in _NONCE:
            return None, "wrong"
        row = connection.execute(_sql()["key"], {"keyid": signature.keyid[:100], "system": system}).fetchone()
        fits = row is not None and signatures.digest_holds(message.headers.get("content-digest", ""), sha256)
        if row is None or not fits or not signatures.holds(signature, message, bytes(row[0])):
            return signature.keyid[:100], "wrong"
        now = at.timestamp()
        if abs(now - signature.created) > WINDOW.total_seconds() or (signature.expires or now) < now:
            return signature.keyid, "expired"
        connection.execute(_sql()["forget"], {"at": at})
        given = {"keyid": signature.keyid, "nonce": signature.nonce, "until": at + 2 * WINDOW}
        if connection.execute(_sql()["use_nonce"], given).fetchone() is None:
            return signature.keyid, "replayed"
        return signature.keyid, None


class Signer:
    """Signs what the hub sends to departments' systems, for one process."""

    def __init__(self, database: Database, key_file: Path | None, clock: Clock) -> None:
        """Set it up.

        Args:
            database: Where the hub's key is kept.
            key_file: Wraps it; none where the database alone keeps it.
            clock: Present instant.

        """
        self._database, self._key_file, self._clock = database, key_file, clock
        self._key: Ed25519PrivateKey | None = None

    def load(self) -> None:
        """Read the hub's key; it is made when it is asked for the first time."""
        if self._key is None:
            with self._database.transaction() as connection:
                seed = purpose_key(connection, _OWN, key_file=self._key_file)
            self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def public_key(self) -> bytes:
        """Return the public half, 32 bytes."""
        self.load()
        if self._key is None:
            raise AssertionError  # just loaded
        return signatures.public_bytes(self._key)

    def sign(self, message: Message, names: Sequence[str] = CALL) -> dict[str, str]:
        """Sign a request of the hub; each sending needs its own signature.

        Args:
            message: The request, with digest, purpose, consumer and call in its headers.
            names: What to cover.

        """
        self.load()
        if self._key is None:
            raise AssertionError  # just loaded
        keyid = signatures.name_of(signatures.public_bytes(self._key))
        return signatures.sign(message, names, self._key, keyid, int(self._clock.now().timestamp()))


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.calls", "signing")
