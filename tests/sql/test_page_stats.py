"""page_stats over real Kafka and Flink: every hour and day equals the oracle's, and every message is accounted for."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import audit
from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from producer.banner_events import Events, Shape
from tests.support import banner_oracle as oracle
from tests.support import reading
from tests.support.account import compare
from tests.support.banner_oracle import DAY, HOUR, Event
from tests.support.job import PARTITIONS
from tests.support.oracle import integer, read_object
from tests.support.page_stats import PageStats, event

# No partition is taken for quiet: what a quiet one says is the time of today, when these histories are long over.
TALKATIVE = {"BANNER_EVENTS_SILENCE_AFTER": "10 min"}


@pytest.fixture(scope="module")
def stats(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageStats]:
    """One job for the tests of this file, each at later days than the one before."""
    running = PageStats(cluster, tmp_path_factory.mktemp("page_stats"), datetime(2026, 2, 27, 18, tzinfo=UTC))
    running.submit(**TALKATIVE)
    yield running
    running.cancel()


# Of one history.
HOURS = 12


def is_of_tomorrow(value: bytes, begin: int) -> bool:
    """A fault that is none in a history of the past: it would only make all that follows late."""
    message = read_object(value)
    return isinstance(message, dict) and begin + HOURS * HOUR < (integer(message["timestamp"]) or 0) < begin + 2 * DAY


def test_half_a_day_of_uneven_traffic_agrees_with_the_oracle(stats: PageStats) -> None:
    """Twelve hours over midnight: returning visitors, pages that get most of the traffic, bots, all kinds of faults."""
    shape = Shape(pages=20, visitors=2_000, bots=0.05, late=0.01, malformed=0.02)
    history = Events(seed=1, start_ms=stats.now * 1000, rate=60_000 / HOURS / HOUR, max_delay_seconds=10, shape=shape)
    values = [value for block in history.blocks(60_000) for value in block.values]
    stats.send((n % PARTITIONS, value) for n, value in enumerate(values) if not is_of_tomorrow(value, stats.now))
    stats.now += HOURS * HOUR
    stats.finish_days()
    found = stats.account()
    assert not found, "\n".join(found[:20])
    reasons = {row["reason"] for row in reading.rejected(stats.data, stats.topic)}
    assert reasons >= {"not_json", "wrong_type", "missing_field", "unknown_value", "negative", "milliseconds"}
    assert len(reading.late(stats.data, stats.topic)) > 100


EDGES = [0, 1, HOUR - 1, HOUR, HOUR + 9, HOUR + 10, HOUR + 11, 23 * HOUR, DAY - 1, DAY, DAY + 9, DAY + 10, DAY + 11]
SPOILED = [
    b"",
    b"{",
    b"[]",
    b"{}",
    b'{"timestamp":null}',
    event(1).replace(b'"event_type": 0', b'"event_type": 2'),
    event(1).replace(b'"event_type": 0', b'"event_type": "click"'),
    event(1).replace(b'"u1"', b'""'),
    event(1).replace(b'"page"', b"null"),
    event(-5),
    event(1_772_150_400_000),
    event(200_000_000_000),
    event(4_102_444_800),
]
histories = st.lists(
    st.one_of(
        st.tuples(
            st.integers(0, PARTITIONS - 1),
            st.one_of(st.sampled_from(EDGES), st.integers(0, 26 * HOUR)),
            st.integers(0, 1),
            st.sampled_from(["p1", "p2"]),
            st.sampled_from(["page 1", "page 2"]),
            st.sampled_from(["u1", "u2", "u3"]),
        ),
        st.tuples(st.integers(0, PARTITIONS - 1), st.sampled_from(SPOILED)),
    ),
    max_size=40,
)


def messages(history: Iterable[tuple], base: int) -> list[tuple[int, bytes]]:
    return [(p, rest[0] if len(rest) == 1 else event(base + rest[0], *rest[1:])) for p, *rest in history]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(history=histories)
def test_any_history_is_accounted_for(stats: PageStats, history: list[tuple]) -> None:
    """In any order, late events among them. In each example all that was ever sent is compared again."""
    stats.send(messages(history, stats.now))
    stats.now += 26 * HOUR
    stats.finish_days()
    found = stats.account()
    assert not found, "\n".join(found[:20])


def test_the_audit_agrees_and_notices_what_is_missing(stats: PageStats) -> None:
    """After what the tests above have sent; the control takes a file of the results away."""
    stats.send([(0, event(stats.now + 5)), (1, event(stats.now + 6, 1, user="u2"))])
    stats.now += HOUR
    stats.finish_days()
    db, wrong = audit.disagreements(PIPELINES / "page_stats", f"file://{stats.data}", settles_seconds=30)
    assert not wrong
    assert not db.sql("SELECT * FROM lost").fetchall()
    counted = db.sql("SELECT sum(read - punctuations), sum(reported), sum(late), sum(rejected) FROM stretches")
    read, reported, late, rejected = counted.fetchall()[0]
    assert read == reported + late + rejected > 0
    of_hour = sorted((stats.data / "page_stats_hourly").glob("date=*/hour=*/part-*"))[0]
    hidden = of_hour.rename(of_hour.with_name(f".{of_hour.name}"))
    _, wrong = audit.disagreements(PIPELINES / "page_stats", f"file://{stats.data}", settles_seconds=0)
    hidden.rename(of_hour)
    hour = datetime.strptime(of_hour.parent.parent.name + of_hour.parent.name, "date=%Y-%m-%dhour=%H")
    assert {minute for _, minute, *_ in wrong} == {hour}
    assert hour + timedelta(hours=1) < datetime.now()


def test_visitors_in_rocksdb_are_known_after_an_upgrade(stats: PageStats) -> None:
    """Half of their events come before it, and half after it, with another parallelism."""
    checkpoints = stats.get(f"jobs/{stats.job_id}/checkpoints/config")
    assert checkpoints["state_backend"] == "EmbeddedRocksDBStateBackend"
    # What it takes to be fast with many visitors, which no test has (`make bench-visitors`).
    options = (stats.cluster.folder / "tmp").glob(f"**/job_{stats.job_id}_op_*/db/OPTIONS-*")
    assert {
        ("filter_policy=bloom" in text, "partition_filters=true" in text) for text in map(Path.read_text, options)
    } == {(True, True)}
    visits = [(n % PARTITIONS, event(stats.now + n, user=f"u{n % 50}")) for n in range(400)]
    stats.send(visits[:200])
    stats.wait_until_read(range(PARTITIONS), 60)
    stats.upgrade(1, **TALKATIVE)
    stats.send(visits[200:])
    begin = stats.now
    stats.now += HOUR
    stats.finish_days()
    found = stats.account()
    assert not found, "\n".join(found[:20])
    hours = {key: row for key, row in stats.rows("placement", HOUR) if key[1] == begin // HOUR * HOUR}
    assert hours["p1", begin // HOUR * HOUR] == (400, 0, 50)


def test_a_visitor_that_is_counted_twice_is_noticed() -> None:
    """The control: the comparison fails when one visitor of a day is taken for another in another hour."""
    events = [Event(10, False, "p1", "page", "u1"), Event(10 + HOUR, True, "p1", "page", "u1")]
    wrong = [events[0], events[1]._replace(user="u1 again")]
    found = compare("x", oracle.stats(wrong, "page", DAY).items(), oracle.stats(events, "page", DAY))
    assert found == [
        "x: wrong: ('page', 0) Stats(views=1, clicks=1, users=2), expected Stats(views=1, clicks=1, users=1)"
    ]
