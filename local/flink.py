"""A Flink session cluster as processes: one JobManager, one TaskManager.

Flink is the distribution that `pip install apache-flink` brings; its folder is FLINK_HOME.
"""

import importlib.util
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import requests
import yaml

from local.server import Server
from local.waiting import LocalError

REPO = Path(__file__).resolve().parent.parent
CONF = REPO / "flink-conf"
JARS = REPO / "build" / "flink-lib"


def flink_home() -> Path:
    """The folder of pip's apache-flink; LocalError where it is not installed."""
    found = importlib.util.find_spec("pyflink")
    if not found or not found.origin:
        raise LocalError("Apache Flink is missing in this Python environment: run `make install`.")
    return Path(found.origin).parent


def install_jars() -> list[str]:
    """Make pip's Flink complete: scripts executable, the jars of flink-conf/pom.xml in lib/. Returns the jars' names.

    Jars of an earlier call that the pom no longer names are removed: two versions of one connector would clash.
    """
    home = flink_home()
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    ours = home / "lib" / ".installed-by-ad-reporting"
    if ours.exists():
        for name in ours.read_text().split():
            (home / "lib" / name).unlink(missing_ok=True)
    jars = sorted(JARS.glob("*.jar"))
    if not jars:
        raise LocalError(f"No jars in {JARS}: run `make install`, which calls Maven for them.")
    for jar in jars:
        shutil.copy(jar, home / "lib")
    ours.write_text("\n".join(jar.name for jar in jars))
    return [jar.name for jar in jars]


def prepare(folder: Path, rest_port: int, rpc_port: int, zookeeper_port: int, settings: dict[str, str]) -> None:
    """Write `folder`/flink-conf: the settings of flink-conf/ and, over them, what depends on the place."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    place = {
        "rest.port": rest_port,
        "high-availability.type": "zookeeper",
        "high-availability.zookeeper.quorum": f"localhost:{zookeeper_port}",
        "high-availability.storageDir": f"file://{folder}/high-availability",
        "high-availability.jobmanager.port": rpc_port,
        "execution.checkpointing.dir": f"file://{folder}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"file://{folder}/savepoints",
        "io.tmp.dirs": str(folder / "tmp"),
    }
    write_conf(conf_dir(folder), {**place, **settings})


def write_conf(conf: Path, settings: Mapping[str, object]) -> None:
    """Make `conf` a FLINK_CONF_DIR: flink-conf/ with other settings over its own; None takes one away."""
    conf.mkdir(parents=True, exist_ok=True)
    for file in CONF.glob("*.properties"):
        shutil.copy(file, conf)
    config = {**yaml.safe_load((CONF / "config.yaml").read_text()), **settings}
    config = {name: value for name, value in config.items() if value is not None}
    (conf / "config.yaml").write_text(yaml.safe_dump(config, width=10_000))


def conf_dir(folder: Path) -> Path:
    """The FLINK_CONF_DIR of the cluster in `folder`."""
    return folder / "flink-conf"


def job_manager(folder: Path, rest_port: int, rpc_port: int) -> Server:
    """The JobManager with its web UI on localhost:`rest_port`."""
    return Server(
        name="jobmanager",
        command=[str(flink_home() / "bin" / "jobmanager.sh"), "start-foreground"],
        folder=folder,
        ports={"--flink-port": rest_port, "--flink-rpc-port": rpc_port},
        is_ready=lambda: _overview(rest_port) is not None,
        env=environment(folder),
        before_start=lambda: forget_jobs_that_never_began(folder),
    )


def forget_jobs_that_never_began(folder: Path) -> None:
    """Delete what would keep the JobManager of `folder` from starting, now and for ever.

    Flink 2.3 notes a job that failed while it was being prepared (an upgrade that the savepoint does not fit) without
    the id of its application, and a JobManager that comes back and finds such a note gives up.
    """
    for note in (folder / "high-availability" / "job-result-store").glob("*/*_DIRTY.json"):
        if "application-id" not in json.loads(note.read_text())["result"]:
            note.unlink()


def task_manager(folder: Path, rest_port: int, name: str = "taskmanager") -> Server:
    """The TaskManager; ready when the JobManager counts its slots."""
    return Server(
        name=name,
        command=[str(flink_home() / "bin" / "taskmanager.sh"), "start-foreground"],
        folder=folder,
        ports={},
        is_ready=lambda: (_overview(rest_port) or {}).get("slots-total", 0) > 0,
        env=environment(folder),
    )


def environment(folder: Path) -> dict[str, str]:
    """What every script of Flink's needs to know about the cluster in `folder`."""
    return {
        "FLINK_CONF_DIR": str(conf_dir(folder)),
        "FLINK_LOG_DIR": str(folder / "flink-logs"),
        "FLINK_PID_DIR": str(folder / "tmp"),
        # The whole log is in FLINK_LOG_DIR; standard output is kept for what goes wrong.
        "JVM_ARGS": "-Dconsole.log.level=WARN",
    }


def _overview(rest_port: int) -> dict | None:
    """Flink's /overview, or None while nobody answers."""
    try:
        response = requests.get(f"http://localhost:{rest_port}/overview", timeout=2)
    except (requests.ConnectionError, requests.Timeout):
        return None
    return response.json() if response.ok else None
