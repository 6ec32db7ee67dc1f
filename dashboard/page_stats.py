"""Placement and page statistics, as they lie in finished hours and days. DATA_DIR must be on this machine."""

import os
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

import duckdb

from jobs import results
from jobs.pipeline import PIPELINES, JobError
from jobs.results import SUCCESS

SUBJECTS = ("placement", "page")
# Grain -> what the tables by it are called.
GRAINS = {"hour": "hourly", "day": "daily"}
_COUNTS = "view_count BIGINT, click_count BIGINT, user_count BIGINT, click_through_rate DOUBLE, date DATE"


def newest(data_dir: str, of: str, grain: str) -> datetime:
    """The newest finished hour or day, its start, UTC; JobError where none is."""
    table = Path(results.local_folder(data_dir), _table(of, grain))
    within = (ordered(day, "hour=") if grain == "hour" else [day] for day in ordered(table, "date="))
    for folder in (folder for folders in within for folder in folders):
        if (folder / SUCCESS).exists():
            day, hour = (folder.parent.name, folder.name[5:]) if grain == "hour" else (folder.name, "00")
            return datetime.fromisoformat(f"{day.removeprefix('date=')}T{hour}:00")
    raise JobError(f"{table} has no finished {grain}: start the servers and page_stats (README).")


def ordered(folder: Path, prefix: str) -> list[Path]:
    """The folders within whose names begin so, the greatest first."""
    names = [entry.name for entry in os.scandir(folder) if entry.name.startswith(prefix)] if folder.exists() else []
    return [folder / name for name in sorted(names, reverse=True)]


def connect(data_dir: str, of: str, grain: str) -> duckdb.DuckDBPyConnection:
    """A connection with a view `statistics` of the rows of finished hours or days."""
    db = duckdb.connect()
    root = results.local_folder(data_dir)
    name = _table(of, grain)
    written, archives = results.files(db, root, name)
    folders = {Path(file).parent for file in written}
    finished = {folder for folder in folders if (folder / SUCCESS).exists()}
    columns = f"{of}_id VARCHAR, {grain}_timestamp TIMESTAMP, {_COUNTS}"
    table = results.tables(PIPELINES / "page_stats")[name]
    files = [file for file in written if Path(file).parent in finished]
    results.create_view(db, "statistics", columns, table, files, archives)
    return db


def statistics(
    db: duckdb.DuckDBPyConnection, of: str, grain: str, first: date, last: date, ids: Collection[str] = ()
) -> duckdb.DuckDBPyRelation:
    """Rows of these days: {of}_id, period (UTC), views, clicks, users (distinct visitors), click_through_rate."""
    some = f"AND {of}_id IN ({', '.join(map(results.literal, ids))})" if ids else ""
    return db.sql(f"""
        SELECT {of}_id, {grain}_timestamp AS period, view_count AS views, click_count AS clicks, user_count AS users,
            click_through_rate
        FROM statistics WHERE date BETWEEN DATE '{first}' AND DATE '{last}' {some} ORDER BY period, {of}_id
    """)


def _table(of: str, grain: str) -> str:
    return f"{of}_stats_{GRAINS[grain]}"
