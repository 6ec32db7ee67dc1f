"""Seeded traffic that flows while faults strike, and a reader that looks at finished minutes all the time."""

import random
import threading
from pathlib import Path

import pyarrow.parquet as pq

from tests.support import reading
from tests.support.stream import PARTITIONS, Stream, text, view

# Event time goes ten times as fast as the clock, so that minutes finish every six seconds.
STEP_SECONDS = 0.1
STEP_MS = 1_000
EVENTS_A_STEP = 20


class Traffic:
    """About 90% good events; malformed, without a time, of unknown campaigns, late and from the future the rest."""

    def __init__(self, stream: Stream, seed: int, campaigns: int) -> None:
        self._stream = stream
        self._random = random.Random(seed)
        self._campaigns = campaigns
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: BaseException | None = None

    def flow(self) -> None:
        """Send from now on."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Stop sending; what was sent has arrived."""
        self._stop.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "the producer does not stop"
        if self.failure:
            raise self.failure

    def _run(self) -> None:
        try:
            while not self._stop.wait(STEP_SECONDS):
                now = self._stream.now_ms
                self._stream.send((self._random.randrange(PARTITIONS), self._event(now)) for _ in range(EVENTS_A_STEP))
                self._stream.now_ms = now + STEP_MS
        except BaseException as e:
            self.failure = e

    def _event(self, now: int) -> bytes | None:
        pick = self._random.random()
        campaign = self._random.randint(1, self._campaigns)
        end = now - self._random.randrange(9_000)
        duration = self._random.randrange(60_000)
        if pick < 0.90:
            return view(campaign, end, duration)
        if pick < 0.92:
            return view(campaign, end - self._random.randrange(80_000, 600_000), duration)
        if pick < 0.94:
            return view(2_000_000_000 + campaign, end, duration)
        if pick < 0.96:
            return view(campaign, end, duration, end_timestamp=None)
        if pick < 0.97:
            return view(campaign, end, duration, end_timestamp=text(253_402_300_799_000))
        if pick < 0.98:
            return view(campaign, end, -1)
        return self._random.choice([None, b"", view(campaign, end, duration)[:40], b"\xff\x00", b"[1]"])


class Reader:
    """Reads every folder with _SUCCESS again and again: what it once held it must hold for ever."""

    def __init__(self, report: Path, seed: int) -> None:
        self._report = report
        self._random = random.Random(seed)
        self._seen: dict[Path, list] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.wrong: list[str] = []
        self.looks = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._stop.wait(0.3):
            try:
                self._look()
            except Exception as e:
                self.wrong.append(f"a reader failed: {e!r}")

    def _look(self) -> None:
        folders = {marker.parent for marker in self._report.glob("*/*/_SUCCESS")}
        known = self._random.sample(sorted(self._seen), min(20, len(self._seen)))
        for folder in [*(folders - self._seen.keys()), *known]:
            rows = sorted(
                str(row) for file in reading.data_files_of(folder) for row in pq.ParquetFile(file).read().to_pylist()
            )
            self.looks += 1
            if self._seen.setdefault(folder, rows) != rows:
                self.wrong.append(f"{folder} has changed: {len(self._seen[folder])} rows, then {len(rows)}")
