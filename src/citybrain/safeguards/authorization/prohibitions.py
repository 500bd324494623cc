"""The negative list as policies: what it prohibits is forbidden at every release and call (Nanjing art. 23)."""

import json
from collections.abc import Iterable, Iterator

from citybrain.city.contract import Contract
from citybrain.city.prohibition import Prohibition
from citybrain.city.whole import City

PREFIX = "negative-list/"


def prohibitions(city: City) -> Iterator[str]:
    """Write every item of the list as Cedar.

    Args:
        city: The revision in force.

    Yields:
        One policy an item; its id is ``negative-list/<item>``, its words and article are the item's. Which fields of a
        thing it is about, the thing tells: :func:`prohibited_fields`.

    """
    for item in city.prohibitions.values():
        yield _policy(item)


def prohibited_fields(city: City, thing: Contract) -> dict[str, list[str]]:
    """Tell which fields of a thing stand on the list, by item.

    Args:
        city: The revision in force.
        thing: A contract, or a service read as one.

    """
    found = {item.prohibition: sorted(item.covered(thing)) for item in city.prohibitions.values()}
    return {item: fields for item, fields in found.items() if fields}


def _policy(item: Prohibition) -> str:
    said = {key: _text(f"{value}（{item.prohibition}）") for key, value in (("zh", item.name.zh), ("en", item.name.en))}
    name = _text(item.prohibition)
    conditions = [
        "resource has negative", f"resource.negative has {name}",
        f"context.fields.containsAny(resource.negative[{name}])",
    ]  # fmt: skip
    if item.purposes:
        conditions.append(f"{_texts(item.purposes)}.contains(context.purpose)")
    bodies = [f"principal in Department::{_text(ref)}" for ref in item.to]
    bodies += [f"principal.kind == {_text(kind)}" for kind in item.to_kinds]
    if bodies:
        conditions.append(f"({' || '.join(bodies)})")
    return (
        f"@id({_text(PREFIX + item.prohibition)})\n@article({_text(item.basis.law)})\n"
        f"@zh({said['zh']})\n@en({said['en']})\n"
        f'forbid (principal is Department, action == Action::"release", resource is Resource)\n'
        f"when {{ {' && '.join(conditions)} }};\n"
    )


def _text(value: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in value)
    return json.dumps(plain, ensure_ascii=False)


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(value) for value in sorted(values)) + "]"
