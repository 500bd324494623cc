"""A term never ends on a holiday, and a year without its notice is said to be unconfirmed."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.kernel.calendar import (
    AROUND_THE_CLOCK,
    OFFICE_HOURS,
    add_working_days,
    add_working_minutes,
    is_confirmed,
    is_working_day,
    known_years,
    working_day_from,
    working_days_between,
    working_minutes_between,
)
from citybrain.kernel.errors import WrongUse

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2004, 1, 1), date(2026, 9, 1))
MOMENTS = st.datetimes(datetime(2004, 1, 1), datetime(2026, 9, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 2, 18), True),  # a Sunday worked for Spring Festival
        (date(2024, 10, 19), False),  # an ordinary Saturday
        (date(2024, 10, 12), True),  # a Saturday worked for National Day
        (date(2024, 10, 7), False),  # a Monday of National Day
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
    ],
)
def test_holidays_rest_and_make_up_weekends_work(day: date, works: bool) -> None:
    assert is_working_day(day) is works


@pytest.mark.data
def test_every_known_year_agrees_with_the_official_notices(city_data: Path) -> None:
    compared = 0
    for file in sorted((city_data / "calendar-cn").glob("2*.json")):
        notice = json.loads(file.read_text(encoding="utf-8"))
        for entry in notice["days"]:
            day = date.fromisoformat(entry["date"])
            if day.year in known_years():
                assert is_working_day(day) is not entry["isOffDay"], f"{entry['name']} {day}"
                compared += 1
    assert compared > 500


def test_a_year_without_its_notice_counts_monday_to_friday_and_says_so() -> None:
    assert is_working_day(date(2031, 10, 1))  # a Wednesday; the notice will say otherwise
    assert not is_confirmed(date(2031, 10, 1))
    last = known_years()[-1]
    assert add_working_days(date(last, 12, 1), 5).confirmed
    assert not add_working_days(date(last, 12, 1), 30).confirmed
    assert not working_days_between(date(last, 12, 1), date(last + 1, 1, 8)).confirmed


def test_a_term_does_not_count_its_first_day_and_jumps_over_the_holiday() -> None:
    assert add_working_days(date(2024, 9, 30), 1).day == date(2024, 10, 8)
    assert add_working_days(date(2024, 10, 3), 0).day == date(2024, 10, 8)
    assert working_day_from(date(2024, 10, 12)).day == date(2024, 10, 12)


def test_a_negative_term_is_refused() -> None:
    with pytest.raises(WrongUse, match="kernel.negative_term"):
        add_working_days(date(2024, 1, 2), -1)
    with pytest.raises(WrongUse, match="kernel.negative_term"):
        add_working_minutes(datetime(2024, 1, 2, tzinfo=UTC), -1, SHANGHAI)


def test_an_instant_is_not_a_day() -> None:
    with pytest.raises(WrongUse, match="kernel.day_not_instant"):
        is_working_day(datetime(2024, 1, 2, tzinfo=UTC))


@given(DAYS, st.integers(0, 60))
def test_a_deadline_never_falls_on_a_holiday_and_counting_back_gives_the_term(start: date, days: int) -> None:
    end = add_working_days(start, days)
    assert is_working_day(end.day)
    if days:
        assert working_days_between(start, end.day).amount == days


@given(MOMENTS, st.integers(0, 6000))
def test_working_minutes_counted_forward_are_the_minutes_counted_back(start: datetime, minutes: int) -> None:
    end = add_working_minutes(start, minutes, SHANGHAI)
    assert working_minutes_between(start, end.instant, SHANGHAI).amount == minutes
    local = end.instant.astimezone(SHANGHAI)
    assert is_working_day(local.date())
    assert any(opens <= local.time() <= closes for opens, closes in OFFICE_HOURS)


def test_a_clock_that_runs_all_day_still_rests_on_holidays() -> None:
    start = datetime(2024, 9, 30, 12, tzinfo=SHANGHAI)
    end = datetime(2024, 10, 8, 12, tzinfo=SHANGHAI)
    assert working_minutes_between(start, end, SHANGHAI, AROUND_THE_CLOCK).amount == 24 * 60


def test_minutes_backwards_are_none() -> None:
    start = datetime(2024, 9, 30, 12, tzinfo=SHANGHAI)
    assert working_minutes_between(start, start - timedelta(days=3), SHANGHAI).amount == 0
