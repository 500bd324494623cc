"""What follows from a dissent: who looks again at what they decided, tasks, and the root of repeated faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from citybrain.casework import tasks
from citybrain.city.whole import City
from citybrain.governance.dissent.case import WORDS_CHARACTERS, Dissent, clean, note, one, sql
from citybrain.governance.dissent.raising import due
from citybrain.hub import grants
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer

REPEATED = 3
REPEATED_WITHIN = timedelta(days=90)
ROOT_CAUSE_DAYS = 10


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who used a value, and on what it rests: a grant, an indicator or a scenario, by Ref."""

    department: str
    basis: str


@dataclass(frozen=True, slots=True)
class Redecision:
    """A department that has to look again at what it decided on a wrong value.

    Attributes:
        basis: Grant, indicator or scenario through which it used the value.
        words: What came of it.

    """

    department: str
    basis: str
    noted_at: datetime
    done_at: datetime | None
    done_by: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What is asked of a department about a dissent.

    Attributes:
        what: Key of the title among the words of dissents.
        days: Working days from now; none takes the dissent's own period.
        once: Key under which a second errand is the same; empty is once for each dissent and title.

    """

    what: str
    department: str
    urgency: Literal["normal", "warning", "alarm"] = "normal"
    days: int | None = None
    once: str = ""


def consumers_of(connection: Connection, city: City, dissent: Dissent, now: datetime) -> list[Consumer]:
    """Name everybody who uses what was wrong: holders of grants, owners of indicators and scenarios.

    Args:
        connection: Any transaction.
        city: The revision in force.
        dissent: The dissent.
        now: Present instant, for the term of grants.

    """
    today = now.astimezone(city.zone).date()
    found = [
        Consumer(grant.to, grant.ref)
        for grant in city.grants.values()
        if grant.from_ == dissent.contract
        and grant.until >= today
        and (dissent.field is None or dissent.field in grant.fields)
    ]
    held = grants.listed(connection, things=[dissent.contract], open_only=True, limit=100_000)
    found += [
        Consumer(grant.department, f"grant:{grant.name}")
        for grant in held
        if grant.holds(now) and (dissent.field is None or dissent.field in grant.fields)
    ]
    indicators = [item for item in city.indicators.values() if dissent.contract in city.contracts_read_by(item)]
    found += [Consumer(item.owner, item.ref) for item in indicators]
    resting = {dissent.contract, *(item.ref for item in indicators)}
    found += [Consumer(item.owner, item.ref) for item in city.scenarios.values() if resting & set(item.uses)]
    return [item for item in dict.fromkeys(found) if item.department in city.departments]


def note_consumers(connection: Connection, dissent: Dissent, consumers: Sequence[Consumer], clock: Clock) -> None:
    """Put departments on the list of those who look again at what they decided.

    Args:
        connection: The command's transaction.
        dissent: A dissent that was upheld.
        consumers: Who used the value.
        clock: Present instant.

    Source:
        Nanjing art. 11 (多方协同的闭环治理机制).

    """
    at = clock.now()
    for consumer in consumers:
        given = {"dissent": dissent.id, "department": consumer.department, "basis": consumer.basis, "at": at}
        connection.execute(sql()["note_consumer"], given)


def redecisions(connection: Connection, dissent: UUID) -> list[Redecision]:
    """List who looks again at what they decided.

    Args:
        connection: Any transaction.
        dissent: Id of the dissent.

    """
    return [Redecision(*row) for row in connection.execute(sql()["redecisions"], {"dissent": dissent}).fetchall()]


def redecide(connection: Connection, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId) -> Dissent:
    """Record that a department has looked again at what it decided on the wrong value.

    Args:
        connection: The command's transaction.
        number: Number of the dissent.
        viewer: Somebody of that department.
        words: What came of it.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: The department is not on the list, or has looked before.

    """
    found, at = one(connection, number), clock.now()
    given = {
        "dissent": found.id, "department": viewer.department, "person": viewer.person, "at": at,
        "words": clean(words)[:WORDS_CHARACTERS],
    }  # fmt: skip
    if not connection.execute(sql()["redecide"], given).fetchall():
        raise NotKnown("dissent.not_on_list", number=number, department=viewer.department)
    note(connection, found, "redecided", viewer.person, words, at, new_id, department=viewer.department)
    return found


def root_cause(connection: Connection, city: City, dissent: Dissent, clock: Clock, new_id: NewId) -> UUID | None:
    """Ask the provider for the root of a fault that comes again: three upheld dissents on a field in ninety days.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        dissent: A dissent that was just upheld.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        The task of the provider, never of a consumer; none where the fault is not repeated.

    Source:
        Hangzhou art. 15 (谁提供，谁负责).

    """
    given = {"contract": dissent.contract, "field": dissent.field, "since": clock.now() - REPEATED_WITHIN}
    recent, ever = connection.execute(sql()["upheld_on_field"], given).fetchone() or (0, 0)
    if recent < REPEATED:
        return None
    once = f"dissent-root:{dissent.contract}/{dissent.field or '*'}/{ever // REPEATED}"
    errand = Errand("task_root", dissent.provider, "warning", ROOT_CAUSE_DAYS, once)
    return order_task(connection, city, dissent, errand, clock, new_id)


def order_task(connection: Connection, city: City, found: Dissent, errand: Errand, clock: Clock, new_id: NewId) -> UUID:
    """Give a department something to do about a dissent, as a task of the data authority.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        found: The dissent.
        errand: What is asked of whom.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Id of the task; of the earlier one when it was asked before.

    """
    contract = city.contracts.get(found.contract)
    name = {"zh": contract.name.zh, "en": contract.name.en} if contract else found.contract
    given = {"number": found.number, "contract": name, "field": found.field or "*"}
    now, clocks = clock.now(), city.settings.clocks
    due_at = found.due_at if errand.days is None else due(city, now, errand.days)
    order = tasks.Order(
        title=say(f"dissent.{errand.what}", "zh", **given),
        title_en=say(f"dissent.{errand.what}", "en", **given),
        department=errand.department,
        due_at=due_at,
        due_words=f"{errand.days or clocks.dissent} working days",
        note=say("dissent.task_note", "zh", number=found.number),
        note_en=say("dissent.task_note", "en", number=found.number),
        urgency=errand.urgency,
        once=errand.once or f"dissent:{found.number}/{errand.what}",
    )
    owner = city.settings.data_authority
    return tasks.issue(connection, order, f"dissent:{found.number}", owner, city.zone, clock, new_id)
