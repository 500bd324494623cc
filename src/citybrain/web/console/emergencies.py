"""Emergencies in the console: how each stands, what was granted and received, who owes what (Nanjing art. 13)."""

from collections.abc import Mapping

from litestar import Response, get
from litestar.params import FromPath

from citybrain.cockpits.figures_view import Link, State
from citybrain.hub import emergency_reports, emergency_reviews, emergency_standing
from citybrain.hub.emergencies import BY_ITSELF
from citybrain.hub.emergency_reports import Received
from citybrain.hub.emergency_reviews import OUTCOMES
from citybrain.hub.emergency_standing import Granted, Standing
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.messages import say
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import Desk, rail
from citybrain.web.console.sharing_desk import GRANTS, contract_name, purpose_name, sharing
from citybrain.web.console.sharing_desk import words as sharing_words
from citybrain.web.door import entrance_of, html
from citybrain.web.emergencies_view import (
    BodyLine,
    DeclareForm,
    EmergenciesPage,
    EmergencyLine,
    EmergencyPage,
    GivenFor,
    ReportForm,
    ReviewForm,
)
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name, person_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Fact, FieldError, Option

HERE = "/console/emergencies"
DONE = ("declared", "ended", "reviewed", "reported")
_STATES: dict[emergency_standing.State, State] = {
    "running": "warn", "over": "none", "to_review": "todo", "late": "alarm", "reviewed": "ok",
}  # fmt: skip


@get(HERE)
async def listed(request: Asked) -> Response[str]:
    """Show the emergencies this person may know of."""

    def look() -> str:
        with sharing(request) as looked:
            page = list_page(request, looked)
        return render("console/emergencies.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def list_page(
    request: Asked, looked: Desk, typed: DeclareForm | None = None, errors: tuple[FieldError, ...] = ()
) -> EmergenciesPage:
    """Make the list.

    Args:
        request: The request.
        looked: The desk.
        typed: What was typed into the form.
        errors: What is wrong with it.

    """
    found = emergency_standing.listed(looked.connection, looked.city)
    seen = tuple(item for item in found if item.seen_by(looked.visit.viewer, looked.city))
    form = (typed or DeclareForm()) if looked.runs_the_hub else None
    return EmergenciesPage(
        frame(request, looked.visit, "console"), rail(looked, "emergencies"), _done(request, looked, seen, errors),
        tuple(_line(looked, item) for item in seen), form, errors,
    )  # fmt: skip


@get(f"{HERE}/{{name:str}}")
async def one(name: FromPath[str], request: Asked) -> Response[str]:
    """Show one emergency."""

    def look() -> str:
        with sharing(request) as looked:
            page = one_page(request, looked, name)
        return render("console/emergency.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def one_page(
    request: Asked, looked: Desk, name: str, typed: Mapping[str, str] | None = None,
    errors: tuple[FieldError, ...] = (),
) -> EmergencyPage:  # fmt: skip
    """Make the page of one emergency.

    Args:
        request: The request.
        looked: The desk.
        name: Short name.
        typed: What was typed into one of its forms.
        errors: What is wrong with it.

    Raises:
        NotKnown: There was none of that name, or the reader may not know of it.

    """
    found, viewer = emergency_standing.one(looked.connection, looked.city, name), looked.visit.viewer
    if not found.seen_by(viewer, looked.city):
        raise NotKnown("emergencies.unknown", emergency=name)
    over, given = found.emergency.over(looked.now), typed or {}
    state = found.state(looked.now)
    mine = next((item for item in found.received if item.department == viewer.department), None)
    owes = mine is not None and (mine.report is None or mine.report.kept) and emergency_reports.may_report(viewer)
    concerned = emergency_reviews.concerned(looked.connection, name, viewer.department)
    reviews = state in {"to_review", "late"} and looked.runs_the_hub and not concerned
    return EmergencyPage(
        frame(request, looked.visit, "console"), rail(looked, "emergencies"),
        (Link(say("web.emergencies", looked.language), HERE), Link(name, "", current=True)), name,
        found.emergency.words, _STATES[state], _word(looked, found), _done(request, looked, (found,), errors),
        _facts(looked, found), tuple(_given(looked, item) for item in found.grants),
        tuple(_body(looked, found, item) for item in found.received), _written(looked, found),
        may_end=not over and looked.runs_the_hub,
        review=_review_form(looked, given) if reviews else None,
        report=ReportForm(given.get("words", ""), given.get("kept") == "yes", given.get("ground", ""))
        if over and owes else None,
        errors=errors,
    )  # fmt: skip


def _words(looked: Desk, key: str, /, **params: object) -> str:
    return say(f"emergencies.{key}", looked.language, **params)


def _done(request: Asked, looked: Desk, seen: tuple[Standing, ...], errors: tuple[FieldError, ...]) -> str:
    """Say what was just done; what the address names is looked up, never repeated."""
    done, name = request.query_params.get("done", ""), request.query_params.get("name", "")
    known = next((item.emergency.name for item in seen if item.emergency.name == name), None)
    return "" if done not in DONE or known is None or errors else _words(looked, f"done_{done}", name=known)


def _line(looked: Desk, item: Standing) -> EmergencyLine:
    found = item.emergency
    owing, owing_word = _owing(looked, item)
    return EmergencyLine(
        found.name, f"{HERE}/{found.name}", found.words, _STATES[item.state(looked.now)], _word(looked, item),
        _end(looked, item), _words(looked, "grants", count=len(item.grants)),
        _used(looked, sum(one.releases for one in item.grants), sum(one.rows for one in item.grants)),
        owing, owing_word,
    )  # fmt: skip


def _word(looked: Desk, item: Standing) -> str:
    outcome = _words(looked, f"outcome_{item.review.outcome}") if item.review else ""
    due = f"{item.review_due_at:%Y-%m-%d}"
    return _words(looked, f"state_{item.state(looked.now)}", due=due, outcome=outcome)


def _end(looked: Desk, item: Standing) -> str:
    found, at = item.emergency, looked.stamp(item.emergency.last_at)
    if not found.over(looked.now):
        return _words(looked, "ends", at=at)
    if found.ended_by in {None, BY_ITSELF}:
        return _words(looked, "ended_itself", at=at)
    return _words(looked, "ended_by", at=at, by=person_name(looked.city, found.ended_by or "", looked.language))


def _used(looked: Desk, releases: int, rows: int) -> str:
    return (
        _words(looked, "used", releases=number(releases), rows=number(rows)) if releases else _words(looked, "unused")
    )


def _owing(looked: Desk, item: Standing) -> tuple[State, str]:
    if not item.received:
        return "none", _words(looked, "owing_nobody")
    if not item.owing:
        return "ok", _words(looked, "owing_none")
    if not item.emergency.over(looked.now):
        return "none", _words(looked, "report_later")
    late = looked.now > item.reports_due_at
    return "alarm" if late else "todo", _words(looked, "owing_late" if late else "owing", count=len(item.owing))


def _facts(looked: Desk, item: Standing) -> tuple[Fact, ...]:
    found, language = item.emergency, looked.language
    return (
        Fact(say("web.emergency_declared_by", language), person_name(looked.city, found.declared_by, language)),
        Fact(say("web.emergency_declared_at", language), looked.stamp(found.declared_at)),
        Fact(say("web.emergency_ends", language), _end(looked, item)),
        Fact(say("web.emergency_used", language),
             _used(looked, sum(one.releases for one in item.grants), sum(one.rows for one in item.grants))),
    )  # fmt: skip


def _given(looked: Desk, item: Granted) -> GivenFor:
    holds = item.closed_at is None and item.ends_at > looked.now
    word = sharing_words(looked, "grant_open" if holds else "grant_closed" if item.closed_at else "grant_over")
    return GivenFor(
        Link(item.name, f"{GRANTS}/{item.name}"), contract_name(looked, item.thing),
        department_name(looked.city, item.department, looked.language), purpose_name(looked, item.purpose),
        "ok" if holds else "none", word, _used(looked, item.releases, item.rows),
    )  # fmt: skip


def _body(looked: Desk, found: Standing, item: Received) -> BodyLine:
    said, language = item.report, looked.language
    due = f"{found.reports_due_at:%Y-%m-%d}"
    state: State
    if said is not None:
        state, key = ("warn", "kept") if said.kept else ("ok", "gone")
    elif not found.emergency.over(looked.now):
        state, key = "none", "later"
    else:
        state, key = ("alarm", "late") if looked.now > found.reports_due_at else ("todo", "owed")
    parts = [said.words, said.ground] if said else []
    return BodyLine(
        department_name(looked.city, item.department, language), _used(looked, item.releases, item.rows),
        looked.stamp(item.last_at), state, _words(looked, f"report_{key}", due=due),
        say("portal.semicolon", language).join(part for part in parts if part),
        f"{person_name(looked.city, said.person, language)} {looked.stamp(said.at)}" if said else "",
    )  # fmt: skip


def _written(looked: Desk, item: Standing) -> tuple[Fact, ...]:
    review, language = item.review, looked.language
    if review is None:
        return ()
    by = department_name(looked.city, review.department, language)
    by = f"{by} {person_name(looked.city, review.person, language)} {looked.stamp(review.at)}"
    facts = [
        Fact(say("web.emergency_outcome", language), _words(looked, f"outcome_{review.outcome}")),
        Fact(say("web.emergency_findings", language), review.findings),
        Fact(say("web.emergency_follows", language), review.follows),
        Fact(say("web.emergency_reviewed_by", language), by),
    ]
    return tuple(fact for fact in facts if fact.text)


def _review_form(looked: Desk, given: Mapping[str, str]) -> ReviewForm:
    chosen = given.get("outcome", "")
    options = tuple(Option(item, _words(looked, f"outcome_{item}"), item == chosen) for item in OUTCOMES)
    return ReviewForm(options, given.get("findings", ""), given.get("follows", ""))


ROUTES = [listed, one]
