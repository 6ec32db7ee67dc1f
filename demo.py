"""See the view report happen: real Kafka and Flink start, traffic flows, the first finished minutes are printed.

    make demo

Everything it starts it stops again; what it wrote stays in data/demo/.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jobs.pipeline import JobError
from jobs.topics import create_topics
from local.cluster import Cluster, Ports
from local.server import free_port, port_is_free
from local.waiting import LocalError, wait_until

REPO = Path(__file__).resolve().parent
REPORT = "view_report"
RATE = 2000
MINUTES = 2
ROWS = 12


def main() -> int:
    """Run the demo. Returns the exit code: 0, or 1 with one clear sentence on standard error."""
    parser = argparse.ArgumentParser(
        prog="demo.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPO / "data" / "demo",
        metavar="DIR",
        help="where the report, the events that were sent and the servers' logs go; emptied first (default data/demo)",
    )
    data = parser.parse_args().folder.resolve()
    # SIGTERM stops the servers, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    cluster = Cluster(data / "servers", _ports())
    try:
        _prepare(data, cluster)
        _run(data, cluster)
    except (LocalError, JobError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    _say(f"Everything is stopped again, after {time.monotonic() - began:.0f} s. The report stays in {data / REPORT}")
    _say(f"Look at it: DATA_DIR=file://{data} make dashboard, then http://localhost:8501")
    return 0


def _run(data: Path, cluster: Cluster) -> None:
    report = data / REPORT
    try:
        _say("Starting Kafka, ZooKeeper and Flink")
        cluster.start()
        create_topics("view_report", cluster.bootstrap_servers)
        environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
            "DATA_DIR": f"file://{data}",
        }
        _say(f"Sending {RATE:,} banner views a second, the last three minutes first")
        with _traffic(data, environment):
            _say(f"Submitting sql/view_report (web UI: {cluster.web_ui})")
            submit = [sys.executable, "-m", "jobs.submit", "view_report"]
            submit += ["--jobmanager", f"localhost:{cluster.ports.flink}"]
            if subprocess.run(submit, cwd=REPO, env=environment, timeout=120).returncode != 0:
                raise LocalError("The pipeline could not be submitted; the reason stands above.")
            _say("Waiting for the first finished minutes")
            wait_until(
                lambda: len(_finished_minutes(report)) >= MINUTES,
                f"{MINUTES} finished minutes in {report}",
                seconds=120,
                hint=lambda: f"See the job at {cluster.web_ui}, and the logs in {cluster.folder}.",
            )
            _print_report(report)
            _say("Is every message accounted for? (python -m jobs.audit view_report)")
            audit = [sys.executable, "-m", "jobs.audit", "view_report", "--jobmanager", submit[-1]]
            if subprocess.run(audit, cwd=REPO, env=environment, timeout=120).returncode != 0:
                raise LocalError("The audit is not in order; what is wrong stands above.")
    finally:
        cluster.stop()


def _prepare(data: Path, cluster: Cluster) -> None:
    """Empty the folder, unless another demo's servers live in it, and put the sample campaigns there."""
    if any(server.process() for server in cluster.servers):
        raise LocalError(
            f"Servers of another demo run in {cluster.folder}. Wait for it to end, or stop them with "
            f"`.venv/bin/python -m local --folder {cluster.folder} down`."
        )
    mark = data / ".made-by-demo"
    if data.exists() and any(data.iterdir()) and not mark.exists():
        raise LocalError(
            f"{data} holds files that no demo wrote, and a demo empties its folder: choose another --folder."
        )
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    mark.touch()
    shutil.copytree(REPO / "data" / "campaigns", data / "campaigns")


def _ports() -> Ports:
    """The usual ports where they are free, so that links in the README work; others beside a running `make up`."""
    usual = Ports()
    chosen = [
        port if port_is_free(port) else free_port()
        for port in (usual.kafka, usual.kafka_controller, usual.flink, usual.flink_rpc, usual.zookeeper)
    ]
    return Ports(*chosen)


@contextmanager
def _traffic(data: Path, environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "producer", "view-log", "--rate", str(RATE), "--history", "3m"]
    command += ["--campaigns", str(data / "campaigns" / "campaigns.csv"), "--unknown-campaign", "0.001"]
    command += ["--malformed", "0.001"]
    command += ["--copy-to", str(data / "sent.jsonl")]
    log = (data / "producer.log").open("w")
    with log, subprocess.Popen(command, cwd=REPO, env=environment, stdout=log, stderr=subprocess.STDOUT) as producer:
        try:
            yield
        finally:
            producer.send_signal(signal.SIGTERM)
            try:
                code = producer.wait(30)
            except subprocess.TimeoutExpired:
                producer.kill()
                raise
        if code != 0:
            raise LocalError(f"The producer failed: see {log.name}.")


def _finished_minutes(report: Path) -> list[str]:
    """Folder names of the minutes with _SUCCESS, oldest first."""
    return sorted({file.parent.name for file in report.glob("*/*/_SUCCESS")})


def _print_report(report: Path) -> None:
    newest = _finished_minutes(report)[-1]
    folders = f"{report}/*/{newest}"
    rows = duckdb.sql(f"""
        SELECT campaign_id, network_id, minute_timestamp, round(avg_duration, 3) AS avg_duration_s, total_count
        FROM read_parquet(
            '{folders}/part-*',
            hive_partitioning = true,
            hive_types = {{'network_id': INT, 'minute_timestamp': TIMESTAMP}}
        )
        ORDER BY total_count DESC
    """)
    count = rows.count("*").fetchall()[0][0]
    print(f"\nThe {ROWS} most viewed of {count:,} campaigns in the newest finished minute, from\n{folders}/\n")
    print(rows.limit(ROWS))


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
