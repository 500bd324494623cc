"""The request desk (数据申请): apply, check, grant or refuse, appeal; each step where it belongs."""

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.contract import Contract
from citybrain.city.grant import Limits
from citybrain.city.offering import every_shared, shared
from citybrain.cockpits.figures_view import Link
from citybrain.hub.grants import limits_of
from citybrain.hub.sharing import desk, granting, record
from citybrain.hub.sharing.granting import Terms
from citybrain.hub.sharing.minimality import LONGEST, Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain
from citybrain.kernel.postgres import Connection
from citybrain.web.console.desk import Desk, address, rail
from citybrain.web.console.sharing_desk import (
    GRANTS,
    LIMITS,
    REQUESTS,
    choice,
    contract_name,
    limit_boxes,
    limit_facts,
    purpose_name,
    sharing,
    state_of,
    words,
)  # fmt: skip
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import article_name, department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Fact, FieldError, Option, Step
from citybrain.web.sessions import Visit, check_form, viewer_in
from citybrain.web.sharing_view import (
    ApplyPage,
    FieldChoice,
    LimitBox,
    RequestForm,
    RequestLine,
    RequestPage,
    RequestsPage,
)
from citybrain.web.typed import Typed, first, typed_in

OPEN = ("checking", "providing", "approving", "appealed")
Posted = Request[None, None, AppState]


@get("/console/requests")
async def listed(request: Asked) -> Response[str]:
    """Show the requests this person's department made, answers, or checks."""

    def look() -> str:
        with sharing(request) as looked:
            page = _list(request, looked)
        return render("console/requests.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _list(request: Asked, looked: Desk) -> RequestsPage:
    viewer = looked.visit.viewer
    roles = [role for role, may in (("applicant", "request_data"), ("provider", "grant_data"), ("all", "operate_hub"),
             ("all", "approve_important"))
             if may in viewer.may]  # fmt: skip
    roles = list(dict.fromkeys(roles))
    asked = request.query_params.get("role", "")
    role = asked if asked in roles else roles[-1]
    found = record.listed(
        looked.connection,
        department=viewer.department if role == "applicant" else None,
        provider=viewer.department if role == "provider" else None,
    )
    filters = tuple(
        Link(words(looked, f"role_{item}"), address(REQUESTS, role=item), current=item == role) for item in roles
    )
    apply_href = f"{REQUESTS}/new" if "request_data" in viewer.may else ""
    return RequestsPage(
        frame(request, looked.visit, "console"), rail(looked, "requests"), filters,
        tuple(_line(looked, item) for item in found), apply_href,
    )  # fmt: skip


def _line(looked: Desk, found: SharingRequest) -> RequestLine:
    state, word = state_of(looked, found)
    return RequestLine(
        found.number, f"{REQUESTS}/{found.number}", contract_name(looked, found.thing),
        department_name(looked.city, found.department, looked.language), purpose_name(looked, found.purpose), state,
        word, looked.stamp(found.due_at) or "—",
    )  # fmt: skip


@get("/console/requests/new")
async def new(request: Asked) -> Response[str]:
    """Show the form that applies for data."""

    def look() -> str:
        with sharing(request) as looked:
            page = _form(request, looked, {name: [value] for name, value in request.query_params.items()})
        return render("console/apply.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _form(request: Asked, looked: Desk, typed: Typed, errors: tuple[FieldError, ...] = ()) -> ApplyPage:
    def text(name: str) -> str:
        return first(typed, name)

    viewer = looked.visit.viewer
    known = [item for item in every_shared(looked.city) if item.provider != viewer.department]
    options = tuple(
        Option(item.ref, item.name.said(looked.language), chosen=item.ref == text("contract"))
        for item in sorted(known, key=lambda item: item.ref)
        if item.share != "none"
    )
    crumbs = (Link(words(looked, "requests"), REQUESTS), Link(words(looked, "apply"), ""))
    made = (frame(request, looked.visit, "console"), rail(looked, "requests"), crumbs, options)
    contract = next((item for item in known if item.ref == text("contract") and item.share != "none"), None)
    if contract is None:
        return ApplyPage(*made, errors=errors)
    today = city_day(looked.now, looked.city.zone)
    purpose = text("purpose") or contract.purposes[0]
    scenarios = [Option("", words(looked, "no_scenario"), chosen=not text("scenario"))]
    scenarios += [
        Option(item.ref, item.name.said(looked.language), chosen=item.ref == text("scenario"))
        for item in looked.city.scenarios.values()
    ]
    return ApplyPage(
        *made,
        contract=contract.ref,
        provider=department_name(looked.city, contract.provider, looked.language),
        fields=tuple(
            choice(looked, field, purpose, chosen=field.name in typed.get("fields", ())) for field in contract.fields
        ),
        purposes=tuple(Option(item, purpose_name(looked, item), chosen=item == purpose) for item in contract.purposes),
        laws=tuple(_laws(looked, text("law"))),
        scenarios=tuple(scenarios),
        reason=text("reason"),
        rows=text("rows") or _own_rows(looked, contract),
        until=text("until"),
        latest=(today + LONGEST).isoformat(),
        limits=limit_boxes(looked, {name: text(name) for name in LIMITS}),
        assessment=text("assessment"),
        outbound=any(item in looked.city.settings.outbound_purposes for item in contract.purposes),
        needs_limits=looked.city.departments[viewer.department].needs_limits,
        errors=errors,
    )


def _own_rows(looked: Desk, contract: Contract) -> str:
    """Suggest a district its own rows."""
    division = looked.visit.viewer.division
    place = next((item.name for item in contract.fields if item.name in {"district", "division", "street"}), None)
    return f"{place} == '{division}'" if division and place else ""


def _laws(looked: Desk, chosen: str) -> list[Option]:
    articles = [f"{law.partition('/')[0]}/{number}" for law in looked.city.settings.laws for number in (8, 13)]
    return [Option(ref, article_name(ref, looked.language), chosen=ref == chosen) for ref in articles]


@post("/console/requests/new", status_code=303)
async def apply_for(request: Posted) -> Response[str]:
    """Apply; what was typed is kept when it cannot be read."""
    typed = await typed_in(request)

    def look() -> tuple[str, str | None]:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, first(typed, "csrf"))
        try:
            with instance.database.transaction() as connection:
                made = desk.apply_for(
                    connection, visit.city, _wish(typed), visit.viewer, instance.clock, instance.new_id
                )
        except WrongUse as error:
            with sharing(request) as looked:
                told = FieldError("until", explain(error, looked.language).next_steps[0])
                page = _form(request, looked, typed, (told,))
            return "", render("console/apply.html", page, language=looked.language)
        return made.number, None

    number, text = await entrance_of(request).enter(look)
    return Redirect(f"{REQUESTS}/{number}", status_code=303) if text is None else html(request, text, 422)


def _wish(typed: Typed) -> Wish:
    def text(name: str) -> str:
        return first(typed, name).strip()

    basis = {"law": text("law")} if text("law") else {}
    return Wish(
        text("contract"), text("purpose"), basis, text("reason"), tuple(typed.get("fields", ())), _day(text("until")),
        text("rows") or None, tuple(typed.get("clear_fields", ())), text("scenario") or None, _limits(typed),
        text("assessment")[:200] or None,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongUse("hub.value_unreadable", field="until", type="date", value=text[:40]) from None


@get("/console/requests/{number:str}")
async def show(number: FromPath[str], request: Asked) -> Response[str]:
    """Show one request, with what this person can do about it."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked, _seen(looked.connection, looked.visit, number))
        return render("console/request.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _seen(connection: Connection, visit: Visit, number: str) -> SharingRequest:
    found = record.one(connection, number)
    if not record.may_see(found, visit.viewer):
        raise NotKnown("hub.request_unknown", number=number)
    return found


def _page(request: Asked, looked: Desk, found: SharingRequest, errors: tuple[FieldError, ...] = ()) -> RequestPage:
    state, word = state_of(looked, found)
    course = tuple(
        Step(looked.stamp(item.at), _told(looked, item), person_name(looked.city, item.person, looked.language))
        for item in record.course(looked.connection, found.id)
    )
    again = address(f"{REQUESTS}/new", contract=found.thing, purpose=found.purpose, reason=found.reason)
    mine = found.department == looked.visit.viewer.department
    return RequestPage(
        frame(request, looked.visit, "console"), rail(looked, "requests"),
        (Link(words(looked, "requests"), REQUESTS), Link(found.number, "")), found.number,
        contract_name(looked, found.thing), state, word, _facts(looked, found), found.reason,
        tuple(words(looked, item["kind"], **item["values"]) for item in found.findings), _forms(looked, found), course,
        again if found.state == "returned" and mine else "", errors,
    )  # fmt: skip


def _told(looked: Desk, event: record.RequestEvent) -> str:
    said = words(looked, f"act_{event.act}")
    return words(looked, "act_with_words", act=said, words=event.words) if event.words else said


def _facts(looked: Desk, found: SharingRequest) -> tuple[Fact, ...]:
    contract = shared(looked.city, found.thing)
    titles = {item.name: item.title.said(looked.language) for item in contract.fields} if contract else {}
    comma = say_comma(looked)
    facts = [
        Fact(words(looked, "applicant"), department_name(looked.city, found.department, looked.language)),
        Fact(words(looked, "provider"), department_name(looked.city, found.provider, looked.language)),
        Fact(words(looked, "purpose"), purpose_name(looked, found.purpose)),
        Fact(words(looked, "basis"), article_name(str(found.basis.get("law", "")), looked.language) or "—"),
        Fact(words(looked, "fields"), comma.join(titles.get(name, name) for name in found.fields) or "—"),
        Fact(words(looked, "rows"), found.rows or words(looked, "all_rows"), code=found.rows is not None),
        Fact(words(looked, "until"), found.until.isoformat() if found.until else "—"),
    ]
    facts += limit_facts(looked, found.limits, found.assessment)
    if found.due_at is not None:
        facts.append(Fact(words(looked, "due"), looked.stamp(found.due_at)))
    if found.grant is not None:
        facts.append(Fact(words(looked, "grant"), found.number.lower(), f"{GRANTS}/{found.number.lower()}"))
    return tuple(facts)


def say_comma(looked: Desk) -> str:
    """Return what stands between the items of a list.

    Args:
        looked: For the language.

    """
    return words(looked, "comma")


def _forms(looked: Desk, found: SharingRequest) -> tuple[RequestForm, ...]:
    viewer, href = looked.visit.viewer, f"{REQUESTS}/{found.number}/act"

    def form(
        kind: str, *acts: str, fields: tuple[FieldChoice, ...] = (), until: str = "",
        limits: tuple[LimitBox, ...] = (),
    ) -> RequestForm:  # fmt: skip
        buttons = tuple(Option(act, words(looked, f"do_{act}")) for act in acts)
        return RequestForm(
            href, words(looked, f"form_{kind}"), words(looked, "words"), buttons, words(looked, f"hint_{kind}"), fields,
            until, limits,
        )  # fmt: skip

    found_forms = []
    if found.state == "checking" and "operate_hub" in viewer.may:
        found_forms.append(form("check", "pass", "refuse"))
    own = found.state == "providing" and found.provider == viewer.department and "grant_data" in viewer.may
    if own or (found.state == "appealed" and "operate_hub" in viewer.may):
        contract = shared(looked.city, found.thing)
        asked = [field for field in contract.fields if field.name in found.fields] if contract else []
        fields = tuple(
            choice(looked, field, found.purpose, chosen=True, clear=field.name in found.clear_fields) for field in asked
        )
        asked_limits = found.limits.model_dump(exclude_none=True) if found.limits else {}
        boxes = limit_boxes(looked, {name: str(asked_limits.get(name, "")) for name in LIMITS})
        found_forms.append(form("answer", "grant", "refuse", fields=fields, limits=boxes,
                                until=found.until.isoformat() if found.until else ""))  # fmt: skip
    if (found.state == "approving" and granting.may_approve(looked.city, viewer, found.provider)
            and viewer.person not in {found.agreed_by, found.person}):  # fmt: skip
        found_forms.append(form("approve", "approve", "refuse"))
    if found.department == viewer.department and found.closed_at is None:
        found_forms.append(form("wait", "urge", "withdraw"))
    if found.department == viewer.department and found.state == "refused":
        appealed = any(item.act == "appealed" for item in record.course(looked.connection, found.id))
        found_forms += [] if appealed else [form("appeal", "appeal")]
    return tuple(found_forms)


@post("/console/requests/{number:str}/act", status_code=303)
async def act(number: FromPath[str], request: Posted) -> Response[str]:
    """Take a step of a request; a step that is refused says why beside the form."""
    typed = await typed_in(request)

    def look() -> str | None:
        try:
            _act(request, number, typed)
        except (WrongUse, CityBrainError) as error:
            if error.http_status in {401, 403, 404}:
                raise
            with sharing(request) as looked:
                told = explain(error, looked.language)
                page = _page(request, looked, _seen(looked.connection, looked.visit, number),
                             (FieldError("words", told.next_steps[0] if told.next_steps else told.title),))  # fmt: skip
            return render("console/request.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(look)
    return Redirect(f"{REQUESTS}/{number}", status_code=303) if text is None else html(request, text, 422)


def _act(request: Asked, number: str, typed: Typed) -> None:
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, first(typed, "csrf"))
    said, wanted = first(typed, "words"), first(typed, "act")
    viewer, city, made = visit.viewer, visit.city, (instance.clock, instance.new_id)
    with instance.database.transaction() as connection:
        found = _seen(connection, visit, number)
        steps: dict[str, Any] = {
            "pass": lambda: desk.check(connection, city, number, viewer, said, *made, fit=True),
            "refuse": lambda: (
                desk.check(connection, city, number, viewer, said, *made, fit=False)
                if found.state == "checking"
                else desk.refuse(connection, city, number, viewer, said, *made)
            ),
            "grant": lambda: desk.grant(connection, city, number, viewer, said, *made, _terms(typed)),
            "approve": lambda: granting.approve(connection, city, number, viewer, said, *made),
            "appeal": lambda: desk.appeal(connection, city, number, viewer, said, *made),
            "withdraw": lambda: desk.withdraw(connection, number, viewer, *made),
            "urge": lambda: desk.urge(connection, number, viewer, *made),
        }
        if wanted not in steps:
            raise NotKnown("edge.no_such_page")
        steps[wanted]()


def _terms(typed: Typed) -> Terms:
    until = first(typed, "until")
    return Terms(fields=tuple(typed.get("fields", ())), until=_day(until), limits=_limits(typed))


def _limits(typed: Typed) -> Limits | None:
    return limits_of(_count(typed, "uses"), _count(typed, "rows_per_day"), _count(typed, "rows_per_use"))


def _count(typed: Typed, name: str) -> int | None:
    text = (typed.get(name) or [""])[0].strip()
    if not text:
        return None
    if not (text.isdecimal() and len(text) <= 9 and int(text) > 0):
        raise WrongUse("hub.value_unreadable", field=name, type="integer", value=text[:40])
    return int(text)


ROUTES = [listed, new, apply_for, show, act]
