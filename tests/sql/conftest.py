"""view_report running over a topic of the tests' own."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from local.cluster import Cluster
from tests.support.stream import Stream

NETWORKS = {campaign: campaign % 5 + 1 for campaign in range(1, 51)}


@pytest.fixture(scope="module")
def stream(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """One job for many tests, each at a later event time than the one before; campaigns.csv has a header."""
    csv = "campaign_id,network_id\n" + "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    running = Stream(cluster, tmp_path_factory.mktemp("shared stream"), csv, datetime(2026, 3, 1, 23, 30))
    running.submit()
    running.keep_awake()
    yield running
    running.cancel()
