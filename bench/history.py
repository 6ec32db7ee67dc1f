"""How long a report query takes with a year of history.

    python -m bench.history /tmp/history

Makes a year of hours and days, and a month of minutes, of 1,000 campaigns in 20 networks, as the pipeline and
`jobs.maintain` leave them: the last two days in many small files, the others in one a day. Each selection's totals, by
time and by campaign, are asked for once with a connection that has just been made, as a customer's first page would,
and three times more; then all its rows, which a page lists or hands out as a file.

With --dashboard the pages that show the same are timed in a browser, from the link to the last chart. Start it before:

    DATA_DIR=file:///tmp/history make dashboard
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from playwright.sync_api import Page, sync_playwright

from dashboard import view_report
from jobs import results

CAMPAIGNS = 1000
NETWORKS = 20
_REPEATS = 3
# Of each campaign and minute: 0 to 40 views, more by day than by night, and fewer of campaigns with great numbers.
_MINUTES = """
    SELECT
        campaign_id,
        1 + campaign_id % {networks} AS network_id,
        minute_timestamp,
        (hash(campaign_id, minute_timestamp) % 20000) / 1000.0 AS avg_duration,
        1 + (40 * abs(sin(hour(minute_timestamp) * pi() / 24)) / (1 + campaign_id / 100))::INTEGER AS total_count
    FROM
        (SELECT unnest(range(1, {campaigns} + 1))::INTEGER AS campaign_id),
        (SELECT unnest(range(TIMESTAMP '{begin}', TIMESTAMP '{end}', INTERVAL 1 MINUTE)) AS minute_timestamp)
"""
_ROLL_UP = """
    SELECT
        campaign_id,
        network_id,
        date_trunc('{unit}', {column}) AS {unit}_timestamp,
        sum(avg_duration * total_count) / sum(total_count) AS avg_duration,
        sum(total_count)::BIGINT AS total_count,
        {column}::DATE AS date
    FROM {rows}
    GROUP BY ALL
"""


def main(arguments: list[str] | None = None) -> int:
    """Make the history where there is none, time the queries, print a table. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.history", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the history is, or shall be: 520 MB")
    parser.add_argument("--days", type=int, default=365, help="of hours and days (default: %(default)s)")
    parser.add_argument("--minute-days", type=int, default=30, help="of minutes (default: %(default)s)")
    parser.add_argument("--dashboard", metavar="URL", help="time its pages, too: http://localhost:8501")
    options = parser.parse_args(arguments)
    folder = options.folder.resolve()
    if not folder.exists():
        _make(folder, options.days, options.minute_days)
    _measure(folder, options.days)
    if options.dashboard:
        _look(options.dashboard, options.days)
    return 0


def _make(folder: Path, days: int, minute_days: int) -> None:
    db = duckdb.connect()
    today = datetime.now(UTC).date()
    for ago in range(days, -1, -1):
        day = today - timedelta(days=ago)
        # Today is as old as it is: the running hour has minutes only.
        end = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
        if ago == 0:
            end = datetime.combine(day, datetime.min.time()) + timedelta(hours=12, minutes=30)
        rows = _MINUTES.format(campaigns=CAMPAIGNS, networks=NETWORKS, begin=day, end=end)
        db.execute(f"CREATE OR REPLACE TABLE minutes AS {rows}")
        hours = _ROLL_UP.format(unit="hour", column="minute_timestamp", rows="minutes")
        db.execute(f"CREATE OR REPLACE TABLE hours AS {hours}")
        if ago <= minute_days:
            _write(db, folder, "view_report", day, ago)
        _write(db, folder, "view_report_hourly", day, ago)
        if ago:
            _write(db, folder, "view_report_daily", day, ago)
        print(f"\r{days - ago + 1} of {days + 1} days made", end="", flush=True)
    print()


def _write(db: duckdb.DuckDBPyConnection, folder: Path, table: str, day: date, ago: int) -> None:
    """A day of a table: one file of an archive, or the files that Flink leaves."""
    small = ago < 2
    if table == "view_report_daily":
        rows = _ROLL_UP.format(unit="day", column="hour_timestamp", rows="hours")
        _copy(db, f"SELECT * EXCLUDE date FROM ({rows})", folder / table / f"date={day}" / "part-0")
    elif not small:
        rows = "minutes" if table == "view_report" else "hours"
        archive = folder / results.ARCHIVE / table / f"date={day}"
        _copy(db, f"FROM {rows} ORDER BY network_id", archive / "part-0.parquet")
    elif table == "view_report_hourly":
        for hour in range(24):
            rows = f"SELECT * EXCLUDE date FROM hours WHERE hour(hour_timestamp) = {hour}"
            if db.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0] and not (ago == 0 and hour == 12):
                _copy(db, rows, folder / table / f"date={day}" / f"part-{hour}")
    else:
        minutes = db.execute("SELECT DISTINCT network_id, minute_timestamp FROM minutes").fetchall()
        for network, minute in minutes:
            name = f"network_id={network}/minute_timestamp={f'{minute}'.replace(':', '%3A')}"
            rows = f"SELECT campaign_id, avg_duration, total_count FROM minutes WHERE network_id = {network}"
            _copy(db, f"{rows} AND minute_timestamp = TIMESTAMP '{minute}'", folder / table / name / "part-0")


def _copy(db: duckdb.DuckDBPyConnection, rows: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    db.execute(f"COPY ({rows}) TO {results.literal(str(file))} (FORMAT parquet, COMPRESSION zstd)")
    (file.parent / results.SUCCESS).touch()


def _queries(days: int) -> dict[str, tuple]:
    """Grain, first and last day and, where not all are meant, networks: performance()'s arguments."""
    today = datetime.now(UTC).date()
    month, year = today - timedelta(days=30), today - timedelta(days=days)
    return {
        "a customer's month, by day (1 network)": ("day", month, today, [3]),
        "a customer's year, by month (1 network)": ("month", year, today, [3]),
        "a customer's year, by week (1 network)": ("week", year, today, [3]),
        "a customer's month, by hour (1 network)": ("hour", month, today, [3]),
        "everybody's month, by day": ("day", month, today),
        "everybody's year, by month": ("month", year, today),
        "everybody's week, by hour": ("hour", today - timedelta(days=7), today),
        "everybody's year, by hour": ("hour", year, today),
        "everybody's running hour, by minute": ("minute", today, today),
    }


def _measure(folder: Path, days: int) -> None:
    print(f"{'':57}{'rows':>12}{'first, s':>12}{'again, s':>12}{'all rows, s':>14}")
    seconds, db = _timed(lambda: view_report.connect(f"file://{folder}", "UTC"))
    print(f"{'connecting: the newest minute, running hours':57}{'':12}{seconds:12.2f}")
    for name, query in _queries(days).items():
        db = view_report.connect(f"file://{folder}", "UTC")
        asked = [_timed(lambda query=query, db=db: view_report.totals(db, *query))[0] for _ in range(1 + _REPEATS)]
        seconds, rows = _timed(lambda query=query, db=db: view_report.performance(db, *query).arrow().read_all())
        _print(name, f"{rows.num_rows:,}", asked, f"{seconds:14.2f}")


def _look(address: str, days: int) -> None:
    pages = {name: _link(*query) for name, query in _queries(days).items()}
    print(f"\n{'page in a browser':69}{'first, s':>12}{'again, s':>12}")
    # Chromium's sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        for name, selection in {"the start page": "", **pages}.items():
            shown = [
                _timed(lambda selection=selection: _show(page, f"{address}/?{selection}"))[0]
                for _ in range(1 + _REPEATS)
            ]
            _print(name, "", shown)
        for name, selection in pages.items():
            _show(page, f"{address}/?{selection}")
            chosen = [_timed(lambda network=network: _choose(page, network))[0] for network in (20, 1, 15, 6)]
            _print(f"another network: {name}", "", chosen)
        browser.close()


def _link(grain: str, first: date, last: date, networks: Iterable[int] = ()) -> str:
    """The same selection as the dashboard's address holds it."""
    return f"by={grain}&from={first}&to={last}&networks={','.join(map(str, networks))}"


def _print(name: str, rows: str, seconds: list[float], more: str = "") -> None:
    """A line of the table: the first time, and the median of the others."""
    print(f"{name:57}{rows:>12}{seconds[0]:12.2f}{statistics.median(seconds[1:]):12.2f}{more}", flush=True)


# Everything is there: the last button, and nothing that says that more will come. Looked at before each frame, because
# Playwright's own assertions look once a second in the end.
_COMPLETE = """
    () => [...document.querySelectorAll('button')].some(button => button.innerText.trim() === 'Parquet')
        && !document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]')
"""
_FIRST_FIGURE = "document.querySelector('[data-testid=stMetricValue]').innerText"


def _show(page: Page, link: str) -> None:
    """Open a link and wait until everything is there."""
    page.goto(link, wait_until="commit")
    page.wait_for_function(_COMPLETE, timeout=60_000)


def _choose(page: Page, network: int) -> None:
    """Choose a network and wait until its rows are there."""
    before = page.evaluate(_FIRST_FIGURE)
    page.get_by_role("textbox", name="Networks").fill(f"{network}")
    page.get_by_role("textbox", name="Networks").press("Enter")
    page.wait_for_function(f"before => {_FIRST_FIGURE} !== before", arg=before, timeout=60_000)
    page.wait_for_function(_COMPLETE, timeout=60_000)


def _timed(call: Callable) -> tuple[float, object]:
    begin = time.monotonic()
    result = call()
    return time.monotonic() - begin, result


if __name__ == "__main__":
    sys.exit(main())
