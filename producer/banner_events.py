"""Banner views and clicks of a busy website: which visitor saw, or clicked, which banner, and where.

Uneven, as in life: few pages make most of the traffic, each placement has a click-through rate of its own, some
visitors come back again and again and most hardly ever, nights are quiet, and a few of the visitors are programs. A
click comes after the view of the same banner by the same visitor.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np

from producer.making import BLOCK, block_sizes, zipf
from producer.sending import Block

IMPRESSION, CLICK = 0, 1
PLACEMENTS_PER_PAGE = 4
BANNERS = 5000
# The n-th most frequent visitor has a share of the events in proportion to 1 / n^0.6.
VISITORS_EXPONENT = 0.6
BOTS = 20

_DAY_SECONDS = 86_400
_QUIETEST_SECONDS = 4 * 3600
_BOT_CLICKS = 0.3
# How many events after the view its click comes, at most.
_CLICK_AFTER = 50
_LATE_SECONDS = (4_000, 8_000)


@dataclass(frozen=True)
class Shape:
    """What the traffic is like; fractions are 0 to 1."""

    pages: int = 200
    visitors: int = 200_000
    bots: float = 0.02
    # By how much day and night differ from the mean.
    swing: float = 0.6
    late: float = 0.0
    malformed: float = 0.0


@dataclass(frozen=True)
class Columns:
    """Events in the order they are pushed, an array entry each; ids as numbers, `pushed` and `timestamp` in seconds."""

    pushed: np.ndarray
    timestamp: np.ndarray
    event_type: np.ndarray
    banner: np.ndarray
    placement: np.ndarray
    visitor: np.ndarray
    faults: dict[int, str] = field(default_factory=dict)

    def chosen(self, which: np.ndarray) -> "Columns":
        """Those of the events; `which` is one bool for each."""
        if which.all():
            return self
        place = np.cumsum(which) - 1
        faults = {int(place[i]): fault for i, fault in self.faults.items() if which[i]}
        arrays = [getattr(self, column.name)[which] for column in fields(self) if column.name != "faults"]
        return Columns(*arrays, faults)

    def texts(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """banner_id, placement_id, page_id and user_id."""
        return (
            [f"banner-{banner}" for banner in self.banner.tolist()],
            [f"placement-{p // PLACEMENTS_PER_PAGE}-{p % PLACEMENTS_PER_PAGE}" for p in self.placement.tolist()],
            [f"page-{p // PLACEMENTS_PER_PAGE}" for p in self.placement.tolist()],
            [f"{visitor:016x}" for visitor in self.visitor.tolist()],
        )


class Events:
    """A reproducible, endless history: `rate` events/s, the mean of a day, from `start_ms` on."""

    def __init__(self, seed: int, start_ms: int, rate: float, max_delay_seconds: float, shape: Shape) -> None:
        self._seed = seed
        self._start = start_ms / 1000
        self._rate = rate
        self._max_delay = max_delay_seconds
        self._shape = shape
        self._pages = zipf(shape.pages, 0.9)
        self._visitors = zipf(shape.visitors, VISITORS_EXPONENT)
        # Of each placement: most are hardly clicked, few often.
        placements = shape.pages * PLACEMENTS_PER_PAGE
        self._click_rates = np.random.default_rng(seed).beta(1, 80, placements)

    def blocks(self, count: int | None) -> Iterator[Block]:
        """JSON messages in the order they are pushed: `count` in all, or without end."""
        for columns in self.columns(count):
            yield Block(messages(columns), due_seconds=float(columns.pushed[-1]), faults=columns.faults)

    def columns(self, count: int | None) -> Iterator[Columns]:
        """The same as columns, a block at a time."""
        for number, size in block_sizes(count):
            yield self._block(number).chosen(np.arange(BLOCK) < size)

    def _block(self, number: int) -> Columns:
        random = np.random.default_rng([self._seed, number])
        first, after = self._pushed_at(number * BLOCK), self._pushed_at((number + 1) * BLOCK)
        pushed = first + (after - first) * np.arange(BLOCK) / BLOCK
        # Most events come soon, few at the limit.
        delay = np.minimum(random.exponential(self._max_delay / 5, BLOCK), self._max_delay)
        page = np.searchsorted(self._pages, random.random(BLOCK))
        placement = page * PLACEMENTS_PER_PAGE + random.integers(0, PLACEMENTS_PER_PAGE, BLOCK)
        banner = random.integers(1, BANNERS, BLOCK, endpoint=True)
        visitor = 1 + BOTS + np.searchsorted(self._visitors, random.random(BLOCK))
        is_bot = random.random(BLOCK) < self._shape.bots
        visitor = np.where(is_bot, random.integers(1, BOTS, BLOCK, endpoint=True), visitor)
        event_type = np.full(BLOCK, IMPRESSION)
        clicked = random.random(BLOCK) < np.where(is_bot, _BOT_CLICKS, self._click_rates[placement])
        clicks_at = np.arange(BLOCK) + random.integers(1, _CLICK_AFTER, BLOCK, endpoint=True)
        thinking = random.random(BLOCK)

        dice = random.random(BLOCK)
        late = dice < self._shape.late
        malformed = (dice >= self._shape.late) & (dice < self._shape.late + self._shape.malformed)
        delay[late] = random.uniform(*_LATE_SECONDS, BLOCK)[late]
        happened = pushed - delay
        for view in np.flatnonzero(clicked & ~late & ~malformed).tolist():
            click = int(clicks_at[view])
            if click >= BLOCK or event_type[view] == CLICK or late[click] or malformed[click]:
                continue
            event_type[click] = CLICK
            for of in (banner, placement, visitor):
                of[click] = of[view]
            happened[click] = pushed[click] - thinking[view] * min(delay[view], pushed[click] - happened[view])

        faults = {i: "late" if late[i] else "malformed" for i in np.flatnonzero(late | malformed).tolist()}
        timestamp = np.floor(happened).astype(np.int64)
        return Columns(pushed, timestamp, event_type, banner, placement, visitor, faults)

    def _pushed_at(self, event: int) -> float:
        """When an event is pushed, seconds since 1970: so that as many were before it as the day and the night make."""
        around = event / self._rate
        least = around - self._shape.swing * _DAY_SECONDS / math.pi
        most = around + self._shape.swing * _DAY_SECONDS / math.pi
        while most - least > 1e-4:
            middle = (least + most) / 2
            if self._pushed_until(middle) < event:
                least = middle
            else:
                most = middle
        return self._start + least

    def _pushed_until(self, seconds: float) -> float:
        """How many events are pushed in the first `seconds`."""
        turn = 2 * math.pi / _DAY_SECONDS
        begin = self._start - _QUIETEST_SECONDS
        wave = (math.sin(turn * (begin + seconds)) - math.sin(turn * begin)) / turn
        return self._rate * (seconds - self._shape.swing * wave)


def messages(columns: Columns) -> list[bytes]:
    """Events as JSON, the malformed ones spoilt."""
    values = [
        f'{{"timestamp":{timestamp},"event_type":{event_type},"banner_id":"{banner}","placement_id":"{placement}"'
        f',"page_id":"{page}","user_id":"{user}"}}'.encode()
        for timestamp, event_type, banner, placement, page, user in zip(
            columns.timestamp.tolist(), columns.event_type.tolist(), *columns.texts(), strict=True
        )
    ]
    for i, fault in columns.faults.items():
        if fault == "malformed":
            values[i] = _spoil(values[i], int(columns.banner[i]))
    return values


def _spoil(value: bytes, which: int) -> bytes:
    """One of the ways in which messages really go wrong; `which` chooses."""
    event = json.loads(value)
    ways = [
        lambda: value[: len(value) // 2],  # cut off
        lambda: b"GET /pixel.gif HTTP/1.1",  # not JSON
        lambda: json.dumps({**event, "event_type": 7}).encode(),  # neither view nor click
        lambda: json.dumps({**event, "event_type": "click"}).encode(),
        lambda: json.dumps({k: v for k, v in event.items() if k != "placement_id"}).encode(),
        lambda: json.dumps({k: v for k, v in event.items() if k != "user_id"}).encode(),
        lambda: json.dumps({**event, "page_id": None}).encode(),
        lambda: json.dumps({**event, "timestamp": event["timestamp"] * 1000}).encode(),  # milliseconds
        lambda: json.dumps({**event, "timestamp": -event["timestamp"]}).encode(),
        lambda: json.dumps({**event, "timestamp": event["timestamp"] + 86_400}).encode(),  # tomorrow
        lambda: json.dumps({**event, "timestamp": f"{event['timestamp']}"}).encode(),
    ]
    return ways[which % len(ways)]()
