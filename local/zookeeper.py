"""The ZooKeeper that comes inside Flink, as a process: where a JobManager that was killed finds its jobs again."""

import socket
from contextlib import closing
from pathlib import Path

from local.flink import conf_dir, environment, flink_home
from local.server import Server


def prepare(folder: Path, port: int) -> None:
    """Write zoo.cfg beside Flink's settings; ZooKeeper's data lie in `folder`/zookeeper."""
    write_conf(conf_dir(folder), folder / "zookeeper", port, address="127.0.0.1")


def write_conf(conf: Path, data: Path, port: int, address: str) -> None:
    """Write `conf`/zoo.cfg of one ZooKeeper that listens on this address and keeps its data in `data`."""
    settings = {
        "dataDir": data,
        "clientPort": port,
        "clientPortAddress": address,
        "tickTime": 2000,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "ruok",
        # Flink's script asks for a quorum; of one, these two ports are not opened.
        "server.1": "localhost:2888:3888",
    }
    conf.mkdir(parents=True, exist_ok=True)
    (conf / "zoo.cfg").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


def zookeeper_server(folder: Path, port: int) -> Server:
    """One ZooKeeper on localhost:`port`."""
    return Server(
        name="zookeeper",
        command=[str(flink_home() / "bin" / "zookeeper.sh"), "start-foreground", "1"],
        folder=folder,
        ports={"--zookeeper-port": port},
        is_ready=lambda: _is_ok(port),
        env={**environment(folder), "JVM_ARGS": "-Dconsole.log.level=WARN -Xmx128m"},
    )


def _is_ok(port: int) -> bool:
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=2)) as connection:
            connection.sendall(b"ruok")
            return connection.recv(16) == b"imok"
    except OSError:
        return False
