"""Addresses of services: ``/r1/{instance}/{class}/{member}/{subsystem}/{service}/{path}``."""

from dataclasses import dataclass
from urllib.parse import unquote

from citybrain.city.names import near
from citybrain.city.openapi import Route, find
from citybrain.city.service import Operation, Service
from citybrain.city.whole import City
from citybrain.kernel.errors import NotKnown, WrongUse


@dataclass(frozen=True, slots=True)
class Called:
    """What an address leads to.

    Attributes:
        route: The operation in the service's document.
        operation: What the city says of it.
        path: Path below the service, as sent, beginning with a slash.

    """

    service: Service
    route: Route
    operation: Operation
    path: str


def address_of(city: City, service: Service) -> str:
    """Return where consumers call a service.

    Args:
        city: For the instance.
        service: One of its services.

    """
    parts = (city.settings.city.id, service.member_class, service.member, service.subsystem, service.short)
    return "/r1/" + "/".join(parts)


def resolve(city: City, method: str, raw_path: str) -> Called:
    """Find what a request is for.

    Args:
        city: The revision in force.
        method: In capitals.
        raw_path: Path of the request as sent, still percent-encoded.

    Raises:
        NotKnown: No such service, or none that answers; no such operation.
        WrongUse: The path holds parts that could lead elsewhere.

    """
    parts = raw_path.split("/")[2:]
    where = [unquote(part) for part in parts[:5]]
    service = next((item for item in city.services.values() if _fits(city, item, where)), None)
    if service is None or service.status in {"planned", "retired"}:
        said = "/r1/" + "/".join(where)
        raise NotKnown("calls.service_unknown", address=said[:200], near=near(said, _addresses(city)))
    below = parts[5:]
    segments = tuple(unquote(part) for part in below if part)
    if any(part in {".", ".."} or set(part) & set("/\\\0\r\n") for part in segments):
        raise WrongUse("calls.path_wrong")
    route = find(service.document, method, segments)
    operation = service.operations.get(route.operation) if route else None
    if route is None or operation is None:
        offered = sorted(service.operations)
        raise NotKnown("calls.operation_unknown", service=service.ref, method=method, operations=offered)
    return Called(service, route, operation, "/" + "/".join(below))


def _fits(city: City, service: Service, where: list[str]) -> bool:
    return where == [city.settings.city.id, service.member_class, service.member, service.subsystem, service.short]


def _addresses(city: City) -> list[str]:
    return [address_of(city, item) for item in city.services.values() if item.status not in {"planned", "retired"}]
