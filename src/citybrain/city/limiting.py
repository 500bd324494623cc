"""Checks of limited use: what enterprises, uses abroad and important data need before they are granted.

Source: Hangzhou art. 8; Nanjing art. 14, 23.
"""

from collections.abc import Iterator

from citybrain.city.findings import Finding
from citybrain.city.grant import Grant
from citybrain.city.names import near
from citybrain.city.whole import City


def limit_findings(city: City) -> Iterator[Finding]:
    """Yield every grant that is declared with too few limits.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 8 (政企协同); Nanjing art. 14 (跨境可信数据空间), 23 (重要数据目录).

    """
    known = city.settings.purposes
    for index, purpose in enumerate(city.settings.outbound_purposes):
        if purpose not in known:
            shown = {"name": purpose, "near": near(purpose, known)}
            yield Finding("blueprint.name_unknown", "city", ("outbound_purposes", index), shown)
    for grant in city.grants.values():
        yield from _grant(city, grant)


def _grant(city: City, grant: Grant) -> Iterator[Finding]:
    if grant.purpose in city.settings.outbound_purposes and not grant.assessment:
        yield Finding("blueprint.outbound_without_assessment", grant.ref, ("purpose",), {"purpose": grant.purpose})
    holder = city.departments.get(grant.to)
    if holder is not None and holder.needs_limits and grant.limits is None:
        yield Finding("blueprint.enterprise_without_limits", grant.ref, ("to",), {"department": grant.to})
    contract = city.contracts.get(grant.from_)
    if contract is not None and contract.data_class != "general":
        yield Finding("blueprint.important_granted_in_file", grant.ref, ("from",), {"contract": contract.ref})
