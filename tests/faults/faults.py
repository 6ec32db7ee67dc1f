"""The faults: each strikes a running pipeline and leaves servers that run again."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.server import Server
from local.waiting import wait_until
from tests.support import commands
from tests.support.stream import Stream

# Longer than heartbeat.timeout in conftest.py.
ZOMBIE_SECONDS = 15
# Of the results' file system; memory, used as far as it is filled.
DISK_BYTES = 1 << 30


@dataclass
class Scene:
    """What a fault may touch."""

    stream: Stream
    random: random.Random

    @property
    def cluster(self):
        return self.stream.cluster


def mount(folder: Path) -> bool:
    """A file system of its own at `folder`, in memory; False where only root may do that and we are not."""
    return _root("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=777", "tmpfs", str(folder))


def resize(folder: Path, size_bytes: int) -> bool:
    """False where more than this lies in it: somebody may write while we measure."""
    return _root("mount", "-o", f"remount,size={size_bytes}", str(folder))


def unmount(folder: Path) -> None:
    """At once; the memory is free when the last file is closed."""
    assert _root("umount", "--lazy", str(folder)), f"{folder} cannot be unmounted"


def _root(*command: str) -> bool:
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    try:
        return subprocess.run([*sudo, *command], capture_output=True, timeout=30).returncode == 0
    except FileNotFoundError:
        return False


def kill(*servers: Server) -> None:
    """SIGKILL to each and all its children, at once; none of them is left, nor holds a port."""
    family = [member for server in servers for member in [*server.process().children(recursive=True), server.process()]]
    for member in family:
        member.kill()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, f"{alive} do not die"


def restart(*servers: Server) -> None:
    for server in servers:
        server.start()
    for server in servers:
        server.wait_until_ready()


def task_manager_killed(scene: Scene) -> None:
    kill(scene.cluster.task_manager)
    restart(scene.cluster.task_manager)


def job_manager_killed(scene: Scene) -> None:
    kill(scene.cluster.job_manager)
    restart(scene.cluster.job_manager)


def kafka_killed(scene: Scene) -> None:
    kill(scene.cluster.kafka)
    restart(scene.cluster.kafka)


def zookeeper_killed(scene: Scene) -> None:
    kill(scene.cluster.zookeeper)
    restart(scene.cluster.zookeeper)


def all_of_flink_killed(scene: Scene) -> None:
    servers = scene.cluster.zookeeper, scene.cluster.job_manager, scene.cluster.task_manager
    kill(*servers)
    restart(*servers)


def killed_between_checkpoint_and_commit(scene: Scene) -> None:
    """The JobManager's log says that a checkpoint is complete; the files it finishes are being renamed at that time."""
    # Each JobManager has a log of its own, and there may have been others before.
    logs = (scene.cluster.folder / "flink-logs").glob("*standalonesession*.log")
    with max(logs, key=lambda log: log.stat().st_mtime).open() as lines:
        lines.seek(0, os.SEEK_END)
        wait_until(lambda: "Completed checkpoint" in lines.read(), "the next checkpoint", 30, every_seconds=0.001)
    kill(scene.cluster.task_manager)
    restart(scene.cluster.task_manager)


def zombie(scene: Scene) -> None:
    """The TaskManager is stopped for longer than a heartbeat may take, replaced, and wakes up again."""
    first = scene.cluster.task_manager
    second = scene.cluster.another_task_manager("taskmanager-2")
    process = first.process()
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.send_signal(signal.SIGSTOP)
    restart(second)
    time.sleep(ZOMBIE_SECONDS)
    for member in family:
        member.send_signal(signal.SIGCONT)
    wait_until(lambda: scene.stream.checkpoints() > 0, "a checkpoint with the other TaskManager", 60)
    second.stop()


def stopped_and_resumed_with_another_parallelism(scene: Scene) -> None:
    others = [parallelism for parallelism in (1, 2, 3) if parallelism != scene.stream.parallelism]
    scene.stream.upgrade(scene.random.choice(others))


def checkpoints_not_writable(scene: Scene) -> None:
    """A file lies where the checkpoints' folder was, until some checkpoints have failed."""
    folder = scene.cluster.folder / "checkpoints" / scene.stream.job_id
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("no folder")
    failed = scene.stream.checkpoints("failed")
    try:
        wait_until(
            lambda: scene.stream.checkpoints("failed") > failed or scene.stream.restarts() > 0,
            "a checkpoint to fail",
            60,
        )
    finally:
        folder.unlink()
        aside.rename(folder)


def disk_full(scene: Scene) -> None:
    """The results' file system shrinks to what is on it, until the job or a checkpoint has failed of it."""
    data = scene.stream.data
    failed = scene.stream.checkpoints("failed") + scene.stream.restarts()
    try:
        wait_until(lambda: resize(data, shutil.disk_usage(data).used), f"{data} to shrink to what is in it", 10)
        wait_until(
            lambda: scene.stream.checkpoints("failed") + scene.stream.restarts() > failed,
            "a full disk to be noticed",
            60,
        )
    finally:
        assert resize(data, DISK_BYTES), f"{data} cannot be given its size back"


def launched_twice(scene: Scene) -> None:
    """Nothing may happen: the second launcher is refused."""
    done = commands.python("jobs.submit", "view_report", **scene.stream.environment)
    assert done.returncode == 1
    assert re.search(f"already runs as job {scene.stream.job_id}", done.stderr), done.stderr


KINDS: list[Callable[[Scene], None]] = [
    task_manager_killed,
    job_manager_killed,
    kafka_killed,
    zookeeper_killed,
    all_of_flink_killed,
    killed_between_checkpoint_and_commit,
    zombie,
    stopped_and_resumed_with_another_parallelism,
    checkpoints_not_writable,
    disk_full,
    launched_twice,
]


def sequence(seed: int, count: int) -> list[Callable[[Scene], None]]:
    """`count` faults: every kind once before any comes again, in an order of this seed."""
    chosen: list[Callable[[Scene], None]] = []
    shuffle = random.Random(seed)
    while len(chosen) < count:
        round_of_all = list(KINDS)
        shuffle.shuffle(round_of_all)
        chosen += round_of_all
    return chosen[:count]
