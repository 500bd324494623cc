"""Dissents in the console: raise, look, answer, appeal, decide, close (Nanjing art. 11)."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.governance.dissent import answering, case, clocks, consequences
from citybrain.governance.dissent.case import Channel, Dissent, Raiser
from citybrain.governance.dissent.raising import Order, Raised, raise_dissent
from citybrain.kernel.errors import AccessRefused, CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain
from citybrain.web.console.dissent_desk import HERE, RAISING, watching
from citybrain.web.console.dissent_one import one_page
from citybrain.web.console.dissent_pages import list_page
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError
from citybrain.web.sessions import Visit, check_form, viewer_in

_OUTSIDE: dict[str, Channel] = {"letter": "letter", "phone": "phone", "counter": "counter"}


@get("/console/dissents")
async def listed(request: Asked) -> Response[str]:
    """Show the dissents this person is concerned with, and how providers deal with them."""

    def look() -> str:
        with watching(request) as looked:
            page = list_page(request, looked)
        return render("console/dissents.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@get("/console/dissents/{number:str}")
async def show(number: FromPath[str], request: Asked) -> Response[str]:
    """Show one dissent."""

    def look() -> str:
        with watching(request) as looked:
            page = one_page(request, looked, number)
        return render("console/dissent.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@post("/console/dissents", status_code=303)
async def raise_one(request: Request[None, None, AppState], data: Form) -> Response[Any]:
    """Raise a dissent; for somebody outside the page shows the tracking code, once."""

    def raise_it() -> tuple[str, str | None, int]:
        visit = _visit(request, data)
        if not visit.viewer.may & RAISING:
            raise AccessRefused("dissent.closed_to_post", post=visit.viewer.post)
        try:
            raised = _raise(request, visit, data)
        except (WrongUse, NotKnown) as error:
            with watching(request) as looked:
                page = list_page(request, looked, data, error_of(request, error))
            return "", render("console/dissents.html", page, language=looked.language), 422
        number = raised.dissent.number
        if raised.dissent.raiser_kind != "outsider":
            return number, None, 303
        with watching(request) as looked:
            page_ = one_page(request, looked, number, code=raised.code)
        return number, render("console/dissent.html", page_, language=looked.language), 200

    number, text, status = await entrance_of(request).enter(raise_it)
    return html(request, text, status) if text is not None else Redirect(f"{HERE}/{number}", status_code=303)


def _raise(request: Asked, visit: Visit, data: dict[str, str]) -> Raised:
    instance = instance_of(request)
    channel = _OUTSIDE.get(data.get("channel", ""))
    viewer = visit.viewer
    raiser = Raiser("outsider" if channel else "person", viewer.person, viewer.department)
    keys = {name.removeprefix("key."): text.strip() for name, text in data.items() if name.startswith("key.")}
    order = Order(
        contract=data.get("contract", ""),
        raiser=raiser,
        channel=channel or "console",
        grounds=data.get("grounds", ""),
        keys=keys or None,
        batch=_uuid(data.get("batch", "")) if not keys else None,
        field=data.get("field") or None,
        seen=data.get("seen", ""),
        claimed=data.get("claimed", ""),
        outsider=(data.get("outsider_name", ""), data.get("outsider_contact", "")) if channel else None,
    )
    with instance.database.transaction() as connection:
        return raise_dissent(connection, visit.city, instance.reader, order, instance.clock, instance.new_id)


@post("/console/dissents/{number:str}/{act:str}", status_code=303)
async def act_on(
    number: FromPath[str], act: FromPath[str], request: Request[None, None, AppState], data: Form
) -> Response[Any]:
    """Answer, accept, appeal, decide, urge, or say that one has looked again."""

    def step() -> str | None:
        visit = _visit(request, data)
        _seen(request, visit, number)
        try:
            _do(request, visit, number, act, data)
        except WrongUse as error:
            with watching(request) as looked:
                page = one_page(request, looked, number, errors=error_of(request, error), typed=data)
            return render("console/dissent.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(step)
    return html(request, text, 422) if text is not None else Redirect(f"{HERE}/{number}", status_code=303)


def _do(request: Asked, visit: Visit, number: str, act: str, data: dict[str, str]) -> None:
    instance, viewer, city = instance_of(request), visit.viewer, visit.city
    words, clock, new_id = data.get("words", ""), instance.clock, instance.new_id
    raiser = Raiser("person", viewer.person, viewer.department)
    if act == "answer" and data.get("verdict") != "rejected":
        values = {name.removeprefix("field."): text.strip() for name, text in data.items() if name.startswith("field.")}
        rooms = answering.Rooms(instance.database, city, instance.gate, instance.reader, clock, new_id)
        answering.uphold(rooms, number, values, words, viewer)
        return
    with instance.database.transaction() as connection:
        match act:
            case "answer":
                answering.reject(connection, city, number, words, viewer, clock, new_id)
            case "accept":
                answering.accept(connection, number, raiser, words, clock, new_id)
            case "appeal":
                answering.appeal(connection, city, number, raiser, words, clock, new_id)
            case "decide":
                found = data.get("verdict") == "upheld"
                answering.decide(connection, city, number, words, viewer, clock, new_id, for_raiser=found)
            case "urge":
                clocks.urge(connection, number, viewer, words, clock, new_id)
            case "redecide":
                consequences.redecide(connection, number, viewer, words, clock, new_id)
            case _:
                raise NotKnown("edge.no_such_page")


def _seen(request: Asked, visit: Visit, number: str) -> Dissent:
    """Find a dissent for somebody who is concerned; others learn nothing."""
    with instance_of(request).database.reading() as connection:
        found = case.one(connection, number)
        concerned = {item.department for item in consequences.redecisions(connection, found.id)}
    if not case.may_see(found, visit.viewer) and visit.viewer.department not in concerned:
        raise NotKnown("dissent.unknown", number=number)
    return found


def _visit(request: Asked, data: dict[str, str]) -> Visit:
    visit = viewer_in(instance_of(request), request.cookies)
    check_form(visit, data.get("csrf"))
    return visit


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip()) if text.strip() else None
    except ValueError:
        raise NotKnown("dissent.batch_unknown", batch=text.strip()[:40]) from None


def error_of(request: Asked, error: CityBrainError) -> tuple[FieldError, ...]:
    """Say what was wrong with a form.

    Args:
        request: For the language.
        error: What was raised.

    """
    said = explain(error, reading_language(request))
    return (FieldError("grounds" if error.code == "dissent.grounds_missing" else "form", f"{said.title}：{said.detail}"
                       if reading_language(request) == "zh" else f"{said.title}: {said.detail}"),)  # fmt: skip


ROUTES = [listed, show, raise_one, act_on]
