"""What stands around a contract: who answers and why, who may use it, where it comes from, what it feeds."""

from datetime import timedelta

from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.kernel.clock import city_day
from citybrain.kernel.messages import Language
from citybrain.safeguards.viewing import may_see
from citybrain.web.console.desk import SENSITIVE, Desk
from citybrain.web.console_view import GrantLine, LineageNode
from citybrain.web.naming import article_href, article_name, department_name, person_name
from citybrain.web.parts_view import Fact
from citybrain.web.promises import DAY, duration

NEIGHBOURS = 6


def facts(looked: Desk, contract: Contract) -> tuple[Fact, ...]:
    """State the eight facts of a contract.

    Args:
        looked: The desk.
        contract: The contract.

    Source:
        Hangzhou art. 13 (目的、依据), 15 (谁提供，谁负责).

    """
    language = looked.language
    provider = looked.words(
        "provider_person",
        provider=department_name(looked.city, contract.provider, language),
        person=person_name(looked.city, contract.person, language),
    )
    basis = looked.words("between_rules").join(
        looked.words("article_says", article=article_name(item.law, language), text=item.text.said(language))
        for item in contract.basis
    )
    purposes = looked.words("between_names").join(
        purpose_words(looked.city, item, language) for item in contract.purposes
    )
    kept = looked.words("kept_for", length=duration(contract.retention, language)) if contract.retention else ""
    share = looked.words(f"share_{contract.share}")
    return (
        Fact(looked.words("fact_provider"), provider),
        Fact(looked.words("fact_basis"), basis, article_href(contract.basis[0].law)),
        Fact(looked.words("fact_purpose"), purposes),
        Fact(looked.words("fact_grade"), _grade(looked, contract)),
        Fact(looked.words("fact_promise"), rhythm(looked, contract) or looked.words("no_promise")),
        Fact(looked.words("fact_share"), looked.words("share_open", share=share) if contract.open else share),
        Fact(looked.words("fact_kept"), kept or looked.words("kept_open")),
        Fact(looked.words("fact_conventions"), _conventions(looked, contract)),
    )


def purpose_words(city: City, purpose: str, language: Language) -> str:
    """Say what a purpose is called.

    Args:
        city: The revision in force.
        purpose: Short name.
        language: ``zh`` or ``en``.

    """
    name = city.settings.purposes.get(purpose)
    return name.said(language) if name else purpose


def _grade(looked: Desk, contract: Contract) -> str:
    whole = looked.words(f"grade_{contract.grade}")
    sensitive = sum(item.grade >= SENSITIVE for item in contract.fields)
    return looked.words("grade_with", grade=whole, count=sensitive) if sensitive else whole


def _conventions(looked: Desk, contract: Contract) -> str:
    missing = looked.words("between_names").join(item or looked.words("blank") for item in contract.missing)
    parts = [contract.zone, contract.crs or "", looked.words("missing_as", tokens=missing)]
    return looked.words("between_rules").join(part for part in parts if part)


def rhythm(looked: Desk, contract: Contract) -> str:
    """Say how often something comes and how late it may be.

    Args:
        looked: The desk.
        contract: The contract.

    """
    cycle = _cycle(looked, contract.cycle) if contract.cycle else ""
    within = duration(contract.fresh_within, looked.language) if contract.fresh_within else ""
    if cycle and within:
        return looked.words("every_within", cycle=cycle, within=within)
    if cycle:
        return cycle
    return looked.words("within", within=within) if within else ""


def _cycle(looked: Desk, length: timedelta) -> str:
    each = {timedelta(hours=1): "each_hour", DAY: "each_day", timedelta(days=365): "each_year"}.get(length)
    return looked.words(each) if each else looked.words("every", cycle=duration(length, looked.language))


def grants(looked: Desk, contract: Contract) -> tuple[GrantLine, ...]:
    """List who may use a contract.

    Args:
        looked: The desk.
        contract: The contract.

    """
    today = city_day(looked.now, looked.city.zone)
    return tuple(
        GrantLine(
            department_name(looked.city, grant.to, looked.language),
            purpose_words(looked.city, grant.purpose, looked.language),
            len(grant.fields),
            f"{grant.until:%Y-%m-%d}",
            state="ok" if grant.until >= today else "lock",
            word="" if grant.until >= today else looked.words("grant_over", until=f"{grant.until:%Y-%m-%d}"),
        )
        for grant in looked.city.grants.values()
        if grant.from_ == contract.ref
    )


def upstream(looked: Desk, contract: Contract) -> tuple[LineageNode, ...]:
    """List the systems a contract comes from.

    Args:
        looked: The desk.
        contract: The contract.

    """
    return tuple(
        LineageNode(
            looked.words("node_simulator" if system.simulated else "node_system"), system.name.said(looked.language)
        )
        for system in looked.city.systems.values()
        if contract.ref in system.provides
    )[:NEIGHBOURS]


def downstream(looked: Desk, contract: Contract) -> tuple[LineageNode, ...]:
    """List what a contract feeds, as far as this person may know of it.

    Args:
        looked: The desk.
        contract: The contract.

    """
    city, language = looked.city, looked.language
    nodes = [
        LineageNode(looked.words("node_indicator"), item.name.said(language), f"/indicator/{item.indicator}")
        for item in city.indicators.values()
        if contract.ref in city.contracts_read_by(item) and may_see(looked.visit.viewer, item)
    ]
    nodes += [
        LineageNode(looked.words("node_scenario"), item.name.said(language), f"/scenario/{item.scenario}")
        for item in city.scenarios.values()
        if contract.ref in item.uses and _scenario_known(looked, item.starts_when.alert)
    ]
    if len(nodes) > NEIGHBOURS:
        more = looked.words("more_nodes", count=len(nodes) - NEIGHBOURS + 1)
        nodes = [*nodes[: NEIGHBOURS - 1], LineageNode(looked.words("node_more"), more)]
    return tuple(nodes)


def _scenario_known(looked: Desk, indicator: str) -> bool:
    found = looked.city.indicators.get(indicator)
    return found is not None and may_see(looked.visit.viewer, found)
