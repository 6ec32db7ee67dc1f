"""How long after a minute's end its rows can be read, with the checkpoint interval that ships."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.cluster import Cluster
from local.waiting import wait_until
from tests.conftest import Figures, NewStream
from tests.support import commands, oracle, reading
from tests.support.stream import Stream

RATE = 5000
MINUTES = 1
WATERMARK_SECONDS = 10


def test_latency_at_5000_events_a_second(
    cluster: Cluster, new_stream: NewStream, folder: Path, figures: Figures
) -> None:
    """Prints seconds from a minute's end plus 10 s to its last visible file; the report equals the oracle's."""
    csv = (commands.REPO / "data" / "campaigns" / "campaigns.csv").read_text()
    stream = new_stream(folder / "data", csv, datetime.now(UTC).replace(tzinfo=None))
    done = commands.python(
        *("jobs.submit", "view_report", "--jobmanager", f"localhost:{cluster.ports.flink}"),
        **{**stream.environment, "FLINK_CONF_DIR": str(commands.REPO / "flink-conf")},
    )
    stream.submitted(done)

    interval_ms = stream.get(f"jobs/{stream.job_id}/checkpoints/config")["interval"]
    assert interval_ms == 5000

    visible: dict[datetime, float] = {}

    def enough() -> bool:
        for minute in reading.complete_minutes(stream.report) - visible.keys():
            visible[minute] = time.time()
        return len(visible) > MINUTES

    copy = folder / "sent.jsonl"
    with traffic(stream, copy):
        wait_until(enough, f"{MINUTES + 1} complete minutes", 60 * (MINUTES + 2) + 30, hint=stream.why)
    stream.cancel()

    # The first minute is not whole: the traffic began in the middle of it.
    latencies = [
        seen - (minute.replace(tzinfo=UTC) + timedelta(seconds=60 + WATERMARK_SECONDS)).timestamp()
        for minute, seen in sorted(visible.items())
    ]
    figures.add(
        f"latency at {RATE:,} events/s, checkpoints every {interval_ms} ms: "
        f"{', '.join(f'{s:.1f} s' for s in latencies)} after minute's end + 10 s"
    )
    networks = {int(c): int(n) for c, n in (line.split(",") for line in csv.splitlines()[1:])}
    expected = oracle.report(oracle.values(copy), networks)
    rows = [row for row in reading.rows(stream.report) if row.minute in visible]
    assert not oracle.differences(rows, {key: row for key, row in expected.items() if row.minute in visible})
    # Not the aim (under 8 s) but what would mean that something is wrong: two checkpoints and a half.
    assert max(latencies) < 15


@contextmanager
def traffic(stream: Stream, copy: Path) -> Iterator[None]:
    """The producer as a process of its own, ended when the block is."""
    command = [sys.executable, "-m", "producer", "view-log", "--rate", str(RATE), "--topic", stream.topic]
    command += ["--bootstrap-servers", stream.cluster.bootstrap_servers, "--copy-to", str(copy)]
    with subprocess.Popen(command, cwd=commands.REPO, stderr=subprocess.PIPE, text=True) as producer:
        try:
            yield
        finally:
            producer.terminate()
            _, words = producer.communicate(timeout=60)
        assert producer.returncode == 0, words
