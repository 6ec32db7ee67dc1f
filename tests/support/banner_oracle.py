"""What page_stats must say, computed from the messages alone, in plain Python, with sets of visitors.

It shares nothing with the pipeline. How JSON is read is that of tests/support/oracle.py.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tests.support.oracle import Message, Problem, Punctuation, integer, milliseconds, read_object

HOUR, DAY = 3600, 86_400
IDS = ("banner_id", "placement_id", "page_id", "user_id")
_BIGINT = range(-(2**63), 2**63)
# The year 5138 in seconds, and 1973 in milliseconds.
_IN_MILLISECONDS = 100_000_000_000
# Flink knows no time after the year 9999, in seconds since 1970.
_TIMES = range(-62_135_596_800, 253_402_300_800)


class Event(NamedTuple):
    """A view or a click that counts; `at` in seconds since 1970."""

    at: int
    is_click: bool
    placement: str
    page: str
    user: str


class Late(NamedTuple):
    """An event whose hour was closed when it came."""

    event: Event


class Stats(NamedTuple):
    """Of one placement or page in one hour or day; `start` in seconds since 1970."""

    views: int
    clicks: int
    users: int


Fate = Event | Late | Problem | Punctuation
Key = tuple[str, int]


def judge(message: Message) -> Event | Problem | Punctuation:
    """The event in a message, or what is wrong with it."""
    found = read_object(message.value)
    if isinstance(found, Problem):
        return found
    for name, within in (("timestamp", _BIGINT), ("event_type", range(-(2**31), 2**31))):
        if found.get(name) is not None and integer(found[name], within) is None:
            return Problem("wrong_type", name)
    if found.get("punctuation") is not None and milliseconds(found["punctuation"]) is None:
        return Problem("wrong_type", "punctuation")
    if found.get("timestamp") is None and found.get("punctuation") is not None:
        until_ms = milliseconds(found["punctuation"])
        return Punctuation(until_ms) if until_ms <= message.kafka_ms else Problem("from_the_future", "punctuation")
    for name in ("timestamp", "event_type", *IDS):
        if found.get(name) in (None, "") and not (name == "timestamp" and found.get(name) == ""):
            return Problem("missing_field", name)
    at, event_type = integer(found["timestamp"], _BIGINT), integer(found["event_type"])
    if event_type not in (0, 1):
        return Problem("unknown_value", "event_type")
    if at < 0:
        return Problem("negative", "timestamp")
    if at >= _IN_MILLISECONDS:
        return Problem("milliseconds", "timestamp")
    if at * 1000 > message.kafka_ms + 10_000:
        return Problem("from_the_future", "timestamp")
    return Event(at, event_type == 1, found["placement_id"], found["page_id"], found["user_id"])


def fates(messages: Iterable[Message]) -> dict[tuple[int, int], Fate]:
    """What must become of each message, by (partition, offset). `messages` are all of a topic, by offset within each.

    A partition closes an hour when an event that is 10 s younger than the hour's last millisecond, or a punctuation
    after it, has come in that partition.
    """
    found: dict[tuple[int, int], Fate] = {}
    watermarks: dict[int, int] = {}
    for message in messages:
        fate = judge(message)
        before = watermarks.get(message.partition)
        moved = _watermark(message, fate)
        if moved is not None and (before is None or moved > before):
            watermarks[message.partition] = moved
        if isinstance(fate, Event) and before is not None and fate.at // HOUR < (before + 1) // (HOUR * 1000):
            fate = Late(fate)
        found[message.partition, message.offset] = fate
    return found


def _watermark(message: Message, fate: Fate) -> int | None:
    """Where a message moves its partition's watermark, milliseconds; None where it does not."""
    if isinstance(fate, Punctuation):
        return fate.until_ms
    if isinstance(fate, Event):
        return fate.at * 1000 - 10_000
    # An event with another fault still tells the time, unless it cannot be decoded or is ahead.
    event = read_object(message.value)
    if isinstance(event, Problem) or fate.reason in ("wrong_type", "from_the_future"):
        return None
    at = event.get("timestamp")
    at = None if at is None else integer(at, _BIGINT)
    if at is None or at not in _TIMES or at * 1000 > message.kafka_ms + 10_000:
        return None
    return at * 1000 - 10_000


def stats(events: Iterable[Event], of: str, seconds: int) -> dict[Key, Stats]:
    """The rows for these events by (id, start of the hour or day); `of`: placement or page."""
    views: dict[Key, int] = defaultdict(int)
    clicks: dict[Key, int] = defaultdict(int)
    users: dict[Key, set[str]] = defaultdict(set)
    for event in events:
        key = getattr(event, of), event.at // seconds * seconds
        views[key] += not event.is_click
        clicks[key] += event.is_click
        users[key].add(event.user)
    return {key: Stats(views[key], clicks[key], len(users[key])) for key in users}
