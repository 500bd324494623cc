"""What pages of this front look with: the viewer's city, names of places, the present instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from citybrain.casework import tasks
from citybrain.city.indicator import Indicator
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.cockpits.figures import Look
from citybrain.insight.places import place_of
from citybrain.insight.values import newest_of
from citybrain.kernel.postgres import Connection
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.sessions import Visit, viewer_in


@contextmanager
def looking(request: Asked) -> Iterator[tuple[Look, Visit]]:
    """Open what a page is made from: one reading transaction, one revision, one instant.

    Args:
        request: The request.

    Yields:
        The look and who looks.

    """
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    with instance.database.reading() as connection:
        gazetteer, _ = request.app.state.geography.of(instance, connection, visit.city)
        yield Look(connection, visit.city, gazetteer, None, instance.clock.now(), reading_language(request)), visit


def value_now(connection: Connection, city: City, task: tasks.Task) -> float | None:
    """Return the figure a task is about as it stands now.

    Args:
        connection: Any transaction.
        city: The revision in force.
        task: The task.

    """
    indicator = city.indicators.get(task.indicator or "")
    return newest_of(connection, indicator, task.split, task.key) if indicator else None


def place_for(request: Asked, connection: Connection, city: City, task: tasks.Task) -> tuple[Name, str | None]:
    """Tell the place a task is about.

    Args:
        request: The request, for the instance.
        connection: Any transaction.
        city: The revision in force.
        task: The task.

    """
    indicator = city.indicators.get(task.indicator or "")
    if indicator is None:
        return Name(zh=task.key or "—", en=task.key or "—"), None
    return place_of(connection, city, instance_of(request).reader, indicator, task.split, task.key)


def place_label(look: Look, indicator: Indicator, split: str, key: str) -> str:
    """Say which place or thing a value is about, from the declarations alone.

    Args:
        look: What is looked at.
        indicator: The indicator.
        split: Field it is split by; empty for the whole city.
        key: Value of that field.

    """
    if not split:
        return look.city.settings.city.name.said(look.language)
    if indicator.place == split:
        return look.place(key)
    contract = look.city.contracts.get(indicator.source or "")
    return f"{contract.field(split).title.said(look.language)} {key}" if contract else key


def short_time(look: Look, moment: datetime) -> str:
    """Write an instant of the city: the time today, the day and time otherwise.

    Args:
        look: For the zone and the present instant.
        moment: An instant.

    """
    local, now = moment.astimezone(look.city.zone), look.now.astimezone(look.city.zone)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%m-%d %H:%M}"
