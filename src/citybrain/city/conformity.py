"""Conformity (标准符合性): which fields follow the standards library, and how far each body does.

Source: Hangzhou art. 14.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import SchemaValidator, core_schema

from citybrain.city.contract import Contract
from citybrain.city.contract import Field as ContractField
from citybrain.city.findings import Finding
from citybrain.city.names import near
from citybrain.city.standard import DataElement, DataStandard
from citybrain.city.whole import City


@dataclass(frozen=True, slots=True)
class Held:
    """A field that stands under a data element.

    Attributes:
        named: Whether the field names the element; else it is known by its name or title.
        breaks: In what it differs: type, pattern, codes, unit, grade; empty where it conforms.

    """

    contract: Contract
    field: ContractField
    standard: DataStandard
    element: DataElement
    named: bool
    breaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conformity:
    """How far a body's fields follow the library.

    Attributes:
        fields: Fields that stand under an element.
        conforming: Of these, how many follow it.

    """

    department: str
    fields: int
    conforming: int

    @property
    def rate(self) -> float:
        """Share of fields that conform, in percent."""
        return 100.0 * self.conforming / self.fields


def held_fields(city: City) -> Iterator[Held]:
    """Yield every contract field that stands under an element of the library, named or known by its name or title.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 14 (城市大脑标准化).

    """
    named = {
        f"{standard.standard}/{element.element}": (standard, element)
        for standard in city.standards.values()
        for element in standard.elements
    }
    for contract in city.contracts.values():
        for field in contract.fields:
            if field.element is not None:
                found = named.get(field.element)
                if found is not None:
                    yield Held(contract, field, *found, named=True, breaks=tuple(_breaks(contract, field, found[1])))
                continue
            for standard, element in named.values():
                if field.name in element.fields or field.title.zh in element.titles:
                    breaks = tuple(_breaks(contract, field, element))
                    yield Held(contract, field, standard, element, named=False, breaks=breaks)


def conformities(city: City) -> list[Conformity]:
    """Tell how far each body follows the library, the least conforming first.

    Args:
        city: The revision in force.

    Returns:
        Bodies with a field that stands under an element.

    """
    counted: dict[str, tuple[int, int]] = {}
    for item in held_fields(city):
        fields, conforming = counted.get(item.contract.provider, (0, 0))
        counted[item.contract.provider] = (fields + 1, conforming + (not item.breaks))
    found = [Conformity(department, *numbers) for department, numbers in counted.items()]
    return sorted(found, key=lambda item: (item.rate, item.department))


def standard_findings(city: City) -> Iterator[Finding]:
    """Yield every field that breaks an element it names, or one of a binding standard.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 14 (城市大脑标准化).

    """
    known = [f"{standard.standard}/{one.element}" for standard in city.standards.values() for one in standard.elements]
    for contract in city.contracts.values():
        for index, field in enumerate(contract.fields):
            if field.element is not None and field.element not in known:
                lost = {"name": field.element, "near": near(field.element, known)}
                yield Finding("blueprint.name_unknown", contract.ref, ("schema", 0, "properties", index), lost)
    for item in held_fields(city):
        if item.breaks and (item.named or item.standard.binding):
            index = item.contract.fields.index(item.field)
            shown: dict[str, object] = {
                "field": item.field.name, "standard": f"{item.standard.code}—{item.standard.version}",
                "clause": item.element.clause, "element": _said(item), "what": wanted(item),
            }  # fmt: skip
            yield Finding("blueprint.standard_broken", item.contract.ref, ("schema", 0, "properties", index), shown)


def _breaks(contract: Contract, field: ContractField, element: DataElement) -> Iterator[str]:
    rules = {rule.kind: rule for rule in contract.rules if rule.fields == (field.name,)}
    if field.type != element.type:
        yield "type"
    if element.pattern is not None and not _refuses_wrong(rules, element):
        yield "pattern"
    if element.codes:
        codes = rules["codes"].codes if "codes" in rules else ()
        if "reference" not in rules and not (codes and set(codes) <= set(element.codes)):
            yield "codes"
    if element.unit is not None and (field.unit is None or field.unit.zh != element.unit.zh):
        yield "unit"
    if field.grade < element.grade:
        yield "grade"


def _refuses_wrong(rules: Mapping[str, object], element: DataElement) -> bool:
    pattern = getattr(rules.get("pattern"), "pattern", None)
    if "reference" in rules or pattern == element.pattern:
        return True
    if pattern is None or not element.wrong:
        return False
    form = SchemaValidator(core_schema.str_schema(pattern=pattern))
    return not any(form.isinstance_python(text) for text in element.wrong)


def _said(item: Held) -> dict[str, str]:
    return {"zh": item.element.name.zh, "en": item.element.name.en}


def wanted(item: Held) -> str:
    """Say what the element asks where the field differs, in the terms of a contract file."""
    unit = item.element.unit
    wanted = {
        "type": f"logicalType: {item.element.type}", "pattern": f"pattern: {item.element.pattern}",
        "codes": f"codes: [{', '.join(item.element.codes)}]", "unit": f"unit: {unit.zh if unit else ''}",
        "grade": f"grade: {item.element.grade}",
    }  # fmt: skip
    return "; ".join(wanted[name] for name in item.breaks)
