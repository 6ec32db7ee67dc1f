"""Is this container's server well? Exit code 0 or 1, and a line that says why: for the health checks of compose.

    python -m docker.healthy zookeeper | jobmanager | taskmanager | dashboard

Only the standard library: it runs every few seconds.
"""

import json
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

_ANSWER_SECONDS = 5
_JOB_MANAGER = os.environ.get("JOB_MANAGER", "http://jobmanager:8081")


def zookeeper() -> str | None:
    """It answers, as itself, that it is in working order."""
    with socket.create_connection(("localhost", 2181), timeout=_ANSWER_SECONDS) as connection:
        connection.sendall(b"ruok")
        answer = connection.recv(16)
    return None if answer == b"imok" else f"ZooKeeper answers {answer!r}"


def jobmanager() -> str | None:
    """It leads, and its dispatcher knows its jobs."""
    _get(f"{_JOB_MANAGER}/jobs/overview")
    return None


def taskmanager() -> str | None:
    """The JobManager counts this very TaskManager, and had a heartbeat of it."""
    me = socket.gethostbyname(socket.gethostname())
    listed = _get(f"{_JOB_MANAGER}/taskmanagers")["taskmanagers"]
    # "pekko.tcp://flink@172.18.0.5:39241/user/rpc/taskmanager_0"
    if any(f"@{me}:" in manager["path"] for manager in listed):
        return None
    return f"the JobManager does not know a TaskManager at {me}"


def dashboard() -> str | None:
    """It answers."""
    with urllib.request.urlopen("http://localhost:8501/_stcore/health", timeout=_ANSWER_SECONDS):
        return None


_CHECKS: dict[str, Callable[[], str | None]] = {
    "zookeeper": zookeeper,
    "jobmanager": jobmanager,
    "taskmanager": taskmanager,
    "dashboard": dashboard,
}


def main(arguments: list[str]) -> int:
    """Run one check. Returns 0 when all is well."""
    if len(arguments) != 1 or arguments[0] not in _CHECKS:
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        problem = _CHECKS[arguments[0]]()
    except (OSError, urllib.error.URLError) as e:
        problem = str(e)
    print(problem or "ok")
    return 1 if problem else 0


def _get(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
