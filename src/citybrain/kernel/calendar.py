"""Working days and working time in China: public holidays and the weekends worked to make up for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from chinese_calendar import constants

from citybrain.kernel.errors import WrongUse

_SATURDAY: Final = 5
_DECEMBER: Final = 12
_ONE_DAY: Final = timedelta(days=1)

Hours: TypeAlias = tuple[tuple[time, time], ...]
OFFICE_HOURS: Final[Hours] = ((time(9), time(12)), (time(13, 30), time(17, 30)))
AROUND_THE_CLOCK: Final[Hours] = ((time(0), time.max),)


@dataclass(frozen=True, slots=True)
class ReckonedDay:
    """A day found by counting working days.

    Attributes:
        day: The day.
        confirmed: Whether every year on the way has its official holiday notice; without one, Monday to Friday
            are counted as working days and the day may still move.

    """

    day: date
    confirmed: bool


@dataclass(frozen=True, slots=True)
class ReckonedInstant:
    """An instant found by counting working time.

    Attributes:
        instant: The instant in UTC.
        confirmed: As in :class:`ReckonedDay`.

    """

    instant: datetime
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Working days or minutes in a stretch of time.

    Attributes:
        amount: How many.
        confirmed: As in :class:`ReckonedDay`.

    """

    amount: int
    confirmed: bool


@cache
def known_years() -> range:
    """Return the years whose official holiday notices this release knows.

    Returns:
        Years without a gap.

    Examples:
        >>> 2024 in known_years(), 1999 in known_years()
        (True, False)

    """
    years = {day.year for day in constants.holidays}
    return range(min(years), max(years) + 1)


def is_confirmed(day: date) -> bool:
    """Say whether the official notice that decides on a day is known.

    The last week of a year is decided by the notice of the year after (the last Monday of 2018 became a holiday).

    Args:
        day: Any day.

    Returns:
        False means that :func:`is_working_day` went by Monday to Friday.

    Examples:
        >>> last = known_years()[-1]
        >>> is_confirmed(date(last, 12, 1)), is_confirmed(date(last, 12, 31))
        (True, False)

    """
    decided_by = (day + timedelta(days=7)).year if day.month == _DECEMBER else day.year
    return day.year in known_years() and decided_by in known_years()


def is_working_day(day: date) -> bool:
    """Say whether offices work on a day.

    Args:
        day: Any day; where the year's notice is not known, Monday to Friday work (see :func:`is_confirmed`).

    Returns:
        True on working weekdays and on weekends worked to make up for a holiday.

    Source:
        全国年节及纪念日放假办法 and the yearly holiday notices of the General Office of the State Council.

    Examples:
        >>> is_working_day(date(2024, 2, 18)), is_working_day(date(2024, 10, 1))
        (True, False)

    """
    if isinstance(day, datetime):
        raise WrongUse("kernel.day_not_instant", given=day.isoformat())
    if day in constants.workdays:
        return True
    return day.weekday() < _SATURDAY and day not in constants.holidays


def working_day_from(day: date) -> ReckonedDay:
    """Return the day itself if it is a working day, else the next one: a term never ends on a holiday.

    Args:
        day: Any day.

    Returns:
        The first working day on or after it.

    """
    found = day
    while not is_working_day(found):
        found += _ONE_DAY
    return ReckonedDay(found, is_confirmed(day) and is_confirmed(found))


def add_working_days(start: date, days: int) -> ReckonedDay:
    """Count working days from a day; the first day itself does not count.

    Args:
        start: The day something began.
        days: How many working days, 0 or more; 0 is :func:`working_day_from`.

    Returns:
        The last day of the term.

    Raises:
        WrongUse: A negative number of days.

    Source:
        行政许可法 art. 82 (terms in days are working days); 民法典 art. 201, 203 (the first day does not count, the
        last is never a holiday).

    Examples:
        >>> add_working_days(date(2024, 9, 30), 3)
        ReckonedDay(day=datetime.date(2024, 10, 10), confirmed=True)
        >>> add_working_days(date(2031, 1, 1), 1).confirmed
        False

    """
    if days < 0:
        raise WrongUse("kernel.negative_term", days=days)
    if days == 0:
        return working_day_from(start)
    found = start
    left = days
    while left:
        found += _ONE_DAY
        left -= is_working_day(found)
    return ReckonedDay(found, is_confirmed(start) and is_confirmed(found))


def working_days_between(start: date, end: date) -> Counted:
    """Count the working days after one day up to and including another.

    Args:
        start: First day, not counted.
        end: Last day, counted.

    Returns:
        0 when ``end`` is not after ``start``.

    Examples:
        >>> working_days_between(date(2024, 9, 30), date(2024, 10, 10)).amount
        3

    """
    span = range(1, (end - start).days + 1)
    amount = sum(is_working_day(start + timedelta(days=step)) for step in span)
    return Counted(amount, is_confirmed(start) and is_confirmed(max(start, end)))


def working_minutes_between(start: datetime, end: datetime, zone: ZoneInfo, hours: Hours = OFFICE_HOURS) -> Counted:
    """Count the minutes in which an office worked between two instants.

    Args:
        start: Aware instant, from.
        end: Aware instant, to.
        zone: The office's zone.
        hours: The office's opening times on a working day, in order.

    Returns:
        Whole minutes, 0 when ``end`` is not after ``start``.

    Examples:
        >>> shanghai = ZoneInfo("Asia/Shanghai")
        >>> start, end = datetime(2024, 9, 30, 17, tzinfo=shanghai), datetime(2024, 10, 8, 9, 15, tzinfo=shanghai)
        >>> working_minutes_between(start, end, shanghai)
        Counted(amount=45, confirmed=True)

    """
    worked = timedelta(0)
    for opens, closes in _open_spans(start, zone, hours):
        if opens >= end:
            break
        worked += max(min(closes, end) - max(opens, start), timedelta(0))
    first, last = start.astimezone(zone).date(), max(start, end).astimezone(zone).date()
    return Counted(worked // timedelta(minutes=1), is_confirmed(first) and is_confirmed(last))


def add_working_minutes(start: datetime, minutes: int, zone: ZoneInfo, hours: Hours = OFFICE_HOURS) -> ReckonedInstant:
    """Find the instant at which an office has worked so many minutes.

    Args:
        start: Aware instant, from.
        minutes: Working minutes, 0 or more.
        zone: The office's zone.
        hours: The office's opening times on a working day, in order.

    Returns:
        The instant in UTC; with 0 minutes the first at which the office is open.

    Raises:
        WrongUse: A negative number of minutes, or an office that never opens.

    Examples:
        >>> shanghai = ZoneInfo("Asia/Shanghai")
        >>> found = add_working_minutes(datetime(2024, 9, 30, 17, tzinfo=shanghai), 45, shanghai).instant
        >>> found.astimezone(shanghai).isoformat()
        '2024-10-08T09:15:00+08:00'

    """
    if minutes < 0 or not any(opens < closes for opens, closes in hours):
        raise WrongUse("kernel.negative_term", days=minutes)
    left = timedelta(minutes=minutes)
    for opens, closes in _open_spans(start, zone, hours):
        begins = max(opens, start.astimezone(UTC))
        if begins >= closes:
            continue
        if begins + left <= closes:
            found = begins + left
            first, last = start.astimezone(zone).date(), found.astimezone(zone).date()
            return ReckonedInstant(found, is_confirmed(first) and is_confirmed(last))
        left -= closes - begins
    raise AssertionError  # the days do not end


def _open_spans(start: datetime, zone: ZoneInfo, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Walk through the opening times from the day of an instant on, as instants in UTC."""
    day = start.astimezone(zone).date()
    while True:
        if is_working_day(day):
            for opens, closes in hours:
                until = (
                    datetime.combine(day + _ONE_DAY, time(0)) if closes == time.max else datetime.combine(day, closes)
                )
                begins = datetime.combine(day, opens).replace(tzinfo=zone)
                yield begins.astimezone(UTC), until.replace(tzinfo=zone).astimezone(UTC)
        day += _ONE_DAY
