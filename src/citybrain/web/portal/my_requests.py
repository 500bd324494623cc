"""Requests of a person: delete my rows, explain this use, show what was deleted and how (Hangzhou art. 13)."""

from collections.abc import Callable
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.governance import person_requests, rights
from citybrain.hub.destruction import certificate
from citybrain.hub.subject_log import one_use
from citybrain.kernel.errors import NotKnown
from citybrain.web.certifying import certificate_page
from citybrain.web.door import MY_DATA, Form, entrance_of, html
from citybrain.web.frames import Asked, instance_of
from citybrain.web.pages import render
from citybrain.web.portal import asked
from citybrain.web.portal.my_data import own_frame, own_of
from citybrain.web.portal.reading import Own
from citybrain.web.sessions import check_form, citizen_in

Posted = Request[None, None, State]


async def _acted(request: Posted, data: dict[str, str], done: str, act: Callable[[Own], object]) -> Redirect:
    def step() -> None:
        visit = citizen_in(instance_of(request), request.cookies)
        check_form(visit, data.get("csrf"))
        with own_of(request, visit) as own:
            act(own)

    await entrance_of(request).enter(step)
    return Redirect(f"{MY_DATA}?done={done}#h-asked", status_code=303)


@post(f"{MY_DATA}/requests", status_code=303)
async def ask(request: Posted, data: Form) -> Redirect:
    """Ask for the deletion of one's rows under a contract."""

    def act(own: Own) -> None:
        instance, ref = instance_of(request), data.get("contract", "")
        contract = own.city.contracts.get(ref)
        if contract is None:
            raise NotKnown("portal.contract_unknown", contract=ref[:120])
        person_requests.ask(
            own.connection, own.city, contract, "delete", own.token, data.get("words", ""), instance.clock,
            instance.new_id,
        )  # fmt: skip

    return await _acted(request, data, "asked", act)


@post(f"{MY_DATA}/requests/{{number:str}}/withdrawal", status_code=303)
async def withdraw(number: FromPath[str], request: Posted, data: Form) -> Redirect:
    """Withdraw a request of one's own."""

    def act(own: Own) -> None:
        instance = instance_of(request)
        person_requests.withdraw(own.connection, number, own.token, instance.clock, instance.new_id)

    return await _acted(request, data, "asked_back", act)


@get(f"{MY_DATA}/uses/{{use:uuid}}")
async def explain(use: FromPath[UUID], request: Asked) -> Response[str]:
    """Explain a use: grant, law, fields, where the values came from and when."""

    def look() -> str:
        visit = citizen_in(instance_of(request), request.cookies)
        with own_of(request, visit) as own:
            person = (own.citizen.subject, own.token)
            told = rights.explain(own.connection, own.city, own.reader, person, use)
            page = asked.explained(own, told, own_frame(request, visit, own))
            return render("portal/explained.html", page, language=own.language)

    return html(request, await entrance_of(request).enter(look))


@post(f"{MY_DATA}/uses/{{use:uuid}}/questions", status_code=303)
async def question(use: FromPath[UUID], request: Posted, data: Form) -> Redirect:
    """Ask the provider to explain a use in words."""

    def act(own: Own) -> None:
        instance = instance_of(request)
        found = one_use(own.connection, own.token, use)
        contract = own.city.contracts.get(found.thing)
        if contract is None:
            raise NotKnown("portal.contract_unknown", contract=found.thing)
        person_requests.ask(
            own.connection, own.city, contract, "explain", own.token, data.get("words", ""), instance.clock,
            instance.new_id, use,
        )  # fmt: skip

    return await _acted(request, data, "asked", act)


@get(f"{MY_DATA}/destructions/{{number:str}}")
async def show(number: FromPath[str], request: Asked) -> Response[str]:
    """Show the certificate of what was deleted of the person; another's does not exist here."""

    def look() -> str:
        visit = citizen_in(instance_of(request), request.cookies)
        with own_of(request, visit) as own:
            made = certificate.one(own.connection, number)
            if made.subject != own.token:
                raise NotKnown("destruction.unknown", number=number[:40])
            page = certificate_page(
                own.connection, own.city, made, own.language, own_frame(request, visit, own)
            )  # fmt: skip
            return render("portal/destruction.html", page, language=own.language)

    return html(request, await entrance_of(request).enter(look))


ROUTES = [ask, withdraw, explain, question, show]
