"""Checks of protection: what may not be declared together (Hangzhou art. 8, 16; Nanjing art. 23).

State secrets have no place here at all; a trade secret is never open; what is not shared is not granted.
"""

from collections.abc import Iterator

from citybrain.city.contract import Contract
from citybrain.city.findings import Finding
from citybrain.city.grading import lowered
from citybrain.city.indicator import Indicator, Model
from citybrain.city.whole import City

STATE_SECRET = "state_secret"  # noqa: S105 - a tag of the law, not a password
TRADE_SECRET = "trade_secret"  # noqa: S105 - a tag of the law, not a password
SENSITIVE = 3


def protection_findings(city: City) -> Iterator[Finding]:
    """Yield everything that protects too little.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 16 (国家秘密、商业秘密、个人隐私); Nanjing art. 23 (分类分级保护, 数据流通负面清单).

    """
    for contract in city.contracts.values():
        yield from _secrets(contract)
    for grant in city.grants.values():
        source = city.contracts.get(grant.from_)
        if source is not None and source.share == "none":
            basis = source.share_basis.law if source.share_basis else ""
            shown = {"contract": source.ref, "basis": basis}
            yield Finding("blueprint.grant_on_unshared", grant.ref, ("from",), shown)
    yield from partnered(city)
    for ref, (declared, least) in lowered(city).items():
        yield Finding("blueprint.grade_lowered", ref, ("grade",), {"declared": declared, "least": least})
    for indicator in city.indicators.values():
        limits, k = indicator.thresholds, indicator.suppress_below
        if k is not None and limits.by is not None and (limits.at_least is None or limits.at_least < k):
            yield Finding("blueprint.alert_on_small_groups", indicator.ref, ("thresholds", "at_least"), {"k": k})


def partnered(city: City) -> Iterator[Finding]:
    """Yield everything that was made with a partner and has no agreed rights.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 16 (开发成果的权属).

    """
    things: list[Contract | Model | Indicator] = [*city.contracts.values(), *city.models.values()]
    for made in [*things, *city.indicators.values()]:
        if made.partner is not None and made.rights is None:
            inside = ("customProperties",) if made.ref in city.contracts else ()
            partner = {"zh": made.partner.zh, "en": made.partner.en}
            yield Finding("blueprint.partner_without_rights", made.ref, (*inside, "partner"), {"partner": partner})


def _secrets(contract: Contract) -> Iterator[Finding]:
    ref = contract.ref
    if STATE_SECRET in contract.tags:
        yield Finding("blueprint.state_secret", ref, ("tags",), {"name": contract.resource})
    for index, field in enumerate(contract.fields):
        path = ("schema", 0, "properties", index)
        if STATE_SECRET in field.tags:
            yield Finding("blueprint.state_secret", ref, (*path, "tags"), {"name": field.name})
        if contract.open and (TRADE_SECRET in {*field.tags, *contract.tags} or field.grade >= SENSITIVE):
            yield Finding("blueprint.open_protected", ref, ("customProperties", "open"), {"name": field.name})
    if contract.data_class == "core" and contract.share != "none":
        yield Finding("blueprint.core_shared", ref, ("customProperties", "share"), {"share": contract.share})
