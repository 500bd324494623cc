"""Requests for data as they stand, with their course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from citybrain.city.grant import Limits
from citybrain.hub.grants import limits_of
from citybrain.kernel.errors import Conflicting, NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer

WORDS_CHARACTERS = 2_000
WAITING = frozenset({"checking", "providing", "approving", "appealed"})
CLOSED = frozenset({"returned", "granted", "refused", "withdrawn"})


@dataclass(frozen=True, slots=True)
class SharingRequest:
    """A request as it stands.

    Attributes:
        number: Number people use.
        state: checking, providing, approving, returned, granted, refused, appealed or withdrawn.
        findings: Points of the minimality check: kind and values.
        due_at: When the next step is due.
        limits: How much is asked for.
        assessment: Record of the assessment, where the use takes data out of the country.
        agreed_by, agreed: Who agreed to what, while a higher approval is waited for.

    """

    id: UUID
    number: str
    thing: str
    provider: str
    department: str
    person: str
    purpose: str
    basis: Mapping[str, Any]
    scenario: str | None
    reason: str
    fields: tuple[str, ...]
    clear_fields: tuple[str, ...]
    rows: str | None
    until: date | None
    state: str
    findings: tuple[Mapping[str, Any], ...]
    made_at: datetime
    due_at: datetime | None
    urged_at: datetime | None
    escalated_at: datetime | None
    closed_at: datetime | None
    grant: UUID | None
    limits: Limits | None
    assessment: str | None
    agreed_by: str | None
    agreed: Mapping[str, Any] | None

    def overdue(self, now: datetime) -> bool:
        """Tell whether the step that is due is late.

        Args:
            now: Present instant.

        """
        return self.closed_at is None and self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """One step of a request."""

    at: datetime
    act: str
    person: str
    words: str


def one(connection: Connection, number: str) -> SharingRequest:
    """Find a request.

    Args:
        connection: Any transaction.
        number: Its number.

    Raises:
        NotKnown: There is none.

    """
    row = connection.execute(sql()["one"], {"number": number}).fetchone()
    if row is None:
        raise NotKnown("hub.request_unknown", number=number)
    return _made(row)


def listed(
    connection: Connection, *, department: str | None = None, provider: str | None = None,
    states: Sequence[str] | None = None, limit: int = 200,
) -> list[SharingRequest]:  # fmt: skip
    """List requests, open ones first and of these the most pressing.

    Args:
        connection: Any transaction.
        department: Only of this applicant.
        provider: Only for data of this department.
        states: Only in these states.
        limit: Most requests.

    """
    given = {
        "department": department, "provider": provider, "states": None if states is None else list(states),
        "limit": limit,
    }  # fmt: skip
    return [_made(row) for row in connection.execute(sql()["listed"], given).fetchall()]


def course(connection: Connection, request: UUID) -> list[RequestEvent]:
    """Return the steps a request has taken, oldest first.

    Args:
        connection: Any transaction.
        request: Its id.

    """
    return [RequestEvent(*row) for row in connection.execute(sql()["events"], {"id": request}).fetchall()]


def may_see(made: SharingRequest, viewer: Viewer) -> bool:
    """Tell whether somebody may open a request: who applied, provides, approves, runs the hub.

    Args:
        made: The request.
        viewer: Who looks.

    """
    return viewer.department in {made.department, made.provider} or bool(
        viewer.may & {"operate_hub", "approve_important"}
    )


def escalate_overdue(connection: Connection, at: datetime) -> list[SharingRequest]:
    """Take every request that nobody answered in time; each is returned once a step.

    Args:
        connection: The command's transaction.
        at: Present instant.

    """
    return [_made(row) for row in connection.execute(sql()["overdue"], {"at": at}).fetchall()]


def locked(connection: Connection, number: str, states: frozenset[str]) -> SharingRequest:
    """Hold a request until the command ends.

    Args:
        connection: The command's transaction.
        number: Its number.
        states: States in which the command may be given.

    Raises:
        NotKnown: There is none.
        Conflicting: It is in another state.

    """
    row = connection.execute(sql()["lock"], {"number": number}).fetchone()
    if row is None:
        raise NotKnown("hub.request_unknown", number=number)
    made = _made(row)
    if made.state not in states:
        raise Conflicting("hub.request_elsewhere", number=number, state=made.state)
    return made


def move(
    connection: Connection, now: SharingRequest, step: tuple[str, str], person: str, words: str,
    due_at: datetime | None, at: datetime, new_id: NewId, hub_grant: UUID | None = None,
) -> SharingRequest:  # fmt: skip
    """Take a request to its next state.

    Args:
        connection: The command's transaction.
        now: As it stands.
        step: Next state, and the act that leads there.
        person: Who acts.
        words: What they say.
        due_at: When the next step is due; none where nothing follows.
        at: Present instant.
        new_id: Source of identifiers.
        hub_grant: The grant that was made.

    """
    state, act = step
    given = {
        "id": now.id, "state": state, "due_at": due_at, "closed_at": at if state in CLOSED else None,
        "hub_grant": hub_grant,
    }  # fmt: skip
    connection.execute(sql()["move"], given)
    note(connection, now, act, person, words, at, new_id)
    return one(connection, now.number)


def note(
    connection: Connection, now: SharingRequest, act: str, person: str, words: str, at: datetime, new_id: NewId
) -> None:
    """Write a step into a request's course and into evidence.

    Args:
        connection: The command's transaction.
        now: The request.
        act: What was done.
        person: By whom.
        words: What they said; evidence holds it not.
        at: Present instant.
        new_id: Source of identifiers.

    """
    given = {"request": now.id, "at": at, "act": act, "person": person, "words": words[:WORDS_CHARACTERS]}
    connection.execute(sql()["note_event"], given)
    facts = {"act": act, "thing": now.thing, "department": now.department, "by": person}
    evidence.write(connection, "hub:request:moved", now.number, facts, at, new_id)


def _made(row: Sequence[Any]) -> SharingRequest:
    made = SharingRequest(*[*row[:22], limits_of(*row[22:25]), *row[25:]])
    return replace(
        made, fields=tuple(made.fields), clear_fields=tuple(made.clear_fields), findings=tuple(made.findings)
    )


def sql() -> Mapping[str, LiteralString]:
    """Return the statements about requests."""
    return statements("citybrain.hub.sharing", "record")
