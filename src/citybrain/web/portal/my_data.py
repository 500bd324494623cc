"""My data (我的数据): who used it, when, for what, on which basis; and the person's own choice.

Source: Hangzhou art. 13 (知情权、选择权).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.contract import Contract
from citybrain.hub import grants
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards import consent
from citybrain.safeguards.consent import Consent, Use
from citybrain.safeguards.consent_receipt import receipt
from citybrain.safeguards.subjects import subject_key, token_of
from citybrain.web.door import MY_DATA, Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.pages import render
from citybrain.web.parts_view import Option
from citybrain.web.portal import asked, reading
from citybrain.web.portal.reading import Own
from citybrain.web.portal_view import MyDataPage
from citybrain.web.problems import dumps
from citybrain.web.sessions import CitizenVisit, check_form, citizen_in
from citybrain.web.views import Frame

USES_ON_PAGE = 25
DIGITS = 4
DONE = ("given", "withdrawn", "asked", "asked_back")


@contextmanager
def own_of(request: Asked, visit: CitizenVisit) -> Iterator[Own]:
    """Open what a page is made from: one transaction, one person.

    Args:
        request: The request.
        visit: Who is signed in.

    """
    instance = instance_of(request)
    with instance.database.transaction() as connection:  # the first one to ask makes the key of persons
        key = subject_key(connection, key_file=instance.settings.key_file)
        token = token_of(visit.citizen.subject, key)
        yield Own(connection, visit.city, visit.citizen, token, instance.reader, reading_language(request))


@get(MY_DATA)
async def my_data(request: Asked) -> Response[str]:
    """Show a person the person's own data."""

    def look() -> str:
        visit = citizen_in(instance_of(request), request.cookies)
        with own_of(request, visit) as own:
            return render("portal/my_data.html", _page(request, visit, own), language=own.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, visit: CitizenVisit, own: Own) -> MyDataPage:
    wanted = request.query_params.get("page", "1")
    page = max(int(wanted), 1) if wanted.isdecimal() and len(wanted) <= DIGITS else 1
    total = reading.count(own)
    done = request.query_params.get("done", "")
    guardian = visit.citizen.guardian
    acting = guardian.said(own.language) if visit.citizen.minor and guardian else ""
    held = tuple(reading.holdings(own))
    return MyDataPage(
        own_frame(request, visit, own),
        visit.citizen.name.said(own.language),
        acting,
        own.words(f"done_{done}") if done in DONE else "",
        tuple(reading.choices(own)),
        tuple(reading.receipts(own)),
        tuple(reading.uses(own, USES_ON_PAGE, (page - 1) * USES_ON_PAGE)),
        total,
        held,
        f"{MY_DATA}?page={page + 1}#h-uses" if page * USES_ON_PAGE < total else "",
        f"{MY_DATA}?page={page - 1}#h-uses" if page > 1 else "",
        tuple(asked.requests(own, instance_of(request).clock.now())),
        tuple(Option(line.ref, line.contract) for line in held if line.rows),
        own.city.settings.clocks.person_request,
    )


def own_frame(request: Asked, visit: CitizenVisit, own: Own) -> Frame:
    """Make the frame of a page of a person: no console, no cockpit.

    Args:
        request: The request.
        visit: Who is signed in.
        own: What is about that person.

    """
    return replace(
        frame(request, None, None, reading.provenances(own)),
        person=visit.citizen.name.said(own.language), post=say("edge.citizen", own.language), csrf=visit.csrf,
        sections=(),
    )  # fmt: skip


@post(f"{MY_DATA}/consents", status_code=303)
async def agree(request: Request[None, None, State], data: Form) -> Redirect:
    """Record that the person agrees to a use under a grant."""

    def act(own: Own) -> None:
        instance, citizen = instance_of(request), own.citizen
        contract, held = _choice(own, data.get("grant", ""))
        plain, delicate = consent.parts(contract, held.fields)
        sensitive = data.get("part") == "sensitive"
        use = Use(held.purpose, held.department, delicate if sensitive else plain, sensitive)
        guardian = citizen.guardian.said("zh") if citizen.guardian else None
        consent.give(
            own.connection, contract, use, own.token, instance.clock, instance.new_id, minor=citizen.minor,
            guardian=guardian,
        )  # fmt: skip

    return await _acted(request, data, act, "given")


def _choice(own: Own, name: str) -> tuple[Contract, grants.HeldGrant]:
    found = next((item for item in reading.open_uses(own) if item[1].name == name), None)
    if found is None:
        raise NotKnown("hub.grant_unknown", grant=name[:80])
    return found


@post(f"{MY_DATA}/withdrawals", status_code=303)
async def withdraw(request: Request[None, None, State], data: Form) -> Redirect:
    """Record that the person withdraws a consent: the next release leaves the rows out."""

    def act(own: Own) -> None:
        instance = instance_of(request)
        consent.withdraw(own.connection, data.get("number", "")[:40], own.token, instance.clock, instance.new_id)

    return await _acted(request, data, act, "withdrawn")


async def _acted(request: Request[None, None, State], data: Form, act: Callable[[Own], None], done: str) -> Redirect:
    def do() -> None:
        visit = citizen_in(instance_of(request), request.cookies)
        check_form(visit, data.get("csrf"))
        with own_of(request, visit) as own:
            act(own)

    await entrance_of(request).enter(do)
    return Redirect(f"{MY_DATA}?done={done}", status_code=303)


@get(f"{MY_DATA}/consents/{{number:str}}")
async def show_receipt(number: FromPath[str], request: Asked) -> Response[bytes]:
    """Hand a receipt out as a machine reads it (ISO/IEC TS 27560 in JSON-LD)."""

    def look() -> bytes:
        visit = citizen_in(instance_of(request), request.cookies)
        with own_of(request, visit) as own:
            return dumps(_receipt(own.connection, own, number))

    headers = {"cache-control": "no-store", "content-disposition": "attachment; filename=consent-receipt.jsonld"}
    return Response(await entrance_of(request).enter(look), media_type="application/ld+json", headers=headers)


def _receipt(connection: Connection, own: Own, number: str) -> dict[str, object]:
    held: Consent = consent.one(connection, number[:40], own.token)
    contract = own.city.contracts.get(held.contract)
    if contract is None:
        raise NotKnown("safeguards.consent_unknown", number=held.number)
    return receipt(held, contract, own.city, own.token)


ROUTES = [my_data, agree, withdraw, show_receipt]
