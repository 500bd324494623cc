"""Plan.

What an apply would change and whom it affects, as a list of stages that apply then runs (Hangzhou art. 6, 7).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from citybrain.blueprint.duplicates import Likeness, alike
from citybrain.blueprint.load import Loaded, read_stored
from citybrain.blueprint.revisions import Contents, Revision, digest_of, storable
from citybrain.city.contract import Contract
from citybrain.city.findings import Finding
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.kernel.errors import DeclarationWrong


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; ``before`` or ``after`` is none where the other side has no such key."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of an apply.

    Attributes:
        act: add, change or remove.
        kind: Kind of thing.
        name: What people call it.
        changes: What differs, for a change.
        affects: Refs of things that rest on it, directly or through others.
        alike: Things it looks like a duplicate of, with how much agrees.

    """

    act: Literal["add", "change", "remove"]
    ref: str
    kind: str
    name: Name
    changes: tuple[Change, ...] = ()
    affects: tuple[str, ...] = ()
    alike: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do.

    Attributes:
        id: Names the plan; made from the revision it starts at and what it leads to.
        base: Revision it starts at.
        stages: Steps in the order they are done.
        needs_reason: Refs that look like duplicates and say nothing about it.
        target: Contents after the apply.

    """

    id: str
    base: int
    stages: tuple[Stage, ...]
    target: Contents

    @property
    def needs_reason(self) -> tuple[str, ...]:
        """Refs that look like duplicates of something and carry no reason."""
        return tuple(stage.ref for stage in self.stages if stage.alike)


def plan(base: Revision, loaded: Loaded) -> Plan:
    """Compare a folder with the revision in force.

    Args:
        base: The revision in force.
        loaded: A folder that was read.

    Returns:
        The stages that lead from one to the other; none when they are equal.

    Raises:
        DeclarationWrong: The folder has findings; all of them are listed.

    Source:
        Hangzhou art. 7 (防止重复建设).

    """
    if loaded.errors or loaded.city is None:
        raise DeclarationWrong("blueprint.findings", findings=loaded.findings, count=len(loaded.errors))
    return plan_contents(base, loaded.contents, loaded.city)


def plan_contents(base: Revision, contents: Contents, city: City) -> Plan:
    """Compare contents, of a folder or of an older revision, with the revision in force.

    Args:
        base: The revision in force.
        contents: What is wanted.
        city: The same, read.

    Raises:
        DeclarationWrong: A contract would break its consumers.

    """
    target = storable(contents)
    removed = sorted(set(base.contents) - set(target))
    added = sorted(set(target) - set(base.contents))
    changed = sorted(ref for ref in set(target) & set(base.contents) if target[ref] != base.contents[ref])
    breaking = [finding for ref in changed for finding in _breaking(base.contents[ref], target[ref], ref)]
    if breaking:
        raise DeclarationWrong("blueprint.findings", findings=breaking, count=len(breaking))
    users = _users({**base.contents, **target})
    likeness = Likeness(city)
    stages = [
        *(_stage("add", ref, {}, target[ref], users, likeness) for ref in added),
        *(_stage("change", ref, base.contents[ref], target[ref], users, likeness) for ref in changed),
        *(_stage("remove", ref, base.contents[ref], {}, users, likeness) for ref in removed),
    ]
    name = hashlib.sha256(f"{base.number}".encode() + base.digest + digest_of(target)).hexdigest()[:12]
    return Plan(name, base.number, tuple(stages), target)


def _stage(
    act: Literal["add", "change", "remove"],
    ref: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    users: Mapping[str, set[str]],
    likeness: Likeness,
) -> Stage:
    content = after or before
    changes = tuple(_differences(before, after)) if act == "change" else ()
    affects = () if act == "add" else tuple(sorted(_closure(ref, users) - {ref}))
    twins = tuple(alike(likeness, ref)) if act == "add" else ()
    return Stage(act, ref, ref.split(":", 1)[0], name_of(ref, content), changes, affects, twins)


def name_of(ref: str, content: Mapping[str, Any]) -> Name:
    """Say what people call a thing.

    Args:
        ref: Its Ref.
        content: Its file.

    """
    found = content.get("name")
    if ref == "city":
        found = content.get("city", {}).get("name")
    if not isinstance(found, Mapping):
        entries = content.get("customProperties") or []
        found = next((item["value"] for item in entries if item.get("property") == "name"), None)
    if isinstance(found, Mapping) and {"zh", "en"} <= set(found):
        return Name(zh=str(found["zh"]), en=str(found["en"]))
    return Name(zh=ref, en=ref)


def _differences(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list) and before != after:
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else None
            new = after[index] if index < len(after) else None
            yield from _differences(old, new, f"{path}[{_label(new if new is not None else old, index)}]")
    elif before != after:
        yield Change(path, before, after)


def _label(entry: Any, index: int) -> str:
    if isinstance(entry, Mapping):
        for key in ("property", "name", "rule", "step", "post"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return str(index)


def _users(contents: Contents) -> dict[str, set[str]]:
    """Index who names whom: every text in a file that is the Ref of another thing."""
    users: dict[str, set[str]] = {}
    indicators = {ref.removeprefix("indicator:") for ref in contents if ref.startswith("indicator:")}
    for ref, content in contents.items():
        for text in _texts(content):
            for word in text.replace("[", " ").replace(",", " ").split():
                named = f"indicator:{word}" if word in indicators else word
                if named in contents and named != ref:
                    users.setdefault(named, set()).add(ref)
    return users


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _closure(ref: str, users: Mapping[str, set[str]]) -> set[str]:
    found, todo = {ref}, [ref]
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in found:
                found.add(user)
                todo.append(user)
    return found


def _breaking(before: Mapping[str, Any], after: Mapping[str, Any], ref: str) -> Iterator[Finding]:
    """Find changes that would break consumers: those need a new resource beside the old one."""
    if not ref.startswith("contract:"):
        return
    old, new = read_stored(ref, before), read_stored(ref, after)
    if not isinstance(old, Contract) or not isinstance(new, Contract):
        return
    fields = {field.name: field for field in new.fields}
    for field in old.fields:
        if field.name not in fields:
            yield Finding("blueprint.breaking_field_removed", ref, ("schema", 0, "properties"), {"field": field.name})
        elif fields[field.name].type != field.type:
            params = {"field": field.name, "before": field.type, "after": fields[field.name].type}
            yield Finding("blueprint.breaking_type_changed", ref, ("schema", 0, "properties", field.name), params)
    if old.mode != new.mode:
        yield Finding("blueprint.breaking_mode_changed", ref, (), {"before": old.mode, "after": new.mode})
