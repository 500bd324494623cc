"""The digest of what is registered."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson


def digest(content: Mapping[str, Any]) -> bytes:
    """Digest what is registered of an entry; equal contents have equal digests.

    Args:
        content: As stored.

    """
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()
