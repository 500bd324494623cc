"""The inbox and one task: sign for, report back, close, give back (Hangzhou art. 10 任务下达)."""

from datetime import timedelta
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.casework import tasks
from citybrain.cockpits.figures import Look, provenance_of
from citybrain.cockpits.figures_view import Link
from citybrain.cockpits.figures_view import State as Mark
from citybrain.cockpits.panels import time_left
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.messages import explain
from citybrain.scenarios import runs
from citybrain.web.cockpit.looking import looking, place_for, short_time, value_now
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Change, FieldError, Step
from citybrain.web.sessions import Visit, check_form, viewer_in
from citybrain.web.tasks_view import InboxGroup, InboxRow, TaskAction, TaskPage, TasksPage, When

SOON = timedelta(hours=2)
_ACTS: dict[str, tasks.Act] = {"sign": "sign", "report": "report", "close": "close", "return": "give_back"}
_STATE_WORDS = {"issued": "task_issued", "signed": "task_signed", "reported": "task_reported"}


@get("/tasks")
async def inbox(request: Asked) -> Response[str]:
    """Show the tasks of the viewer's department, the most pressing first."""

    def look_in() -> str:
        with looking(request) as (look, visit):
            page = _inbox(request, look, visit, request.query_params.get("tab", "todo"))
        return render("tasks.html", page, language=look.language)

    return html(request, await entrance_of(request).enter(look_in))


def _inbox(request: Asked, look: Look, visit: Visit, tab: str) -> TasksPage:
    mine = visit.viewer.department
    lists = {
        "todo": tasks.listed(look.connection, department=mine, open_only=True),
        "issued": tasks.listed(look.connection, issuer_dept=mine, open_only=True),
        "done": [
            item
            for item in tasks.listed(look.connection, open_only=False)
            if mine in {item.department, item.issuer_dept}
        ],
    }
    chosen = lists.get(tab, lists["todo"])
    groups: dict[When, list[InboxRow]] = {"now": [], "today": [], "week": [], "later": [], "done": []}
    for task in chosen:
        groups[_when(look, task)].append(_row(look, task))
    tabs = tuple(
        Link(look.words(f"tab_{name}", count=len(found)), f"/tasks?tab={name}", current=name == tab or found is chosen)
        for name, found in lists.items()
    )
    return TasksPage(
        frame(request, visit, "tasks"),
        tabs,
        tuple(InboxGroup(when, tuple(rows)) for when, rows in groups.items() if rows),
    )


def _when(look: Look, task: tasks.Task) -> When:
    if task.closed_at is not None:
        return "done"
    if task.due_at <= look.now + SOON or task.urgency == "alarm":
        return "now"
    days = (task.due_at.astimezone(look.city.zone).date() - look.now.astimezone(look.city.zone).date()).days
    return "today" if days <= 0 else ("week" if days < 7 else "later")


def mark_of(look: Look, task: tasks.Task) -> Mark:
    """Tell how pressing a task is.

    Args:
        look: For the present instant.
        task: The task.

    """
    if task.closed_at is not None:
        return "ok"
    if task.overdue(look.now) or task.urgency == "alarm":
        return "alarm"
    return "warn" if task.urgency == "warning" or task.due_at <= look.now + SOON else "todo"


def stand_of(look: Look, task: tasks.Task) -> str:
    """Say where a task stands.

    Args:
        look: For the present instant and the language.
        task: The task.

    """
    if task.state in {"closed", "returned"}:
        return look.words(f"task_{task.state}")
    return look.words("overdue") if task.overdue(look.now) else look.words(_STATE_WORDS[task.state])


def _row(look: Look, task: tasks.Task) -> InboxRow:
    due = short_time(look, task.closed_at) if task.closed_at else time_left(look, task.due_at)
    issuer = person_name(look.city, task.issuer, look.language)
    return InboxRow(
        title=task.title_in(look.language),
        href=f"/tasks/{task.id}",
        state=mark_of(look, task),
        due=due,
        why=task.note_in(look.language),
        who=look.words("issued_by", who=issuer, at=short_time(look, task.issued_at), stand=stand_of(look, task)),
    )


@get("/tasks/{task_id:uuid}")
async def show(task_id: FromPath[UUID], request: Asked) -> Response[str]:
    """Show one task."""

    def look_in() -> str:
        with looking(request) as (look, visit):
            page = _task_page(request, look, visit, tasks.one(look.connection, task_id))
        return render("task.html", page, language=look.language)

    return html(request, await entrance_of(request).enter(look_in))


def _task_page(
    request: Asked, look: Look, visit: Visit, task: tasks.Task, error: WrongUse | None = None, typed: str = ""
) -> TaskPage:
    if not tasks.may_see(task, visit.viewer):
        raise NotKnown("casework.task_unknown", task=task.id)
    indicator = look.city.indicators.get(task.indicator or "")
    department = look.city.departments.get(task.department)
    errors = (FieldError("text", explain(error, look.language).next_steps[0]),) if error else ()
    return TaskPage(
        frame=frame(request, visit, "tasks"),
        number=task.number,
        title=task.title_in(look.language),
        state=mark_of(look, task),
        word=stand_of(look, task),
        due_label=look.words("due_label") if task.closed_at is None else look.words("closed_label"),
        due=time_left(look, task.due_at) if task.closed_at is None else short_time(look, task.closed_at),
        back=Link(look.words("back_to_tasks"), "/tasks"),
        provenance=provenance_of(look, indicator) if indicator else (),
        changes=_changes(look, task),
        what=task.note_in(look.language) or task.title_in(look.language),
        why=look.words("why_department", department=department_name(look.city, task.department, look.language)),
        source=Link(look.words("where_from"), f"/indicator/{indicator.indicator}") if indicator else None,
        history=tuple(_step(look, task, event) for event in tasks.course(look.connection, task.id)),
        actions=_actions(visit, task),
        text=typed,
        errors=errors,
        contact=look.words("contact", phone=department.phone) if department and department.phone else "",
    )


def _changes(look: Look, task: tasks.Task) -> tuple[Change, ...]:
    indicator = look.city.indicators.get(task.indicator or "")
    if indicator is None:
        return ()
    after = task.value_after if task.closed_at else value_now(look.connection, look.city, task)
    return (
        Change(
            name=f"{task.key} {indicator.name.said(look.language)}".strip(),
            unit=indicator.unit.said(look.language),
            before=task.value_before,
            after=after,
            before_at=short_time(look, task.issued_at),
            after_at=short_time(look, task.closed_at or look.now),
            decimals=indicator.digits,
            href=f"/indicator/{indicator.indicator}",
        ),
    )


def _step(look: Look, task: tasks.Task, event: tasks.Event) -> Step:
    words = look.words(f"event_{event.act}")
    said = task.note_in(look.language) if event.act == "issued" else event.words
    text = look.words("event_with_words", event=words, words=said) if said else words
    return Step(short_time(look, event.at), text, person_name(look.city, event.person, look.language))


def _actions(visit: Visit, task: tasks.Task) -> tuple[TaskAction, ...]:
    href = f"/tasks/{task.id}/act"
    receiver = visit.viewer.department == task.department
    issuer = visit.viewer.department == task.issuer_dept or "operate_hub" in visit.viewer.may
    found: list[TaskAction] = []
    if receiver and task.state == "issued":
        found += [TaskAction("sign", href), TaskAction("return", href)]
    elif receiver and task.state == "signed":
        found += [TaskAction("report", href), TaskAction("return", href)]
    if issuer and task.state == "reported":
        found.append(TaskAction("close", href))
    return tuple(found)


@post("/tasks/{task_id:uuid}/act", status_code=303)
async def act(task_id: FromPath[UUID], request: Request[None, None, State], data: Form) -> Response[str]:
    """Take the next step of a task; what was typed is kept when something is missing."""

    def look_in() -> str | None:
        try:
            _act(request, task_id, data)
        except WrongUse as error:
            with looking(request) as (look, visit):
                page = _task_page(
                    request, look, visit, tasks.one(look.connection, task_id), error, data.get("text", "")
                )
            return render("task.html", page, language=look.language)
        return None

    text = await entrance_of(request).enter(look_in)
    if text is not None:
        return html(request, text, 422)
    return Redirect(f"/tasks/{task_id}", status_code=303)


def _act(request: Asked, task_id: UUID, data: dict[str, str]) -> None:
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, data.get("csrf"))
    wanted = _ACTS.get(data.get("act", ""))
    if wanted is None:
        raise NotKnown("edge.no_such_page")
    with instance.database.transaction() as connection:
        task = tasks.one(connection, task_id)
        if not tasks.may_see(task, visit.viewer):
            raise NotKnown("casework.task_unknown", task=task_id)
        value = value_now(connection, visit.city, task)
        done = tasks.act_on(
            connection,
            task_id,
            wanted,
            visit.viewer,
            instance.clock,
            instance.new_id,
            words=data.get("text", ""),
            value=value,
        )
        if done.run is not None:
            place = place_for(request, connection, visit.city, done)
            runs.after_task(connection, visit.city, done, place, instance.clock, instance.new_id)


ROUTES = [inbox, show, act]
