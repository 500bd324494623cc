"""What only a trial finds: declarations that read well and still cannot be carried out."""

from collections.abc import Iterator

from citybrain.city.contract import Contract, Rule
from citybrain.city.findings import Finding, ValueWrong
from citybrain.city.whole import City
from citybrain.kernel.messages import LANGUAGES, say
from citybrain.safeguards.authorization.rows import Asker, rows_allowed
from citybrain.safeguards.authorization.rulebook import house_policies, read_rules
from citybrain.safeguards.checks import unfit_relations


def found_by_trial(city: City, known: set[str]) -> Iterator[Finding]:
    """Try what the city declares.

    Args:
        city: All things that could be read.
        known: Refs of things about which something was found before; they are not tried.

    Yields:
        A finding for each thing that cannot be carried out.

    """
    for ref, contract in city.contracts.items():
        for rule in unfit_relations(contract) if ref not in known else ():
            params = {"relation": rule.relation.text if rule.relation else "", "types": _types(contract, rule)}
            yield Finding("blueprint.relation_unfit", ref, ("schema", 0, "quality", rule.name), params)
    house = {rule.id for _, rule, _ in read_rules(house_policies())}
    for policy in city.policies.values():
        yield from _policy(city, policy.ref, policy.cedar, house)


def _types(contract: Contract, rule: Rule) -> list[str]:
    return [f"{name}: {contract.field(name).type}" for name in rule.fields]


def _policy(city: City, ref: str, text: str, house: set[str]) -> Iterator[Finding]:
    try:
        rules = [rule for _, rule, _ in read_rules(text)]
    except ValueError as error:
        yield Finding("blueprint.policy_unreadable", ref, (), {"problem": str(error)})
        return
    for rule in rules:
        if rule.id in house:
            yield Finding("blueprint.policy_of_the_house", ref, (), {"id": rule.id})
        if rule.effect == "permit":
            yield Finding("blueprint.policy_permits", ref, (), {"id": rule.id})
        house.add(rule.id)
    for contract in city.contracts.values():
        for department in city.departments.values():
            asker = Asker(department, frozenset(city.above(department.ref)), "")
            try:
                rows_allowed(text, contract, asker)
            except ValueWrong as error:
                problem = {language: say(f"values.{error.kind}", language, **error.values) for language in LANGUAGES}
                yield Finding("blueprint.policy_unfit", ref, (), {"problem": problem})
                return
