"""Profiles of bodies to which the law applies by reference (参照适用): courts and procuratorates, public utilities.

Source: Hangzhou art. 25.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from citybrain.city.contract import Contract, Sharing
from citybrain.city.findings import Finding
from citybrain.city.names import Basis, Name
from citybrain.city.offering import shared
from citybrain.city.whole import City


@dataclass(frozen=True, slots=True)
class Profile:
    """How the law applies to a sort of body.

    Attributes:
        share: How its data is shared where a contract does not say.
        must_say_cycle: Whether its contracts of readings name the cycle of delivery.
        must_say_protection: Whether its systems name their level of protection (等保).

    """

    share: Sharing
    must_say_cycle: bool = False
    must_say_protection: bool = False


PROFILES: Mapping[str, Profile] = {
    "judicial": Profile("none"),
    "utility": Profile("conditional", must_say_cycle=True, must_say_protection=True),
}
APPLIED_BY_REFERENCE = Basis(
    law="hangzhou-2021/25",
    text=Name(zh="参照适用本条例", en="this regulation applies by reference"),
)


def profile_of(city: City, department: str) -> Profile | None:
    """Tell the profile of a body; none where the law applies to it in full.

    Args:
        city: The revision in force.
        department: Its Ref.

    """
    known = city.departments.get(department)
    return PROFILES.get(known.profile or "") if known is not None else None


def own_domain(city: City, department: str) -> bool:
    """Tell whether a body alone administers its objects, such as a court.

    Args:
        city: The revision in force.
        department: Its Ref.

    Source:
        Hangzhou art. 25 (参照适用).

    """
    known = city.departments.get(department)
    return known is not None and known.own_domain


def with_profiles(city: City) -> City:
    """Give contracts what the profile of their provider says: whose domain they are in, and how they are shared.

    Args:
        city: As declared.

    """
    changed: dict[str, Contract] = {}
    for ref, contract in city.contracts.items():
        profile = profile_of(city, contract.provider)
        if profile is None:
            continue
        made = replace(contract, own_domain=own_domain(city, contract.provider))
        if not contract.share_said and contract.share != profile.share:
            basis = contract.share_basis or (APPLIED_BY_REFERENCE if profile.share == "none" else None)
            made = replace(made, share=profile.share, share_basis=basis)
        changed[ref] = made
    return replace(city, contracts={**city.contracts, **changed}) if changed else city


def profile_findings(city: City) -> Iterator[Finding]:
    """Yield what bodies with a profile leave out, and grants of theirs that somebody else declares.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 25 (参照适用).

    """
    for contract in city.contracts.values():
        profile = profile_of(city, contract.provider)
        if profile is not None and profile.must_say_cycle and contract.mode != "snapshot" and contract.cycle is None:
            shown = {"department": contract.provider, "key": "cycle"}
            yield Finding("blueprint.profile_duty_missing", contract.ref, ("customProperties",), shown)
    for system in city.systems.values():
        profile = profile_of(city, system.owner)
        if profile is not None and profile.must_say_protection and system.protection_level is None:
            shown = {"department": system.owner, "key": "protection_level"}
            yield Finding("blueprint.profile_duty_missing", system.ref, ("owner",), shown)
    for grant in city.grants.values():
        source = shared(city, grant.from_)
        if source is not None and own_domain(city, source.provider):
            shown = {"department": source.provider}
            yield Finding("blueprint.granted_in_own_domain", grant.ref, ("from",), shown)
