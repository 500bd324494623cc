"""Cockpit pages: the board of one cockpit for one viewer, and the geography it is drawn on."""

import json
from dataclasses import dataclass, field
from threading import Lock

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.blueprint.instance import Instance
from citybrain.city.whole import City
from citybrain.cockpits.board import board, find
from citybrain.cockpits.figures import Look
from citybrain.cockpits.figures_view import Provenance
from citybrain.cockpits.outline import Outline, project, schematic_cells
from citybrain.cockpits.view import Cockpit
from citybrain.hub.exchange.reading import log_state
from citybrain.insight.places import Gazetteer, read_gazetteer
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import Language
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer, may_open
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.pages import Theme, render
from citybrain.web.sessions import viewer_in
from citybrain.web.views import CockpitPage


@dataclass(slots=True)
class Geography:
    """Divisions and outlines of the city in force, read once for each revision and delivery."""

    known: dict[tuple[int, int], tuple[Gazetteer, Outline]] = field(default_factory=dict)
    mutex: Lock = field(default_factory=Lock)

    def of(self, instance: Instance, connection: Connection, city: City) -> tuple[Gazetteer, Outline]:
        """Return names and shapes of the city's divisions.

        Args:
            instance: This process's instance.
            connection: A reading transaction.
            city: The revision in force.

        """
        declared = city.settings.divisions
        position = log_state(connection, (declared.contract,)).position if declared else 0
        key = (city.revision, position)
        with self.mutex:
            if key not in self.known:
                gazetteer = read_gazetteer(connection, city, instance.reader)
                self.known = {key: (gazetteer, _outline(instance, city, gazetteer))}
            return self.known[key]


def _outline(instance: Instance, city: City, gazetteer: Gazetteer) -> Outline:
    declared = city.settings.divisions
    path = instance.settings.home / "geography" / declared.outlines if declared and declared.outlines else None
    if path is not None and declared is not None and path.is_file():
        drawn = project(json.loads(path.read_text(encoding="utf-8-sig")), code_key=declared.outline_code)
        if {shape.code for shape in drawn.shapes} >= set(gazetteer.districts):
            return drawn
    return schematic_cells(list(gazetteer.districts) or [city.settings.city.code])


def compose(instance: Instance, geography: Geography, viewer: Viewer, name: str, language: Language) -> Cockpit:
    """Fill a cockpit for a viewer.

    Args:
        instance: This process's instance.
        geography: Names and shapes.
        viewer: Who looks.
        name: Name in the address.
        language: ``zh`` or ``en``.

    Raises:
        NotKnown: No such cockpit, or this viewer may not open it; the two are not told apart.

    """
    city = instance.city_now()
    with instance.database.reading() as connection:
        gazetteer, outline = geography.of(instance, connection, city)
        declared, division = find(city, name, gazetteer)
        if not may_open(viewer, declared, division):
            raise NotKnown("cockpits.cockpit_unknown", cockpit=name)
        look = Look(connection, city, gazetteer, division, instance.clock.now(), language)
        return board(look, name, declared, viewer, outline)


def theme_of(request: Asked) -> Theme:
    """Return the theme that was asked for.

    Args:
        request: The request.

    """
    return "wall" if request.query_params.get("theme") == "wall" else "desk"


def legend_of(cockpit: Cockpit) -> tuple[Provenance, ...]:
    """List the provenance words that stand on a cockpit.

    Args:
        cockpit: What is shown.

    """
    found: list[Provenance] = []
    for widget in (*cockpit.tiles, *cockpit.panels):
        found += [word for word in getattr(widget, "provenance", ()) if word not in found]
        if getattr(widget, "schematic", False) and "schematic" not in found:
            found.append("schematic")
    return tuple(found)


@get("/cockpit")
async def first(request: Asked) -> Redirect:
    """Lead to the first cockpit."""
    return Redirect("/")


@get("/cockpit/{name:str}")
async def show(name: FromPath[str], request: Asked) -> Response[str]:
    """Show a cockpit on desk, wall or phone."""

    def look() -> str:
        instance, language = instance_of(request), reading_language(request)
        visit = viewer_in(instance, request.cookies)
        cockpit = compose(instance, request.app.state.geography, visit.viewer, name, language)
        around = frame(request, visit, "cockpit", legend_of(cockpit), cockpit.published_at)
        return render(
            "cockpit.html", CockpitPage(around, cockpit, visit.session), language=language, theme=theme_of(request)
        )

    return html(request, await entrance_of(request).enter(look))


ROUTES = [first, show]
