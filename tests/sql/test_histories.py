"""Small random histories, shrunk to the smallest that fails: the report equals the oracle's for each."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.conftest import NETWORKS
from tests.support import oracle
from tests.support.stream import PARTITIONS, Stream, view

MINUTE = 60_000
EDGES = [0, 1, 999, MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE - 1, 2 * MINUTE]


@dataclass(frozen=True)
class Event:
    """One view, relative to the history's beginning; pushed `delay_ms` after its end."""

    end_ms: int
    delay_ms: int
    duration_ms: int
    campaign: int
    partition: int
    spoiled: bytes | None


events = st.builds(
    Event,
    end_ms=st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * MINUTE)),
    delay_ms=st.integers(0, 10_000),
    duration_ms=st.one_of(st.just(0), st.integers(0, 3_600_000)),
    campaign=st.sampled_from([1, 2, 3, 999]),
    partition=st.integers(0, PARTITIONS - 1),
    spoiled=st.one_of(st.none(), st.none(), st.sampled_from([b"", b"{", b"[]", b"{}", b"\x00"])),
)
histories = st.lists(events, max_size=30)


def run(stream: Stream, history: list[Event]) -> tuple[list[oracle.Row], list[bytes]]:
    """Send a history from the stream's present event time on; returns the report's rows and the messages."""
    base = stream.now_ms
    pushed = sorted(history, key=lambda e: e.end_ms + e.delay_ms)
    messages = [
        e.spoiled if e.spoiled is not None else view(e.campaign, base + e.end_ms, e.duration_ms) for e in pushed
    ]
    stream.send(zip((e.partition for e in pushed), messages, strict=True))
    stream.now_ms = base + 3 * MINUTE
    stream.finish_minutes()
    return stream.rows(base), messages


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(history=histories)
def test_any_history_agrees_with_the_oracle(stream: Stream, history: list[Event]) -> None:
    rows, messages = run(stream, history)
    assert not oracle.differences(rows, oracle.report(messages, NETWORKS))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_report_that_misses_a_message_is_noticed(stream: Stream, lost: int) -> None:
    """The control: the comparison above fails as soon as one event is not where it should be."""
    history = [Event(10, 0, 5, 1, 0, None), Event(20, 0, 7, 1, 1, None)]
    rows, messages = run(stream, history)
    found = oracle.differences(rows, oracle.report(messages[:lost] + messages[lost + 1 :], NETWORKS))
    assert len(found) == 1
    assert found[0].startswith("wrong")
