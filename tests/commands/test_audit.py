"""The audit: in order when everything is, and every corruption is noticed, by it or by the tests' own account."""

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs import audit
from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from tests.sql.conftest import NETWORKS
from tests.support import commands
from tests.support.stream import PARTITIONS, Stream, view

MINUTE = 60_000
PIPELINE = PIPELINES / "view_report"


@pytest.fixture(scope="module")
def finished(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream of five minutes with late and bad messages, all of it processed; the job still runs."""
    csv = "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    stream = Stream(cluster, tmp_path_factory.mktemp("audited stream"), csv, datetime(2026, 9, 1, 12, 0))
    stream.submit()
    rng = random.Random(4)
    for _ in range(5):
        base = stream.now_ms
        good = [
            view(rng.choice([*NETWORKS, 999]), base + rng.randrange(9_000), rng.randrange(5_000)) for _ in range(400)
        ]
        old = [view(1, base - rng.randrange(3, 20) * MINUTE, 5) for _ in range(20)] if stream.sent else []
        mixed = [*good, *old, *(b"bad %d" % i for i in range(10))]
        rng.shuffle(mixed)
        stream.send((rng.randrange(PARTITIONS), message) for message in mixed)
        stream.finish_minutes()
    assert not stream.account(NETWORKS)
    yield stream
    stream.cancel()


def run_audit(stream: Stream, **environment: str):
    return commands.python("jobs.audit", "view_report", **{**stream.environment, **environment})


def test_in_order(finished: Stream) -> None:
    done = run_audit(finished)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "In order: each of " in done.stdout
    assert "which must be none: 0." in done.stdout
    assert len(done.stdout.splitlines()) <= 40
    assert max(map(len, done.stdout.splitlines())) <= 140
    # A row a partition, and the counts of at least three finished minutes.
    assert [line.split()[0] for line in done.stdout.splitlines() if line.strip().startswith(tuple("0123"))][-4:] == [
        *"0123"
    ]


def test_nothing_to_audit(finished: Stream, folder: Path) -> None:
    done = run_audit(finished, DATA_DIR=f"file://{folder}")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "no finished minute" in done.stderr


def test_a_file_that_contradicts_itself(finished: Stream, folder: Path) -> None:
    data = shutil.copytree(finished.data, folder / "copy")
    (data / "campaigns" / "added later.csv").write_text("1,1\n1,2\n")
    done = run_audit(finished, DATA_DIR=f"file://{data}")
    assert done.returncode == 1
    assert "WRONG: File added later.csv puts campaign 1 into networks 1, 2; keep one of its lines." in done.stdout


def test_without_a_job_manager_the_rest_is_audited(finished: Stream) -> None:
    done = commands.python("jobs.audit", "view_report", "--jobmanager", "localhost:1", **finished.environment)
    assert done.returncode == 0, done.stdout
    assert "not known, no JobManager answers at http://localhost:1" in done.stdout


Corruption = Callable[[Path], None]


def files(data: Path, where: str) -> list[Path]:
    """The finished files of a folder of DATA_DIR, by name; there must be some."""
    found = sorted((data / where).glob("**/part-*"))
    assert found, where
    return found


def report_file(data: Path) -> Path:
    """A file of the second finished minute with events, of a known network."""
    folders = sorted(f for f in (data / "view_report").glob("network_id=3/*") if any(f.glob("part-*")))
    return next(folders[1].glob("part-*"))


def rewrite(file: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    pq.write_table(change(pq.ParquetFile(file).read()), file)


def altered(column: str, value) -> Callable[[pa.Table], pa.Table]:
    """The table with `value` (or what it makes of the old one) in the first row of a column."""

    def change(table: pa.Table) -> pa.Table:
        cells = table[column].to_pylist()
        cells[0] = value(cells[0]) if callable(value) else value
        index = table.schema.get_field_index(column)
        return table.set_column(index, table.schema.field(index), pa.array(cells, table.schema.field(index).type))

    return change


def biggest(data: Path, where: str) -> Path:
    return max(files(data, where), key=lambda file: pq.ParquetFile(file).metadata.num_rows)


def judged(data: Path, where: str) -> Path:
    """A file whose first row is of a message that is judged: of a finished minute of arrival."""
    return next(
        file for file in files(data, where) if pc.max(pq.ParquetFile(file).read()["kafka_offset"]).as_py() < 300
    )


def doubled(file: Path) -> None:
    shutil.copy(file, file.with_name(file.name + "-again"))


def swapped(data: Path) -> None:
    """Two networks change places."""
    one = report_file(data)
    other = next((data / "view_report" / "network_id=4" / one.parent.name).glob("part-*"))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def moved(data: Path) -> None:
    """A file goes to another minute of its network."""
    file = report_file(data)
    other = next(f for f in sorted(file.parent.parent.iterdir()) if f != file.parent and any(f.glob("part-*")))
    file.rename(other / "part-from-elsewhere-0-0")


def also_rejected(data: Path) -> None:
    """A rejected row gets the place of a late one."""
    late = pq.ParquetFile(judged(data, "late")).read().to_pylist()[0]
    for column in ("kafka_partition", "kafka_offset"):
        rewrite(judged(data, "rejected"), altered(column, late[column]))


def boundary_lost(data: Path) -> None:
    """The messages that begin a minute of arrival are no longer noted."""
    for file in files(data, "audit/offsets"):
        rewrite(file, lambda t: t.filter(pc.invert(pc.equal(t["previous_offset"], pc.max(t["previous_offset"])))))


# Name -> (corruption, whether jobs.audit can notice it: what keeps every sum is for the account alone).
CORRUPTIONS: dict[str, tuple[Corruption, bool]] = {
    "a report file is gone": (lambda d: report_file(d).unlink(), True),
    "a report file is there twice": (lambda d: doubled(report_file(d)), True),
    "a count is one more": (lambda d: rewrite(report_file(d), altered("total_count", lambda n: n + 1)), True),
    "an average is a millisecond more": (
        lambda d: rewrite(report_file(d), altered("avg_duration", lambda s: s + 0.001)),
        True,
    ),
    "a campaign is another": (lambda d: rewrite(report_file(d), altered("campaign_id", 4_000)), False),
    "a report row is gone": (lambda d: rewrite(report_file(d), lambda t: t.slice(1)), True),
    "a report row is there twice": (
        lambda d: rewrite(report_file(d), lambda t: pa.concat_tables([t, t.slice(0, 1)])),
        True,
    ),
    "two networks are swapped": (swapped, False),
    "a report file lies in another minute": (moved, True),
    "a rejected file is gone": (lambda d: judged(d, "rejected").unlink(), True),
    "a rejected row is gone": (lambda d: rewrite(judged(d, "rejected"), lambda t: t.slice(1)), True),
    "a rejected file is there twice": (lambda d: doubled(judged(d, "rejected")), True),
    "a rejected message has other bytes": (
        lambda d: rewrite(judged(d, "rejected"), altered("payload", b"other")),
        False,
    ),
    "a rejected row has another reason": (lambda d: rewrite(judged(d, "rejected"), altered("reason", "x")), False),
    "a rejected row has another offset": (
        lambda d: rewrite(judged(d, "rejected"), altered("kafka_offset", 10**9)),
        True,
    ),
    "a late row is gone": (lambda d: rewrite(judged(d, "late"), lambda t: t.slice(1)), True),
    "a late file is there twice": (lambda d: doubled(judged(d, "late")), True),
    "a late view is another": (lambda d: rewrite(judged(d, "late"), altered("campaign_id", 7)), False),
    "a late message is rejected as well": (also_rejected, True),
    "a count of the audit is gone": (lambda d: files(d, "audit/reported")[1].unlink(), True),
    "a count of the audit is there twice": (lambda d: doubled(files(d, "audit/reported")[1]), True),
    "an offset is noted twice": (lambda d: doubled(files(d, "audit/offsets")[0]), True),
    "a minute's beginning is not noted": (boundary_lost, True),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_corruption_is_noticed(finished: Stream, folder: Path, name: str) -> None:
    corruption, by_audit = CORRUPTIONS[name]
    data = shutil.copytree(finished.data, folder / "copy")
    assert not audit.disagreements(PIPELINE, f"file://{data}", settles_seconds=0)[1]
    corruption(data)
    wrong = audit.disagreements(PIPELINE, f"file://{data}", settles_seconds=0)[1]
    assert bool(wrong) == by_audit, wrong
    if not by_audit:
        finished_data, finished.data = finished.data, data
        try:
            assert finished.account(NETWORKS)
        finally:
            finished.data = finished_data


def test_the_screen_names_partition_minute_and_how_many(finished: Stream, folder: Path) -> None:
    data = shutil.copytree(finished.data, folder / "copy")
    file = judged(data, "rejected")
    partition = pq.ParquetFile(file).read()["kafka_partition"][0].as_py()
    rewrite(file, lambda t: t.slice(1))
    done = run_audit(finished, DATA_DIR=f"file://{data}")
    assert done.returncode == 1
    assert f"WRONG: partition {partition}, 2026-09-01 1" in done.stdout
    assert "(-1)." in done.stdout
    assert "NOT in order" in done.stdout
