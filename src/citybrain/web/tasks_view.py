"""The inbox and one task (Hangzhou art. 10: 任务下达)."""

from dataclasses import dataclass
from typing import Literal

from citybrain.cockpits.view import Link, Provenance, State, Trend
from citybrain.web.parts_view import Change, FieldError, Step
from citybrain.web.views import Frame

When = Literal["now", "today", "week", "later", "done"]
Act = Literal["sign", "report", "close", "return"]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One task in the inbox.

    Attributes:
        title: What is to be done.
        href: The task's page.
        state: How urgent it is.
        due: Time left ("剩 13 分", "18:45 前", "11 月 27 日").
        why: The figure behind it, one line.
        who: Who issued it, when, and where it stands, one line.

    """

    title: str
    href: str
    state: State
    due: str
    why: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class InboxGroup:
    """Tasks by when they have to be done.

    Attributes:
        when: 马上办, 今天, 本周, 以后 or 已办.
        rows: Most urgent first.

    """

    when: When
    rows: tuple[InboxRow, ...]


@dataclass(frozen=True, slots=True)
class TasksPage:
    """The inbox.

    Attributes:
        frame: What stands around the page.
        tabs: To do, issued by me, done, each with its count.
        groups: Groups that have rows.
        provenance: Words for data that is not this city's own live data.
        next_deadline: What comes next when there is nothing to do, or empty.

    """

    frame: Frame
    tabs: tuple[Link, ...]
    groups: tuple[InboxGroup, ...]
    provenance: tuple[Provenance, ...] = ()
    next_deadline: str = ""


@dataclass(frozen=True, slots=True)
class TaskAction:
    """Something this person can do with the task now; a button of the one form.

    Attributes:
        act: 签收, 反馈, 办结 or 退回.
        href: Where the form is sent by POST; it carries ``text``.

    """

    act: Act
    href: str


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One task.

    Attributes:
        frame: What stands around the page.
        number: Number people quote.
        title: What is to be done.
        state: How urgent it is.
        word: Where it stands ("待签收", "已办结").
        due_label: What the time is left for ("签收剩余", "反馈期限").
        due: Time left or the date ("13 分钟", "11 月 24 日").
        back: The inbox.
        provenance: Words for data that is not this city's own live data.
        changes: The indicator when the task was issued, and now or at the end.
        trend: The indicator around that time.
        what: What to do.
        why: Why this department.
        basis: Duty list or article.
        source: Where the number comes from.
        history: What happened, in order.
        actions: What this person can do now; the first is the one forward button.
        text: What was typed in the last attempt.
        errors: What was wrong with the last attempt (field ``text``).
        contact: Whom to call when it cannot be done.

    """

    frame: Frame
    number: str
    title: str
    state: State
    word: str
    due_label: str = ""
    due: str = ""
    back: Link | None = None
    provenance: tuple[Provenance, ...] = ()
    changes: tuple[Change, ...] = ()
    trend: Trend | None = None
    what: str = ""
    why: str = ""
    basis: Link | None = None
    source: Link | None = None
    history: tuple[Step, ...] = ()
    actions: tuple[TaskAction, ...] = ()
    text: str = ""
    errors: tuple[FieldError, ...] = ()
    contact: str = ""
