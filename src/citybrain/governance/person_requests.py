"""What a person asks a provider for: deletion, or an explanation; with a clock, an answer, and where to complain.

Deletion that is granted is carried out at once and certified; one that is refused names reason and legal ground.

Source: Hangzhou art. 13 (知情权、选择权；依法销毁).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString
from uuid import UUID

from citybrain.casework import tasks
from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.governance.destroying import destroy, require_may_destroy
from citybrain.governance.dissent.raising import due
from citybrain.hub.destruction.carrying import Eraser, Gone, Order
from citybrain.hub.destruction.certificate import Certificate
from citybrain.kernel.calendar import working_days_between
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection, Database
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer

Kind = Literal["delete", "explain"]
WORDS_CHARACTERS = 2_000
REMIND_DAYS, LATE_DAYS = 2, 2
_LONGEST_WAY = timedelta(days=14)  # two working days and the longest holidays between them


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """A request of a person, who is known by a token.

    Attributes:
        use: The release that is to be explained.
        answer: What the provider said.
        ground: Legal ground of a refusal.
        certificate: Number of the certificate of a deletion.

    """

    id: UUID
    number: str
    kind: Kind
    subject: bytes
    contract: str
    provider: str
    words: str
    use: UUID | None
    state: str
    made_at: datetime
    due_at: datetime
    decided_at: datetime | None
    answer: str | None
    ground: str | None
    certificate: str | None

    def late(self, now: datetime) -> bool:
        """Tell whether it waits beyond its period."""
        return self.state == "open" and now > self.due_at


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answers.

    Attributes:
        grant: Whether a deletion is carried out.
        words: Reason or explanation; the person reads it.
        ground: Legal ground of a refusal, such as a duty to keep.

    """

    words: str
    grant: bool = False
    ground: str = ""


def ask(
    connection: Connection, city: City, contract: Contract, kind: Kind, subject: bytes, words: str, clock: Clock,
    new_id: NewId, use: UUID | None = None,
) -> PersonRequest:  # fmt: skip
    """Ask a provider for deletion of one's rows, or for an explanation.

    Args:
        connection: The command's transaction.
        city: The revision in force; its clocks say how long the provider has.
        contract: The contract the rows are under.
        kind: What is asked for.
        subject: Token of the person.
        words: What the person wants to say.
        clock: Present instant.
        new_id: Source of identifiers.
        use: The release that is to be explained.

    Raises:
        NotKnown: The contract is not about persons.
        Conflicting: The same person asks for the deletion already.

    Source:
        Hangzhou art. 13.

    """
    if contract.subject is None:
        raise NotKnown("portal.contract_unknown", contract=contract.ref)
    at, request = clock.now(), new_id()
    row = connection.execute(_sql()["next_number"]).fetchone()
    number = f"SQ-{at.astimezone(city.zone):%Y}-{row[0] if row else 0:05d}"
    due_at = due(city, at, city.settings.clocks.person_request)
    facts = {"kind": kind, "contract": contract.ref, "person": subject.hex(), "due_at": due_at, "use": use}
    entry = evidence.write(connection, "governance:person_request:made", number, facts, at, new_id)
    given = {
        "id": request, "number": number, "kind": kind, "subject": subject, "contract": contract.ref,
        "provider": contract.provider, "words": words.strip()[:WORDS_CHARACTERS], "use": use, "at": at,
        "due_at": due_at, "evidence": entry.id,
    }  # fmt: skip
    if connection.execute(_sql()["insert"], given).fetchone() is None:
        known = connection.execute(_sql()["same_open"], given).fetchone()
        raise Conflicting("destruction.request_before", contract=contract.ref, number=known[0] if known else "")
    return one(connection, number)


def withdraw(connection: Connection, number: str, subject: bytes, clock: Clock, new_id: NewId) -> PersonRequest:
    """Withdraw a request of one's own.

    Args:
        connection: The command's transaction.
        number: Its number.
        subject: Token of the person; another's request does not exist.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: The person has no such request.
        Conflicting: It was answered.

    """
    found = one(connection, number, subject=subject)
    _close(connection, found, "withdrawn", Answer(""), "person", clock.now(), None)
    facts = {"kind": found.kind}
    evidence.write(connection, "governance:person_request:withdrawn", number, facts, clock.now(), new_id)
    return one(connection, number)


def decide(
    database: Database, eraser: Eraser, city: City, number: str, answer: Answer, viewer: Viewer, clock: Clock,
    new_id: NewId,
) -> Certificate | None:  # fmt: skip
    """Answer a request: delete and certify, refuse with a legal ground, or explain.

    Args:
        database: Where requests are.
        eraser: Of this process.
        city: The revision in force.
        number: Number of the request.
        answer: What is answered.
        viewer: The provider's post that answers for its data, or who operates the hub.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The certificate of a deletion; none otherwise.

    Raises:
        NotKnown: No such request, or nothing to delete.
        AccessRefused: The post may not decide it.
        Conflicting: It was answered before, or a legal hold stands against it.
        WrongUse: Words or legal ground are missing.

    Source:
        Hangzhou art. 13.

    """
    with database.reading() as connection:
        found = one(connection, number)
    contract = city.contracts.get(found.contract)
    if contract is None:
        raise NotKnown("portal.contract_unknown", contract=found.contract)
    require_may_destroy(viewer, contract)
    if found.state != "open":
        raise Conflicting("destruction.request_decided", number=number)
    if found.kind == "delete" and answer.grant:
        return _delete(eraser, city, contract, found, answer, viewer, clock, new_id)
    if not answer.words.strip() or (found.kind == "delete" and not answer.ground.strip()):
        raise WrongUse("destruction.ground_missing")
    state = "refused" if found.kind == "delete" else "answered"
    with database.transaction() as connection:
        _decided(connection, found, state, answer, viewer.person, clock, new_id, None)
    return None


def _delete(
    eraser: Eraser, city: City, contract: Contract, found: PersonRequest, answer: Answer, viewer: Viewer,
    clock: Clock, new_id: NewId,
) -> Certificate:  # fmt: skip
    def close(connection: Connection, gone: Gone) -> Mapping[str, int]:
        _decided(connection, found, "granted", answer, viewer.person, clock, new_id, gone.id)
        return {}

    reason = f"{say('destruction.request_delete', 'zh')} {found.number}"
    order = Order(contract, "person", reason, viewer.person, subject=found.subject)
    return destroy(eraser, city, order, (close,))


def _decided(
    connection: Connection, found: PersonRequest, state: str, answer: Answer, by: str, clock: Clock, new_id: NewId,
    destruction: UUID | None,
) -> None:  # fmt: skip
    _close(connection, found, state, answer, by, clock.now(), destruction)
    facts = {"state": state, "by": by, "in_time": clock.now() <= found.due_at, "destruction": destruction}
    evidence.write(connection, "governance:person_request:decided", found.number, facts, clock.now(), new_id)


def _close(
    connection: Connection, found: PersonRequest, state: str, answer: Answer, by: str, at: datetime,
    destruction: UUID | None,
) -> None:  # fmt: skip
    given = {
        "id": found.id, "state": state, "at": at, "by": by, "answer": answer.words.strip()[:WORDS_CHARACTERS],
        "ground": answer.ground.strip()[:WORDS_CHARACTERS], "destruction": destruction,
    }  # fmt: skip
    if connection.execute(_sql()["decide"], given).rowcount == 0:
        raise Conflicting("destruction.request_decided", number=found.number)


def one(connection: Connection, number: str, *, subject: bytes | None = None) -> PersonRequest:
    """Return a request.

    Args:
        connection: Any transaction.
        number: Its number.
        subject: Only when it is this person's.

    Raises:
        NotKnown: No such request of that person.

    """
    found = _read(connection, "one", {"number": number})
    if not found or (subject is not None and found[0].subject != subject):
        raise NotKnown("destruction.request_unknown", number=number[:40])
    return found[0]


def of_person(connection: Connection, subject: bytes) -> list[PersonRequest]:
    """List the requests of a person, the newest first.

    Args:
        connection: Any transaction.
        subject: Token of the person.

    """
    return _read(connection, "of_person", {"subject": subject})


def for_contracts(connection: Connection, contracts: Sequence[str]) -> list[PersonRequest]:
    """List requests about some contracts: those that wait first, the most urgent at the top.

    Args:
        connection: Any transaction.
        contracts: Refs.

    """
    return _read(connection, "for_contracts", {"contracts": list(contracts)})


def watch(connection: Connection, city: City, clock: Clock, new_id: NewId) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remind providers of what is nearly due, and order a task where a period ran out; each once.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Numbers of requests reminded of, and of those that are late.

    """
    now = clock.now()
    today, reminded, late = now.astimezone(city.zone).date(), [], []
    for found in _read(connection, "nearly_due", {"now": now, "soon": now + _LONGEST_WAY}):
        if working_days_between(today, found.due_at.astimezone(city.zone).date()).amount <= REMIND_DAYS:
            _order(connection, city, found, "task_reminder", found.due_at, clock, new_id)
            connection.execute(_sql()["reminded"], {"id": found.id, "at": now})
            reminded.append(found.number)
    for found in _read(connection, "overdue", {"now": now}):
        _order(connection, city, found, "task_overdue", due(city, now, LATE_DAYS), clock, new_id)
        connection.execute(_sql()["escalated"], {"id": found.id, "at": now})
        facts = {"provider": found.provider, "due_at": found.due_at}
        evidence.write(connection, "governance:person_request:escalated", found.number, facts, now, new_id)
        late.append(found.number)
    return tuple(reminded), tuple(late)


def _order(
    connection: Connection, city: City, found: PersonRequest, what: str, due_at: datetime, clock: Clock, new_id: NewId
) -> None:  # fmt: skip
    contract = city.contracts.get(found.contract)

    def said(key: str, language: Literal["zh", "en"]) -> str:
        name = contract.name.said(language) if contract else found.contract
        kind = say(f"destruction.request_{found.kind}", language)
        day = f"{found.due_at.astimezone(city.zone):%Y-%m-%d}"
        return say(f"destruction.{key}", language, number=found.number, contract=name, kind=kind, due=day)

    order = tasks.Order(
        title=said(what, "zh"), title_en=said(what, "en"), note=said("task_note", "zh"),
        note_en=said("task_note", "en"), department=found.provider, due_at=due_at, due_words=said("task_due", "zh"),
        urgency="alarm" if what == "task_overdue" else "warning", once=f"{found.number}/{what}",
    )  # fmt: skip
    issuer = city.settings.data_authority
    tasks.issue(connection, order, issuer, issuer, city.zone, clock, new_id)


def _read(connection: Connection, query: str, given: Mapping[str, Any]) -> list[PersonRequest]:
    found = []
    for row in connection.execute(_sql()[query], given).fetchall():
        values: list[Any] = list(row)
        values[3] = bytes(row[3])
        found.append(PersonRequest(*values))
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.governance", "person_requests")
