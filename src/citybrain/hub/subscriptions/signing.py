"""Signatures of pushed messages: HMAC-SHA-256 over the message's parts (RFC 9421) and its digest (RFC 9530)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from citybrain.kernel.postgres import Connection
from citybrain.safeguards.purpose_keys import purpose_key

_KEY_NAME: Final = "hub:push"  # no purpose of a city has a colon
_LABEL: Final = "citybrain"
_COVERED: Final = ("content-type", "content-digest", "idempotency-key")


def secret_of(connection: Connection, subscription: UUID, key_file: Path | None) -> str:
    """Return the secret a subscription's messages are signed with; derived, so that no secret is stored.

    Args:
        connection: A transaction that may write.
        subscription: Its id.
        key_file: The deployment's key file; none where it has none.

    Returns:
        43 characters; told to the subscriber once, when it subscribes.

    """
    master = purpose_key(connection, _KEY_NAME, key_file=key_file)
    return base64.urlsafe_b64encode(hmac.digest(master, subscription.bytes, "sha256")).decode().rstrip("=")


def signed(
    secret: str, url: str, headers: Mapping[str, str], body: bytes, keyid: str, created: int
) -> dict[str, str]:  # fmt: skip
    """Sign a message that is POSTed.

    Args:
        secret: Of the subscription.
        url: Where it goes, as configured.
        headers: ``content-type`` and ``idempotency-key``, in lower case.
        body: As sent.
        keyid: Id of the subscription.
        created: Seconds since 1970.

    Returns:
        The headers with ``content-digest``, ``signature-input`` and ``signature``.

    """
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    told = {**headers, "content-digest": f"sha-256=:{digest}:"}
    covered = " ".join(f'"{name}"' for name in ("@method", "@target-uri", *_COVERED))
    params = f'({covered});created={created};keyid="{keyid}";alg="hmac-sha256"'
    lines = ['"@method": POST', f'"@target-uri": {url}', *(f'"{name}": {told[name]}' for name in _COVERED)]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    made = base64.b64encode(hmac.digest(secret.encode(), base.encode(), "sha256")).decode()
    return {**told, "signature-input": f"{_LABEL}={params}", "signature": f"{_LABEL}=:{made}:"}
