"""Small geometry for server-drawn SVG: spark lines, dots on an axis, shares of a bar."""

from collections.abc import Sequence
from dataclasses import dataclass


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
