"""All page routes, from the fronts that never import each other."""

from litestar.types import ControllerRouterHandler

from citybrain.web import door, law_page, staticfiles
from citybrain.web.cockpit import boards, indicators, scenarios, streams, tasks
from citybrain.web.console import (
    bulk_reads,
    catalog,
    classification,
    contracts,
    destroying,
    destructions,
    dissent,
    effects,
    emergencies,
    emergency_desk,
    exchange,
    exports,
    grants,
    lineage,
    plan,
    quality,
    quarantine,
    requests,
    services,
    standards,
    statements,
    subscriptions,
    usage,
)
from citybrain.web.portal import my_data, my_requests, my_rows


def all_routes() -> list[ControllerRouterHandler]:
    """List the routes of all fronts."""
    cockpit = [*boards.ROUTES, *streams.ROUTES, *tasks.ROUTES, *indicators.ROUTES, *scenarios.ROUTES]
    console = [*contracts.ROUTES, *exchange.ROUTES, *quarantine.ROUTES, *plan.ROUTES]
    console += [*catalog.ROUTES, *classification.ROUTES]
    console += [*dissent.ROUTES, *quality.ROUTES]
    console += [*requests.ROUTES, *grants.ROUTES, *services.ROUTES]
    console += [
        *bulk_reads.ROUTES,
        *standards.ROUTES,
        *exports.ROUTES,
        *effects.ROUTES,
        *subscriptions.ROUTES,
        *statements.ROUTES,
        *usage.ROUTES,
        *lineage.ROUTES,
    ]
    console += [*emergencies.ROUTES, *emergency_desk.ROUTES]
    console += [*destructions.ROUTES, *destroying.ROUTES]
    return [
        *door.ROUTES,
        *staticfiles.ROUTES,
        *cockpit,
        *console,
        *law_page.ROUTES,
        *my_data.ROUTES,
        *my_rows.ROUTES,
        *my_requests.ROUTES,
    ]
