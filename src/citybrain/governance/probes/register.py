"""Probes of the register.

Duties, duplicates, complete contracts, revisions (Hangzhou art. 3, 6, 7, 13; Nanjing art. 6, 7).
"""

from collections.abc import Mapping
from typing import Any

from citybrain.city.crosscheck import cross_check
from citybrain.governance.bench import Bench, Seen, demand, nothing_to_judge, refused, seen
from citybrain.governance.figures import today
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import CONTRACT, contract_file, scratch_files
from citybrain.insight.places import read_gazetteer
from citybrain.kernel.errors import Conflicting, DeclarationWrong
from citybrain.kernel.sql import statements

TWIN = "contract:law-check/readings_again"


def elements_hold_together(bench: Bench) -> Seen:
    """Take stock of the four elements; whatever one of them names must be there."""
    city = bench.city
    findings = cross_check(city)
    broken = findings[0].ref if findings else ""
    demand(not findings, "element_hangs_loose", ref=broken, count=len(findings))
    stock = {
        "contracts": len(city.contracts),
        "systems": len(city.systems),
        "cockpits": len(city.cockpits),
        "scenarios": len(city.scenarios),
    }
    for element in ("contracts", "systems", "cockpits"):
        demand(stock[element] > 0, "element_missing", element=element)
    return seen("elements_hold_together", **stock)


def one_department_answers(bench: Bench) -> Seen:
    """Ask for every thing in the city who answers for it: exactly one department, which can be reached."""
    city = bench.city
    owners: dict[str, str] = {contract.ref: contract.provider for contract in city.contracts.values()}
    for kind in (city.systems, city.indicators, city.cockpits, city.scenarios):
        owners |= {ref: thing.owner for ref, thing in kind.items()}
    for ref, owner in owners.items():
        demand(owner in city.departments, "nobody_answers", ref=ref, owner=owner)
    for owner in set(owners.values()):
        department = city.departments[owner]
        demand(bool(department.phone), "department_not_reachable", answers=owner, department=department.ref)
    return seen("one_department_answers", things=len(owners), departments=len(set(owners.values())))


def districts_have_a_lead(bench: Bench) -> Seen:
    """Compare the city's list of districts with the departments that lead in them."""
    with bench.database.reading() as connection:
        districts = read_gazetteer(connection, bench.city, bench.reader).districts
    leads = {
        item.division: item for item in bench.city.departments.values() if item.kind == "district" and item.division
    }
    if not leads:
        return nothing_to_judge("no_districts_declared", districts=len(districts))
    for code, name in districts.items():
        lead = leads.get(code)
        demand(
            lead is not None and bool(lead.phone) and bool(lead.posts),
            "district_without_lead",
            district=f"{name}（{code}）",
        )
    return seen("districts_have_a_lead", districts=len(districts), leads=len(leads))


def duplicate_is_found(bench: Bench) -> Seen:
    """Declare the same resource twice: the plan names the first one, and only a recorded reason lets it pass."""
    files = scratch_files(bench.city.settings.city.zone)
    twin = {**files, TWIN: contract_file("readings_again")}
    with stage(bench) as at, at.database.transaction() as connection:
        refused(lambda: bench.doors.apply(connection, twin, None), Conflicting, "duplicate_applied")
        revision = bench.doors.apply(connection, twin, "two meters of one kind")
        sql = statements("citybrain.governance", "figures")["reason_of"]
        row = connection.execute(sql, {"subject": f"revision:{revision}"}).fetchone()
        demand(row is not None and "two meters of one kind" in row[0], "reason_not_recorded")
    return seen("duplicate_is_found", contracts=len(bench.city.contracts), indicators=len(bench.city.indicators))


def _without(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    kept = [item for item in content["customProperties"] if item["property"] != key]
    return {**content, "customProperties": kept}


def incomplete_contract_is_refused(bench: Bench) -> Seen:
    """Declare contracts without basis, purpose, provider, person or name: each is a finding, none can be applied."""
    files = scratch_files(bench.city.settings.city.zone)
    demand(not bench.doors.find(files), "complete_contract_refused")
    for key in ("basis", "purposes", "provider", "person", "name"):
        lacking = {**files, CONTRACT: _without(files[CONTRACT], key)}
        demand(bool(bench.doors.find(lacking)), "incomplete_contract_passes", key=key)
    lacking = {**files, CONTRACT: _without(files[CONTRACT], "basis")}
    with stage(bench) as at, at.database.transaction() as connection:
        refused(
            lambda: bench.doors.apply(connection, lacking, "none"),
            DeclarationWrong,
            "incomplete_contract_passes",
            key="basis",
        )
    for contract in bench.city.contracts.values():
        whole = bool(contract.basis and contract.purposes and contract.person and contract.provider)
        demand(whole, "contract_is_incomplete", answers=contract.provider, contract=contract.ref)
    grants = len(bench.city.grants)
    return seen("incomplete_contract_is_refused", contracts=len(bench.city.contracts), grants=grants)


def catalogue_is_mounted(bench: Bench) -> Seen:
    """Refuse incomplete entries, and look for entries that no registered system provides."""
    incomplete_contract_is_refused(bench)
    provided = {ref for system in bench.city.systems.values() for ref in system.provides}
    for contract in bench.city.contracts.values():
        mounted = contract.ref in provided or contract.status in {"retired", "proposed", "draft"}
        demand(mounted, "entry_not_mounted", answers=contract.provider, contract=contract.ref)
    return seen("catalogue_is_mounted", contracts=len(bench.city.contracts), mounted=len(provided))


def register_is_provable(bench: Bench) -> Seen:
    """Register, change and take back: every revision keeps what it declared, with digest and evidence."""
    files = scratch_files(bench.city.settings.city.zone)
    changed = {**files, CONTRACT: {**files[CONTRACT], "version": "1.1.0"}}
    with stage(bench) as at, at.database.transaction() as connection:
        first = bench.doors.apply(connection, files, "law check")
        second = bench.doors.apply(connection, changed, "law check")
        third = bench.doors.roll_back(connection, first)
        demand(first < second < third, "revision_not_counted")
        declared = bench.doors.declared(connection, second).get(CONTRACT, {})
        demand(declared.get("version") == "1.1.0", "revision_overwritten", revision=second)
        same = bench.doors.declared(connection, third) == bench.doors.declared(connection, first)
        demand(same, "roll_back_differs")
    with bench.database.reading() as connection:
        revisions, faults = bench.doors.revision_faults(connection)
    demand(not faults, "revision_was_changed", revisions=list(faults))
    return seen("register_is_provable", revisions=revisions, current=bench.city.revision)


def platform_serves(bench: Bench) -> Seen:
    """Look at the platform as a whole: pooled rows, catalogue entries, systems that deliver."""
    figures = today(bench)
    demand(bool(bench.city.contracts), "platform_is_empty")
    return seen("platform_serves", contracts=len(bench.city.contracts), **figures)
