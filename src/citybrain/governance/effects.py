"""Reminders to report what granted data was good for: a task of whoever uses it, once a period (Nanjing art. 7)."""

from citybrain.casework import tasks
from citybrain.city.offering import shared
from citybrain.city.whole import City
from citybrain.hub import effects
from citybrain.hub.effects import Standing
from citybrain.hub.sharing.granting import due
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import Language, say
from citybrain.kernel.postgres import Connection

REPLY_DAYS = 10


def remind_effects(connection: Connection, city: City, clock: Clock, new_id: NewId) -> tuple[str, ...]:
    """Ask every body whose report is due for it, once for each due day.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Short names of the grants.

    """
    now = clock.now()
    today, reminded = city_day(now, city.zone), []
    for item in effects.standing(connection, city, now):
        late = item.due_on <= today and item.department in city.departments
        if late and effects.claim_reminder(connection, item, now):
            _order(connection, city, item, clock, new_id)
            reminded.append(item.grant)
    return tuple(reminded)


def _order(connection: Connection, city: City, item: Standing, clock: Clock, new_id: NewId) -> None:
    thing = shared(city, item.thing)

    def said(key: str, language: Language) -> str:
        name = thing.name.said(language) if thing else item.thing
        return say(f"effects.{key}", language, grant=item.grant, name=name)

    order = tasks.Order(
        title=said("task", "zh"),
        title_en=said("task", "en"),
        note=said("task_note", "zh"),
        note_en=said("task_note", "en"),
        department=item.department,
        due_at=due(city, clock.now(), REPLY_DAYS),
        due_words=f"{REPLY_DAYS} working days",
        once=f"effect/{item.grant}/{item.due_on.isoformat()}",
    )
    authority = city.settings.data_authority
    tasks.issue(connection, order, authority, authority, city.zone, clock, new_id)
