"""Account for every message that a pipeline has read: reported, late or rejected, and really there.

    python -m jobs.audit view_report

Follows the offsets of each Kafka partition, and compares what was read with what was reported, with the rows of late/
and rejected/, and that with what the result really holds. Only finished minutes are judged. Exit code 0 when everything
agrees and nothing was lost; 1 when not, or when there is nothing to judge.

Environment: DATA_DIR (default file://<repository>/data). Where a JobManager answers (--jobmanager, or what
FLINK_CONF_DIR says), it is asked whether Flink itself has dropped rows as late, which must never happen.
"""

import argparse
import sys
import time
from pathlib import Path

import duckdb

from jobs import results
from jobs.inputs import findings
from jobs.job_manager import job_manager_at
from jobs.pipeline import PIPELINES, JobError, pipeline_folder, pipeline_names, split

# Files of one checkpoint become visible one after the other; what disagrees for longer than this is wrong.
_SETTLES_SECONDS = 10
_MINUTES_SHOWN = 10
_FINDINGS_SHOWN = 20
_COUNTS = ("read", "reported", "late", "rejected", "punctuations", "lost")
# Table, and the columns that sql/audit.sql needs of it.
_INPUTS = {
    "offsets_noted": (
        "audit/offsets",
        "pipeline VARCHAR, topic VARCHAR, kafka_partition INT, kafka_offset BIGINT, previous_offset BIGINT, "
        "arrival_minute TIMESTAMP, previous_arrival_minute TIMESTAMP, is_punctuation BOOLEAN, read_at TIMESTAMP",
    ),
    "reported_counts": (
        "audit/reported",
        "pipeline VARCHAR, topic VARCHAR, kafka_partition INT, event_minute TIMESTAMP, arrival_minute TIMESTAMP, "
        "events BIGINT, amount BIGINT",
    ),
    "rejected_rows": ("rejected", "pipeline VARCHAR, topic VARCHAR, kafka_partition INT, kafka_offset BIGINT"),
    "late_rows": ("late", "pipeline VARCHAR, topic VARCHAR, kafka_partition INT, kafka_offset BIGINT"),
}
_REPORTED = "minute TIMESTAMP, events BIGINT, amount BIGINT"


def main(arguments: list[str] | None = None) -> int:
    """Print the audit of one pipeline on one screen. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.audit", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pipeline", metavar="PIPELINE", help=f"one of: {', '.join(pipeline_names())}")
    parser.add_argument(
        "--jobmanager",
        metavar="HOST:PORT",
        help="REST address of the JobManager (default: rest.address and rest.port of FLINK_CONF_DIR/config.yaml)",
    )
    options = parser.parse_args(arguments)
    try:
        return _audit(pipeline_folder(options.pipeline), options.jobmanager)
    except JobError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1


def disagreements(
    folder: Path, data_dir: str, settles_seconds: float = _SETTLES_SECONDS
) -> tuple[duckdb.DuckDBPyConnection, list[tuple]]:
    """What disagrees, or is not there at all, for longer than a checkpoint takes to become visible; and the connection.

    Rows are (kafka_partition, minute, what, expected, found).
    """
    deadline = time.monotonic() + settles_seconds
    while True:
        db = read(folder, data_dir)
        found = db.sql("SELECT * FROM disagreements ORDER BY minute, kafka_partition, what").fetchall()
        something = db.sql("SELECT 1 FROM reported_counts LIMIT 1").fetchall()
        if (something and not found) or time.monotonic() > deadline:
            return db, found
        time.sleep(1)


def _audit(folder: Path, job_manager: str | None) -> int:
    data_dir = results.data_dir()
    db, wrong = disagreements(folder, data_dir)
    topics = [topic for (topic,) in db.sql("SELECT DISTINCT topic FROM reported_counts").fetchall()]
    if not topics:
        raise JobError(f"{data_dir}/audit has no finished minute of {folder.name}. Does it run (`make status`)?")
    print(f"{folder.name}: what was read from topic {', '.join(topics)}, and what became of it\n")
    print(f"The {_MINUTES_SHOWN} newest minutes of arrival (UTC), all partitions")
    _table(db, "arrival_minute", f"ORDER BY 1 DESC NULLS LAST LIMIT {_MINUTES_SHOWN}")
    print("\nKafka partitions, all finished minutes")
    _table(db, "kafka_partition", "ORDER BY 1 DESC")
    lost = db.sql("SELECT * FROM lost ORDER BY ALL").fetchall()
    for partition, first, last, noticed in lost[:_FINDINGS_SHOWN]:
        print(
            f"\nLOST: offsets {first:,} to {last:,} of partition {partition}, {last - first + 1:,} messages: Kafka had "
            f"them no more when they were to be read ({noticed:%Y-%m-%d %H:%M:%S} UTC)."
        )
    for partition, minute, what, expected, found in wrong[:_FINDINGS_SHOWN]:
        where = "all partitions" if partition is None else f"partition {partition}"
        when = f", {minute:%Y-%m-%d %H:%M}" if minute else ""
        print(f"\nWRONG: {where}{when}: {what}: {expected:,} and {found:,} ({found - expected:+,}).")
    inputs = findings(folder, data_dir)
    for finding in inputs[:_FINDINGS_SHOWN]:
        print(f"\nWRONG: {finding}")
    if max(len(lost), len(wrong), len(inputs)) > _FINDINGS_SHOWN:
        print(f"... and more: {len(lost):,} gaps, {len(wrong) + len(inputs):,} disagreements in all.")
    dropped = _dropped_by_flink(folder.name, job_manager)
    print(f"\nRows that Flink itself has dropped as late, which must be none: {dropped}.")
    return _verdict(db, len(wrong) + len(inputs), lost, dropped)


def _verdict(db: duckdb.DuckDBPyConnection, wrong: int, lost: list[tuple], dropped: int | str) -> int:
    if wrong:
        print("\nNOT in order: see WRONG above.")
        return 1
    if isinstance(dropped, int) and dropped > 0:
        print("\nNOT in order: Flink has dropped rows that were counted as reported.")
        return 1
    if lost:
        count = sum(last - first + 1 for _, first, last, _ in lost)
        print(f"\nNOT complete: {count:,} messages were lost in Kafka. All that was read is accounted for.")
        return 1
    events = db.sql("SELECT coalesce(sum(read - punctuations), 0)::BIGINT FROM stretches").fetchall()[0][0]
    print(f"\nIn order: each of {events:,} events is reported, late or rejected, once, and there.")
    return 0


def read(folder: Path, data_dir: str) -> duckdb.DuckDBPyConnection:
    """A connection with the tables that sql/audit.sql is about, and its views."""
    db = duckdb.connect()
    root = data_dir.removeprefix("file://")
    tables = results.tables(folder)
    for name, (table, columns) in _INPUTS.items():
        results.create_view(db, "found", columns, tables[table], *results.files(db, root, table))
        # What was rejected of other inputs than Kafka has no place in a topic.
        db.execute(
            f"CREATE TABLE {name} AS SELECT * FROM found "
            f"WHERE pipeline = {results.literal(folder.name)} AND topic IS NOT NULL"
        )
    reported = folder / "audit" / "reported.sql"
    if not reported.exists():
        raise JobError(f"{folder.name} cannot be audited: it has no audit/reported.sql that counts what it reports.")
    (statement,), _ = split(reported.read_text(), reported, {})
    for name in set(tables) - {table for table, _ in _INPUTS.values()}:
        written, archives = results.files(db, root, name)
        if written or archives:
            db.execute(f"CREATE VIEW {name} AS {results.rows(tables[name], written, archives)}")
    try:
        db.execute(f"CREATE TABLE reported_rows AS {statement.sql}")
    except duckdb.CatalogException:
        # A table that nothing has been written to yet.
        db.execute(f"CREATE TABLE reported_rows ({_REPORTED})")
    db.execute((PIPELINES / "audit.sql").read_text())
    return db


def _table(db: duckdb.DuckDBPyConnection, key: str, order: str) -> None:
    counts = ", ".join(f"sum({name})::BIGINT" for name in _COUNTS)
    rows = db.sql(
        f"SELECT {key}, {counts}, min(first_offset), max(last_offset) FROM stretches GROUP BY 1 {order}"
    ).fetchall()
    by_minute = key == "arrival_minute"
    heads = ["minute" if by_minute else "partition", *_COUNTS, *([] if by_minute else ["first offset", "last offset"])]
    print("".join(f"{head:>14}" for head in heads))
    for row in reversed(rows):
        first = "before" if row[0] is None else f"{row[0]:%m-%d %H:%M}" if by_minute else str(row[0])
        print(f"{first:>14}" + "".join(f"{value:>14,}" for value in row[1 : len(heads)]))


def _dropped_by_flink(pipeline: str, address: str | None) -> int | str:
    """Flink's own numLateRecordsDropped, summed over the running job; or why it is not known."""
    job_manager = job_manager_at(address, pipeline)
    try:
        dropped = job_manager.dropped_as_late()
    except JobError:
        return f"not known, no JobManager answers at {job_manager.url}"
    return f"not known, {pipeline} does not run at {job_manager.url}" if dropped is None else dropped


if __name__ == "__main__":
    sys.exit(main())
