"""How granted data is used: most used, not used, fields that never left, reports on the effect (Hangzhou art. 13)."""

from datetime import date, timedelta
from typing import Final

from litestar import Response, get

from citybrain.city.offering import every_shared
from citybrain.cockpits.figures_view import Link, State
from citybrain.cockpits.panels_view import Series, Trend
from citybrain.hub import effects, usage
from citybrain.hub.statements import Concerned
from citybrain.hub.usage import DayUse, IdleGrant, TopUse
from citybrain.kernel.clock import city_day
from citybrain.kernel.messages import say
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import Desk, address, page_number, pager, rail
from citybrain.web.console.sharing_desk import GRANTS, contract_name, sharing, words
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.usage_view import IdleLine, TopLine, UsagePage

HERE: Final = "/console/usage"
ON_PAGE: Final = 50
DAYS: Final = usage.QUIET.days
TOP: Final = 10


@get("/console/usage")
async def show(request: Asked) -> Response[str]:
    """Show what is used most, what is granted and not used, and how many reports on the effect there are."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked)
        return render("console/usage.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk) -> UsagePage:
    viewer, page = looked.visit.viewer, page_number(request)
    roles = ["user", "provider", *(["all"] if looked.runs_the_hub else [])]
    asked = request.query_params.get("role", "")
    role = asked if asked in roles else roles[-1] if looked.runs_the_hub else roles[0]
    own = tuple(item.ref for item in every_shared(looked.city) if item.provider == viewer.department)
    department, things = viewer.department if role == "user" else None, own if role == "provider" else None
    whose = {"user": Concerned(viewer.department), "provider": Concerned("", own)}.get(role, Concerned())
    today = city_day(looked.now, looked.city.zone)
    first = today - timedelta(days=DAYS - 1)
    used = usage.daily(looked.connection, looked.city, first, whose)
    top = usage.top(looked.connection, looked.city, first, whose, TOP)
    shown, total = usage.unused_page(
        looked.connection, looked.now - usage.QUIET, ON_PAGE, (page - 1) * ON_PAGE, department=department, things=things
    )
    rate = effects.rate_of(looked.connection, looked.city, looked.now, department=department, things=things)
    state, word = _reported(looked, rate)
    most = max((item.releases for item in top), default=1)
    return UsagePage(
        frame(request, looked.visit, "console"), rail(looked, "usage"),
        tuple(Link(words(looked, f"held_{item}"), address(HERE, role=item), current=item == role) for item in roles),
        _said(looked, "period", days=DAYS), _trend(looked, used, first, today),
        tuple(_top(looked, item, most) for item in top), state, word,
        tuple(_idle(looked, item) for item in shown), pager(HERE, page, ON_PAGE, len(shown), total, role=asked),
    )  # fmt: skip


def _said(looked: Desk, key: str, /, **params: object) -> str:
    return say(f"usage.{key}", looked.language, **params)


def _reported(looked: Desk, rate: tuple[int, int]) -> tuple[State, str]:
    asked, there = rate
    if not asked:
        return "none", _said(looked, "effects_none")
    word = _said(looked, "effects", there=number(there), asked=number(asked), share=f"{100 * there / asked:.0f}")
    return ("ok" if there == asked else "warn"), word


def _trend(looked: Desk, used: list[DayUse], first: date, today: date) -> Trend:
    counts = {item.day: item for item in used}
    days = [first + timedelta(days=offset) for offset in range((today - first).days + 1)]
    releases = tuple(float(counts[day].releases) if day in counts else 0.0 for day in days)
    rows = sum(item.rows for item in used)
    summary = _said(
        looked, "summary", days=DAYS, releases=number(sum(releases)), rows=number(rows),
        most=number(max(releases)), day=f"{days[releases.index(max(releases))]:%m-%d}",
    ) if used else _said(looked, "summary_none", days=DAYS)  # fmt: skip
    return Trend(
        "uses", _said(looked, "trend"), _said(looked, "times"), tuple(f"{day:%m-%d}" for day in days) if used else (),
        (Series(_said(looked, "releases"), "measured", releases),), summary, _said(looked, "day"), bars=True,
        footnotes=(summary,),
    )  # fmt: skip


def _top(looked: Desk, item: TopUse, most: int) -> TopLine:
    return TopLine(
        contract_name(looked, item.thing), f"/console/catalog/{item.thing}",
        department_name(looked.city, item.department, looked.language), item.releases, item.rows,
        round(100 * item.releases / (most or 1), 1),
    )  # fmt: skip


def _idle(looked: Desk, item: IdleGrant) -> IdleLine:
    held, comma = item.grant, words(looked, "comma")
    if item.releases:
        state: State = "todo"
        word, fields = _said(looked, "in_part", count=number(len(item.fields))), comma.join(item.fields)
    else:
        state, word, fields = "warn", _said(looked, "never"), _said(looked, "all_fields", count=len(held.fields))
    return IdleLine(
        held.name, f"{GRANTS}/{held.name}", contract_name(looked, held.thing),
        department_name(looked.city, held.department, looked.language), state, word, fields,
        f"{held.starts_at.astimezone(looked.city.zone):%Y-%m-%d}",
    )  # fmt: skip


ROUTES = [show]
