"""Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519 over method, address, body digest and purpose."""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

COVERED: Final = ("@method", "@target-uri", "content-digest", "x-citybrain-purpose")
_ITEM: Final = r'"[a-z@][a-z0-9-]*"'
_INPUT: Final = re.compile(
    rf"^(?P<label>[a-z][a-z0-9_-]*)=(?P<params>\((?P<names>{_ITEM}(?: {_ITEM})*)\)"
    r'(?P<rest>(?:;[a-z]+=(?:"[\x20-\x21\x23-\x5b\x5d-\x7e]*"|[0-9]{1,15}))*))$'
)
_PARAMETER: Final = re.compile(r';([a-z]+)=(?:"([^"]*)"|([0-9]+))')
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:$|,)")


@dataclass(frozen=True, slots=True)
class Message:
    """The parts of a request a signature can cover.

    Attributes:
        target: Whole address with its query.
        headers: By lower-case name.

    """

    method: str
    target: str
    headers: Mapping[str, str]

    def component(self, name: str) -> str | None:
        """Return the value of a component; none where the request has no such part.

        Args:
            name: ``@method``, ``@target-uri`` or the name of a header.

        """
        if name.startswith("@"):
            return {"@method": self.method, "@target-uri": self.target}.get(name)
        value = self.headers.get(name)
        return None if value is None else value.strip()


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as sent.

    Attributes:
        params: Covered components and parameters, as they were signed.
        created: Seconds since 1970.
        expires: Seconds since 1970; none where it does not say.

    """

    names: tuple[str, ...]
    params: str
    keyid: str
    nonce: str
    created: int
    expires: int | None
    value: bytes


def read(headers: Mapping[str, str]) -> Signature | None:
    """Read the one signature of a request.

    Args:
        headers: By lower-case name.

    Returns:
        The signature; none where it is unreadable, incomplete, or not one.

    """
    match = _INPUT.match(headers.get("signature-input", "").strip())
    if match is None:
        return None
    label, _, value = headers.get("signature", "").strip().partition("=")
    told = {name: text or number for name, text, number in _PARAMETER.findall(match["rest"])}
    names = tuple(name.strip('"') for name in match["names"].split(" "))
    whole = label == match["label"] and value[:1] == value[-1:] == ":" and len(set(names)) == len(names)
    if not whole or not {"keyid", "nonce", "created"} <= told.keys() or told.get("alg", "ed25519") != "ed25519":
        return None
    if not told["created"].isdecimal() or not told.get("expires", "0").isdecimal():
        return None
    try:
        signed = base64.b64decode(value[1:-1], validate=True)
    except binascii.Error:
        return None
    expires = int(told["expires"]) if "expires" in told else None
    return Signature(names, match["params"], told["keyid"], told["nonce"], int(told["created"]), expires, signed)


def base(message: Message, names: Iterable[str], params: str) -> bytes | None:
    """Make the text that is signed.

    Args:
        message: The request.
        names: Covered components.
        params: Components and parameters as they stand in ``Signature-Input``.

    Returns:
        The text; none where the request lacks a covered part.

    """
    lines = []
    for name in names:
        value = message.component(name)
        if value is None:
            return None
        lines.append(f'"{name}": {value}')
    return "\n".join([*lines, f'"@signature-params": {params}']).encode()


def holds(signature: Signature, message: Message, public_key: bytes) -> bool:
    """Tell whether a signature is that key's, over that request, and covers all that it must.

    Args:
        signature: As sent.
        message: The request.
        public_key: 32 bytes.

    """
    text = base(message, signature.names, signature.params)
    if text is None or not set(COVERED) <= set(signature.names):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature.value, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(message: Message, names: Iterable[str], key: Ed25519PrivateKey, keyid: str, created: int) -> dict[str, str]:
    """Sign a request.

    Args:
        message: The request, with its ``content-digest``.
        names: What to cover; the request must have it.
        key: Private key.
        keyid: Its name.
        created: Seconds since 1970.

    Returns:
        The two headers to send.

    Raises:
        ValueError: The request lacks a part that is to be covered.

    """
    covered = tuple(names)
    listed = " ".join(f'"{name}"' for name in covered)
    params = f'({listed});created={created};keyid="{keyid}";nonce="{secrets.token_urlsafe(18)}";alg="ed25519"'
    text = base(message, covered, params)
    if text is None:
        msg = "a covered part is missing"
        raise ValueError(msg)
    value = base64.b64encode(key.sign(text)).decode()
    return {"signature-input": f"sig1={params}", "signature": f"sig1=:{value}:"}


def digest_header(sha256: bytes) -> str:
    """Write a body's digest as a header says it (RFC 9530).

    Args:
        sha256: 32 bytes.

    """
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def digest_holds(header: str, sha256: bytes) -> bool:
    """Tell whether a ``Content-Digest`` is that of the body.

    Args:
        header: As sent.
        sha256: Digest of what came.

    """
    match = _DIGEST.search(header)
    return match is not None and base64.b64decode(match[1]) == sha256


def name_of(public_key: bytes) -> str:
    """Return the name of a key: it is made of the key, so that no two keys have one.

    Args:
        public_key: 32 bytes.

    """
    return "ed25519-" + hashlib.sha256(public_key).hexdigest()[:24]


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of a key, 32 bytes.

    Args:
        key: Private key.

    """
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def read_public_key(text: bytes) -> bytes | None:
    """Read a public key.

    Args:
        text: PEM file.

    Returns:
        32 bytes; none where it is no Ed25519 key.

    """
    try:
        key = load_pem_public_key(text)
    except (ValueError, TypeError):
        return None
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw) if isinstance(key, Ed25519PublicKey) else None
