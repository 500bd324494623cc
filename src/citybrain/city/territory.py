"""Divisions of things (GB/T 2260): where a contract, system or body belongs, and whether that is in the city.

Source: Hangzhou art. 2 (本市行政区域内).
"""

from collections.abc import Iterator

from citybrain.city.contract import Contract
from citybrain.city.findings import Finding
from citybrain.city.organisation import Department
from citybrain.city.system import System
from citybrain.city.whole import City


def within(code: str, area: str) -> bool:
    """Tell whether a division lies in another or is it.

    Args:
        code: Code of the division, six digits or, for streets and villages, nine or twelve.
        area: Code of the larger one; trailing pairs of zeros stand for all that is below.

    Examples:
        >>> within("330106", "330100"), within("330400", "330100"), within("330106011", "330106")
        (True, False, True)
        >>> within("310115", "310000"), within("330100", "330106")
        (True, False)

    """
    stem = area
    while len(stem) in {4, 6} and stem.endswith("00"):
        stem = stem[:-2]
    return code.startswith(stem)


def division_of(city: City, thing: Contract | System | Department) -> str:
    """Tell the division a thing belongs to: its own, else that of the body that answers for it, else the city.

    Args:
        city: The revision in force.
        thing: A contract, system or body.

    Source:
        Hangzhou art. 2 (本市行政区域内).

    """
    if thing.division is not None:
        return thing.division
    if isinstance(thing, Department):
        return city.settings.city.code
    owner = city.departments.get(thing.provider if isinstance(thing, Contract) else thing.owner)
    return (owner.division if owner is not None else None) or city.settings.city.code


def territory_findings(city: City) -> Iterator[Finding]:
    """Yield every thing of a division outside of the city that is no federation peer.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 2 (本市行政区域内).

    """
    inside = (city.settings.city.code, *city.settings.peers)
    things: list[Contract | System | Department] = [
        *city.departments.values(), *city.systems.values(), *city.contracts.values()
    ]  # fmt: skip
    for thing in things:
        # A thing that takes its division from its body is found there, once.
        if thing.division is not None and not any(within(thing.division, area) for area in inside):
            path = ("customProperties", "division") if isinstance(thing, Contract) else ("division",)
            shown = {"division": thing.division, "city": city.settings.city.code}
            yield Finding("blueprint.division_outside", thing.ref, path, shown)
