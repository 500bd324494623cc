"""The built styles and scripts, found by the names the build gave them, served compressed as they were built."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import orjson

PREFIX = "/static/"
_MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_NAME = re.compile(r"(?:assets/)?[A-Za-z0-9_.-]+\.(?:js|css|svg)")
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


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


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One built file as it is sent.

    Attributes:
        content: Its bytes, compressed when ``headers`` says so.
        media_type: Its content type.
        headers: Cache and encoding headers.

    """

    content: bytes
    media_type: str
    headers: Mapping[str, str]


@lru_cache(maxsize=64)
def built_file(name: str, accept_encoding: str) -> BuiltFile | None:
    """Read a built file, compressed as it was built when the reader takes that.

    Args:
        name: Path below ``/static/``.
        accept_encoding: The request's ``Accept-Encoding``.

    Returns:
        What to send; None when there is no such file (answer 404).

    """
    if not _NAME.fullmatch(name):
        return None
    folder = resources.files("citybrain.web") / "static"
    if not (folder / name).is_file():
        return None
    hashed = name.startswith("assets/")
    headers = {"cache-control": _FOR_EVER if hashed else _FOR_AN_HOUR, "vary": "accept-encoding"}
    accepted = {part.split(";")[0].strip() for part in accept_encoding.split(",")}
    suffix = ""
    for encoding, ending in _ENCODINGS:
        if encoding in accepted and (folder / (name + ending)).is_file():
            headers["content-encoding"] = encoding
            suffix = ending
            break
    media_type = _MEDIA["." + name.rsplit(".", 1)[1]] + "; charset=utf-8"
    return BuiltFile((folder / (name + suffix)).read_bytes(), media_type, headers)
