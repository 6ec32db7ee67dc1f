"""A cluster of its own for faults: what happens to it must not happen to other tests."""

import os
from collections.abc import Iterator
from datetime import datetime

import pytest

from local.cluster import Cluster, Ports
from tests.faults.faults import mount, unmount
from tests.support.stream import Stream

CAMPAIGNS = {campaign: campaign % 5 + 1 for campaign in range(1, 51)}
SETTINGS = {
    "execution.checkpointing.interval": "1 s",
    "execution.checkpointing.min-pause": "0 ms",
    # Who does not answer for this long is taken for dead; the default of 50 s would make every fault last as long.
    "heartbeat.interval": "1 s",
    "heartbeat.timeout": "8 s",
    "high-availability.zookeeper.client.session-timeout": "8 s",
    "restart-strategy.exponential-delay.max-backoff": "2 s",
    # A checkpoint that fails is a fault that the pipeline outlives, at once or after a restart.
    "execution.checkpointing.tolerable-failed-checkpoints": "0",
}


@pytest.fixture(scope="session")
def seed() -> int:
    """Of everything that is random in these tests; printed with the results."""
    return int(os.environ.get("FAULTS_SEED", "1"))


@pytest.fixture(scope="session")
def battered_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Servers that will be killed."""
    servers = Cluster(tmp_path_factory.mktemp("battered servers"), Ports.free(), SETTINGS)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture(scope="module")
def battered(battered_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A running stream on those servers; its results lie on a disk that can be filled."""
    csv = "".join(f"{c},{n}\n" for c, n in CAMPAIGNS.items())
    disk = tmp_path_factory.mktemp("battered stream")
    mounted = mount(disk)
    try:
        stream = Stream(battered_cluster, disk, csv, datetime(2026, 10, 1))
        stream.submit()
        yield stream
        stream.cancel()
    finally:
        if mounted:
            unmount(disk)
