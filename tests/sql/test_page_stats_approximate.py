"""Distinct users by sketches: how far off they are, and that it does not matter how the events came."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from local.cluster import Cluster
from producer.banner_events import Events, Shape
from tests.conftest import Figures
from tests.support import banner_oracle as oracle
from tests.support.banner_oracle import DAY, HOUR, Event
from tests.support.job import PARTITIONS
from tests.support.oracle import Message
from tests.support.page_stats import MARKER, TABLES, PageStats, table
from tests.support.page_stats_files import Batch, expected, write_parquet

BEGIN = round(datetime(2026, 3, 28, tzinfo=UTC).timestamp())
EVENTS, HOURS = 500_000, 30
# Of functions/: 1.04 / sqrt(2^14).
STANDARD_ERROR = 0.008
# Up to here sketches hold all that they have seen.
FEW = 100
# From here they hold none of it.
MANY = 2000


def test_estimates_are_as_near_as_promised_and_the_same_from_kafka_and_from_files(
    cluster: Cluster, tmp_path: Path, figures: Figures
) -> None:
    shape = Shape(pages=4, visitors=400_000)
    history = Events(4, BEGIN * 1000, rate=EVENTS / HOURS / HOUR, max_delay_seconds=10, shape=shape)
    values = [value for block in history.blocks(EVENTS) for value in block.values]
    events = [oracle.judge(Message(0, 0, 2**62, value)) for value in values]
    assert all(isinstance(event, Event) for event in events)
    write_parquet(tmp_path / "input", events)
    batch = Batch(cluster, tmp_path / "data")
    batch.run(tmp_path / "input", PAGE_STATS_USERS="approximate")

    errors = []
    found, exact = batch.rows(), expected(events)
    for name, rows in exact.items():
        assert found[name].keys() == rows.keys()
        for key, row in rows.items():
            estimate = found[name][key]
            assert estimate[:2] == row[:2], "views and clicks are exact"
            assert estimate.users == row.users or row.users > FEW
            if row.users > MANY:
                errors.append(estimate.users / row.users - 1)
    of_many = np.array(errors)
    assert len(of_many) > 100
    assert np.mean(of_many != 0) > 0.9, "exact numbers would be no test"
    assert np.sqrt(np.mean(of_many**2)) < 1.2 * STANDARD_ERROR
    assert np.abs(of_many).max() < 5 * STANDARD_ERROR
    largest = max(row.users for rows in exact.values() for row in rows.values())
    figures.add(
        f"approximate users: {len(of_many)} counts of {MANY:,} to {largest:,}: mean error {np.mean(of_many):+.2%}, "
        f"root mean square {np.sqrt(np.mean(of_many**2)):.2%}, greatest {np.abs(of_many).max():.2%}"
    )

    stream = PageStats(cluster, tmp_path / "stream", datetime.fromtimestamp(BEGIN, UTC))
    stream.submit(BANNER_EVENTS_SILENCE_AFTER="10 min", PAGE_STATS_USERS="approximate")
    stream.send((number % PARTITIONS, value) for number, value in enumerate(values))
    stream.now += DAY + 7 * HOUR
    stream.finish_days()
    stream.cancel()
    for of in TABLES:
        of_stream = {key: row for key, row in stream.rows(*of) if key[0] != MARKER}
        assert of_stream == found[table(*of)]
