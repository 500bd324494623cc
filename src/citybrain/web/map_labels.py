"""Labels of a map: on their own area, none touching another, left out where there is no room."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citybrain.cockpits.view import DistrictMap, MapArea
from citybrain.kernel.numerals import number
from citybrain.web.drawing import text_width

SIZE = 0.045  # of a label, as a share of the drawn width
LINES = 2.35  # height of name and figure, in label sizes
SHRUNK = (1.0, 0.85, 0.7)  # sizes tried before a label is left out
_PAIR = re.compile(r"(-?[\d.]+) (-?[\d.]+)")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Name and figure of an area, placed.

    Attributes:
        area: What is labelled.
        size: Font size.
        x: Middle of the name.
        y: Base line of the name.
        figure: The figure as written; empty where there is none.
        figure_x: Middle of the figure.
        figure_y: Base line of the figure.
        mark_x: Middle of the mark before the figure; None without one.
        half: Half the width of the label.
        height: Height of the label.

    """

    area: MapArea
    size: float
    x: float
    y: float
    figure: str
    figure_x: float
    figure_y: float
    mark_x: float | None
    half: float
    height: float


def map_labels(district_map: DistrictMap, *, inset: bool) -> tuple[MapLabel, ...]:
    """Place the labels of a map or of its inset.

    A label that would touch another one moves aside on its own area, then shrinks, then is left out: the
    ranking beside the map carries the same figures.

    Args:
        district_map: The map.
        inset: The inset's labels, or those of the whole map.

    Returns:
        Labels in the map's coordinates, from top to bottom.

    """
    frame = district_map.inset if inset and district_map.inset else (0.0, 0.0, *district_map.size)
    wanted = []
    for area in district_map.areas:
        in_inset = district_map.inset is not None and area.inset_label_at is not None
        if in_inset == inset:
            at = area.inset_label_at if inset and area.inset_label_at else area.label_at
            wanted.append((at, area))
    placed: list[MapLabel] = []
    for at, area in sorted(wanted, key=lambda each: (each[0][1], each[0][0])):
        label = _placed(area, at, district_map, frame, placed)
        if label is not None:
            placed.append(label)
    return tuple(placed)


def _placed(
    area: MapArea, at: tuple[float, float], district_map: DistrictMap, frame: Box, others: Sequence[MapLabel]
) -> MapLabel | None:
    """Take the nearest and largest free place of an area's label."""
    home = _box(area.path)
    for shrink in SHRUNK:
        size = frame[2] * SIZE * shrink
        steps = [(dx * size / 2, dy * size / 4) for dx in range(-8, 9) for dy in range(-12, 13)]
        for dx, dy in sorted(steps, key=lambda step: abs(step[0]) * 1.5 + abs(step[1])):
            label = _label(area, (at[0] + dx, at[1] + dy - size * 0.2), size, district_map.decimals)
            if _fits(label, home, frame, schematic_cell=district_map.schematic) and _clear(label, others):
                return label
    return None


def _label(area: MapArea, at: tuple[float, float], size: float, decimals: int) -> MapLabel:
    figure = "" if area.value is None else number(area.value, decimals)
    marked = bool(figure) and area.state in ("warn", "alarm")
    figure_half = text_width(figure) * size / 2
    shift = size * 0.32 if marked else 0.0
    return MapLabel(
        area=area,
        size=round(size, 1),
        x=round(at[0], 1),
        y=round(at[1], 1),
        figure=figure,
        figure_x=round(at[0] + shift, 1),
        figure_y=round(at[1] + size * 1.1, 1),
        mark_x=round(at[0] + shift - figure_half - size * 0.48, 1) if marked else None,
        half=max(text_width(area.name) * size / 2, figure_half + shift + (size * 0.4 if marked else 0.0)),
        height=size * (LINES if figure else LINES / 2),
    )


def _fits(label: MapLabel, home: Box, frame: Box, *, schematic_cell: bool) -> bool:
    """Keep a label in the frame and its middle on its own area; on a cell, keep all of it there."""
    bottom = label.figure_y if label.figure else label.y
    if not (frame[0] + label.half <= label.x <= frame[0] + frame[2] - label.half):
        return False
    if not (frame[1] + label.size <= label.y and bottom <= frame[1] + frame[3] - label.size * 0.2):
        return False
    if not (home[0] <= label.x <= home[2] and home[1] <= (label.y + bottom) / 2 <= home[3]):
        return False
    is_cell = schematic_cell and label.area.path.count("L") == 3
    return not is_cell or home[0] <= label.x - label.half <= label.x + label.half <= home[2]


def _clear(label: MapLabel, others: Sequence[MapLabel]) -> bool:
    return all(
        abs(label.x - other.x) >= label.half + other.half
        or (label.y - other.y >= other.height if label.y >= other.y else other.y - label.y >= label.height)
        for other in others
    )


def _box(path: str) -> Box:
    pairs = [(float(x), float(y)) for x, y in _PAIR.findall(path)] or [(0.0, 0.0)]
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    return min(xs), min(ys), max(xs), max(ys)
