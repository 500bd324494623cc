"""What granted data was good for (使用成效反馈): its user reports per grant and period, its provider reads it.

Source: Hangzhou art. 8, 13; Nanjing art. 7.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from citybrain.city.whole import City
from citybrain.hub import grants
from citybrain.kernel.clock import Clock, city_day
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

SHORTEST: Final = 10
LONGEST: Final = 2_000
MOST_FIGURES: Final = 10
MOST_STEPS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that says something about the effect.

    Attributes:
        name: What is counted.
        value: How much.
        unit: In what.

    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class EffectReport:
    """What is reported.

    Attributes:
        grant: Short name of the grant.
        first_day, last_day: The period, both days included.
        used_for: What the data was used for.
        effect: What came of it.
        saved_steps: How many steps or papers people were spared; none where it is not known.

    """

    grant: str
    first_day: date
    last_day: date
    used_for: str
    effect: str
    figures: tuple[Figure, ...] = ()
    saved_steps: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A report as it was filed."""

    id: UUID
    grant: str
    thing: str
    department: str
    person: str
    first_day: date
    last_day: date
    used_for: str
    effect: str
    figures: tuple[Figure, ...]
    saved_steps: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An open grant and how far its use was reported.

    Attributes:
        begun: First day of the grant, whichever version.
        reported: Last day that was reported; none before the first report.
        due_on: Day on which the next report is due.

    """

    grant: str
    department: str
    thing: str
    purpose: str
    begun: date
    reported: date | None
    due_on: date


def report(
    connection: Connection, city: City, filed: EffectReport, department: str, person: str, clock: Clock, new_id: NewId
) -> Effect:
    """File a report; a period is reported once.

    Args:
        connection: The command's transaction.
        city: For its zone.
        filed: What is reported.
        department: Ref of the body that files it.
        person: Person or system that files it.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: No such grant.
        AccessRefused: The grant is another body's.
        WrongUse: Words, figures or days cannot be taken.
        Conflicting: Some of the days were reported before.

    Source:
        Hangzhou art. 8, 13; Nanjing art. 7.

    """
    connection.execute(_sql()["lock"], {"grant": filed.grant})
    found = grants.versions(connection, filed.grant)
    if not found:
        raise NotKnown("hub.grant_unknown", grant=filed.grant)
    if found[0].department != department:
        raise AccessRefused("effects.not_yours", grant=filed.grant)
    _require_words(filed)
    begun, reported = span(connection, city, filed.grant)
    today = city_day(clock.now(), city.zone)
    if not begun <= filed.first_day <= filed.last_day <= today:
        raise WrongUse("effects.days_wrong", field="first_day", begun=begun.isoformat(), today=today.isoformat())
    if reported is not None and filed.first_day <= reported:
        raise Conflicting("effects.reported_before", field="first_day", reported=reported.isoformat())
    at, effect = clock.now(), new_id()
    figures = [{"name": item.name.strip(), "value": item.value, "unit": item.unit.strip()} for item in filed.figures]
    facts = {
        "effect": effect, "thing": found[0].thing, "department": department, "person": person,
        "first_day": filed.first_day.isoformat(), "last_day": filed.last_day.isoformat(),
        "saved_steps": filed.saved_steps,
    }  # fmt: skip
    entry = evidence.write(connection, "hub:effect:reported", filed.grant, facts, at, new_id)
    given = {
        "id": effect, "grant": filed.grant, "thing": found[0].thing, "department": department, "person": person,
        "first_day": filed.first_day, "last_day": filed.last_day, "used_for": filed.used_for.strip(),
        "effect": filed.effect.strip(), "figures": Jsonb(figures), "saved_steps": filed.saved_steps, "at": at,
        "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["insert"], given)
    return listed(connection, grant=filed.grant, limit=1)[0]


def listed(
    connection: Connection, *, grant: str | None = None, things: Sequence[str] | None = None, limit: int = 20
) -> list[Effect]:
    """List reports, those of the newest periods first.

    Args:
        connection: Any transaction.
        grant: Only on this grant.
        things: Only on these contracts and services.
        limit: Most reports.

    """
    given = {"grant": grant, "things": None if things is None else list(things), "limit": limit}
    found = []
    for row in connection.execute(_sql()["listed"], given).fetchall():
        figures = tuple(Figure(one["name"], one["value"], one["unit"]) for one in row[9])
        values: list[Any] = [*row[:9], figures, *row[10:]]
        found.append(Effect(*values))
    return found


def span(connection: Connection, city: City, grant: str) -> tuple[date, date | None]:
    """Tell when a grant began and up to which day its use was reported.

    Args:
        connection: Any transaction.
        city: For its zone.
        grant: Short name.

    Raises:
        NotKnown: No such grant.

    """
    row = connection.execute(_sql()["span"], {"grant": grant}).fetchone()
    if row is None or row[0] is None:
        raise NotKnown("hub.grant_unknown", grant=grant)
    return city_day(row[0], city.zone), row[1]


def standing(
    connection: Connection, city: City, at: datetime, *, department: str | None = None,
    things: Sequence[str] | None = None,
) -> list[Standing]:  # fmt: skip
    """List open grants with how far their use was reported and when the next report is due.

    Args:
        connection: Any transaction.
        city: For its zone and period.
        at: Present instant.
        department: Only of this body.
        things: Only on these contracts and services.

    """
    given = {
        "now": at, "zone": city.zone.key, "department": department, "things": None if things is None else list(things)
    }  # fmt: skip
    period = timedelta(days=city.settings.periods.effect_report)
    rows = connection.execute(_sql()["standing"], given).fetchall()
    return [Standing(row[0], row[1], row[2], row[3], row[4], row[5], (row[5] or row[4]) + period) for row in rows]


def rate(found: Sequence[Standing], today: date) -> tuple[int, int]:
    """Count the grants of which a report is there that should be.

    Args:
        found: Open grants.
        today: The present day.

    Returns:
        Grants that were reported on or are due, of which so many have a report that is not overdue.

    """
    asked = [item for item in found if item.reported is not None or item.due_on <= today]
    return len(asked), sum(item.reported is not None and item.due_on > today for item in asked)


def rate_of(
    connection: Connection, city: City, at: datetime, *, department: str | None = None,
    things: Sequence[str] | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Count what ``rate`` counts of ``standing``, without reading every grant.

    Args:
        connection: Any transaction.
        city: For its zone and period.
        at: Present instant.
        department: Only of this body.
        things: Only on these contracts and services.

    Returns:
        Grants that were reported on or are due, of which so many have a report that is not overdue.

    """
    given = {
        "now": at, "today": city_day(at, city.zone), "zone": city.zone.key, "department": department,
        "things": None if things is None else list(things), "period": city.settings.periods.effect_report,
    }  # fmt: skip
    row = connection.execute(_sql()["rate"], given).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def claim_reminder(connection: Connection, item: Standing, at: datetime) -> bool:
    """Claim the one reminder of a due day.

    Args:
        connection: The command's transaction.
        item: A grant whose report is due.
        at: Present instant.

    Returns:
        Whether it had not been claimed before.

    """
    given = {"grant": item.grant, "due_on": item.due_on, "at": at}
    return connection.execute(_sql()["remind"], given).rowcount == 1


def _require_words(filed: EffectReport) -> None:
    for field in ("used_for", "effect"):
        text = getattr(filed, field).strip()
        if not SHORTEST <= len(text) <= LONGEST:
            raise WrongUse(f"effects.{field}_wrong", field=field, least=SHORTEST, most=LONGEST)
    plain = len(filed.figures) <= MOST_FIGURES and all(
        0 < len(item.name.strip()) <= 60 and len(item.unit) <= 20 and math.isfinite(item.value)
        for item in filed.figures
    )
    if not plain:
        raise WrongUse("effects.figures_wrong", field="figures", most=MOST_FIGURES)
    if filed.saved_steps is not None and not 0 <= filed.saved_steps <= MOST_STEPS:
        raise WrongUse("effects.steps_wrong", field="saved_steps", most=MOST_STEPS)


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "effects")
