"""The launcher: what goes wrong is said in a few lines, with an exit code that is not 0."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from tests.conftest import NewStream
from tests.support.commands import REPO, python, submit
from tests.support.stream import PARTITIONS, Stream, view

LINES = 8


@pytest.fixture(scope="module")
def stream(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A topic and a DATA_DIR, not submitted yet."""
    made = Stream(cluster, tmp_path_factory.mktemp("submit"), "1,1\n", datetime(2026, 1, 1))
    yield made
    made.cancel()


def refused(stream: Stream, pipeline: str, *options: str, **environment: str) -> str:
    """Standard error of a submission that must fail, in few lines and without a Java trace."""
    done = submit(pipeline, *options, **{**stream.environment, **environment})
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert "\tat " not in done.stderr
    assert len(done.stderr.splitlines()) <= LINES, done.stderr
    return done.stderr


def pipeline(folder: Path, *statements: str) -> str:
    (folder / "1_only.sql").write_text("-- =====\n" + ";\n".join(statements))
    return str(folder)


def test_a_pipeline_that_does_not_exist(stream: Stream) -> None:
    assert "There are: page_stats, view_report" in refused(stream, "view_reports")


def test_a_missing_variable(stream: Stream, folder: Path) -> None:
    message = refused(stream, pipeline(folder, "SELECT 1", "SELECT '${NOT_SET_ANYWHERE}'"))
    assert "NOT_SET_ANYWHERE" in message
    assert "1_only.sql:3" in message


@pytest.mark.parametrize("zone", ["+05:30", "New York", ""])
def test_a_time_zone_that_is_none(stream: Stream, zone: str) -> None:
    message = refused(stream, "view_report", "--explain", REPORT_TIME_ZONE=zone)
    assert f"REPORT_TIME_ZONE is '{zone}', which is no time zone; America/New_York would be one." in message


@pytest.mark.parametrize(
    ("statement", "reason", "line"),
    [
        ("CREATE TABLE t (a INT)\nWITH 'connector'", "Encountered", "line 4"),
        ("INSERT INTO sink\nSELECT no_such_column FROM source", "no_such_column", "line 4"),
        ("INSERT INTO no_such_table SELECT a FROM source", "no_such_table", ":3"),
        ("SELECT a FROM source", "SET, CREATE and INSERT", ":3"),
        ("SET sloppy = 1", "SET 'name' = 'value'", ":3"),
    ],
)
def test_bad_sql_is_named_with_its_file_and_line(
    stream: Stream, folder: Path, statement: str, reason: str, line: str
) -> None:
    tables = (
        "CREATE TABLE source (a INT) WITH ('connector' = 'datagen'); "
        "CREATE TABLE sink (a INT) WITH ('connector' = 'blackhole')"
    )
    message = refused(stream, pipeline(folder, tables, statement))
    assert "1_only.sql:3" in message
    assert reason in message
    assert line in message


def test_a_plan_that_flink_refuses_names_the_statements(stream: Stream, folder: Path) -> None:
    sql = [
        "CREATE TABLE source (a INT) WITH ('connector' = 'datagen')",
        "CREATE TABLE sink (a INT, n BIGINT) "
        "WITH ('connector' = 'filesystem', 'path' = '/tmp/x', 'format' = 'parquet')",
        "INSERT INTO sink SELECT a, COUNT(*) FROM source GROUP BY a",
    ]
    message = refused(stream, pipeline(folder, *sql))
    assert "doesn't support consuming update changes" in message
    assert "1_only.sql:4" in message


def test_a_pipeline_without_an_insert(stream: Stream, folder: Path) -> None:
    assert "no INSERT" in refused(stream, pipeline(folder, "SET 'parallelism.default' = '1'"))


def test_kafka_that_does_not_answer(stream: Stream) -> None:
    message = refused(stream, "view_report", KAFKA_BOOTSTRAP_SERVERS="localhost:1")
    assert "Kafka does not answer at localhost:1" in message


def test_a_topic_that_does_not_exist(stream: Stream) -> None:
    message = refused(stream, "view_report", VIEW_LOG_TOPIC="no_such_topic")
    assert "no topic 'no_such_topic'" in message
    assert "python -m jobs.topics" in message


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (None, "does not exist"),
        ({}, "holds no file with anything in it"),
        ({"campaigns.csv": ""}, "holds no file with anything in it"),
        ({".campaigns.csv.part": "1,1\n"}, "holds no file with anything in it"),
    ],
)
def test_campaigns_that_are_not_there(stream: Stream, folder: Path, files: dict | None, reason: str) -> None:
    if files is not None:
        (folder / "campaigns").mkdir()
        for name, text in files.items():
            (folder / "campaigns" / name).write_text(text)
    message = refused(stream, "view_report", DATA_DIR=f"file://{folder}")
    assert f"{folder}/campaigns, which table campaigns_csv reads, {reason}" in message


def test_a_campaign_that_one_file_puts_into_two_networks(stream: Stream, folder: Path) -> None:
    (folder / "campaigns").mkdir()
    # Neither a line that is none nor the same network again is a contradiction, nor is another file's.
    (folder / "campaigns" / "campaigns.csv").write_text('1,1\n"2","2"\n1,1\n2 , 3 ,x\r\n\n3,\n3,4\n4;4\n"\n1.5,7\n')
    (folder / "campaigns" / "more.csv").write_bytes(b"1,9\n\xff\xfe,9\n5,1\n5,2")
    message = refused(stream, "view_report", DATA_DIR=f"file://{folder}")
    assert message.splitlines() == [
        "error: File campaigns.csv puts campaign 2 into networks 2, 3; keep one of its lines.",
        "  File more.csv puts campaign 5 into networks 1, 2; keep one of its lines.",
    ]


def test_more_tasks_than_partitions(stream: Stream, folder: Path) -> None:
    """A task without a partition has no watermark, and the least of all tasks' is the one that counts."""
    copy = shutil.copytree(PIPELINES / "view_report", folder / "view_report")
    sources = copy / "1_sources.sql"
    sources.write_text(f"SET 'parallelism.default' = '{PARTITIONS + 1}';\n{sources.read_text()}")
    message = refused(stream, str(copy))
    assert f"has {PARTITIONS} partitions for parallelism {PARTITIONS + 1}" in message


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("'value.format'", "'key.format' = 'raw', 'key.fields' = 'campaign_id', 'value.format'", "has no key.format"),
    ],
)
def test_what_audited_kafka_needs(stream: Stream, folder: Path, old: str, new: str, reason: str) -> None:
    copy = shutil.copytree(PIPELINES / "view_report", folder / "view_report")
    table = copy / "1_view_log.guarded-json.sql"
    assert old in table.read_text()
    table.write_text(table.read_text().replace(old, new))
    assert reason in refused(stream, str(copy))


def test_a_job_manager_that_does_not_answer(stream: Stream) -> None:
    message = refused(stream, "view_report", "--jobmanager", "localhost:1")
    assert "No Flink JobManager answers at http://localhost:1" in message


def test_a_job_manager_that_is_no_address(stream: Stream) -> None:
    assert "HOST:PORT" in refused(stream, "view_report", "--jobmanager", "localhost")


def test_verbose_shows_the_java_trace(stream: Stream, folder: Path) -> None:
    done = python("jobs.submit", pipeline(folder, "CREATE NONSENSE"), "--verbose", **stream.environment)
    assert done.returncode == 1
    assert "\tat org.apache.flink" in done.stderr


def test_explain_prints_the_plan_and_needs_no_servers(stream: Stream) -> None:
    nowhere = {**stream.environment, "KAFKA_BOOTSTRAP_SERVERS": "localhost:1"}
    done = python("jobs.submit", "view_report", "--explain", "--jobmanager", "localhost:1", **nowhere)
    assert done.returncode == 0, done.stderr
    assert "== Optimized Physical Plan ==" in done.stdout
    # What the design rests on: the watermark is made in the source, the aggregate is in two phases, nothing is updated.
    assert re.search(
        r"TableSourceScan\(.*view_log.*watermark=\[.*-\(end_timestamp, 10000:INTERVAL SECOND\)", done.stdout
    )
    # No partition is ever taken for idle because a clock says so.
    assert "idletimeout" not in done.stdout.lower()
    execution = done.stdout.split("== Optimized Execution Plan ==")[1]
    # One pass over the topic for the report, the rejected, the late and the audit; events are aggregated once.
    assert execution.count("TableSourceScan(table=[[default_catalog, default_database, view_log") == 1
    assert execution.count("LocalWindowAggregate(groupBy=[stretch, campaign_id]") == 1
    assert "TemporalJoin" in done.stdout
    # Each message is judged once for all that is not reported, and no row is copied before that.
    assert execution.count("'missing_field:campaign_id'") == 1
    assert re.search(r"^TableSourceScan\(.*, view_log, .*\(reuse_id=\[\d+\]\)$", execution, re.M)


def test_a_pipeline_that_runs_is_not_submitted_again(stream: Stream) -> None:
    stream.submit()
    message = refused(stream, "view_report")
    assert f"already runs as job {stream.job_id}" in message
    again = submit("view_report", "--unless-running", **stream.environment)
    assert again.returncode == 0, again.stderr
    assert re.search(f"view_report runs already: .*/{stream.job_id}$", again.stdout.strip())
    stream.cancel()
    # And when it has ended, it may run again, any number of times.
    for _ in range(2):
        stream.submitted(submit("view_report", "--unless-running", **stream.environment))
        stream.cancel()


def test_a_job_does_not_begin_anew_over_results(new_stream: NewStream, folder: Path) -> None:
    """It would count all events again. The message says how to go on, and that works."""
    stream = new_stream(folder, "1,1\n", datetime(2026, 1, 2))
    stream.submit()
    stream.send([(0, view(1, stream.now_ms, 10))])
    stream.finish_minutes()
    stream.cancel()
    message = refused(stream, "view_report")
    assert f"file://{stream.report} holds results already" in message
    (checkpoint,) = re.findall(r"--from (\S+)\. Or", message)
    done = submit("view_report", "--from", checkpoint, **stream.environment)
    stream.submitted(done)
    stream.send([(1, view(1, stream.now_ms, 10))])
    stream.finish_minutes()
    assert not stream.account({1: 1})


def test_of_two_launchers_at_once_only_one_succeeds(stream: Stream) -> None:
    command = [sys.executable, "-m", "jobs.submit", "view_report"]
    environment = {**os.environ, **stream.environment}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    launchers = [subprocess.Popen(command, cwd=REPO, env=environment, **pipes) for _ in range(2)]
    said = [launcher.communicate(timeout=120) for launcher in launchers]
    assert sorted(launcher.returncode for launcher in launchers) == [0, 1], said
    (won,) = [out for out, _ in said if "runs as job" in out]
    (refused_one,) = [err for out, err in said if not out]
    stream.job_id = won.rsplit("/", 1)[1].strip()
    assert f"already runs as job {stream.job_id}" in refused_one
    stream.wait_until_running()
    jobs = stream.get("jobs/overview")["jobs"]
    assert [job["jid"] for job in jobs if job["state"] == "RUNNING"] == [stream.job_id]
    stream.cancel()
