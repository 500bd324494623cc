"""Destruction in the console: what is beyond its retention, what persons ask for, holds, certificates.

Nothing is destroyed without a person's word (Hangzhou art. 13).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from citybrain.city.contract import Contract
from citybrain.cockpits.view import Link, State
from citybrain.governance import destroying, person_requests
from citybrain.governance.person_requests import PersonRequest
from citybrain.hub import legal_holds
from citybrain.hub.destruction import certificate
from citybrain.hub.destruction.certificate import Certificate
from citybrain.hub.legal_holds import LegalHold
from citybrain.kernel.errors import CityBrainError, NotKnown
from citybrain.kernel.messages import say
from citybrain.web.certifying import TOKEN_CHARACTERS, certificate_page, person_of, scope_of
from citybrain.web.console.desk import Desk, desk, page_number, pager, rail
from citybrain.web.destructions_view import (
    CertificateLine,
    DestructionsPage,
    HoldLine,
    ProposalLine,
    RequestLine,
)
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame
from citybrain.web.pages import render
from citybrain.web.parts_view import Option

HERE = "/console/destructions"
LINES = 25
DONE = ("destroyed", "held", "lifted", "decided")
_REQUESTS: dict[str, State] = {
    "open": "todo", "granted": "ok", "refused": "alarm", "answered": "ok", "withdrawn": "none",
}  # fmt: skip


@get(HERE)
async def listed(request: Asked) -> Response[str]:
    """Show proposals, requests of persons, holds and certificates."""

    def look() -> str:
        with desk(request) as looked:
            return render("console/destructions.html", _page(request, looked), language=looked.language)

    return html(request, await entrance_of(request).enter(look))


@get(f"{HERE}/{{number:str}}")
async def one(number: FromPath[str], request: Asked) -> Response[str]:
    """Show a certificate."""

    def look() -> str:
        with desk(request) as looked:
            made = certificate.one(looked.connection, number)
            if made.contract not in looked.contracts and not looked.runs_the_hub:
                raise NotKnown("destruction.unknown", number=number[:40])
            crumbs = (Link(say("web.destructions", looked.language), HERE), Link(made.number, "", current=True))
            page = certificate_page(
                looked.connection, looked.city, made, looked.language, frame(request, looked.visit, "console"),
                rail(looked, "destructions"), crumbs,
            )  # fmt: skip
        return render("console/destruction.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk) -> DestructionsPage:
    page, refs = page_number(request), list(looked.contracts)
    seen = None if looked.runs_the_hub else refs
    found = certificate.listed(looked.connection, seen, limit=LINES, offset=(page - 1) * LINES)
    total = certificate.count(looked.connection, seen)
    mine = [item for item in looked.contracts.values() if may(looked, item)]
    return DestructionsPage(
        frame(request, looked.visit, "console"),
        rail(looked, "destructions"),
        _done(request, looked),
        tuple(_proposals(looked, mine)),
        tuple(_request(looked, item) for item in person_requests.for_contracts(looked.connection, refs)),
        tuple(_hold(looked, item) for item in legal_holds.listed(looked.connection, refs)),
        tuple(_line(looked, item) for item in found),
        pager(HERE, page, LINES, len(found), total),
        tuple(Option(item.ref, item.name.said(looked.language)) for item in mine),
    )


def may(looked: Desk, contract: Contract) -> bool:
    """Tell whether the reader may have data of a contract destroyed.

    Args:
        looked: The desk.
        contract: The contract.

    """
    try:
        destroying.require_may_destroy(looked.visit.viewer, contract)
    except CityBrainError:
        return False
    return True


def _done(request: Asked, looked: Desk) -> str:
    """Say what was just done; what the address names is looked up, never repeated."""
    done, number = request.query_params.get("done", ""), request.query_params.get("number", "")
    known: dict[str, Any] = {
        "destroyed": certificate.one, "held": legal_holds.one, "lifted": legal_holds.one,
        "decided": person_requests.one,
    }  # fmt: skip
    try:
        found = known[done](looked.connection, number)
    except (KeyError, NotKnown):
        return ""
    if found.contract not in looked.contracts and not looked.runs_the_hub:
        return ""
    return say(f"destruction.done_{done}", looked.language, number=found.number)


def _proposals(looked: Desk, contracts: list[Contract]) -> Iterator[ProposalLine]:
    refs = [item.ref for item in contracts]
    for item in destroying.proposals(looked.connection, looked.city, refs, looked.now):
        days = item.contract.retention.days if item.contract.retention else 0
        yield ProposalLine(
            item.contract.ref, item.contract.name.said(looked.language),
            say("portal.days", looked.language, days=days), _day(looked, item.before), item.before.isoformat(),
            item.rows, item.batches,
        )  # fmt: skip


def _request(looked: Desk, item: PersonRequest) -> RequestLine:
    contract, late = looked.contracts[item.contract], item.late(looked.now)
    word = say(f"destruction.request_{'late' if late else item.state}", looked.language, due=_day(looked, item.due_at))
    said = [text for text in (item.answer, item.ground) if text]
    return RequestLine(
        item.number, say(f"destruction.request_{item.kind}", looked.language), item.kind == "delete",
        contract.name.said(looked.language), item.subject.hex()[:TOKEN_CHARACTERS], item.words,
        _day(looked, item.made_at), "alarm" if late else _REQUESTS[item.state], word,
        say("portal.semicolon", looked.language).join(said), item.certificate or "",
        item.state == "open" and may(looked, contract),
    )  # fmt: skip


def _hold(looked: Desk, item: LegalHold) -> HoldLine:
    contract, words = looked.contracts[item.contract], looked.language
    if item.subject is not None:
        scope = say("destruction.scope_person", words, token=item.subject.hex()[:TOKEN_CHARACTERS])
    elif item.batch is not None:
        scope = say("destruction.scope_batch", words, batches=item.batch)
    else:
        scope = say("destruction.scope_all", words)
    holds = item.lifted_at is None
    lifted = "" if item.lifted_at is None else f"{_day(looked, item.lifted_at)} {item.lift_reason or ''}"
    return HoldLine(
        item.number, contract.name.said(words), scope, item.reason, person_of(looked.city, item.set_by, words),
        _day(looked, item.set_at), "warn" if holds else "none",
        say(f"destruction.state_{'holding' if holds else 'lifted'}", words), lifted, holds and may(looked, contract),
    )  # fmt: skip


def _line(looked: Desk, item: Certificate) -> CertificateLine:
    contract = looked.city.contracts.get(item.contract)
    return CertificateLine(
        item.number, f"{HERE}/{item.number}", contract.name.said(looked.language) if contract else item.contract,
        say(f"destruction.kind_{item.kind}", looked.language), scope_of(looked.city, item, looked.language), item.rows,
        item.reason, person_of(looked.city, item.decided_by, looked.language), looked.stamp(item.at),
    )  # fmt: skip


def _day(looked: Desk, moment: datetime) -> str:
    return f"{moment.astimezone(looked.city.zone):%Y-%m-%d}"


ROUTES = [listed, one]
