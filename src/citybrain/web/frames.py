"""What stands around every page, for one visit."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.datastructures import State

from citybrain.blueprint.instance import Instance
from citybrain.casework import tasks
from citybrain.cockpits.figures_view import Provenance
from citybrain.kernel.messages import Language, say
from citybrain.web.language import language_of
from citybrain.web.sessions import Visit
from citybrain.web.views import Frame, Section

Asked = Request[Any, Any, State]


def instance_of(request: Asked) -> Instance:
    """Return this process's instance.

    Args:
        request: Any request.

    """
    instance: Instance = request.app.state.instance
    return instance


def reading_language(request: Asked) -> Language:
    """Return the language a page is read in.

    Args:
        request: Any request.

    """
    return language_of(request, instance_of(request).settings.language)


def frame(
    request: Asked, visit: Visit | None, section: Section | None, legend: tuple[Provenance, ...] = (), until: str = ""
) -> Frame:
    """Make the frame of a page.

    Args:
        request: The request, for the address in the other language.
        visit: Who reads; none at the door.
        section: Part of the house.
        legend: Provenance words on the page.
        until: Up to when data is published.

    """
    instance, language = instance_of(request), reading_language(request)
    query = {key: value for key, value in request.query_params.items() if key != "lang"}
    other = "en" if language == "zh" else "zh"
    zone = instance.city_now().zone if instance.city.ready else ZoneInfo("UTC")
    city = _short(instance.city_now().settings.city.name.said(language)) if instance.city.ready else "City Brain"
    path = request.url.path
    shown: dict[str, Any] = {}
    if visit is not None:
        shown = _who(instance, visit, language)
    return Frame(
        city=say("edge.brand", language, city=city),
        now=instance.clock.now().astimezone(zone),
        language_href=f"{path}?{urlencode({**query, 'lang': other})}",
        section=section,
        demo=instance.settings.demo,
        legend=legend,
        data_until=until,
        wall_href=f"{path}?{urlencode({**query, 'theme': 'wall'})}" if section == "cockpit" else "",
        desk_href=f"{path}?{urlencode({**query, 'theme': 'desk'})}" if section == "cockpit" else "",
        **shown,
    )


def _short(city: str) -> str:
    """Call a city as its City Brain does: 杭州城市大脑, not 杭州市城市大脑."""
    return city.removesuffix("市") if len(city) > 2 else city


def _who(instance: Instance, visit: Visit, language: Language) -> dict[str, Any]:
    city, viewer = visit.city, visit.viewer
    person, post, department = next(
        found for found in city.people() if found[0].person == viewer.person and found[1].post == viewer.post
    )
    with instance.database.reading() as connection:
        waiting = tasks.listed(connection, department=viewer.department, open_only=True)
    sections: list[Section] = ["cockpit", "tasks", "scenario", "console", "law"]
    return {
        "person": person.name.said(language),
        "post": post.name.said(language),
        "department": department.name.said(language),
        "csrf": visit.csrf,
        "open_tasks": len(waiting),
        "sections": tuple(sections),
    }
