"""The hours and days of a time zone, counted minute by minute with Python's zoneinfo: nothing of the pipeline's."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


class Minute(NamedTuple):
    """What one campaign had in one minute; `start` is UTC without saying so, as in the reports."""

    campaign_id: int
    network_id: int | None
    start: datetime
    duration_ms: int
    view_count: int


class Total(NamedTuple):
    """A row of a roll-up."""

    campaign_id: int
    network_id: int | None
    start: datetime
    date: date
    avg_duration: float
    total_count: int


def hours(minutes: Iterable[Minute], zone: str) -> list[Total]:
    """The rows of the hour report: an hour begins when the clock of the zone shows a full one."""
    return _totals(minutes, zone, lambda minute: minute - timedelta(minutes=shown(minute, zone).minute))


def days(minutes: Iterable[Minute], zone: str) -> list[Total]:
    """The rows of the day report."""
    return _totals(minutes, zone, lambda minute: start_of_day(local_date(minute, zone), zone))


def differences(actual: Iterable[Total], expected: Iterable[Total]) -> list[str]:
    """Every disagreement as a sentence: counts to the last bit, averages to 1e-9 of their size, no row doubled."""
    actual = list(actual)
    found, wanted = ({row[:4]: row for row in rows} for rows in (actual, expected))
    disagreements = [
        f"roll-up: {found.get(key)}, expected {wanted.get(key)}"
        for key in found.keys() | wanted.keys()
        if key not in found
        or key not in wanted
        or found[key].total_count != wanted[key].total_count
        or not abs(found[key].avg_duration - wanted[key].avg_duration) <= 1e-9 * max(1, wanted[key].avg_duration)
    ]
    return disagreements + ([f"roll-up: {len(actual) - len(found)} rows doubled"] if len(found) < len(actual) else [])


def local_date(moment: datetime, zone: str) -> date:
    """The date at a moment, UTC, in a zone."""
    return shown(moment, zone).date()


@cache
def start_of_day(day: date, zone: str) -> datetime:
    """The first minute, UTC, at which the zone has this date."""
    at = datetime.combine(day, datetime.min.time()) - timedelta(days=1)
    while local_date(at, zone) != day:
        at += MINUTE
    return at


def shown(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _totals(minutes: Iterable[Minute], zone: str, start: Callable[[datetime], datetime]) -> list[Total]:
    """One row per campaign, network and period, which is known by its start."""
    totals: dict[tuple, list[Minute]] = defaultdict(list)
    for minute in minutes:
        totals[minute.campaign_id, minute.network_id, start(minute.start), local_date(minute.start, zone)].append(
            minute
        )
    return [
        Total(
            *key,
            float(Fraction(sum(m.duration_ms for m in of), 1000 * sum(m.view_count for m in of))),
            sum(m.view_count for m in of),
        )
        for key, of in totals.items()
    ]
