"""The application as the server loads it."""

from litestar import Litestar

from citybrain.web import explaining, routes
from citybrain.web.app import make_app, open_instance
from citybrain.web.cockpit.boards import Geography
from citybrain.web.cockpit.streams import Board


def application() -> Litestar:
    """Open this process's instance and make the application around it."""
    instance = open_instance()
    geography = Geography()
    board = Board(instance, geography)
    state = {"geography": geography, "board": board}
    return make_app(instance, routes.all_routes(), explaining.as_page, state, (board.start, board.stop))
