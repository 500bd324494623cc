"""Panels: trends, rankings, maps and the list of alarms and tasks (Hangzhou art. 10)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from citybrain.casework import tasks
from citybrain.city.indicator import Indicator
from citybrain.cockpits.figures import STATES, Look, additive, dom_id, provenance_of, state_of
from citybrain.cockpits.figures_view import State
from citybrain.cockpits.outline import Outline
from citybrain.cockpits.panels_view import (
    DistrictMap,
    MapArea,
    MapBand,
    Ranking,
    RankRow,
    Series,
    TaskLine,
    TaskList,
    Trend,
)
from citybrain.insight import alerts
from citybrain.insight.engines.duckdb import midnight
from citybrain.insight.values import Ranked, ranking, series, standing
from citybrain.kernel.numerals import number
from citybrain.safeguards.viewing import Viewer

RANKED_ROWS = 13
TASK_LINES = 8
USUAL_DAYS = 28
_TASK_WORDS = {state: f"task_{state}" for state in ("issued", "signed", "reported", "closed", "returned")}


def trend(look: Look, indicator: Indicator, days: int | None) -> Trend:
    """Make the trend of an indicator: today beside the usual day, or the last days.

    Args:
        look: What is looked at.
        indicator: An indicator this viewer may see.
        days: Days to look back; none shows today where periods are shorter than a day.

    """
    split, key = look.scope_of(indicator)
    said = standing(look.connection, look.city, indicator, look.now, split, key)
    if indicator.time.grain in {"15min", "hour"} and days is None:
        labels, columns, published = _today(look, indicator, said.as_of or look.now, split, key)
    else:
        labels, columns, published = _days(look, indicator, said.as_of or look.now, days or 30, split, key)
    measured = [(label, value) for label, value in zip(labels, columns[0].values, strict=True) if value is not None]
    unit = indicator.unit.said(look.language)
    top = max(measured, key=lambda item: item[1]) if measured else None
    summary = (
        look.words(
            "trend_summary", name=indicator.name.said(look.language), time=measured[-1][0],
            value=number(measured[-1][1], indicator.digits), unit=unit, top_time=top[0], top=number(top[1],
        indicator.digits), )
        if measured and top
        else look.words("trend_empty", name=indicator.name.said(look.language))
    )  # fmt: skip
    large = top is not None and top[1] >= 100_000
    return Trend(
        id=f"{dom_id(indicator)}-trend{days or ''}",
        name=_trend_name(look, indicator, days),
        unit=unit,
        labels=tuple(labels),
        series=tuple(columns),
        summary=summary,
        label_header=look.words("period"),
        decimals=indicator.digits,
        state=state_of(said, split, key),
        provenance=provenance_of(look, indicator),
        href=f"/indicator/{indicator.indicator}",
        axis_unit=look.words("ten_thousand", unit=unit) if large else "",
        axis_divisor=(10_000.0 if look.language == "zh" else 1_000.0) if large else 1.0,
        published=published,
        hero=True,
    )


def _trend_name(look: Look, indicator: Indicator, days: int | None) -> str:
    """Tell apart the panels of one indicator: its course, or its last days."""
    name = indicator.name.said(look.language)
    if indicator.time.grain in {"month", "year"} or (days is None and indicator.time.grain != "day"):
        return look.words("panel_course", name=name)
    return look.words("panel_days", name=name, days=days or 30)


def _today(
    look: Look, indicator: Indicator, newest: datetime, split: str, key: str
) -> tuple[list[str], list[Series], str]:
    zone, grain = look.city.zone, indicator.time.grain
    today = newest.astimezone(zone).date()
    start = midnight(today, zone)
    points = series(
        look.connection, indicator, grain, start - timedelta(days=USUAL_DAYS), start + timedelta(days=1), split, key
    )
    now_values: dict[str, float | None] = {}
    others: dict[str, list[tuple[bool, float]]] = {}
    for point in points:
        local = point.bucket.astimezone(zone)
        label = f"{local:%H:%M}"
        if local.date() == today:
            now_values[label] = point.value
        elif point.value is not None:
            others.setdefault(label, []).append((local.weekday() >= 5, point.value))
    labels = sorted({*now_values, *others})
    weekend = today.weekday() >= 5
    usual = tuple(_mean(others.get(label, []), weekend=weekend) for label in labels)
    columns = [Series(look.words("today"), "measured", tuple(now_values.get(label) for label in labels))]
    if any(value is not None for value in usual):
        columns.append(Series(look.words("usual_days"), "reference", usual))
    published = max(now_values, default="")
    return labels, columns, published


def _mean(found: Sequence[tuple[bool, float]], *, weekend: bool) -> float | None:
    same = [value for kind, value in found if kind == weekend]
    chosen = same if len(same) >= 3 else [value for _, value in found]
    return sum(chosen) / len(chosen) if len(chosen) >= 3 else None


def _days(
    look: Look, indicator: Indicator, newest: datetime, days: int, split: str, key: str
) -> tuple[list[str], list[Series], str]:
    zone = look.city.zone
    grain = "day" if indicator.time.grain in {"15min", "hour"} else indicator.time.grain
    back = {"month": 31, "year": 366}.get(grain, 1)
    first = midnight(newest.astimezone(zone).date(), zone) - timedelta(days=days * back)
    until = newest + timedelta(days=1)
    if grain != indicator.time.grain and additive(indicator):  # a sum of half a day is no day
        until = min(until, midnight(look.now.astimezone(zone).date(), zone))
    points = series(look.connection, indicator, grain, first, until, split, key)
    form = {"year": "%Y", "month": "%Y-%m"}.get(grain, "%m-%d")
    labels = [f"{point.bucket.astimezone(zone):{form}}" for point in points]
    values = tuple(point.value for point in points)
    return labels, [Series(indicator.name.said(look.language), "measured", values)], labels[-1] if labels else ""


def ranked(look: Look, indicator: Indicator, by: str) -> Ranking:
    """Make the ranking of an indicator by a dimension.

    Args:
        look: What is looked at.
        indicator: An indicator this viewer may see.
        by: One of its dimensions.

    """
    _, found = ranking(look.connection, indicator, by, look.now)
    lower_first = indicator.better == "higher"
    known = [item for item in found if item.value is not None]
    if lower_first:
        known.reverse()
    small = [item for item in found if item.hidden]
    shown = known[:RANKED_ROWS] + small[: max(0, RANKED_ROWS - len(known))]
    states = _states(look, indicator, by)
    values = [item.value for item in shown if item.value is not None]
    place = by == indicator.place
    contract = look.city.contracts.get(indicator.source or "")
    header = look.words("district") if place else (contract.field(by).title.said(look.language) if contract else by)
    return Ranking(
        id=f"{dom_id(indicator)}-by-{by.replace('_', '-')}",
        name=look.words("panel_by", name=indicator.name.said(look.language), by=header),
        rows=tuple(_rank_row(look, item, states, place=place) for item in shown),
        name_header=header,
        value_header=indicator.unit.said(look.language),
        order=_order(look, indicator, "low_to_high" if lower_first else "high_to_low", len(values), known, small),
        decimals=indicator.digits,
        axis=(min(0.0, *values), max(values) or 1.0) if len(values) > 1 else None,
        provenance=provenance_of(look, indicator),
        href=f"/indicator/{indicator.indicator}",
    )


def _order(
    look: Look, indicator: Indicator, order: str, shown: int, known: Sequence[Ranked], small: Sequence[Ranked]
) -> str:
    said = look.words(order, shown=shown, total=len(known))
    return f"{said} · {look.words('suppressed', k=indicator.suppress_below)}" if small else said


def _states(look: Look, indicator: Indicator, by: str) -> dict[str, State]:
    said = standing(look.connection, look.city, indicator, look.now)
    if said.late_by is not None:
        return {}
    return {item.key: STATES[item.state] for item in said.states if item.split == by}


def _rank_row(look: Look, item: Ranked, states: dict[str, State], *, place: bool) -> RankRow:
    return RankRow(
        name=look.place(item.key) if place else (item.key or look.words("not_stated")),
        value=item.value,
        state="none" if item.hidden else states.get(item.key, "ok"),
        href=district_href(look, item.key) if place else "",
        selected=item.key == look.division,
    )


def district_href(look: Look, code: str) -> str:
    """Return the cockpit of a division, where one is declared.

    Args:
        look: What is looked at.
        code: Division code.

    """
    for cockpit in look.city.cockpits.values():
        if cockpit.for_each == "district" and code in look.gazetteer.districts:
            return f"/cockpit/{cockpit.cockpit}-{code}"
    return ""


def district_map(look: Look, indicator: Indicator, by: str, outline: Outline) -> DistrictMap:
    """Make the map of an indicator by district.

    Args:
        look: What is looked at.
        indicator: An indicator this viewer may see.
        by: Its place dimension.
        outline: The city on paper.

    """
    _, found = ranking(look.connection, indicator, by, look.now)
    values = {item.key: item.value for item in found}
    states = _states(look, indicator, by)
    known = sorted(value for value in values.values() if value is not None)
    middle = known[len(known) // 2] if known else 0.0
    codes = look.city.settings.divisions.inset if look.city.settings.divisions else ()
    drawn = {shape.code for shape in outline.shapes}
    inset = outline.inset_around(codes) if codes and drawn & set(codes) and not outline.schematic else None
    inner = outline.labels_in(inset) if inset else {}
    areas = tuple(
        MapArea(
            code=shape.code,
            name=_short(look.place(shape.code)),
            path=shape.path,
            label_at=shape.label_at,
            value=values.get(shape.code),
            level=_level(values.get(shape.code), states.get(shape.code, "ok"), middle),
            state=states.get(shape.code, "ok") if values.get(shape.code) is not None else "none",
            inset_label_at=inner.get(shape.code),
            href=district_href(look, shape.code),
            selected=shape.code == look.division,
        )
        for shape in outline.shapes
    )
    unit = indicator.unit.said(look.language)
    edge = number(middle, indicator.digits)
    bands = [MapBand(1, f"≥ {edge}"), MapBand(2, f"< {edge}")]
    if indicator.thresholds.by == by:
        bands += [MapBand(3, look.words("warning")), MapBand(4, look.words("alarm"))]
    top = next((item for item in found if item.value is not None), None)
    return DistrictMap(
        id=f"{dom_id(indicator)}-map",
        name=look.words("panel_by", name=indicator.name.said(look.language), by=look.words("district")),
        areas=areas,
        size=outline.size,
        bands=tuple(bands) if known else (),
        summary=look.words(
            "map_summary", name=look.place(top.key), value=number(top.value, indicator.digits), unit=unit
        )
        if top
        else look.words("trend_empty", name=indicator.name.said(look.language)),
        inset=inset,
        decimals=indicator.digits,
        unit=unit,
        schematic=True,
        provenance=provenance_of(look, indicator),
        href=f"/indicator/{indicator.indicator}",
    )


def _short(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in "区县市" else name


def _level(value: float | None, state: State, middle: float) -> Literal[0, 1, 2, 3, 4]:
    if value is None:
        return 0
    if state == "alarm":
        return 4
    if state == "warn":
        return 3
    return 1 if value >= middle else 2


def task_list(look: Look, viewer: Viewer) -> TaskList:
    """Make the list of open alarms and tasks this viewer is concerned with.

    Args:
        look: What is looked at.
        viewer: Who looks.

    """
    found = [task for task in tasks.listed(look.connection, open_only=True) if tasks.may_see(task, viewer)]
    if look.division is not None:
        mine = {item.ref for item in look.city.departments.values() if item.division == look.division}
        found = [task for task in found if task.department in mine or task.issuer_dept in mine]
    taken = {task.alert for task in found}
    lines = [task_line(look, task) for task in found]
    if look.division is None:
        for alert in alerts.listed(look.connection, open_only=True):
            if alert.id not in taken and alert.indicator in look.city.indicators:
                lines.append(_alert_line(look, alert))
    order: dict[str, int] = {"alarm": 0, "warn": 1, "stale": 2}
    lines.sort(key=lambda line: order.get(line.state, 3))
    return TaskList(
        id="tasks",
        name=look.words("alarms_and_tasks"),
        lines=tuple(lines[:TASK_LINES]),
        summary=look.words("tasks_open", count=len(lines)),
        empty=look.words("tasks_empty"),
        href="/tasks",
    )


def task_line(look: Look, task: tasks.Task) -> TaskLine:
    """Make one line of a task.

    Args:
        look: What is looked at.
        task: The task.

    """
    overdue = task.overdue(look.now)
    state: State = "alarm" if overdue or task.urgency == "alarm" else ("warn" if task.urgency == "warning" else "todo")
    if task.closed_at is not None:
        state = "ok"
    department = look.city.departments.get(task.department)
    issued = task.issued_at.astimezone(look.city.zone)
    return TaskLine(
        title=task.title_in(look.language),
        state=state,
        word=look.words("overdue") if overdue else look.words(_TASK_WORDS.get(task.state, "task_issued")),
        who=department.name.said(look.language) if department else task.department,
        facts=look.words("issued_left", issued=f"{issued:%H:%M}", left=time_left(look, task.due_at)),
        href=f"/tasks/{task.id}",
    )


def time_left(look: Look, due: datetime) -> str:
    """Write how long there is until a due date, or how long it is over.

    Args:
        look: For the present instant and the language.
        due: The due date.

    """
    key = "left" if due >= look.now else "over"
    minutes = int(abs((due - look.now).total_seconds()) // 60)
    if minutes < 120:
        return look.words(f"{key}_minutes", count=minutes)
    if minutes < 48 * 60:
        return look.words(f"{key}_hours", count=minutes // 60)
    return look.words(f"{key}_days", count=minutes // 1440)


def _alert_line(look: Look, alert: alerts.Alert) -> TaskLine:
    indicator = look.city.indicators[alert.indicator]
    name = indicator.name.said(look.language)
    title = look.words("alert_title", key=alert.key, name=name) if alert.key else name
    since = alert.opened_at.astimezone(look.city.zone)
    value = number(alert.value, indicator.digits)
    times = look.words("alert_times", times=number(alert.value / alert.usual, 2)) if alert.usual else ""
    return TaskLine(
        title=title,
        state="alarm" if alert.state == "alarm" else "warn",
        facts=look.words("alert_facts", since=f"{since:%H:%M}", value=value, times=times),
        href=f"/indicator/{indicator.indicator}",
    )
