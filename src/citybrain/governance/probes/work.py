"""Probes of casework and scenarios: tasks, urging, runs that an alert starts (Hangzhou art. 6, 10, 11)."""

from datetime import timedelta
from uuid import UUID

from citybrain.casework import tasks
from citybrain.city.names import Name
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.figures import count
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import AMOUNT, BUREAU, PROVIDER, SCENARIO, reading
from citybrain.insight.alerts import judge_states
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.viewing import Viewer
from citybrain.scenarios import runs

HOUR = timedelta(hours=1)

PLACE = Name(zh="P1", en="P1")


def _issue(at: Stage, connection: Connection) -> UUID:
    order = tasks.Order(
        title="law check",
        department=PROVIDER,
        due_at=at.clock.now() + HOUR,
        due_words="1 h",
        indicator=AMOUNT,
        value=42.0,
    )
    return tasks.issue(connection, order, "law-check-leader", BUREAU, at.city.zone, at.clock, at.new_id)


def task_runs_its_course(bench: Bench) -> Seen:
    """Issue a task from a number, sign, report and close it: each step by its own side, kept and evidenced."""
    with stage(bench) as at, at.database.transaction() as connection:
        leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
        task = _issue(at, connection)

        def step(act: tasks.Act, who: Viewer, words: str = "", value: float | None = None) -> tasks.Task:
            return tasks.act_on(connection, task, act, who, at.clock, at.new_id, words=words, value=value)

        refused(lambda: step("sign", leader), AccessRefused, "task_signed_by_another")
        refused(lambda: step("close", leader), Conflicting, "task_closed_before_time")
        step("sign", clerk)
        refused(lambda: step("report", clerk), WrongUse, "task_reported_without_words")
        step("report", clerk, "done")
        done = step("close", leader, value=7.0)
        acts = [event.act for event in tasks.course(connection, task)]
        entries = sum(
            count(connection, "entries_about", act=f"casework:task:{act}", subject=str(task)) for act in acts
        )  # fmt: skip
    demand(done.state == "closed" and done.closed_at is not None, "task_not_closed")
    demand((done.value_before, done.value_after) == (42.0, 7.0), "task_forgot_its_number")
    demand(sorted(acts) == ["closed", "issued", "reported", "signed"] and entries == 4, "task_left_no_trail")
    with bench.database.reading() as connection:
        silent = count(connection, "tasks_without_trail")
        sql = statements("citybrain.governance", "figures")["tasks_in_all"]
        issued, closed = connection.execute(sql).fetchone() or (0, 0)
    demand(silent == 0, "tasks_without_trail", tasks=silent)
    return seen("task_runs_its_course", issued=issued, closed=closed)


def overdue_is_urged(bench: Bench) -> Seen:
    """Let a task pass its date: it counts as overdue, is listed, and can be urged by whoever issued it only."""
    with stage(bench) as at, at.database.transaction() as connection:
        leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
        task = _issue(at, connection)
        demand(not tasks.one(connection, task).overdue(at.clock.now()), "task_overdue_too_soon")
        at.clock.advance(2 * HOUR)
        demand(tasks.one(connection, task).overdue(at.clock.now()), "overdue_not_seen")
        listed = tasks.listed(connection, department=PROVIDER, open_only=True)
        demand([item.id for item in listed] == [task], "overdue_not_listed")

        def urge(who: Viewer) -> None:
            tasks.act_on(connection, task, "urge", who, at.clock, at.new_id)

        refused(lambda: urge(clerk), AccessRefused, "urged_by_itself")
        urge(leader)
        urged = [event for event in tasks.course(connection, task) if event.act == "urged"]
    demand(len(urged) == 1 and urged[0].person == "law-check-leader", "urging_left_no_trail")
    with bench.database.reading() as connection:
        sql = statements("citybrain.governance", "figures")["open_tasks"]
        still_open, overdue = connection.execute(sql, {"now": bench.clock.now()}).fetchone() or (0, 0)
    return seen("overdue_is_urged", open=still_open, overdue=overdue)


def alert_runs_scenario(bench: Bench) -> Seen:
    """Let a number alarm: its scenario starts once, its step is a task, closing it closes the run."""
    with stage(bench) as at:
        at.send([reading(at.clock.now(), amount=400)])
        engine = Engine(threads=1, memory="256MB")
        try:
            refresh(at.city, at.city.indicators[AMOUNT], at.database, at.reader, engine, at.clock)
        finally:
            engine.close()
        with at.database.transaction() as connection:
            _run(at, connection)
    with bench.database.reading() as connection:
        sql = statements("citybrain.governance", "figures")["runs"]
        started, closed = connection.execute(sql).fetchone() or (0, 0)
    live = len(bench.city.scenarios)
    return seen("alert_runs_scenario", scenarios=live, started=started, closed=closed)


def _run(at: Stage, connection: Connection) -> None:
    clerk = at.viewer("law-check-clerk")
    opened = judge_states(connection, at.city, at.city.indicators[AMOUNT], at.clock.now(), at.new_id)
    demand(len(opened) == 1, "alarm_opened_no_alert")
    started = runs.start_for(connection, at.city, opened[0], (PLACE, None), at.clock, at.new_id)
    demand(len(started) == 1, "alert_started_nothing")
    again = runs.start_for(connection, at.city, opened[0], (PLACE, None), at.clock, at.new_id)
    demand(not again, "alert_started_twice")
    issued = tasks.listed(connection, run=started[0])
    demand(len(issued) == 1 and issued[0].department == PROVIDER, "step_made_no_task")
    acts: tuple[tasks.Act, ...] = ("sign", "report", "close")
    for act in acts:
        done = tasks.act_on(connection, issued[0].id, act, clerk, at.clock, at.new_id, words="done")
    runs.after_task(connection, at.city, done, (PLACE, None), at.clock, at.new_id)
    run = runs.listed(connection, SCENARIO)[0]
    demand(run.state == "closed", "run_not_closed")
    demand((run.value_before, run.value_after) == (400.0, 400.0), "run_forgot_its_number")
