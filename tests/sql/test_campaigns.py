"""Campaign files as they come: half a million lines, no header; partitions as they come: one of them empty."""

import random
import sys
from datetime import datetime
from pathlib import Path

from local.cluster import Cluster
from local.flink import flink_home
from producer import campaigns
from tests.conftest import Figures, NewStream
from tests.support import commands, oracle
from tests.support.stream import view, wait_for_silence

COUNT = 500_000
SILENCE_AFTER = "8 s"
# Longer than that, and than table.exec.source.idle-timeout.
SILENCES_SECONDS = (20, 15)


def test_half_a_million_campaigns_an_empty_partition_and_silence(
    cluster: Cluster, new_stream: NewStream, folder: Path, figures: Figures
) -> None:
    """Submitted by `flink run`, without a header line; then traffic, silence, traffic, silence, traffic.

    A finished campaigns source would end the report at the first silence (FLINK-38477), without an error.
    """
    stream = new_stream(folder, "", datetime(2026, 2, 28, 12, 0))
    csv = stream.data / "campaigns" / "campaigns.csv"
    campaigns.write(csv, COUNT, networks=20, seed=3, header=False)
    networks = {int(c): int(n) for c, n in (line.split(",") for line in csv.read_text().splitlines())}
    assert len(networks) == COUNT

    rng = random.Random(2)
    partitions = [0, 1, 3]
    sent: list[bytes] = []

    def traffic() -> None:
        base = stream.now_ms
        messages = [view(rng.randint(1, COUNT + 1000), base + rng.randrange(9_000), 1234) for _ in range(2000)]
        stream.send((partitions[i % 3], message) for i, message in enumerate(messages))
        sent.extend(messages)
        stream.finish_minutes(partitions, seconds=90)
        assert not oracle.differences(stream.rows(), oracle.report(sent, networks))

    script = [str(flink_home() / "bin" / "flink"), "run", "-m", f"localhost:{cluster.ports.flink}"]
    script += ["-pyclientexec", sys.executable, "-py", "jobs/submit.py", "view_report"]
    done = commands.run(script, **stream.environment, VIEW_LOG_SILENCE_AFTER=SILENCE_AFTER)
    assert done.returncode == 0, done.stdout + done.stderr
    stream.job_id = next(line for line in done.stdout.splitlines() if "runs as job" in line).rsplit("/", 1)[1].strip()
    stream.wait_until_running()

    traffic()
    for seconds in SILENCES_SECONDS:
        wait_for_silence(seconds)
        # The clock of event time has gone on meanwhile.
        stream.now_ms += 120_000
        traffic()
    assert {row.network_id for row in stream.rows()} == {None, *range(1, 21)}
    figures.add(
        f"campaigns: {len(sent):,} events over {COUNT:,} campaigns, {len(stream.rows()):,} rows equal the oracle's"
    )


def test_without_the_shuffle_a_folder_has_more_files(new_stream: NewStream, folder: Path) -> None:
    """The control of "one file per folder": the same SQL with that one option off writes more of them."""
    shipped = commands.REPO / "sql" / "view_report"
    changed = folder / "view_report"
    changed.mkdir()
    for file in shipped.glob("*.sql"):
        option = "'sink.shuffle-by-partition.enable' = "
        (changed / file.name).write_text(file.read_text().replace(f"{option}'true'", f"{option}'false'"))
    assert "enable' = 'false'" in (changed / "2_sinks.sql").read_text()

    csv = "".join(f"{c},1\n" for c in range(1, 101))
    stream = new_stream(folder / "data", csv, datetime(2026, 2, 1))
    stream.submit(str(changed))
    stream.send((c % 4, view(c, stream.now_ms + 1, 10)) for c in range(1, 101))
    stream.finish_minutes()
    one_minute = list(stream.report.glob("network_id=1/*2026-02-01 00%3A00%3A00/part-*"))
    assert len(one_minute) == 2, one_minute
