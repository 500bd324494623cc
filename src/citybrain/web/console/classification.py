"""Kinds of fields: proposals from their contents, which a person confirms or refuses (Nanjing art. 23)."""

from typing import Literal

from litestar import Request, Response, get, post
from litestar.datastructures import State as AppState
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.cockpits.figures_view import Link, State
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.messages import explain, say
from citybrain.kernel.numerals import number
from citybrain.safeguards import classification
from citybrain.safeguards.classification import Waiting
from citybrain.web.classification_view import ClassificationPage, ProposalLine
from citybrain.web.console.desk import Desk, address, contracts_of, desk, page_number, pager, rail
from citybrain.web.door import Form, entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.pages import render
from citybrain.web.sessions import check_form, viewer_in

LINES_ON_PAGE = 50
STATES: tuple[classification.State, ...] = ("open", "confirmed", "refused")
SHOWN: dict[str, State] = {"open": "warn", "confirmed": "ok", "refused": "none"}
HERE = "/console/classification"

Tried = tuple[str, str, str, WrongUse]


@get(HERE)
async def listed(request: Asked) -> Response[str]:
    """Show what was proposed."""

    def look() -> str:
        with desk(request) as looked:
            page = _page(request, looked)
        return render("console/classification.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk, tried: Tried | None = None) -> ClassificationPage:
    asked = request.query_params.get("state", "open")
    state = next((known for known in STATES if known == asked), None)
    page = page_number(request)
    refs = list(looked.contracts)
    found = classification.listed(looked.connection, refs, state, LINES_ON_PAGE, (page - 1) * LINES_ON_PAGE)
    counted = classification.counted(looked.connection, refs)
    total = sum(rows for stands, rows in counted.items() if state in {None, stands})
    kept = None if state == "open" else state or "all"
    sums = {**counted, "all": sum(counted.values())}
    filters = [
        Link(
            looked.words(f"proposals_{name}", count=number(sums.get(name, 0))),
            address(HERE, state=None if name == "open" else name),
            current=name == (state or "all"),
        )
        for name in (*STATES, "all")
    ]
    return ClassificationPage(
        frame(request, looked.visit, "console"),
        rail(looked, "classification"),
        tuple(_line(looked, item, tried) for item in found),
        pager(HERE, page, LINES_ON_PAGE, len(found), total, state=kept),
        tuple(filters),
    )


def _line(looked: Desk, item: Waiting, tried: Tried | None) -> ProposalLine:
    contract, language = looked.contracts[item.contract], looked.language
    title = next((field.title.said(language) for field in contract.fields if field.name == item.field), "")
    path = f"{contract.department}/{contract.resource}"
    decides = item.state == "open" and classification.may_decide(looked.visit.viewer, contract)
    decided = ""
    if item.decided_at is not None:
        told = {"person": item.decided_by, "at": looked.stamp(item.decided_at), "reason": item.reason or "—"}
        decided = looked.words("proposal_decided", **told)
    mine = tried is not None and tried[:3] == (item.contract, item.field, item.kind)
    return ProposalLine(
        id=f"{contract.department}-{contract.resource}-{item.field}-{item.kind}".replace("_", "-"),
        contract=Link(contract.name.said(language), f"/console/contracts/{path}"),
        field=item.field,
        title=title,
        kind=say(f"safeguards.kind_{item.kind}", language),
        kind_name=item.kind,
        share=f"{item.share:.0%}",
        rows=item.sample_count,
        why=say(f"safeguards.why_{item.why}", language),
        said=say(f"safeguards.kind_{item.said_kind}", language) if item.said_kind else "",
        state=SHOWN[item.state],
        word=looked.words(f"proposal_{item.state}"),
        lines=item.lines() if item.state == "confirmed" else "",
        decided=decided,
        action=f"{HERE}/{path}/{item.field}/{item.kind}" if decides else "",
        error=explain(tried[3], language).next_steps[0] if tried is not None and mine else "",
    )


@post(HERE + "/{department:str}/{resource:str}/{field:str}/{kind:str}", status_code=303)
async def decided(
    department: FromPath[str],
    resource: FromPath[str],
    field: FromPath[str],
    kind: FromPath[str],
    request: Request[None, None, AppState],
    data: Form,
) -> Response[str]:
    """Confirm or refuse a proposal; another department's contracts do not exist here."""
    ref = f"contract:{department}/{resource}"

    def look() -> str | None:
        try:
            _decide(request, ref, field, kind, data)
        except WrongUse as error:
            with desk(request) as looked:
                page = _page(request, looked, (ref, field, kind, error))
            return render("console/classification.html", page, language=looked.language)
        return None

    text = await entrance_of(request).enter(look)
    return html(request, text, 422) if text is not None else Redirect(HERE, status_code=303)


def _decide(request: Asked, ref: str, field: str, kind: str, data: dict[str, str]) -> None:
    instance = instance_of(request)
    visit = viewer_in(instance, request.cookies)
    check_form(visit, data.get("csrf"))
    contract = contracts_of(visit).get(ref)
    state: Literal["confirmed", "refused"] = "confirmed" if data.get("decision") == "confirm" else "refused"
    with instance.database.transaction() as connection:
        if contract is None:
            raise classification.unknown(ref, field)
        reason = data.get("reason", "")[:500]
        classification.decide(
            connection, visit.viewer, contract, field, kind, state, reason, instance.clock, instance.new_id
        )


ROUTES = [listed, decided]
