"""Whatever is killed, every message is in exactly one place, once, and no reader ever sees a wrong minute.

FAULTS (default: every kind once) and FAULTS_SEED say how many faults strike and which; `make test-faults` runs many.
FAULTS_FROM goes on with the fault of that number where an earlier run was interrupted: each has its own traffic.
"""

import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from local.waiting import wait_until
from tests.conftest import Figures
from tests.faults.conftest import CAMPAIGNS
from tests.faults.faults import KINDS, Scene, disk_full, sequence
from tests.faults.traffic import Reader, Traffic
from tests.support import commands, reading
from tests.support.stream import Stream

COUNT = int(os.environ.get("FAULTS", len(KINDS)))
FIRST = int(os.environ.get("FAULTS_FROM", 0))
RESULTS_FLOW_SECONDS = 120


@pytest.fixture(scope="module")
def reader(battered: Stream, seed: int) -> Iterator[Reader]:
    running = Reader(battered.report, seed)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def recoveries(figures: Figures, seed: int) -> Iterator[dict[str, list[float]]]:
    """Seconds until results flowed again, by kind of fault; printed at the end as a table."""
    seconds: dict[str, list[float]] = defaultdict(list)
    yield seconds
    figures.add(f"faults of seed {seed}: kind, how often, seconds until results flowed again (p50, p99, max)")
    everything = [("all", [one for taken in seconds.values() for one in taken])]
    for kind, taken in [*sorted(seconds.items()), *everything]:
        if taken:
            p50, p99 = np.quantile(taken, [0.5, 0.99])
            figures.add(f"  {kind:46} {len(taken):3} {p50:6.1f} {p99:6.1f} {max(taken):6.1f}")


@pytest.mark.parametrize("number", range(FIRST, COUNT))
def test_nothing_is_lost_doubled_or_silent(
    battered: Stream, reader: Reader, recoveries: dict[str, list[float]], seed: int, number: int
) -> None:
    fault = sequence(seed, COUNT)[number]
    if fault is disk_full and not battered.data.is_mount():
        pytest.skip("a full disk needs a file system of its own: run as root, or with sudo without a password")
    traffic = Traffic(battered, seed + number, max(CAMPAIGNS))
    rng = random.Random(seed * 1000 + number)
    traffic.flow()
    try:
        minutes = reading.complete_minutes(battered.report)
        wait_until(lambda: reading.complete_minutes(battered.report) - minutes, "results before the fault", 120)
        time.sleep(rng.uniform(0, 3))

        before = reading.complete_minutes(battered.report)
        began = time.monotonic()
        fault(Scene(battered, rng))
        wait_until(
            lambda: len(reading.complete_minutes(battered.report) - before) > 1,
            f"results after {fault.__name__}",
            RESULTS_FLOW_SECONDS,
            hint=battered.why,
        )
        recoveries[fault.__name__].append(time.monotonic() - began)
    finally:
        traffic.pause()
    battered.finish_minutes(seconds=120)
    found = battered.account(CAMPAIGNS)
    assert not found, "\n".join([f"after {fault.__name__}, seed {seed}, number {number}:", *found[:20]])
    assert not reader.wrong, reader.wrong[:5]


def test_afterwards_the_audit_is_in_order(battered: Stream, reader: Reader, figures: Figures) -> None:
    done = commands.python("jobs.audit", "view_report", **battered.environment)
    assert done.returncode == 0, done.stdout
    assert "which must be none: 0." in done.stdout
    reader.stop()
    assert not reader.wrong
    figures.add(f"faults: a reader looked at {reader.looks:,} finished minutes, each as it was the first time")
    assert reader.looks > 100
