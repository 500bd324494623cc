"""File exports as people see them: asked for from a grant, fetched while it holds, deleted when done (Hangzhou 13)."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from citybrain.city.offering import every_shared, shared
from citybrain.cockpits.figures_view import Link, State
from citybrain.hub.exports import record
from citybrain.hub.exports.record import FORMS, Export, ExportOrder, Form, View
from citybrain.hub.grants import HeldGrant
from citybrain.kernel.errors import CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.kernel.numerals import number
from citybrain.kernel.postgres import Connection
from citybrain.web.console.desk import Desk, address, page_number, pager, rail
from citybrain.web.console.sharing_desk import GRANTS, choice, contract_name, grant_for, purpose_name, sharing, words
from citybrain.web.door import entrance_of, html
from citybrain.web.exports_view import ExportForm, ExportLine, ExportsPage
from citybrain.web.filing import file_answer
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError, Option
from citybrain.web.sessions import Visit, check_form, viewer_in
from citybrain.web.typed import Typed, first, typed_in

HERE = "/console/exports"
ON_PAGE = 50
STATES: dict[str, State] = {"waiting": "todo", "making": "todo", "ready": "ok", "failed": "alarm", "ended": "none"}
VIEWS: tuple[View, ...] = ("history", "current")
Posted = Request[None, None, AppState]


@get("/console/exports")
async def listed(request: Asked) -> Response[str]:
    """Show the files the department asked for, and those of the data it provides."""

    def look() -> str:
        with sharing(request) as looked:
            page = _list(request, looked)
        return render("console/exports.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@get("/console/exports/new")
async def form(request: Asked) -> Response[str]:
    """Show the form that asks for the rows of a grant as a file."""
    name = request.query_params.get("grant", "")

    def look() -> str:
        with sharing(request) as looked:
            page = _form(request, looked, grant_for(looked.connection, looked.visit, name, may_export), {})
        return render("console/export.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@post("/console/exports", status_code=303)
async def ask(request: Posted) -> Response[str]:
    """Ask for a file; what was chosen is kept when it is refused."""
    typed = await typed_in(request)

    def act() -> str | None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, first(typed, "csrf"))
        with instance.database.reading() as connection:
            held = grant_for(connection, visit, first(typed, "grant"), may_export)
        try:
            instance.exporter.ask(_order(visit, held, typed))
        except CityBrainError as error:
            if error.http_status in {401, 404}:
                raise
            with sharing(request) as looked:
                told = explain(error, looked.language)
                at = str(error.params.get("field", ""))
                at = at if at in {"since", "until"} else "system"
                wrong = (
                    FieldError(at, say("exports.refused", looked.language, why=told.title, do=told.next_steps[0])),
                )
                page = _form(request, looked, held, typed, wrong)
            return render("console/export.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(act)
    return Redirect(HERE, status_code=303) if text is None else html(request, text, 422)


@get("/console/exports/{export:uuid}/file")
async def file(export: FromPath[UUID], request: Asked) -> Stream:
    """Send the file to a person of the department it is for; each time is in evidence."""
    instance = instance_of(request)

    def look() -> Any:
        visit = viewer_in(instance, request.cookies)
        with instance.database.reading() as connection:
            known = _own(connection, visit, export)
        return instance.exporter.fetch(known.id, visit.viewer.person)

    return file_answer(await entrance_of(request).enter(look), instance.exporter, entrance_of(request))


@post("/console/exports/{export:uuid}/end", status_code=303)
async def end(export: FromPath[UUID], request: Posted) -> Redirect:
    """Delete a file."""
    data = await request.form()

    def act() -> None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, str(data.get("csrf", "")))
        with instance.database.transaction() as connection:
            known = _own(connection, visit, export)
            record.end(connection, known.id, "deleted", visit.viewer.person, instance.clock, instance.new_id)
        instance.exporter.clear()

    await entrance_of(request).enter(act)
    return Redirect(HERE, status_code=303)


def _list(request: Asked, looked: Desk) -> ExportsPage:
    viewer, page = looked.visit.viewer, page_number(request)
    roles = ["user", "provider", *(["all"] if looked.runs_the_hub else [])]
    asked = request.query_params.get("role", "")
    role = asked if asked in roles else roles[-1] if looked.runs_the_hub else "user"
    own = [item.ref for item in every_shared(looked.city) if item.provider == viewer.department]
    found, total = record.listed(
        looked.connection,
        department=viewer.department if role == "user" else None,
        contracts=own if role == "provider" else None,
        limit=ON_PAGE,
        offset=(page - 1) * ON_PAGE,
    )
    filters = tuple(
        Link(words(looked, f"held_{item}"), address(HERE, role=item), current=item == role) for item in roles
    )
    lines = tuple(_line(looked, item) for item in found)
    told = pager(HERE, page, ON_PAGE, len(lines), total, role=asked)
    return ExportsPage(frame(request, looked.visit, "console"), rail(looked, "exports"), filters, lines, told)


def _line(looked: Desk, item: Export) -> ExportLine:
    word = say(f"exports.state_{item.state}", looked.language, rows=number(item.rows))
    why = say(f"exports.end_{item.end_reason}", looked.language) if item.end_reason else ""
    if item.failure:
        why = explain(CityBrainError(item.failure, contract=item.contract, thing=item.contract), looked.language).title
    mine = _may(looked.visit, item)
    who = person_name(looked.city, item.person, looked.language) if item.person else item.system
    body = department_name(looked.city, item.department, looked.language)
    return ExportLine(
        str(item.id)[:13], contract_name(looked, item.contract), Link(item.grant, f"{GRANTS}/{item.grant}"),
        words(looked, "comma").join((body, who)), say(f"exports.format_{item.form}", looked.language),
        STATES[item.state], word, looked.stamp(item.asked_at), why,
        number(item.rows) if item.state == "ready" else "", size_of(item.size), looked.stamp(item.expires_at),
        item.fetched, f"{HERE}/{item.id}/file" if mine and item.state == "ready" else "",
        f"{HERE}/{item.id}/end" if mine and item.state != "ended" else "",
        f"{item.sha256.hex()[:12]}…" if item.sha256 else "",
    )  # fmt: skip


def size_of(size: int | None) -> str:
    """Write a number of bytes as people read it.

    Args:
        size: Bytes; none where nothing is known.

    Examples:
        >>> size_of(512), size_of(2_500_000), size_of(None)
        ('512 B', '2.5 MB', '')

    """
    if size is None:
        return ""
    for unit, length in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size} B"


def _may(visit: Visit, item: Export) -> bool:
    return visit.viewer.department == item.department and "request_data" in visit.viewer.may


def _own(connection: Connection, visit: Visit, export: UUID) -> Export:
    known = record.one(connection, export)
    if not _may(visit, known):
        raise NotKnown("exports.unknown", export=export)
    return known


def may_export(visit: Visit, held: HeldGrant) -> bool:
    """Tell whether somebody may have rows of a grant made into a file.

    Args:
        visit: Who looks.
        held: The grant.

    """
    viewer = visit.viewer
    own = viewer.department == held.department and "request_data" in viewer.may
    return own and held.state == "open" and held.thing.startswith("contract:")


def _form(
    request: Asked, looked: Desk, held: HeldGrant, typed: Typed, errors: tuple[FieldError, ...] = ()
) -> ExportForm:  # fmt: skip
    contract = shared(looked.city, held.thing)
    chosen = set(typed.get("fields", held.fields))
    fields = [item for item in contract.fields if item.name in held.fields] if contract else []
    language, systems = looked.language, []
    for item in looked.city.systems.values():
        if item.owner == held.department and item.status == "running":
            systems.append(Option(item.ref, item.name.said(language), item.ref == first(typed, "system")))
    wrong = errors if systems else (FieldError("system", say("exports.no_system", language)),)
    return ExportForm(
        frame(request, looked.visit, "console"), rail(looked, "exports"),
        (Link(words(looked, "grants"), GRANTS), Link(held.name, f"{GRANTS}/{held.name}")), held.name,
        contract_name(looked, held.thing), purpose_name(looked, held.purpose),
        tuple(choice(looked, item, held.purpose, chosen=item.name in chosen, clear=item.name in held.clear_fields)
              for item in fields),
        tuple(systems),
        tuple(Option(one, say(f"exports.format_{one}", language), one == first(typed, "format")) for one in FORMS),
        tuple(Option(one, say(f"exports.view_{one}", language), one == first(typed, "view")) for one in VIEWS),
        first(typed, "since"), first(typed, "until"), wrong,
    )  # fmt: skip


def _order(visit: Visit, held: HeldGrant, typed: Typed) -> ExportOrder:
    wanted: Form | None = next((item for item in FORMS if item == first(typed, "format")), None)
    view: View | None = next((item for item in VIEWS if item == first(typed, "view")), None)
    system = visit.city.systems.get(first(typed, "system"))
    if wanted is None or view is None or system is None or system.owner != held.department:
        raise WrongUse("edge.request_wrong", detail="format, view, system")
    zone = visit.city.zone

    def day(name: str, *, after: int = 0) -> datetime | None:
        if not first(typed, name):
            return None
        try:
            at = datetime.combine(datetime.fromisoformat(first(typed, name)).date(), time(), zone)
        except ValueError:
            raise WrongUse("hub.value_unreadable", field=name, type="date", value=first(typed, name)[:40]) from None
        return at + timedelta(days=after)

    return ExportOrder(
        system.ref, held.thing, held.purpose, held.name, tuple(typed.get("fields", ())) or None, (), day("since"),
        day("until", after=1), view, wanted, visit.viewer.person,
    )  # fmt: skip


ROUTES = [listed, form, ask, file, end]
