"""Time as a parameter: nobody but a clock knows what time it is."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the present instant of this machine in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it was set, for replays and tests."""

    def __init__(self, instant: datetime) -> None:
        """Set the clock.

        Args:
            instant: An aware instant.

        """
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self._instant

    def advance(self, step: timedelta) -> None:
        """Move the clock forward.

        Args:
            step: How far; may be negative to rehearse a clock that was set back.

        """
        self._instant += step


def city_day(instant: datetime, zone: ZoneInfo) -> date:
    """Say which day it is in the city at an instant.

    Args:
        instant: An aware instant.
        zone: The city's zone; never a fixed offset (Asia/Shanghai had summer time until 1991).

    Returns:
        The local calendar day.

    Examples:
        >>> city_day(datetime(2026, 11, 19, 17, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai")).isoformat()
        '2026-11-20'

    """
    return instant.astimezone(zone).date()
