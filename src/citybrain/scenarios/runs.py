"""Runs.

An alert starts one, its steps become tasks, closing the last step closes it with the figure before and after.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from citybrain.casework import tasks
from citybrain.city.names import Name
from citybrain.city.scenario import Scenario, Step
from citybrain.city.whole import City
from citybrain.insight.alerts import Alert
from citybrain.kernel.calendar import add_working_days
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

END_OF_WORK = timedelta(hours=18)
_LIVE = frozenset({"trial", "online", "evaluated"})


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scenario.

    Attributes:
        key: The place that alarmed.
        value_before, value_after: Indicator at the start and at the end.

    """

    id: UUID
    scenario: str
    split: str
    key: str
    alert: UUID | None
    indicator: str
    state: str
    started_at: datetime
    closed_at: datetime | None
    value_before: float | None
    value_after: float | None


def start_for(
    connection: Connection,
    city: City,
    alert: Alert,
    place: tuple[Name, str | None],
    clock: Clock,
    new_id: NewId,
) -> list[UUID]:
    """Start the scenarios that wait for an alert.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        alert: The alert that was opened.
        place: What people call the place, and the code of the division it lies in; none where unknown.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Ids of the runs; a place that has an open run gets no second one.

    Source:
        Hangzhou art. 11.

    """
    started = []
    for scenario in city.scenarios.values():
        wanted = scenario.starts_when
        fits = wanted.alert == alert.indicator and (wanted.by or "") == alert.split
        if not fits or scenario.lifecycle not in _LIVE or (wanted.state == "alarm" and alert.state != "alarm"):
            continue
        given = {
            "id": new_id(), "scenario": scenario.ref, "revision": city.revision, "split": alert.split, "key": alert.key,
            "alert": alert.id, "indicator": alert.indicator, "at": clock.now(), "value": alert.value,
        }  # fmt: skip
        row = connection.execute(statements("citybrain.scenarios", "runs")["start"], given).fetchone()
        if row is None:
            continue
        facts = {"scenario": scenario.ref, "key": alert.key, "alert": alert.id, "value": alert.value}
        evidence.write(connection, "scenarios:run:started", str(row[0]), facts, clock.now(), new_id)
        for step in scenario.steps:
            if not step.after:
                _issue_step(connection, city, scenario, step, row[0], alert, place, clock, new_id)
        started.append(row[0])
    return started


def _issue_step(
    connection: Connection,
    city: City,
    scenario: Scenario,
    step: Step,
    run: UUID,
    alert: Alert | Run,
    place: tuple[Name, str | None],
    clock: Clock,
    new_id: NewId,
) -> None:
    value = alert.value if isinstance(alert, Alert) else alert.value_before
    normal = alert.usual if isinstance(alert, Alert) else None
    words = {
        "value": f"{value:,.0f}" if value is not None else "—",
        "usual": f"{normal:,.0f}" if normal is not None else "—",
    }
    due_at, due_words = due_of(step, city, clock)
    order = tasks.Order(
        title=step.title.zh.format(place=place[0].zh, **words),
        title_en=step.title.en.format(place=place[0].en, **words),
        department=_department(city, step, place[1]) or scenario.owner,
        due_at=due_at,
        due_words=due_words,
        note=step.why.zh.format(place=place[0].zh, **words) if step.why else "",
        note_en=step.why.en.format(place=place[0].en, **words) if step.why else None,
        urgency="alarm",
        indicator=alert.indicator,
        split=alert.split,
        key=alert.key,
        value=value,
        alert=alert.id if isinstance(alert, Alert) else alert.alert,
        run=run,
        step=step.step,
        once=f"{run}/{step.step}",
    )
    tasks.issue(connection, order, scenario.ref, scenario.owner, city.zone, clock, new_id)


def due_of(step: Step, city: City, clock: Clock) -> tuple[datetime, str]:
    """Reckon when a step is due.

    Args:
        step: A step.
        city: For its zone.
        clock: Present instant.

    Returns:
        The instant and how it was reckoned.

    """
    now = clock.now()
    if step.due.working_days is not None:
        day = add_working_days(city_day(now, city.zone), step.due.working_days).day
        end = datetime.combine(day, datetime.min.time(), city.zone) + END_OF_WORK
        return end, f"{step.due.working_days} working days"
    within = step.due.within or timedelta(hours=1)
    return now + within, f"{int(within.total_seconds() // 60)} min"


def _department(city: City, step: Step, division: str | None) -> str | None:
    if step.to != "district":
        return step.to
    return next(
        (item.ref for item in city.departments.values() if item.kind == "district" and item.division == division), None
    )


def after_task(
    connection: Connection, city: City, task: tasks.Task, place: tuple[Name, str | None], clock: Clock, new_id: NewId
) -> None:
    """Go on with a run after one of its tasks was closed or given back.

    Args:
        connection: The transaction that moved the task.
        city: The revision in force.
        task: The task as it stands now.
        place: What people call the place, and its division.
        clock: Present instant.
        new_id: Source of identifiers.

    """
    if task.run is None or task.state not in {"closed", "returned"}:
        return
    sql = statements("citybrain.scenarios", "runs")
    row = connection.execute(sql["lock"], {"id": task.run}).fetchone()
    if row is None or row[6] != "open":
        return
    run = Run(*row)
    scenario = city.scenarios.get(run.scenario)
    listed = tasks.listed(connection, run=run.id)
    done = {item.step for item in listed if item.state in {"closed", "returned"}}
    issued = {item.step for item in listed}
    waiting = [step for step in scenario.steps if step.step not in issued] if scenario else []
    for step in waiting:
        if scenario is not None and set(step.after) <= done:
            _issue_step(connection, city, scenario, step, run.id, run, place, clock, new_id)
            issued.add(step.step)
    if done == issued and not [step for step in waiting if step.step not in issued]:
        value = newest_value(connection, city, run)
        connection.execute(sql["close"], {"id": run.id, "at": clock.now(), "value": value})
        facts = {"scenario": run.scenario, "key": run.key, "before": run.value_before, "after": value}
        evidence.write(connection, "scenarios:run:closed", str(run.id), facts, clock.now(), new_id)


def newest_value(connection: Connection, city: City, run: Run) -> float | None:
    """Return the newest value of the place a run is about.

    Args:
        connection: Any transaction.
        city: The revision in force.
        run: The run.

    """
    indicator = city.indicators.get(run.indicator)
    given = {
        "indicator": run.indicator, "split": run.split, "key": run.key,
        "grain": indicator.time.grain if indicator else "15min",
    }  # fmt: skip
    row = connection.execute(statements("citybrain.scenarios", "runs")["newest_value"], given).fetchone()
    return row[0] if row else None


def listed(connection: Connection, scenario: str, limit: int = 50) -> list[Run]:
    """List the runs of a scenario, newest first.

    Args:
        connection: Any transaction.
        scenario: Ref.
        limit: Most runs.

    """
    given = {"scenario": scenario, "limit": limit}
    rows = connection.execute(statements("citybrain.scenarios", "runs")["listed"], given).fetchall()
    return [Run(*row) for row in rows]
