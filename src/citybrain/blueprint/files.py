"""YAML files of a city folder, read so that every value still knows its line and column."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from citybrain.city.findings import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return the form editors understand."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file.

    Attributes:
        file: Path below the city folder.
        content: Its top table, with positions.

    """

    file: str
    content: CommentedMap

    def place(self, path: tuple[str | int, ...]) -> Place:
        """Find where a value stands; stops at the deepest part that exists.

        Args:
            path: Keys from the top. A text key in a list finds the entry whose ``property``, ``name`` or ``rule`` it
            is.

        """
        node: Any = self.content
        line, column = node.lc.line, node.lc.col
        for key in path:
            step = _step(node, key)
            if step is None:
                break
            node, line, column = step
        return Place(self.file, line + 1, column + 1)

    def written(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Keep of a path what stands in the file.

        Args:
            path: Keys from the top, among them names that only the reader of the values knows.

        """
        node: Any = self.content
        kept: list[str | int] = []
        for key in path:
            step = _step(node, key)
            if step is not None:
                node = step[0]
                kept.append(key)
        return tuple(kept)


def _step(node: Any, key: str | int) -> tuple[Any, int, int] | None:
    if isinstance(node, CommentedMap):
        if key in node:
            line, column = node.lc.key(key)
            return node[key], line, column
        return None
    if isinstance(node, CommentedSeq):
        index = key if isinstance(key, int) else _entry_named(node, key)
        if index is not None and index < len(node):
            line, column = node.lc.item(index)
            entry = node[index]
            if isinstance(key, str) and isinstance(entry, CommentedMap) and "property" in entry and "value" in entry:
                entry = entry["value"]
            return entry, line, column
    return None


def _entry_named(entries: CommentedSeq, name: str) -> int | None:
    for index, entry in enumerate(entries):
        if isinstance(entry, CommentedMap):
            made = entry.get("implementation")
            names = (
                entry.get("property"),
                entry.get("name"),
                made.get("rule") if isinstance(made, CommentedMap) else None,
            )
            if name in names:
                return index
    return None


def _openapi(path: Path) -> dict[str, Any] | None:
    """Read the description of a service; none when it is no OpenAPI document."""
    try:
        read = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    described = isinstance(read, dict) and str(read.get("openapi", "")).startswith("3.")
    return read if described and isinstance(read.get("paths"), dict) else None


def _as_policy(path: Path, text: str) -> CommentedMap:
    """Lay a file of policies out like the other files; its name is its file's."""
    return CommentedMap({"policy": path.stem, "cedar": text})


def read_documents(folder: Path) -> Iterator[Document | tuple[Finding, Place]]:
    """Read all YAML and Cedar files of a city folder in the order of their paths.

    Args:
        folder: The city folder. Files in a folder named ``tests`` are test cases, not declarations.

    Yields:
        A document, or what is wrong with the file and where.

    """
    yaml = YAML(typ="rt")
    yaml.version = (1, 2)
    for path in sorted(path for form in ("*.yaml", "*.yml", "*.cedar") for path in folder.rglob(form)):
        name = path.relative_to(folder).as_posix()
        if "tests" in path.relative_to(folder).parts[:-1] or path.name.startswith("."):
            continue
        try:
            text = path.read_text(encoding="utf-8")
            content = _as_policy(path, text) if path.suffix == ".cedar" else yaml.load(text)
        except UnicodeDecodeError as error:
            yield Finding("blueprint.not_utf8", name, (), {"byte": error.start}), Place(name, 1, 1)
            continue
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
            yield Finding("blueprint.not_yaml", name, (), {"problem": error.problem or str(error)}), place
            continue
        except YAMLError as error:
            yield Finding("blueprint.not_yaml", name, (), {"problem": str(error)}), Place(name, 1, 1)
            continue
        if content is None:
            continue
        if not isinstance(content, CommentedMap):
            yield Finding("blueprint.not_a_table", name), Place(name, 1, 1)
            continue
        if "service" in content and "openapi" in content:
            beside = path.parent / str(content["openapi"])
            document = _openapi(beside) if beside.resolve().is_relative_to(folder.resolve()) else None
            if document is None:
                shown = {"file": str(content["openapi"]), "declares": f"service:{content['service']}"}
                place = Document(name, content).place(("openapi",))
                yield (
                    Finding("blueprint.openapi_unreadable", f"service:{content['service']}", ("openapi",), shown),
                    place,
                )
                continue
            content["document"] = document
        yield Document(name, content)
