"""Which language a reader gets: asked for, chosen before, or the house's own."""

from typing import Any, Literal

from litestar import Request
from litestar.datastructures import State

from citybrain.kernel.messages import Language

COOKIE = "citybrain_language"


def language_of(request: Request[Any, Any, State], usual: Literal["zh", "en"]) -> Language:
    """Tell the language of an answer.

    Args:
        request: ``lang`` in the address wins, then the cookie; Chinese comes first whatever the browser prefers.
        usual: Of this instance.

    """
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if asked == "zh":
        return "zh"
    if asked == "en":
        return "en"
    return usual
