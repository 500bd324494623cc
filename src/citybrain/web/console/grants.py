"""Grants as people see them: who uses what, for what, how often; narrowed and closed here (Hangzhou art. 13)."""

from datetime import timedelta

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.offering import every_shared, shared
from citybrain.cockpits.figures_view import Link
from citybrain.hub import grants, limits, releases
from citybrain.hub.grants import GrantUse, HeldGrant
from citybrain.hub.limits import Used
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.kernel.messages import explain
from citybrain.kernel.numerals import number
from citybrain.safeguards.viewing import administers
from citybrain.web.console.desk import Desk, address, rail
from citybrain.web.console.effects import of_grant
from citybrain.web.console.exports import may_export
from citybrain.web.console.sharing_desk import (
    GRANTS,
    REQUESTS,
    choice,
    contract_name,
    grant_state,
    last_day,
    limit_facts,
    purpose_name,
    sharing,
    words,
)  # fmt: skip
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import article_name, department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Fact, FieldError, Step
from citybrain.web.sessions import Visit, check_form, viewer_in
from citybrain.web.sharing_view import GivenLine, GrantLine, GrantPage, GrantsPage
from citybrain.web.typed import Typed, first, typed_in

PERIOD = timedelta(days=60)
Posted = Request[None, None, AppState]


@get("/console/grants")
async def listed(request: Asked) -> Response[str]:
    """Show grants: those the department holds, and those on what it provides."""

    def look() -> str:
        with sharing(request) as looked:
            page = _list(request, looked)
        return render("console/grants.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _list(request: Asked, looked: Desk) -> GrantsPage:
    viewer = looked.visit.viewer
    roles = ["user", "provider", *(["all"] if looked.runs_the_hub else [])]
    asked = request.query_params.get("role", "")
    role = asked if asked in roles else roles[-1]
    own = [item.ref for item in every_shared(looked.city) if item.provider == viewer.department]
    found = grants.listed(
        looked.connection,
        department=viewer.department if role == "user" else None,
        things=own if role == "provider" else None,
    )
    used = grants.use_of(looked.connection, found, looked.now - PERIOD)
    filters = tuple(
        Link(words(looked, f"held_{item}"), address(GRANTS, role=item), current=item == role) for item in roles
    )
    return GrantsPage(
        frame(request, looked.visit, "console"), rail(looked, "grants"), filters,
        tuple(_line(looked, item, used.get(item.id)) for item in found), words(looked, "period", days=PERIOD.days),
    )  # fmt: skip


def _line(looked: Desk, held: HeldGrant, used: GrantUse | None) -> GrantLine:
    state, word = grant_state(looked, held)
    return GrantLine(
        held.name, f"{GRANTS}/{held.name}", contract_name(looked, held.thing),
        department_name(looked.city, held.department, looked.language), purpose_name(looked, held.purpose),
        last_day(looked, held.ends_at), state, word, _used(looked, used),
    )  # fmt: skip


def _used(looked: Desk, used: GrantUse | None) -> str:
    if used is None:
        return words(looked, "unused")
    return words(looked, "used", releases=used.releases, rows=number(used.rows), at=looked.stamp(used.last_at))


@get("/console/grants/{name:str}")
async def show(name: FromPath[str], request: Asked) -> Response[str]:
    """Show one grant with its use."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked, _seen(looked, name))
        return render("console/grant.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _seen(looked: Desk, name: str) -> list[HeldGrant]:
    """Return the versions of a grant for who holds it, who provides the data and who runs the hub."""
    found = grants.versions(looked.connection, name)
    contract = shared(looked.city, found[0].thing) if found else None
    concerned = {found[0].department, contract.provider if contract else ""} if found else set()
    if not found or (looked.visit.viewer.department not in concerned and not looked.runs_the_hub):
        raise NotKnown("hub.grant_unknown", grant=name)
    return found


def _page(request: Asked, looked: Desk, found: list[HeldGrant], errors: tuple[FieldError, ...] = ()) -> GrantPage:
    held, contract = found[0], shared(looked.city, found[0].thing)
    state, word = grant_state(looked, held)
    used = grants.use_of(looked.connection, found, looked.now - PERIOD).get(held.id)
    left = used.fields if used else frozenset()
    known = [item for item in contract.fields if item.name in held.fields] if contract else []
    keeps = may_keep(looked.visit, held)
    return GrantPage(
        frame(request, looked.visit, "console"), rail(looked, "grants"),
        (Link(words(looked, "grants"), GRANTS), Link(held.name, "")), held.name, contract_name(looked, held.thing),
        state, word, _facts(looked, held, used),
        tuple(choice(looked, item, held.purpose, chosen=item.name in left, clear=item.name in held.clear_fields)
              for item in known),
        tuple(_given(looked, item) for item in releases.under(looked.connection, held.name, 20)),
        tuple(_version(looked, item) for item in found), words(looked, "period", days=PERIOD.days),
        may_close=keeps and held.state == "open", may_narrow=keeps and held.state == "open" and
        held.source != "declared", errors=errors,
        export_href=address("/console/exports/new", grant=held.name) if may_export(looked.visit, held) else "",
        effects=of_grant(looked, held),
    )  # fmt: skip


def may_keep(visit: Visit, held: HeldGrant) -> bool:
    """Tell whether somebody may close or narrow a grant: of the provider with the right to grant, or of the authority.

    Args:
        visit: Who looks.
        held: The grant.

    """
    contract = shared(visit.city, held.thing)
    own = contract is not None and contract.provider == visit.viewer.department and "grant_data" in visit.viewer.may
    return own or (contract is not None and administers(visit.viewer, contract))


def _facts(looked: Desk, held: HeldGrant, used: GrantUse | None) -> tuple[Fact, ...]:
    begun = f"{held.starts_at.astimezone(looked.city.zone):%Y-%m-%d}"
    facts = [
        Fact(words(looked, "applicant"), department_name(looked.city, held.department, looked.language)),
        Fact(words(looked, "purpose"), purpose_name(looked, held.purpose)),
        Fact(words(looked, "basis"), article_name(str(held.basis.get("law", "")), looked.language) or "—"),
        Fact(words(looked, "rows"), held.rows or words(looked, "all_rows"), code=held.rows is not None),
        Fact(words(looked, "term"), words(looked, "from_to", start=begun, end=last_day(looked, held.ends_at))),
        Fact(words(looked, "source"), words(looked, f"source_{held.source}")),
        Fact(words(looked, "use"), _used(looked, used)),
    ]  # fmt: skip
    spent = limits.used_of(looked.connection, [held], city_day(looked.now, looked.city.zone))
    facts += limit_facts(looked, held.limits, held.assessment, spent.get(held.name, Used()))
    if held.request is not None:
        facts.append(Fact(words(looked, "request"), held.name.upper(), f"{REQUESTS}/{held.name.upper()}"))
    return tuple(facts)


def _given(looked: Desk, item: releases.Given) -> GivenLine:
    channel = words(looked, f"channel_{item.channel}")
    return GivenLine(
        looked.stamp(item.at), item.system, channel, words(looked, "comma").join(item.fields), item.rows, item.bytes
    )


def _version(looked: Desk, held: HeldGrant) -> Step:
    known = held.close_reason in {"superseded", "undeclared", "emergency_over"}
    ended = words(looked, f"end_{held.close_reason}") if known else held.close_reason
    text = words(looked, "version", version=held.version, fields=len(held.fields), end=last_day(looked, held.ends_at))
    if held.closed_at is not None:
        text = words(looked, "version_closed", text=text, at=looked.stamp(held.closed_at), why=ended or "")
    return Step(looked.stamp(held.made_at), text, person_name(looked.city, held.made_by, looked.language))


@post("/console/grants/{name:str}/act", status_code=303)
async def act(name: FromPath[str], request: Posted) -> Response[str]:
    """Close a grant at once, or narrow it to fewer fields."""
    typed = await typed_in(request)

    def look() -> str | None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, first(typed, "csrf"))
        try:
            _act(request, visit, name, typed)
        except CityBrainError as error:
            if error.http_status in {401, 403, 404}:
                raise
            with sharing(request) as looked:
                told = explain(error, looked.language)
                page = _page(request, looked, _seen(looked, name), (FieldError("reason", told.next_steps[0]),))
            return render("console/grant.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(look)
    return Redirect(f"{GRANTS}/{name}", status_code=303) if text is None else html(request, text, 422)


def _act(request: Asked, visit: Visit, name: str, typed: Typed) -> None:
    instance, wanted = instance_of(request), first(typed, "act")
    with instance.database.transaction() as connection:
        found = grants.versions(connection, name)
        if not found or not may_keep(visit, found[0]):
            raise NotKnown("hub.grant_unknown", grant=name)
        person, made = visit.viewer.person, (instance.clock, instance.new_id)
        if wanted == "close":
            grants.close(connection, name, person, first(typed, "reason"), *made)
        elif wanted == "narrow":
            grants.renew(connection, name, person, *made, fields=typed.get("fields", []))
        else:
            raise NotKnown("edge.no_such_page")


ROUTES = [listed, show, act]
