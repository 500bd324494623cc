"""Application scenarios: what they are for, their runs, steps and tasks, the figure before and after.

Source: Hangzhou art. 11, 12.
"""

import re
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from citybrain.casework import tasks
from citybrain.city.indicator import Indicator
from citybrain.city.scenario import Scenario
from citybrain.city.scenario import Step as DeclaredStep
from citybrain.cockpits.figures import Look, provenance_of
from citybrain.cockpits.figures_view import Link, State
from citybrain.cockpits.panels import time_left
from citybrain.insight.values import newest_of
from citybrain.kernel.errors import NotKnown
from citybrain.safeguards.viewing import may_see
from citybrain.scenarios import runs
from citybrain.web.cockpit.looking import looking, place_label, short_time
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import article_href, article_name, department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Change, Fact, Step
from citybrain.web.promises import duration
from citybrain.web.scenario_view import OfflineChannel, ProcessStep, Run, ScenarioLine, ScenarioPage, ScenariosPage
from citybrain.web.sessions import Visit

RUNS_SHOWN = 200
_CLAUSES = re.compile(r"[：。]|: |\. ")
_NAMED = re.compile(r"\{\w+\}")
_LIFECYCLE: dict[str, State] = {"online": "ok", "evaluated": "ok", "trial": "ok", "rectify": "warn"}


@get("/scenario")
async def listed(request: Asked) -> Response[str]:
    """Show the scenarios this person may open."""

    def look_in() -> str:
        with looking(request) as (look, visit):
            lines = tuple(_line(look, visit, item) for item in _openable(look, visit))
            page = ScenariosPage(frame(request, visit, "scenario"), lines)
        return render("scenarios.html", page, language=look.language)

    return html(request, await entrance_of(request).enter(look_in))


def _openable(look: Look, visit: Visit) -> list[Scenario]:
    """Leave out scenarios whose indicator this person may not see."""
    return [item for item in look.city.scenarios.values() if _indicator(look, visit, item) is not None]


def _indicator(look: Look, visit: Visit, scenario: Scenario) -> Indicator | None:
    found = look.city.indicators.get(scenario.starts_when.alert)
    return found if found is not None and may_see(visit.viewer, found) else None


def _line(look: Look, visit: Visit, scenario: Scenario) -> ScenarioLine:
    found = runs.listed(look.connection, scenario.ref, RUNS_SHOWN)
    opened = [item for item in found if item.state == "open"]
    indicator = _indicator(look, visit, scenario)
    late = any(task.overdue(look.now) for run in opened for task in tasks.listed(look.connection, run=run.id))
    state: State = "alarm" if late else ("warn" if opened else _LIFECYCLE.get(scenario.lifecycle, "none"))
    word = look.words("overdue") if late else (look.words("run_open") if opened else "")
    return ScenarioLine(
        scenario.name.said(look.language),
        f"/scenario/{scenario.scenario}",
        _purpose(look, scenario),
        department_name(look.city, scenario.owner, look.language),
        len(opened),
        len(found) - len(opened),
        state,
        provenance_of(look, indicator) if indicator else (),
        word or look.words(f"lifecycle_{scenario.lifecycle}"),
    )


def _purpose(look: Look, scenario: Scenario) -> str:
    start = scenario.starts_when
    indicator = look.city.indicators.get(start.alert)
    name = indicator.name.said(look.language) if indicator else start.alert
    state = look.words(start.state)
    return look.words("scenario_purpose", indicator=name, state=state, steps=len(scenario.steps))


@get("/scenario/{name:str}")
async def one(name: FromPath[str], request: Asked) -> Response[str]:
    """Show one scenario with its runs; the newest run is shown in full unless another is asked for."""

    def look_in() -> str:
        with looking(request) as (look, visit):
            page = _page(request, look, visit, name)
        return render("scenario.html", page, language=look.language)

    return html(request, await entrance_of(request).enter(look_in))


def _page(request: Asked, look: Look, visit: Visit, name: str) -> ScenarioPage:
    scenario = look.city.scenarios.get(f"scenario:{name}")
    indicator = _indicator(look, visit, scenario) if scenario else None
    if scenario is None or indicator is None:
        raise NotKnown("cockpits.scenario_unknown", scenario=name)
    found = runs.listed(look.connection, scenario.ref, RUNS_SHOWN)
    shown = _chosen(found, request.query_params.get("run", ""))
    listed_tasks = tasks.listed(look.connection, run=shown.id) if shown else []
    mine = [task for task in listed_tasks if tasks.may_see(task, visit.viewer)]
    opened = sum(run.state == "open" for run in found)
    title = scenario.name.said(look.language)
    place = place_of_run(look, indicator, shown) if shown else ""
    return ScenarioPage(
        frame=frame(request, visit, "scenario", provenance_of(look, indicator)),
        ref=scenario.ref,
        name=title,
        purpose=_purpose(look, scenario),
        crumbs=(Link(look.words("crumb_scenario"), "/scenario"), Link(title, "", current=True)),
        provenance=provenance_of(look, indicator),
        open=opened,
        closed=len(found) - opened,
        facts=_facts(look, scenario, indicator),
        steps=tuple(_step(look, step, listed_tasks, place) for step in scenario.steps),
        history=_history(look, shown, mine) if shown else (),
        run_title=_run_title(look, indicator, shown) if shown else "",
        indicator=look.words(
            "name_unit", name=indicator.name.said(look.language), unit=indicator.unit.said(look.language)
        ),
        decimals=indicator.digits,
        changes=(_change(look, indicator, shown),) if shown else (),
        runs=tuple(_run(look, scenario, indicator, run, shown) for run in found),
        tasks=tuple(Link(task.title_in(look.language), f"/tasks/{task.id}") for task in mine),
        offline=(
            OfflineChannel(scenario.offline_channel.counter.said(look.language), phone=scenario.offline_channel.phone),
        ),
    )


def _chosen(found: list[runs.Run], asked: str) -> runs.Run | None:
    try:
        wanted = UUID(asked)
    except ValueError:
        return found[0] if found else None
    return next((run for run in found if run.id == wanted), None) or (found[0] if found else None)


def _facts(look: Look, scenario: Scenario, indicator: Indicator) -> tuple[Fact, ...]:
    others = dict.fromkeys(_receiver(look, step) for step in scenario.steps if step.to != scenario.owner)
    facts = [
        Fact(look.words("fact_lead"), department_name(look.city, scenario.owner, look.language)),
        Fact(look.words("fact_with"), look.words("between").join(others) or "—"),
        Fact(look.words("fact_starts"), indicator.name.said(look.language), f"/indicator/{indicator.indicator}"),
        Fact(look.words("fact_article"), _articles(look, scenario) or "—", _law(scenario)),
        Fact(look.words("fact_stage"), look.words(f"lifecycle_{scenario.lifecycle}")),
    ]
    if scenario.before is not None:
        effort = look.words("effort_before", steps=scenario.before.steps, minutes=scenario.before.minutes)
        facts.append(Fact(look.words("fact_before"), effort))
    return tuple(facts)


def _articles(look: Look, scenario: Scenario) -> str:
    return look.words("between").join(article_name(ref, look.language) for ref in scenario.basis)


def _law(scenario: Scenario) -> str:
    return article_href(scenario.basis[0]) if scenario.basis else ""


def _step(look: Look, step: DeclaredStep, found: list[tasks.Task], place: str) -> ProcessStep:
    name = _step_name(look, step, place)
    task = next((item for item in found if item.step == step.step), None)
    if task is None:
        return ProcessStep(name, _receiver(look, step), "next", _limit(look, step))
    who = department_name(look.city, task.department, look.language)
    if task.closed_at is not None:
        return ProcessStep(name, who, "done", short_time(look, task.closed_at))
    return ProcessStep(name, who, "now", time_left(look, task.due_at))


def _receiver(look: Look, step: DeclaredStep) -> str:
    return look.words("the_district") if step.to == "district" else department_name(look.city, step.to, look.language)


def _limit(look: Look, step: DeclaredStep) -> str:
    if step.due.working_days is not None:
        return look.words("time_limit", limit=look.words("working_days", count=step.due.working_days))
    return look.words("time_limit", limit=duration(step.due.within, look.language)) if step.due.within else ""


def _step_name(look: Look, step: DeclaredStep, place: str = "") -> str:
    """Name a step by what is done: the clauses without the figures of the moment it was issued."""
    clauses = [text for text in _CLAUSES.split(step.title.said(look.language)) if text.strip()]
    kept = [text for text in clauses if not {"{value}", "{usual}"} & set(_NAMED.findall(text)) and text != "{place}"]
    joined = look.words("colon").join(kept or clauses)
    return joined.replace("{place}", place or look.words("the_place")).replace("{value}", "…").replace("{usual}", "…")


def place_of_run(look: Look, indicator: Indicator, run: runs.Run) -> str:
    """Say which place a run is about.

    Args:
        look: What is looked at.
        indicator: The indicator that alarmed.
        run: The run.

    """
    return place_label(look, indicator, run.split, run.key)


def _run_title(look: Look, indicator: Indicator, run: runs.Run) -> str:
    return look.words("run_title", place=place_of_run(look, indicator, run), at=short_time(look, run.started_at))


def _run(look: Look, scenario: Scenario, indicator: Indicator, run: runs.Run, shown: runs.Run | None) -> Run:
    found = tasks.listed(look.connection, run=run.id) if run.state == "open" else []
    waiting = [task for task in found if task.closed_at is None]
    late = any(task.overdue(look.now) for task in waiting)
    current = {task.step for task in waiting}
    names = [_step_name(look, step) for step in scenario.steps if step.step in current]
    opened = run.state == "open"
    word = look.words("overdue") if late else look.words("run_open" if opened else "run_closed")
    return Run(
        number=str(run.id)[:13],
        title=place_of_run(look, indicator, run),
        href=f"/scenario/{scenario.scenario}?run={run.id}",
        opened=short_time(look, run.started_at),
        closed=short_time(look, run.closed_at) if run.closed_at else "",
        state="alarm" if late else ("warn" if opened else "ok"),
        word=word,
        step=" / ".join(names),
        before=run.value_before,
        after=run.value_after if not opened else _value_now(look, indicator, run),
        shown=shown is not None and run.id == shown.id,
    )


def _value_now(look: Look, indicator: Indicator, run: runs.Run) -> float | None:
    return newest_of(look.connection, indicator, run.split, run.key)


def _change(look: Look, indicator: Indicator, run: runs.Run) -> Change:
    after = run.value_after if run.state == "closed" else _value_now(look, indicator, run)
    better = None
    if after is not None and run.value_before is not None and after != run.value_before:
        wanted_down = indicator.better != "higher"
        better = (after < run.value_before) == wanted_down
    return Change(
        name=f"{place_of_run(look, indicator, run)} {indicator.name.said(look.language)}",
        unit=indicator.unit.said(look.language),
        before=run.value_before,
        after=after,
        before_at=short_time(look, run.started_at),
        after_at=short_time(look, run.closed_at or look.now),
        decimals=indicator.digits,
        better=better,
        href=f"/indicator/{indicator.indicator}",
    )


def _history(look: Look, run: runs.Run, mine: list[tasks.Task]) -> tuple[Step, ...]:
    happened = [(run.started_at, look.words("run_started"), "")]
    for task in mine:
        department = department_name(look.city, task.department, look.language)
        for event in tasks.course(look.connection, task.id):
            said = look.words(f"event_{event.act}")
            text = look.words("event_of", event=said, department=department)
            if event.words and event.act != "issued":
                text = look.words("event_with_words", event=text, words=event.words)
            happened.append((event.at, text, person_name(look.city, event.person, look.language)))
    if run.closed_at is not None:
        happened.append((run.closed_at, look.words("run_ended"), ""))
    happened.sort(key=lambda item: item[0])
    return tuple(Step(short_time(look, at), text, who) for at, text, who in happened)


ROUTES = [listed, one]
