"""条例对照: both laws, article by article, with what was seen of each duty (Hangzhou art. 6; Nanjing art. 11)."""

from datetime import date, datetime
from functools import cache

from litestar import Response, get

from citybrain.blueprint.instance import Instance
from citybrain.city.law import LawPack
from citybrain.cockpits.figures_view import Link
from citybrain.governance.compliance import EVERY, Row, Status, last_round, plain_row, rows
from citybrain.governance.packs import chosen, read_packs
from citybrain.kernel.messages import Language, say
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of, reading_language
from citybrain.web.law_view import DUTY_STATES, Article, Duty, DutyState, LawPage
from citybrain.web.naming import department_name, numeral
from citybrain.web.pages import long_day, render
from citybrain.web.problems import dumps
from citybrain.web.sessions import viewer_in
from citybrain.web.views import Frame

STATES: dict[Status, DutyState] = {"holds": "ok", "broken": "alarm", "not_yet": "todo", "organisational": "none"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@cache
def _packs() -> tuple[LawPack, ...]:
    return read_packs()


def full_day(day: date, language: Language) -> str:
    """Write a day with its year.

    Args:
        day: A day.
        language: ``zh`` or ``en``.

    Examples:
        >>> full_day(date(2021, 3, 1), "zh"), full_day(date(2021, 3, 1), "en")
        ('2021 年 3 月 1 日', '1 March 2021')

    """
    if language == "zh":
        return f"{day.year} 年 {day.month} 月 {day.day} 日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@get("/law")
async def law(request: Asked) -> Response[str]:
    """Show a law pack; ``pack`` chooses it, ``status`` filters."""

    def look() -> str:
        instance, language = instance_of(request), reading_language(request)
        visit = viewer_in(instance, request.cookies)
        around = frame(request, visit, "law")
        asked, status = request.query_params.get("pack"), request.query_params.get("status", "")
        laws = chosen(_packs(), None)
        pack = chosen(_packs(), asked)[0] if asked else laws[0]
        only = next((state for state in DUTY_STATES if state == status), "")
        return render("law.html", page(instance, pack, language, around, only), language=language)

    return html(request, await entrance_of(request).enter(look))


@get("/api/v1/law")
async def facts(request: Asked) -> Response[bytes]:
    """Answer with all rows of the laws and their last results; the same as ``citybrain law --json``."""

    def look() -> bytes:
        instance, language = instance_of(request), reading_language(request)
        visit = viewer_in(instance, request.cookies)
        packs = chosen(_packs(), request.query_params.get("pack"))
        with instance.database.reading() as connection:
            found = rows(connection, packs, visit.city.settings.data_authority, visit.city.zone)
        return dumps([plain_row(row, language) for row in found])

    return Response(await entrance_of(request).enter(look), media_type="application/json")


def page(instance: Instance, pack: LawPack, language: Language, around: Frame, only: DutyState | str = "") -> LawPage:
    """Fill the page of a law pack from the last results.

    Args:
        instance: This process's instance.
        pack: The pack.
        language: ``zh`` or ``en``.
        around: Frame of the page.
        only: Show only duties in this state; empty shows all.

    """
    city = instance.city_now()
    with instance.database.reading() as connection:
        found = rows(connection, [pack], city.settings.data_authority, city.zone)
        newest = last_round(connection)
    articles = tuple(
        Article(
            _label(article.article, language),
            article.text.strip(),
            tuple(_duty(instance, row, language) for row in found if row.article is article),
        )
        for article in pack.articles
    )
    home = "/law" if pack is chosen(_packs(), None)[0] else f"/law?pack={pack.pack}"
    laws = [item for item in _packs() if item.rank == "law"]
    links = tuple(
        Link(item.name.said(language), f"/law?pack={item.pack}", current=item.pack == pack.pack) for item in laws
    )
    return LawPage(
        frame=around,
        title=pack.name.said(language),
        intro=_intro(pack, language),
        href=home,
        articles=articles,
        packs=links,
        chosen=next((state for state in DUTY_STATES if state == only), ""),
        round=_round(instance, newest, language),
        command=f"citybrain law {pack.pack}",
    )


def _label(article: str, language: Language) -> str:
    if not article.isdecimal():
        return article
    number = numeral(int(article)) if language == "zh" else article
    return say("governance.article", language, number=number)


def _intro(pack: LawPack, language: Language) -> str:
    if pack.in_force is None:
        return f"{pack.name.said(language)}: {pack.source.said(language)}"
    told = {
        "name": pack.name.said(language),
        "articles": len(pack.articles),
        "day": full_day(pack.in_force, language),
        "duties": len(pack.duties()),
    }
    return say("governance.intro", language, **told)


def _round(instance: Instance, newest: tuple[datetime, int] | None, language: Language) -> str:
    if newest is None:
        return say("governance.no_round", language)
    at = newest[0].astimezone(instance.city_now().zone)
    seconds, minutes = max(1, round(newest[1] / 1000)), int(EVERY.total_seconds() // 60)
    return say("governance.round", language, time=f"{at:%m-%d %H:%M}", seconds=seconds, minutes=minutes)


def _duty(instance: Instance, row: Row, language: Language) -> Duty:
    result, broken = row.result, row.status == "broken"
    note = row.duty.note.said(language) if row.duty.note else ""
    seen = result.words.said(language) if result is not None else ""
    reason = row.duty.organisational.said(language) if row.duty.organisational else note
    zone = instance.city_now().zone
    return Duty(
        id=row.duty.id,
        state=STATES[row.status],
        duty=row.duty.duty.said(language),
        reason=seen if broken else reason,
        evidence=note if broken else seen,
        checked=f"{result.checked_at.astimezone(zone):%H:%M}" if result is not None else "",
        answers=_answers(instance, row, language) if broken else None,
    )


def _answers(instance: Instance, row: Row, language: Language) -> Link | None:
    if row.answers is None or row.due is None:
        return None
    city = instance.city_now()
    day = long_day(datetime(row.due.year, row.due.month, row.due.day, tzinfo=city.zone), language)
    name = department_name(city, row.answers, language)
    return Link(say("governance.answers", language, department=name, day=day))


ROUTES = [law, facts]
