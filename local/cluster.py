"""Kafka, ZooKeeper and Flink together: the servers of `make up`, of the demo and of the tests."""

from dataclasses import dataclass
from pathlib import Path

from local import flink, kafka, zookeeper
from local.server import Server, free_port


@dataclass(frozen=True)
class Ports:
    """TCP ports on localhost."""

    kafka: int = 9092
    kafka_controller: int = 9093
    flink: int = 8081
    flink_rpc: int = 6123
    zookeeper: int = 2181

    @staticmethod
    def free() -> "Ports":
        """Ports nobody uses now, so that tests and a running demo don't collide."""
        return Ports(*(free_port() for _ in range(5)))


class Cluster:
    """The servers whose state, logs and pid files lie in `folder`."""

    def __init__(self, folder: Path, ports: Ports, flink_settings: dict[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.ports = ports
        self.flink_settings = flink_settings or {}
        self.kafka = kafka.kafka_server(self.folder, ports.kafka, ports.kafka_controller)
        self.zookeeper = zookeeper.zookeeper_server(self.folder, ports.zookeeper)
        self.job_manager = flink.job_manager(self.folder, ports.flink, ports.flink_rpc)
        self.task_manager = flink.task_manager(self.folder, ports.flink)

    @property
    def servers(self) -> list[Server]:
        return [self.kafka, self.zookeeper, self.job_manager, self.task_manager]

    @property
    def bootstrap_servers(self) -> str:
        return f"localhost:{self.ports.kafka}"

    @property
    def web_ui(self) -> str:
        return f"http://localhost:{self.ports.flink}"

    def another_task_manager(self, name: str) -> Server:
        """A TaskManager beside the first, not started; ready as soon as any TaskManager is."""
        return flink.task_manager(self.folder, self.ports.flink, name)

    def start(self) -> None:
        """Start what does not run yet and return when all of it answers; LocalError otherwise."""
        if not self.kafka.process():
            kafka.prepare(self.folder, self.ports.kafka, self.ports.kafka_controller)
        if not self.zookeeper.process():
            zookeeper.prepare(self.folder, self.ports.zookeeper)
        if not self.job_manager.process():
            flink.prepare(
                self.folder, self.ports.flink, self.ports.flink_rpc, self.ports.zookeeper, self.flink_settings
            )
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_ready()

    def stop(self) -> None:
        """Stop all servers, the ones that write first."""
        for server in reversed(self.servers):
            server.stop()
