"""Where the boxes and lines of a lineage graph stand: columns by distance, drawn on the server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 168
HEIGHT: Final = 40
COLUMN: Final = 224
ROW: Final = 52
_PASSES: Final = 4


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands: its left upper corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing.

    Attributes:
        width, height: Of the whole.
        boxes: Where each node stands.
        lines: SVG paths, one for each edge between different columns.

    """

    width: float
    height: float
    boxes: Mapping[str, Box]
    lines: tuple[str, ...]


def lay_out(columns: Mapping[int, Sequence[str]], edges: Sequence[tuple[str, str]]) -> Layout:
    """Place nodes in columns so that lines cross little.

    Args:
        columns: Nodes by column; columns are numbered from left to right and may be empty.
        edges: Pairs of nodes, from left to right.

    Returns:
        The drawing; boxes of one column never touch.

    Examples:
        >>> drawn = lay_out({0: ["a"], 1: ["b", "c"]}, [("a", "b"), ("a", "c")])
        >>> drawn.width, drawn.height, drawn.boxes["a"].y
        (392, 92, 26.0)

    """
    order = {column: list(nodes) for column, nodes in sorted(columns.items()) if nodes}
    around: dict[str, list[str]] = {node: [] for nodes in order.values() for node in nodes}
    for left, right in edges:
        around[left].append(right)
        around[right].append(left)
    for _ in range(_PASSES):
        places = {node: (place + 0.5) / len(nodes) for nodes in order.values() for place, node in enumerate(nodes)}
        for column, nodes in order.items():
            order[column] = sorted(nodes, key=lambda node: _middle(node, around, places))
    most = max((len(nodes) for nodes in order.values()), default=1)
    height = most * ROW - (ROW - HEIGHT)
    boxes: dict[str, Box] = {}
    for index, nodes in enumerate(order.values()):
        top = (height - (len(nodes) * ROW - (ROW - HEIGHT))) / 2
        boxes |= {node: Box(index * COLUMN, top + place * ROW) for place, node in enumerate(nodes)}
    lines = tuple(_line(boxes[left], boxes[right]) for left, right in edges if boxes[left].x < boxes[right].x)
    return Layout((len(order) - 1) * COLUMN + WIDTH, height, boxes, lines)


def _middle(node: str, around: Mapping[str, Sequence[str]], places: Mapping[str, float]) -> tuple[float, float]:
    """Say where the neighbours of a node stand on average; without any it stays where it is."""
    near = [places[one] for one in around[node]]
    return (sum(near) / len(near) if near else places[node], places[node])


def _line(left: Box, right: Box) -> str:
    start, end = left.x + WIDTH, right.x
    bend = min(COLUMN - WIDTH, end - start) / 2
    y1, y2 = left.y + HEIGHT / 2, right.y + HEIGHT / 2
    return f"M{start:g} {y1:g}C{start + bend:g} {y1:g} {end - bend:g} {y2:g} {end:g} {y2:g}"
