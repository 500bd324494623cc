"""Quality in the console: live board, resources, objections to a score, monthly report (Hangzhou art. 15)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link, State
from citybrain.governance import scorecard
from citybrain.governance.dissent import answering, case
from citybrain.governance.dissent.case import Dissent, Raiser
from citybrain.governance.dissent.raising import Order, raise_dissent
from citybrain.governance.quality_report import as_csv, report
from citybrain.governance.ranking import rank
from citybrain.governance.scorecard import ASPECT, TOTAL, Score
from citybrain.kernel.errors import AccessRefused, NotKnown, WrongUse
from citybrain.kernel.messages import say
from citybrain.web.console.desk import Desk, page_number, pager, rail
from citybrain.web.console.dissent import error_of
from citybrain.web.console.dissent_desk import watching
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import FieldError
from citybrain.web.quality_view import DayLine, QualityPage, ResourcePage, ScoreLine
from citybrain.web.sessions import check_form, viewer_in

HERE = "/console/quality"
DAYS = 7
TREND_DAYS = 30
MONTHS = 3
ON_PAGE = 100
_STATES: dict[str | None, State] = {"A": "ok", "B": "ok", "C": "warn", "D": "warn", "E": "alarm", None: "none"}


def _say(looked: Desk, key: str, /, **params: object) -> str:
    return say(f"quality.{key}", looked.language, **params)


@get("/console/quality")
async def board(request: Asked) -> Response[str]:
    """Show how good everybody's data is, as of this moment."""

    def look() -> str:
        with watching(request) as looked:
            page = _board(request, looked)
        return render("console/quality.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _board(request: Asked, looked: Desk) -> QualityPage:
    today = looked.now.astimezone(looked.city.zone).date()
    first = today - timedelta(days=DAYS - 1)
    page = page_number(request)
    ranked = rank(looked.connection, looked.city, first, today, looked.now, ON_PAGE, (page - 1) * ON_PAGE)
    marked = scorecard.contested(looked.connection)
    month = today.replace(day=1)
    months = []
    for _ in range(MONTHS):
        months.append(Link(_say(looked, "report_of", month=f"{month:%Y-%m}"), f"{HERE}/report.csv?month={month:%Y-%m}"))
        month = (month - timedelta(days=1)).replace(day=1)
    return QualityPage(
        frame(request, looked.visit, "console"),
        rail(looked, "quality"),
        tuple(
            _line(looked, item, department_name(looked.city, item.subject, looked.language)) for item in ranked.bodies
        ),
        tuple(_resource_line(looked, item, marked) for item in ranked.resources),
        _say(looked, "period", days=DAYS, at=looked.stamp(looked.now)),
        tuple(months),
        pager(HERE, page, ON_PAGE, len(ranked.resources), ranked.total) if ranked.total > ON_PAGE else None,
    )


def _resource_line(looked: Desk, score: Score, marked: Mapping[str, str]) -> ScoreLine:
    contract = looked.city.contracts[score.subject]
    note = _say(looked, "contested", number=marked[score.subject]) if score.subject in marked else ""
    return _line(
        looked,
        score,
        contract.name.said(looked.language),
        f"{HERE}/{score.subject.removeprefix('contract:')}",
        department_name(looked.city, contract.provider, looked.language),
        note,
    )


def _line(looked: Desk, score: Score, name: str, href: str = "", who: str = "", note: str = "") -> ScoreLine:
    state, word = _graded(looked, score.grade)
    share = None if score.share is None else min(100 * score.share, 100.0 if score.share == 1 else 99.99)
    return ScoreLine(name, share, state, word, score.rows, href, who, note)


def _graded(looked: Desk, grade: str | None) -> tuple[State, str]:
    if grade is None:
        return "none", _say(looked, "not_measured")
    name = next(item.name for item in scorecard.grades() if item.grade == grade)
    return _STATES[grade], f"{grade} {name.said(looked.language)}"


@get("/console/quality/{department:str}/{resource:str}")
async def resource_page(department: FromPath[str], resource: FromPath[str], request: Asked) -> Response[str]:
    """Show one resource: its dimensions, and the trend of thirty days."""

    def look() -> str:
        with watching(request) as looked:
            page = _resource(request, looked, f"contract:{department}/{resource}")
        return render("console/quality_resource.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _resource(request: Asked, looked: Desk, ref: str, errors: tuple[FieldError, ...] = ()) -> ResourcePage:
    contract = looked.city.contracts.get(ref)
    if contract is None:
        raise NotKnown("console.contract_absent", contract=ref)
    today = looked.now.astimezone(looked.city.zone).date()
    first = today - timedelta(days=DAYS - 1)
    found = scorecard.reckon(looked.connection, looked.city, first, today, looked.now, among=(ref,))
    by_name = {score.dimension: score for score in found if score.subject == ref}
    name, viewer = contract.name.said(looked.language), looked.visit.viewer
    open_ones = [
        item for item in case.listed(looked.connection, contract=ref, state="open")
        if item.kind == "score" and case.may_see(item, viewer)
    ]  # fmt: skip
    judges = "operate_hub" in viewer.may and viewer.department == looked.city.settings.data_authority
    note = _say(looked, "contested", number=open_ones[0].number) if open_ones else ""
    return ResourcePage(
        frame(request, looked.visit, "console"),
        rail(looked, "quality"),
        name,
        (Link(looked.words("rail_quality"), HERE), Link(name, "", current=True)),
        _line(looked, by_name[TOTAL], _say(looked, "total"), note=note),
        tuple(
            _line(looked, score, say(f"edge.aspect_{key.removeprefix(ASPECT)}", looked.language))
            for key, score in by_name.items()
            if key.startswith(ASPECT)
        ),
        tuple(_line(looked, by_name[key], _say(looked, f"dimension_{key}")) for key in scorecard.DIMENSIONS),
        tuple(_days(looked, ref, today)),
        f"{HERE}/{ref.removeprefix('contract:')}/objections" if viewer.department == contract.provider else "",
        tuple(
            Link(item.number, f"{HERE}/objections/{item.number}")
            for item in open_ones
            if judges and item.state == "open"
        ),
        errors,
    )  # fmt: skip


def _days(looked: Desk, ref: str, today: date) -> list[DayLine]:
    kept = scorecard.trend(looked.connection, ref, today - timedelta(days=TREND_DAYS), today)
    lines = []
    for item in sorted((one for one in kept if one.dimension == TOTAL), key=lambda one: one.day, reverse=True):
        state, word = _graded(looked, item.grade)
        share = None if item.share is None else 100 * item.share
        lines.append(DayLine(f"{item.day:%m-%d}", share, state, word, item.version, item.reason))
    return lines


@get("/console/quality/report.csv")
async def monthly(request: Asked) -> Response[bytes]:
    """Answer with the report of a month as CSV, the same whenever it is asked for."""

    def look() -> bytes:
        with watching(request) as looked:
            lines = report(looked.connection, request.query_params.get("month", ""))
            return as_csv(lines, looked.city, looked.language).encode("utf-8-sig")

    return Response(await entrance_of(request).enter(look), media_type="text/csv; charset=utf-8")


@post("/console/quality/{department:str}/{resource:str}/objections", status_code=303)
async def object_to(
    department: FromPath[str], resource: FromPath[str], request: Request[None, None, AppState], data: Form
) -> Response[Any]:
    """Object to the score of a day; while it is open the score carries the mark."""
    ref = f"contract:{department}/{resource}"

    def step() -> str | None:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        contract = visit.city.contracts.get(ref)
        if contract is None or contract.provider != visit.viewer.department:
            raise AccessRefused("quality.not_your_score", contract=ref)
        try:
            raiser = Raiser("person", visit.viewer.person, visit.viewer.department)
            day = _day(data.get("day", ""))
            order = Order(ref, raiser, "console", data.get("grounds", ""), kind="score", day=day)
            with instance.database.transaction() as connection:
                raise_dissent(connection, visit.city, instance.reader, order, instance.clock, instance.new_id)
        except WrongUse as error:
            with watching(request) as looked:
                page = _resource(request, looked, ref, error_of(request, error))
            return render("console/quality_resource.html", page, language=reading_language(request))
        return None

    text = await entrance_of(request).enter(step)
    return (
        html(request, text, 422) if text is not None else Redirect(f"{HERE}/{department}/{resource}", status_code=303)
    )


@post("/console/quality/objections/{number:str}", status_code=303)
async def answer(number: FromPath[str], request: Request[None, None, AppState], data: Form) -> Redirect:
    """Answer an objection: reckon the score again without what was counted wrongly, or say why it stands."""

    def step() -> str:
        instance = instance_of(request)
        visit = viewer_in(instance, request.cookies)
        check_form(visit, data.get("csrf"))
        viewer, city, clock, new_id = visit.viewer, visit.city, instance.clock, instance.new_id
        with instance.database.transaction() as connection:

            def again(found: Dissent) -> None:
                batches = [_batch(text) for text in data.get("batches", "").split()]
                rules = data.get("rules", "").split()
                scorecard.recompute(connection, city, found, batches, rules, clock, new_id)

            if data.get("verdict") == "rejected":
                found = answering.reject(connection, city, number, data.get("words", ""), viewer, clock, new_id)
            else:
                words = data.get("words", "")
                found = answering.answer_score(connection, city, number, words, viewer, clock, new_id, again)
        return found.contract.removeprefix("contract:")

    return Redirect(f"{HERE}/{await entrance_of(request).enter(step)}", status_code=303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongUse("dissent.day_missing") from None


def _batch(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotKnown("dissent.batch_unknown", batch=text[:40]) from None


ROUTES = [monthly, board, resource_page, object_to, answer]
