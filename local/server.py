"""One server process: started detached, remembered by a pid file, stopped by that pid and no other way."""

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from local.waiting import LocalError, wait_until


def port_is_free(port: int) -> bool:
    """True when nobody listens on this TCP port of localhost."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as s:
        # Without this, a port whose last connection is still in TIME_WAIT looks taken.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A TCP port that is free now, below those that the system gives to outgoing connections.

    While a server on one of those is down, a client that keeps trying may be given the very port it is trying to reach.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        if port_is_free(port):
            return port


@dataclass
class Server:
    """A process that outlives the command that started it.

    `folder` holds `NAME.pid` and `NAME.log`. `ports` are checked before the start; `is_ready` is polled after it and
    must really talk to the server. `before_start` is called when the process does not run and is about to be started.
    """

    name: str
    command: list[str]
    folder: Path
    ports: dict[str, int]
    is_ready: Callable[[], bool]
    ready_seconds: float = 60
    env: dict[str, str] = field(default_factory=dict)
    before_start: Callable[[], None] = lambda: None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def process(self) -> psutil.Process | None:
        """The running process, or None. A process that merely got the same pid later is not ours."""
        try:
            remembered = json.loads(self._pid_file.read_text())
            process = psutil.Process(remembered["pid"])
            same = abs(_born(process) - remembered["born"]) < 0.05
            return process if same and _is_alive(process) else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def start(self) -> bool:
        """Start and return True at once (see wait_until_ready); return False where it runs already."""
        if self.process():
            return False
        for option, port in self.ports.items():
            if not port_is_free(port):
                raise LocalError(
                    f"{self.name} cannot start: port {port} is taken by another program. "
                    f"Stop that program, or choose another port with {option}."
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.before_start()
        with self.log.open("ab") as log:
            try:
                started = subprocess.Popen(
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self.env},
                    start_new_session=True,
                )
            except FileNotFoundError as e:
                raise LocalError(f"{self.name} cannot start: {e.filename} is missing; run `make install`.") from e
        self._pid_file.write_text(json.dumps({"pid": started.pid, "born": _born(psutil.Process(started.pid))}))
        return True

    def wait_until_ready(self) -> None:
        """Return when the server answers; raise LocalError when it died or did not answer in time."""

        def ready() -> bool:
            if not self.process():
                raise LocalError(f"{self.name} died while starting. {self._last_words()}")
            return self.is_ready()

        wait_until(ready, f"{self.name} to answer", self.ready_seconds, hint=self._last_words)

    def stop(self, seconds: float = 20) -> bool:
        """Ask the process and its children to end, insist after `seconds`. True when there was one to stop."""
        process = self.process()
        if process:
            family = [process, *process.children(recursive=True)]
            for member in family:
                _send(member, signal.SIGTERM)
            stubborn = _alive_after(family, seconds)
            for member in stubborn:
                _send(member, signal.SIGKILL)
            if _alive_after(stubborn, 10):
                raise LocalError(f"{self.name} (pid {process.pid}) does not die, not even by SIGKILL; see `ps`.")
        self._pid_file.unlink(missing_ok=True)
        return process is not None

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        telling = [line for line in lines if "ERROR" in line or "Exception" in line] or lines
        return f"Its log {self.log} says: {' / '.join(telling[-2:])[:600]}"


def _born(process: psutil.Process) -> float:
    """Seconds from the machine's start to the process's: both change alike when somebody sets the clock."""
    return process.create_time() - psutil.boot_time()


def _is_alive(process: psutil.Process) -> bool:
    """False also for a process that has ended and whose parent has not asked about it: it holds nothing any more."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _alive_after(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that are alive when all have ended or `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _send(process: psutil.Process, sig: signal.Signals) -> None:
    # A process that ended by itself in the meantime is what was wanted.
    with suppress(psutil.NoSuchProcess):
        process.send_signal(sig)
