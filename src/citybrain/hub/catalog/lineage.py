"""Lineage (血缘) around one entry: what it rests on and what rests on it, some steps each way, never the whole city."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

DEEPEST: Final = 4
MOST_ON_LEVEL: Final = 12


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of the neighbourhood.

    Attributes:
        name: In both languages.
        level: Steps from the entry in the middle: below 0 what it rests on, above 0 what rests on it.
        up, down: Refs around it that the reader may know of; empty where its details are withheld.

    """

    ref: str
    kind: str
    name: Mapping[str, str]
    department: str
    share: str
    level: int
    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries of one level that are not in the neighbourhood.

    Attributes:
        count: How many.
        beside: The entry of the level before around which most of them are.

    """

    level: int
    count: int
    beside: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What is around one entry.

    Attributes:
        nodes: By level, the entry itself first.
        edges: Pairs of Refs: the second rests on the first.
        left_out: What is there and not shown, by level.

    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    left_out: tuple[LeftOut, ...]


Knows = Callable[[str, str, str], bool]


def neighbourhood(
    connection: Connection, ref: str, depth: int, hidden: Sequence[str], knows: Knows, *,
    most: int = MOST_ON_LEVEL,
) -> Neighbourhood:  # fmt: skip
    """Collect what is around an entry; one statement a step.

    Args:
        connection: A reading transaction.
        ref: The entry in the middle.
        depth: Steps each way, 1 to 4; what lies outside counts as the next bound.
        hidden: Refs whose existence the reader may not know of.
        knows: Tells by Ref, department and share whether details of an entry are shown.
        most: Most entries of one level; the others are counted.

    Raises:
        NotKnown: There is no such entry, or the reader may not know of it.

    """
    secret = frozenset(hidden)
    found = {} if ref in secret else _read(connection, {ref: 0}, secret, knows)
    if ref not in found:
        raise NotKnown("catalog.entry_unknown", ref=ref)
    left_out: list[LeftOut] = []
    outer = {-1: [ref], 1: [ref]}
    for step in range(1, min(max(depth, 1), DEEPEST) + 1):
        wanted: dict[str, int] = {}
        for way in (-1, 1):
            fresh, left = _next(found, wanted, outer[way], way, most)
            wanted |= dict.fromkeys(fresh, way * step)
            if left is not None:
                left_out.append(LeftOut(way * step, *left))
        found |= _read(connection, wanted, secret, knows)
        outer = {way: [one for one, level in wanted.items() if level == way * step and one in found]
                 for way in (-1, 1)}  # fmt: skip
    nodes = tuple(sorted(found.values(), key=lambda node: (abs(node.level), node.level, node.ref)))
    pairs = {(up, node.ref) for node in nodes for up in node.up if up in found}
    pairs |= {(node.ref, down) for node in nodes for down in node.down if down in found}
    return Neighbourhood(nodes, tuple(sorted(pairs)), tuple(left_out))


def _next(
    found: Mapping[str, Node], wanted: Mapping[str, int], outer: Sequence[str], way: int, most: int
) -> tuple[list[str], tuple[int, str] | None]:
    """Choose the entries of the next level in one direction; in turns, so that every neighbour has some."""
    lists = {
        one: [ref for ref in (found[one].up if way < 0 else found[one].down) if ref not in found and ref not in wanted]
        for one in outer
    }
    every = list(dict.fromkeys(ref for refs in lists.values() for ref in refs))
    if len(every) <= most:
        return every, None
    chosen: dict[str, None] = {}
    turn = 0
    while len(chosen) < most:
        for refs in lists.values():
            if turn < len(refs) and len(chosen) < most:
                chosen[refs[turn]] = None
        turn += 1
    beside = max(lists, key=lambda one: sum(ref not in chosen for ref in lists[one]))
    return list(chosen), (len(every) - len(chosen), beside)


def _read(
    connection: Connection, wanted: Mapping[str, int], hidden: frozenset[str], knows: Knows
) -> dict[str, Node]:  # fmt: skip
    if not wanted:
        return {}
    found = {}
    for ref, kind, name, department, share, around in connection.execute(_sql()["around"], {"refs": list(wanted)}):
        shown = knows(ref, department, share)
        up, down = (
            tuple(one for one in around[way] if one not in hidden) if shown else () for way in ("up", "down")
        )  # fmt: skip
        found[ref] = Node(ref, kind, name, department, share, wanted[ref], up, down)
    return found


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub.catalog", "lineage")
