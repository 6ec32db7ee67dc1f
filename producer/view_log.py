"""Banner views: who saw which banner of which campaign, from when to when.

An event's end_timestamp is the moment the view ended; it is pushed to Kafka up to `max_delay` later. Campaigns are
viewed unevenly, as in life: few make most of the traffic.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from producer.making import BLOCK, block_sizes, zipf
from producer.sending import Block

# A view ends at the latest 10 s before its minute's window closes if it is on time; 80 s are late whatever the minute.
_LATE_MS = (80_000, 600_000)
_MILLISECONDS = [f"{ms:03d}" for ms in range(1000)]


@dataclass(frozen=True)
class Faults:
    """Fractions of all events, 0 to 1."""

    late: float = 0.0
    malformed: float = 0.0
    unknown_campaign: float = 0.0


class Events:
    """A reproducible, endless history of views: event i is pushed at `start_ms` + i / `rate` seconds."""

    def __init__(
        self, seed: int, campaigns: np.ndarray, start_ms: int, rate: float, max_delay_seconds: float, faults: Faults
    ) -> None:
        self._seed = seed
        self._campaigns = campaigns
        self._start_ms = start_ms
        self._rate = rate
        self._max_delay_ms = max_delay_seconds * 1000
        self._faults = faults
        self._cumulative = zipf(len(campaigns), 0.8)
        self._second_text: dict[int, str] = {}

    def blocks(self, count: int | None) -> Iterator[Block]:
        """Blocks of events in the order they are pushed: `count` events in all, or without end."""
        for number, size in block_sizes(count):
            yield self._block(number, size)

    def _block(self, number: int, size: int) -> Block:
        random = np.random.default_rng([self._seed, number])
        pushed_ms = self._start_ms + (np.arange(number * BLOCK, number * BLOCK + BLOCK) * 1000 / self._rate)
        # Most events come soon, few at the limit.
        delay_ms = np.minimum(random.exponential(self._max_delay_ms / 5, BLOCK), self._max_delay_ms)
        duration_ms = np.round(random.lognormal(8.5, 1.0, BLOCK)).astype(np.int64)
        duration_ms[random.random(BLOCK) < 0.01] = 0
        campaign = self._campaigns[np.searchsorted(self._cumulative, random.random(BLOCK))]
        banner = random.integers(1, 10**9, BLOCK)
        view_ids = random.bytes(16 * BLOCK).hex()

        dice = random.random(BLOCK)
        f = self._faults
        late = dice < f.late
        malformed = (dice >= f.late) & (dice < f.late + f.malformed)
        unknown = (dice >= f.late + f.malformed) & (dice < f.late + f.malformed + f.unknown_campaign)
        delay_ms[late] = random.uniform(*_LATE_MS, BLOCK)[late]
        campaign = np.where(unknown, 2_000_000_000 + random.integers(0, 100, BLOCK), campaign)

        end_ms = np.floor(pushed_ms - delay_ms).astype(np.int64)
        start_ms = end_ms - duration_ms
        text = self._text
        values = [
            f'{{"view_id":"{view_ids[32 * i : 32 * i + 32]}","start_timestamp":"{text(s)}","end_timestamp":"{text(e)}"'
            f',"banner_id":{b},"campaign_id":{c}}}'.encode()
            for i, (s, e, b, c) in enumerate(
                zip(start_ms.tolist(), end_ms.tolist(), banner.tolist(), campaign.tolist(), strict=True)
            )
        ][:size]
        faults: dict[int, str] = {}
        for i in np.flatnonzero(late | malformed | unknown).tolist():
            if i < size:
                faults[i] = "late" if late[i] else "malformed" if malformed[i] else "unknown_campaign"
                if malformed[i]:
                    values[i] = _spoil(values[i], int(banner[i]))
        return Block(values, due_seconds=float(pushed_ms[size - 1]) / 1000, faults=faults)

    def _text(self, epoch_ms: int) -> str:
        """`epoch_ms` as YYYY-MM-DD HH:MM:SS.mmm, UTC."""
        second, ms = divmod(epoch_ms, 1000)
        known = self._second_text.get(second)
        if known is None:
            if len(self._second_text) > 100_000:
                self._second_text.clear()
            known = self._second_text[second] = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S.")
        return known + _MILLISECONDS[ms]


def _spoil(value: bytes, which: int) -> bytes:
    """One of the ways in which messages really go wrong; `which` chooses."""
    event = json.loads(value)
    ways = [
        lambda: value[: len(value) // 2],  # cut off
        lambda: b"GET /pixel.gif HTTP/1.1",  # not JSON
        lambda: json.dumps([event]).encode(),  # not an object
        lambda: json.dumps({k: v for k, v in event.items() if k != "campaign_id"}).encode(),
        lambda: json.dumps({k: v for k, v in event.items() if k != "end_timestamp"}).encode(),
        lambda: json.dumps({**event, "start_timestamp": None}).encode(),
        lambda: json.dumps({**event, "campaign_id": "unknown"}).encode(),
        lambda: json.dumps({**event, "campaign_id": 2**31}).encode(),
        lambda: json.dumps({**event, "end_timestamp": "yesterday"}).encode(),
        lambda: json.dumps({**event, "start_timestamp": {"seconds": 1}}).encode(),
    ]
    return ways[which % len(ways)]()
