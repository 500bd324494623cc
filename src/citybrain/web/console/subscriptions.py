"""Subscriptions as people watch over them: in trouble first; paused, taken up again, set back (Hangzhou art. 8)."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.offering import every_shared, shared
from citybrain.city.profile import own_domain
from citybrain.cockpits.figures_view import Link, State
from citybrain.hub.subscriptions import overview, standing
from citybrain.hub.subscriptions.overview import PAUSED, Counted, Kind, Watched
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import CityBrainError, NotKnown, WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.kernel.messages import words as known_words
from citybrain.kernel.numerals import number
from citybrain.safeguards.viewing import administers
from citybrain.web.console.desk import Desk, address, page_number, pager, rail
from citybrain.web.console.sharing_desk import contract_name, purpose_name, sharing, words
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Fact, FieldError
from citybrain.web.sessions import Visit, check_form, viewer_in
from citybrain.web.subscriptions_view import SubscriptionLine, SubscriptionPage, SubscriptionsPage

HERE: Final = "/console/subscriptions"
ON_PAGE: Final = 50
KINDS: Final[tuple[Kind, ...]] = ("open", "trouble", "ended", "all")
Posted = Request[None, None, AppState]


@get("/console/subscriptions")
async def listed(request: Asked) -> Response[str]:
    """Show the subscriptions, those in trouble first."""

    def look() -> str:
        with sharing(request) as looked:
            page = _list(request, looked)
        return render("console/subscriptions.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@get("/console/subscriptions/{subscription:uuid}")
async def show(subscription: FromPath[UUID], request: Asked) -> Response[str]:
    """Show one subscription, with what this person can do about it."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked, _seen(looked, subscription))
        return render("console/subscription.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@post("/console/subscriptions/{subscription:uuid}/act", status_code=303)
async def act(subscription: FromPath[UUID], request: Posted) -> Response[str]:
    """Pause it, take it up again, or set it back; what is refused says why beside the form."""
    data = await request.form()
    typed = {name: str(data.get(name, "")) for name in ("csrf", "act", "day")}

    def step() -> str | None:
        visit = viewer_in(instance_of(request), request.cookies)
        check_form(visit, typed["csrf"])
        try:
            _act(request, visit, subscription, typed)
        except CityBrainError as error:
            if error.http_status in {401, 404}:
                raise
            with sharing(request) as looked:
                told = explain(error, looked.language)
                said = say("subscriptions.refused", looked.language, why=told.title, do=told.next_steps[0])
                page = _page(request, looked, _seen(looked, subscription), (FieldError("day", said),))
            return render("console/subscription.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(step)
    return Redirect(f"{HERE}/{subscription}", status_code=303) if text is None else html(request, text, 422)


def _list(request: Asked, looked: Desk) -> SubscriptionsPage:
    viewer, page = looked.visit.viewer, page_number(request)
    roles = ["user", "provider", *(["all"] if looked.runs_the_hub else [])]
    asked, wanted = request.query_params.get("role", ""), request.query_params.get("kind", "open")
    role = asked if asked in roles else roles[-1] if looked.runs_the_hub else roles[0]
    kind: Kind = next((item for item in KINDS if item == wanted), "open")
    department = viewer.department if role == "user" else None
    own = [item.ref for item in every_shared(looked.city) if item.provider == viewer.department]
    contracts = own if role == "provider" else None
    counted = overview.counted(looked.connection, department=department, contracts=contracts)
    found = overview.watched(
        looked.connection, department=department, contracts=contracts, kind=kind, limit=ON_PAGE,
        offset=(page - 1) * ON_PAGE,
    )  # fmt: skip
    total = getattr(counted, kind)
    return SubscriptionsPage(
        frame(request, looked.visit, "console"), rail(looked, "subscriptions"),
        tuple(Link(words(looked, f"held_{item}"), address(HERE, role=item, kind=kind), current=item == role)
              for item in roles),
        _kinds(looked, counted, kind, role), tuple(_line(looked, item) for item in found),
        pager(HERE, page, ON_PAGE, len(found), total, role=asked, kind=kind),
    )  # fmt: skip


def _kinds(looked: Desk, counted: Counted, kind: str, role: str) -> tuple[Link, ...]:
    return tuple(
        Link(_said(looked, f"kind_{item}", count=number(getattr(counted, item))), address(HERE, role=role, kind=item),
             current=item == kind)
        for item in KINDS
    )  # fmt: skip


def _said(looked: Desk, key: str, /, **params: object) -> str:
    return say(f"subscriptions.{key}", looked.language, **params)


def _line(looked: Desk, item: Watched) -> SubscriptionLine:
    state, word = _state(looked, item)
    system = looked.city.systems.get(item.system)
    name = system.name.said(looked.language) if system else item.system
    body = department_name(looked.city, item.department, looked.language)
    return SubscriptionLine(
        f"{HERE}/{item.id}", contract_name(looked, item.contract), words(looked, "comma").join((body, name)),
        _said(looked, f"way_{item.way}"), state, word, _waits(looked, item), item.delivered,
        looked.stamp(item.delivered_at), item.failures,
        looked.stamp(item.next_try_at) if item.state == "active" else "", _why(looked, item),
    )  # fmt: skip


def _state(looked: Desk, item: Watched) -> tuple[State, str]:
    if item.state == "ended":
        return "none", _said(looked, "state_ended")
    if item.state == "suspended":
        paused = item.failure == PAUSED
        return ("stale", _said(looked, "state_paused")) if paused else ("alarm", _said(looked, "state_suspended"))
    if item.failures:
        return "warn", _said(looked, "state_failing", count=number(item.failures))
    return ("ok", _said(looked, "state_slow")) if item.slow else ("ok", _said(looked, "state_active"))


def _waits(looked: Desk, item: Watched) -> str:
    if item.state == "ended":
        return "—"
    return _said(looked, "waits_more", count=number(item.rows)) if item.more else number(item.rows)


def _why(looked: Desk, item: Watched) -> str:
    """Say in words what went wrong last: a refusal of the hub, or how the subscriber failed to answer."""
    if item.failure is None or item.failure == PAUSED:
        return ""
    if "." in item.failure and isinstance(known_words(looked.language).get(item.failure), dict):
        return explain(CityBrainError(item.failure, thing=item.contract), looked.language).title
    if item.failure.startswith("http "):
        return _said(looked, "answered", status=item.failure.removeprefix("http "))
    return _said(looked, "timeout" if item.failure == "timeout" else "unreachable")


def _seen(looked: Desk, subscription: UUID) -> Watched:
    """Return a subscription to who uses it, who provides the data and who runs the hub."""
    found = overview.watched(looked.connection, kind="all", subscription=subscription, limit=1)
    thing = shared(looked.city, found[0].contract) if found else None
    concerned = {found[0].department, thing.provider if thing else ""} if found else set()
    if not found or (looked.visit.viewer.department not in concerned and not looked.runs_the_hub):
        raise NotKnown("subscriptions.unknown", subscription=subscription)
    return found[0]


def _may(visit: Visit, department: str, contract: str) -> bool:
    """Let who uses it, and who runs the hub unless a court is the provider or the user."""
    own = visit.viewer.department == department and "request_data" in visit.viewer.may
    thing = shared(visit.city, contract)
    runs = "operate_hub" in visit.viewer.may if thing is None else administers(visit.viewer, thing)
    return own or (runs and not own_domain(visit.city, department))


def _page(
    request: Asked, looked: Desk, item: Watched, errors: tuple[FieldError, ...] = ()
) -> SubscriptionPage:  # fmt: skip
    line, may = _line(looked, item), _may(looked.visit, item.department, item.contract) and item.state != "ended"
    comma = words(looked, "comma")
    facts = [
        Fact(_said(looked, "fact_who"), line.who),
        Fact(_said(looked, "fact_contract"), line.contract),
        Fact(_said(looked, "fact_purpose"), purpose_name(looked, item.purpose)),
        Fact(_said(looked, "fact_fields"), comma.join(item.fields) if item.fields else _said(looked, "all_fields")),
        Fact(_said(looked, "fact_way"), comma.join((line.way, _said(looked, f"per_{item.per}")))),
        Fact(_said(looked, "fact_waits"), line.waits),
        Fact(_said(looked, "fact_delivered"), number(item.delivered)),
        Fact(_said(looked, "fact_last"), line.last or "—"),
        Fact(_said(looked, "fact_failures"), comma.join((number(item.failures), line.why)) if line.why else "0"),
        Fact(_said(looked, "fact_next"), line.next or "—"),
        Fact(_said(looked, "fact_place"), str(item.place), code=True),
        Fact(_said(looked, "fact_made"), looked.stamp(item.made_at)),
    ]
    if item.url and may:
        facts.append(Fact(_said(looked, "fact_url"), item.url, code=True))
    today = city_day(looked.now, looked.city.zone)
    stopped = item.state == "suspended" or item.failures > 0
    return SubscriptionPage(
        frame(request, looked.visit, "console"), rail(looked, "subscriptions"),
        (Link(_said(looked, "title"), HERE), Link(str(item.id)[:13], "", current=True)), str(item.id), line.contract,
        line.state, line.word, tuple(facts),
        may and item.state == "active" and item.way == "push", may and stopped, may,
        (today - timedelta(days=1)).isoformat(), "", today.isoformat(), errors,
    )  # fmt: skip


def _act(request: Asked, visit: Visit, subscription: UUID, typed: dict[str, str]) -> None:
    instance, person = instance_of(request), visit.viewer.person
    with instance.database.reading() as connection:
        now = standing.one(connection, subscription)
    if not _may(visit, now.department, now.contract):
        raise NotKnown("subscriptions.unknown", subscription=subscription)
    if typed["act"] == "resume":
        instance.releaser.require(now.question(1), now.system)
    made = (instance.clock, instance.new_id)
    with instance.database.transaction() as connection:
        now = standing.one(connection, subscription)
        if typed["act"] == "pause":
            overview.pause(connection, now, person, *made)
        elif typed["act"] == "resume":
            standing.resume(connection, now, person, *made)
        elif typed["act"] == "replay":
            overview.replay(connection, now, _day(visit, typed["day"]), person, *made)
        else:
            raise NotKnown("edge.no_such_page")


def _day(visit: Visit, text: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), visit.city.zone)
    except ValueError:
        raise WrongUse("hub.value_unreadable", field="day", type="date", value=text[:40]) from None


ROUTES = [listed, show, act]
