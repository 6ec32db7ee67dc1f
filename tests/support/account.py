"""Accounting for every message of a topic: where it must be, and whether it is there, there only, and right."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from tests.support import calendar, oracle, reading
from tests.support.calendar import Minute
from tests.support.oracle import Fate, Late, Message, Problem, Punctuation, View


def differences(
    data: Path,
    topic: str,
    messages: list[Message],
    networks: Mapping[int, int],
    finished_ms: int,
    lost: Iterable[tuple[int, int]] = (),
) -> list[str]:
    """Every disagreement between DATA_DIR and the oracle's account of a topic, as a sentence.

    `messages` are all that the pipeline has read, and all their minutes are finished; hours and days are if they ended
    at `finished_ms`, milliseconds since 1970, or before. `lost`: (partition, offset) of those that Kafka had deleted
    before they were read.
    """
    fates = oracle.fates(messages)
    return (
        _report(data, fates, networks)
        + _roll_ups(data, fates, networks, oracle.EPOCH + timedelta(milliseconds=finished_ms))
        + _rejected(data, topic, messages, fates)
        + _late(data, topic, fates)
        + _audit(data, topic, fates, set(lost))
    )


def _report(data: Path, fates: Mapping[tuple[int, int], Fate], networks: Mapping[int, int]) -> list[str]:
    views = [fate for fate in fates.values() if isinstance(fate, View)]
    return oracle.differences(reading.rows(data / "view_report"), oracle.report_of(views, networks))


def _roll_ups(
    data: Path, fates: Mapping[tuple[int, int], Fate], networks: Mapping[int, int], finished: datetime
) -> list[str]:
    """The hours and days, UTC, that had ended when the minute before `finished` was complete."""
    minutes: dict[tuple[int, datetime], list[int]] = defaultdict(list)
    for view in fates.values():
        if isinstance(view, View):
            start = oracle.EPOCH + timedelta(minutes=view.end_ms // 60_000)
            minutes[view.campaign_id, start].append(view.end_ms - view.start_ms)
    rows = [Minute(c, networks.get(c), start, sum(ms), len(ms)) for (c, start), ms in minutes.items()]
    found = []
    for name, expected, length in (
        ("view_report_hourly", calendar.hours(rows, "UTC"), timedelta(hours=1)),
        ("view_report_daily", calendar.days(rows, "UTC"), timedelta(days=1)),
    ):
        totals = (reading.roll_up(data / name), expected)
        found += calendar.differences(*([t for t in of if t.start + length <= finished] for of in totals))
    return found


def _rejected(data: Path, topic: str, messages: list[Message], fates: Mapping[tuple[int, int], Fate]) -> list[str]:
    payloads = {(m.partition, m.offset): m.value for m in messages}
    expected = {at: (payloads[at], f.reason) for at, f in fates.items() if isinstance(f, Problem)}
    rows = [(place(row), (row["payload"], row["reason"])) for row in reading.rejected(data, topic)]
    return compare("rejected", rows, expected)


def _late(data: Path, topic: str, fates: Mapping[tuple[int, int], Fate]) -> list[str]:
    expected = {at: tuple(fate.view) for at, fate in fates.items() if isinstance(fate, Late)}
    rows = [
        (place(row), (row["campaign_id"], row["start_timestamp"], row["end_timestamp"]))
        for row in reading.late(data, topic)
    ]
    return compare("late", rows, expected)


def _audit(data: Path, topic: str, fates: Mapping[tuple[int, int], Fate], lost: set[tuple[int, int]]) -> list[str]:
    """What the audit's own rows say: how many were reported, which are punctuations, what is lost."""
    found = []
    reported = Counter(at[0] for at, fate in fates.items() if isinstance(fate, View))
    counted: Counter = Counter()
    for row in reading.audit_reported(data, topic):
        counted[row["kafka_partition"]] += row["events"]
    if reported != counted:
        found.append(f"audit: reported are {dict(counted)}, expected {dict(reported)}")
    noted = reading.audit_offsets(data, topic)
    # While it is silent, one comes every second: the newest may be in the topic and not noted yet, or the other way.
    punctuations = {at for at, fate in fates.items() if isinstance(fate, Punctuation)}
    in_audit = {place(row) for row in noted if row["is_punctuation"]}
    last_read, last_noted = dict(sorted(fates)), dict(sorted(in_audit))
    if {at for at in in_audit if at[1] <= last_read.get(at[0], -1)} != {
        at for at in punctuations if at[1] <= last_noted.get(at[0], -1)
    }:
        found.append("audit: other punctuations than those in the topic")
    gaps = {
        (row["kafka_partition"], offset)
        for row in noted
        if row["previous_offset"] is not None
        for offset in range(row["previous_offset"] + 1, row["kafka_offset"])
    }
    if gaps != lost:
        found.append(f"audit: lost are {len(gaps)} offsets, expected {len(lost)}, {len(gaps & lost)} of them the same")
    return found


def compare(kind: str, rows: Iterable[tuple], expected: Mapping) -> list[str]:
    """Every disagreement between (key, row) and what is expected by key, as a sentence."""
    found: list[str] = []
    seen = set()
    for at, row in rows:
        if at in seen:
            found.append(f"{kind}: doubled: {at}")
        elif at not in expected:
            found.append(f"{kind}: too many: {at} {row}")
        elif row != expected[at]:
            found.append(f"{kind}: wrong: {at} {row}, expected {expected[at]}")
        seen.add(at)
    return found + [f"{kind}: missing: {at} {row}" for at, row in expected.items() if at not in seen]


def place(row: dict) -> tuple[int, int]:
    """Where in the topic a row came from: partition and offset."""
    return row["kafka_partition"], row["kafka_offset"]
