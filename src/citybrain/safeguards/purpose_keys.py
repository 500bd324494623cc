"""Keys of purposes: each purpose makes its tokens under its own key, so that two purposes cannot be joined.

Where the deployment names a key file, keys are wrapped under it (AES-256-GCM) and a copy of the database alone opens
no token; without one they lie in the database as they are.
"""

import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from citybrain.kernel.errors import IntegrityBroken, NotKnown, Unavailable
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_TEXT: Final = re.compile(r"\A[0-9a-fA-F]{64}\s*\Z")


def purpose_key(connection: Connection, purpose: str, *, key_file: Path | None = None) -> bytes:
    """Return the key of a purpose, making it when it is asked for the first time.

    Args:
        connection: A transaction that may write; a read-only one serves where the key is known to exist.
        purpose: One of the city's purposes.
        key_file: The deployment's key file; none where it has none.

    Returns:
        32 bytes, the same for every caller; never to be logged or shown.

    Raises:
        Unavailable: The key is wrapped and the file is missing, unreadable or another one.

    Source:
        Hangzhou art. 13 (数据安全保护义务).

    """
    sql = statements("citybrain.safeguards", "purpose_keys")
    found = connection.execute(sql["read"], {"purpose": purpose}).fetchone()
    if found is None:
        fresh = secrets.token_bytes(KEY_BYTES)
        kept = fresh if key_file is None else _wrap(fresh, purpose, key_file)
        connection.execute(sql["keep"], {"purpose": purpose, "key": kept, "wrapped": key_file is not None})
        found = connection.execute(sql["read"], {"purpose": purpose}).fetchone()
    if found is None:
        raise IntegrityBroken("safeguards.purpose_key_gone", purpose=purpose)
    key, wrapped = found
    return _unwrap(bytes(key), purpose, key_file) if wrapped else bytes(key)


def wrap_keys(connection: Connection, key_file: Path) -> tuple[str, ...]:
    """Wrap the keys that still lie open, after a deployment was given a key file.

    Args:
        connection: The command's transaction.
        key_file: The deployment's key file.

    Returns:
        Purposes whose keys are wrapped now; the keys themselves stay the same, and so do their tokens.

    Raises:
        Unavailable: The file is missing or unreadable.

    """
    sql = statements("citybrain.safeguards", "purpose_keys")
    lying_open = connection.execute(sql["open_keys"]).fetchall()
    for purpose, key in lying_open:
        connection.execute(sql["rewrap"], {"purpose": purpose, "key": _wrap(bytes(key), purpose, key_file)})
    return tuple(purpose for purpose, _ in lying_open)


def destroy_key(connection: Connection, purpose: str, person: str, reason: str, at: datetime, new_id: NewId) -> None:
    """Destroy the key of a purpose: its tokens can be neither made again nor checked against a value.

    Args:
        connection: The command's transaction.
        purpose: The purpose that ended.
        person: Who does it.
        reason: Why, in words.
        at: When.
        new_id: Source of identifiers.

    Raises:
        NotKnown: The purpose has no key.

    Source:
        Hangzhou art. 13 (数据安全保护义务).

    """
    found = connection.execute(
        statements("citybrain.safeguards", "purpose_keys")["destroy"], {"purpose": purpose}
    ).fetchone()
    if found is None:
        raise NotKnown("safeguards.purpose_key_unknown", purpose=purpose)
    facts = {"purpose": purpose, "by": person, "reason": reason}
    evidence.write(connection, "safeguards:purpose_key:destroyed", f"purpose:{purpose}", facts, at, new_id)


def _wrap(key: bytes, purpose: str, key_file: Path) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _cipher(key_file).encrypt(nonce, key, purpose.encode())


def _unwrap(kept: bytes, purpose: str, key_file: Path | None) -> bytes:
    if key_file is None:
        raise Unavailable("safeguards.key_file_missing", purpose=purpose)
    try:
        return _cipher(key_file).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], purpose.encode())
    except InvalidTag:
        raise Unavailable("safeguards.key_file_other", purpose=purpose, file=str(key_file)) from None


def _cipher(key_file: Path) -> AESGCM:
    try:
        text = key_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise Unavailable("safeguards.key_file_unreadable", file=str(key_file)) from None
    if _KEY_TEXT.match(text) is None:
        raise Unavailable("safeguards.key_file_unreadable", file=str(key_file))
    return AESGCM(bytes.fromhex(text.strip()))
