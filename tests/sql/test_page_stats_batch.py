"""page_stats over files: the same numbers as over Kafka, as the oracle's and as DuckDB's; running it again replaces."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from local.cluster import Cluster
from local.flink import conf_dir
from producer.banner_events import Events, Shape
from tests.support import banner_oracle as oracle
from tests.support import commands
from tests.support import topic as topics
from tests.support.banner_oracle import DAY, HOUR, Event, Late, Problem, Punctuation, Stats
from tests.support.oracle import Message
from tests.support.page_stats import TABLES, PageStats, event, table
from tests.support.page_stats_files import Batch, expected, write_parquet

BEGIN = round(datetime(2026, 3, 28, tzinfo=UTC).timestamp())


def write(folder: Path, values: list[bytes]) -> list[Path]:
    """Hourly files of JSON lines, every other one compressed; what has no hour lies in the first one. Returns them."""
    hours: dict[str, list[bytes]] = defaultdict(list)
    for value in values:
        fate = oracle.judge(Message(0, 0, 2**62, value))
        at = fate.at if isinstance(fate, Event) else BEGIN - 1
        hours[f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H}"].append(value)
    folder.mkdir()
    files = []
    for number, (hour, lines) in enumerate(sorted(hours.items())):
        text = b"".join(line + b"\n" for line in lines)
        files.append(folder / f"{hour}.jsonl{'.gz' if number % 2 else ''}")
        files[-1].write_bytes(gzip.compress(text) if number % 2 else text)
    return files


@pytest.fixture(scope="module")
def values() -> list[bytes]:
    """Messages of 30 hours, faults among them."""
    shape = Shape(pages=10, visitors=500, bots=0.05, malformed=0.03)
    history = Events(seed=2, start_ms=BEGIN * 1000, rate=20_000 / 30 / HOUR, max_delay_seconds=10, shape=shape)
    return [value for block in history.blocks(20_000) for value in block.values]


@pytest.fixture
def batch(cluster: Cluster, tmp_path: Path) -> Iterator[Batch]:
    return Batch(cluster, tmp_path / "data")


def judged(values: list[bytes]) -> tuple[list[Event], Counter]:
    """The events that count, and the lines that are rejected."""
    fates = [(value, oracle.judge(Message(0, 0, 2**62, value))) for value in values]
    problems = Counter((value, fate.reason) for value, fate in fates if isinstance(fate, Problem))
    return [fate for _, fate in fates if isinstance(fate, Event)], problems


def test_files_of_json_lines(batch: Batch, values: list[bytes], tmp_path: Path) -> None:
    """Compressed or not; run twice; then one hour again, mended; then one that counts other events."""
    files = write(tmp_path / "input", values)
    events, problems = judged(values)
    assert len(problems) > 100
    for _ in range(2):
        batch.run(tmp_path / "input")
        assert batch.rows() == expected(events)
        assert batch.rejected() == problems
        counts = batch.audit()
        assert counts.keys() == {file.name for file in files}
        assert all(read == reported + rejected for read, reported, rejected in counts.values())
        assert [sum(column) for column in zip(*counts.values(), strict=True)][1:] == [len(events), problems.total()]

    # The first file holds all that has no hour. Without these lines nothing is left to reject of it.
    hour = tmp_path / "one hour"
    hour.mkdir()
    good = [v for v in files[0].read_bytes().splitlines() if isinstance(oracle.judge(Message(0, 0, 2**62, v)), Event)]
    (hour / files[0].name).write_bytes(b"".join(line + b"\n" for line in good))
    batch.run(hour, PAGE_STATS_DAYS="kept")
    assert batch.rows() == expected(events)
    assert not batch.rejected()
    assert batch.audit() == {**counts, files[0].name: (len(good), len(good), 0)}

    # The control: with another visitor in it, that hour is another, and nothing else.
    with (hour / files[0].name).open("ab") as file:
        file.write(event(BEGIN - 1, user="somebody else", placement="placement-0-0", page="page-0") + b"\n")
    batch.run(hour, PAGE_STATS_DAYS="kept")
    before, after = expected(events), batch.rows()
    for name, key in (("placement_stats_hourly", "placement-0-0"), ("page_stats_hourly", "page-0")):
        views, clicks, users = before[name].get((key, BEGIN - HOUR), (0, 0, 0))
        before[name][key, BEGIN - HOUR] = Stats(views + 1, clicks, users + 1)
    assert after == before


def test_files_of_parquet_and_duckdb(batch: Batch, values: list[bytes], tmp_path: Path) -> None:
    events, _ = judged(values)
    write_parquet(tmp_path / "input", events)
    batch.run(tmp_path / "input")
    assert batch.rows() == expected(events)
    assert not batch.rejected()
    found = duckdb.sql(f"""
        SELECT page_id, epoch(date_trunc('day', make_timestamp("timestamp" * 1000000)))::BIGINT,
            count(*) FILTER (event_type = 0), count(*) FILTER (event_type = 1), count(DISTINCT user_id)
        FROM read_parquet('{tmp_path}/input/*') GROUP BY ALL
    """).fetchall()
    assert batch.rows()["page_stats_daily"] == {(page, day): Stats(*rest) for page, day, *rest in found}


def test_the_same_messages_from_kafka_and_from_files(batch: Batch, cluster: Cluster, tmp_path: Path) -> None:
    """The stream's rows, to the last one, from files of the messages that were not late."""
    stream = PageStats(cluster, tmp_path / "stream", datetime.fromtimestamp(BEGIN, UTC))
    stream.submit(BANNER_EVENTS_SILENCE_AFTER="10 min")
    shape = Shape(pages=10, visitors=500, late=0.02)
    history = Events(seed=3, start_ms=BEGIN * 1000, rate=10_000 / 30 / HOUR, max_delay_seconds=10, shape=shape)
    sent = [value for block in history.blocks(10_000) for value in block.values]
    stream.send((number % 2, value) for number, value in enumerate(sent))
    stream.now += DAY + 7 * HOUR
    stream.finish_days()
    stream.cancel()
    messages = topics.read(cluster.bootstrap_servers, stream.topic)
    fates = oracle.fates(messages)
    late = [fate for fate in fates.values() if isinstance(fate, Late)]
    assert len(late) > 50
    in_time = [
        message.value
        for message in messages
        if not isinstance(fate := fates[message.partition, message.offset], Late | Punctuation)
        and not (isinstance(fate, Event) and fate.at >= stream.now)
    ]
    write(tmp_path / "input", in_time)
    batch.run(tmp_path / "input")
    assert batch.rows() == {table(*of): dict(stream.rows(*of)) for of in TABLES}


@pytest.mark.parametrize(
    ("files", "pipeline", "error"),
    [
        ([], "page_stats", "holds no file"),
        (["a.jsonl", "b.parquet"], "page_stats", "holds Parquet and other files"),
        (["a.jsonl"], "view_report", "view_report reads Kafka only"),
    ],
)
def test_what_cannot_be_run_is_refused(
    cluster: Cluster, tmp_path: Path, files: list[str], pipeline: str, error: str
) -> None:
    for name in files:
        (tmp_path / name).write_bytes(json.dumps({}).encode())
    done = commands.submit(pipeline, "--batch", str(tmp_path), FLINK_CONF_DIR=str(conf_dir(cluster.folder)))
    assert done.returncode == 1
    assert error in done.stderr
