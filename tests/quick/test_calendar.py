"""The tests' own calendar, against what is known of the days on which clocks are changed."""

from datetime import date, datetime, timedelta

import pytest

from tests.support import calendar
from tests.support.calendar import Minute, Total


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", date(2026, 11, 1), datetime(2026, 11, 1), 24),
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 5), 23),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 4), 25),
        ("Asia/Kathmandu", date(2026, 11, 1), datetime(2026, 10, 31, 18, 15), 24),
        # There is no midnight on the one day, and there are two on the other.
        ("America/Havana", date(2026, 3, 8), datetime(2026, 3, 8, 5), 23),
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4), 25),
    ],
)
def test_days(zone: str, day: date, start: datetime, hours: int) -> None:
    assert calendar.start_of_day(day, zone) == start
    assert calendar.start_of_day(day + timedelta(days=1), zone) - start == timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_two_rows_of_one_day() -> None:
    minutes = [Minute(1, 2, datetime(2026, 11, 1, hour, 30), 1500, 3) for hour in (5, 6)]
    day = date(2026, 11, 1)
    hours = [Total(1, 2, datetime(2026, 11, 1, hour), day, 0.5, 3) for hour in (5, 6)]
    assert not calendar.differences(calendar.hours(minutes, "America/New_York"), hours)
    days = [Total(1, 2, datetime(2026, 11, 1, 4), day, 0.5, 6)]
    assert not calendar.differences(calendar.days(minutes, "America/New_York"), days)


def test_differences_are_noticed() -> None:
    row = Total(1, 2, datetime(2026, 11, 1), date(2026, 11, 1), 0.5, 3)
    assert len(calendar.differences([row], [])) == 1
    assert len(calendar.differences([], [row])) == 1
    assert len(calendar.differences([row, row], [row])) == 1
    assert len(calendar.differences([row._replace(total_count=4)], [row])) == 1
    assert len(calendar.differences([row._replace(avg_duration=0.50001)], [row])) == 1
    assert not calendar.differences([row], [row])
