"""Starting and stopping the servers: twice is harmless, nothing is left behind, and what is wrong is said plainly."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.cluster import Cluster, Ports
from tests.support.commands import python, run


def options(folder: Path, ports: Ports) -> list[str]:
    return [
        *("--folder", str(folder), "--kafka-port", str(ports.kafka), "--flink-port", str(ports.flink)),
        *("--kafka-controller-port", str(ports.kafka_controller), "--flink-rpc-port", str(ports.flink_rpc)),
        *("--zookeeper-port", str(ports.zookeeper)),
    ]


def processes_of(folder: Path) -> list[int]:
    """Pids of the processes whose command line or environment names the folder."""
    return [p.pid for p in psutil.process_iter() if names(p, str(folder))]


def names(process: psutil.Process, text: str) -> bool:
    try:
        return any(text in part for part in [*process.cmdline(), *process.environ().values()])
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


@pytest.fixture
def cleaned_up(folder: Path) -> Iterator[Path]:
    """The folder; whatever a failing test leaves running in it is stopped."""
    yield folder
    Cluster(folder, Ports.free()).stop()


def test_up_twice_status_down_twice(cleaned_up: Path) -> None:
    """Through make, as people type it."""
    local = "LOCAL=" + " ".join(o.replace(" ", "\\ ") for o in options(cleaned_up, Ports.free()))
    up = run(["make", "up", local])
    assert up.returncode == 0, up.stderr
    assert "topic view_log: created with 4 partitions" in up.stdout
    pids = [server.process().pid for server in Cluster(cleaned_up, Ports()).servers]

    again = run(["make", "up", local])
    assert again.returncode == 0, again.stderr
    assert "topic view_log: was there" in again.stdout
    assert pids == [server.process().pid for server in Cluster(cleaned_up, Ports()).servers]

    status = run(["make", "status", local])
    assert status.returncode == 0, status.stderr
    assert len(re.findall(r"running, pid \d+", status.stdout)) == 4
    assert "no jobs" in status.stdout

    assert processes_of(cleaned_up)
    down = run(["make", "down", local])
    assert down.returncode == 0, down.stderr
    assert down.stdout.count("stopped") == 4
    assert not processes_of(cleaned_up)

    assert run(["make", "down", local]).stdout.count("was not running") == 4
    assert run(["make", "status", local]).stdout.count("not running") == 4


def test_a_port_that_is_taken(folder: Path) -> None:
    ports = Ports.free()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.kafka))
        taken.listen()
        done = python("local", *options(folder, ports), "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: kafka cannot start: port {ports.kafka} is taken")
    assert "--kafka-port" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not processes_of(folder)


def test_a_missing_java(folder: Path) -> None:
    done = python("local", *options(folder, Ports.free()), "up", PATH=str(folder))
    assert done.returncode == 1
    assert done.stderr.startswith("error: Java is missing")
    assert len(done.stderr.splitlines()) == 1


def test_a_server_that_dies_while_starting(cleaned_up: Path) -> None:
    """Kafka refuses a folder that belongs to another cluster."""
    data = cleaned_up / "kafka-data"
    data.mkdir()
    (data / "meta.properties").write_text("version=1\ncluster.id=someone-elses\nnode.id=7\n")
    done = python("local", *options(cleaned_up, Ports.free()), "up")
    assert done.returncode == 1
    assert done.stderr.startswith("error: kafka died while starting. Its log ")
    assert "node" in done.stderr
    assert len(done.stderr.splitlines()) == 1
