"""Evidence: every act leaves an entry in its own transaction; entries are chained so that tampering is found and named.

Entries are written unsealed; one sealer gives them their place within a second and without gaps. A tail that is cut
off is found only against a head kept outside: on receipts, or printed by ``citybrain verify``.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

START = bytes(32)
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as evidence.

    Attributes:
        id: Its name; receipts carry it.
        sha256: Digest of its body; receipts carry it too.

    """

    id: UUID
    act: str
    subject: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the evidence contradicts itself.

    Attributes:
        kind: changed, removed, reordered, cut_off, or what a room found (payload_changed, counts_changed …).
        entry: The entry, or the place in the chain.
        subject: What the entry speaks of, where known.

    """

    kind: str
    entry: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found.

    Attributes:
        sealed: Entries in the chain.
        waiting: Entries that wait for their place.
        head: Hash of the chain's end; keep it outside to find a cut-off tail later.
        faults: Every contradiction, in order.

    """

    sealed: int
    waiting: int
    head: bytes
    faults: tuple[Fault, ...]


def canonical(facts: Mapping[str, Any]) -> str:
    """Write facts so that equal facts are equal bytes.

    Args:
        facts: Plain values, instants and identifiers; no personal data, bodies by digest.

    Examples:
        >>> canonical({"b": 1, "a": "x"})
        '{"a":"x","b":1}'

    """
    return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def prepare(act: str, subject: str, facts: Mapping[str, Any], at: datetime, new_id: NewId) -> tuple[Entry, str]:
    """Make an entry before its transaction begins.

    Args:
        act: ``room:thing:done``, one of the published acts.
        subject: Ref or id of what it is about.
        facts: What is attested.
        at: When.
        new_id: Source of identifiers.

    Returns:
        The entry and its canonical body.

    """
    body = canonical({"act": act, "subject": subject, "at": at, "facts": dict(facts)})
    return Entry(new_id(), act, subject, hashlib.sha256(body.encode()).digest()), body


def write(
    connection: Connection, act: str, subject: str, facts: Mapping[str, Any], at: datetime, new_id: NewId
) -> Entry:
    """Leave evidence of an act in the caller's transaction.

    Args:
        connection: The transaction of the business rows.
        act: ``room:thing:done``.
        subject: Ref or id of what it is about.
        facts: What is attested; never a personal value.
        at: When.
        new_id: Source of identifiers.

    Source:
        Hangzhou art. 13, 18 (whole-process records).

    """
    entry, body = prepare(act, subject, facts, at, new_id)
    connection.execute(statements("citybrain.safeguards", "evidence")["write_entry"], row(entry, body, at))
    return entry


def row(entry: Entry, body: str, at: datetime) -> dict[str, Any]:
    """Return the parameters that store an entry.

    Args:
        entry: A prepared entry.
        body: Its canonical body.
        at: When.

    """
    return {
        "id": entry.id, "act": entry.act, "subject": entry.subject, "body": body, "sha256": entry.sha256, "at": at
    }  # fmt: skip


def link(before: bytes, sha256: bytes) -> bytes:
    """Chain an entry to the one before.

    Args:
        before: Chain value of the entry before, 32 zero bytes at the start.
        sha256: Digest of the entry's body.

    """
    return hashlib.sha256(b"\x01" + before + sha256).digest()


def seal(connection: Connection, limit: int = 10_000) -> int:
    """Give waiting entries their place in the chain.

    Args:
        connection: A transaction of its own.
        limit: Most entries sealed at once.

    Returns:
        How many were sealed; 0 also when another sealer is at work.

    """
    sql = statements("citybrain.safeguards", "evidence")
    locked = connection.execute(sql["lock_sealer"]).fetchone()
    if locked is None or not locked[0]:
        return 0
    last = connection.execute(sql["last_sealed"]).fetchone()
    sequence, chain = (last[0], bytes(last[1])) if last else (0, START)
    ids, sequences, chains = [], [], []
    for entry, sha256 in connection.execute(sql["unsealed"], {"limit": limit}).fetchall():
        sequence += 1
        chain = link(chain, bytes(sha256))
        ids.append(entry)
        sequences.append(sequence)
        chains.append(chain)
    if ids:
        connection.execute(sql["give_places"], {"ids": ids, "sequences": sequences, "chains": chains})
    return len(ids)


def verify(connection: Connection, expected_head: tuple[int, bytes] | None = None) -> Report:
    """Walk the whole chain and name every contradiction.

    Args:
        connection: A reading transaction.
        expected_head: Place and hash kept outside; finds a tail that was cut off or rewritten.

    Returns:
        Counts, the head, and every fault found.

    """
    sql = statements("citybrain.safeguards", "evidence")
    faults: list[Fault] = []
    place, chain = 0, START
    seen_head = START if expected_head is not None and expected_head[0] == 0 else None
    for entry, act, subject, body, sha256, sequence, stored in _chain(connection):
        if sequence != place + 1:
            faults += [Fault("removed", f"#{gap}") for gap in range(place + 1, sequence)][:1000]
            chain = stored  # go on from here, so that one gap is one fault
        elif link(chain, sha256) != stored:
            faults.append(Fault("reordered", str(entry), subject))
            chain = stored
        else:
            chain = stored
        if not _holds(act, subject, body, sha256):
            faults.append(Fault("changed", str(entry), subject))
        place = sequence
        if expected_head is not None and place == expected_head[0]:
            seen_head = chain
    waiting = connection.execute(sql["unsealed_entries"]).fetchall()
    for entry, act, subject, body, sha256 in waiting:
        if not _holds(act, subject, body, bytes(sha256)):
            faults.append(Fault("changed", str(entry), subject))
    if expected_head is not None and seen_head != expected_head[1]:
        faults.append(Fault("cut_off", f"#{expected_head[0]}"))
    return Report(place, len(waiting), chain, tuple(faults))


def _holds(act: str, subject: str, body: str, sha256: bytes) -> bool:
    """Tell whether a body is the one that was digested, and speaks of what it is filed under."""
    if hashlib.sha256(body.encode()).digest() != sha256:
        return False
    attested = orjson.loads(body)
    return (attested["act"], attested["subject"]) == (act, subject)


def _chain(connection: Connection) -> Iterator[tuple[UUID, str, str, str, bytes, int, bytes]]:
    sql = statements("citybrain.safeguards", "evidence")["sealed_from"]
    after = 0
    while rows := connection.execute(sql, {"after": after, "limit": _PAGE}).fetchall():
        for entry, act, subject, body, sha256, sequence, chain in rows:
            yield entry, act, subject, body, bytes(sha256), sequence, bytes(chain)
            after = sequence
