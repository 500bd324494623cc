"""The exchange: what came, what was kept, what was set aside, and one receipt (Hangzhou art. 8, 15)."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from citybrain.city.contract import Contract
from citybrain.cockpits.figures_view import Link
from citybrain.hub import monitor, quarantine
from citybrain.hub.exchange.log import read_receipt
from citybrain.hub.receipt import Receipt
from citybrain.kernel.errors import BatchRefused, NotKnown
from citybrain.kernel.messages import explain
from citybrain.kernel.numerals import number
from citybrain.web.console.desk import PERIOD_DAYS, Desk, address, desk, page_number, pager, rail
from citybrain.web.console.lines import aspect_words, batch_line, contract_href, freshness, row_line
from citybrain.web.door import entrance_of, html
from citybrain.web.exchange_view import BatchesPage, BatchPage, ContractSum, ReasonCount
from citybrain.web.frames import Asked, frame
from citybrain.web.pages import render
from citybrain.web.parts_view import Fact, Reconciliation
from citybrain.web.promises import broken_promise

BATCHES_ON_PAGE = 50
ROWS_SHOWN = 100
CONTRACTS_SHOWN = 100


@get("/console/batches")
async def listed(request: Asked) -> Response[str]:
    """Show the exchange monitor."""

    def look() -> str:
        with desk(request) as looked:
            page = _list_page(request, looked)
        return render("console/batches.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _list_page(request: Asked, looked: Desk) -> BatchesPage:
    chosen = request.query_params.get("contract") or None
    contract = looked.contract(chosen) if chosen else None
    faulty = request.query_params.get("faulty") == "1"
    page = page_number(request)
    batches, total = monitor.batches(
        looked.connection,
        contract.ref if contract else None,
        among=list(looked.contracts),
        faulty=faulty,
        limit=BATCHES_ON_PAGE,
        offset=(page - 1) * BATCHES_ON_PAGE,
    )
    sums = [
        item
        for item in monitor.sums(looked.connection, looked.since)
        if item.contract in looked.contracts and (contract is None or item.contract == contract.ref)
    ]
    whole = Reconciliation(
        sum(item.received for item in sums), sum(item.accepted for item in sums), sum(item.set_aside for item in sums)
    )  # fmt: skip
    here = "/console/batches"
    filters = [
        Link(looked.words("all"), address(here, contract=chosen), current=not faulty),
        Link(looked.words("faulty"), address(here, contract=chosen, faulty=1), current=faulty),
    ]
    if contract is not None:
        name = contract.name.said(looked.language)
        filters.append(Link(looked.words("only_contract", name=name), address(here, faulty=1 if faulty else None)))
    return BatchesPage(
        frame(request, looked.visit, "console"),
        rail(looked, "batches"),
        looked.words("period", days=PERIOD_DAYS),
        whole,
        _sums(looked, sums),
        tuple(batch_line(looked, batch) for batch in batches),
        pager(here, page, BATCHES_ON_PAGE, len(batches), total, contract=chosen, faulty=1 if faulty else None),
        tuple(filters),
        len(sums),
        sum(item.batches for item in sums),
    )


def _sums(looked: Desk, sums: Sequence[monitor.Sum]) -> tuple[ContractSum, ...]:
    """Lay the sums by contract out: late ones first, and of many only the first."""
    newest = monitor.newest(looked.connection)
    stands = {
        item.contract: freshness(looked, looked.contracts[item.contract], newest.get(item.contract)) for item in sums
    }  # fmt: skip
    lines = []
    for item in sorted(sums, key=lambda item: stands[item.contract][0] == "ok")[:CONTRACTS_SHOWN]:
        contract = looked.contracts[item.contract]
        lines.append(
            ContractSum(
                contract.name.said(looked.language),
                contract_href(contract.ref),
                item.batches,
                Reconciliation(item.received, item.accepted, item.set_aside),
                looked.stamp(item.arrived_at),
                *stands[item.contract],
                looked.provenance(contract),
            )
        )
    return tuple(lines)


@get("/console/batches/{batch:uuid}")
async def one(batch: FromPath[UUID], request: Asked) -> Response[str]:
    """Show one receipt."""

    def look() -> str:
        with desk(request) as looked:
            page = _page(request, looked, batch)
        return render("console/batch.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk, batch: UUID) -> BatchPage:
    receipt = read_receipt(looked.connection, batch)
    if receipt is None or receipt.contract not in looked.contracts:
        raise NotKnown("console.batch_unknown", batch=batch)
    contract = looked.contracts[receipt.contract]
    attested = monitor.attested(looked.connection, batch)
    rows = quarantine.rows(looked.connection, None, None, ROWS_SHOWN, batch=batch)
    sequence = attested.sequence if attested else None
    place = number(sequence) if sequence is not None else looked.words("sealed_soon")
    return BatchPage(
        frame=frame(request, looked.visit, "console", looked.provenance(contract)),
        rail=rail(looked, "batches"),
        id=str(receipt.batch),
        contract=Link(contract.name.said(looked.language), contract_href(contract.ref)),
        sum=Reconciliation(receipt.received, receipt.accepted, receipt.set_aside),
        crumbs=(
            Link(looked.words("rail_batches"), "/console/batches"),
            Link(contract.name.said(looked.language), address("/console/batches", contract=contract.ref)),
            Link(str(receipt.batch)[:13], "", current=True),
        ),
        facts=_facts(looked, receipt, attested),
        reasons=_reasons(looked, contract, receipt),
        rows=tuple(row_line(looked, row) for row in rows),
        evidence=(
            Fact(looked.words("evidence_entry"), str(receipt.evidence), code=True),
            Fact(looked.words("evidence_digest"), receipt.evidence_sha256.hex(), code=True),
            Fact(looked.words("evidence_place"), place),
        ),
        sealed=sequence is not None,
        provenance=looked.provenance(contract),
    )


def _facts(looked: Desk, receipt: Receipt, attested: monitor.BatchEvidence | None) -> tuple[Fact, ...]:
    arrived = receipt.arrived_at.astimezone(looked.city.zone)
    system = looked.city.systems.get(receipt.system)
    sender = system.name.said(looked.language) if system else receipt.system
    found = [
        Fact(looked.words("batch_arrived"), f"{arrived:%Y-%m-%d %H:%M:%S}"),
        Fact(looked.words("batch_sender"), looked.words("sender", name=sender, ref=receipt.system)),
        Fact(looked.words("batch_status"), _status(looked, receipt)),
    ]
    if receipt.part > 1 or receipt.delivery != receipt.batch:
        found.append(
            Fact(looked.words("batch_part"), looked.words("part_of", part=receipt.part, id=str(receipt.delivery)[:13]))
        )
    if attested is not None:
        found += [
            Fact(looked.words("batch_key"), attested.key, code=True),
            Fact(looked.words("batch_digest"), attested.body_sha256.hex(), code=True),
            Fact(looked.words("batch_kept"), looked.words("bytes", count=number(attested.payload_bytes))),
            Fact(looked.words("batch_revision"), looked.words("revision_number", number=attested.revision)),
        ]
    return tuple(found)


def _status(looked: Desk, receipt: Receipt) -> str:
    if receipt.refused is None:
        return looked.words("status_admitted")
    code, params = receipt.refused
    contract = looked.contracts[receipt.contract]
    told = {**params, "rule": broken_promise(contract, str(params.get("rule", "")), looked.language)}
    return looked.words("status_refused", why=explain(BatchRefused(code, **told), looked.language).detail)


def _reasons(looked: Desk, contract: Contract, receipt: Receipt) -> tuple[ReasonCount, ...]:
    rules = {rule.name: rule for rule in contract.rules}
    found = []
    for name, rows in receipt.broken.items():
        rule = rules.get(name)
        why = broken_promise(contract, name, looked.language)
        warned = rule is not None and rule.on_break == "warn"
        found.append(
            ReasonCount(
                looked.words("only_warned", reason=why) if warned else why,
                " + ".join(rule.fields) if rule and rule.fields != ("*",) else looked.words("whole_row"),
                aspect_words(looked, rule.dimension if rule else "conformity"),
                rows,
            )
        )
    return tuple(sorted(found, key=lambda item: -item.rows))


ROUTES = [listed, one]
