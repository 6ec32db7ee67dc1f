"""A container engine for the tests: the one of this machine, or one of their own; and what runs on it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from local.server import Server
from tests.support.commands import REPO

HERE = Path(__file__).parent


class Compose:
    """A deployment of docker-compose.yaml, by the commands that people type."""

    def __init__(
        self, engine: str | None, project: str, settings: dict[str, str], env_file: Path, over: list[str]
    ) -> None:
        """`engine`: DOCKER_HOST, or None for this machine's; `over`: files over docker-compose.yaml."""
        self.project = project
        self._files = [part for file in ["docker-compose.yaml", *over] for part in ("--file", file)]
        self.settings = settings
        self._env_file = env_file
        self._environment = environment_of(engine)

    def __call__(self, *arguments: str, seconds: float = 180, fails: bool = False, **settings: str) -> str:
        """`docker-compose ARGUMENTS` with .env as `settings` say; returns what it printed, both streams."""
        self._env_file.write_text("".join(f"{k}={v}\n" for k, v in {**self.settings, **settings}.items()))
        command = [*compose_command(), *self._files, "--project-name", self.project]
        command += ["--env-file", str(self._env_file), *arguments]
        done = subprocess.run(
            command,
            cwd=REPO,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
        assert (done.returncode != 0) == fails, f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def docker(self, *arguments: str, seconds: float = 60) -> str:
        """`docker ARGUMENTS`; returns its standard output."""
        return docker(self._environment, *arguments, seconds=seconds)

    def containers(self, service: str) -> list[dict]:
        """What `docker inspect` says of each container of a service, ended ones too."""
        label = f"label=com.docker.compose.project={self.project}"
        found = self.docker(
            "ps", "--all", "--quiet", "--filter", label, "--filter", f"label=com.docker.compose.service={service}"
        )
        return json.loads(self.docker("inspect", *found.split())) if found.split() else []


def compose_command() -> list[str]:
    """docker-compose, or `docker compose` where only that is there."""
    return ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]


def docker(environment: dict[str, str], *arguments: str, seconds: float = 60) -> str:
    """`docker ARGUMENTS`; fails the test with what it says."""
    done = subprocess.run(
        ["docker", *arguments], env=environment, capture_output=True, text=True, timeout=seconds, cwd=REPO
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def answers(environment: dict[str, str]) -> bool:
    """True when an engine answers there."""
    try:
        done = subprocess.run(["docker", "info"], env=environment, capture_output=True, timeout=20)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def own_engine(folder: Path) -> Server:
    """A dockerd whose images, containers and socket lie in `folder`. Needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    command += ["--host", address(folder), "--pidfile", str(folder / "dockerd.pid.own")]
    return Server(
        name="dockerd",
        command=command,
        folder=folder,
        ports={},
        is_ready=lambda: answers(environment_of(address(folder))),
    )


def environment_of(docker_host: str | None) -> dict[str, str]:
    """What a command needs that is to reach this engine; None is this machine's."""
    return {**os.environ, **({"DOCKER_HOST": docker_host} if docker_host else {})}


def address(folder: Path) -> str:
    """DOCKER_HOST of the engine in `folder`."""
    return f"unix://{folder}/docker.sock"
