"""Contracts: the list of them, and each with its promises, its quality and what came (Hangzhou art. 9, 13, 15)."""

from collections import Counter
from typing import cast

import polars as pl
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from citybrain.city.contract import Contract, Field
from citybrain.cockpits.figures_view import Link
from citybrain.hub import monitor, quarantine
from citybrain.hub.exchange.reading import Span
from citybrain.kernel.clock import city_day
from citybrain.web.console.desk import PERIOD_DAYS, SENSITIVE, Desk, address, desk, page_number, pager, rail
from citybrain.web.console.effects import on_thing
from citybrain.web.console.lines import WHOLE_ROW, batch_line, contract_href, freshness, row_line
from citybrain.web.console.surroundings import downstream, facts, grants, rhythm, upstream
from citybrain.web.console_view import ContractField, ContractLine, ContractPage, ContractsPage, Grade
from citybrain.web.door import entrance_of, html
from citybrain.web.frames import Asked, frame, instance_of
from citybrain.web.naming import department_name
from citybrain.web.pages import render
from citybrain.web.parts_view import Reconciliation
from citybrain.web.promises import promise
from citybrain.web.quality import aspects, in_dispute
from citybrain.web.sessions import viewer_in

ROWS_SHOWN = 5
BATCHES_SHOWN = 5
ON_PAGE = 100
COUNTED_ROWS = 500_000
_SILENT_KINDS = frozenset({"type"})


@get("/console")
async def first(request: Asked) -> Redirect:
    """Lead to the list of contracts, or to the catalogue where a post opens no contract."""

    def look() -> str:
        may = viewer_in(instance_of(request), request.cookies).viewer.may
        return "/console/contracts" if may & {"operate_hub", "repair_rows"} else "/console/catalog"

    return Redirect(await entrance_of(request).enter(look))


@get("/console/contracts")
async def listed(request: Asked) -> Response[str]:
    """Show every contract this person may look at."""

    def look() -> str:
        with desk(request) as looked:
            page = _list_page(request, looked)
        return render("console/contracts.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _list_page(request: Asked, looked: Desk) -> ContractsPage:
    sums = {item.contract: item for item in monitor.sums(looked.connection, looked.since)}
    newest = monitor.newest(looked.connection)
    providers = Counter(contract.provider for contract in looked.contracts.values())
    chosen = request.query_params.get("provider", "")
    lines, page = [], page_number(request)
    known = [item for item in looked.contracts.values() if chosen not in providers or item.provider == chosen]
    for contract in known[(page - 1) * ON_PAGE : page * ON_PAGE]:
        found, arrival = sums.get(contract.ref), newest.get(contract.ref)
        state, word = freshness(looked, contract, arrival)
        lines.append(
            ContractLine(
                contract.name.said(looked.language),
                contract.ref,
                contract_href(contract.ref),
                department_name(looked.city, contract.provider, looked.language),
                grade_of(contract.grade),
                state,
                sum_of(found),
                word,
                looked.stamp(arrival[0]) if arrival else "",
                rhythm(looked, contract),
                looked.provenance(contract),
            )
        )
    everyone = looked.words("all_count", count=len(looked.contracts))
    filters = [Link(everyone, "/console/contracts", current=chosen not in providers)]
    for ref, count in providers.items():
        name = looked.words("name_count", name=department_name(looked.city, ref, looked.language), count=count)
        filters.append(Link(name, address("/console/contracts", provider=ref), current=ref == chosen))
    return ContractsPage(
        frame(request, looked.visit, "console"),
        rail(looked, "contracts"),
        tuple(lines),
        tuple(filters) if len(providers) > 1 else (),
        looked.words("period", days=PERIOD_DAYS),
        pager(
            "/console/contracts",
            page,
            ON_PAGE,
            len(lines),
            len(known),
            provider=chosen if chosen in providers else None,
        )
        if len(known) > ON_PAGE
        else None,
    )


def sum_of(found: monitor.Sum | None) -> Reconciliation:
    """Return the sum that must hold, of a period.

    Args:
        found: As added up by the hub; none when nothing came.

    """
    return Reconciliation(found.received, found.accepted, found.set_aside) if found else Reconciliation(0, 0, 0)


def grade_of(grade: int) -> Grade:
    """Write a grade as it is shown.

    Args:
        grade: 1 to 4.

    """
    return cast("Grade", f"L{grade}")


@get("/console/contracts/{department:str}/{resource:str}")
async def one(department: FromPath[str], resource: FromPath[str], request: Asked) -> Response[str]:
    """Show one contract."""

    def look() -> str:
        with desk(request) as looked:
            page = _page(request, looked, looked.contract(f"contract:{department}/{resource}"))
        return render("console/contract.html", page, language=looked.language)

    return html(request, await entrance_of(request).enter(look))


def _page(request: Asked, looked: Desk, contract: Contract) -> ContractPage:
    found = next(
        (item for item in monitor.sums(looked.connection, looked.since) if item.contract == contract.ref), None
    )
    state, word = freshness(looked, contract, monitor.newest(looked.connection).get(contract.ref))
    provider = department_name(looked.city, contract.provider, looked.language)
    name = contract.name.said(looked.language)
    batches, total = monitor.batches(looked.connection, contract.ref, limit=BATCHES_SHOWN)
    rows = quarantine.rows(looked.connection, contract.ref, None, ROWS_SHOWN)
    return ContractPage(
        frame=frame(request, looked.visit, "console", looked.provenance(contract)),
        rail=rail(looked, "contracts"),
        name=name,
        ref=contract.ref,
        state=state,
        word=word,
        sum=sum_of(found),
        stand=looked.words("stand", version=contract.version, mode=looked.words(f"mode_{contract.mode}")),
        crumbs=(
            Link(looked.words("rail_contracts"), "/console/contracts"),
            Link(provider, address("/console/contracts", provider=contract.provider)),
            Link(name, "", current=True),
        ),
        provenance=looked.provenance(contract),
        facts=facts(looked, contract),
        period=looked.words("period_article", days=PERIOD_DAYS),
        quality=aspects(looked.connection, looked.city, (contract.ref,), looked.since, looked.language),
        fields=_fields(request, looked, contract, found),
        rows=tuple(row_line(looked, row) for row in rows),
        rows_href=address("/console/quarantine", contract=contract.ref, state="all") if rows else "",
        grants=grants(looked, contract),
        upstream=upstream(looked, contract),
        downstream=downstream(looked, contract),
        batches=tuple(batch_line(looked, batch) for batch in batches),
        batches_href=address("/console/batches", contract=contract.ref) if total > len(batches) else "",
        disputes=in_dispute(looked.connection, (contract.ref,), looked.language),
        effects=on_thing(looked, contract.ref),
    )


def _fields(request: Asked, looked: Desk, contract: Contract, found: monitor.Sum | None) -> tuple[ContractField, ...]:
    nulls = _nulls(request, looked, contract, found)
    broken: Counter[str] = Counter()
    by_name = {rule.name: rule for rule in contract.rules}
    for item in monitor.broken(looked.connection, (contract.ref,), looked.since):
        for field in by_name[item.rule].fields if item.rule in by_name and item.on_break == "set_aside" else ():
            broken[field] += item.rows
    href = address("/console/quarantine", contract=contract.ref, state="all")
    return tuple(
        ContractField(
            item.name,
            item.title.said(looked.language),
            _kind(looked, item),
            grade_of(item.grade),
            _mask(looked, contract, item),
            _rules(looked, contract, item),
            nulls.get(item.name) if nulls is not None else None,
            broken[item.name],
            href,
        )
        for item in contract.fields
    )


def _kind(looked: Desk, field: Field) -> str:
    parts = [looked.words(f"type_{field.type}")]
    parts += [field.unit.said(looked.language)] if field.unit else []
    parts += [looked.words("key_field")] if field.key is not None else []
    return looked.words("between_parts").join(parts)


def _mask(looked: Desk, contract: Contract, field: Field) -> str:
    if field.grade < SENSITIVE:
        return looked.words("no_mask")
    return looked.words("masked", provider=department_name(looked.city, contract.provider, looked.language))


def _rules(looked: Desk, contract: Contract, field: Field) -> str:
    said = [
        promise(contract, rule, looked.language)
        for rule in contract.rules
        if field.name in rule.fields and rule.kind not in _SILENT_KINDS and rule.fields != (WHOLE_ROW,)
    ]
    return looked.words("between_rules").join(dict.fromkeys(said))


def _nulls(request: Asked, looked: Desk, contract: Contract, found: monitor.Sum | None) -> dict[str, int] | None:
    """Count missing values among the rows that were kept of the period's days; not where there are too many."""
    if found is None or not found.accepted:
        return {item.name: 0 for item in contract.fields}
    if found.accepted > COUNTED_ROWS:
        return None
    names = [item.name for item in contract.fields]
    span = Span(first=city_day(looked.since, looked.city.zone))
    relation = instance_of(request).reader.relation(looked.connection, contract, span)
    counted = relation.select(pl.col(names).null_count()).collect()
    return {name: int(counted.item(0, name)) for name in names}


ROUTES = [first, listed, one]
