"""Kafka and Flink together: the servers of `make up`, of the demo and of the tests."""

from dataclasses import dataclass
from pathlib import Path

from local import flink, kafka
from local.server import Server, free_port


@dataclass(frozen=True)
class Ports:
    """TCP ports on localhost."""

    kafka: int = 9092
    kafka_controller: int = 9093
    flink: int = 8081
    flink_rpc: int = 6123

    @staticmethod
    def free() -> "Ports":
        """Ports nobody uses now, so that tests and a running demo don't collide."""
        return Ports(free_port(), free_port(), free_port(), free_port())


class Cluster:
    """The servers whose state, logs and pid files lie in `folder`."""

    def __init__(self, folder: Path, ports: Ports, flink_settings: dict[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.ports = ports
        self.flink_settings = flink_settings or {}
        self.kafka = kafka.kafka_server(self.folder, ports.kafka, ports.kafka_controller)
        self.job_manager = flink.job_manager(self.folder, ports.flink, ports.flink_rpc)
        self.task_manager = flink.task_manager(self.folder, ports.flink)

    @property
    def servers(self) -> list[Server]:
        return [self.kafka, self.job_manager, self.task_manager]

    @property
    def bootstrap_servers(self) -> str:
        return f"localhost:{self.ports.kafka}"

    @property
    def web_ui(self) -> str:
        return f"http://localhost:{self.ports.flink}"

    def start(self) -> None:
        """Start what does not run yet and return when all of it answers; LocalError otherwise."""
        if not self.kafka.process():
            kafka.prepare(self.folder, self.ports.kafka, self.ports.kafka_controller)
        if not self.job_manager.process():
            flink.prepare(self.folder, self.ports.flink, self.ports.flink_rpc, self.flink_settings)
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_ready()

    def stop(self) -> None:
        """Stop all servers, the ones that write first."""
        for server in reversed(self.servers):
            server.stop()
