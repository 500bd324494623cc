"""Checks of services: what is offered must be described, owned, for known purposes, and once (Hangzhou art. 7, 8)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from citybrain.city.contract import Contract
from citybrain.city.findings import Finding
from citybrain.city.names import near
from citybrain.city.openapi import routes
from citybrain.city.service import Service
from citybrain.city.whole import City


def offering_findings(city: City) -> Iterator[Finding]:
    """Yield everything that is wrong with the services of a city, and with the grants on them.

    Args:
        city: All things that could be read.

    Source:
        Hangzhou art. 7, 8, 13.

    """
    seen: dict[tuple[str, str, str, str], str] = {}
    for service in city.services.values():
        yield from _service(city, service)
        address = (service.member_class, service.member, service.subsystem, service.short)
        if address in seen:
            shown = {"address": "/".join(address), "first": seen[address]}
            yield Finding("blueprint.service_address_twice", service.ref, ("service",), shown)
        seen.setdefault(address, service.ref)
    for grant in city.grants.values():
        offered = city.services.get(grant.from_)
        if offered is None:
            continue
        named = offered.grantable()
        for index, name in enumerate(grant.fields):
            yield from _unknown(name, named, grant.ref, ("fields", index))
        yield from _unknown(grant.purpose, offered.purposes, grant.ref, ("purpose",))
        if grant.rows is not None:
            yield Finding("blueprint.service_has_no_rows", grant.ref, ("rows",), {"service": offered.ref})
        if offered.share == "none":
            basis = offered.share_basis.law if offered.share_basis else ""
            shown = {"contract": offered.ref, "basis": basis}
            yield Finding("blueprint.grant_on_unshared", grant.ref, ("from",), shown)


def shared(city: City, ref: str) -> Contract | None:
    """Find what a grant or a request is about; a service is read as a contract over its operations and fields.

    Args:
        city: The revision in force.
        ref: Ref of a contract or service.

    """
    service = city.services.get(ref)
    return _as_contract(city, service) if service is not None else city.contracts.get(ref)


def every_shared(city: City) -> list[Contract]:
    """List what can be applied for: contracts, and services in use read as contracts.

    Args:
        city: The revision in force.

    """
    services = [item for item in city.services.values() if item.status not in {"planned", "retired"}]
    return [*city.contracts.values(), *(_as_contract(city, item) for item in services)]


def _as_contract(city: City, service: Service) -> Contract:
    owner = city.departments.get(service.owner)
    return replace(service.as_contract(), own_domain=owner is not None and owner.own_domain)


def _unknown(name: str | None, known: Iterable[str], ref: str, path: tuple[str | int, ...]) -> Iterator[Finding]:
    known = tuple(known)
    if name is not None and name not in known:
        yield Finding("blueprint.name_unknown", ref, path, {"name": name, "near": near(name, known)})


def _service(city: City, service: Service) -> Iterator[Finding]:
    ref = service.ref
    yield from _unknown(service.owner, city.departments, ref, ("owner",))
    yield from _unknown(service.system, city.systems, ref, ("system",))
    for index, purpose in enumerate(service.purposes):
        yield from _unknown(purpose, city.settings.purposes, ref, ("purposes", index))
    if service.share == "none" and service.share_basis is None:
        yield Finding("blueprint.unshared_without_basis", ref, ("share",), {})
    known = [route.operation for route in routes(service.document)]
    for name, operation in service.operations.items():
        if name not in known:
            shown = {"name": name, "file": service.openapi, "near": near(name, known)}
            yield Finding("blueprint.operation_unknown", ref, ("operations", name), shown)
        if any(field.name in service.operations for field in operation.fields):
            yield Finding("blueprint.operation_named_like_field", ref, ("operations", name), {"name": name})
