"""The own rows: a copy of all of them, and a dissent where one is wrong (Hangzhou art. 13; Nanjing art. 11)."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.contract import Contract
from citybrain.cockpits.figures_view import Link
from citybrain.governance import rights
from citybrain.governance.dissent import answering
from citybrain.governance.dissent.case import FINISHED, Dissent, Raiser
from citybrain.hub import subject_log
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.safeguards import consent
from citybrain.web.door import MY_DATA, Form, entrance_of, html
from citybrain.web.frames import Asked, instance_of
from citybrain.web.pages import render
from citybrain.web.parts_view import Option
from citybrain.web.portal.my_data import own_frame, own_of
from citybrain.web.portal.reading import Own
from citybrain.web.portal_view import OwnDissent, OwnRowsPage
from citybrain.web.problems import dumps
from citybrain.web.sessions import CitizenVisit, check_form, citizen_in

ROWS_SHOWN = 50
_EVERY_USE = 100_000
DONE = ("raised", "accept", "appeal")
HERE = f"{MY_DATA}/rows/{{department:str}}/{{resource:str}}"


def _contract(own: Own, department: str, resource: str) -> Contract:
    found = own.city.contracts.get(f"contract:{department}/{resource}")
    if found is None or found.subject is None:
        raise NotKnown("portal.contract_unknown", contract=f"contract:{department}/{resource}"[:120])
    return found


@get(HERE)
async def rows(department: FromPath[str], resource: FromPath[str], request: Asked) -> Response[str]:
    """Show the newest rows about the person, in clear."""

    def look() -> str:
        visit = citizen_in(instance_of(request), request.cookies)
        with own_of(request, visit) as own:
            page = _page(request, visit, own, _contract(own, department, resource))
            return render("portal/my_rows.html", page, language=own.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, visit: CitizenVisit, own: Own, contract: Contract) -> OwnRowsPage:
    found = rights.own_rows(own.connection, contract, own.reader, own.citizen.subject, ROWS_SHOWN).to_dicts()
    done = request.query_params.get("done", "")
    cells = tuple(tuple(_cell(own, row[field.name]) for field in contract.fields) for row in found)
    keyed = found if contract.keys else []
    return OwnRowsPage(
        own_frame(request, visit, own),
        contract.name.said(own.language),
        f"{MY_DATA}/rows/{contract.department}/{contract.resource}",
        Link(say("web.my_data", own.language), MY_DATA),
        own.words(f"done_{done}") if done in DONE else "",
        tuple(field.title.said(own.language) for field in contract.fields),
        cells,
        tuple(Option(rights.row_name(contract, row), _told(own, contract, row)) for row in keyed),
        tuple(
            Option(field.name, field.title.said(own.language))
            for field in contract.fields
            if field.name not in {*contract.keys, contract.subject}
        ),
        tuple(_dissent(own, contract, item) for item in rights.dissents_of(own.connection, contract, own.token)),
    )  # fmt: skip


def _cell(own: Own, value: Any) -> str:
    if value is None:
        return ""
    return own.stamp(value) if hasattr(value, "astimezone") else str(value)


def _told(own: Own, contract: Contract, row: dict[str, Any]) -> str:
    names = [*contract.keys, *([contract.event_time] if contract.event_time not in contract.keys else [])]
    return " ".join(_cell(own, row[name]) for name in names if name)


def _dissent(own: Own, contract: Contract, found: Dissent) -> OwnDissent:
    finished = found.state in FINISHED
    what = own.fields(contract.ref, [found.field] if found.field else [])
    return OwnDissent(
        found.number, what, found.claimed, "ok" if finished else "todo", own.words(f"dissent_{found.state}"),
        found.answer, own.stamp(found.due_at), found.state == "answered",
    )  # fmt: skip


@post(f"{HERE}/dissents", status_code=303)
async def object_to(
    department: FromPath[str], resource: FromPath[str], request: Request[None, None, State], data: Form
) -> Redirect:
    """Ask for a correction: a dissent that the provider answers in time."""

    def act() -> None:
        instance = instance_of(request)
        visit = citizen_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        with own_of(request, visit) as own:
            contract = _contract(own, department, resource)
            claim = rights.Claim(
                data.get("row", ""), data.get("field", ""), data.get("claimed", ""), data.get("grounds", "")
            )
            person = (own.citizen.subject, own.token)
            rights.correct(
                own.connection, own.city, own.reader, contract, claim, person, instance.clock, instance.new_id
            )

    await entrance_of(request).enter(act)
    return Redirect(f"{MY_DATA}/rows/{department}/{resource}?done=raised", status_code=303)


@post(f"{HERE}/reactions", status_code=303)
async def react(
    department: FromPath[str], resource: FromPath[str], request: Request[None, None, State], data: Form
) -> Redirect:
    """Accept the provider's answer, or object to it once more."""
    how = "appeal" if data.get("act") == "appeal" else "accept"

    def act() -> None:
        instance = instance_of(request)
        visit = citizen_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        with own_of(request, visit) as own:
            contract = _contract(own, department, resource)
            number, words = data.get("number", ""), data.get("words", "")
            mine = {item.number for item in rights.dissents_of(own.connection, contract, own.token)}
            if number not in mine:
                raise NotKnown("portal.row_unknown", contract=contract.ref)
            raiser = Raiser("citizen", own.token.hex())
            if how == "accept":
                answering.accept(own.connection, number, raiser, words, instance.clock, instance.new_id)
            else:
                answering.appeal(own.connection, own.city, number, raiser, words, instance.clock, instance.new_id)

    await entrance_of(request).enter(act)
    return Redirect(f"{MY_DATA}/rows/{department}/{resource}?done={how}", status_code=303)


@post(f"{MY_DATA}/copy", status_code=200)
async def copy(request: Request[None, None, State], data: Form) -> Response[bytes]:
    """Hand the person a machine-readable copy: rows, who used them, and consents."""

    def act() -> bytes:
        instance = instance_of(request)
        visit = citizen_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        with own_of(request, visit) as own:
            person = (own.citizen.subject, own.token)
            made = rights.copy(own.connection, own.city, own.reader, *person, instance.clock, instance.new_id)
            used = subject_log.uses_of(own.connection, own.token, limit=_EVERY_USE)
            made["uses"] = [
                {"at": use.at, "department": use.department, "purpose": use.purpose, "contract": use.thing,
                 "fields": use.fields, "grant": use.grant, "basis": use.basis, "channel": use.channel}
                for use in used
            ]  # fmt: skip
            made["consents"] = [
                {"number": item.number, "contract": item.contract, "purpose": item.purpose, "fields": item.fields,
                 "department": item.department, "given_at": item.given_at, "withdrawn_at": item.withdrawn_at}
                for item in consent.of_subject(own.connection, own.token)
            ]  # fmt: skip
            return dumps(made)

    headers = {"cache-control": "no-store", "content-disposition": "attachment; filename=my-data.json"}
    return Response(await entrance_of(request).enter(act), media_type="application/json", headers=headers)


ROUTES = [rows, object_to, react, copy]
