"""Reports on what granted data was good for: filed by its user, read by its provider (使用成效反馈; Nanjing art. 7)."""

from datetime import date, timedelta

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link, State
from citybrain.hub import effects
from citybrain.hub.effects import Effect, EffectReport, Figure
from citybrain.hub.grants import HeldGrant
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError, WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.web.console.desk import Desk, address, rail
from citybrain.web.console.sharing_desk import GRANTS, contract_name, grant_for, may_use, sharing, words
from citybrain.web.door import entrance_of, html
from citybrain.web.effect_form_view import EffectForm, FigureRow
from citybrain.web.effects_view import EffectLine, EffectsPart
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError
from citybrain.web.sessions import check_form, viewer_in
from citybrain.web.typed import Typed, first, typed_in

NEWEST = 10
LINES = 3
Posted = Request[None, None, AppState]


@get("/console/effects/new")
async def form(request: Asked) -> Response[str]:
    """Show the form that reports what a grant was good for."""
    name = request.query_params.get("grant", "")

    def look() -> str:
        with sharing(request) as looked:
            page = _form(request, looked, grant_for(looked.connection, looked.visit, name, may_use), {})
        return render("console/effect.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@post("/console/effects", status_code=303)
async def report(request: Posted) -> Response[str]:
    """File a report; what was typed is kept when it cannot be taken."""
    typed = await typed_in(request)

    def act() -> str | None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, first(typed, "csrf"))
        with instance.database.reading() as connection:
            held = grant_for(connection, visit, first(typed, "grant"), may_use)
        try:
            filed = _filed(held, typed)
            with instance.database.transaction() as connection:
                viewer = visit.viewer
                effects.report(
                    connection, visit.city, filed, viewer.department, viewer.person, instance.clock, instance.new_id
                )
        except CityBrainError as error:
            if error.http_status in {401, 403, 404}:
                raise
            with sharing(request) as looked:
                wrong = FieldError(
                    str(error.params.get("field", "used_for")), explain(error, looked.language).next_steps[0]
                )
                page = _form(request, looked, held, typed, (wrong,))
            return render("console/effect.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(act)
    where = f"{GRANTS}/{first(typed, 'grant')}"
    return Redirect(where, status_code=303) if text is None else html(request, text, 422)


def of_grant(looked: Desk, held: HeldGrant) -> EffectsPart:
    """Show the reports on a grant, and whether one is due.

    Args:
        looked: The desk.
        held: The grant.

    """
    lines = tuple(_line(looked, item) for item in effects.listed(looked.connection, grant=held.name, limit=NEWEST))
    if held.state != "open":
        return EffectsPart(lines)
    begun, reported = effects.span(looked.connection, looked.city, held.name)
    due_on = (reported or begun) + timedelta(days=looked.city.settings.periods.effect_report)
    late = due_on <= city_day(looked.now, looked.city.zone)
    state: State = "warn" if late else "ok" if reported else "todo"
    key = "overdue" if late else "due" if reported else "never"
    word = say(f"effects.{key}", looked.language, day=due_on.isoformat())
    href = address("/console/effects/new", grant=held.name) if may_use(looked.visit, held) else ""
    return EffectsPart(lines, state, word, href)


def on_thing(looked: Desk, thing: str) -> EffectsPart:
    """Show the newest reports on a contract or service, whoever uses it.

    Args:
        looked: The desk.
        thing: Its Ref.

    """
    found = effects.listed(looked.connection, things=[thing], limit=NEWEST)
    return EffectsPart(tuple(_line(looked, item, named=True) for item in found))


def _line(looked: Desk, item: Effect, *, named: bool = False) -> EffectLine:
    language = looked.language
    figures = [
        say("effects.figure", language, name=one.name, value=f"{one.value:,g}", unit=one.unit) for one in item.figures
    ]
    if item.saved_steps is not None:
        figures.append(say("effects.saved", language, count=f"{item.saved_steps:,}"))
    return EffectLine(
        say("effects.period", language, first=item.first_day.isoformat(), last=item.last_day.isoformat()),
        department_name(looked.city, item.department, language), item.used_for, item.effect, tuple(figures),
        Link(item.grant, f"{GRANTS}/{item.grant}") if named else None,
    )  # fmt: skip


def _form(
    request: Asked, looked: Desk, held: HeldGrant, typed: Typed, errors: tuple[FieldError, ...] = ()
) -> EffectForm:  # fmt: skip
    begun, reported = effects.span(looked.connection, looked.city, held.name)
    begins = reported + timedelta(days=1) if reported else begun
    today = city_day(looked.now, looked.city.zone)
    rows = zip(*([*typed.get(name, []), *[""] * LINES][:LINES] for name in ("name", "value", "unit")), strict=True)
    return EffectForm(
        frame(request, looked.visit, "console"), rail(looked, "grants"),
        (Link(words(looked, "grants"), GRANTS), Link(held.name, f"{GRANTS}/{held.name}")), held.name,
        contract_name(looked, held.thing), first(typed, "first_day") or begins.isoformat(),
        first(typed, "last_day") or today.isoformat(), begins.isoformat(), today.isoformat(),
        first(typed, "used_for"), first(typed, "effect"), first(typed, "saved_steps"),
        tuple(FigureRow(*row) for row in rows), errors,
    )  # fmt: skip


def _filed(held: HeldGrant, typed: Typed) -> EffectReport:
    figures = []
    for name, value, unit in zip(*(typed.get(key, []) for key in ("name", "value", "unit")), strict=False):
        if name.strip() or value.strip():
            figures.append(Figure(name, _number(value), unit))
    steps = first(typed, "saved_steps").strip()
    if steps and not (steps.isascii() and steps.isdecimal() and len(steps) < 10):
        raise WrongUse("effects.steps_wrong", field="saved_steps", most=effects.MOST_STEPS)
    return EffectReport(
        held.name, _day(typed, "first_day"), _day(typed, "last_day"), first(typed, "used_for"),
        first(typed, "effect"), tuple(figures), int(steps) if steps else None,
    )  # fmt: skip


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        raise WrongUse("effects.figures_wrong", field="figures", most=effects.MOST_FIGURES) from None


def _day(typed: Typed, name: str) -> date:
    try:
        return date.fromisoformat(first(typed, name))
    except ValueError:
        raise WrongUse("hub.value_unreadable", field=name, type="date", value=first(typed, name)[:40]) from None


ROUTES = [form, report]
