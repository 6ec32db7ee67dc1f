"""State and events a second of page_stats, with as many distinct visitors in a day as you say.

    python -m bench.visitors --visitors 1000000 10000000

A topic gets one day of events, --events-each for each visitor that comes (more for the frequent ones), and the pipeline
catches up on it as it ships, once for each way to count. Measured is from the first hour's first result to the
complete day, which is when the state of all visitors is let go: how many events a second, the greatest checkpoint in
between, and for how long nothing was read in the end because of that: so long must Kafka keep the messages. Every hour
and day must have counted all events.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import psutil
import requests
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bench import running
from jobs.pipeline import REPO
from local.cluster import Cluster, Ports
from local.waiting import LocalError, wait_until
from producer.banner_events import VISITORS_EXPONENT
from producer.making import zipf

WAYS = {
    "exact": {"PAGE_STATS_USERS": "exact"},
    "exact, in memory": {"PAGE_STATS_USERS": "exact", "PAGE_STATS_STATE": "hashmap"},
    "approximate": {"PAGE_STATS_USERS": "approximate"},
}
PARTITIONS = 2
PAGES = 200
DAY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """Of one run. `rows` are visitors counted once for each placement and once for each page they came to that day."""

    events_per_second: float
    cpu_seconds_per_million: float
    seconds: float
    rows: int
    state_bytes: int
    memory_bytes: int
    checkpoint_seconds: float
    closing_seconds: float


def main() -> int:
    """Run the benchmark and print a table. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.visitors", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visitors", type=int, nargs="+", default=[1_000_000], metavar="N", help="default 1000000")
    parser.add_argument(
        "--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY", help=f"default all: {', '.join(WAYS)}"
    )
    parser.add_argument("--events-each", type=float, default=2.0, metavar="N", help="mean of a visitor (default 2)")
    parser.add_argument("--limit", type=int, default=3600, metavar="SECONDS", help="for one run (default 3600)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings of Flink over those of config.yaml"
    )
    parser.add_argument("--folder", type=Path, help="for topics and state (default: one of the system's, temporary)")
    options = parser.parse_args()
    # How soon the REST API knows what was read.
    settings = {"metrics.fetcher.update-interval": "1 s", **dict(setting.split("=", 1) for setting in options.set)}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        cluster = Cluster(Path(folder) / "servers", Ports.free(), settings)
        try:
            cluster.start()
            for visitors in options.visitors:
                _compare(cluster, Path(folder), visitors, options)
        except LocalError as e:
            print(f"error: {e}", file=sys.stderr)
            return 1
        finally:
            cluster.stop()
    return 0


def _compare(cluster: Cluster, folder: Path, visitors: int, options: argparse.Namespace) -> None:
    """All ways with one topic, a line of the table each."""
    topic = f"visitors-{visitors}"
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"retention.ms": "-1"})])[topic].result(30)
    events = PARTITIONS * round(visitors * options.events_each / PARTITIONS)
    _fill(cluster, topic, events, _population(visitors, options.events_each))
    for way in options.ways:
        measured = _catch_up(cluster, folder / f"{topic} {way}", topic, way, events, options.limit)
        print(
            f"{visitors:,} visitors, {way}: {measured.events_per_second:,.0f} events/s ({measured.seconds:,.0f} s), "
            f"{measured.cpu_seconds_per_million:.1f} CPU-s per million, "
            f"{measured.rows:,} users of placements and pages, state {measured.state_bytes / 1e6:,.0f} MB "
            f"({measured.state_bytes / measured.rows:,.0f} bytes each), longest checkpoint "
            f"{measured.checkpoint_seconds:,.1f} s, the day's end {measured.closing_seconds:,.0f} s, "
            f"TaskManager {measured.memory_bytes / 1e6:,.0f} MB",
            flush=True,
        )
    admin.delete_topics([topic])[topic].result(30)


def _population(visitors: int, events_each: float) -> int:
    """How many there must be, so that with the producer's uneven shares `visitors` of them come.

    Which part of them comes is a matter of the shares alone, and so it is asked of fewer.
    """
    sample = 100_000
    fewest, most = sample, 100 * sample
    while most - fewest > sample / 1000:
        middle = (fewest + most) // 2
        shares = np.diff(zipf(middle, VISITORS_EXPONENT), prepend=0)
        if np.sum(-np.expm1(-shares * sample * events_each)) < sample:
            fewest = middle
        else:
            most = middle
    return round(visitors * most / sample)


def _fill(cluster: Cluster, topic: str, events: int, population: int) -> None:
    """One day of events, half of them in each partition, and a punctuation in each that ends the day."""
    each = events // PARTITIONS
    command = [sys.executable, "-m", "producer", "banner-events", "--topic", topic, "--swing", "0", "--bots", "0"]
    command += ["--visitors", str(population), "--pages", str(PAGES), "--count", str(each)]
    command += ["--rate", str(each / 86_400), "--start", str(round(DAY.timestamp() * 1000))]
    command += ["--bootstrap-servers", cluster.bootstrap_servers]
    producers = [
        subprocess.Popen([*command, "--seed", str(partition + 1), "--partitions", str(partition)], cwd=REPO)
        for partition in range(PARTITIONS)
    ]
    try:
        if any(producer.wait(timeout=3600) for producer in producers):
            raise LocalError("Not all events were delivered; the producer's message above says why.")
    finally:
        for producer in producers:
            producer.terminate()
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers})
    end = {"punctuation": (DAY + timedelta(days=1, hours=1)).strftime("%Y-%m-%d %H:%M:%S")}
    for partition in range(PARTITIONS):
        producer.produce(topic, json.dumps(end), partition=partition)
    if producer.flush(30):
        raise LocalError("Kafka did not take the punctuations within 30 s.")


def _catch_up(cluster: Cluster, folder: Path, topic: str, way: str, events: int, limit: int) -> Measured:
    """Run the pipeline in a new TaskManager until the day is complete."""
    data = folder / "data"
    variables = {**WAYS[way], "DATA_DIR": f"file://{data}", "BANNER_EVENTS_TOPIC": topic}
    # Or messages of the pipeline itself would be read while the day ends.
    variables["BANNER_EVENTS_SILENCE_AFTER"] = "1 h"
    process, job = running.submit(cluster, "page_stats", variables)
    first = data / "placement_stats_hourly" / f"date={DAY:%Y-%m-%d}" / "hour=00"
    wait_until(first.exists, "the first hour", limit)
    began, cpu_began = time.monotonic(), sum(process.cpu_times()[:2])
    done = threading.Event()
    watch = _Watch(job, process, first.parent, events / 24, done)
    watch.start()
    try:
        days = [data / f"{what}_stats_daily" / f"date={DAY:%Y-%m-%d}" for what in ("placement", "page")]
        wait_until(
            lambda: all((day / "_SUCCESS").exists() for day in days), "the complete day", limit, every_seconds=0.1
        )
        ended = time.monotonic()
        seconds = ended - began
        cpu_seconds = sum(process.cpu_times()[:2]) - cpu_began
    finally:
        done.set()
        watch.join()
    running.cancel(job)

    for what in ("placement", "page"):
        for grain in ("hourly", "daily"):
            found = _sum("view_count + click_count", data / f"{what}_stats_{grain}")
            if found != events:
                raise LocalError(f"{what}_stats_{grain} has {found:,} events, and the topic {events:,}.")
    after_first = events - _sum("view_count + click_count", first)
    rows = sum(_sum("user_count", day) for day in days)
    shutil.rmtree(folder)
    return Measured(
        events_per_second=after_first / seconds,
        cpu_seconds_per_million=cpu_seconds / after_first * 1e6,
        seconds=seconds,
        rows=rows,
        state_bytes=watch.state_bytes,
        memory_bytes=watch.memory_bytes,
        checkpoint_seconds=watch.checkpoint_seconds,
        closing_seconds=ended - watch.last_read,
    )


def _sum(what: str, folder: Path) -> int:
    """Of all rows below a folder."""
    return duckdb.sql(f"SELECT sum({what})::BIGINT FROM read_parquet('{folder}/**/part-*')").fetchall()[0][0]


class _Watch(threading.Thread):
    """Notes the greatest checkpoint of a job, the most memory of its TaskManager and when it last read something.

    Tells each hour's speed.
    """

    def __init__(
        self, job: str, process: psutil.Process, hours: Path, events_an_hour: float, done: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.state_bytes = 0
        self.memory_bytes = 0
        self.checkpoint_seconds = 0.0
        self.last_read = 0.0
        self._job, self._process, self._done = job, process, done
        self._hours, self._events_an_hour = hours, events_an_hour

    def run(self) -> None:
        seen, began, read = 1, time.monotonic(), 0
        while not self._done.wait(0.5):
            self.memory_bytes = max(self.memory_bytes, self._process.memory_info().rss)
            # A JobManager that does not answer in time is asked again.
            with contextlib.suppress(requests.RequestException):
                completed = requests.get(f"{self._job}/checkpoints", timeout=10).json()["latest"]["completed"]
                if completed:
                    self.state_bytes = max(self.state_bytes, completed["state_size"])
                    self.checkpoint_seconds = max(self.checkpoint_seconds, completed["end_to_end_duration"] / 1000)
                source = requests.get(self._job, timeout=10).json()["vertices"][0]
                if source["metrics"]["write-records"] > read:
                    read, self.last_read = source["metrics"]["write-records"], time.monotonic()
            hours = len(list(self._hours.glob("hour=*")))
            if hours > seen:
                speed = (hours - seen) * self._events_an_hour / (time.monotonic() - began)
                print(f"  {hours} h: {speed:,.0f} events/s, state {self.state_bytes / 1e6:,.0f} MB", flush=True)
                seen, began = hours, time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
