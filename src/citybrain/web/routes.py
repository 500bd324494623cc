"""All page routes, from the fronts that never import each other."""

from litestar.types import ControllerRouterHandler

from citybrain.web import door, staticfiles
from citybrain.web.cockpit import boards, indicators, streams, tasks


def all_routes() -> list[ControllerRouterHandler]:
    """List the routes of all fronts."""
    return [*door.ROUTES, *staticfiles.ROUTES, *boards.ROUTES, *streams.ROUTES, *tasks.ROUTES, *indicators.ROUTES]
