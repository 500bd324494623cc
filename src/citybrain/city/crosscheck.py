"""Checks that need the whole city: every name leads somewhere, every expression uses fields that exist."""

from collections.abc import Iterable, Iterator

from citybrain.city.cockpit import Cockpit
from citybrain.city.conformity import standard_findings
from citybrain.city.contract import Contract
from citybrain.city.expression import MEASURE_FUNCTIONS, Expression
from citybrain.city.findings import Finding
from citybrain.city.grant import Grant
from citybrain.city.indicator import Indicator
from citybrain.city.limiting import limit_findings
from citybrain.city.names import near
from citybrain.city.negative import negative_findings
from citybrain.city.offering import offering_findings
from citybrain.city.profile import profile_findings
from citybrain.city.protection import protection_findings
from citybrain.city.scenario import Scenario
from citybrain.city.system import Source, System
from citybrain.city.territory import territory_findings
from citybrain.city.whole import City

Path = tuple[str | int, ...]


def cross_check(city: City) -> list[Finding]:
    """List everything in a city that contradicts something else in it.

    Args:
        city: All things that could be read.

    Returns:
        Findings in the order of the kinds; empty means the city holds together.

    Source:
        Hangzhou art. 7 (clear duties), 10 (cockpits by level, category and post), 13 (lawful purpose).

    """
    found: list[Finding] = []
    found += _unknown(city.settings.data_authority, city.departments, "city", ("data_authority",))
    if city.settings.divisions:
        found += _unknown(city.settings.divisions.contract, city.contracts, "city", ("divisions", "contract"))
    found += _people(city)
    for system in city.systems.values():
        found += _system(city, system)
    for contract in city.contracts.values():
        found += _contract(city, contract)
    for source in city.sources.values():
        found += _source(city, source)
    for grant in city.grants.values():
        found += _grant(city, grant)
    for indicator in city.indicators.values():
        found += _indicator(city, indicator)
    for cockpit in city.cockpits.values():
        found += _cockpit(city, cockpit)
    for scenario in city.scenarios.values():
        found += _scenario(city, scenario)
    found += protection_findings(city)
    found += limit_findings(city)
    found += negative_findings(city)
    found += profile_findings(city)
    found += territory_findings(city)
    found += standard_findings(city)
    found += offering_findings(city)
    return found


def _unknown(name: str | None, known: Iterable[str], ref: str, path: Path) -> Iterator[Finding]:
    known = tuple(known)
    if name is not None and name not in known:
        yield Finding("blueprint.name_unknown", ref, path, {"name": name, "near": near(name, known)})


def _unknown_fields(expression: Expression, known: Iterable[str], ref: str, path: Path) -> Iterator[Finding]:
    known = tuple(known)
    for name in sorted(expression.names() - set(known)):
        yield Finding("blueprint.field_unknown", ref, path, {"name": name, "near": near(name, known)})


def _people(city: City) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for person, _, department in city.people():
        if person.person in seen:
            yield Finding(
                "blueprint.person_twice",
                department.ref,
                ("posts",),
                {"name": person.person, "first": seen[person.person]},
            )
        seen.setdefault(person.person, department.ref)
    for department in city.departments.values():
        yield from _unknown(department.parent, city.departments, department.ref, ("parent",))


def _system(city: City, system: System) -> Iterator[Finding]:
    yield from _unknown(system.owner, city.departments, system.ref, ("owner",))
    for index, contract in enumerate(system.provides):
        yield from _unknown(contract, city.contracts, system.ref, ("provides", index))


def _contract(city: City, contract: Contract) -> Iterator[Finding]:
    ref = contract.ref
    yield from _unknown(contract.provider, city.departments, ref, ("customProperties", "provider"))
    names = [field.name for field in contract.fields]
    yield from _unknown(contract.event_time, names, ref, ("customProperties", "event_time"))
    yield from _unknown(contract.subject, names, ref, ("customProperties", "subject"))
    if contract.share == "none" and contract.share_basis is None:
        yield Finding("blueprint.unshared_without_basis", ref, ("customProperties", "share"), {})
    if contract.consent and contract.subject is None:
        yield Finding("blueprint.consent_without_subject", ref, ("customProperties", "consent"), {})
    for purpose in contract.purposes:
        yield from _unknown(purpose, city.settings.purposes, ref, ("customProperties", "purposes"))
    if contract.mode == "upsert" and not contract.keys:
        yield Finding("blueprint.upsert_without_key", ref, ("schema",), {})
    seen: set[str] = set()
    for rule in contract.rules:
        path = ("schema", 0, "quality", rule.name)
        if rule.name in seen:
            yield Finding("blueprint.rule_twice", ref, path, {"name": rule.name})
        seen.add(rule.name)
        for name in rule.fields:
            if name != "*":
                yield from _unknown(name, names, ref, path)
        if rule.relation is not None:
            for function in sorted(rule.relation.functions() & (MEASURE_FUNCTIONS.keys() - {"min", "max"})):
                yield Finding("blueprint.measure_in_row", ref, path, {"name": function})
        if rule.kind == "reference":
            yield from _reference(city, rule.to, rule.to_field, ref, path)


def _reference(city: City, to: str | None, to_field: str | None, ref: str, path: Path) -> Iterator[Finding]:
    yield from _unknown(to, city.contracts, ref, path)
    if to is not None and to in city.contracts:
        yield from _unknown(to_field, [field.name for field in city.contracts[to].fields], ref, path)


def _source(city: City, source: Source) -> Iterator[Finding]:
    yield from _unknown(source.feeds, city.contracts, source.ref, ("feeds",))
    yield from _unknown(source.system, city.systems, source.ref, ("system",))
    contract = city.contracts.get(source.feeds)
    if contract is None:
        return
    names = [field.name for field in contract.fields]
    for name in source.rows:
        yield from _unknown(name, names, source.ref, ("rows", name))
    system = city.systems.get(source.system or "")
    if system is not None and source.feeds not in system.provides:
        yield Finding(
            "blueprint.system_does_not_provide",
            source.ref,
            ("system",),
            {"system": system.ref, "contract": source.feeds},
        )


def _grant(city: City, grant: Grant) -> Iterator[Finding]:
    yield from _unknown(grant.from_, [*city.contracts, *city.services], grant.ref, ("from",))
    yield from _unknown(grant.to, city.departments, grant.ref, ("to",))
    contract = city.contracts.get(grant.from_)
    if contract is None:
        return
    names = [field.name for field in contract.fields]
    for index, name in enumerate(grant.fields):
        yield from _unknown(name, names, grant.ref, ("fields", index))
    yield from _unknown(grant.purpose, contract.purposes, grant.ref, ("purpose",))
    if grant.rows is not None:
        yield from _unknown_fields(grant.rows, names, grant.ref, ("rows",))


def _indicator(city: City, indicator: Indicator) -> Iterator[Finding]:
    ref = indicator.ref
    yield from _unknown(indicator.owner, city.departments, ref, ("owner",))
    posts = {post.post for department in city.departments.values() for post in department.posts}
    for index, post in enumerate(indicator.audience.posts):
        yield from _unknown(post, posts, ref, ("audience", "posts", index))
    for index, part in enumerate(indicator.derived or ()):
        yield from _unknown(part, city.indicators, ref, ("derived", index))
    if indicator.source is None or indicator.measure is None:
        return
    yield from _unknown(indicator.source, [*city.contracts, *city.models], ref, ("source",))
    contract = city.contracts.get(indicator.source)
    if contract is None:
        return
    names = [field.name for field in contract.fields]
    yield from _unknown_fields(indicator.measure, names, ref, ("measure",))
    if indicator.filter is not None:
        yield from _unknown_fields(indicator.filter, names, ref, ("filter",))
    yield from _unknown(indicator.time.column, names, ref, ("time", "column"))
    for index, name in enumerate(indicator.by):
        yield from _unknown(name, names, ref, ("by", index))
    if not indicator.measure.functions() & MEASURE_FUNCTIONS.keys():
        yield Finding("blueprint.measure_without_aggregate", ref, ("measure",), {"measure": indicator.measure.text})


def _cockpit(city: City, cockpit: Cockpit) -> Iterator[Finding]:
    posts = {post.post for department in city.departments.values() for post in department.posts}
    for index, post in enumerate(cockpit.audience.posts):
        yield from _unknown(post, posts, cockpit.ref, ("audience", "posts", index))
    yield from _unknown(cockpit.owner, city.departments, cockpit.ref, ("owner",))
    for at, row in enumerate(cockpit.rows):
        for index, widget in enumerate(row):
            if widget.indicator is None:
                continue
            yield from _unknown(f"indicator:{widget.indicator}", city.indicators, cockpit.ref, ("rows", at, index))
            indicator = city.indicators.get(f"indicator:{widget.indicator}")
            if indicator is not None and widget.by is not None:
                yield from _unknown(widget.by, indicator.by, cockpit.ref, ("rows", at, index))


def _scenario(city: City, scenario: Scenario) -> Iterator[Finding]:
    known = [*city.contracts, *city.indicators]
    for index, name in enumerate(scenario.uses):
        yield from _unknown(name, known, scenario.ref, ("uses", index))
    yield from _unknown(scenario.owner, city.departments, scenario.ref, ("owner",))
    yield from _unknown(scenario.starts_when.alert, city.indicators, scenario.ref, ("starts_when", "alert"))
    steps = {step.step for step in scenario.steps}
    for index, step in enumerate(scenario.steps):
        if step.to != "district":
            yield from _unknown(step.to, city.departments, scenario.ref, ("steps", index, "to"))
        for name in step.after:
            yield from _unknown(name, steps, scenario.ref, ("steps", index, "after"))
