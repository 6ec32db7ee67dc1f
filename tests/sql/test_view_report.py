"""The view report that ships, on real Kafka and real Flink, against the oracle."""

import random
from datetime import timedelta

import pytest

from tests.conftest import Figures
from tests.sql.conftest import NETWORKS
from tests.support import oracle, reading
from tests.support.stream import EPOCH, MARKER, PARTITIONS, Stream, text, view

MINUTE = 60_000


def check(stream: Stream, since_ms: int, messages: list[bytes | None]) -> int:
    """Compare the finished report with the oracle; returns the number of rows compared."""
    expected = oracle.report(messages, NETWORKS)
    found = oracle.differences(stream.rows(since_ms), expected)
    assert not found, "\n".join(found[:20])
    return len(expected)


def shuffled(messages: list[tuple[int, bytes]], rng: random.Random) -> list[tuple[int, bytes]]:
    """(partition, message) of (end_ms, message), each pushed up to 10 s after its end."""
    pushed = sorted((end_ms + rng.randint(0, 10_000), end_ms, message) for end_ms, message in messages)
    return [(rng.randrange(PARTITIONS), message) for _, _, message in pushed]


def test_thousands_of_events_out_of_order_agree_with_the_oracle(stream: Stream, figures: Figures) -> None:
    rng = random.Random(1)
    base = stream.now_ms
    ends = [base + rng.randrange(5 * MINUTE) for _ in range(20_000)]
    views = [(end, view(rng.randint(1, 60), end, rng.choice([0, 1, 999, rng.randrange(100_000)]))) for end in ends]
    stream.send(shuffled(views, rng))
    stream.now_ms = base + 5 * MINUTE
    stream.finish_minutes()
    rows = check(stream, base, [message for _, message in views])
    figures.add(f"report: {len(views):,} events, {rows:,} report rows equal the oracle's")
    assert rows > 250


def test_events_on_a_minutes_edge_belong_to_the_minute_that_begins(stream: Stream) -> None:
    base = stream.now_ms
    views = [view(1, base + edge, 1500) for edge in (0, 1, MINUTE - 1, MINUTE, MINUTE + 1, 2 * MINUTE)]
    stream.send([(i % PARTITIONS, v) for i, v in enumerate(views)])
    stream.now_ms = base + 2 * MINUTE
    stream.finish_minutes()
    assert check(stream, base, views) == 3
    counts = {row.minute: row.total_count for row in stream.rows(base)}
    assert sorted(counts.values()) == [1, 2, 3]


def test_averages_are_exact_to_the_millisecond(stream: Stream) -> None:
    base = stream.now_ms
    views = [view(2, base + 59_000, ms) for ms in (1, 1, 2)] + [view(3, base + 100, 86_400_001)]
    stream.send([(0, v) for v in views])
    stream.finish_minutes()
    check(stream, base, views)
    averages = {row.campaign_id: row.avg_duration for row in stream.rows(base)}
    assert averages[2] == pytest.approx(4 / 3000, abs=1e-12)
    assert averages[3] == pytest.approx(86_400.001, abs=1e-9)


def test_a_campaign_without_a_network_is_reported_under_the_null_network(stream: Stream) -> None:
    base = stream.now_ms
    stream.send([(0, view(777_777, base + 1, 10)), (1, view(1, base + 1, 10))])
    stream.finish_minutes()
    networks = {row.campaign_id: row.network_id for row in stream.rows(base)}
    assert networks == {777_777: None, 1: NETWORKS[1]}
    assert list(stream.report.glob(f"network_id={reading.NULL_NETWORK}/*/_SUCCESS"))


def test_messages_that_cannot_be_used_neither_stop_the_job_nor_count(stream: Stream) -> None:
    base = stream.now_ms
    good = [view(c, base + c, 1000) for c in range(1, 11)]
    bad = [
        b"",
        None,
        b"not json",
        good[0][:40],
        b"[1, 2]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"{}",
        view(1, base, 1, campaign_id=None),
        view(1, base, 1, campaign_id="seven"),
        view(1, base, 1, campaign_id=2**40),
        view(1, base, 1, start_timestamp=None),
        view(1, base, 1, end_timestamp="yesterday"),
        view(1, base, 1, end_timestamp={"at": text(base)}),
        view(1, base, 1, start_timestamp="2026-02-30"),
    ]
    messages = [m for pair in zip(good, [*bad[:10]], strict=True) for m in pair] + bad[10:]
    stream.send([(i % PARTITIONS, m) for i, m in enumerate(messages)])
    stream.finish_minutes()
    assert check(stream, base, messages) == 10
    stream.wait_until_running()


def test_unknown_fields_other_order_and_spacing_make_no_difference(stream: Stream) -> None:
    base = stream.now_ms
    message = (
        f'\n{{ "more": {{"a": [1, {{"b": null}}]}},  "campaign_id" :4 ,\t"end_timestamp":"{text(base + 5)}",'
        f'"view_id":"\\u00e9\\"", "start_timestamp":"{text(base)[:-4]}" }}\n'
    ).encode()
    stream.send([(2, message)])
    stream.finish_minutes()
    assert check(stream, base, [message]) == 1


def test_an_event_after_its_minute_has_closed_is_not_in_the_report(stream: Stream) -> None:
    """And its control: one that is as old, but whose minute is open, is."""
    base = stream.now_ms
    stream.send([(p, view(MARKER, base + 69_000, 0)) for p in range(PARTITIONS)])
    # The watermark is now 59 s into the minute: it is open, and an event of its first second counts.
    in_time = view(5, base + 1, 10)
    stream.send([(0, in_time)])
    stream.now_ms = base + MINUTE
    stream.finish_minutes()
    too_late = view(6, base + 2, 10)
    stream.send([(0, too_late)])
    stream.finish_minutes()
    assert check(stream, base, [in_time]) == 1
    assert oracle.differences(stream.rows(base), oracle.report([in_time, too_late], NETWORKS))


def test_only_complete_minutes_carry_success_and_each_folder_has_one_file(stream: Stream) -> None:
    base = stream.now_ms
    stream.send([(c % PARTITIONS, view(c, base + 1, 10)) for c in NETWORKS])
    stream.now_ms = base + MINUTE
    stream.finish_minutes()
    open_minute = EPOCH + timedelta(milliseconds=stream.now_ms)
    assert open_minute.replace(second=0) not in reading.complete_minutes(stream.report)
    files = reading.files_per_folder(stream.report)
    assert len(files) > 10
    assert set(files.values()) == {1}, {str(f): n for f, n in files.items() if n != 1}
    assert all((folder / "_SUCCESS").exists() for folder in files)
    # Hidden files are the ones being written; a finished minute has none.
    assert not list(stream.report.glob("*/*/.*"))
