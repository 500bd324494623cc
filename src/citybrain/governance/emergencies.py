"""The clocks after an emergency: who has to review it or to report on copies is told once, and once more when late.

Source: Nanjing art. 13.
"""

from datetime import datetime

from citybrain.casework import tasks
from citybrain.city.whole import City
from citybrain.hub import emergencies, emergency_reports, emergency_reviews
from citybrain.hub.emergencies import Emergency
from citybrain.hub.sharing.granting import due
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection

LATE_DAYS = 2


def watch_emergencies(
    connection: Connection, city: City, clock: Clock, new_id: NewId, *, only: str | None = None
) -> tuple[str, ...]:
    """Note which emergencies have ended by themselves, and give everybody who owes something a task.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.
        only: Short name of the one to look at; none looks at all.

    Returns:
        Keys of the tasks that were issued, as ``emergency/name/kind/department``.

    """
    emergencies.lapse(connection, clock, new_id, only=only)
    issued: list[str] = []
    for name in emergency_reports.unsettled(connection, only=only):
        found = emergencies.one(connection, name)
        issued += _review(connection, city, found, clock, new_id)
        issued += _reports(connection, city, found, clock, new_id)
    return tuple(issued)


def _review(connection: Connection, city: City, found: Emergency, clock: Clock, new_id: NewId) -> list[str]:
    now, until = clock.now(), emergency_reviews.due_at(city, found)
    if now <= until or emergency_reviews.of(connection, found.name) is not None:
        return []
    authority = city.settings.data_authority
    if not emergency_reports.claim(connection, found.name, authority, "review", now):
        return []
    return [_order(connection, city, found, (authority, "review", until), clock, new_id)]


def _reports(connection: Connection, city: City, found: Emergency, clock: Clock, new_id: NewId) -> list[str]:
    now, until, issued = clock.now(), emergency_reports.due_at(city, found), []
    kind: emergency_reports.Kind = "reminder" if now < until else "report"
    for item in emergency_reports.received(connection, found.name):
        if item.report is None and emergency_reports.claim(connection, found.name, item.department, kind, now):
            issued.append(_order(connection, city, found, (item.department, kind, until), clock, new_id))
    return issued


def _order(
    connection: Connection, city: City, found: Emergency, owed: tuple[str, emergency_reports.Kind, datetime],
    clock: Clock, new_id: NewId,
) -> str:  # fmt: skip
    """Issue a task about what is owed; a body that is no more leaves it to the data authority."""
    department, kind, until = owed
    authority, late = city.settings.data_authority, kind != "reminder"
    key = f"emergency/{found.name}/{kind}/{department}"
    values = {"name": found.name, "words": found.words[:60], "due": city_day(until, city.zone).isoformat()}
    days = LATE_DAYS if late else city.settings.clocks.emergency_deletion
    order = tasks.Order(
        title=say(f"emergencies.task_{kind}", "zh", **values),
        title_en=say(f"emergencies.task_{kind}", "en", **values),
        note=say(f"emergencies.task_{kind}_note", "zh", **values),
        note_en=say(f"emergencies.task_{kind}_note", "en", **values),
        department=department if department in city.departments else authority,
        due_at=due(city, clock.now(), LATE_DAYS) if late else until,
        due_words=f"{days} working days",
        urgency="alarm" if late else "normal",
        once=key,
    )
    tasks.issue(connection, order, authority, authority, city.zone, clock, new_id)
    return key
