"""Checks of services: what is offered must be described, owned, for known purposes, and once (Hangzhou art. 7, 8)."""

from collections.abc import Iterator

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
            if name not in named:
                shown = {"name": name, "near": near(name, named)}
                yield Finding("blueprint.name_unknown", grant.ref, ("fields", index), shown)
        if grant.purpose not in offered.purposes:
            shown = {"name": grant.purpose, "near": near(grant.purpose, offered.purposes)}
            yield Finding("blueprint.name_unknown", grant.ref, ("purpose",), shown)
        if grant.rows is not None:
            yield Finding("blueprint.service_has_no_rows", grant.ref, ("rows",), {"service": offered.ref})
        if offered.share == "none":
            basis = offered.share_basis.law if offered.share_basis else ""
            shown = {"contract": offered.ref, "basis": basis}
            yield Finding("blueprint.grant_on_unshared", grant.ref, ("from",), shown)


def _service(city: City, service: Service) -> Iterator[Finding]:
    ref = service.ref
    if service.owner not in city.departments:
        shown = {"name": service.owner, "near": near(service.owner, city.departments)}
        yield Finding("blueprint.name_unknown", ref, ("owner",), shown)
    if service.system is not None and service.system not in city.systems:
        shown = {"name": service.system, "near": near(service.system, city.systems)}
        yield Finding("blueprint.name_unknown", ref, ("system",), shown)
    for index, purpose in enumerate(service.purposes):
        if purpose not in city.settings.purposes:
            shown = {"name": purpose, "near": near(purpose, city.settings.purposes)}
            yield Finding("blueprint.name_unknown", ref, ("purposes", index), shown)
    if service.share == "none" and service.share_basis is None:
        yield Finding("blueprint.unshared_without_basis", ref, ("share",), {})
    known = [route.operation for route in routes(service.document)]
    for name, operation in service.operations.items():
        if name not in known:
            shown = {"name": name, "file": service.openapi, "near": near(name, known)}
            yield Finding("blueprint.operation_unknown", ref, ("operations", name), shown)
        if any(field.name in service.operations for field in operation.fields):
            yield Finding("blueprint.operation_named_like_field", ref, ("operations", name), {"name": name})
