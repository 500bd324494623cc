"""Errors as pages: what happened, the article, what to do next, where a person helps (Hangzhou art. 12)."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import new_id
from citybrain.kernel.messages import explain, say
from citybrain.web.frames import frame, reading_language
from citybrain.web.pages import render
from citybrain.web.problems import PROBLEM_TYPE
from citybrain.web.views import ProblemPage


def as_page(request: Request[Any, Any, State], error: CityBrainError) -> Response[Any] | None:
    """Render an error for a person; none when a program asked.

    Args:
        request: What was asked.
        error: What was raised.

    """
    path = request.url.path
    accepts = request.headers.get("accept", "")
    if path.startswith(("/api/", "/stream/", "/r1/")) or "text/html" not in accepts or PROBLEM_TYPE in accepts:
        return None
    if error.http_status == 401:
        return Redirect(f"/login?next={quote(path)}")
    language = reading_language(request)
    said = explain(error, language)
    page = ProblemPage(
        frame=frame(request, None, None),
        status=error.http_status,
        code=error.code,
        title=said.title,
        detail=said.detail,
        source=said.source,
        next_steps=said.next_steps,
        offline_channel=said.offline_channel,
        trace_id=str(new_id()),
        back=Link(say("edge.back_home", language), "/"),
    )
    return Response(
        render("problem.html", page, language=language),
        status_code=error.http_status,
        media_type="text/html; charset=utf-8",
    )
