"""Events a second of the whole view_report pipeline, Kafka broker included: as it ships, and other variants.

    make bench-pipeline

Every variant catches up on two backlogs, N and 4 N events over ten minutes of event time, in turn and several rounds.
Reported is the slope between the two sizes, which takes start-up out: 3 N events / (seconds for 4 N - seconds for N).

"report alone" is view_report without rejected/, late/ and audit/; "plain" is the report as one writes it who accounts
for nothing (bench/plain), with this project's decoder and with Flink's.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import requests
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from jobs.pipeline import PIPELINES, REPO
from local.cluster import Cluster, Ports
from local.flink import conf_dir
from local.waiting import LocalError, wait_until
from producer import campaigns

PARTITIONS = 2
MINUTES = 10
CAMPAIGNS = 1000
SIZES = (1, 4)
RUN_SECONDS = 300
# Event time of the first event: long ago, so that no two runs and no clock have anything to do with each other.
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


SHIPPED = PIPELINES / "view_report"
PLAIN = REPO / "bench" / "plain"


@dataclass(frozen=True)
class Variant:
    """One way to run the pipeline: the files it consists of, and variables."""

    name: str
    files: tuple[Path, ...]
    variables: dict[str, str] = field(default_factory=dict)


_AS_IT_SHIPS = tuple(SHIPPED.glob("*.sql"))
_REPORT_ALONE = tuple(file for file in _AS_IT_SHIPS if file.name[:1] in "123")
_PLAIN = (SHIPPED / "1_sources.sql", SHIPPED / "2_sinks.sql", *PLAIN.glob("*.sql"))
VARIANTS = [
    Variant("as it ships", _AS_IT_SHIPS),
    Variant("report alone", _REPORT_ALONE),
    Variant("plain", _PLAIN),
    Variant("plain, Flink's json", _PLAIN, {"VIEW_LOG_FORMAT": "json"}),
]


def main() -> int:
    """Run the benchmark and print a table. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.pipeline", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=2_000_000, metavar="N", help="the smaller size (default 2000000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default 3")
    parser.add_argument("--malformed", default="0", metavar="FRACTION", help="messages that cannot be used (default 0)")
    parser.add_argument(
        "--csv-lines", type=int, default=500_000, metavar="N", help="lines of campaigns.csv (default 500000)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _run(Path(folder), options)


def _run(folder: Path, options: argparse.Namespace) -> int:
    cluster = Cluster(folder / "servers", Ports.free())
    try:
        cluster.start()
        for size in SIZES:
            _fill(cluster, f"events_{size}", options.events * size, options.malformed)
        # The first job of a new TaskManager is slower, and would make the slope of its pair look better than it is.
        _catch_up(cluster, folder / "warm-up", VARIANTS[0], f"events_{SIZES[0]}", options.csv_lines)
        seconds: dict[tuple[str, int], list[tuple[float, float]]] = {}
        for number in range(options.rounds):
            for variant in VARIANTS:
                for size in SIZES:
                    run = folder / f"{number} {variant.name} {size}"
                    taken = _catch_up(cluster, run, variant, f"events_{size}", options.csv_lines)
                    seconds.setdefault((variant.name, size), []).append(taken)
                    print(
                        f"round {number + 1}: {variant.name}, {options.events * size:,} events: {taken[0]:.1f} s",
                        flush=True,
                    )
    except LocalError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    finally:
        cluster.stop()
    _print(options.events, seconds)
    return 0


def _print(events: int, seconds: dict[tuple[str, int], list[tuple[float, float]]]) -> None:
    more = events * (SIZES[1] - SIZES[0])
    print(
        f"\n{'variant':20} {'events/s':>12} {'(min to max)':>26} {'Flink CPU-s per million':>25}"
        f" {'as it ships / this':>20}"
    )
    first: list[float] = []
    for variant in VARIANTS:
        small, large = (seconds[variant.name, size] for size in SIZES)
        rates = [more / (b[0] - a[0]) for a, b in zip(small, large, strict=True)]
        cpu = [(b[1] - a[1]) / more * 1e6 for a, b in zip(small, large, strict=True)]
        first = first or rates
        ratios = [a / b for a, b in zip(first, rates, strict=True)]
        spread = f"({min(rates):,.0f} to {max(rates):,.0f})"
        print(
            f"{variant.name:20} {statistics.median(rates):12,.0f} {spread:>26} {statistics.median(cpu):25.2f}"
            f" {statistics.median(ratios):20.2f}"
        )


def _fill(cluster: Cluster, topic: str, count: int, malformed: str) -> None:
    """Make a topic with `count` events and, behind them, two markers a partition that close all their minutes."""
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    admin = AdminClient(servers)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"retention.ms": "-1"})])[topic].result(30)
    command = [sys.executable, "-m", "producer", "view-log", "--count", str(count), "--topic", topic]
    command += [
        "--rate",
        str(count / (60 * MINUTES)),
        "--start",
        str(round(BEGIN.timestamp() * 1000)),
        "--campaigns",
        str(CAMPAIGNS),
    ]
    command += ["--malformed", malformed, "--bootstrap-servers", cluster.bootstrap_servers]
    subprocess.run(command, cwd=REPO, check=True, timeout=600)
    producer = Producer(servers)
    for minutes in (MINUTES + 2, MINUTES + 4):
        at = (BEGIN + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")
        marker = json.dumps({"campaign_id": 1, "start_timestamp": at, "end_timestamp": at})
        for partition in range(PARTITIONS):
            producer.produce(topic, marker, partition=partition)
        if producer.flush(30):
            raise LocalError("Kafka did not take the markers within 30 s.")


def _catch_up(cluster: Cluster, folder: Path, variant: Variant, topic: str, csv_lines: int) -> tuple[float, float]:
    """(seconds, CPU seconds of the TaskManager) from the submission until the last minute reaches the sink.

    A folder is made as soon as its first row arrives, so the checkpoint interval does not blur the end.
    """
    pipeline = folder / "view_report"
    pipeline.mkdir(parents=True)
    for file in variant.files:
        shutil.copy(file, pipeline)
    data = folder / "data"
    campaigns.write(data / "campaigns" / "campaigns.csv", csv_lines, networks=20, seed=1, header=False)
    environment = {
        **os.environ,
        **variant.variables,
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        "DATA_DIR": f"file://{data}",
        "VIEW_LOG_TOPIC": topic,
        "FLINK_CONF_DIR": str(conf_dir(cluster.folder)),
    }
    task_manager = psutil.Process(cluster.task_manager.process().pid)
    command = [sys.executable, "-m", "jobs.submit", str(pipeline)]
    submitted = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, timeout=120)
    if submitted.returncode != 0:
        raise LocalError(f"variant '{variant.name}' was not submitted: {submitted.stderr}")
    job = submitted.stdout.rsplit("/", 1)[1].strip()
    began, cpu = time.monotonic(), sum(task_manager.cpu_times()[:2])
    last = (BEGIN + timedelta(minutes=MINUTES + 2)).strftime("%Y-%m-%d %H%%3A%M%%3A%S")
    wait_until(
        lambda: any((data / "view_report").glob(f"*/minute_timestamp={last}")),
        f"'{variant.name}' to finish",
        RUN_SECONDS,
        every_seconds=0.05,
    )
    taken = time.monotonic() - began, sum(task_manager.cpu_times()[:2]) - cpu
    requests.patch(f"{cluster.web_ui}/jobs/{job}", timeout=10).raise_for_status()
    wait_until(
        lambda: requests.get(f"{cluster.web_ui}/jobs/{job}", timeout=10).json()["state"] == "CANCELED",
        "the job to be cancelled",
        60,
    )
    return taken


if __name__ == "__main__":
    sys.exit(main())
