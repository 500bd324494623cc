"""What stands on the page of the catalogue: the entries found, and its lists (责任清单, 需求清单, 负面清单 …)."""

from datetime import timedelta
from typing import Any

from citybrain.blueprint import duplicates
from citybrain.city.offering import shared
from citybrain.city.prohibition import Prohibition
from citybrain.city.whole import City
from citybrain.cockpits.figures_view import Link, State
from citybrain.hub.catalog import demand, lists, proposals
from citybrain.hub.catalog.names import page_path
from citybrain.hub.catalog.search import Found, Query, Registered, Supply, named, search
from citybrain.kernel.messages import say
from citybrain.web.catalog_reading import hidden_from
from citybrain.web.catalog_view import (
    DemandLine,
    DutyLine,
    EntryLine,
    KeptLine,
    MountLine,
    ProhibitedLine,
    ProposalLine,
    WaiverLine,
)
from citybrain.web.console.desk import Desk, address, page_number, pager
from citybrain.web.console.lines import contract_href
from citybrain.web.frames import Asked
from citybrain.web.naming import article_href, article_name, department_name, person_name
from citybrain.web.parts_view import Option
from citybrain.web.promises import duration

HERE = "/console/catalog"
ON_PAGE = 100
TABS = ("search", "duties", "demands", "kept", "proposals", "waivers")
SHARES = ("unconditional", "conditional", "none")
QUALITY_STATES: dict[str, State] = {"A": "ok", "B": "ok", "C": "warn", "D": "warn", "E": "alarm"}


def said(looked: Desk, key: str, /, **params: object) -> str:
    """Say a sentence of the catalogue.

    Args:
        looked: The desk.
        key: Of the sentence.
        **params: Its values.

    """
    return say(f"catalog.{key}", looked.language, **params)


def contents(request: Asked, looked: Desk, tab: str) -> dict[str, Any]:
    """Make what stands under a tab.

    Args:
        request: The request.
        looked: The desk.
        tab: One of :data:`TABS`.

    """
    makers = {
        "duties": _duties, "demands": _demands, "kept": _kept, "proposals": _proposals, "waivers": _waivers
    }  # fmt: skip
    maker = makers.get(tab)
    return maker(request, looked) if maker else _found(request, looked)


def _found(request: Asked, looked: Desk) -> dict[str, Any]:
    asked, page = request.query_params, page_number(request)
    text, kind, owner = asked.get("q", ""), asked.get("kind", ""), asked.get("owner", "")
    share = asked.get("share", "")
    query = Query(
        text=text,
        kinds=(kind,) if kind else (),
        owner=owner or None,
        share=share or None,
        hidden=hidden_from(looked.visit.viewer, looked.city),
        start=(page - 1) * ON_PAGE,
        rows=ON_PAGE,
    )
    found = search(looked.connection, query, looked.now)
    shown = [line(looked, item, found.supply.get(item.ref)) for item in found.entries]
    first = not (text or kind or owner or share) and page == 1
    return {
        "text": text,
        "lines": tuple(shown),
        "pager": pager(HERE, page, ON_PAGE, len(shown), found.total, q=text, kind=kind, owner=owner, share=share),
        **_filters(looked, found, kind, owner, share),
        **(_mounted(looked) if first else {}),
    }


def _filters(looked: Desk, found: Found, kind: str, owner: str, share: str) -> dict[str, Any]:
    facets = found.facets

    def option(value: str, name: str, count: int | None, chosen: str) -> Option:
        text = said(looked, "counted", name=name, count=count) if count is not None else name
        return Option(value, text, value == chosen)

    kinds = [option("", said(looked, "all_kinds"), None, kind)]
    kinds += [option(one, kind_name(looked, one), count, kind) for one, count in facets["kind"].items()]
    owners = [option("", said(looked, "all_owners"), None, owner)]
    names = {ref: department_name(looked.city, ref, looked.language) for ref in facets["owner"]}
    owners += [option(ref, name, facets["owner"][ref], owner) for ref, name in names.items()]
    shares = [option("", said(looked, "all_shares"), None, share)]
    shares += [
        option(one, said(looked, f"share_{one}"), facets["share"][one], share)
        for one in SHARES
        if one in facets["share"]
    ]
    return {"kinds": tuple(kinds), "owners": tuple(owners), "shares": tuple(shares)}


def kind_name(looked: Desk, kind: str) -> str:
    """Say what a kind of entry is called.

    Args:
        looked: The desk.
        kind: Such as ``contract``.

    """
    return said(looked, f"kind_{kind}")


def line(looked: Desk, item: Registered, supply: Supply | None) -> EntryLine:
    """Make the line of an entry.

    Args:
        looked: The desk.
        item: As registered.
        supply: What came, for a contract.

    """
    content, language = item.content, looked.language
    provider = department_name(looked.city, item.department, language)
    person = person_name(looked.city, item.person, language) if item.person else ""
    cycle = content["cycle_seconds"]
    grade = supply.grade if supply else None
    return EntryLine(
        content["name"][language],
        page_path(item.ref),
        item.ref,
        item.registration,
        kind_name(looked, item.kind),
        said(looked, "provider_person", provider=provider, person=person) if person else provider,
        said(looked, f"share_{item.share}") if item.share else "",
        item.share == "none",
        said(looked, "every", cycle=duration(timedelta(seconds=cycle), language)) if cycle else "",
        f"L{content['grade']}" if content["grade"] else "",
        grade or "",
        QUALITY_STATES[grade] if grade else "none",
        ("ok" if supply.mounted else "none") if supply else None,
        said(looked, "mounted" if supply.mounted else "not_mounted") if supply else "",
        len(item.around["consumers"]),
    )


def _mounted(looked: Desk) -> dict[str, Any]:
    whole, *others = lists.mount_rates(looked.connection)
    return {"whole": _mount_line(looked, whole), "mounted": tuple(_mount_line(looked, item) for item in others)}


def _mount_line(looked: Desk, item: lists.Mounted) -> MountLine:
    rate = item.rate
    percent = said(looked, "percent", value=f"{rate:.1f}") if rate is not None else said(looked, "no_percent")
    name = department_name(looked.city, item.department, looked.language)
    return MountLine(name, item.mounted, item.contracts, percent, address(HERE, kind="contract", owner=item.department))


def _duties(_: Asked, looked: Desk) -> dict[str, Any]:
    between, made = said(looked, "between"), []
    for item in lists.duties(looked.connection):
        kinds = [
            said(looked, "counted", name=kind_name(looked, kind), count=count) for kind, count in item.entries.items()
        ]
        name = department_name(looked.city, item.department, looked.language)
        person = person_name(looked.city, item.person, looked.language) if item.person else ""
        href = address(HERE, owner=item.department)
        made.append(DutyLine(name, person, between.join(kinds), sum(item.entries.values()), href))
    return {"duties": tuple(made)}


def _demands(request: Asked, looked: Desk) -> dict[str, Any]:
    page = page_number(request)
    found, total = demand.demands(looked.connection, limit=ON_PAGE, offset=(page - 1) * ON_PAGE)
    hidden = hidden_from(looked.visit.viewer, looked.city)
    names = named(looked.connection, [item.ref for item in found if item.ref and item.ref not in hidden])
    viewer, made = looked.visit.viewer, []
    for item in found:
        mine = looked.runs_the_hub or viewer.department == item.department
        answer = None
        if item.ref in names and item.ref is not None:
            answer = Link(names[item.ref][looked.language], page_path(item.ref))
        made.append(
            DemandLine(
                item.words,
                department_name(looked.city, item.department, looked.language),
                looked.stamp(item.raised_at),
                "warn" if item.closed_at is None else "ok",
                said(looked, "demand_open" if item.closed_at is None else "demand_closed"),
                answer,
                f"{HERE}/demands/{item.id}/close" if mine and item.closed_at is None else "",
            )
        )
    return {"demands": tuple(made), "pager": pager(HERE, page, ON_PAGE, len(made), total, list="demands")}


def _kept(_: Asked, looked: Desk) -> dict[str, Any]:
    made = []
    for item in lists.kept_back(looked.connection):
        condition = item.condition or {}
        law = condition.get("law", "")
        made.append(
            KeptLine(
                item.name[looked.language],
                page_path(item.ref),
                item.registration,
                department_name(looked.city, item.department, looked.language),
                article_name(law, looked.language) if law else "",
                article_href(law) if law else "",
                condition.get(looked.language, ""),
            )
        )
    items = [looked.city.prohibitions[ref] for ref in sorted(looked.city.prohibitions)]
    return {"kept": tuple(made), "prohibited": tuple(_prohibited(looked, item) for item in items)}


def _prohibited(looked: Desk, item: Prohibition) -> ProhibitedLine:
    language, between, city = looked.language, said(looked, "between"), looked.city
    what = [shared_name(city, ref, language) for ref in item.contracts]
    what += [*item.fields, *(said(looked, f"field_kind_{kind}") for kind in item.kinds)]
    if item.grade_from is not None:
        what.append(said(looked, "grade_from", grade=item.grade_from))
    purposes = city.settings.purposes
    whom = [department_name(city, ref, language) for ref in item.to]
    whom += [said(looked, f"body_{kind}") for kind in item.to_kinds]
    whom += [purposes[name].said(language) for name in item.purposes if name in purposes]
    law = item.basis.law
    return ProhibitedLine(
        item.prohibition, item.name.said(language), between.join(what), between.join(whom) or said(looked, "to_nobody"),
        article_name(law, language), article_href(law), item.reason.said(language),
    )  # fmt: skip


def shared_name(city: City, ref: str, language: str) -> str:
    """Say what a contract or service is called.

    Args:
        city: The revision in force.
        ref: Its Ref.
        language: zh or en.

    """
    found = shared(city, ref)
    return found.name.said(language) if found is not None else ref


def _proposals(_: Asked, looked: Desk) -> dict[str, Any]:
    made = [
        ProposalLine(
            looked.contracts[item.contract].name.said(looked.language),
            contract_href(item.contract),
            item.field,
            item.batches,
            looked.stamp(item.first),
            looked.stamp(item.last),
            item.yaml,
            f"{HERE}/proposals",
            item.contract,
        )
        for item in proposals.proposals(looked.connection, looked.contracts, looked.now)
    ]
    return {"proposals": tuple(made)}


def _waivers(_: Asked, looked: Desk) -> dict[str, Any]:
    hidden = set(hidden_from(looked.visit.viewer, looked.city))
    made = [
        WaiverLine(
            item.ref,
            item.alike,
            item.reason,
            looked.stamp(item.at),
            person_name(looked.city, item.by, looked.language),
        )
        for item in duplicates.waivers(looked.connection)
        if item.ref not in hidden
    ]
    return {"waivers": tuple(made)}
