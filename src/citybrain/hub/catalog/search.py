"""Search in the catalogue: every word must match; a constant number of statements whatever is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from citybrain.hub.catalog.digests import digest
from citybrain.hub.catalog.names import pattern, words_of
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

QUALITY_DAYS = 30
MOST_ROWS = 1_000
FURTHEST = 1_000_000_000
_GRADES = ((99.0, "A"), (95.0, "B"), (90.0, "C"), (80.0, "D"))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Attributes:
        text: As typed; every word must match.
        kinds: Only of these kinds; empty means all.
        owner: Only of this department.
        share: Only with this share attribute.
        public: Only what is open to society.
        hidden: Refs whose existence the reader may not know of.
        start, rows: The page; entries skipped and most entries.
        order: rank, name, name_desc, newest or oldest.

    """

    text: str = ""
    kinds: tuple[str, ...] = ()
    owner: str | None = None
    share: str | None = None
    public: bool = False
    hidden: tuple[str, ...] = ()
    start: int = 0
    rows: int = 100
    order: str = "rank"


@dataclass(frozen=True, slots=True)
class Registered:
    """An entry as registered.

    Attributes:
        content: What is declared; digested by ``sha256``.
        around: ``up``, ``down`` and ``consumers``: lists of Refs.
        version: How often it was registered, changed, withdrawn.

    """

    ref: str
    number: int
    registration: str
    slug: str
    kind: str
    department: str
    person: str
    share: str
    open: bool
    content: Mapping[str, Any]
    around: Mapping[str, Sequence[str]]
    sha256: bytes
    registered_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None
    revision: int
    version: int
    evidence: UUID


@dataclass(frozen=True, slots=True)
class Supply:
    """What came for a contract.

    Attributes:
        received, set_aside, warned: Rows of the last 30 days; repairs are not counted again.
        mounted: At least one batch was ever admitted.
        newest: Last arrival of the 30 days.

    """

    received: int
    set_aside: int
    warned: int
    mounted: bool
    newest: datetime | None

    @property
    def score(self) -> float | None:
        """Share of faultless rows in percent, a warning counting half; none where nothing came."""
        if not self.received:
            return None
        return max(0.0, 100.0 * (1 - (self.set_aside + self.warned / 2) / self.received))

    @property
    def grade(self) -> str | None:
        """Five grades: A from 99 %, B from 95 %, C from 90 %, D from 80 %, else E; none where nothing came."""
        score = self.score
        return None if score is None else next((grade for least, grade in _GRADES if score >= least), "E")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found.

    Attributes:
        supply: What came, by Ref of the contracts on this page.
        total: Entries found in all.
        facets: ``kind``, ``owner`` and ``share``: entries by value, each without regard to its own filter.

    """

    entries: tuple[Registered, ...]
    supply: Mapping[str, Supply]
    total: int
    facets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Proof:
    """What attests a registration.

    Attributes:
        sequence: Place in the chain; none until it is sealed.
        holds: The stored content has the digest that was attested.

    """

    entry: UUID
    act: str
    sha256: bytes
    at: datetime
    sequence: int | None
    chain: bytes | None
    holds: bool


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.catalog", "search")


def search(connection: Connection, query: Query, now: datetime) -> Found:
    """Look entries up; three statements in all.

    Args:
        connection: A reading transaction.
        query: What is looked for.
        now: Present instant, for the quality of the last 30 days.

    """
    words = words_of(query.text)
    given: dict[str, Any] = {
        "patterns": [pattern(word) for word in words],
        "whole": " ".join(words),
        "kinds": list(query.kinds) or None,
        "owner": query.owner or None,
        "share": query.share,
        "public": query.public,
        "hidden": list(query.hidden),
        "start": min(max(query.start, 0), FURTHEST),
        "rows": min(max(query.rows, 0), MOST_ROWS),
        "order": query.order,
    }
    entries = tuple(_registered(row) for row in connection.execute(_sql()["page"], given).fetchall())
    facets: dict[str, dict[str, int]] = {"kind": {}, "owner": {}, "share": {}}
    total = 0
    for facet, value, count in connection.execute(_sql()["facets"], given).fetchall():
        if facet == "total":
            total = int(count or 0)
        else:
            facets[facet][value] = int(count)
    contracts = [entry.ref for entry in entries if entry.kind == "contract"]
    return Found(entries, supplied(connection, contracts, now), total, facets)


def supplied(connection: Connection, contracts: Sequence[str], now: datetime) -> dict[str, Supply]:
    """Sum up what came for contracts in the last 30 days.

    Args:
        connection: A reading transaction.
        contracts: Refs.
        now: Present instant.

    Returns:
        By Ref, every contract asked for.

    """
    given = {"contracts": list(contracts), "since": now - timedelta(days=QUALITY_DAYS)}
    rows = connection.execute(_sql()["supply"], given).fetchall()
    return {row[0]: Supply(int(row[1]), int(row[2]), int(row[3]), row[4], row[5]) for row in rows}


def one(connection: Connection, name: str, *, public: bool = False, hidden: Sequence[str] = ()) -> Registered:
    """Find one entry.

    Args:
        connection: A reading transaction.
        name: Its Ref, its number as printed, or its name in addresses.
        public: Only what is open to society.
        hidden: Refs whose existence the reader may not know of.

    Raises:
        NotKnown: There is none, it was withdrawn, or the reader may not know of it; these are not told apart.

    """
    row = connection.execute(_sql()["one"], {"name": name, "public": public, "hidden": list(hidden)}).fetchone()
    if row is None:
        raise NotKnown("catalog.entry_unknown", ref=name)
    return _registered(row)


def named(connection: Connection, refs: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """Say what entries are called.

    Args:
        connection: A reading transaction.
        refs: Any Refs.

    Returns:
        Name in both languages by Ref, for those that have an entry.

    """
    return {row[0]: row[1] for row in connection.execute(_sql()["named"], {"refs": list(refs)}).fetchall()}


def proof(connection: Connection, entry: Registered) -> Proof | None:
    """Show what attests an entry.

    Args:
        connection: A reading transaction.
        entry: The entry.

    Returns:
        The proof; none where the evidence is gone.

    Source:
        Nanjing art. 7 (登记管理).

    """
    row = connection.execute(_sql()["proof"], {"id": entry.evidence, "ref": entry.ref}).fetchone()
    if row is None:
        return None
    chain = bytes(row[5]) if row[5] is not None else None
    return Proof(row[0], row[1], bytes(row[2]), row[3], row[4], chain, _attests(row[6], entry))


def _attests(body: Mapping[str, Any], entry: Registered) -> bool:
    facts = body.get("facts", {})
    same = facts.get("sha256") == entry.sha256.hex() == digest(entry.content).hex()
    return same and bool(facts.get("registration") == entry.registration)


def _registered(row: Sequence[Any]) -> Registered:
    values = list(row)
    values[11] = bytes(values[11])
    return Registered(*values)
