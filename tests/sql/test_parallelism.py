"""A job goes on from its savepoint with any other parallelism, nothing lost, nothing doubled."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from local.cluster import Cluster
from local.waiting import wait_until
from tests.sql.conftest import NETWORKS
from tests.support import commands
from tests.support.job import PARALLELISM
from tests.support.stream import PARTITIONS, Stream, view


@pytest.fixture
def stream(cluster: Cluster, tmp_path: Path) -> Iterator[Stream]:
    running = Stream(cluster, tmp_path, "".join(f"{c},{n}\n" for c, n in NETWORKS.items()), datetime(2026, 5, 1))
    running.submit()
    yield running
    running.cancel()


def send_half_a_minute(stream: Stream) -> None:
    """Some views, of which the job holds a part, and a bad message."""
    for second in range(30):
        stream.now_ms += 1_000
        stream.send((campaign % PARTITIONS, view(campaign, stream.now_ms, second)) for campaign in NETWORKS)
    stream.send([(0, b"[1]")])


def test_from_any_to_any(stream: Stream) -> None:
    # With 1 the parallelism is that of what is always 1, and Flink could chain both.
    for parallelism in (1, 3, 2):
        send_half_a_minute(stream)
        wait_until(lambda: stream.checkpoints() > 0, "a checkpoint", 60, hint=stream.why)
        stream.upgrade(parallelism)
        assert stream.get(f"jobs/{stream.job_id}")["vertices"][0]["parallelism"] == parallelism
    send_half_a_minute(stream)
    stream.finish_minutes()
    assert not stream.account(NETWORKS)


def test_without_ids_of_their_own_operators_are_not_found(stream: Stream) -> None:
    """A control: it is this setting that makes the other test pass."""
    stream.cancel()
    hashed = {"table.exec.uid.generation": "PLAN_ONLY"}
    stream.submit(FLINK_CONF_DIR=stream.conf_with(hashed))
    send_half_a_minute(stream)
    done = commands.python(
        "jobs.submit",
        "view_report",
        "--upgrade",
        **{**stream.environment, "FLINK_CONF_DIR": stream.conf_with({**hashed, PARALLELISM: 1})},
    )
    assert done.returncode == 1
    assert "Cannot map checkpoint/savepoint state for operator" in done.stderr
    stream.job_id = ""
