"""Stored revisions: the city in force, and every city it has been."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from citybrain.blueprint.load import gather, read_stored
from citybrain.city.settings import CitySettings
from citybrain.city.whole import City, Thing
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements

Contents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Revision:
    """One stored revision.

    Attributes:
        number: 0 for the city before its first apply.
        contents: Plain content of each file by Ref; ``city`` is the city's own file.

    """

    number: int
    digest: bytes
    contents: Contents


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the history."""

    number: int
    made_at: datetime
    made_by: str
    plan: str
    stages: list[dict[str, Any]]
    back_to: int | None


def digest_of(contents: Contents) -> bytes:
    """Digest what a folder or revision declares; equal declarations have equal digests.

    Args:
        contents: Plain content by Ref.

    """
    return hashlib.sha256(
        orjson.dumps({ref: dict(content) for ref, content in contents.items()}, option=_DIGEST_OPTIONS)
    ).digest()


_DIGEST_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def storable(contents: Contents) -> dict[str, Any]:
    """Write contents as they come back from the database: keys are texts.

    Args:
        contents: Plain content by Ref.

    """
    written = orjson.dumps({ref: dict(content) for ref, content in contents.items()}, option=orjson.OPT_NON_STR_KEYS)
    found: dict[str, Any] = orjson.loads(written)
    return found


def newest(connection: Connection) -> Revision:
    """Return the revision in force.

    Args:
        connection: Any transaction.

    """
    row = connection.execute(statements("citybrain.blueprint", "revisions")["newest"]).fetchone()
    return Revision(row[0], bytes(row[1]), row[2]) if row else Revision(0, digest_of({}), {})


def one(connection: Connection, number: int) -> Revision:
    """Return one revision.

    Args:
        connection: Any transaction.
        number: Its number.

    Raises:
        NotKnown: There is no such revision.

    """
    row = connection.execute(statements("citybrain.blueprint", "revisions")["one"], {"number": number}).fetchone()
    if row is None:
        raise NotKnown("blueprint.revision_unknown", number=number)
    return Revision(row[0], bytes(row[1]), row[2])


def history(connection: Connection, limit: int = 100) -> list[Record]:
    """List revisions, newest first.

    Args:
        connection: Any transaction.
        limit: Most lines.

    """
    rows = connection.execute(statements("citybrain.blueprint", "revisions")["history"], {"limit": limit}).fetchall()
    return [Record(*row) for row in rows]


def city_of(revision: Revision) -> City | None:
    """Read the city a revision declares.

    Args:
        revision: A stored revision; it was checked before it was stored.

    Returns:
        The city under its revision number, none before the first apply.

    """
    settings: CitySettings | None = None
    things: dict[str, Thing] = {}
    for ref, content in revision.contents.items():
        made = read_stored(ref, content)
        if isinstance(made, CitySettings):
            settings = made
        else:
            things[ref] = made
    if settings is None:
        return None
    return replace(gather(settings, things), revision=revision.number)


class CityInForce:
    """The one immutable city of a process; switches when a new revision is applied."""

    def __init__(self, database: Database) -> None:
        """Read the revision in force.

        Args:
            database: Where revisions are stored.

        """
        self._database = database
        self._city: City | None = None
        self.look()

    def look(self) -> bool:
        """Look whether a newer revision was applied, and switch to it.

        Returns:
            True when the city changed.

        """
        with self._database.reading() as connection:
            row = connection.execute(statements("citybrain.blueprint", "revisions")["newest_number"]).fetchone()
            number = row[0] if row else 0
            if self._city is not None and self._city.revision == number:
                return False
            city = city_of(newest(connection))
        changed = city is not None
        if city is not None:
            self._city = city
        return changed

    @property
    def ready(self) -> bool:
        """Whether a city has been applied at all."""
        return self._city is not None

    def now(self) -> City:
        """Return the city in force.

        Raises:
            NotKnown: No city has been applied yet.

        """
        if self._city is None:
            raise NotKnown("blueprint.no_city_applied")
        return self._city
