"""The clock of every dissent: reminder, urging, escalation when its period runs out, and lapse (Nanjing art. 11)."""

from dataclasses import dataclass
from datetime import timedelta

from citybrain.city.whole import City
from citybrain.governance.dissent.case import FOR_PROVIDER, Dissent, held, note, one, sql
from citybrain.governance.dissent.consequences import Errand, order_task
from citybrain.hub import disputes
from citybrain.kernel.calendar import working_days_between
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer

REMIND_DAYS = 2
LATE_DAYS = 2
_LONGEST_WAY = timedelta(days=14)  # two working days and the longest holidays between them


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look at the clocks did; numbers of dissents."""

    reminded: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()


def watch(connection: Connection, city: City, clock: Clock, new_id: NewId) -> Watched:
    """Look at all clocks: remind providers, escalate what is overdue, let lapse what the raiser did not react to.

    Args:
        connection: The command's transaction.
        city: The revision in force.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        What was done; nothing is done twice.

    Source:
        Nanjing art. 11 (督促提供单位在规定的期限内处理和回复).

    """
    return Watched(
        _remind(connection, city, clock, new_id),
        _escalate(connection, city, clock, new_id),
        _lapse(connection, clock, new_id),
    )


def _remind(connection: Connection, city: City, clock: Clock, new_id: NewId) -> tuple[str, ...]:
    now, done = clock.now(), []
    today = now.astimezone(city.zone).date()
    given = {"now": now, "soon": now + _LONGEST_WAY}
    for (number,) in connection.execute(sql()["nearly_due"], given).fetchall():
        found = held(connection, number)
        left = working_days_between(today, found.due_at.astimezone(city.zone).date()).amount
        if left > REMIND_DAYS or found.state not in FOR_PROVIDER:
            continue
        note(connection, found, "reminded", "clock", "", now, new_id, provider=found.provider)
        what = "task_reminder" if found.state == "open" else "task_reminder_again"
        order_task(connection, city, found, Errand(what, found.provider), clock, new_id)
        done.append(number)
    return tuple(done)


def _escalate(connection: Connection, city: City, clock: Clock, new_id: NewId) -> tuple[str, ...]:
    now, done = clock.now(), []
    for (number,) in connection.execute(sql()["waiting"], {"now": now}).fetchall():
        found = held(connection, number)
        if not found.overdue(now) or found.escalated_at is not None:
            continue
        connection.execute(sql()["escalate"], {"id": found.id, "at": now, "late": found.state != "appealed"})
        note(connection, found, "escalated", "clock", "", now, new_id, provider=found.provider, state=found.state)
        late = found.provider if found.state in FOR_PROVIDER else city.settings.data_authority
        errand = Errand(f"task_overdue_{found.state}", late, "alarm", LATE_DAYS)
        order_task(connection, city, found, errand, clock, new_id)
        done.append(number)
    return tuple(done)


def _lapse(connection: Connection, clock: Clock, new_id: NewId) -> tuple[str, ...]:
    now, done = clock.now(), []
    for (number,) in connection.execute(sql()["unanswered"], {"now": now}).fetchall():
        found = held(connection, number)
        if found.state != "answered":
            continue
        connection.execute(sql()["finish"], {"id": found.id, "state": "lapsed", "at": now})
        disputes.lift(connection, found.id, now)
        note(connection, found, "lapsed", "clock", "", now, new_id)
        done.append(number)
    return tuple(done)


def urge(connection: Connection, number: str, viewer: Viewer, words: str, clock: Clock, new_id: NewId) -> Dissent:
    """Urge a provider to answer.

    Args:
        connection: The command's transaction.
        number: Number of the dissent.
        viewer: The data authority.
        words: What there is to say.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        AccessRefused: Not the data authority.
        Conflicting: It does not wait for its provider.

    """
    found = held(connection, number)
    if "operate_hub" not in viewer.may:
        raise AccessRefused("dissent.not_yours_to_decide", number=number)
    if found.state not in FOR_PROVIDER:
        raise Conflicting("dissent.wrong_step", number=number, state=found.state)
    note(connection, found, "urged", viewer.person, words, clock.now(), new_id, provider=found.provider)
    return one(connection, number)
