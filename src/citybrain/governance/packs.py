"""Law packs from their files: beside the sources, or inside the installed package."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from citybrain.city.law import LawPack
from citybrain.city.names import near
from citybrain.kernel.errors import IntegrityBroken, NotKnown

PACK_FILE = "pack.yaml"


def laws_folder() -> Path:
    """Find the law packs of this release.

    Raises:
        IntegrityBroken: The release was packed without them.

    """
    package = Path(__file__).parents[1]
    for place in (package.parents[1] / "laws", package / "_laws"):
        if any(place.glob(f"*/{PACK_FILE}")):
            return place
    raise IntegrityBroken("governance.no_law_packs")


def read_packs(folder: Path | None = None) -> tuple[LawPack, ...]:
    """Read all packs, laws first.

    Args:
        folder: Where they are; this release's own by default.

    Returns:
        Packs in the order of their days in force; what is no law comes last.

    Raises:
        IntegrityBroken: A pack cannot be read.

    """
    place = folder or laws_folder()
    packs = [read_pack(file.parent) for file in sorted(place.glob(f"*/{PACK_FILE}"))]
    return tuple(sorted(packs, key=lambda pack: (pack.rank != "law", str(pack.in_force or ""), pack.pack)))


def read_pack(folder: Path) -> LawPack:
    """Read one pack.

    Args:
        folder: Its folder: ``pack.yaml`` and one file for each article, or for each text that has no articles.

    Raises:
        IntegrityBroken: A file cannot be read.

    """
    try:
        head = _table(folder / PACK_FILE)
        articles = [article for file in sorted(folder.glob("*.yaml")) for article in _articles(file)]
        return LawPack.model_validate({**head, "articles": articles})
    except (OSError, YAMLError, ValidationError, KeyError) as error:
        raise IntegrityBroken("governance.pack_unreadable", pack=folder.name, problem=str(error)) from error


def _table(file: Path) -> dict[str, Any]:
    content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise KeyError(file.name)
    return content


def _articles(file: Path) -> Iterator[dict[str, Any]]:
    if file.name == PACK_FILE:
        return
    content = _table(file)
    yield from content.get("articles") or [content]


def chosen(packs: tuple[LawPack, ...], name: str | None) -> tuple[LawPack, ...]:
    """Choose packs by name.

    Args:
        packs: All packs.
        name: One of them; none means all that are law.

    Raises:
        NotKnown: There is none of that name; near ones are offered.

    """
    if name is None:
        return tuple(pack for pack in packs if pack.rank == "law")
    found = tuple(pack for pack in packs if pack.pack == name)
    if not found:
        names = [pack.pack for pack in packs]
        likely = near(name, names)
        raise NotKnown("governance.pack_unknown", pack=name, near=(*likely, *(n for n in names if n not in likely)))
    return found
