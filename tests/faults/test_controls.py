"""Controls: what the tests of faults rest on is there only because of checkpoints, and they see it when it is not."""

from datetime import datetime
from pathlib import Path

import pytest

from local.waiting import LocalError, wait_until
from tests.conftest import NewStream
from tests.faults.conftest import CAMPAIGNS
from tests.faults.traffic import Traffic
from tests.support import reading
from tests.support.stream import Stream

SECONDS = 15


def read_by_source(stream: Stream) -> int:
    """How many records the job's Kafka source has handed on."""
    vertices = stream.get(f"jobs/{stream.job_id}")["vertices"]
    (source,) = (vertex for vertex in vertices if "view_log" in vertex["name"])
    return source["metrics"]["write-records"]


def test_without_checkpoints_the_suite_fails(new_stream: NewStream, folder: Path) -> None:
    csv = "".join(f"{c},{n}\n" for c, n in CAMPAIGNS.items())
    stream = new_stream(folder, csv, datetime(2026, 11, 3))
    stream.submit(FLINK_CONF_DIR=stream.conf_with({"execution.checkpointing.interval": None}))
    traffic = Traffic(stream, 1, max(CAMPAIGNS))
    traffic.flow()
    until = stream.now_ms + 150_000
    wait_until(lambda: stream.now_ms > until, "two minutes of traffic", 60)
    traffic.pause()
    wait_until(lambda: read_by_source(stream) > 0, "the job to read", 60)
    with pytest.raises(LocalError, match="the job to read all"):
        stream.finish_minutes(seconds=SECONDS)
    found = stream.account(CAMPAIGNS)
    for kind in ("missing", "rejected: missing", "late: missing", "audit: reported are {}"):
        assert any(line.startswith(kind) for line in found), (kind, found[:20])
    assert not reading.complete_minutes(stream.report)
