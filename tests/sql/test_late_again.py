"""Which views are late depends on the topic alone: whoever reads it again finds the same ones.

A file of its own, because a job of four tasks needs all slots of the tests' TaskManager.
"""

import random
import shutil
from datetime import datetime
from pathlib import Path

from jobs.pipeline import PIPELINES
from tests.conftest import Figures, NewStream
from tests.sql.conftest import NETWORKS
from tests.support import reading
from tests.support.stream import PARTITIONS, view


def test_the_same_topic_gives_the_same_late_views_however_many_tasks_read_it(
    new_stream: NewStream, folder: Path, figures: Figures
) -> None:
    """Partitions out of step by up to a minute, 5% of the views late; read by one task, by two, by four."""
    rng = random.Random(5)
    csv = "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    first = new_stream(folder / "first", csv, datetime(2026, 7, 1))
    base = first.now_ms
    sent = []
    for i in range(20_000):
        partition = i % PARTITIONS
        now = base + i * 12 + partition * 15_000
        behind = rng.randrange(70_000, 300_000) if rng.random() < 0.05 else rng.randrange(9_000)
        sent.append((partition, view(rng.randint(1, 60), now - behind, rng.randrange(5_000))))
    first.send(sent)
    first.now_ms = base + 20_000 * 12 + PARTITIONS * 15_000
    late: list[set] = []
    for parallelism in (1, 2, 4):
        stream = new_stream(folder / f"parallelism {parallelism}", csv, datetime(2026, 7, 1), beside=first)
        copy = shutil.copytree(PIPELINES / "view_report", folder / f"view_report_{parallelism}")
        sources = copy / "1_sources.sql"
        sources.write_text(f"SET 'parallelism.default' = '{parallelism}';\n{sources.read_text()}")
        stream.submit(str(copy))
        stream.finish_minutes()
        found = stream.account(NETWORKS)
        assert not found, "\n".join(found[:20])
        rows = reading.late(stream.data, stream.topic)
        late.append({(row["kafka_partition"], row["kafka_offset"]) for row in rows})
        stream.cancel()
        # The next one's markers come after this one's.
        first.now_ms = stream.now_ms
    assert late[0] == late[1] == late[2]
    assert len(late[0]) > 500
    figures.add(f"late: {len(late[0]):,} of {len(sent):,} views, the same ones whether 1, 2 or 4 tasks read them")
