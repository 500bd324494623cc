"""The page of one entry: the elements of GB/T 21063, its fields, what stands around it, and the proof."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from citybrain.cockpits.figures_view import Link, State
from citybrain.hub import grants
from citybrain.hub.catalog.dcat import DATASETS
from citybrain.hub.catalog.names import page_path
from citybrain.hub.catalog.search import Proof, Registered, Supply
from citybrain.kernel.clock import city_day
from citybrain.kernel.numerals import number
from citybrain.web.catalog_reading import Reader
from citybrain.web.catalog_view import EntryPage, FieldLine
from citybrain.web.console.catalog_lists import HERE, kind_name, line, said
from citybrain.web.console.desk import Desk, address, rail
from citybrain.web.console.effects import on_thing
from citybrain.web.console.lines import contract_href
from citybrain.web.frames import Asked, frame
from citybrain.web.naming import article_href, article_name, department_name, person_name
from citybrain.web.parts_view import Fact
from citybrain.web.promises import duration

Names = Mapping[str, Mapping[str, str]]


def entry_page(
    request: Asked, looked: Desk, item: Registered, supply: Supply | None, attested: Proof | None, names: Names
) -> EntryPage:
    """Make the page of an entry.

    Args:
        request: The request.
        looked: The desk.
        item: As registered.
        supply: What came, for a contract.
        attested: What attests it.
        names: Of the entries around it that this person may know of.

    """
    content, language = item.content, looked.language
    short = line(looked, item, supply)
    knows = Reader(looked.city, looked.visit.viewer, None, ()).knows(item)
    provider = department_name(looked.city, item.department, language)
    fields = [
        FieldLine(one["name"], one["title"][language], said(looked, f"type_{one['type']}"), f"L{one['grade']}")
        for one in content["fields"]
    ]
    proven, word = _proven(looked, attested)
    return EntryPage(
        frame=frame(request, looked.visit, "console"),
        rail=rail(looked, "catalog"),
        name=short.name,
        ref=item.ref,
        kind=short.kind,
        crumbs=(
            Link(said(looked, "tab_search"), HERE),
            Link(provider, address(HERE, owner=item.department)),
            Link(short.name, "", current=True),
        ),
        summary=content["summary"][language],
        state=short.mounted,
        word=short.word,
        facts=_facts(looked, item, supply),
        fields=tuple(fields) if knows else (),
        withheld=not knows,
        up=_around(looked, item.around["up"], names) if knows else (),
        down=_around(looked, item.around["down"], names) if knows else (),
        consumers=tuple(department_name(looked.city, ref, language) for ref in _consumers(looked, item)),
        proof=_proof(looked, item, attested),
        proven=proven,
        proven_word=word,
        data_href=_data_href(looked, item),
        apply_href=_apply_href(looked, item),
        forms=_forms(item),
        lineage_href=page_path(item.ref).replace("/catalog/", "/lineage/", 1) if knows else "",
        effects=on_thing(looked, item.ref) if knows and item.kind in {"contract", "service"} else None,
    )


def _consumers(looked: Desk, item: Registered) -> list[str]:
    """Name who uses it: by the city's files, and by grants that were given on request."""
    held = grants.listed(looked.connection, things=[item.ref], open_only=True, limit=1_000)
    given = [grant.department for grant in held if grant.holds(looked.now)]
    return list(dict.fromkeys([*item.around["consumers"], *given]))


def _apply_href(looked: Desk, item: Registered) -> str:
    """Lead whoever may apply for it to the form; one's own data and what is never shared needs none."""
    may = "request_data" in looked.visit.viewer.may and item.department != looked.visit.viewer.department
    applicable = item.ref.startswith("contract:") and item.share != "none"
    return address("/console/requests/new", contract=item.ref) if may and applicable else ""


def _facts(looked: Desk, item: Registered, supply: Supply | None) -> tuple[Fact, ...]:
    content, language, between = item.content, looked.language, said(looked, "between")
    person = person_name(looked.city, item.person, language) if item.person else "—"
    cycle = content["cycle_seconds"]
    kept = content["data_class"]
    return (
        Fact(said(looked, "fact_provider"), department_name(looked.city, item.department, language)),
        Fact(said(looked, "fact_code"), content["provider"]["code"], code=True),
        Fact(said(looked, "fact_person"), person),
        Fact(said(looked, "fact_class"), said(looked, f"class_{content['class']}")),
        Fact(said(looked, "fact_identifier"), item.ref, code=True),
        Fact(said(looked, "fact_share"), said(looked, f"share_{item.share}")),
        _condition(looked, item),
        Fact(said(looked, "fact_modes"), between.join(said(looked, f"mode_{one}") for one in content["modes"]) or "—"),
        Fact(said(looked, "fact_open"), said(looked, "open_yes" if item.open else "open_no")),
        Fact(
            said(looked, "fact_cycle"),
            said(looked, "every", cycle=duration(timedelta(seconds=cycle), language)) if cycle else "—",
        ),
        Fact(said(looked, "fact_formats"), between.join(one.upper() for one in content["formats"]) or "—"),
        Fact(said(looked, "fact_published"), city_day(item.registered_at, looked.city.zone).isoformat()),
        Fact(said(looked, "fact_related"), between.join(content["related"]) or "—"),
        Fact(said(looked, "fact_grade"), f"L{content['grade']}" if content["grade"] else "—"),
        Fact(said(looked, "fact_data_class"), said(looked, f"class_{kept}") if kept else "—"),
        Fact(said(looked, "fact_quality"), _quality(looked, supply)),
        *_belonging(looked, content),
    )


def _belonging(looked: Desk, content: Mapping[str, Any]) -> list[Fact]:
    """Say where an entry belongs, and whose it is where it was made with a partner."""
    language, rights = looked.language, content.get("rights")
    facts = []
    if content.get("division"):
        facts.append(Fact(said(looked, "fact_division"), content["division"], code=True))
    if rights:
        facts += [
            Fact(said(looked, "fact_partner"), content["partner"][language]),
            Fact(said(looked, "fact_holder"), rights["holder"][language]),
            Fact(said(looked, "fact_agreement"), rights["agreement"]),
            Fact(said(looked, "fact_terms"), rights["terms"][language]),
        ]
    return facts


def _condition(looked: Desk, item: Registered) -> Fact:
    condition = item.content["condition"]
    label = said(looked, "fact_condition")
    if condition:
        article = article_name(condition["law"], looked.language)
        return Fact(label, f"{article}　{condition[looked.language]}", article_href(condition["law"]))
    return Fact(label, said(looked, "purpose_condition" if item.share == "conditional" else "no_condition"))


def _quality(looked: Desk, supply: Supply | None) -> str:
    if supply is None:
        return "—"
    if supply.grade is None or supply.score is None:
        return said(looked, "quality_none")
    return said(looked, "quality_score", grade=supply.grade, score=f"{supply.score:.1f}")


def _around(looked: Desk, refs: Sequence[str], names: Names) -> tuple[Link, ...]:
    return tuple(
        Link(
            said(
                looked, "provider_person",
                provider=kind_name(looked, ref.partition(":")[0]), person=names[ref][looked.language],
            ),
            page_path(ref),
        )
        for ref in refs
        if ref in names
    )  # fmt: skip


def _proof(looked: Desk, item: Registered, attested: Proof | None) -> tuple[Fact, ...]:
    at = item.registered_at.astimezone(looked.city.zone)
    facts = [
        Fact(said(looked, "proof_number"), item.registration, code=True),
        Fact(said(looked, "proof_day"), f"{at:%Y-%m-%d %H:%M}"),
        Fact(said(looked, "proof_version"), str(item.version)),
        Fact(said(looked, "proof_digest"), f"sha256:{item.sha256.hex()}", code=True),
    ]
    if attested is not None:
        place = number(attested.sequence) if attested.sequence is not None else said(looked, "proof_waits")
        facts += [
            Fact(said(looked, "proof_entry"), str(attested.entry), code=True),
            Fact(said(looked, "proof_place"), place),
        ]
    return tuple(facts)


def _proven(looked: Desk, attested: Proof | None) -> tuple[State, str]:
    if attested is None or not attested.holds:
        return "alarm", said(looked, "proof_broken")
    return "ok", said(looked, "proof_holds")


def _data_href(looked: Desk, item: Registered) -> str:
    name = item.ref.partition(":")[2]
    if item.kind == "contract" and item.ref in looked.contracts:
        return contract_href(item.ref)
    return {"indicator": f"/indicator/{name}", "scenario": f"/scenario/{name}"}.get(item.kind, "")


def _forms(item: Registered) -> tuple[Link, ...]:
    api = Link("JSON", f"/api/v1/catalog/{item.ref}")
    if item.kind not in DATASETS:
        return (api,)
    return (
        api, Link("DCAT Turtle", f"/dataset/{item.slug}.ttl"), Link("DCAT JSON-LD", f"/dataset/{item.slug}.jsonld")
    )  # fmt: skip
