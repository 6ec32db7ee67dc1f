"""The events themselves: seeded, realistic, with the faults that were asked for."""

from itertools import chain, islice

import numpy as np
import pytest

from producer.units import duration_seconds, fraction
from producer.view_log import Events, Faults
from tests.support import oracle

START_MS = 1_795_363_620_000


def make(count: int, seed: int = 1, rate: float = 1000, delay: float = 10, faults: Faults | None = None):
    events = Events(seed, np.arange(1, 101), START_MS, rate, delay, faults or Faults())
    return list(events.blocks(count))


def messages(blocks) -> list[bytes]:
    return list(chain.from_iterable(block.values for block in blocks))


def test_the_same_seed_gives_the_same_events_byte_for_byte() -> None:
    first = messages(make(2500))
    assert messages(make(2500)) == first
    assert messages(make(1200)) == first[:1200], "how many are asked for must not change the first ones"
    assert messages(make(2500, seed=2)) != first


def test_exactly_as_many_as_asked_for_and_all_of_them_usable() -> None:
    made = messages(make(2501))
    assert len(made) == 2501
    assert len(set(made)) == 2501
    assert all(oracle.parse(m) for m in made)


def test_events_are_at_most_the_delay_out_of_order() -> None:
    for delay in (0.0, 10.0):
        blocks = make(20_000, delay=delay)
        late_ms = [
            START_MS + i - view.end_ms for i, view in enumerate(oracle.parse(m) for m in messages(blocks)) if view
        ]
        assert min(late_ms) >= 0
        assert max(late_ms) <= delay * 1000 + 1
        assert delay == 0 or max(late_ms) > 9_000, "some should use the whole delay"


@pytest.mark.parametrize("kind", ["late", "malformed", "unknown_campaign"])
def test_faults_are_as_frequent_as_asked_for_and_what_they_say(kind: str) -> None:
    blocks = make(20_000, faults=Faults(**{kind: 0.1}))
    faulty = [(block.values[i], fault) for block in blocks for i, fault in block.faults.items()]
    assert {fault for _, fault in faulty} == {kind}
    assert 1800 < len(faulty) < 2200
    views = [oracle.parse(message) for message, _ in faulty]
    if kind == "malformed":
        assert not any(views)
        assert len({len(m) for m, _ in faulty}) > 3, "they go wrong in several ways"
    elif kind == "late":
        assert all(v and v.end_ms < START_MS + 20_000 - 60_000 for v in views)
    else:
        assert all(v and v.campaign_id > 100 for v in views)
    others = [m for block in blocks for i, m in enumerate(block.values) if i not in block.faults]
    assert all(oracle.parse(m) for m in others)


def test_it_goes_on_for_ever_without_a_count() -> None:
    endless = Events(1, np.arange(1, 3), START_MS, 1000, 0, Faults()).blocks(None)
    assert len(list(islice(endless, 5))) == 5


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200)])
def test_durations(text: str, seconds: float) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1", "1d", "1m30s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="is no duration"):
        duration_seconds(text)


def test_what_is_no_fraction_is_refused() -> None:
    with pytest.raises(Exception, match="is no fraction"):
        fraction("1.1")
