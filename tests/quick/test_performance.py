"""Hours, days, weeks, months and years as readers get them, those that are running among them; and maintenance."""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dashboard import view_report
from jobs import maintain
from tests.support import calendar, commands, written
from tests.support.calendar import Minute

NETWORKS = {1: 3, 2: 4, 3: None}
# Ends of a day, a week, a month and a year; days on which clocks are changed; midnight of half a zone.
MOMENTS = [
    datetime(2026, 11, 1, 4),
    datetime(2026, 11, 1, 6),
    datetime(2026, 3, 8, 5),
    datetime(2026, 3, 8, 7),
    datetime(2026, 12, 31, 18, 15),
    datetime(2027, 1, 1),
    datetime(2027, 1, 4, 5),
]
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "America/Havana"]

minutes = st.builds(
    lambda campaign, moment, after, ms, views: Minute(
        campaign, NETWORKS[campaign], moment + timedelta(minutes=after), ms, views
    ),
    st.sampled_from(list(NETWORKS)),
    st.sampled_from(MOMENTS),
    st.one_of(st.sampled_from([-1, 0, 59, 60]), st.integers(-36 * 60, 36 * 60)),
    st.integers(0, 10**10),
    st.integers(1, 10**6),
)
histories = st.lists(minutes, min_size=1, max_size=25, unique_by=lambda m: (m.campaign_id, m.start))


def expected(minutes: list[Minute], late: list[tuple[int, datetime]], zone: str, grain: str) -> dict[tuple, tuple]:
    """(campaign, period by the zone's clock, start of an hour) -> average, views and late views."""

    def period(moment: datetime) -> tuple:
        if grain == "minute":
            start = moment.replace(second=0)
            return calendar.shown(start, zone), start
        if grain == "hour":
            shown = calendar.shown(moment, zone)
            start = moment - timedelta(minutes=shown.minute, seconds=shown.second)
            return shown.replace(minute=0, second=0), start
        day = calendar.local_date(moment, zone)
        first = {
            "day": day,
            "week": date.fromisocalendar(*day.isocalendar()[:2], 1),
            "month": day.replace(day=1),
            "year": day.replace(month=1, day=1),
        }[grain]
        return datetime.combine(first, datetime.min.time()), None

    totals: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0])
    for minute in minutes:
        total = totals[minute.campaign_id, *period(minute.start)]
        total[0] += minute.duration_ms
        total[1] += minute.view_count
    for campaign, end in late:
        totals[campaign, *period(end)][2] += 1
    return {
        key: (float(Fraction(ms, 1000 * views)) if views else None, views, late_views)
        for key, (ms, views, late_views) in totals.items()
    }


def shown(db: duckdb.DuckDBPyConnection, grain: str) -> dict[tuple, tuple]:
    """The same from the rows that are shown."""
    columns = "campaign_id, period, starts_at, avg_duration, total_count, late_count, network_id"
    rows = view_report.performance(db, grain).project(columns).fetchall()
    found = {(row[0], row[1], row[2] if grain in ("minute", "hour") else None): row[3:6] for row in rows}
    assert len(found) == len(rows)
    assert all(row[6] == NETWORKS[row[0]] for row in rows if row[4])
    return found


def check(data: Path, zone: str, minutes: list[Minute], late: list[tuple[int, datetime]]) -> None:
    db = view_report.connect(f"file://{data}", zone)
    # The connection knows the minutes of the running hour only, and of archives.
    for grain in view_report.GRAINS[1:]:
        found, wanted = shown(db, grain), expected(minutes, late, zone, grain)
        assert found.keys() == wanted.keys(), grain
        for key, (average, views, late_views) in wanted.items():
            assert found[key][1:] == (views, late_views), (grain, key)
            assert found[key][0] == about(average), (grain, key)
        totals = view_report.totals(db, grain, date.min, date.max)
        check_totals(totals, found, grain)
        check_drawn(db, totals.over_time, grain)


def check_drawn(db: duckdb.DuckDBPyConnection, over_time: pa.Table, grain: str) -> None:
    """With room for a point less the chart has the totals of a coarser grain."""
    assert view_report.drawn(over_time, grain, over_time.num_rows) == (grain, over_time)
    coarser, points = view_report.drawn(over_time, grain, over_time.num_rows - 1)
    # A week lies in two months now and then.
    if grain not in ("week", coarser):
        totals = view_report.totals(db, coarser, date.min, date.max)
        assert points.num_rows < over_time.num_rows or coarser == "year"
        assert [tuple(row.values()) for row in points.to_pylist()] == [
            (row["period"], row["views"], about(row["seconds"])) for row in totals.over_time.to_pylist()
        ], (grain, coarser)


def check_totals(totals: view_report.Totals, rows: dict[tuple, tuple], grain: str) -> None:
    """They are what rows add up to: (campaign, period, ...) -> average, views and late views."""
    assert totals.rows >= len(rows)
    assert (totals.views, totals.late_views) == tuple(sum(row[column] for row in rows.values()) for column in (1, 2))
    assert totals.avg_duration_s == about(mean(rows.values()))
    periods, campaigns = defaultdict(list), defaultdict(list)
    for (campaign, *period), row in rows.items():
        periods[tuple(period)].append(row)
        campaigns[campaign].append(row)
    over_time = [tuple(row.values()) for row in totals.over_time.to_pylist()]
    assert over_time == [
        (period[0], sum(row[1] for row in of), about(mean(of)))
        # By the clock; what it shows twice, in order.
        for period, of in sorted(periods.items(), key=lambda item: (item[0][0], item[0][1] or item[0][0]))
    ], grain
    by_campaign: dict[int, list[int | float]] = defaultdict(lambda: [0, 0.0])
    for row in totals.by_campaign.to_pylist():
        # Late views of a campaign that had no others are of no network.
        by_campaign[row["campaign_id"]][0] += row["views"]
        by_campaign[row["campaign_id"]][1] += row["views"] * (row["avg_duration_s"] or 0)
    for campaign, of in campaigns.items():
        views, seconds = by_campaign.pop(campaign)
        assert views == sum(row[1] for row in of)
        assert seconds == pytest.approx((mean(of) or 0) * views, abs=0.001 * max(views, 1))
    assert not by_campaign


def mean(rows: Iterable[tuple]) -> float | None:
    """The average duration of all their views."""
    rows = list(rows)
    views = sum(row[1] for row in rows)
    return sum(row[1] * (row[0] or 0) for row in rows) / views if views else None


def about(seconds: float | None) -> object:
    """Equal to what differs by rounding."""
    return None if seconds is None else pytest.approx(seconds, rel=1e-9)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(
    history=histories,
    zone=st.sampled_from(ZONES),
    newest=st.integers(0, 24),
    late=st.lists(st.tuples(st.sampled_from(list(NETWORKS)), st.sampled_from(MOMENTS)), max_size=3),
)
@example(history=[Minute(1, 3, datetime(2026, 3, 8, 4, 59), 0, 1)], zone="America/New_York", newest=0, late=[])
def test_any_history_as_of_any_minute(
    tmp_path: Path, history: list[Minute], zone: str, newest: int, late: list[tuple[int, datetime]]
) -> None:
    data = tmp_path / "a folder"
    shutil.rmtree(data, ignore_errors=True)
    times = sorted(minute.start for minute in history)
    now = times[min(newest, len(times) - 1)]
    written.report(data, history, zone, now)
    if late:
        written.late(data, late)
    check(data, zone, [minute for minute in history if minute.start <= now], late)


def run_maintenance(data: Path, *arguments: str) -> None:
    with patch.dict(os.environ, {"DATA_DIR": f"file://{data}"}):
        assert maintain.main(["view_report", *arguments]) == 0


def day(ago: int) -> datetime:
    """The beginning of a day so many days ago, UTC."""
    return datetime.combine(datetime.now(UTC).date() - timedelta(days=ago), datetime.min.time())


def daily(*ago: int) -> list[Minute]:
    """A minute on each of these days, and one today."""
    return [Minute(1, 3, day(n), 10, 1) for n in [*ago, 0]]


def test_maintenance_leaves_one_file_a_day_and_the_same_rows(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = tmp_path / "a folder"
    history = [
        Minute(campaign, NETWORKS[campaign], day(5) + timedelta(hours=7 * n), 1000 * n + campaign, n + 1)
        for n in range(19)
        for campaign in NETWORKS
    ]
    late = [(1, day(5)), (3, day(4))]
    written.report(data, history, "UTC", history[-1].start)
    written.late(data, late)
    before = sorted(file for file in data.glob("view_report/**/part-*"))
    check(data, "UTC", history, late)

    run_maintenance(data)
    check(data, "UTC", history, late)
    assert sorted(data.glob("view_report/**/part-*")) == before, "somebody may be reading these"
    archived = {file.parent.name for file in (data / "archive" / "view_report").glob("*/part-0.parquet")}
    assert archived == {f"date={day(ago):%Y-%m-%d}" for ago in (5, 4, 3, 2)}

    run_maintenance(data)
    assert sorted(data.glob("view_report/**/part-*")) == before
    run_maintenance(data, "--grace-minutes", "0")
    check(data, "UTC", history, late)
    assert {file.parent.name[17:27] for file in data.glob("view_report/**/part-*")} == {
        f"{day(1):%Y-%m-%d}",
        f"{day(0):%Y-%m-%d}",
    }
    assert not list(data.glob(f"view_report/*/minute_timestamp={day(3):%Y-%m-%d}*"))
    deleted = sum(minute.start < day(1) for minute in history)
    assert f"view_report: 0 files copied, {deleted} deleted, 0 days expired" in capsys.readouterr().out


def test_what_comes_after_a_days_archive_is_read_where_it_is(tmp_path: Path) -> None:
    history = daily(5)
    written.report(tmp_path, history, "UTC", day(0))
    run_maintenance(tmp_path)
    run_maintenance(tmp_path, "--grace-minutes", "0")
    more = Minute(2, 4, day(5) + timedelta(minutes=1), 10, 1)
    written.report(tmp_path, [more], "UTC", day(0))
    run_maintenance(tmp_path, "--grace-minutes", "0")
    check(tmp_path, "UTC", [more, *history], [])


def test_a_day_that_is_not_complete_is_left_alone(tmp_path: Path) -> None:
    written.report(tmp_path, daily(5, 4), "UTC", day(0))
    next(tmp_path.glob(f"view_report/*/minute_timestamp={day(4):%Y-%m-%d}*/_SUCCESS")).unlink()
    run_maintenance(tmp_path)
    assert [file.name for file in (tmp_path / "archive").glob("view_report/*")] == [f"date={day(5):%Y-%m-%d}"]
    assert len(list((tmp_path / "archive").glob("view_report_hourly/*"))) == 2


def test_days_expire(tmp_path: Path) -> None:
    """With a setting of its own: nothing expires unless somebody says so."""
    history = daily(*range(9, 0, -1))
    data = tmp_path / "data"
    written.report(data, history, "UTC", day(0))
    folder = shutil.copytree(maintain.pipeline_folder("view_report"), tmp_path / "view_report")
    file = folder / "tables.yaml"
    assert "keep_days: 0" in file.read_text()
    file.write_text(file.read_text().replace("keep_days: 0", "keep_days: 4"))
    for _ in range(2):
        with patch.dict(os.environ, {"DATA_DIR": f"file://{data}"}):
            assert maintain.main([str(folder), "--grace-minutes", "0"]) == 0
    check(data, "UTC", [minute for minute in history if minute.start >= day(4)], [])


def test_a_maintenance_that_loses_a_row_is_noticed(tmp_path: Path) -> None:
    """The control: the comparison fails when an archive names a file that it does not hold."""
    history = daily(5, 4)
    written.report(tmp_path, history, "UTC", day(0))
    run_maintenance(tmp_path)
    one, two = (tmp_path / "archive").glob("view_report_hourly/*/part-0.parquet")
    shutil.copy(one, two)
    with pytest.raises(AssertionError):
        check(tmp_path, "UTC", history, [])


def test_the_command_says_what_is_missing_and_prints_what_is_there(tmp_path: Path) -> None:
    command = "dashboard.view_report"
    done = commands.python(command, DATA_DIR=f"file://{tmp_path}")
    assert done.returncode == 1
    assert "has no finished minute" in done.stderr
    written.report(tmp_path, [Minute(7, 3, datetime(2026, 11, 1), 1500, 3)], "UTC", datetime(2026, 11, 1))
    done = commands.python(command, "--by", "month", "--network", "3", DATA_DIR=f"file://{tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "2026-11-01 00:00:00" in done.stdout
    done = commands.python(command, "--csv", str(tmp_path / "x.csv"), "--campaign", "7", DATA_DIR=f"file://{tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "7,3,2026-11-01 00:00:00,2026-11-01 00:00:00,0.5,3,0,false" in (tmp_path / "x.csv").read_text()


def test_minutes_of_the_newest_hours(tmp_path: Path) -> None:
    """In a zone whose hours begin at a quarter past: those of the running hour, and of two before it."""
    newest = datetime(2026, 11, 1, 12, 20)
    history = [Minute(1, 3, newest - timedelta(minutes=ago), ago, 1) for ago in range(240)]
    written.report(tmp_path, history, "Asia/Kathmandu", newest)
    db = view_report.connect(f"file://{tmp_path}", "Asia/Kathmandu", 3)
    found = shown(db, "minute")
    wanted = expected(history, [], "Asia/Kathmandu", "minute")
    assert {
        key: value for key, value in wanted.items() if key[2] >= datetime(2026, 11, 1, 10, 15)
    }.items() <= found.items()
    assert found.items() <= wanted.items()
