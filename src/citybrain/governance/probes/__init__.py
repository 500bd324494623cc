"""Probes: each rehearses one feature on the real tables and leaves nothing behind; packs name them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from citybrain.governance.bench import Bench, Seen
from citybrain.governance.probes import (
    access,
    bodies,
    bulk,
    catalog,
    cockpits,
    destruction,
    dissents,
    emergencies,
    exchange,
    limits,
    persons,
    protection,
    quality,
    register,
    sharing,
    standards,
    work,
)

ProbeFunction = Callable[[Bench], Seen]

_MODULES = (
    access,
    bodies,
    bulk,
    catalog,
    cockpits,
    destruction,
    dissents,
    emergencies,
    exchange,
    limits,
    persons,
    protection,
    quality,
    register,
    sharing,
    standards,
    work,
)


def known_probes() -> Mapping[str, ProbeFunction]:
    """Return all probes by the name that packs use: every public function of the modules here that takes a bench."""
    found: dict[str, ProbeFunction] = {}
    for module in _MODULES:
        for name, value in vars(module).items():
            own = callable(value) and getattr(value, "__module__", "") == module.__name__
            if own and not name.startswith("_"):
                found[name] = value
    return MappingProxyType(found)
