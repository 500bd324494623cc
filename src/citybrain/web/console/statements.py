"""Statements as people see them: sums that must hold, what was used, differences first (Hangzhou art. 8)."""

import csv
import io
from datetime import date
from typing import Final

from litestar import Response, get

from citybrain.city.offering import every_shared, shared
from citybrain.cockpits.figures_view import Link, State
from citybrain.hub import statements
from citybrain.hub.statements import FIGURES, Concerned, Difference, StatementLine
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.messages import say
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import Desk, address, page_number, pager, rail
from citybrain.web.console.exports import size_of
from citybrain.web.console.sharing_desk import contract_name, sharing
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Option, Reconciliation
from citybrain.web.statements_view import DayLine, DifferenceLine, StatementPage

HERE: Final = "/console/statements"
ON_PAGE: Final = 100
MOST_LINES: Final = 100_000
Side = tuple[str, str | None]


@get("/console/statements")
async def statement(request: Asked) -> Response[str]:
    """Show the statement of a day, the newest when none is named; differences first."""

    def look() -> str:
        with sharing(request) as looked:
            page = _page(request, looked)
        return render("console/statements.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@get("/console/statements.csv")
async def table(request: Asked) -> Response[str]:
    """Answer with every line of a day's statement as CSV."""

    def look() -> tuple[str, str]:
        with sharing(request) as looked:
            known = statements.days(looked.connection)
            day = _day(request, known)
            lines = []
            if day is not None:
                role = _role(request, looked)
                lines = statements.page(looked.connection, day, _whose(looked, role), limit=MOST_LINES)[0]
        sheet = io.StringIO()
        writer = csv.writer(sheet)
        writer.writerow(["day", "contract", "consumer", *FIGURES])
        for line in lines:
            figures = [getattr(line, name) for name in FIGURES]
            writer.writerow([day, line.contract, line.consumer or "", *("" if one is None else one for one in figures)])
        return sheet.getvalue(), f"statement-{day}.csv"

    text, name = await entrance_of(request).enter(look)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _page(request: Asked, looked: Desk) -> StatementPage:
    known, page, role = statements.days(looked.connection), page_number(request), _role(request, looked)
    day, whose = _day(request, known), _whose(looked, role)
    roles = tuple(
        Link(_said(looked, f"role_{item}"), address(HERE, role=item, day=day), current=item == role)
        for item in _roles(looked)
    )
    around = (frame(request, looked.visit, "console"), rail(looked, "statements"))
    if day is None:
        said = _said(looked, "none_yet")
        return StatementPage(*around, "", (), roles, role, Reconciliation(0, 0, 0), "", "none", said, (), ())
    found = statements.reconcile(looked.connection, looked.city, day) if day in known else []
    differing = [item for item in found if whose.sees(item.contract, item.consumer)]
    lines, sums = statements.page(
        looked.connection, day, whose, first=[item.contract for item in differing], limit=ON_PAGE,
        offset=(page - 1) * ON_PAGE,
    )  # fmt: skip
    used = _said(
        looked, "used", releases=number(sums.releases), rows=number(sums.rows), size=size_of(sums.bytes) or "0 B"
    )
    state: State = "alarm" if differing else "ok" if day in known else "none"
    word = _said(looked, {"alarm": "differs", "ok": "agrees"}.get(state, "none_yet"), count=number(len(differing)))
    wrong: dict[Side, int] = {}
    for item in differing:
        wrong[item.contract, item.consumer] = wrong.get((item.contract, item.consumer), 0) + 1
    return StatementPage(
        *around, day.isoformat(), tuple(Option(one.isoformat(), one.isoformat(), one == day) for one in known), roles,
        role, Reconciliation(sums.received, sums.accepted, sums.set_aside), used, state, word,
        tuple(_difference(looked, item) for item in differing),
        tuple(_line(looked, line, wrong.get((line.contract, line.consumer), 0)) for line in lines),
        pager(HERE, page, ON_PAGE, len(lines), sums.lines, day=day, role=role),
        address("/console/statements.csv", day=day, role=role),
    )  # fmt: skip


def _said(looked: Desk, key: str, /, **params: object) -> str:
    return say(f"statements.{key}", looked.language, **params)


def _roles(looked: Desk) -> list[str]:
    return ["user", *(["all"] if looked.runs_the_hub else [])]


def _role(request: Asked, looked: Desk) -> str:
    asked, roles = request.query_params.get("role", ""), _roles(looked)
    return asked if asked in roles else roles[-1]


def _whose(looked: Desk, role: str) -> Concerned:
    if role == "all":
        return Concerned()
    body = looked.visit.viewer.department
    return Concerned(body, tuple(item.ref for item in every_shared(looked.city) if item.provider == body))


def _day(request: Asked, known: list[date]) -> date | None:
    text = request.query_params.get("day", "")
    if not text:
        return known[0] if known else None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("hub.value_unreadable", field="day", type="date", value=text[:40]) from None


def _side(looked: Desk, contract: str, consumer: str | None) -> str:
    thing = shared(looked.city, contract)
    body = consumer or (thing.provider if thing else "")
    name = department_name(looked.city, body, looked.language) if body else "—"
    return _said(looked, "side_used" if consumer else "side_delivered", name=name)


def _difference(looked: Desk, item: Difference) -> DifferenceLine:
    whole = item.contract == "*"
    return DifferenceLine(
        _said(looked, "whole") if whole else contract_name(looked, item.contract),
        "" if whole else _side(looked, item.contract, item.consumer), _said(looked, f"figure_{item.figure}"),
        "—" if item.stated is None else number(item.stated), "—" if item.found is None else number(item.found),
    )  # fmt: skip


def _line(looked: Desk, line: StatementLine, wrong: int) -> DayLine:
    used = line.consumer is not None
    known = looked.contracts.get(line.contract)
    word = _said(looked, "differs", count=number(wrong)) if wrong else _said(looked, "agrees")
    return DayLine(
        contract_name(looked, line.contract), f"/console/catalog/{line.contract}" if known or used else "",
        _side(looked, line.contract, line.consumer), used, line.releases if used else line.batches,
        None if used else Reconciliation(line.received, line.accepted, line.set_aside),
        number(line.rows) if used else "", size_of(line.bytes) if used else "",
        _said(looked, "milliseconds", count=number(line.p95_ms)) if line.p95_ms is not None else "",
        "alarm" if wrong else "ok", word,
    )  # fmt: skip


ROUTES = [statement, table]
