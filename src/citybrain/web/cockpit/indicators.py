"""The page of one indicator: why this number, and the task that is issued from it (Hangzhou art. 10, 12, 15)."""

from datetime import date, datetime, time, timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.casework import tasks
from citybrain.city.indicator import Indicator
from citybrain.cockpits.figures import Look, as_of_text, provenance_of, state_of, tile
from citybrain.cockpits.figures_view import Link
from citybrain.cockpits.panels import task_line, trend
from citybrain.insight.values import Standing, newest_of, standing
from citybrain.kernel.calendar import add_working_days
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.safeguards.viewing import require
from citybrain.web.cockpit.chain import chain, facts, thresholds, used_in
from citybrain.web.cockpit.looking import looking
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.indicator_view import IndicatorPage, IssueForm
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError, Option
from citybrain.web.quality import aspects, in_dispute
from citybrain.web.sessions import Visit, check_form, viewer_in

END_OF_WORK = time(18, 0)
QUALITY_DAYS = 7
MOST_WORKING_DAYS = 365


@get("/indicator/{name:str}")
async def show(name: FromPath[str], request: Asked) -> Response[str]:
    """Show everything about one figure."""

    def look_in() -> str:
        with looking(request) as (look, visit):
            page = _page(request, look, visit, visit.indicator(f"indicator:{name}"))
        return render("indicator.html", page, language=look.language)

    return html(request, await entrance_of(request).enter(look_in))


def _page(
    request: Asked,
    look: Look,
    visit: Visit,
    indicator: Indicator,
    typed: dict[str, str] | None = None,
    error: WrongUse | None = None,
) -> IndicatorPage:
    said = standing(look.connection, look.city, indicator, look.now)
    shown = tile(look, indicator)
    contracts = look.city.contracts_read_by(indicator)
    since = look.now - timedelta(days=QUALITY_DAYS)
    found = tasks.listed(look.connection, indicator=indicator.ref, limit=10)
    charted = indicator.time.grain != "all"
    return IndicatorPage(
        frame=frame(request, visit, "cockpit", provenance_of(look, indicator)),
        ref=indicator.ref,
        name=indicator.name.said(look.language),
        value=shown.value,
        unit=shown.unit,
        state=state_of(said),
        decimals=indicator.digits,
        word=_late_word(look, said),
        crumbs=(
            Link(look.words("crumb_cockpit"), "/"),
            Link(look.words(f"field_{indicator.field}")),
            Link(indicator.name.said(look.language), current=True),
        ),
        provenance=provenance_of(look, indicator),
        comparisons=tuple(line for line in (shown.lead, shown.rest) if line),
        stand=_stand(look, indicator, said),
        chain=chain(look, visit, indicator, said),
        trend=trend(look, indicator, None) if charted else None,
        days=trend(look, indicator, 14) if charted and indicator.time.grain in {"15min", "hour"} else None,
        quality=aspects(look.connection, look.city, contracts, since, look.language),
        definition=indicator.caliber.said(look.language),
        facts=facts(look, indicator, said),
        thresholds=thresholds(look, indicator),
        tasks=tuple(task_line(look, task) for task in found if tasks.may_see(task, visit.viewer)),
        used_in=used_in(look, indicator),
        issue=_form(look, visit, indicator, typed or {}, error) if "issue_tasks" in visit.viewer.may else None,
        csv_href=f"/api/v1/indicators/{indicator.indicator}?format=csv",
        disputes=in_dispute(look.connection, contracts, look.language),
    )


def _late_word(look: Look, said: Standing) -> str:
    if said.late_by is None or said.promised is None:
        return ""
    late, promised = int(said.late_by.total_seconds() // 60), int(said.promised.total_seconds() // 60)
    return f"{say('web.late', look.language, minutes=late)}{say('web.comma', look.language)}" + say(
        "web.promised", look.language, minutes=promised
    )


def _stand(look: Look, indicator: Indicator, said: Standing) -> str:
    if said.refreshed_at is None:
        return look.words("no_value_yet")
    refreshed = said.refreshed_at.astimezone(look.city.zone)
    until = as_of_text(look, indicator, said)
    return look.words("stand", until=until, refreshed=f"{refreshed:%H:%M:%S}", revision=said.revision)


def _form(look: Look, visit: Visit, indicator: Indicator, typed: dict[str, str], error: WrongUse | None) -> IssueForm:
    chosen = typed.get("department", indicator.owner)
    options = tuple(
        Option(ref, department_name(look.city, ref, look.language), chosen=ref == chosen)
        for ref in sorted(look.city.departments)
        if ref != visit.viewer.department
    )
    field = {"casework.title_missing": "title", "casework.due_over": "due_date", "edge.due_wrong": "due_days"}
    errors = (FieldError(field.get(error.code, "title"), explain(error, look.language).next_steps[0]),) if error else ()
    return IssueForm(
        action=f"/indicator/{indicator.indicator}/tasks",
        departments=options,
        title=typed.get("title", look.words("check_figure", name=indicator.name.said(look.language))),
        due_days=typed.get("due_days", "2"),
        due_date=typed.get("due_date", ""),
        note=typed.get("note", ""),
        errors=errors,
    )


@post("/indicator/{name:str}/tasks", status_code=303)
async def issue(name: FromPath[str], request: Request[None, None, State], data: Form) -> Response[Any]:
    """Issue a task from an indicator to a department."""

    def look_in() -> tuple[str, str | None]:
        try:
            return str(_issue(request, name, data)), None
        except WrongUse as error:
            with looking(request) as (look, visit):
                page = _page(request, look, visit, visit.indicator(f"indicator:{name}"), data, error)
            return "", render("indicator.html", page, language=look.language)

    task, text = await entrance_of(request).enter(look_in)
    if text is not None:
        return html(request, text, 422)
    return Redirect(f"/tasks/{task}", status_code=303)


def _issue(request: Asked, name: str, data: dict[str, str]) -> object:
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, data.get("csrf"))
    require(visit.viewer, "issue_tasks")
    indicator = visit.indicator(f"indicator:{name}")
    if data.get("department") not in visit.city.departments:
        raise WrongUse("casework.department_missing")
    due_at, words = due_of(data, instance.clock.now(), visit)
    with instance.database.transaction() as connection:
        order = tasks.Order(
            title=data.get("title", ""),
            department=data["department"],
            due_at=due_at,
            due_words=words,
            note=data.get("note", ""),
            indicator=indicator.ref,
            value=newest_of(connection, indicator, "", ""),
            urgency="normal",
            once=f"{visit.session}/{name}/{data.get('title', '')}/{instance.clock.now():%Y%m%d%H%M}",
        )
        return tasks.issue(
            connection,
            order,
            visit.viewer.person,
            visit.viewer.department,
            visit.city.zone,
            instance.clock,
            instance.new_id,
        )


def due_of(data: dict[str, str], now: datetime, visit: Visit) -> tuple[datetime, str]:
    """Reckon a due date from a form: a day, or working days from today.

    Args:
        data: The form.
        now: Present instant.
        visit: For the city's zone.

    Returns:
        The end of work on that day, and how it was reckoned.

    Raises:
        WrongUse: Neither a day nor a number of working days.

    """
    zone = visit.city.zone
    given = data.get("due_date", "").strip()
    if given:
        try:
            day = date.fromisoformat(given)
        except ValueError:
            raise WrongUse("edge.due_wrong", given=given) from None
        return datetime.combine(day, END_OF_WORK, zone), given
    days = data.get("due_days", "").strip()
    if not days.isdecimal() or not 1 <= int(days) <= MOST_WORKING_DAYS:
        raise WrongUse("edge.due_wrong", given=days)
    due = add_working_days(now.astimezone(zone).date(), int(days)).day
    return datetime.combine(due, END_OF_WORK, zone), f"{days} working days"


ROUTES = [show, issue]
