"""Publication: what a revision declares becomes entries, in the transaction that puts the revision in force.

Only entries that changed are written anew, each with evidence. A number is given once and kept for ever, also over a
withdrawal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.whole import City
from citybrain.hub.catalog.dcat import DATASETS, as_json, node, turtle
from citybrain.hub.catalog.digests import digest
from citybrain.hub.catalog.entries import entries, plain, surroundings
from citybrain.hub.catalog.names import Speller, names_of, search_text, slug
from citybrain.kernel.clock import city_day
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

AT_ONCE = 2_000
_ALONE: Mapping[str, list[str]] = {"up": [], "down": [], "consumers": []}


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did.

    Attributes:
        registered: Entries that are new.
        changed: Entries whose content is another now, or that came back.
        withdrawn: Entries that are no longer declared.

    """

    registered: int
    changed: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class _Known:
    number: int
    registration: str
    sha256: bytes
    around_sha256: bytes
    withdrawn: bool
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class _Wanted:
    content: dict[str, Any]
    around: Mapping[str, list[str]]
    sha256: bytes
    around_sha256: bytes


def published_revision(connection: Connection) -> int:
    """Return the revision that the catalogue shows, 0 before the first.

    Args:
        connection: Any transaction.

    """
    row = connection.execute(statements("citybrain.hub.catalog", "publish")["state"]).fetchone()
    return int(row[0]) if row else 0


def publish(connection: Connection, city: City, revision: int, at: datetime, new_id: NewId) -> Published:
    """Bring the catalogue to what a city declares.

    Args:
        connection: The transaction that puts the revision in force; it holds the lock of applies.
        city: The city of that revision.
        revision: Its number.
        at: Present instant.
        new_id: Source of identifiers.

    Returns:
        How many entries were registered, changed and withdrawn.

    Source:
        Nanjing art. 7 (公共数据资源登记管理).

    """
    sql = statements("citybrain.hub.catalog", "publish")
    known = {row[0]: _Known(row[1], row[2], bytes(row[3]), bytes(row[4]), row[5], row[6])
             for row in connection.execute(sql["known"]).fetchall()}  # fmt: skip
    wanted = {item.content["ref"]: item for item in _wanted(city)}
    fresh = [ref for ref in wanted if ref not in known]
    changed = [
        ref for ref, item in wanted.items()
        if ref in known and (known[ref].withdrawn or known[ref].sha256 != item.sha256)
    ]  # fmt: skip
    gone = [ref for ref, item in known.items() if ref not in wanted and not item.withdrawn]
    moved = [
        ref for ref, item in wanted.items()
        if ref in known and ref not in changed and known[ref].around_sha256 != item.around_sha256
    ] if len(changed) < len(wanted) else []  # fmt: skip
    after = max((item.number for item in known.values()), default=0)
    numbers = {ref: after + place for place, ref in enumerate(fresh, 1)}
    attested = {ref: (item.number, item.registration) for ref, item in known.items()}
    attested |= {ref: (number, f"{city.settings.city.code}-{number:06d}") for ref, number in numbers.items()}
    acts = _Acts(connection, attested, revision, at, new_id)
    speller, day = Speller(), city_day(at, city.zone)
    for refs, act in ((fresh, "hub:catalog:registered"), (changed, "hub:catalog:changed")):
        for part in _parts(refs):
            entered = acts.write(act, part, {ref: wanted[ref].sha256 for ref in part})
            issued = {ref: city_day(known[ref].registered_at, city.zone) if ref in known else day for ref in part}
            rows = [
                _row(wanted[ref], *attested[ref], speller, (issued[ref].isoformat(), day.isoformat()), entered[ref])
                for ref in part
            ]
            _write(connection, rows, revision, at)
    for part in _parts(gone):
        entered = acts.write("hub:catalog:withdrawn", part, {ref: known[ref].sha256 for ref in part})
        given = {"refs": part, "evidence": [entered[ref] for ref in part], "at": at, "revision": revision}
        connection.execute(sql["withdraw"], given)
    for part in _parts(moved):
        arounds = [Jsonb(wanted[ref].around) for ref in part]
        digests = [wanted[ref].around_sha256 for ref in part]
        connection.execute(sql["surround"], {"refs": part, "arounds": arounds, "digests": digests})
    connection.execute(sql["remember"], {"revision": revision})
    return Published(len(fresh), len(changed), len(gone))


def _wanted(city: City) -> Iterator[_Wanted]:
    around = surroundings(city)
    for entry in entries(city):
        content, beside = plain(city, entry), around.get(entry.ref, _ALONE)
        yield _Wanted(content, beside, digest(content), digest(beside))


def _parts(refs: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(refs), AT_ONCE):
        yield list(refs[first : first + AT_ONCE])


class _Acts:
    """Evidence of what happens to many entries at once."""

    def __init__(
        self,
        connection: Connection,
        attested: Mapping[str, tuple[int, str]],
        revision: int,
        at: datetime,
        new_id: NewId,
    ) -> None:
        self._connection, self._attested, self._revision = connection, attested, revision
        self._at, self._new_id = at, new_id

    def write(self, act: str, refs: Sequence[str], digests: Mapping[str, bytes]) -> dict[str, UUID]:
        """Leave evidence of one act on many entries; returns the evidence's id by Ref."""
        made = []
        for ref in refs:
            number, registration = self._attested[ref]
            facts = {
                "number": number, "registration": registration, "sha256": digests[ref].hex(),
                "revision": self._revision,
            }  # fmt: skip
            made.append(evidence.prepare(act, ref, facts, self._at, self._new_id))
        rows = [evidence.row(entry, body, self._at) for entry, body in made]
        given = {key: [row[key] for row in rows] for key in ("id", "act", "subject", "body", "sha256")}
        self._connection.execute(statements("citybrain.hub.catalog", "publish")["attest"], {**given, "at": self._at})
        return {ref: entry.id for ref, (entry, _) in zip(refs, made, strict=True)}


def _row(
    item: _Wanted, number: int, registration: str, speller: Speller, days: tuple[str, str], attested: UUID
) -> dict[str, Any]:
    content = item.content
    shown = node(content, registration, *days) if content["kind"] in DATASETS else None
    return {
        "ref": content["ref"],
        "number": number,
        "registration": registration,
        "slug": slug(content["ref"]),
        "kind": content["kind"],
        "department": content["provider"]["ref"],
        "person": content["person"],
        "share": content["share"],
        "open": content["open"],
        "names": names_of(content, speller),
        "search": search_text(content, speller),
        "content": Jsonb(content),
        "around": Jsonb(item.around),
        "sha256": item.sha256,
        "around_sha256": item.around_sha256,
        "turtle": turtle(shown) if shown else None,
        "jsonld": as_json(shown) if shown else None,
        "evidence": attested,
    }


def _write(connection: Connection, rows: Sequence[Mapping[str, Any]], revision: int, at: datetime) -> None:
    if rows:
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        given = {**columns, "revision": revision, "at": at}
        connection.execute(statements("citybrain.hub.catalog", "publish")["write"], given)
