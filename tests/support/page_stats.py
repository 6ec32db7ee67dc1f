"""A running page_stats, and what its tables hold."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from local.cluster import Cluster
from local.waiting import wait_until
from tests.support import banner_oracle as oracle
from tests.support import reading
from tests.support import topic as topics
from tests.support.account import compare, place
from tests.support.banner_oracle import DAY, HOUR, Event, Key, Late, Problem, Stats
from tests.support.job import PARTITIONS, Job

MARKER = "marker"
TABLES = [("placement", HOUR), ("placement", DAY), ("page", HOUR), ("page", DAY)]


def table(of: str, seconds: int) -> str:
    return f"{of}_stats_{'hourly' if seconds == HOUR else 'daily'}"


def event(at: int, event_type: int = 0, placement: str = "p1", page: str = "page", user: str = "u1") -> bytes:
    """A message as producers send it; `at` in seconds since 1970."""
    ids = {"banner_id": "b1", "placement_id": placement, "page_id": page, "user_id": user}
    return json.dumps({"timestamp": at, "event_type": event_type, **ids}).encode()


def rows(data: Path, of: str, seconds: int) -> list[tuple[Key, Stats]]:
    """What a table holds of finished hours or days."""
    found = []
    for file in (data / table(of, seconds)).glob("**/part-*"):
        if not (file.parent / "_SUCCESS").exists():
            continue
        for row in pq.ParquetFile(file).read().to_pylist():
            start = row["hour_timestamp" if seconds == HOUR else "day_timestamp"].replace(tzinfo=UTC)
            names = [f"{start:date=%Y-%m-%d}", f"{start:hour=%H}"][: 2 if seconds == HOUR else 1]
            assert file.parent == data.joinpath(table(of, seconds), *names)
            views, clicks = row["view_count"], row["click_count"]
            assert row["click_through_rate"] == (clicks / views if views else None)
            key = (row[f"{of}_id"], round(start.timestamp()))
            found.append((key, Stats(views, clicks, row["user_count"])))
    return found


class PageStats(Job):
    """One running page_stats. Event time starts at a day's beginning and only goes forward."""

    def __init__(self, cluster: Cluster, folder: Path, begin: datetime) -> None:
        super().__init__(cluster, folder, "page_stats", "BANNER_EVENTS_TOPIC")
        self.now = round(begin.timestamp())

    def finish_days(self, seconds: float = 90) -> None:
        """Move event time on by days until all that was sent so far is final, and wait until it can be read."""
        self.wait_until_read(range(PARTITIONS), seconds)
        first, second = self.now // DAY * DAY + 2 * DAY, self.now // DAY * DAY + 4 * DAY
        for at in (first, second):
            self.send((p, event(at, placement=MARKER, page=MARKER)) for p in range(PARTITIONS))
        self.now = second
        day = f"{datetime.fromtimestamp(first, UTC):date=%Y-%m-%d}"
        done = [
            self.data / "page_stats_daily" / day / "_SUCCESS",
            self.data / "placement_stats_daily" / day / "_SUCCESS",
        ]
        wait_until(lambda: all(f.exists() for f in done), f"_SUCCESS of {day} in {self.data}", seconds, hint=self.why)

    def rows(self, of: str, seconds: int) -> list[tuple[Key, Stats]]:
        """What a table holds of finished hours or days."""
        return rows(self.data, of, seconds)

    def account(self) -> list[str]:
        """Every disagreement between what is there and what must become of all that the topic holds.

        Call it after finish_days(), whose last markers are left out: their day is not over.
        """
        messages = topics.read(self.cluster.bootstrap_servers, self.topic)
        fates = oracle.fates(messages)
        events = [fate for fate in fates.values() if isinstance(fate, Event) and fate.at < self.now]
        found: list[str] = []
        for of, seconds in TABLES:
            found += compare(table(of, seconds), self.rows(of, seconds), oracle.stats(events, of, seconds))
        payloads = {(m.partition, m.offset): m.value for m in messages}
        problems = {at: (payloads[at], *fate) for at, fate in fates.items() if isinstance(fate, Problem)}
        late = {at: fate.event for at, fate in fates.items() if isinstance(fate, Late)}
        return found + compare("rejected", self._rejected(), problems) + compare("late", self._late(), late)

    def _rejected(self) -> list[tuple]:
        rows = reading.rejected(self.data, self.topic)
        assert {row["pipeline"] for row in rows} <= {"page_stats"}
        return [(place(r), (r["payload"], r["reason"], field_in(r["detail"]))) for r in rows]

    def _late(self) -> list[tuple]:
        return [
            (
                place(r),
                Event(r["event_time"] // 1000, r["event_type"] == 1, r["placement_id"], r["page_id"], r["user_id"]),
            )
            for r in reading.late(self.data, self.topic)
        ]


def field_in(detail: str) -> str:
    """The field that a sentence names: "Field NAME is missing or null."."""
    return detail.split()[1] if detail.startswith("Field ") else ""
