"""Silence: when traffic stops, the last minute is published all the same, and nobody waits for an empty partition."""

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs.pipeline import PIPELINES
from local.waiting import LocalError, wait_until
from tests.conftest import Figures, NewStream
from tests.support import reading
from tests.support.stream import EPOCH, Stream, view, wait_for_silence

MINUTE = 60_000
CSV = "1,1\n2,2\n"
OPTION = "    'silence.punctuation-field' = 'punctuation',\n"
# The limit that users are promised, from the end of the minute.
PUBLISHED_SECONDS = 60


def published(stream: Stream, minute: datetime) -> bool:
    return minute in reading.complete_minutes(stream.report)


@pytest.mark.parametrize("after_minute_begins_s", [35, 50])
def test_the_last_minute_is_published_when_traffic_stops(
    new_stream: NewStream, folder: Path, figures: Figures, after_minute_begins_s: int
) -> None:
    """With the settings that ship; events of long ago, because event time need not be the clock's."""
    minute = datetime(2026, 8, 1, 10, 0)
    stream = new_stream(folder, CSV, minute + timedelta(seconds=after_minute_begins_s))
    stream.submit()
    # Partition 2 never has a message.
    stream.send((p, view(1, stream.now_ms + p, 10)) for p in (0, 1, 3))
    stopped = time.monotonic()
    left = 60 - after_minute_begins_s
    wait_until(lambda: published(stream, minute), "the last minute", left + PUBLISHED_SECONDS, hint=stream.why)
    seconds = time.monotonic() - stopped - left
    figures.add(f"silence: traffic stops {left} s before a minute's end, published {seconds:.0f} s after it")
    assert [(row.campaign_id, row.total_count) for row in stream.rows()] == [(1, 3)]


def test_without_punctuations_the_last_minute_is_never_published(new_stream: NewStream, folder: Path) -> None:
    """The control, with a shorter patience: published soon with that option, and not without."""
    minute = datetime(2026, 8, 2, 10, 0)
    without = shutil.copytree(PIPELINES / "view_report", folder / "without")
    file = without / "1_view_log.guarded-json.sql"
    assert OPTION in file.read_text()
    file.write_text(file.read_text().replace(OPTION, ""))
    silent = new_stream(folder / "silent", CSV, minute + timedelta(seconds=55))
    silent.submit(str(without), VIEW_LOG_SILENCE_AFTER="3 s")
    silent.send((p, view(1, silent.now_ms, 10)) for p in range(4))
    with pytest.raises(LocalError):
        wait_until(lambda: published(silent, minute), "a minute that nobody closes", 25)

    # Its punctuations go into the same topic, and both jobs read them.
    speaking = new_stream(folder / "speaking", CSV, minute, beside=silent)
    speaking.submit(VIEW_LOG_SILENCE_AFTER="3 s")
    wait_until(lambda: published(speaking, minute), "the last minute", 40, hint=speaking.why)
    wait_until(lambda: published(silent, minute), "the last minute in the job that only reads", 10, hint=silent.why)
    assert silent.rows() == speaking.rows()


def test_the_report_goes_on_after_a_silence_and_punctuations_are_no_events(
    new_stream: NewStream, folder: Path, figures: Figures
) -> None:
    """Traffic, silence, and so on three times (FLINK-38477); everything in the topic is accounted for."""
    stream = new_stream(folder, CSV, datetime(2026, 8, 3, 23, 59, 50))
    stream.submit(VIEW_LOG_SILENCE_AFTER="2 s")
    for _ in range(3):
        stream.send((p, view(p % 3, stream.now_ms + p, 10 * p)) for p in range(4))
        minute = EPOCH + timedelta(minutes=stream.now_ms // MINUTE)
        wait_until(lambda m=minute: published(stream, m), f"minute {minute}", 90, hint=stream.why)
        # The clock of event time has gone on meanwhile; so do the events.
        stream.now_ms += 5 * MINUTE
    stream.finish_minutes()
    found = stream.account({1: 1, 2: 2})
    assert not found, "\n".join(found[:20])
    count = sum(row["is_punctuation"] for row in reading.audit_offsets(stream.data, stream.topic))
    figures.add(f"silence: three of them, {count} punctuations, and every message accounted for")
    assert count > 20


def test_a_broken_silence_is_not_taken_up_again_at_once(new_stream: NewStream, folder: Path) -> None:
    """A partition that has traffic every second is never quiet, whatever the others do."""
    stream = new_stream(folder, CSV, datetime(2026, 8, 4, 10, 0))
    stream.submit(VIEW_LOG_SILENCE_AFTER="4 s")
    for second in range(15):
        stream.send([(1, view(1, stream.now_ms + 1000 * second, 10))])
        wait_for_silence(1)
    stream.now_ms += MINUTE
    stream.finish_minutes()
    noted = reading.audit_offsets(stream.data, stream.topic)
    assert {row["kafka_partition"] for row in noted if row["is_punctuation"]} >= {0, 2, 3}
    sent_at = {row["kafka_offset"] for row in noted if row["is_punctuation"] and row["kafka_partition"] == 1}
    assert not [offset for offset in sent_at if offset < 15]
