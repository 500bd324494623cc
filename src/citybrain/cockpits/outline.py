"""Outlines of divisions on paper: GeoJSON projected to SVG paths, or schematic cells where there are none."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 1000.0
Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shape:
    """One division on paper.

    Attributes:
        code: Division code.
        path: SVG path data, whole units of the map.
        label_at: A point well inside the division, for its label.
        box: Left, top, right, bottom.

    """

    code: str
    path: str
    label_at: tuple[float, float]
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Outline:
    """All divisions of a map on one sheet of paper.

    Attributes:
        shapes: Divisions in the order they came.
        size: Width (1000) and height.
        schematic: The shapes are cells, not real outlines.

    """

    shapes: tuple[Shape, ...]
    size: tuple[float, float]
    schematic: bool

    def box_around(self, codes: Iterable[str], *, margin: float = 6.0) -> tuple[float, float, float, float]:
        """Frame some divisions, for an inset.

        Args:
            codes: Division codes; at least one must be drawn.
            margin: Units left free on each side.

        Returns:
            Left, top, width, height.

        """
        wanted = set(codes)
        boxes = [shape.box for shape in self.shapes if shape.code in wanted]
        left = min(box[0] for box in boxes) - margin
        top = min(box[1] for box in boxes) - margin
        right = max(box[2] for box in boxes) + margin
        bottom = max(box[3] for box in boxes) + margin
        return left, top, right - left, bottom - top


def project(geojson: Mapping[str, Any], *, code_key: str = "adcode") -> Outline:
    """Draw divisions of a GeoJSON file on paper, north up, degrees of longitude shortened for the latitude.

    Args:
        geojson: A FeatureCollection of Polygon and MultiPolygon features in degrees.
        code_key: Property that holds the division code.

    Returns:
        Shapes on paper of width 1000.

    Raises:
        ValueError: No feature with an area.

    """
    found = [
        (str(feature["properties"].get(code_key, "")), _rings(feature["geometry"]))
        for feature in geojson["features"]
        if feature.get("geometry") and feature["geometry"]["type"] in ("Polygon", "MultiPolygon")
    ]
    points = [point for _, rings in found for ring in rings for point in ring]
    if not points:
        msg = "the file has no area"
        raise ValueError(msg)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    shrink = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * shrink)

    def place(ring: Ring) -> list[tuple[float, float]]:
        return [((x - west) * shrink * scale, (north - y) * scale) for x, y in ring]

    shapes = tuple(_shape(code, [place(ring) for ring in rings]) for code, rings in found)
    return Outline(shapes, (WIDTH, round((north - south) * scale)), schematic=False)


def schematic_cells(codes: Sequence[str]) -> Outline:
    """Draw one equal cell per division, for a city that brought no outlines.

    Args:
        codes: Division codes in reading order.

    Returns:
        Cells on paper of width 1000, marked schematic.

    """
    columns = max(1, math.ceil(math.sqrt(len(codes) * 1.6)))
    side = WIDTH / columns
    gap = side * 0.03
    shapes = []
    for index, code in enumerate(codes):
        left, top = index % columns * side, index // columns * side * 0.62
        right, bottom = left + side - gap, top + side * 0.62 - gap
        ring = [(left, top), (right, top), (right, bottom), (left, bottom)]
        shapes.append(_shape(code, [ring]))
    rows = -(-len(codes) // columns)
    return Outline(tuple(shapes), (WIDTH, round(rows * side * 0.62)), schematic=True)


def _rings(geometry: Mapping[str, Any]) -> list[Ring]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [[(float(point[0]), float(point[1])) for point in ring] for polygon in polygons for ring in polygon]


def _shape(code: str, rings: Sequence[Ring]) -> Shape:
    parts = [_trace(ring) for ring in rings]
    outer = max(rings, key=lambda ring: abs(_area(ring)))
    xs, ys = [x for x, _ in outer], [y for _, y in outer]
    return Shape(code, "".join(parts), _inside(outer), (min(xs), min(ys), max(xs), max(ys)))


def _trace(ring: Ring) -> str:
    placed: list[tuple[int, int]] = []
    for x, y in ring:
        point = (round(x), round(y))
        if not placed or placed[-1] != point:
            placed.append(point)
    if len(placed) > 1 and placed[0] == placed[-1]:
        placed.pop()
    return "M" + "L".join(f"{x} {y}" for x, y in placed) + "Z"


def _area(ring: Ring) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs) / 2


def _inside(ring: Ring) -> tuple[float, float]:
    """Find the point of a coarse grid that is farthest from the border, so that a label fits."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    steps = 24
    best, depth = (sum(xs) / len(xs), sum(ys) / len(ys)), -1.0
    for i in range(1, steps):
        for j in range(1, steps):
            x = min(xs) + (max(xs) - min(xs)) * i / steps
            y = min(ys) + (max(ys) - min(ys)) * j / steps
            if _contains(ring, x, y):
                reach = min((x - a) ** 2 / 2 + (y - b) ** 2 for a, b in ring)
                if reach > depth:
                    best, depth = (x, y), reach
    return round(best[0]), round(best[1])


def _contains(ring: Ring, x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
