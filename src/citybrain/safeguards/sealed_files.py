"""Files sealed under a key that lies elsewhere (AES-256-GCM): whoever destroys the key has destroyed the files.

Each file has a key of its own, derived from its name, so that no nonce is used twice; pieces are numbered and the last
one says that it is the last, so that nothing can be cut off, swapped or changed.
"""

import hmac
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from citybrain.kernel.errors import IntegrityBroken

PIECE: Final = 1_048_576
_MAGIC: Final = b"citybrain sealed 1\n"
_TAG_BYTES: Final = 16


def seal(source: Path, target: Path, key: bytes, name: str) -> None:
    """Write a file sealed; memory stays flat.

    Args:
        source: The plain file.
        target: Where the sealed one goes.
        key: 32 bytes.
        name: Name under which it is sealed; :func:`unseal` is given the same.

    """
    cipher = _cipher(key, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as plain, target.open("wb") as sealed:
        sealed.write(_MAGIC)
        for number, (piece, last) in enumerate(_pieces(plain, PIECE)):
            sealed.write(cipher.encrypt(_nonce(number), piece, _about(last=last)))
        sealed.flush()
        os.fsync(sealed.fileno())


def unseal(source: Path, target: Path, key: bytes, name: str) -> None:
    """Write a sealed file plain again.

    Args:
        source: The sealed file.
        target: Where the plain one goes; nothing is left there when it fails.
        key: 32 bytes.
        name: Name under which it was sealed.

    Raises:
        IntegrityBroken: The file was changed or cut off, or the key is another one.

    """
    cipher = _cipher(key, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.open("rb") as sealed, target.open("wb") as plain:
            if sealed.read(len(_MAGIC)) != _MAGIC:
                raise IntegrityBroken("safeguards.sealed_file_changed", file=name)
            for number, (piece, last) in enumerate(_pieces(sealed, PIECE + _TAG_BYTES)):
                plain.write(cipher.decrypt(_nonce(number), piece, _about(last=last)))
    except InvalidTag:
        target.unlink(missing_ok=True)
        raise IntegrityBroken("safeguards.sealed_file_changed", file=name) from None


def _pieces(file: IO[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    piece = file.read(size)
    while True:
        following = file.read(size)
        yield piece, not following
        if not following:
            return
        piece = following


def _cipher(key: bytes, name: str) -> AESGCM:
    return AESGCM(hmac.digest(key, name.encode(), "sha256"))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _about(*, last: bool) -> bytes:
    return b"last" if last else b"more"
