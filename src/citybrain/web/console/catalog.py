"""The catalogue in the console, for anybody who has signed in (Hangzhou art. 9, Nanjing art. 7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link
from citybrain.hub.catalog import demand, proposals
from citybrain.hub.catalog.search import named, one, proof, supplied
from citybrain.kernel.errors import AccessRefused, NotKnown
from citybrain.web.catalog_reading import hidden_from
from citybrain.web.catalog_view import CatalogPage
from citybrain.web.console.catalog_lists import TABS, contents, said
from citybrain.web.console.catalog_one import entry_page
from citybrain.web.console.desk import Desk, rail
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.sessions import Visit, check_form, may_open_contract, viewer_in

HERE = "/console/catalog"
_DONE = {"demand", "closed", "ignored"}


@contextmanager
def reading_desk(request: Asked) -> Iterator[Desk]:
    """Open what a page of the catalogue is made from, for anybody who has signed in.

    Args:
        request: The request.

    Yields:
        The desk; its contracts are those this person may open in the console.

    """
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    mine = {ref: item for ref, item in visit.city.contracts.items() if may_open_contract(visit.viewer, item)}
    with instance.database.reading() as connection:
        yield Desk(connection, visit.city, visit, mine, {}, instance.clock.now(), reading_language(request))


@get("/console/catalog")
async def listed(request: Asked) -> Response[str]:
    """Search the catalogue, or show one of its lists: responsibilities, demands, not shared, new fields, waivers."""

    def look() -> str:
        with reading_desk(request) as looked:
            page = _page(request, looked)
        return render("console/catalog.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk) -> CatalogPage:
    tab = request.query_params.get("list", "search")
    tab = tab if tab in TABS else "search"
    tabs = tuple(
        Link(said(looked, f"tab_{name}"), HERE if name == "search" else f"{HERE}?list={name}", current=name == tab)
        for name in TABS
    )
    done = request.query_params.get("done", "")
    more: dict[str, Any] = contents(request, looked, tab)
    return CatalogPage(
        frame(request, looked.visit, "console"),
        rail(looked, "catalog"),
        tabs,
        tab,
        done=said(looked, f"done_{done}") if done in _DONE else "",
        **more,
    )


@get("/console/catalog/{ref:path}")
async def entry(ref: FromPath[str], request: Asked) -> Response[str]:
    """Show one entry: its elements, fields, lineage, consumers and the proof of its registration."""

    def look() -> str:
        with reading_desk(request) as looked:
            hidden = hidden_from(looked.visit.viewer, looked.city)
            known = one(looked.connection, str(ref).lstrip("/"), hidden=hidden)
            supply = supplied(looked.connection, [known.ref], looked.now) if known.kind == "contract" else {}
            names = named(looked.connection, [*known.around["up"], *known.around["down"]])
            attested = proof(looked.connection, known)
            shown = {name: said for name, said in names.items() if name not in hidden}
            page = entry_page(request, looked, known, supply.get(known.ref), attested, shown)
        return render("console/entry.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@post("/console/catalog/demands", status_code=303)
async def raise_one(request: Request[None, None, State], data: Form) -> Redirect:
    """File what was looked for and not found."""

    def look() -> None:
        instance, visit = instance_of(request), _sent(request, data)
        viewer, now = visit.viewer, instance.clock.now()
        with instance.database.transaction() as connection:
            demand.raise_demand(
                connection, viewer.department, viewer.person, data.get("words", ""), now, instance.new_id
            )

    await entrance_of(request).enter(look)
    return Redirect(f"{HERE}?list=demands&done=demand", status_code=303)


@post("/console/catalog/demands/{number:uuid}/close", status_code=303)
async def close_one(number: FromPath[UUID], request: Request[None, None, State], data: Form) -> Redirect:
    """Close a demand with the entry that answers it."""

    def look() -> None:
        instance, visit = instance_of(request), _sent(request, data)
        viewer = visit.viewer
        with instance.database.transaction() as connection:
            known = demand.raised(connection, number)
            if "operate_hub" not in viewer.may and viewer.department != known.department:
                name = department_name(visit.city, known.department, reading_language(request))
                raise AccessRefused("catalog.demand_not_yours", department=name)
            ref = data.get("ref", "").strip()
            if ref in hidden_from(viewer, visit.city):
                raise NotKnown("catalog.entry_unknown", ref=ref)
            demand.close(connection, number, ref, viewer.person, instance.clock.now(), instance.new_id)

    await entrance_of(request).enter(look)
    return Redirect(f"{HERE}?list=demands&done=closed", status_code=303)


@post("/console/catalog/proposals", status_code=303)
async def ignore_one(request: Request[None, None, State], data: Form) -> Redirect:
    """Record that a field stays undeclared, and why."""

    def look() -> None:
        instance, visit = instance_of(request), _sent(request, data)
        contract = visit.city.contracts.get(data.get("contract", ""))
        if contract is None:
            raise NotKnown("catalog.proposal_unknown", contract=data.get("contract"), field=data.get("field"))
        if not may_open_contract(visit.viewer, contract):
            provider = department_name(visit.city, contract.provider, reading_language(request))
            raise AccessRefused("catalog.proposal_not_yours", provider=provider)
        person, at = visit.viewer.person, instance.clock.now()
        with instance.database.transaction() as connection:
            proposals.ignore(
                connection, contract, data.get("field", ""), person, data.get("reason", ""), at, instance.new_id
            )

    await entrance_of(request).enter(look)
    return Redirect(f"{HERE}?list=proposals&done=ignored", status_code=303)


def _sent(request: Asked, data: dict[str, str]) -> Visit:
    visit = viewer_in(instance_of(request), request.cookies)
    check_form(visit, data.get("csrf"))
    return visit


ROUTES = [listed, entry, raise_one, close_one, ignore_one]
