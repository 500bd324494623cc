"""Rows set aside: their provider mends a row, which is judged like any other, or agrees that it stays out.

Source: Hangzhou art. 15 (谁提供，谁负责).
"""

from collections.abc import Mapping
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link
from citybrain.hub import quarantine
from citybrain.hub.gate import Parcel
from citybrain.hub.quarantine import QuarantinedRow
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import SENSITIVE, Desk, address, contracts_of, desk, page_number, pager, rail
from citybrain.web.console.lines import row_line, values_of
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.exchange_view import QuarantinePage
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.pages import render
from citybrain.web.sessions import Visit, check_form, viewer_in

ROWS_ON_PAGE = 25
STATES = ("open", "repaired", "confirmed", "destroyed")
TYPED = "field."
HERE = "/console/quarantine"


@get("/console/quarantine")
async def listed(request: Asked) -> Response[str]:
    """Show the rows that were set aside."""

    def look() -> str:
        with desk(request) as looked:
            page = _page(request, looked)
        return render("console/quarantine.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(
    request: Asked,
    looked: Desk,
    tried: tuple[QuarantinedRow, Mapping[str, str], tuple[Mapping[str, str], ...]] | None = None,
) -> QuarantinePage:
    chosen = tried[0].contract if tried else request.query_params.get("contract") or None
    contract = looked.contract(chosen) if chosen else None
    state = request.query_params.get("state", "open")
    state = state if state in {*STATES, "all"} and tried is None else "open"
    page = page_number(request) if tried is None else 1
    found = quarantine.rows(
        looked.connection,
        contract.ref if contract else None,
        None if state == "all" else state,
        ROWS_ON_PAGE,
        (page - 1) * ROWS_ON_PAGE,
        among=list(looked.contracts),
    )
    counted = quarantine.counts(looked.connection, list(looked.contracts))
    total = _count(counted, chosen, state)
    lines = [row_line(looked, row) for row in found]
    if tried is not None:
        row, typed, again = tried
        again_line = row_line(looked, row, typed, again)
        lines = [again_line, *(line for line in lines if line.id != again_line.id)]
    return QuarantinePage(
        frame(request, looked.visit, "console"),
        rail(looked, "quarantine"),
        tuple(lines),
        pager(HERE, page, ROWS_ON_PAGE, len(found), total, contract=chosen, state=state if state != "open" else None),
        tuple(_states(looked, counted, chosen, state)),
        _done(request, looked) if tried is None else "",
        tuple(_contracts(looked, counted, chosen, state)),
    )


def _count(counted: Mapping[tuple[str, str], int], contract: str | None, state: str) -> int:
    return sum(rows for (ref, stands), rows in counted.items() if contract in {None, ref} and state in {"all", stands})


def _states(looked: Desk, counted: Mapping[tuple[str, str], int], contract: str | None, chosen: str) -> list[Link]:
    links = []
    for state in (*STATES, "all"):
        text = looked.words(f"filter_{state}", count=number(_count(counted, contract, state)))
        href = address(HERE, contract=contract, state=state if state != "open" else None)
        links.append(Link(text, href, current=state == chosen))
    return links


def _contracts(looked: Desk, counted: Mapping[tuple[str, str], int], chosen: str | None, state: str) -> list[Link]:
    known = [ref for ref in looked.contracts if _count(counted, ref, "all")]
    if len(known) < 2 and chosen is None:
        return []
    kept = state if state != "open" else None
    links = [Link(looked.words("every_contract"), address(HERE, state=kept), current=chosen is None)]
    for ref in known:
        count = number(_count(counted, ref, state))
        text = looked.words("name_count", name=looked.contracts[ref].name.said(looked.language), count=count)
        links.append(Link(text, address(HERE, contract=ref, state=kept), current=ref == chosen))
    return links


def _done(request: Asked, looked: Desk) -> str:
    """Say what was just decided; what the address names is looked up, never repeated."""
    batch, _, row = request.query_params.get("decided", "").partition("/")
    try:
        found = quarantine.one(looked.connection, UUID(batch), int(row))
    except (ValueError, NotKnown):
        return ""
    if found.contract not in looked.contracts or found.state == "open":
        return ""
    return looked.words(f"done_{found.state}", row=number(found.row))


@post("/console/quarantine/{batch:uuid}/{row:int}/repair", status_code=303)
async def repair(
    batch: FromPath[UUID], row: FromPath[int], request: Request[None, None, State], data: Form
) -> Response[str]:
    """Bring a mended row to the gate; when it breaks a rule again, what was typed is kept."""

    def look() -> tuple[str, str | None]:
        found, visit = _waiting(request, batch, row, data)
        typed = _typed(found, visit, data)
        again = _bring(request, found, visit, typed)
        if not again:
            return found.contract, None
        with desk(request) as looked:
            page = _page(request, looked, (found, typed, again))
        return found.contract, render("console/quarantine.html", page, language=looked.language)

    contract, text = await entrance_of(request).enter(look)
    if text is not None:
        return html(request, text, 422)
    return Redirect(address(HERE, contract=contract, decided=f"{batch}/{row}"), status_code=303)


def _waiting(request: Asked, batch: UUID, row: int, data: dict[str, str]) -> tuple[QuarantinedRow, Visit]:
    """Find a row for somebody who may decide it; another department's rows do not exist here."""
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, data.get("csrf"))
    contracts = contracts_of(visit)
    with instance.database.reading() as connection:
        found = quarantine.one(connection, batch, row)
    if found.contract not in contracts:
        raise NotKnown("hub.row_unknown", batch=batch, row=row)
    return found, visit


def _typed(found: QuarantinedRow, visit: Visit, data: dict[str, str]) -> dict[str, str]:
    """Read the typed fields: known ones only, none the reader may not see, and an empty cell stays empty."""
    contract = visit.city.contracts[found.contract]
    mine = contract.provider == visit.viewer.department
    before = values_of(found)
    typed = {}
    for field in contract.fields:
        text = data.get(TYPED + field.name)
        unseen = field.grade >= SENSITIVE and not mine
        if text is None or unseen or (text == "" and before.get(field.name) is None):
            continue
        typed[field.name] = text.strip()
    return typed


def _bring(
    request: Asked, found: QuarantinedRow, visit: Visit, typed: Mapping[str, str]
) -> tuple[Mapping[str, str], ...]:
    """Bring a mended row to the gate and return the rules it breaks now."""
    mended = quarantine.mended(found, typed)
    sha256 = quarantine.repair_digest(mended)
    receipt = instance_of(request).gate.admit(
        Parcel(
            found.contract,
            found.system,
            mended,
            sha256,
            f"repair:{found.batch}/{found.row}/{sha256.hex()[:32]}",
            repair=(found.batch, found.row, visit.viewer.person),
        )
    )
    if receipt.accepted:
        return ()
    return tuple({"rule": item.rule, "field": item.field, "dimension": item.dimension} for item in receipt.reasons)


@post("/console/quarantine/{batch:uuid}/{row:int}/confirm", status_code=303)
async def confirm(
    batch: FromPath[UUID], row: FromPath[int], request: Request[None, None, State], data: Form
) -> Response[str]:
    """Record that the provider agrees: the row was wrong and stays out."""

    def look() -> str:
        instance = instance_of(request)
        found, visit = _waiting(request, batch, row, data)
        with instance.database.transaction() as connection:
            quarantine.confirm(connection, batch, row, visit.viewer.person, instance.clock, instance.new_id)
        return found.contract

    contract = await entrance_of(request).enter(look)
    return Redirect(address(HERE, contract=contract, decided=f"{batch}/{row}"), status_code=303)


ROUTES = [listed, repair, confirm]
