"""A server is known by its pid and its start, whatever happens to the machine's clock."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.server import Server

PROC = Path("/proc")


@pytest.fixture
def sleeper(folder: Path) -> Iterator[Server]:
    server = Server("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], folder, {}, lambda: True)
    server.start()
    yield server
    psutil.PROCFS_PATH = str(PROC)
    server.stop()


def proc_with(folder: Path, server: Server, stat: str) -> str:
    """A /proc with nothing but this server's process and a /proc/stat."""
    folder.mkdir()
    pid = str(server.process().pid)
    (folder / pid).symlink_to(PROC / pid)
    (folder / "stat").write_text(stat)
    return str(folder)


def test_a_clock_that_is_set_does_not_make_a_server_unknown(folder: Path, sleeper: Server) -> None:
    """Linux derives the time at which it booted from the clock: who sets the clock moves every process's start."""
    stat = (PROC / "stat").read_text()
    for seconds in (-3_600, -2, 2, 3_600):
        moved = re.sub(r"btime (\d+)", lambda found, by=seconds: f"btime {int(found[1]) + by}", stat)
        psutil.PROCFS_PATH = proc_with(folder / f"proc {seconds}", sleeper, moved)
        assert sleeper.process() is not None, seconds
        psutil.PROCFS_PATH = str(PROC)


def test_another_process_with_the_same_pid_is_not_the_server(folder: Path, sleeper: Server) -> None:
    pid_file = folder / "sleeper.pid"
    remembered = pid_file.read_text()
    pid_file.write_text(re.sub(r'"born": ([\d.]+)', lambda found: f'"born": {float(found[1]) - 1}', remembered))
    assert sleeper.process() is None
    pid_file.write_text(remembered)
    assert sleeper.process() is not None
