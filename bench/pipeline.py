"""Events a second of the whole view_report pipeline, Kafka broker included: as it ships, and other variants.

    make bench-pipeline

Each variant catches up on a backlog of ten minutes of event time, in turn and several rounds, each time in a new
TaskManager, as it would run alone. Measured is from the fourth minute's first result to the tenth's: by then Java has
compiled what runs. A neighbour on the machine can only add CPU time, so the least of all rounds is given, too.

"report alone" is view_report without rejected/, late/ and audit/, "report and rejected" has the first of them; "plain"
is the report as one writes it who accounts for nothing (bench/plain), with this project's decoder and with Flink's;
"plain and rejected" has rejected/ in addition, and only that (bench/plain_and_rejected).
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bench import running
from jobs.pipeline import PIPELINES, REPO
from local.cluster import Cluster, Ports
from local.waiting import LocalError, wait_until
from producer import campaigns

PARTITIONS = 2
MINUTES = 10
CAMPAIGNS = 1000
TOPIC = "events"
# Of the event time, the minutes between whose first results is measured.
MEASURED = (3, 9)
RUN_SECONDS = 300
# Event time of the first event: long ago, so that no two runs and no clock have anything to do with each other.
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


SHIPPED = PIPELINES / "view_report"
PLAIN = REPO / "bench" / "plain"
PLAIN_AND_REJECTED = REPO / "bench" / "plain_and_rejected"


@dataclass(frozen=True)
class Speed:
    """Of one run, after its start-up; CPU time of the TaskManager alone."""

    events_per_second: float
    cpu_seconds_per_million: float

    def __str__(self) -> str:
        return f"{self.events_per_second:,.0f} events/s, {self.cpu_seconds_per_million:.2f} CPU-s per million"


@dataclass(frozen=True)
class Variant:
    """One way to run the pipeline: the files it consists of, and variables."""

    name: str
    files: tuple[Path, ...]
    variables: dict[str, str] = field(default_factory=dict)


_AS_IT_SHIPS = tuple(SHIPPED.glob("*.sql"))
_REPORT_ALONE = tuple(file for file in _AS_IT_SHIPS if file.name[:1] in "123")
_WITH_REJECTED = tuple(file for file in _AS_IT_SHIPS if file.name[:1] in "1234")
_PLAIN = (SHIPPED / "1_sources.sql", SHIPPED / "2_sinks.sql", *PLAIN.glob("*.sql"))
_REJECTED_SINK = SHIPPED / "2_sinks_accounting.sql"
_PLAIN_AND_REJECTED = (*_PLAIN[:2], _REJECTED_SINK, PLAIN / "3_report.sql", *PLAIN_AND_REJECTED.glob("*.sql"))
VARIANTS = [
    Variant("as it ships", _AS_IT_SHIPS),
    Variant("report and rejected", _WITH_REJECTED),
    Variant("report alone", _REPORT_ALONE),
    Variant("plain", _PLAIN),
    Variant("plain and rejected", _PLAIN_AND_REJECTED),
    Variant("plain, Flink's json", _PLAIN, {"VIEW_LOG_FORMAT": "json"}),
]


def main() -> int:
    """Run the benchmark and print a table. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.pipeline", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=24_000_000, metavar="N", help="default 24000000")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="default 3")
    parser.add_argument("--malformed", default="0", metavar="FRACTION", help="messages that cannot be used (default 0)")
    parser.add_argument(
        "--csv-lines", type=int, default=500_000, metavar="N", help="lines of campaigns.csv (default 500000)"
    )
    parser.add_argument(
        "--variants",
        nargs="+",
        choices=[variant.name for variant in VARIANTS],
        default=[variant.name for variant in VARIANTS],
        metavar="NAME",
        help=f"which, the first compared with each; default all: {', '.join(variant.name for variant in VARIANTS)}",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _run(Path(folder), options)


def _run(folder: Path, options: argparse.Namespace) -> int:
    cluster = Cluster(folder / "servers", Ports.free())
    variants = [variant for name in options.variants for variant in VARIANTS if variant.name == name]
    speeds: dict[str, list[Speed]] = {variant.name: [] for variant in variants}
    try:
        cluster.start()
        _fill(cluster, TOPIC, options.events, options.malformed)
        for number in range(options.rounds):
            for variant in variants:
                run = folder / f"{number} {variant.name}"
                speed = _catch_up(cluster, run, variant, options.events, options.csv_lines)
                speeds[variant.name].append(speed)
                print(f"round {number + 1}: {variant.name}: {speed}", flush=True)
    except LocalError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    finally:
        cluster.stop()
    _print(speeds)
    return 0


def _print(speeds: dict[str, list[Speed]]) -> None:
    """Medians, spreads and the best of each variant; ratios of the first one's CPU time to it, round by round."""
    base = next(iter(speeds.values()))
    head = f"{'variant':22} {'events/s':>10} {'(min to max)':>24} {'CPU-s per million':>18} {'least':>6}"
    print(f"\n{head} {'CPU of the first / this':>24} {'of the least':>13}")
    for name, rounds in speeds.items():
        rates = [speed.events_per_second for speed in rounds]
        cpu = [speed.cpu_seconds_per_million for speed in rounds]
        ratios = [a.cpu_seconds_per_million / c for a, c in zip(base, cpu, strict=True)]
        least = min(speed.cpu_seconds_per_million for speed in base) / min(cpu)
        spread = f"({min(rates):,.0f} to {max(rates):,.0f})"
        print(
            f"{name:22} {statistics.median(rates):10,.0f} {spread:>24} {statistics.median(cpu):18.2f} {min(cpu):6.2f}"
            f" {statistics.median(ratios):24.2f} {least:13.2f}"
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


def _catch_up(cluster: Cluster, folder: Path, variant: Variant, events: int, csv_lines: int) -> Speed:
    """Run one variant in a new TaskManager and take its speed between two results.

    A folder is made as soon as its first row arrives, so the checkpoint interval does not blur that.
    """
    pipeline = folder / "view_report"
    pipeline.mkdir(parents=True)
    for file in variant.files:
        shutil.copy(file, pipeline)
    data = folder / "data"
    campaigns.write(data / "campaigns" / "campaigns.csv", csv_lines, networks=20, seed=1, header=False)
    variables = {**variant.variables, "DATA_DIR": f"file://{data}", "VIEW_LOG_TOPIC": TOPIC}
    task_manager, job = running.submit(cluster, str(pipeline), variables)
    marks = []
    for number in MEASURED:
        minute = (BEGIN + timedelta(minutes=number)).strftime("%Y-%m-%d %H%%3A%M%%3A%S")
        wait_until(
            lambda minute=minute: any((data / "view_report").glob(f"*/minute_timestamp={minute}")),
            f"minute {number} of '{variant.name}'",
            RUN_SECONDS,
            every_seconds=0.02,
        )
        marks.append((time.monotonic(), sum(task_manager.cpu_times()[:2])))
    (began, cpu_began), (ended, cpu_ended) = marks
    measured = events * (MEASURED[1] - MEASURED[0]) / MINUTES
    running.cancel(job)
    return Speed(measured / (ended - began), (cpu_ended - cpu_began) / measured * 1e6)


if __name__ == "__main__":
    sys.exit(main())
