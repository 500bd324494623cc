"""Identifiers: UUIDv7, so that they sort by the time they were made."""

from collections.abc import Callable
from uuid import UUID

import uuid_utils.compat

NewId = Callable[[], UUID]


def new_id() -> UUID:
    """Make an identifier that sorts by creation time.

    Returns:
        A version 7 UUID.

    Examples:
        >>> new_id().version
        7

    """
    return uuid_utils.compat.uuid7()
