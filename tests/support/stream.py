"""A running view_report of its own: its topic, its DATA_DIR, its event time."""

import json
import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from local.cluster import Cluster
from local.waiting import wait_until
from tests.support import account, oracle, reading
from tests.support import topic as topics
from tests.support.job import PARTITIONS, Job

EPOCH = datetime(1970, 1, 1)
# A campaign that no test uses otherwise: its events only move the watermark.
MARKER = 2_147_483_647


def view(campaign: int, end_ms: int, duration_ms: int, **more: object) -> bytes:
    """A message as producers send it; times in milliseconds since 1970."""
    event = {
        "view_id": uuid.uuid4().hex,
        "start_timestamp": text(end_ms - duration_ms),
        "end_timestamp": text(end_ms),
        "banner_id": 7,
        "campaign_id": campaign,
    }
    return json.dumps({**event, **more}).encode()


def text(epoch_ms: int) -> str:
    """YYYY-MM-DD HH:MM:SS.mmm, UTC."""
    return (EPOCH + timedelta(milliseconds=epoch_ms)).isoformat(" ", "milliseconds")


class Stream(Job):
    """One pipeline over one topic. Event time starts at `begin` and only goes forward.

    With `beside`, it reads that stream's topic and goes on with its event time.
    """

    def __init__(
        self, cluster: Cluster, folder: Path, campaigns_csv: str, begin: datetime, beside: "Stream | None" = None
    ) -> None:
        super().__init__(cluster, folder, "view_report", "VIEW_LOG_TOPIC", beside.topic if beside else None)
        self.report = folder / "view_report"
        # (partition, offset) -> message, of everything but markers and sentinels
        self.sent: dict[tuple[int, int], bytes | None] = {}
        # (partition, offset) -> Kafka's timestamp of it, milliseconds
        self.kafka_ms: dict[tuple[int, int], int] = {}
        self.now_ms = beside.now_ms if beside else round((begin - EPOCH).total_seconds() * 1000)
        (folder / "campaigns").mkdir(parents=True)
        (folder / "campaigns" / "campaigns.csv").write_text(campaigns_csv)
        self._awake = threading.Event()

    def cancel(self) -> None:
        self.rest_at_partitions()
        super().cancel()

    def delivered(self, partition: int, offset: int, kafka_ms: int, value: bytes | None) -> None:
        if f'"campaign_id": {MARKER}' not in str(value):
            self.sent[partition, offset] = value
            self.kafka_ms[partition, offset] = kafka_ms

    def add_campaigns(self, name: str, csv: str, valid_from_ms: int) -> None:
        """Put a file with more campaigns into the folder: written elsewhere, with this modification time, and moved."""
        file = self.data / name
        file.write_text(csv)
        os.utime(file, (valid_from_ms / 1000, valid_from_ms / 1000))
        file.rename(self.data / "campaigns" / name)

    def finish_minutes(self, partitions: Iterable[int] = range(PARTITIONS), seconds: float = 60) -> None:
        """Move event time on until all that was sent so far is final, and wait until it can be read.

        First all of it must have been read: real traffic moves in small steps, but a marker is a jump of minutes, and
        one partition's must not close the minutes of another that was idle and has not been read yet. Then a marker
        event four minutes later closes the window of one two minutes later, whose _SUCCESS tells that all before it
        is there.
        """
        partitions = list(partitions)
        self.wait_until_read(partitions, seconds)
        base = self.now_ms
        first, second = base + 120_000, base + 240_000
        self.send((p, view(MARKER, first, 0)) for p in partitions)
        self.send((p, view(MARKER, second, 0)) for p in partitions)
        self.now_ms = second
        minute = EPOCH + timedelta(minutes=first // 60_000)
        wait_until(
            lambda: minute in reading.complete_minutes(self.report),
            f"_SUCCESS of minute {minute} in {self.report}",
            seconds,
            every_seconds=0.05,
            hint=self.why,
        )

    def rows(self, since_ms: int = 0) -> list[reading.Row]:
        """The report's rows from `since_ms` on, markers left out."""
        since = EPOCH + timedelta(milliseconds=since_ms)
        return [r for r in reading.rows(self.report) if r.campaign_id != MARKER and r.minute >= since]

    def account(
        self,
        networks: Mapping[int, int],
        earlier: Iterable[oracle.Message] = (),
        lost: Iterable[tuple[int, int]] = (),
        finished_ms: int | None = None,
    ) -> list[str]:
        """Every disagreement between what is there and what must become of all that the topic holds.

        Call it after finish_minutes(), whose last markers are left out: their minute is not over. `earlier`: messages
        that were read and are no longer in the topic; `lost`: (partition, offset) of those that could not be read.
        `finished_ms`: hours and days that ended until then must be there, where finish_minutes() was not called.
        """
        messages = topics.read(self.cluster.bootstrap_servers, self.topic)
        known = {(message.partition, message.offset) for message in messages}
        gone = [message for message in earlier if (message.partition, message.offset) not in known]
        messages = [*gone, *messages]
        open_minute = self.now_ms // 60_000
        if finished_ms is None:
            # What the first marker of finish_minutes() was in: its end is the last that was waited for.
            finished_ms = (self.now_ms - 120_000) // 60_000 * 60_000
        verdicts = ((message, oracle.judge(message.value, message.kafka_ms)) for message in messages)
        finished = [
            message
            for message, verdict in verdicts
            if not isinstance(verdict, oracle.View) or verdict.end_ms // 60_000 < open_minute
        ]
        return account.differences(self.data, self.topic, finished, networks, finished_ms, lost)

    def keep_awake(self) -> None:
        """Send a marker at the present event time to every partition, every two seconds, until rest_at_partitions().

        Kafka's partitions are otherwise quiet between two tests, and after a while the pipeline says so in them.
        """
        self._awake.clear()
        threading.Thread(target=self._stay_awake, daemon=True).start()

    def rest_at_partitions(self) -> None:
        self._awake.set()

    def _stay_awake(self) -> None:
        while not self._awake.wait(2):
            self.send((p, view(MARKER, self.now_ms, 0)) for p in range(PARTITIONS))


def wait_for_silence(seconds: float) -> None:
    """Let `seconds` of wall-clock time pass: silence is the one condition that only time makes."""
    time.sleep(seconds)
