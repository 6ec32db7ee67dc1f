"""Start, stop and look at the servers on this machine: `python -m local --help`."""

import argparse
import os
import sys
from pathlib import Path

import requests

from jobs.pipeline import JobError, pipeline_names
from jobs.topics import create_topics
from local import flink
from local.cluster import Cluster, Ports
from local.waiting import LocalError

FOLDER = Path(__file__).resolve().parent.parent / "build" / "servers"


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 1 with one clear sentence on standard error."""
    options = _parser().parse_args(arguments)
    ports = Ports(
        kafka=options.kafka_port,
        kafka_controller=options.kafka_controller_port,
        flink=options.flink_port,
        flink_rpc=options.flink_rpc_port,
        zookeeper=options.zookeeper_port,
    )
    try:
        if options.command == "install":
            print("\n".join(f"Flink has {jar}" for jar in flink.install_jars()))
            return 0
        cluster = Cluster(options.folder, ports)
        return {"up": _up, "down": _down, "status": _status}[options.command](cluster)
    except (LocalError, JobError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1


def _up(cluster: Cluster) -> int:
    print("Starting Kafka, ZooKeeper and Flink", flush=True)
    cluster.start()
    for pipeline in pipeline_names():
        for line in create_topics(pipeline, cluster.bootstrap_servers):
            print(f"topic {line}")
    print(f"Kafka is at {cluster.bootstrap_servers}, Flink's web UI at {cluster.web_ui}.")
    print("Stop them with `make down`.")
    return 0


def _down(cluster: Cluster) -> int:
    for server in reversed(cluster.servers):
        print(f"{server.name}: {'stopped' if server.stop() else 'was not running'}")
    return 0


def _status(cluster: Cluster) -> int:
    for server in cluster.servers:
        process = server.process()
        state = f"running, pid {process.pid}" if process else "not running"
        print(f"{server.name:12} {state:20} log: {os.path.relpath(server.log)}")
    if cluster.job_manager.process():
        try:
            jobs = requests.get(f"{cluster.web_ui}/jobs/overview", timeout=5).json()["jobs"]
        except requests.RequestException as e:
            raise LocalError(f"The JobManager runs but does not answer at {cluster.web_ui}: {e}") from e
        for job in jobs:
            print(f"job {job['name']}: {job['state']}, {cluster.web_ui}/#/job/running/{job['jid']}")
        if not jobs:
            print("no jobs; submit one: .venv/bin/python -m jobs.submit PIPELINE")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Real Kafka, ZooKeeper and Flink, without Docker."
    )
    defaults = Ports()
    for option, port, what in (
        ("--kafka-port", defaults.kafka, "Kafka"),
        ("--kafka-controller-port", defaults.kafka_controller, "Kafka's controller"),
        ("--flink-port", defaults.flink, "Flink's web UI and REST API"),
        ("--flink-rpc-port", defaults.flink_rpc, "JobManager's RPC"),
        ("--zookeeper-port", defaults.zookeeper, "ZooKeeper, where a JobManager finds its jobs again"),
    ):
        parser.add_argument(option, type=int, default=port, metavar="PORT", help=f"{what} (default {port})")
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, metavar="DIR", help="state, logs and pid files (default build/servers)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start what does not run yet, create the topics, and leave it running")
    commands.add_parser("down", help="stop all of it")
    commands.add_parser("status", help="what runs, and the jobs on it")
    commands.add_parser("install", help="put the connectors that Maven fetched into pip's Flink")
    return parser


if __name__ == "__main__":
    sys.exit(main())
