"""What the minute report must say, computed from the messages alone, in plain Python and whole milliseconds.

It shares nothing with the pipeline: not its SQL, not its parser, not its arithmetic.
"""

import json
import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

_TIMESTAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{0,9}))?")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")


def _refuse(constant: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse, strict=False)
# What "surrogateescape" makes of bytes that are not UTF-8.
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")
FIELDS = ("campaign_id", "start_timestamp", "end_timestamp")
INT = range(-(2**31), 2**31)
EPOCH = datetime(1970, 1, 1)


class View(NamedTuple):
    """A message that counts; times in milliseconds since 1970, UTC."""

    campaign_id: int
    start_ms: int
    end_ms: int


class Message(NamedTuple):
    """A message as it lies in Kafka."""

    partition: int
    offset: int
    kafka_ms: int
    value: bytes | None


class Row(NamedTuple):
    """A row of the minute report."""

    campaign_id: int
    network_id: int | None
    minute: datetime
    avg_duration: float
    total_count: int


class Problem(NamedTuple):
    """Why a message cannot be used; `field` is empty where it is about the whole message."""

    reason: str
    field: str


class Late(NamedTuple):
    """A view whose minute was closed when it came."""

    view: View


class Punctuation(NamedTuple):
    """A message of the pipeline itself: no event before `until_ms` is to be expected in the partition."""

    until_ms: int


Fate = View | Late | Problem | Punctuation


def judge(message: bytes | None, kafka_ms: int | None = None) -> View | Problem | Punctuation:
    """The view in a message, or what is wrong with it; `kafka_ms` is Kafka's timestamp, where it matters.

    Whether a view is late depends on what came before it: see fates().
    """
    event = read_object(message)
    if isinstance(event, Problem):
        return event
    campaign, start, end = (event.get(name) for name in FIELDS)
    punctuation = event.get("punctuation")
    # What is there must be right before anyone asks what is missing.
    if campaign is not None:
        campaign = integer(campaign)
        if campaign is None:
            return Problem("wrong_type", "campaign_id")
        if campaign not in INT:
            return Problem("out_of_range", "campaign_id")
    for name in (*FIELDS[1:], "punctuation"):
        if event.get(name) is not None and milliseconds(event[name]) is None:
            return Problem("wrong_type", name)
    if end is None and punctuation is not None and kafka_ms is not None:
        until_ms = milliseconds(punctuation)
        return Punctuation(until_ms) if until_ms <= kafka_ms else Problem("from_the_future", "punctuation")
    for name, value in zip(FIELDS, (campaign, start, end), strict=True):
        if value is None:
            return Problem("missing_field", name)
    start_ms, end_ms = milliseconds(start), milliseconds(end)
    if kafka_ms is not None and end_ms > kafka_ms + 10_000:
        return Problem("from_the_future", "end_timestamp")
    if start_ms > end_ms:
        return Problem("ends_before_it_starts", "end_timestamp")
    return View(campaign, start_ms, end_ms)


def read_object(message: bytes | None) -> dict | Problem:
    """The JSON object in a message, or why there is none."""
    if message is None:
        return Problem("null_message", "")
    try:
        event = read_json(message)
    # Neither Python nor the pipeline reads a thousand levels of brackets.
    except (ValueError, RecursionError):
        return Problem("empty_message" if not message.strip() else "not_json", "")
    return event if isinstance(event, dict) else Problem("not_an_object", "")


def parse(message: bytes | None) -> View | None:
    """The view in a message, or None where the message cannot be used."""
    verdict = judge(message)
    return verdict if isinstance(verdict, View) else None


def fates(messages: Iterable[Message]) -> dict[tuple[int, int], Fate]:
    """What must become of each message, by (partition, offset). `messages` are all of a topic, by offset within each.

    A partition closes a minute when an event that is 10 s younger than the minute's last millisecond, or a punctuation
    after it, has come in that partition. Nothing else matters: not other partitions, not the clock.
    """
    found: dict[tuple[int, int], Fate] = {}
    watermarks: dict[int, int] = {}
    for message in messages:
        fate = judge(message.value, message.kafka_ms)
        before = watermarks.get(message.partition)
        moved = _watermark(message, fate)
        if moved is not None and (before is None or moved > before):
            watermarks[message.partition] = moved
        if isinstance(fate, View) and before is not None and fate.end_ms // 60_000 < (before + 1) // 60_000:
            fate = Late(fate)
        found[message.partition, message.offset] = fate
    return found


def _watermark(message: Message, fate: Fate) -> int | None:
    """Where a message moves its partition's watermark, milliseconds; None where it does not."""
    if isinstance(fate, Punctuation):
        return fate.until_ms
    if isinstance(fate, View):
        return fate.end_ms - 10_000
    # A view with another fault still tells the time, unless it is from the future or cannot be decoded.
    if fate.reason in ("missing_field", "ends_before_it_starts"):
        end_ms = milliseconds(read_json(message.value).get("end_timestamp"))
        if end_ms is not None and end_ms <= message.kafka_ms + 10_000:
            return end_ms - 10_000
    return None


def report_of(views: Iterable[View], networks: Mapping[int, int]) -> dict[tuple[int, datetime], Row]:
    """The report's rows for these views, by campaign and minute. `networks`: campaign id -> network id."""
    durations: dict[tuple[int, datetime], list[int]] = defaultdict(list)
    for view in views:
        minute = EPOCH + timedelta(minutes=view.end_ms // 60_000)
        durations[view.campaign_id, minute].append(view.end_ms - view.start_ms)
    return {
        (campaign, minute): Row(
            campaign, networks.get(campaign), minute, float(Fraction(sum(ms), 1000 * len(ms))), len(ms)
        )
        for (campaign, minute), ms in durations.items()
    }


def report(messages: Iterable[bytes | None], networks: Mapping[int, int]) -> dict[tuple[int, datetime], Row]:
    """The rows for messages that all came in time, by campaign and minute."""
    verdicts = (judge(message) for message in messages)
    return report_of((verdict for verdict in verdicts if isinstance(verdict, View)), networks)


def values(copy: Path) -> list[bytes]:
    """The messages in a file that the producer wrote with --copy-to."""
    with copy.open() as lines:
        return [json.loads(line)["value"].encode() for line in lines]


def differences(actual: Iterable[Row], expected: Mapping[tuple[int, datetime], Row]) -> list[str]:
    """Every disagreement as a sentence: counts to the last bit, averages to 1e-9 s, no row doubled, none too many."""
    found: list[str] = []
    seen: set[tuple[int, datetime]] = set()
    for row in actual:
        key = (row.campaign_id, row.minute)
        wanted = expected.get(key)
        if key in seen:
            found.append(f"doubled: {row}")
        elif wanted is None:
            found.append(f"too many: {row}")
        elif (
            row.network_id != wanted.network_id
            or row.total_count != wanted.total_count
            or not abs(row.avg_duration - wanted.avg_duration) <= 1e-9
        ):
            found.append(f"wrong: {row}, expected {wanted}")
        seen.add(key)
    found += [f"missing: {row}" for key, row in expected.items() if key not in seen]
    return found


def read_json(message: bytes) -> object:
    """The JSON value that a message begins with, as Flink's json format reads it; ValueError where there is none.

    Control characters in strings are let through, and so is whatever follows the value.
    """
    encoding = json.detect_encoding(message)
    text = message.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict").lstrip(" \t\r\n")
    value, end = _DECODER.raw_decode(text)
    if _NOT_UTF_8.search(text, 0, end):
        raise ValueError("not UTF-8")
    if not isinstance(value, (dict, list, str)) and text[end : end + 1].strip():
        raise ValueError("a number or word that goes on")
    return value


def integer(value: object, within: range = INT) -> int | None:
    """As Flink's json format reads an INT, or what is `within`: a fraction is cut off, a text may hold one.

    None for anything else.
    """
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < 2**63 else 2**63
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()) and int(value) in within:
        return int(value)
    return None


def milliseconds(text: object) -> int | None:
    """As Flink's json format reads a TIMESTAMP: February 31 is the last of February, 24:00:00 the next day."""
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    nanos = int((match[7] or "").ljust(9, "0"))
    if not (1 <= month <= 12 and 1 <= day <= 31 and minute <= 59 and second <= 59):
        return None
    if hour > 24 or (hour == 24 and (minute, second, nanos) != (0, 0, 0)):
        return None
    # Python has no year 0; every 400 years are alike.
    shifted = year + 400 if year < 400 else year
    date = datetime(shifted, month, min(day, monthrange(shifted, month)[1]))
    days = (date - EPOCH).days - (146_097 if shifted != year else 0)
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + nanos // 1_000_000
