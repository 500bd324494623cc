"""Persons as the house remembers them: by a token that only the key of this city makes, never by their number.

The same person has the same token whatever the contract, so that one page can answer who used the person's data; the
key is kept like those of purposes and is no city's purpose, so that no token that leaves can be joined with it.
"""

import hmac
from pathlib import Path
from typing import Any, Final

import polars as pl

from citybrain.kernel.postgres import Connection
from citybrain.safeguards.purpose_keys import purpose_key

KEY: Final = "data-subject"  # a purpose of a city is never kept under a name of the house


def subject_key(connection: Connection, *, key_file: Path | None = None) -> bytes:
    """Return the key under which persons become tokens, making it when it is asked for the first time.

    Args:
        connection: A transaction that may write; a read-only one serves where the key is known to exist.
        key_file: The deployment's key file; none where it has none.

    Returns:
        32 bytes; never to be logged or shown.

    Raises:
        Unavailable: The key is wrapped and the file is missing, unreadable or another one.

    Source:
        Hangzhou art. 13 (数据安全保护义务).

    """
    return purpose_key(connection, KEY, key_file=key_file)


def token_of(value: Any, key: bytes) -> bytes:
    """Return the token of a person.

    Args:
        value: What names the person in the rows, such as a number; not none.
        key: The key of :func:`subject_key`.

    Returns:
        32 bytes: HMAC-SHA-256 of the value as text without spaces around it.

    """
    return hmac.digest(key, str(value).strip().encode(), "sha256")


def tokens_of(values: pl.Series, key: bytes) -> dict[Any, bytes]:
    """Return the token of each person that occurs.

    Args:
        values: ``n`` values that name persons; null names nobody.
        key: The key of :func:`subject_key`.

    Returns:
        Value to token, one for each different value.

    """
    return {value: token_of(value, key) for value in values.drop_nulls().unique().to_list()}


def among(values: pl.Series, tokens: frozenset[bytes], key: bytes) -> pl.Series:
    """Tell which rows are about one of some persons.

    Args:
        values: ``n`` values that name persons.
        tokens: The persons.
        key: The key of :func:`subject_key`.

    Returns:
        ``n`` times true or false; false where a row names nobody.

    """
    those = [value for value, token in tokens_of(values, key).items() if token in tokens]
    return values.is_in(pl.Series(those, dtype=values.dtype).implode()).fill_null(value=False)
