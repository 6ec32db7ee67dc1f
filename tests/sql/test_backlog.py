"""Catching up: three minutes of backlog over 5,000 networks are 15,000 files open at once, in the memory that ships."""

import time
from datetime import datetime
from pathlib import Path

import requests

from local.cluster import Cluster
from tests.conftest import Figures, NewStream
from tests.support import oracle, reading
from tests.support.stream import view

NETWORKS = 5000
MINUTES = 3


def test_three_minutes_of_backlog_with_5000_networks(
    cluster: Cluster, new_stream: NewStream, folder: Path, figures: Figures
) -> None:
    csv = "".join(f"{n},{n}\n" for n in range(1, NETWORKS + 1))
    stream = new_stream(folder, csv, datetime(2026, 4, 1))
    base = stream.now_ms
    sent = [view(n, base + m * 60_000 + n, n) for m in range(MINUTES) for n in range(1, NETWORKS + 1)]
    stream.send((i % 4, message) for i, message in enumerate(sent))
    stream.now_ms = base + MINUTES * 60_000
    began = time.monotonic()
    stream.submit()
    stream.finish_minutes(seconds=180)
    figures.add(
        f"backlog: {NETWORKS * MINUTES:,} folders complete {time.monotonic() - began:.0f} s after the submission"
    )

    expected = oracle.report(sent, {n: n for n in range(1, NETWORKS + 1)})
    assert not oracle.differences(stream.rows(), expected)
    files = reading.files_per_folder(stream.report)
    assert set(files.values()) == {1}
    assert len([f for f in files if reading.partition(f)[0] is not None]) == NETWORKS * MINUTES
    # It did not merely get there by restarting.
    job = requests.get(f"{cluster.web_ui}/jobs/{stream.job_id}/exceptions", timeout=10).json()
    assert not job["exceptionHistory"]["entries"]
