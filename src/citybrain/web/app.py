"""The ASGI application: routes, errors and headers; made by a function, opened and closed with the process."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler, Message, Scope

from citybrain.blueprint.instance import Instance
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.errors import CityBrainError, NotKnown, TooLarge, Unavailable, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.kernel.telemetry import logger, start_logging
from citybrain.web.api import (
    batches,
    bulk_reads,
    calls,
    catalog,
    ckan,
    description,
    destructions,
    dissents,
    effects,
    emergencies,
    exports,
    facts,
    later_calls,
    metrics,
    rows,
    sharing,
    standards,
    statements,
    subscription_stream,
    subscriptions,
)
from citybrain.web.carrying import Carrier
from citybrain.web.entrance import Entrance
from citybrain.web.language import language_of
from citybrain.web.problems import PROBLEM_TYPE, as_problem, dumps

HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none';"
    " form-action 'self'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
}

Explain = Callable[[Request[Any, Any, State], CityBrainError], Response[Any] | None]


def make_app(
    instance: Instance,
    routes: list[ControllerRouterHandler],
    explain_to_people: Explain,
    state: Mapping[str, Any],
    life_span: tuple[Callable[[], None], Callable[[], None]],
) -> Litestar:
    """Make the application.

    Args:
        instance: This process's instance.
        routes: Page routes beside the API's.
        explain_to_people: Renders an error as a page for requests that want one.
        state: What routes find in the application's state beside the instance.
        life_span: What to do when the process begins and ends.

    """

    carrier = Carrier()

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        begin, end = life_span
        begin()
        yield
        end()
        await carrier.close()
        instance.close()

    def on_error(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
        known = _known(error)
        if known is None:
            logger().exception("web.bug", path=request.url.path, exc_info=error)
            known = CityBrainError("edge.bug")
        page = explain_to_people(request, known)
        if page is not None:
            return page
        language = language_of(request, instance.settings.language)
        headers = {"retry-after": str(known.params.get("retry_after_s", 5))} if known.retryable else {}
        if known.http_status == 401:
            headers["www-authenticate"] = 'Bearer realm="citybrain"'
        return Response(
            dumps(as_problem(known, language, new_id)),
            status_code=known.http_status,
            media_type=PROBLEM_TYPE,
            headers=headers,
        )

    return Litestar(
        route_handlers=[*_handlers(), *routes],
        state=State({"instance": instance, "entrance": Entrance(), "carrier": carrier, **state}),
        lifespan=[life],
        exception_handlers={Exception: on_error},
        request_max_body_size=None,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1024, exclude=["/stream/", "/static/", "^/r1/", "/stream$", "/file$"]
        ),
        openapi_config=None,
        before_send=[_with_headers],
        logging_config=None,
    )


async def _with_headers(message: Message, _: Scope) -> None:
    """Put the headers that keep a page to itself on every answer: errors, redirects and built files too."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)


def _known(error: Exception) -> CityBrainError | None:
    if isinstance(error, CityBrainError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NotKnown("edge.no_such_page")
        if error.status_code == 413:
            return TooLarge("edge.body_too_large", most_bytes=0)
        if error.status_code == 503:
            return Unavailable("edge.too_busy")
        return WrongUse("edge.request_wrong", detail=error.detail[:200])
    return None


def open_instance() -> Instance:
    """Open this process's instance from its settings, for the server's entry point."""
    settings = Settings()
    start_logging(settings.log_format, settings.log_level)
    return Instance(settings, SystemClock(), new_id)


def _handlers() -> list[HTTPRouteHandler]:
    handlers: list[HTTPRouteHandler] = [batches.admit, rows.rows, facts.healthz, facts.readyz, facts.indicator]
    handlers += [description.openapi, metrics.metrics, *catalog.HANDLERS, *ckan.HANDLERS]
    handlers += [dissents.raise_one, dissents.show, *sharing.HANDLERS, *calls.HANDLERS, *later_calls.HANDLERS]
    handlers += [*subscriptions.HANDLERS, *subscription_stream.HANDLERS, *statements.HANDLERS]
    handlers += [
        *exports.HANDLERS,
        *effects.HANDLERS,
        *emergencies.HANDLERS,
        *bulk_reads.HANDLERS,
        *standards.HANDLERS,
        *destructions.HANDLERS,
    ]
    return handlers
