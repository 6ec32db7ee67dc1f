"""An engine, the images, and how a module of this folder gets its deployment."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.server import free_port
from local.waiting import LocalError
from tests.compose import engine
from tests.compose.engine import HERE, Compose
from tests.support.commands import REPO

CAMPAIGNS = REPO / "data" / "campaigns" / "campaigns.csv"
BASE = "debian:bookworm-slim"
KAFKA_STAND_IN = "ad-reporting-test-kafka"
EVENTS_PER_SECOND = 500
PULL_SECONDS = 120


@pytest.fixture(scope="package")
def docker_host() -> Iterator[str | None]:
    """DOCKER_HOST of an engine: None for this machine's own. Skips, and says so, where none can be had."""
    if engine.answers(engine.environment_of(None)):
        yield None
        return
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        reason = "NO CONTAINER ENGINE: docker-compose.yaml is NOT tested. Start Docker, or install docker.io as root."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not below pytest's folder: the path of a socket must be short.
    folder = Path(f"/tmp/ad-reporting-dockerd-{os.getpid()}")
    server = engine.own_engine(folder)
    try:
        server.start()
        server.wait_until_ready()
        yield engine.address(folder)
    finally:
        server.stop(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def images(docker_host: str | None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings that name the images: pulled, or made here where no registry can be reached."""
    environment = engine.environment_of(docker_host)
    if not _there(environment, BASE):
        # debootstrap knows no spaces in names.
        command = [HERE / "base-image.sh", tmp_path_factory.mktemp("base-image")]
        made = subprocess.run(command, env=environment, timeout=600, capture_output=True, text=True)
        assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    official = "apache/kafka:4.2.0"
    if _there(environment, official):
        return {"KAFKA_IMAGE": official}
    context = shutil.copytree(HERE / "kafka", tmp_path_factory.mktemp("kafka image") / "context")
    maven = ["mvn", "--quiet", "--batch-mode", "--file", str(HERE / "kafka" / "pom.xml"), "package"]
    subprocess.run([*maven, f"-Djars={context / 'libs'}"], check=True, timeout=600)
    engine.docker(environment, "build", "--tag", KAFKA_STAND_IN, str(context), seconds=600)
    return {"KAFKA_IMAGE": KAFKA_STAND_IN}


@contextmanager
def deployed(
    docker_host: str | None, images: dict[str, str], folder: Path, over: list[str], **settings: str
) -> Iterator[Compose]:
    """docker-compose.yaml, and files over it, built and started; its reports in `folder`/data."""
    data = folder / "data"
    (data / "campaigns").mkdir(parents=True)
    shutil.copy(CAMPAIGNS, data / "campaigns")
    # Root's containers run as somebody else, as README tells.
    user = "1000:1000" if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}"
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", user, data], check=True)
    everything = {
        **images,
        "IMAGE": "ad-reporting-test",
        "RUN_AS": user,
        "DATA": str(data),
        "KAFKA_PORT": str(free_port()),
        "FLINK_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "EVENTS_PER_SECOND": str(EVENTS_PER_SECOND),
        **settings,
    }
    compose = Compose(docker_host, f"adreporting{os.getpid()}", everything, folder / "settings.env", over)
    compose("build", "launcher", seconds=1200)
    try:
        try:
            compose("up", "--detach", seconds=300)
        except AssertionError as e:
            pytest.fail(f"{e}\n{compose('logs', '--tail', '15')}")
        yield compose
    except LocalError as e:
        pytest.fail(str(e))
    finally:
        compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "20")


@pytest.fixture(scope="module")
def data(deployment: Compose) -> Path:
    """DATA of the module's deployment."""
    return Path(deployment.settings["DATA"])


def _there(environment: dict[str, str], image: str) -> bool:
    """True when the engine has this image or can pull it."""
    if subprocess.run(["docker", "image", "inspect", image], env=environment, capture_output=True).returncode == 0:
        return True
    try:
        pull = subprocess.run(["docker", "pull", image], env=environment, capture_output=True, timeout=PULL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return pull.returncode == 0
