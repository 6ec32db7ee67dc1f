"""The view report by hour, day, week, month or year, as a table.

    python -m dashboard.view_report --by month --network 3

Periods that are still running are there as well, exact as of the newest finished minute. What is computed stands in
sql/view_report/reading/performance.sql.

Environment: DATA_DIR (default file://<repository>/data), which must be on this machine; REPORT_TIME_ZONE (default UTC),
which must be what the pipeline was submitted with.
"""

import argparse
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from dashboard import settings
from jobs import results
from jobs.pipeline import PIPELINES, JobError, split, time_zone
from jobs.results import SUCCESS

GRAINS = ("minute", "hour", "day", "week", "month", "year")
_FOLDER = PIPELINES / "view_report"
_ROLL_UP = "campaign_id INTEGER, network_id INTEGER, date DATE, avg_duration DOUBLE, total_count BIGINT"
_COLUMNS = {
    "view_report": "campaign_id INTEGER, network_id INTEGER, minute_timestamp TIMESTAMP, avg_duration DOUBLE, "
    "total_count INTEGER",
    "view_report_hourly": f"{_ROLL_UP}, hour_timestamp TIMESTAMP",
    "view_report_daily": f"{_ROLL_UP}, day_timestamp TIMESTAMP",
    "late": "campaign_id INTEGER, end_timestamp TIMESTAMP",
}


def main(arguments: list[str] | None = None) -> int:
    """Print a table. Returns the exit code: 0, or 1 with one clear message on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.view_report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--by", choices=GRAINS, default="day", help="one row per campaign and this (default: day)")
    parser.add_argument("--from", dest="first", metavar="DATE", type=date.fromisoformat, help="first day")
    parser.add_argument("--to", dest="last", metavar="DATE", type=date.fromisoformat, help="last day")
    parser.add_argument("--network", type=int, nargs="+", default=[], help="campaigns of these networks only")
    parser.add_argument("--campaign", type=int, nargs="+", default=[], help="these campaigns only")
    parser.add_argument(
        "--hours", type=int, default=1, help="with --by minute: so many, with the running one (default: %(default)s)"
    )
    parser.add_argument("--csv", metavar="FILE", help="write it to a file instead")
    options = parser.parse_args(arguments)
    try:
        db = connect(results.data_dir(), settings.zone(), options.hours)
    except JobError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    report = performance(db, options.by, options.first, options.last, options.network, options.campaign)
    if options.csv:
        report.write_csv(options.csv)
    else:
        report.show(max_rows=50, max_width=200)
    return 0


def connect(data_dir: str, zone: str, hours_of_minutes: int = 1) -> duckdb.DuckDBPyConnection:
    """A connection that knows performance() of performance.sql, as of now. JobError where no minute is finished yet.

    Of the minutes it knows the newest ones: those of the running hour and the hours before it, `hours_of_minutes` in
    all.
    """
    clock = time_zone("REPORT_TIME_ZONE", zone)
    newest, root = newest_minute(data_dir), results.local_folder(data_dir)
    db = duckdb.connect()
    first = newest - timedelta(minutes=newest.replace(tzinfo=UTC).astimezone(clock).minute, hours=hours_of_minutes - 1)
    moments = [newest, *(first + timedelta(hours=hour) for hour in range(hours_of_minutes))]
    hours = {f"*/minute_timestamp={moment:%Y-%m-%d %H}*" for moment in moments}
    tables = results.tables(_FOLDER)
    for name, columns in _COLUMNS.items():
        if name == "view_report":
            written, archives = results.files(db, root, name, *hours)
            results.create_view(db, "newest_minutes", columns, tables[name], written, [])
            results.create_view(db, "archived_minutes", columns, tables[name], [], archives)
        else:
            results.create_view(db, name, columns, tables[name], *results.files(db, root, name))
    variables = {"REPORT_TIME_ZONE": zone, "NEWEST_MINUTE": f"{newest}"}
    file = _FOLDER / "reading" / "performance.sql"
    for statement in split(file.read_text(), file, variables)[0]:
        db.execute(statement.sql)
    return db


def performance(
    db: duckdb.DuckDBPyConnection,
    grain: str,
    first: date | None = None,
    last: date | None = None,
    networks: Collection[int] = (),
    campaigns: Collection[int] = (),
) -> duckdb.DuckDBPyRelation:
    """The rows of performance() of performance.sql, which tells their columns; nothing given: all of them."""
    return _selected(db, "performance", grain, first, last, networks, campaigns)


@dataclass(frozen=True)
class Totals:
    """What performance() adds up to.

    `over_time`: period, views, seconds (average duration, NULL without a view); in its order. `by_campaign`:
    campaign_id, network_id, views, avg_duration_s. `rows`: as many rows has performance() at most.
    """

    views: int
    avg_duration_s: float | None
    late_views: int
    rows: int
    over_time: pa.Table
    by_campaign: pa.Table


def totals(
    db: duckdb.DuckDBPyConnection,
    grain: str,
    first: date,
    last: date,
    networks: Collection[int] = (),
    campaigns: Collection[int] = (),
) -> Totals:
    """Without the rows of performance() themselves: of 1,000 campaigns and a year's hours there are 9 million."""
    selected = _selected(db, "counted", grain, first, last, networks, campaigns)
    added = selected.query(
        "selected",
        """
        SELECT
            campaign_id, network_id, first_date, starts_at, grouping(campaign_id) AS is_period,
            sum(duration_ms) AS duration_ms, sum(total_count)::BIGINT AS views, sum(late_count)::BIGINT AS late,
            count(*) AS n
        FROM selected
        GROUP BY GROUPING SETS ((first_date, starts_at), (campaign_id, network_id))
        """,
    ).arrow().read_all()  # fmt: skip
    of_all = db.from_arrow(added).filter("is_period = 1")
    views, seconds, late, rows = of_all.aggregate(
        "coalesce(sum(views), 0)::BIGINT, average(sum(duration_ms), sum(views)), coalesce(sum(late), 0)::BIGINT, "
        "coalesce(sum(n), 0)::BIGINT"
    ).fetchall()[0]
    over_time = of_all.project(
        "period(first_date, starts_at) AS period, starts_at, views, average(duration_ms, views) AS seconds"
    )
    by_campaign = db.from_arrow(added).filter("is_period = 0")
    return Totals(
        views,
        seconds,
        late,
        rows,
        over_time.order("period, starts_at").project("* EXCLUDE starts_at").arrow().read_all(),
        by_campaign.project(
            "campaign_id, network_id, views, round(average(duration_ms, views), 3) AS avg_duration_s"
        ).arrow().read_all(),
    )  # fmt: skip


def drawn(over_time: pa.Table, grain: str, at_most: int) -> tuple[str, pa.Table]:
    """Totals.over_time for a chart of `at_most` points, and the grain that these have: a coarser one where it must be.

    Of the seconds of a coarser period the mean is weighted by the views.
    """
    points = over_time
    while points.num_rows > at_most and grain != GRAINS[-1]:
        grain = GRAINS[GRAINS.index(grain) + 1]
        points = duckdb.from_arrow(over_time).aggregate(
            f"date_trunc('{grain}', period)::TIMESTAMP AS period, sum(views)::BIGINT AS views, "
            "sum(seconds * views) / nullif(sum(views), 0) AS seconds",
            f"date_trunc('{grain}', period)",
        ).order("period").arrow().read_all()  # fmt: skip
    return grain, points


def _selected(
    db: duckdb.DuckDBPyConnection,
    macro: str,
    grain: str,
    first: date | None,
    last: date | None,
    networks: Collection[int],
    campaigns: Collection[int],
) -> duckdb.DuckDBPyRelation:
    rows = db.sql(
        f"SELECT * FROM {macro}({results.literal(grain)}, DATE '{first or date.min}', DATE '{last or date.max}')"
    )
    for column, values in (("network_id", networks), ("campaign_id", campaigns)):
        if values:
            rows = rows.filter(f"{column} IN ({', '.join(map(str, values))})")
    return rows


def newest_minute(data_dir: str) -> datetime:
    """The newest minute with _SUCCESS, UTC: the rows of all minutes up to it are there; JobError where none is."""
    newest = None
    for network in Path(results.local_folder(data_dir), "view_report").glob("network_id=*"):
        # Names alone: of a month there are 43,200.
        names = (entry.name for entry in os.scandir(network) if entry.name.startswith("minute_timestamp="))
        for name in sorted(names, reverse=True):
            minute = datetime.fromisoformat(unquote(name.removeprefix("minute_timestamp=")))
            if newest and minute <= newest:
                break
            if (network / name / SUCCESS).exists():
                newest = minute
                break
    if newest is None:
        raise JobError(f"{data_dir}/view_report has no finished minute: start the servers and a pipeline (README).")
    return newest


if __name__ == "__main__":
    sys.exit(main())
