"""A dissent as it stands, its course, and where it is found (Nanjing art. 11)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from citybrain.kernel.errors import NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer

Kind = Literal["value", "score"]
Channel = Literal["console", "system", "portal", "letter", "phone", "counter"]
RaiserKind = Literal["person", "system", "citizen", "outsider"]
State = Literal["open", "answered", "appealed", "ordered", "closed", "lapsed", "withdrawn"]
Verdict = Literal["upheld", "rejected"]
WORDS_CHARACTERS = 2_000
FINISHED: frozenset[str] = frozenset({"closed", "lapsed", "withdrawn"})
FOR_PROVIDER: frozenset[str] = frozenset({"open", "ordered"})
_NUMBER = re.compile(r"[0-9]{2}-[0-9]{4,7}")
_ACTS = {
    "raised": "governance:dissent:raised",
    "upheld": "governance:dissent:upheld",
    "rejected": "governance:dissent:rejected",
    "appealed": "governance:dissent:appealed",
    "ordered": "governance:dissent:ordered",
    "dismissed": "governance:dissent:dismissed",
    "closed": "governance:dissent:closed",
    "withdrawn": "governance:dissent:withdrawn",
    "lapsed": "governance:dissent:lapsed",
    "reminded": "governance:dissent:reminded",
    "urged": "governance:dissent:urged",
    "escalated": "governance:dissent:escalated",
    "redecided": "governance:dissent:redecided",
}


@dataclass(frozen=True, slots=True)
class Raiser:
    """Who contests.

    Attributes:
        kind: An official, a system, a citizen of the portal, or somebody outside for whom a clerk writes.
        ref: Person, system, opaque name of the citizen, or the clerk who writes for somebody outside.
        department: Whose official, system or clerk it is; none for a citizen.

    """

    kind: RaiserKind
    ref: str
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Dissent:
    """One dissent as it stands.

    Attributes:
        number: Number people use, such as ``26-0007``.
        keys: Key values of the row, canonical; none where a batch or a score is contested.
        day: Day of the score that is contested.
        verdict: The last answer: upheld or rejected.
        was_late: An answer came after its period.
        appealed_at: When the raiser did not accept the answer; it can be done once.
        reaction_due_at: Until when the raiser may react; then the dissent lapses.
        escalated_at: When its period ran out without an answer.
        corrected: Batch of the correction.

    """

    id: UUID
    number: str
    kind: Kind
    contract: str
    provider: str
    keys: Mapping[str, str] | None
    batch: UUID | None
    field: str | None
    day: date | None
    seen: str
    claimed: str
    grounds: str
    attachment_sha256: bytes | None
    raiser_kind: RaiserKind
    raiser: str
    raiser_department: str | None
    channel: Channel
    raised_at: datetime
    due_at: datetime
    state: State
    verdict: Verdict | None
    answered_at: datetime | None
    answer: str
    was_late: bool
    appealed_at: datetime | None
    reaction_due_at: datetime | None
    escalated_at: datetime | None
    corrected: UUID | None
    finished_at: datetime | None

    def overdue(self, now: datetime) -> bool:
        """Tell whether its provider, or the data authority after an appeal, is late.

        Args:
            now: Present instant.

        """
        return self.state in {*FOR_PROVIDER, "appealed"} and now > self.due_at

    def raised_by(self, raiser: Raiser) -> bool:
        """Tell whether somebody stands where the raiser stood.

        Args:
            raiser: Who asks. Colleagues of an official stand for their department; a clerk who wrote for somebody
                outside stands for them, and so do the clerk's colleagues.

        """
        if self.raiser_kind in {"citizen", "system"} or raiser.kind in {"citizen", "system"}:
            return (self.raiser_kind, self.raiser) == (raiser.kind, raiser.ref)
        return self.raiser_department is not None and self.raiser_department == raiser.department


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a dissent's course."""

    at: datetime
    act: str
    person: str
    words: str


def clean(text: str) -> str:
    """Write a text so that it can be kept: no NUL and nothing that is no character.

    Args:
        text: As somebody typed it.

    """
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode().strip()


def sql() -> Mapping[str, LiteralString]:
    """Return the statements of dissents."""
    return statements("citybrain.governance.dissent", "case")


def _number(text: str) -> str:
    if _NUMBER.fullmatch(text) is None:
        raise NotKnown("dissent.unknown", number=text[:20])
    return text


def one(connection: Connection, number: str) -> Dissent:
    """Find a dissent.

    Args:
        connection: Any transaction.
        number: Number people use.

    Raises:
        NotKnown: There is none.

    """
    row = connection.execute(sql()["one"], {"number": _number(number)}).fetchone()
    if row is None:
        raise NotKnown("dissent.unknown", number=number)
    return Dissent(*row)


def held(connection: Connection, number: str) -> Dissent:
    """Find a dissent and hold it until the transaction ends.

    Args:
        connection: The command's transaction.
        number: Number people use.

    Raises:
        NotKnown: There is none.

    """
    connection.execute(sql()["hold"], {"number": _number(number)})
    return one(connection, number)


def tracked(connection: Connection, number: str, code: str) -> Dissent:
    """Find a dissent for somebody outside, by the code they were given.

    Args:
        connection: Any transaction.
        number: Number people use.
        code: Tracking code.

    Raises:
        NotKnown: No such dissent, or another code; the two are not told apart.

    """
    given = {"number": _number(number), "hash": hashlib.sha256(code.encode()).digest()}
    row = connection.execute(sql()["tracked"], given).fetchone()
    if row is None:
        raise NotKnown("dissent.unknown", number=number)
    return Dissent(*row)


def listed(
    connection: Connection,
    *,
    providers: Sequence[str] | None = None,
    raiser_department: str | None = None,
    contract: str | None = None,
    state: Literal["open", "finished"] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[Dissent]:
    """List dissents, the most pressing first.

    Args:
        connection: Any transaction.
        providers: Only about data of these departments; none means all.
        raiser_department: Also what this department raised, where ``providers`` is given.
        contract: Only about this contract.
        state: Only open or only finished ones.
        limit: Most dissents.
        offset: Dissents skipped.

    """
    given = {
        "providers": None if providers is None else list(providers), "mine": raiser_department, "contract": contract,
        "finished": None if state is None else state == "finished", "limit": limit, "offset": offset,
    }  # fmt: skip
    return [Dissent(*row) for row in connection.execute(sql()["listed"], given).fetchall()]


def course(connection: Connection, dissent: UUID) -> list[Event]:
    """Return every step of a dissent, oldest first.

    Args:
        connection: Any transaction.
        dissent: Its id.

    """
    return [Event(*row) for row in connection.execute(sql()["course"], {"dissent": dissent}).fetchall()]


def outsider(connection: Connection, dissent: UUID) -> tuple[str, str] | None:
    """Return name and contact of whoever wrote or called, for the clerk who answers; never for lists.

    Args:
        connection: Any transaction.
        dissent: Its id.

    """
    row = connection.execute(sql()["outsider"], {"dissent": dissent}).fetchone()
    return None if row is None else (row[0], row[1])


def may_see(dissent: Dissent, viewer: Viewer) -> bool:
    """Tell whether somebody may open a dissent: its raiser, its provider, the data authority.

    Args:
        dissent: Any dissent.
        viewer: Who looks.

    """
    mine = viewer.department in {dissent.provider, dissent.raiser_department}
    return mine or "operate_hub" in viewer.may


def note(
    connection: Connection,
    dissent: Dissent,
    act: str,
    person: str,
    words: str,
    at: datetime,
    new_id: NewId,
    **facts: Any,
) -> None:
    """Keep a step of a dissent and leave its evidence: who, what and when, never a value or a name of a citizen.

    Args:
        connection: The command's transaction.
        dissent: The dissent.
        act: What happened.
        person: Who did it; a department, person or system.
        words: What was said; it stands in the course, not in the evidence.
        at: When.
        new_id: Source of identifiers.
        **facts: More for the evidence.

    """
    given = {"dissent": dissent.id, "at": at, "act": act, "person": person, "words": clean(words)[:WORDS_CHARACTERS]}
    connection.execute(sql()["note_event"], given)
    attested = {"number": dissent.number, "contract": dissent.contract, "field": dissent.field, "by": person, **facts}
    evidence.write(connection, _ACTS[act], str(dissent.id), attested, at, new_id)
