"""Messages that cannot be used: each is found again, byte for byte, with where it came from and what is wrong."""

import re
import shutil
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer

from jobs.pipeline import PIPELINES
from local.waiting import wait_until
from producer.view_log import Events, Faults
from tests.conftest import Figures, NewStream
from tests.sql.conftest import NETWORKS
from tests.support import oracle, reading
from tests.support.stream import Stream, text, view

MINUTE = 60_000


def problems(stream: Stream, since: set[tuple[int, int]]) -> dict[tuple[int, int], tuple[bytes | None, str, str]]:
    """What must be in rejected of the messages sent after `since`: (partition, offset) -> payload, reason, field."""
    verdicts = {at: (m, oracle.judge(m, stream.kafka_ms[at])) for at, m in stream.sent.items() if at not in since}
    return {at: (m, v.reason, v.field) for at, (m, v) in verdicts.items() if isinstance(v, oracle.Problem)}


def place(row: dict) -> tuple[int, int]:
    """Where in the topic a rejected message was."""
    return row["kafka_partition"], row["kafka_offset"]


def check(stream: Stream, since: set[tuple[int, int]], base: int) -> int:
    """Compare rejected rows and report with the oracle; returns the number of rejected rows."""
    expected = problems(stream, since)
    others = since | stream.sentinels
    rows = [r for r in reading.rejected(stream.data, stream.topic) if place(r) not in others]
    found = {place(r): r for r in rows}
    assert len(found) == len(rows), "a message was rejected twice"
    assert not found.keys() ^ expected.keys()
    for at, (payload, reason, field) in expected.items():
        row = found[at]
        assert row["payload"] == payload, at
        assert row["reason"] == reason, (at, payload)
        assert field in row["detail"], (at, row)
        assert row["detail"].endswith(".")
        assert row["pipeline"] == "view_report"
    verdicts = (oracle.judge(m, stream.kafka_ms[at]) for at, m in stream.sent.items() if at not in since)
    views = (verdict for verdict in verdicts if isinstance(verdict, oracle.View))
    assert not oracle.differences(stream.rows(base), oracle.report_of(views, NETWORKS))
    return len(rows)


@pytest.mark.parametrize(("fraction", "count"), [(0.001, 100_000), (0.5, 20_000)])
def test_a_stream_with_bad_messages_is_exact_and_each_bad_one_is_found_again(
    stream: Stream, figures: Figures, fraction: float, count: int
) -> None:
    base, before = stream.now_ms, set(stream.sent)
    events = Events(
        7, np.array(list(NETWORKS)), base + 10_000, count / 150, max_delay_seconds=10, faults=Faults(malformed=fraction)
    )
    messages = chain.from_iterable(block.values for block in events.blocks(count))
    stream.send((i % 4, message) for i, message in enumerate(messages))
    stream.now_ms = base + 3 * MINUTE
    stream.finish_minutes()
    rejected = check(stream, before, base)
    figures.add(f"rejected: {rejected:,} of {count:,} messages, each found again byte for byte; the report is exact")
    assert abs(rejected / count - fraction) < fraction / 5


def test_every_reason(stream: Stream) -> None:
    base, before = stream.now_ms, set(stream.sent)
    start = text(base)
    bad = [
        None,
        b"",
        b" \n",
        b"hello",
        view(1, base, 1)[:50],
        b"\xff\xfe\xfd",
        b"[]",
        b"1",
        b"{}",
        view(1, base, 1, campaign_id=None),
        view(1, base, 1, start_timestamp=None),
        view(1, base, 1, campaign_id="x"),
        view(1, base, 1, campaign_id=2**31),
        view(1, base, 1, start_timestamp="x"),
        view(1, base, 1, end_timestamp=5),
        view(1, base, 1, start_timestamp=text(base + 2), end_timestamp=text(base + 1)),
        f'{{"campaign_id":1,"start_timestamp":"{start}"}}'.encode(),
        b'{"campaign_id":1,"note":"\xc3("}',
    ]
    stream.send((i % 4, message) for i, message in enumerate([*bad, view(1, base + 1, 1)]))
    stream.finish_minutes()
    assert check(stream, before, base) == len(bad)
    reasons = Counter(r["reason"] for r in reading.rejected(stream.data, stream.topic))
    assert reasons.keys() == {
        *("null_message", "empty_message", "not_json", "not_an_object", "missing_field", "wrong_type", "out_of_range"),
        "ends_before_it_starts",
    }


def test_a_rejected_row_says_when_and_lies_in_the_folder_of_its_hour(stream: Stream) -> None:
    before = set(stream.sent)
    stream.send([(3, b"when?")])
    stream.finish_minutes()
    (at,) = set(stream.sent) - before
    (row,) = (r for r in reading.rejected(stream.data, stream.topic) if place(r) == at)
    now = datetime.now(UTC).replace(tzinfo=None)
    assert now - timedelta(seconds=60) < row["kafka_timestamp"] <= row["rejected_at"] <= now
    # The folder's time is read from the clock a moment after rejected_at.
    assert timedelta(0) <= datetime.fromisoformat(f"{row['date']} {row['hour']}:59:59.999") - row["rejected_at"]
    assert row["message_key"] is None


def test_key_and_headers_are_kept(stream: Stream) -> None:
    """Of a message that cannot be decoded and of one whose values are wrong; NULL where there are none."""
    headers = [("trace", b"first"), ("trace", b"\x00last\xff"), ("empty", b""), ("null", None)]
    kept = {"trace": b"\x00last\xff", "empty": b"", "null": None}
    messages = [
        (b"not json", b"\x00key\xff", headers, kept),
        (view(1, stream.now_ms, -1), b"", [], None),
        (view(1, stream.now_ms, -1), None, headers, kept),
    ]
    expected = {}

    def delivered(key, kept):
        def note(error, message) -> None:
            assert not error, error
            stream.sent[message.partition(), message.offset()] = message.value()
            expected[message.partition(), message.offset()] = key, kept

        return note

    producer = Producer({"bootstrap.servers": stream.cluster.bootstrap_servers})
    for payload, key, given, kept_of_it in messages:
        producer.produce(stream.topic, payload, key, partition=2, headers=given, on_delivery=delivered(key, kept_of_it))
    assert producer.flush(30) == 0
    stream.finish_minutes()
    rows = {place(row): row for row in reading.rejected(stream.data, stream.topic)}
    found = {
        at: (rows[at]["message_key"], None if rows[at]["headers"] is None else dict(rows[at]["headers"]))
        for at in expected
    }
    assert found == expected


FUTURES_MS = [253_402_300_799_000, 32_503_680_000_000]


def test_an_event_from_the_future_is_rejected_and_closes_no_minute(stream: Stream) -> None:
    base, before = stream.now_ms, set(stream.sent)
    futures = [view(1, at, 10) for at in [*FUTURES_MS, round(time.time() * 1000) + 60_000]]
    stream.send((p, future) for p in range(4) for future in futures)
    stream.send((c % 4, view(c, base + c, 10)) for c in NETWORKS)
    stream.finish_minutes()
    assert check(stream, before, base) == 4 * len(futures)
    assert len(stream.rows(base)) == len(NETWORKS)


def test_without_that_care_one_such_event_a_partition_ends_the_report(new_stream: NewStream, folder: Path) -> None:
    """The control: with the watermark that everyone writes first, all that follows is late."""
    changed = shutil.copytree(PIPELINES / "view_report", folder / "naive")
    file = changed / "1_view_log.guarded-json.sql"
    careful = re.compile(r"WATERMARK FOR end_timestamp AS CASE.*?END\n", re.S)
    naive, replaced = careful.subn(
        "WATERMARK FOR end_timestamp AS end_timestamp - INTERVAL '10' SECOND\n", file.read_text()
    )
    assert replaced == 1
    file.write_text(naive)
    stream = new_stream(folder / "data", "1,1\n", datetime(2026, 6, 1))
    stream.submit(str(changed))

    def reasons() -> Counter:
        return Counter(row["reason"] for row in reading.rejected(stream.data, stream.topic))

    stream.send((p, view(1, FUTURES_MS[0], 10)) for p in range(4))
    wait_until(lambda: reasons()["from_the_future"] == 4, "the events from the future in rejected", 60)
    stream.send((p, view(1, stream.now_ms, 10)) for p in range(4))
    wait_until(lambda: len(reading.late(stream.data, stream.topic)) == 4, "the good events in late", 60)
    assert not stream.rows()


def test_a_lost_rejected_row_is_noticed(stream: Stream) -> None:
    """The control: the comparison fails when one of the rejected messages is not the one that was sent."""
    base, before = stream.now_ms, set(stream.sent)
    stream.send([(0, b"one"), (1, b"two")])
    stream.finish_minutes()
    assert check(stream, before, base) == 2
    (at,) = {at for at, m in stream.sent.items() if m == b"one" and at not in before}
    stream.sent[at] = b"another"
    with pytest.raises(AssertionError):
        check(stream, before, base)
    stream.sent[at] = view(1, base, 1)
    with pytest.raises(AssertionError):
        check(stream, before, base)


def test_with_flinks_own_format_the_report_is_the_same(new_stream: NewStream, folder: Path) -> None:
    csv = "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    stream = new_stream(folder, csv, datetime(2026, 5, 1))
    # Named otherwise, so that it runs beside the shared stream of this module.
    renamed = shutil.copytree(PIPELINES / "view_report", folder / "view_report_json")
    stream.submit(str(renamed), VIEW_LOG_FORMAT="json")
    base = stream.now_ms
    good = [view(c, base + c * 100, c) for c in NETWORKS]
    stream.send((i % 4, m) for i, m in enumerate([*good, b"not json", view(1, base, 1, campaign_id="x")]))
    stream.finish_minutes()
    assert not oracle.differences(stream.rows(), oracle.report(stream.sent.values(), NETWORKS))
    # What is not JSON is gone without a trace; of the other there is a row, but without its bytes.
    rows = [r for r in reading.rejected(stream.data, stream.topic) if place(r) not in stream.sentinels]
    assert [(r["payload"], r["reason"]) for r in rows] == [(None, "missing_field")]
