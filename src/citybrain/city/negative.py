"""Checks of the negative list of data circulation (数据流通负面清单): what is declared or asked against it.

Source: Nanjing art. 23.
"""

from collections.abc import Iterable, Iterator

from citybrain.city.findings import Finding
from citybrain.city.names import near
from citybrain.city.offering import every_shared, shared
from citybrain.city.prohibition import Prohibition
from citybrain.city.whole import City


def prohibited(
    city: City, thing: str, department: str, purpose: str, fields: Iterable[str]
) -> tuple[Prohibition, frozenset[str]] | None:
    """Find the first item of the list that stands against a use.

    Args:
        city: The revision in force.
        thing: Ref of a contract or service.
        department: Ref of who would use it.
        purpose: What for.
        fields: Fields that would leave.

    Returns:
        The item, and the fields it is about; none where nothing stands against it.

    Source:
        Nanjing art. 23 (数据流通负面清单).

    """
    contract, body = shared(city, thing), city.departments.get(department)
    if contract is None or body is None:
        return None
    for item in city.prohibitions.values():
        if item.bans(body, city.above(body.ref), purpose) and (met := item.covered(contract) & set(fields)):
            return item, met
    return None


def negative_findings(city: City) -> Iterator[Finding]:
    """Yield every contract and grant that the list stands against, and items that lead nowhere.

    A contract breaks an item where it offers to everybody what nobody may have for one of its purposes, or is open.

    Args:
        city: All things that could be read.

    Source:
        Nanjing art. 23 (数据流通负面清单).

    """
    for item in city.prohibitions.values():
        yield from _unknown(item.contracts, [*city.contracts, *city.services], item.ref, "contracts")
        yield from _unknown(item.to, city.departments, item.ref, "to")
        yield from _unknown(item.purposes, city.settings.purposes, item.ref, "purposes")
        for contract in every_shared(city):
            covered = item.covered(contract)
            everybody = not (item.to or item.to_kinds)
            offered = {*contract.purposes} & {*(item.purposes or contract.purposes)}
            if covered and offered and ((everybody and contract.share != "none") or contract.open):
                path = ("customProperties", "purposes") if contract.ref in city.contracts else ("purposes",)
                yield Finding("blueprint.on_negative_list", contract.ref, path, _shown(item, covered))
    for grant in city.grants.values():
        found = prohibited(city, grant.from_, grant.to, grant.purpose, grant.fields)
        if found is not None:
            yield Finding("blueprint.on_negative_list", grant.ref, ("fields",), _shown(*found))


def _shown(item: Prohibition, fields: frozenset[str]) -> dict[str, object]:
    said = {"zh": item.name.zh, "en": item.name.en}
    return {"item": item.prohibition, "said": said, "fields": sorted(fields), "law": item.basis.law}


def _unknown(names: Iterable[str], known: Iterable[str], ref: str, key: str) -> Iterator[Finding]:
    known = tuple(known)
    for index, name in enumerate(names):
        if name not in known:
            yield Finding("blueprint.name_unknown", ref, (key, index), {"name": name, "near": near(name, known)})
