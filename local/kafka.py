"""A one-node Kafka (KRaft) as a process."""

import shutil
import subprocess
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local.server import Server
from local.waiting import LocalError

REPO = Path(__file__).resolve().parent.parent
JARS = REPO / "build" / "kafka-lib"
# Kafka refuses a folder that was formatted for another cluster; one fixed id is right for one node.
CLUSTER_ID = "YWQtcmVwb3J0aW5nLWthZg"


def java() -> str:
    """The path of the Java command; LocalError where there is none."""
    found = shutil.which("java")
    if not found:
        raise LocalError("Java is missing: install Java 17 (Debian, Ubuntu: apt-get install openjdk-17-jre-headless).")
    return found


def kafka_server(folder: Path, port: int, controller_port: int) -> Server:
    """The broker on localhost:`port`; its log segments lie in `folder`/kafka-data."""
    return Server(
        name="kafka",
        command=[
            java(),
            *("-Xms256m", "-Xmx768m", "-XX:+UseG1GC"),
            f"-Dlog4j2.configurationFile={REPO / 'local' / 'kafka-log4j2.properties'}",
            *("-cp", f"{JARS}/*", "kafka.Kafka", str(_properties_file(folder))),
        ],
        folder=folder,
        ports={"--kafka-port": port, "--kafka-controller-port": controller_port},
        is_ready=lambda: _answers(port),
    )


def prepare(folder: Path, port: int, controller_port: int) -> None:
    """Write the broker's settings and format its folder, unless that was done before."""
    if not any(JARS.glob("kafka_*.jar")):
        raise LocalError(f"Kafka's jars are missing in {JARS}: run `make install`.")
    data = folder / "kafka-data"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@localhost:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://localhost:{port}",
        "log.dirs": data,
        # A topic is created with its retention (jobs/topics.py), never by a typing error.
        "auto.create.topics.enable": "false",
        # Kafka looks for expired segments every 5 minutes by default; 3 minutes of retention need a shorter look.
        "log.retention.check.interval.ms": 10_000,
        "log.segment.delete.delay.ms": 1_000,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
    }
    _properties_file(folder).write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    if not (data / "meta.properties").exists():
        command = [java(), "-cp", f"{JARS}/*", "kafka.tools.StorageTool", "format"]
        command += ["--cluster-id", CLUSTER_ID, "--config", str(_properties_file(folder))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise LocalError(f"Kafka could not format {data}: {(done.stderr or done.stdout).strip()[-400:]}")


def _properties_file(folder: Path) -> Path:
    return folder / "kafka.properties"


def _answers(port: int) -> bool:
    """True when the broker is registered with its controller, which is when it takes messages."""
    try:
        metadata = AdminClient(
            {"bootstrap.servers": f"localhost:{port}", "log_level": 0, "socket.connection.setup.timeout.ms": 2000}
        ).list_topics(timeout=2)
    except KafkaException:
        return False
    return len(metadata.brokers) > 0
