"""Grading (分级): what is made from data has the highest grade and class of its sources (Nanjing art. 23)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from citybrain.city.contract import DataClass
from citybrain.city.indicator import Indicator
from citybrain.city.names import Name
from citybrain.city.whole import City

_CLASSES: Final[tuple[DataClass, ...]] = ("general", "important", "core")

Graded = tuple[int, DataClass]


@dataclass(frozen=True, slots=True)
class Important:
    """A line of the important-data catalogue (重要数据目录).

    Attributes:
        ref: The contract, model or indicator.
        data_class: core or important.
        grade: 1 to 4.
        owner: Department that answers for it.
        sources: The contracts it has its class from; empty for a contract itself.

    """

    ref: str
    name: Name
    data_class: DataClass
    grade: int
    owner: str
    sources: tuple[str, ...] = ()


def derived_grade(grades: Iterable[int]) -> int:
    """Tell the grade of what is made from several sources: the highest.

    Args:
        grades: 1 to 4 each.

    Source:
        Nanjing art. 23 (分类分级保护).

    Examples:
        >>> derived_grade([1, 3, 2]), derived_grade([])
        (3, 1)

    """
    return max(grades, default=1)


def derived_class(classes: Iterable[DataClass]) -> DataClass:
    """Tell the class of what is made from several sources: the highest.

    Args:
        classes: general, important or core each.

    """
    return max(classes, key=_CLASSES.index, default="general")


def graded(city: City) -> dict[str, Graded]:
    """Tell grade and class of every contract, model and indicator.

    Args:
        city: The revision in force.

    Returns:
        By Ref. A model or an indicator has the highest of all contracts it rests on, through models and parts; what
        it declares itself can only raise its grade.

    Source:
        Nanjing art. 23 (分类分级保护).

    """
    found: dict[str, Graded] = {
        ref: (derived_grade([item.grade, *(field.grade for field in item.fields)]), item.data_class)
        for ref, item in city.contracts.items()
    }
    for ref, sources in _sources(city).items():
        grade, data_class = of_sources(found, sources)
        found[ref] = (derived_grade([grade, _declared(city, ref) or 1]), data_class)
    return found


def of_sources(known: Mapping[str, Graded], sources: Iterable[str]) -> Graded:
    """Tell what a thing has from its sources.

    Args:
        known: Grade and class by Ref.
        sources: Refs of contracts; unknown ones are left out.

    """
    mine = [known[source] for source in sources if source in known]
    return derived_grade(grade for grade, _ in mine), derived_class(data_class for _, data_class in mine)


def lowered(city: City) -> dict[str, tuple[int, int]]:
    """Find models and indicators that declare a lower grade than they have from their sources.

    Args:
        city: All things that could be read.

    Returns:
        By Ref the declared grade and the least one it may declare.

    """
    known = {ref: value for ref, value in graded(city).items() if ref in city.contracts}
    found = {}
    for ref, sources in _sources(city).items():
        declared, least = _declared(city, ref), of_sources(known, sources)[0]
        if declared is not None and declared < least:
            found[ref] = (declared, least)
    return found


def important(city: City) -> list[Important]:
    """List core and important data: contracts, and what is made from them.

    Args:
        city: The revision in force.

    Returns:
        Core before important, then by Ref.

    Source:
        Nanjing art. 23 (重要数据目录).

    """
    sources = _sources(city)
    lines = []
    for ref, (grade, data_class) in graded(city).items():
        if data_class == "general":
            continue
        name, owner = _answering(city, ref)
        mine = tuple(item for item in sources.get(ref, ()) if city.contracts[item].data_class != "general")
        lines.append(Important(ref, name, data_class, grade, owner, mine))
    return sorted(lines, key=lambda line: (-_CLASSES.index(line.data_class), line.ref))


def _answering(city: City, ref: str) -> tuple[Name, str]:
    contract = city.contracts.get(ref)
    if contract is not None:
        return contract.name, contract.provider
    made = city.models.get(ref) or city.indicators[ref]
    return made.name, made.owner


def _sources(city: City) -> dict[str, tuple[str, ...]]:
    """Return the known contracts each model and indicator rests on."""
    found = {ref: tuple(sorted(set(model.reads.values()))) for ref, model in city.models.items()}
    found |= {ref: city.contracts_read_by(indicator) for ref, indicator in city.indicators.items() if _ends(city, ref)}
    return {ref: tuple(name for name in names if name in city.contracts) for ref, names in found.items()}


def _ends(city: City, ref: str, above: frozenset[str] = frozenset()) -> bool:
    """Tell whether an indicator's parts lead to sources, not back to itself."""
    found: Indicator | None = city.indicators.get(ref)
    if found is None or found.derived is None:
        return True
    return ref not in above and all(_ends(city, part, above | {ref}) for part in found.derived)


def _declared(city: City, ref: str) -> int | None:
    found = city.models.get(ref) or city.indicators.get(ref)
    return found.grade if found is not None else None
