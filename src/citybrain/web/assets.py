"""The built styles and scripts, found by the names the build gave them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson

PREFIX = "/static/"


@dataclass(frozen=True, slots=True)
class Assets:
    """What the build made, by source name.

    Attributes:
        manifest: Source name to built file, its styles and its imports.

    """

    manifest: Mapping[str, Mapping[str, Any]]

    def scripts(self, entry: str) -> tuple[str, ...]:
        """List the scripts of an entry.

        Args:
            entry: Source name, such as ``src/main.ts``.

        Returns:
            Paths on this site; empty when the interface was not built.

        """
        chunk = self.manifest.get(entry)
        return (PREFIX + chunk["file"],) if chunk else ()

    def styles(self, entry: str) -> tuple[str, ...]:
        """List the style sheets of an entry and of what it imports.

        Args:
            entry: Source name, such as ``src/main.ts``.

        Returns:
            Paths on this site, each once.

        """
        chunk = self.manifest.get(entry, {})
        own = [PREFIX + file for file in chunk.get("css", [])]
        for name in chunk.get("imports", []):
            own += self.styles(name)
        return tuple(dict.fromkeys(own))


@cache
def built_assets() -> Assets:
    """Read the build's manifest.

    Returns:
        The built files; none when the interface was not built (``CITYBRAIN_NO_UI=1``).

    """
    file = resources.files("citybrain.web") / "static" / "manifest.json"
    return Assets(orjson.loads(file.read_bytes()) if file.is_file() else {})
