"""Tasks: issue, sign for, report back, close (下达、签收、反馈、办结); every step is kept and evidenced."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer

TaskState = Literal["issued", "signed", "reported", "closed", "returned"]
Act = Literal["sign", "report", "close", "give_back", "urge"]
_STEPS: dict[Act, tuple[tuple[TaskState, ...], TaskState | None, str]] = {
    "sign": (("issued",), "signed", "signed"),
    "report": (("signed",), "reported", "reported"),
    "close": (("reported",), "closed", "closed"),
    "give_back": (("issued", "signed"), "returned", "returned"),
    "urge": (("issued", "signed"), None, "urged"),
}
_DONE_BY_RECEIVER: frozenset[Act] = frozenset({"sign", "report", "give_back"})
_NEEDS_WORDS: frozenset[Act] = frozenset({"report", "give_back"})
WORDS_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a department.

    Attributes:
        due_words: How the due date was reckoned, for people.
        title_en, note_en: The same in English, where whoever asks has said it; a person's words stand as written.
        value: Value of the indicator at issue.
        once: Key under which a second issue is the same task.

    """

    title: str
    department: str
    due_at: datetime
    due_words: str
    note: str = ""
    title_en: str | None = None
    note_en: str | None = None
    urgency: Literal["normal", "warning", "alarm"] = "normal"
    indicator: str | None = None
    split: str = ""
    key: str = ""
    value: float | None = None
    alert: UUID | None = None
    run: UUID | None = None
    step: str | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One task as it stands.

    Attributes:
        number: Number people use.
        title_en, note_en: The same in English; none where only one language was written.
        value_before, value_after: Indicator at issue and at closing.

    """

    id: UUID
    number: str
    title: str
    title_en: str | None
    note: str
    note_en: str | None
    department: str
    issuer: str
    issuer_dept: str
    issued_at: datetime
    due_at: datetime
    due_words: str
    state: TaskState
    urgency: str
    indicator: str | None
    split: str
    key: str
    value_before: float | None
    value_after: float | None
    alert: UUID | None
    run: UUID | None
    step: str | None
    closed_at: datetime | None

    def title_in(self, language: str) -> str:
        """Say what is asked in a language, as far as it was said in it.

        Args:
            language: ``zh`` or ``en``.

        """
        return (self.title_en if language == "en" else None) or self.title

    def note_in(self, language: str) -> str:
        """Say why, and what else there is to know, in a language.

        Args:
            language: ``zh`` or ``en``.

        """
        return (self.note_en if language == "en" else None) or self.note

    def overdue(self, now: datetime) -> bool:
        """Tell whether it is open beyond its due date.

        Args:
            now: Present instant.

        """
        return self.closed_at is None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a task's course."""

    at: datetime
    act: str
    person: str
    words: str


def issue(
    connection: Connection, order: Order, issuer: str, issuer_dept: str, zone: ZoneInfo, clock: Clock, new_id: NewId
) -> UUID:
    """Issue a task to a department.

    Args:
        connection: The command's transaction.
        order: What is asked.
        issuer: Person, or ``scenario:…`` when a scenario issues it.
        issuer_dept: Ref of the department that stands behind it.
        zone: City's zone, for the number.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Id of the task; of the earlier one when it was issued with the same key before.

    Raises:
        WrongUse: No title, or the due date is over.

    Source:
        Hangzhou art. 10 (任务下达).

    """
    sql, at = statements("citybrain.casework", "tasks"), clock.now()
    if order.once is not None:
        known = connection.execute(sql["find_once"], {"once": order.once}).fetchone()
        if known is not None:
            return UUID(str(known[0]))
    if not order.title.strip():
        raise WrongUse("casework.title_missing")
    if order.due_at <= at:
        raise WrongUse("casework.due_over", due=order.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    task = new_id()
    row = connection.execute(sql["next_number"]).fetchone()
    number = f"{at.astimezone(zone):%Y-%m%d}-{row[0] if row else 0:04d}"
    connection.execute(
        sql["insert"],
        {
            "id": task,
            "number": number,
            "title": order.title.strip()[:200],
            "title_en": order.title_en and order.title_en[:200],
            "note": order.note.strip()[:WORDS_CHARACTERS],
            "note_en": order.note_en and order.note_en[:WORDS_CHARACTERS],
            "department": order.department,
            "issuer": issuer,
            "issuer_dept": issuer_dept,
            "at": at,
            "due_at": order.due_at,
            "due_words": order.due_words,
            "urgency": order.urgency,
            "indicator": order.indicator,
            "split": order.split,
            "key": order.key,
            "value": order.value,
            "alert": order.alert,
            "run": order.run,
            "step": order.step,
            "once": order.once,
        },
    )
    _note(connection, task, at, "issued", issuer, order.note.strip()[:WORDS_CHARACTERS])
    facts = {"number": number, "department": order.department, "by": issuer, "due_at": order.due_at}
    evidence.write(connection, "casework:task:issued", str(task), facts, at, new_id)
    connection.execute(sql["announce"], {"department": order.department})
    return task


def act_on(
    connection: Connection,
    task: UUID,
    act: Act,
    viewer: Viewer,
    clock: Clock,
    new_id: NewId,
    *,
    words: str = "",
    value: float | None = None,
) -> Task:
    """Take the next step of a task.

    Args:
        connection: The command's transaction.
        task: Id of the task.
        act: sign, report, close, give_back or urge.
        viewer: Who acts: the receiving department signs, reports and gives back, the issuing one closes and urges.
        clock: Present instant.
        new_id: Source of identifiers.
        words: What was done, or why not; needed to report and to give back.
        value: Indicator at this moment, kept when the task is closed.

    Returns:
        The task as it stands now.

    Raises:
        NotKnown: No such task.
        AccessRefused: It is not this department's step.
        Conflicting: The task is not at that step.
        WrongUse: Words are missing.

    """
    sql, at = statements("citybrain.casework", "tasks"), clock.now()
    row = connection.execute(sql["lock"], {"id": task}).fetchone()
    if row is None:
        raise NotKnown("casework.task_unknown", task=task)
    state, department, issuer_dept = row[0], row[1], row[2]
    allowed, following, event = _STEPS[act]
    mine = department if act in _DONE_BY_RECEIVER else issuer_dept
    if viewer.department != mine and not (act not in _DONE_BY_RECEIVER and "operate_hub" in viewer.may):
        raise AccessRefused("casework.not_your_step", department=mine)
    if state not in allowed:
        raise Conflicting("casework.wrong_step", state=state, act=act)
    if act in _NEEDS_WORDS and not words.strip():
        raise WrongUse("casework.words_missing")
    if following is not None:
        done = at if following in {"closed", "returned"} else None
        connection.execute(sql["move"], {"id": task, "state": following, "closed_at": done, "value": value})
    _note(connection, task, at, event, viewer.person, words.strip()[:WORDS_CHARACTERS])
    facts = {"act": event, "by": viewer.person, "department": viewer.department, "value": value}
    evidence.write(connection, f"casework:task:{event}", str(task), facts, at, new_id)
    for told in {department, issuer_dept}:
        connection.execute(sql["announce"], {"department": told})
    return one(connection, task)


def _note(connection: Connection, task: UUID, at: datetime, act: str, person: str, words: str) -> None:
    given = {"task": task, "at": at, "act": act, "person": person, "words": words}
    connection.execute(statements("citybrain.casework", "tasks")["note_event"], given)


def one(connection: Connection, task: UUID) -> Task:
    """Find a task.

    Args:
        connection: Any transaction.
        task: Its id.

    Raises:
        NotKnown: There is none.

    """
    row = connection.execute(statements("citybrain.casework", "tasks")["one"], {"id": task}).fetchone()
    if row is None:
        raise NotKnown("casework.task_unknown", task=task)
    return Task(*row)


def listed(
    connection: Connection,
    *,
    department: str | None = None,
    issuer_dept: str | None = None,
    indicator: str | None = None,
    run: UUID | None = None,
    open_only: bool | None = None,
    limit: int = 200,
) -> list[Task]:
    """List tasks, the most pressing first.

    Args:
        connection: Any transaction.
        department: Only of this receiving department.
        issuer_dept: Only issued by this department.
        indicator: Only about this indicator.
        run: Only of this scenario run.
        open_only: True for open, False for done, none for both.
        limit: Most tasks.

    """
    given = {
        "department": department, "issuer_dept": issuer_dept, "indicator": indicator, "run": run,
        "open": open_only, "limit": limit,
    }  # fmt: skip
    return [
        Task(*row) for row in connection.execute(statements("citybrain.casework", "tasks")["listed"], given).fetchall()
    ]


def course(connection: Connection, task: UUID) -> list[Event]:
    """Return the steps a task has taken, oldest first.

    Args:
        connection: Any transaction.
        task: Its id.

    """
    rows = connection.execute(statements("citybrain.casework", "tasks")["events"], {"id": task}).fetchall()
    return [Event(*row) for row in rows]


def may_see(task: Task, viewer: Viewer) -> bool:
    """Tell whether somebody may open a task.

    Args:
        task: The task.
        viewer: Who looks: the two departments concerned, the hub's operator, and leaders of the city.

    """
    return (
        viewer.department in {task.department, task.issuer_dept}
        or "operate_hub" in viewer.may
        or (viewer.level == "city" and "issue_tasks" in viewer.may and viewer.division is None)
    )
