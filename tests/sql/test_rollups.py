"""Hours and days: sums of the minutes, in any time zone, on days of any length."""

import itertools
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from local.flink import conf_dir
from local.waiting import wait_until
from tests.sql.conftest import NETWORKS
from tests.support import calendar, commands, reading
from tests.support.calendar import Minute, Total
from tests.support.job import get_json
from tests.support.stream import Stream, view

# Days of 23, 24 and 25 hours, and 24 and a half; zones that are half and three quarters of an hour off; clocks that
# are changed at midnight, so that there is none, or two.
ZONES = {
    "UTC": [],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Asia/Kathmandu": [],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "America/Santiago": [date(2026, 4, 4), date(2026, 4, 5), date(2026, 9, 6)],
    "Pacific/Kiritimati": [],
}
ORDINARY_DAYS = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 12, 31), date(2027, 1, 1), date(2028, 2, 29)]
ROLL_UPS = ("view_report_hourly", "view_report_daily")
MINUTE_MS = 60_000
numbers = itertools.count()


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[Minute]]:
    """A time zone and minutes around the ends of days in it, the unusual ones often among them."""
    zone = draw(st.sampled_from(list(ZONES)))
    days = st.sampled_from([*ZONES[zone], *ORDINARY_DAYS])
    around = st.one_of(st.sampled_from([-60, -1, 0, 1, 59, 60]), st.integers(-4 * 60, 28 * 60))
    minutes = st.builds(
        lambda campaign, day, after, ms, views: Minute(
            campaign, campaign * 10, calendar.start_of_day(day, zone) + timedelta(minutes=after), ms, views
        ),
        st.integers(1, 3),
        days,
        around,
        st.integers(0, 10**12),
        st.integers(1, 10**9),
    )
    unique = st.lists(minutes, min_size=1, max_size=60, unique_by=lambda m: (m.campaign_id, m.start))
    return zone, draw(unique)


def roll_up(cluster: Cluster, folder: Path, zone: str, minutes: list[Minute]) -> tuple[list[Total], list[Total]]:
    """Run the SQL that ships over these minutes, as a job that ends; returns hours and days."""
    place = folder / str(next(numbers))
    pipeline = shutil.copytree(Path(__file__).parent / "calendar", place / "calendar")
    for file in ("2_sinks_rollups.sql", "3_rollups.sql"):
        shutil.copy(PIPELINES / "view_report" / file, pipeline)
    (place / "minutes").mkdir()
    (place / "minutes" / "minutes.csv").write_text(
        "".join(
            f"{m.campaign_id},{m.network_id},{m.start},{m.duration_ms},{m.view_count}\n"
            for m in sorted(minutes, key=lambda m: m.start)
        )
    )
    done = commands.submit(
        str(pipeline),
        DATA_DIR=f"file://{place}",
        MINUTES=f"file://{place}/minutes",
        REPORT_TIME_ZONE=zone,
        FLINK_CONF_DIR=str(conf_dir(cluster.folder)),
    )
    assert done.returncode == 0, done.stderr
    job = f"{cluster.web_ui}/jobs/{done.stdout.rsplit('/', 1)[1].strip()}"
    wait_until(lambda: get_json(job)["state"] not in ("INITIALIZING", "CREATED", "RUNNING"), "the roll-ups", 60)
    assert get_json(job)["state"] == "FINISHED"
    hours, days = (reading.roll_up(place / name) for name in ROLL_UPS)
    return hours, days


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(history=histories())
def test_hours_and_days_of_any_zone_agree_with_an_independent_calendar(
    cluster: Cluster, folder: Path, history: tuple[str, list[Minute]]
) -> None:
    zone, minutes = history
    hours, days = roll_up(cluster, folder, zone, minutes)
    assert not calendar.differences(hours, calendar.hours(minutes, zone))
    assert not calendar.differences(days, calendar.days(minutes, zone))


@pytest.mark.parametrize("zone", [zone for zone, days in ZONES.items() if days])
def test_every_minute_of_days_that_are_longer_or_shorter(cluster: Cluster, folder: Path, zone: str) -> None:
    first = {day: calendar.start_of_day(day, zone) for day in ZONES[zone]}
    minutes = [
        Minute(1, 1, start + timedelta(minutes=after), after % 1000, 1 + after % 7)
        for start in first.values()
        for after in range(-60, 26 * 60)
    ]
    minutes = list({m.start: m for m in minutes}.values())
    hours, days = roll_up(cluster, folder, zone, minutes)
    assert not calendar.differences(hours, calendar.hours(minutes, zone))
    assert not calendar.differences(days, calendar.days(minutes, zone))


def test_a_running_report_is_added_up_hour_by_hour(stream: Stream) -> None:
    """Final when the hour or the day is over, nothing before; late views are in none of them."""
    base = stream.now_ms
    midnight = base + 30 * MINUTE_MS
    at = [base + minute * MINUTE_MS for minute in (0, 1, 29, 30, 31, 89, 90)]
    for end_ms in at:
        stream.send((c % 4, view(c, end_ms + c, 10 * c)) for c in NETWORKS)
    # The minute of midnight was closed long ago, its hour was not.
    stream.send((p, view(1, midnight, 10)) for p in range(4))
    stream.now_ms = at[-1]
    stream.finish_minutes()
    assert not stream.account(NETWORKS)
    assert [row["campaign_id"] for row in reading.late(stream.data, stream.topic)].count(1) == 4
    hours, days = (reading.roll_up(stream.data / name) for name in ROLL_UPS)
    assert {(t.start, t.total_count) for t in hours if t.campaign_id == 1} == {
        (datetime(2026, 3, 1, 23), 3),
        (datetime(2026, 3, 2, 0), 3),
    }
    assert {(t.start, t.total_count) for t in days if t.campaign_id == 1} == {(datetime(2026, 3, 1), 3)}
    for name in ROLL_UPS:
        assert [file.parent.name for file in (stream.data / name).glob("*/_SUCCESS")] == ["date=2026-03-01"], name


def test_a_roll_up_that_misses_a_row_is_noticed(stream: Stream) -> None:
    """The control of the account: it fails when one file of hours, or of days, is not there."""
    for name in ROLL_UPS:
        file = next((stream.data / name).glob("date=2026-03-01/part-*"))
        moved = file.rename(stream.data / file.name)
        assert any("roll-up" in sentence for sentence in stream.account(NETWORKS))
        moved.rename(file)
    assert not stream.account(NETWORKS)
