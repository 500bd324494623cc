"""Shapes of days, drawn by hand for these simulators; synthetic, learned from no record."""

from datetime import datetime
from random import Random

DISTRICTS: dict[str, float] = {
    "330102": 1.3, "330105": 1.2, "330106": 1.3, "330108": 0.7, "330109": 1.4, "330110": 1.3, "330111": 0.6,
    "330112": 0.5, "330113": 0.9, "330114": 0.7, "330122": 0.3, "330127": 0.25, "330182": 0.3,
}  # fmt: skip
"""Division code to weight: how much of the city's life happens there."""

# Weight of each hour, 0 to 23.
METRO_WORKDAY = (1, 0.5, 0.3, 0.3, 0.5, 3, 14, 58, 100, 62, 36, 32, 34, 35, 34, 37, 44, 82, 88, 52, 38, 34, 20, 6)
METRO_WEEKEND = (2, 1, 0.5, 0.4, 0.5, 2, 8, 24, 42, 52, 56, 56, 54, 58, 60, 62, 66, 72, 66, 54, 48, 44, 28, 9)
OFFICE_PARKING = (18, 17, 16, 16, 17, 20, 30, 52, 78, 90, 93, 92, 86, 89, 92, 91, 86, 70, 52, 42, 36, 30, 25, 21)
HOME_PARKING = (90, 91, 92, 92, 91, 88, 80, 66, 52, 45, 42, 42, 44, 44, 43, 44, 48, 58, 68, 76, 82, 86, 88, 90)
MALL_PARKING = (8, 6, 5, 5, 5, 6, 9, 14, 24, 40, 58, 70, 76, 74, 72, 74, 78, 84, 92, 90, 76, 48, 24, 12)
PM25_DAY = (1.08, 1.1, 1.1, 1.09, 1.07, 1.06, 1.08, 1.14, 1.18, 1.12, 1.02, 0.94, 0.88, 0.84, 0.83, 0.85, 0.9, 0.97,
            1.02, 1.05, 1.07, 1.08, 1.08, 1.08)  # fmt: skip
CALLS_DAY = (6, 4, 3, 3, 4, 8, 18, 40, 82, 100, 94, 78, 52, 70, 88, 86, 80, 66, 48, 42, 38, 30, 20, 11)


def at(shape: tuple[float, ...], local: datetime) -> float:
    """Read a shape between its hours.

    Args:
        shape: 24 weights, each standing for the middle of its hour.
        local: A local instant.

    Returns:
        The weight, level between the middles of two hours.

    """
    hour = local.hour + local.minute / 60 - 0.5
    low = int(hour // 1) % 24
    share = hour % 1
    return shape[low] * (1 - share) + shape[(low + 1) % 24] * share


def dice(*names: object) -> Random:
    """Throw the same dice for the same names, whenever and however often asked.

    Args:
        *names: Seed, moment, thing.

    """
    return Random("/".join(str(name) for name in names))  # noqa: S311  made-up numbers, not secrets
