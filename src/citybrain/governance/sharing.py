"""The clock of requests for data: what nobody answered in time becomes a task of whoever is late (Nanjing art. 7)."""

from citybrain.casework import tasks
from citybrain.city.whole import City
from citybrain.hub.sharing.granting import due
from citybrain.hub.sharing.record import SharingRequest, escalate_overdue, note
from citybrain.kernel.clock import Clock
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection

LATE_DAYS = 2


def watch_requests(connection: Connection, city: City, clock: Clock, new_id: NewId) -> tuple[str, ...]:
    """Escalate every request that nobody answered in time, once a step.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        Numbers of the requests.

    """
    late = escalate_overdue(connection, clock.now())
    for found in late:
        note(connection, found, "escalated", "clock", "", clock.now(), new_id)
        _order(connection, city, found, clock, new_id)
    return tuple(found.number for found in late)


def _order(connection: Connection, city: City, found: SharingRequest, clock: Clock, new_id: NewId) -> None:
    contract = city.contracts.get(found.thing)
    late = found.provider if found.state == "providing" else city.settings.data_authority

    def said(language: str) -> str:
        name = contract.name.said(language) if contract else found.thing
        return say(f"sharing.task_{found.state}", "en" if language == "en" else "zh", number=found.number, name=name)

    order = tasks.Order(
        title=said("zh"),
        title_en=said("en"),
        department=late,
        due_at=due(city, clock.now(), LATE_DAYS),
        due_words=f"{LATE_DAYS} working days",
        urgency="alarm",
        once=f"{found.number}/{found.state}",
    )
    tasks.issue(connection, order, city.settings.data_authority, city.settings.data_authority, city.zone, clock, new_id)
