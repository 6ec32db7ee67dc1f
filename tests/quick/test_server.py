"""A server is known by its pid and its start, whatever happens to the machine's clock."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.server import Server
from tests.support.commands import REPO

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


def test_a_process_whose_parent_does_not_ask_about_it_is_stopped(folder: Path) -> None:
    """It stays in the process table as a zombie for as long as that parent lives, and is dead all the same."""
    code = "import time; time.sleep(60)"
    start = (
        "import sys, time; from pathlib import Path; from local.server import Server; "
        "Server('sleeper', [sys.executable, '-c', sys.argv[1]], Path(sys.argv[2]), {}, lambda: True).start(); "
        "print('started', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", start, code, str(folder)]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout.readline() == "started\n"
            server = Server("sleeper", [sys.executable, "-c", code], folder, {}, lambda: True)
            process = server.process()
            assert server.stop(5)
            assert process.status() == psutil.STATUS_ZOMBIE
        finally:
            parent.kill()
