"""The application as the server loads it."""

from litestar import Litestar

from citybrain.blueprint.instance import Instance
from citybrain.web import explaining, routes
from citybrain.web.api.subscription_stream import Ears
from citybrain.web.app import make_app, open_instance
from citybrain.web.cockpit.boards import Geography
from citybrain.web.cockpit.streams import Board


def application() -> Litestar:
    """Open this process's instance and make the application around it."""
    return make_application(open_instance())


def make_application(instance: Instance) -> Litestar:
    """Make the application around an instance that is open.

    Args:
        instance: This process's instance; closed when the application ends.

    """
    geography = Geography()
    board = Board(instance, geography)
    ears = Ears(instance)
    state = {"geography": geography, "board": board, "ears": ears}

    def begin() -> None:
        board.start()
        ears.start()

    def end() -> None:
        ears.stop()
        board.stop()

    return make_app(instance, routes.all_routes(), explaining.as_page, state, (begin, end))
