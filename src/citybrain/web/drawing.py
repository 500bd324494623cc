"""Small geometry for server-drawn SVG: spark lines, dots on an axis, shares of a bar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from citybrain.cockpits.view import DistrictMap, MapArea
from citybrain.kernel.numerals import number

MAP_TYPE = 0.045  # label size as a share of the drawn width
LABEL_HEIGHT = 2.35  # two lines, in label sizes
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line in a box of 120 by 40 units.

    Attributes:
        path: SVG path data; gaps in the history are gaps in the line.
        end: Where the last value stands, or None when it is missing.

    """

    path: str
    end: tuple[float, float] | None


def spark(history: Sequence[float | None]) -> Spark | None:
    """Draw a history as a small line.

    Args:
        history: Past values in time order.

    Returns:
        The line, or None with fewer than three values.

    Examples:
        >>> spark([1, 2])
        >>> spark([1, 2, 3]).path
        'M3 36L59 20L115 4'

    """
    known = [value for value in history if value is not None]
    if len(known) < 3:
        return None
    low, high = min(known), max(known)
    spread = (high - low) or 1.0
    step = 112 / (len(history) - 1)
    path: list[str] = []
    end: tuple[float, float] | None = None
    pen_down = False
    for index, value in enumerate(history):
        if value is None:
            pen_down, end = False, None
            continue
        y = 20.0 if high == low else 36 - (value - low) / spread * 32
        end = (round(3 + index * step, 1), round(y, 1))
        path.append(f"{'L' if pen_down else 'M'}{end[0]:g} {end[1]:g}")
        pen_down = True
    return Spark("".join(path), end)


def along(value: float, axis: tuple[float, float], width: float) -> float:
    """Place a value on an axis.

    Args:
        value: The value; outside the axis it stands at the end.
        axis: Value at the left end and at the right end.
        width: Length of the axis in units, with 6 units kept free at both ends.

    Returns:
        Distance from the left end in units.

    Examples:
        >>> along(85, (80, 90), 112)
        56.0

    """
    first, last = axis
    share = (value - first) / ((last - first) or 1.0)
    return round(6 + min(1.0, max(0.0, share)) * (width - 12), 1)


def stacked(counts: Sequence[int], *, width: float = 400.0, gap: float = 2.0) -> tuple[tuple[float, float], ...]:
    """Share the length of a bar among counts.

    Args:
        counts: Non-negative counts.
        width: Length of the whole bar in units.
        gap: Units between neighbours.

    Returns:
        Left end and length for each count; a count of 0 has length 0, any other at least 3 units.

    Examples:
        >>> stacked([1, 0, 1], width=202)
        ((0.0, 100.0), (102.0, 0.0), (102.0, 100.0))

    """
    shown = [count for count in counts if count]
    free = width - gap * max(0, len(shown) - 1)
    total = sum(shown) or 1
    raw = [max(3.0, free * count / total) if count else 0.0 for count in counts]
    scale = free / (sum(raw) or 1.0)
    places: list[tuple[float, float]] = []
    at = 0.0
    for length in raw:
        places.append((round(at, 1), round(length * scale, 1)))
        at += length * scale + (gap if length else 0.0)
    return tuple(places)


def text_width(text: str) -> float:
    """Estimate the width of a label in multiples of its font size.

    Args:
        text: Digits, Latin letters and Chinese characters.

    Returns:
        Width in em; Chinese characters count 1, others about half.

    Examples:
        >>> round(text_width("78.5"), 1)
        2.0

    """
    return sum(1.0 if ord(sign) > 0x2E7F else 0.28 if sign in ".,:" else 0.573 for sign in text)


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Name and figure of an area, placed so that no two labels touch.

    Attributes:
        area: What is labelled.
        x: Middle of the name.
        y: Base line of the name.
        figure: The figure as written; empty where there is none.
        figure_x: Middle of the figure.
        mark_x: Middle of the mark before the figure; None without one.
        half: Half the width of the label.

    """

    area: MapArea
    x: float
    y: float
    figure: str
    figure_x: float
    mark_x: float | None
    half: float


def map_labels(district_map: DistrictMap, *, inset: bool) -> tuple[MapLabel, ...]:
    """Place the labels of a map or of its inset; a label that would touch another one moves aside.

    Args:
        district_map: The map.
        inset: The inset's labels, or those of the whole map.

    Returns:
        Labels in the map's coordinates, from top to bottom.

    """
    frame = district_map.inset if inset and district_map.inset else (0.0, 0.0, *district_map.size)
    size = frame[2] * MAP_TYPE
    wanted = []
    for area in district_map.areas:
        in_inset = district_map.inset is not None and area.inset_label_at is not None
        if in_inset == inset:
            x, y = area.inset_label_at if inset and area.inset_label_at else area.label_at
            wanted.append(_label(area, (x, y - size * 0.2), size, district_map.decimals))
    placed: list[MapLabel] = []
    for label in sorted(wanted, key=lambda each: (each.y, each.x)):
        placed.append(_moved_free(label, placed, frame, size))
    return tuple(placed)


def _moved_free(label: MapLabel, placed: Sequence[MapLabel], frame: Box, size: float) -> MapLabel:
    """Take the nearest place inside the frame where the label touches no other one."""
    steps = [(dx * size / 2, dy * size / 4) for dx in range(-8, 9) for dy in range(-12, 13)]
    for dx, dy in sorted(steps, key=lambda step: abs(step[0]) * 1.5 + abs(step[1])):
        x, y = label.x + dx, label.y + dy
        in_frame = frame[0] + label.half <= x <= frame[0] + frame[2] - label.half
        in_frame &= frame[1] + size <= y <= frame[1] + frame[3] - size * 1.3
        clear = all(
            abs(x - other.x) >= label.half + other.half or abs(y - other.y) >= size * LABEL_HEIGHT for other in placed
        )
        if in_frame and clear:
            mark_x = None if label.mark_x is None else round(label.mark_x + dx, 1)
            return replace(label, x=round(x, 1), y=round(y, 1), figure_x=round(label.figure_x + dx, 1), mark_x=mark_x)
    return label


def _label(area: MapArea, at: tuple[float, float], size: float, decimals: int) -> MapLabel:
    figure = "" if area.value is None else number(area.value, decimals)
    marked = bool(figure) and area.state in ("warn", "alarm")
    figure_half = text_width(figure) * size / 2
    shift = size * 0.32 if marked else 0.0
    half = max(text_width(area.name) * size / 2, figure_half + shift)
    mark_x = round(at[0] + shift - figure_half - size * 0.48, 1) if marked else None
    return MapLabel(area, at[0], at[1], figure, round(at[0] + shift, 1), mark_x, half)
