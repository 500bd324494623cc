"""Outlines of divisions on paper: GeoJSON projected to SVG paths, or schematic cells where there are none."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 1000.0
GRID_STEPS = 24
SHOWN_SHARE = 0.3  # an area this much inside the inset is named there
Ring = Sequence[tuple[float, float]]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One division on paper.

    Attributes:
        code: Division code.
        path: SVG path data, whole units of the map.
        label_at: A point well inside the division, for its label.
        box: Left, top, right, bottom.
        ring: Border of its largest part.

    """

    code: str
    path: str
    label_at: tuple[float, float]
    box: Box
    ring: Ring


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

    def inset_around(self, codes: Iterable[str], *, scale: float = 2.7, aspect: float = 2.1) -> Box:
        """Frame the middle of some divisions, for an inset.

        Args:
            codes: Division codes of the inner city; at least one must be drawn.
            scale: How many times larger than the whole map the inset is drawn.
            aspect: Width to height of the frame.

        Returns:
            Left, top, width, height, inside the paper's width.

        """
        wanted = set(codes)
        boxes = [shape.box for shape in self.shapes if shape.code in wanted]
        middle_x = (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2
        middle_y = (min(box[1] for box in boxes) + max(box[3] for box in boxes)) / 2
        width, height = WIDTH / scale, WIDTH / scale / aspect
        left = max(0.0, min(middle_x - width / 2, WIDTH - width))
        return round(left), round(middle_y - height / 2), round(width), round(height)

    def labels_in(self, inset: Box) -> dict[str, tuple[float, float]]:
        """Place the labels of the divisions that are named in an inset instead of on the whole map.

        Args:
            inset: Left, top, width, height.

        Returns:
            Division code to a point well inside the part that the inset shows; divisions that are mostly
            outside are not there.

        """
        left, top, width, height = inset
        found = {}
        for shape in self.shapes:
            window = (left, top, left + width, top + height)
            point = _inside(shape.ring, within=window)
            if point and _share(shape.ring, shape.box, window) > SHOWN_SHARE:
                found[shape.code] = point
        return found


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
    box = (min(xs), min(ys), max(xs), max(ys))
    middle = (round(sum(xs) / len(xs)), round(sum(ys) / len(ys)))
    return Shape(code, "".join(parts), _inside(outer, within=box) or middle, box, tuple(outer))


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


def _inside(ring: Ring, *, within: Box) -> tuple[float, float] | None:
    """Find the point of a coarse grid that is farthest from the border, so that a label fits."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    left, top = max(min(xs), within[0]), max(min(ys), within[1])
    right, bottom = min(max(xs), within[2]), min(max(ys), within[3])
    if right <= left or bottom <= top:
        return None
    best: tuple[float, float] | None = None
    depth = -1.0
    for i in range(1, GRID_STEPS):
        for j in range(1, GRID_STEPS):
            x, y = left + (right - left) * i / GRID_STEPS, top + (bottom - top) * j / GRID_STEPS
            if not _contains(ring, x, y):
                continue
            edge = min((x - left) ** 2 / 2, (right - x) ** 2 / 2, (y - top) ** 2, (bottom - y) ** 2)
            reach = min(edge, *((x - a) ** 2 / 2 + (y - b) ** 2 for a, b in ring))
            if reach > depth:
                best, depth = (round(x), round(y)), reach
    return best


def _share(ring: Ring, box: Box, window: Box) -> float:
    """Estimate how much of an area a window shows."""
    left, top, right, bottom = box
    inside = shown = 0
    for i in range(1, GRID_STEPS):
        for j in range(1, GRID_STEPS):
            x, y = left + (right - left) * i / GRID_STEPS, top + (bottom - top) * j / GRID_STEPS
            if _contains(ring, x, y):
                inside += 1
                shown += window[0] <= x <= window[2] and window[1] <= y <= window[3]
    return shown / inside if inside else 0.0


def _contains(ring: Ring, x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
