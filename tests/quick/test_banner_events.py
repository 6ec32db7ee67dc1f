"""Views and clicks: seeded, as on a real website, and the same events in Kafka's messages and in every kind of file."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from producer import hourly_files
from producer.banner_events import BOTS, CLICK, IMPRESSION, Events, Shape
from producer.sending import ProducerError

START_MS = 1_795_363_620_000
FIELDS = {"timestamp", "event_type", "banner_id", "placement_id", "page_id", "user_id"}


def events(rate: float = 1000, seed: int = 1, **shape: float) -> Events:
    return Events(seed, START_MS, rate, 10, Shape(**shape))


def messages(made: Events, count: int) -> list[bytes]:
    return list(chain.from_iterable(block.values for block in made.blocks(count)))


def test_the_same_seed_gives_the_same_events_byte_for_byte() -> None:
    first = messages(events(), 2500)
    assert len(first) == 2500
    assert messages(events(), 2500) == first
    assert messages(events(), 1200) == first[:1200], "how many are asked for must not change the first ones"
    assert messages(events(seed=2), 2500) != first


def test_a_click_comes_after_the_view_of_the_same_banner_by_the_same_visitor() -> None:
    viewed: dict[tuple, int] = {}
    clicks = 0
    for event in map(json.loads, messages(events(), 50_000)):
        assert event.keys() == FIELDS
        assert event["placement_id"].startswith(event["page_id"].replace("page", "placement") + "-")
        what = event["user_id"], event["banner_id"], event["placement_id"]
        if event["event_type"] == IMPRESSION:
            viewed[what] = event["timestamp"]
        else:
            assert event["event_type"] == CLICK
            assert event["timestamp"] >= viewed[what]
            clicks += 1
    assert 0.005 < clicks / 50_000 < 0.05


def test_events_are_at_most_the_delay_out_of_order() -> None:
    for columns in events().columns(20_000):
        late = columns.pushed - columns.timestamp
        assert late.min() >= 0
        # The timestamp is cut to whole seconds.
        assert late.max() < 11


def test_few_pages_and_visitors_make_most_of_it_and_programs_click_more() -> None:
    pages, visitors, programs, people = Counter(), Counter(), [], []
    for columns in events().columns(100_000):
        pages.update((columns.placement // 4).tolist())
        is_bot = columns.visitor <= BOTS
        visitors.update(columns.visitor[~is_bot].tolist())
        programs += columns.event_type[is_bot].tolist()
        people += columns.event_type[~is_bot].tolist()
    assert pages[0] > 20 * pages[150]
    assert sum(1 for views in visitors.values() if views == 1) > len(visitors) / 3
    assert max(visitors.values()) > 50
    assert 0.01 < len(programs) / 100_000 < 0.03
    assert np.mean(programs) > 5 * np.mean(people)


def test_nights_are_quiet_and_the_rate_is_the_mean_of_a_day() -> None:
    day = [columns.pushed for columns in events(rate=1).columns(86_400)]
    pushed = np.concatenate(day)
    assert abs(pushed[-1] - pushed[0] - 86_400) < 10
    by_hour = Counter(datetime.fromtimestamp(second, UTC).hour for second in pushed)
    assert by_hour[16] > 3 * by_hour[4]
    even = next(iter(events(rate=1000, swing=0.0).columns(1000))).pushed
    assert np.allclose(np.diff(even), 0.001, atol=1e-5)


@pytest.mark.parametrize("kind", ["late", "malformed"])
def test_faults_are_as_frequent_as_asked_for_and_what_they_say(kind: str) -> None:
    blocks = list(events(**{kind: 0.1}).blocks(20_000))
    pushed = np.concatenate([columns.pushed for columns in events(**{kind: 0.1}).columns(20_000)])
    faulty = {1000 * n + i: fault for n, block in enumerate(blocks) for i, fault in block.faults.items()}
    assert set(faulty.values()) == {kind}
    assert 1800 < len(faulty) < 2200
    values = list(chain.from_iterable(block.values for block in blocks))
    if kind == "late":
        assert all(pushed[i] - json.loads(values[i])["timestamp"] > 4000 for i in faulty)
    assert [is_usable(value, at) for value, at in zip(values, pushed, strict=True)] == [
        kind == "late" or i not in faulty for i in range(len(values))
    ]


def is_usable(value: bytes, pushed: float) -> bool:
    try:
        event = json.loads(value)
    except ValueError:
        return False
    return (
        {name for name, given in event.items() if given is not None} == FIELDS
        and event["event_type"] in (IMPRESSION, CLICK)
        and isinstance(event["timestamp"], int)
        and 0 < event["timestamp"] <= pushed + 10
    )


@pytest.mark.parametrize("form", hourly_files.FORMS)
def test_every_form_of_file_has_the_same_events_in_the_file_of_their_hour(folder: Path, form: str) -> None:
    made = events(rate=1, late=0.01)
    assert hourly_files.write(made.columns(20_000), 20_000, folder, form) == len(list(folder.iterdir()))
    found = []
    for file in sorted(folder.iterdir()):
        rows = pq.read_table(file).to_pylist() if form == "parquet" else lines(file)
        hour = f"{file.name.split('.')[0]}"
        assert {f"{datetime.fromtimestamp(row['timestamp'], UTC):%Y-%m-%dT%H}" for row in rows} == {hour}
        found += [tuple(row.items()) for row in rows]
    assert Counter(found) == Counter(tuple(json.loads(value).items()) for value in messages(made, 20_000))


def lines(file: Path) -> list[dict]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in content.splitlines()]


def test_what_a_file_cannot_hold_and_what_is_there_already_is_refused(folder: Path) -> None:
    with pytest.raises(ProducerError, match="leave out --malformed"):
        hourly_files.write(events(malformed=0.1).columns(1000), 1000, folder / "a", "parquet")
    assert hourly_files.write(events().columns(1000), 1000, folder / "b", "jsonl")
    with pytest.raises(ProducerError, match="is there already"):
        hourly_files.write(events().columns(1000), 1000, folder / "b", "jsonl")
