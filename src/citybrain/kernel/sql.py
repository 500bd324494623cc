"""Named SQL: a room's statements live in ``<module>.sql`` beside its code."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import LiteralString, cast

_BLOCK = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements(package: str, module: str) -> Mapping[str, LiteralString]:
    """Read the named statements that belong to a module.

    Args:
        package: Dotted package, such as ``citybrain.hub``.
        module: The module's name; its statements are in ``<module>.sql``.

    Returns:
        Statement text by name. Values are always bound by the driver, never formatted in.

    Raises:
        ValueError: A name stands twice, or the file has no named block.

    """
    text = (resources.files(package) / f"{module}.sql").read_text(encoding="utf-8")
    parts = _BLOCK.split(text)[1:]
    found: dict[str, LiteralString] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in found:
            msg = f"{package}.{module}.sql names {name} twice"
            raise ValueError(msg)
        # The text is a file of this package, as fixed as a literal in the source.
        found[name] = cast("LiteralString", body.strip().rstrip(";"))
    if not found:
        msg = f"{package}.{module}.sql has no named statement"
        raise ValueError(msg)
    return MappingProxyType(found)
