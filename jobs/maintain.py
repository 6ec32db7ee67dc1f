"""Make one file of the many that each finished day of a pipeline's results consists of, and delete what is too old.

    python -m jobs.maintain view_report

sql/PIPELINE/tables.yaml says after how many days, per table. Run it once a day (cron), while the pipeline runs. A day
is copied to DATA_DIR/archive/TABLE/date=DAY/part-0.parquet; the _SUCCESS that is then put beside it is the moment from
which readers (jobs.audit and dashboard/, by jobs/results.py) take the archive instead, so that none sees a row twice
or misses one. The old files are deleted by a later run, when --grace-minutes have gone by, because somebody may have
begun to read them before.

Environment: DATA_DIR (default file://<repository>/data), which must be on this machine.
"""

import argparse
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from jobs import results
from jobs.pipeline import JobError, pipeline_folder, pipeline_names
from jobs.results import SUCCESS, Table


def main(arguments: list[str] | None = None) -> int:
    """Maintain one pipeline's results and print what was done. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.maintain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pipeline", metavar="PIPELINE", help=f"one of: {', '.join(pipeline_names())}")
    parser.add_argument(
        "--grace-minutes",
        type=float,
        default=60,
        help="how long files that are no longer needed stay for those who read them already (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    try:
        root = Path(results.local_folder(results.data_dir()))
        folder = pipeline_folder(options.pipeline)
        for table in results.tables(folder).values():
            _maintain(duckdb.connect(), root, table, options.grace_minutes * 60)
    except JobError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    return 0


def _maintain(db: duckdb.DuckDBPyConnection, root: Path, table: Table, grace_seconds: float) -> None:
    archived = results.archived_days(db, str(root), table.name)
    written: dict[date, list[Path]] = {}
    for file in results.paths(db, f"{root}/{table.name}/**/part-*"):
        written.setdefault(results.day_of(file), []).append(Path(file))
    # Of most archived days nothing is left to delete: a year of them names millions of files.
    left = [archived[day] for day in sorted(written.keys() & archived.keys())]
    deleted = _delete_copied(db, root, table, left, grace_seconds)
    today = datetime.now(UTC).date()
    copied = 0
    for day in sorted(written.keys() - archived.keys()):
        if table.archive_after_days and day <= today - timedelta(days=table.archive_after_days):
            copied += _archive(db, root, table, day, written[day])
    oldest = today - timedelta(days=table.keep_days)
    expired = [day for day in written.keys() | archived.keys() if table.keep_days and day < oldest]
    for day in expired:
        _expire(root, table, day, written.get(day, []))
    print(f"{table.name}: {copied:,} files copied, {deleted:,} deleted, {len(expired):,} days expired", flush=True)


def _archive(db: duckdb.DuckDBPyConnection, root: Path, table: Table, day: date, files: list[Path]) -> int:
    """Copy a day's rows into its archive, if the day is complete. Returns the number of files copied."""
    if table.complete and not all((folder / table.complete).exists() for folder in {file.parent for file in files}):
        return 0
    folder = root / results.ARCHIVE / table.name / f"date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / ".part-0.parquet"
    rows = results.rows(table, [str(file) for file in files], [])
    # Sorted by the folders' columns, so that a reader of one network skips the others.
    db.execute(
        f"COPY ({rows} ORDER BY {', '.join(table.partitions)}) "
        f"TO {results.literal(str(unfinished))} (FORMAT parquet, COMPRESSION zstd)"
    )
    unfinished.rename(folder / "part-0.parquet")
    listed = folder / f".{SUCCESS}"
    listed.write_text("".join(f"{file.relative_to(root / table.name)}\n" for file in files))
    listed.rename(folder / SUCCESS)
    return len(files)


def _delete_copied(
    db: duckdb.DuckDBPyConnection, root: Path, table: Table, successes: list[str], grace_seconds: float
) -> int:
    """Delete what has been copied into these archives, if long enough ago. Returns the number of files deleted."""
    deleted = 0
    for success in successes:
        if time.time() - Path(success).stat().st_mtime >= grace_seconds:
            for name in results.sources(db, success):
                deleted += _delete(root / table.name / name)
    return deleted


def _expire(root: Path, table: Table, day: date, files: list[Path]) -> None:
    """Delete a day: what Flink wrote first, because without the archive's _SUCCESS it would be read again."""
    folder = root / results.ARCHIVE / table.name / f"date={day}"
    for file in [*files, folder / SUCCESS, folder / "part-0.parquet"]:
        _delete(file)


def _delete(file: Path) -> bool:
    """Delete a file and, when nothing but a marker is left, the folders of its day. Returns whether it was there."""
    there = file.exists()
    file.unlink(missing_ok=True)
    for folder in (file.parent, file.parent.parent):
        of_a_day = results.is_of_a_day(str(folder))
        if of_a_day and folder.exists() and {left.name for left in folder.iterdir()} <= {SUCCESS}:
            (folder / SUCCESS).unlink(missing_ok=True)
            folder.rmdir()
    return there


if __name__ == "__main__":
    sys.exit(main())
