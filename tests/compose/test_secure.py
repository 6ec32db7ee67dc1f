"""docker-compose.secure.yaml: Kafka over TLS and with a password, which is nowhere but in its files."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from jobs.kafka_client import kafka_client
from local.waiting import wait_until
from tests.compose.conftest import deployed
from tests.compose.deployment import assert_in_order, jobs, now, rest, wait_for_results_after
from tests.compose.engine import Compose
from tests.support import reading
from tests.support.commands import REPO


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets") / "secrets"
    subprocess.run([REPO / "docker" / "make-secrets.sh", folder], check=True, capture_output=True, timeout=60)
    wrong = folder / "client" / "wrong.properties"
    wrong.write_text(re.sub('password="', 'password="not', (folder / "client" / "client.properties").read_text()))
    return folder


@pytest.fixture(scope="module")
def deployment(
    docker_host: str | None, images: dict[str, str], secrets: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Compose]:
    settings = {"KAFKA_SECRETS": str(secrets), "PRODUCER_OPTIONS": "--malformed 0.01"}
    folder = tmp_path_factory.mktemp("deployment")
    with deployed(docker_host, images, folder, ["docker-compose.secure.yaml"], **settings) as compose:
        yield compose


def password(secrets: Path) -> str:
    found = re.search('password="([^"]+)"', (secrets / "client" / "client.properties").read_text())
    assert found
    return found[1]


def test_results_flow_and_are_in_order(deployment: Compose, data: Path) -> None:
    wait_for_results_after(deployment, data, now(), 120)
    wait_until(lambda: reading.complete_minutes(data / "view_report"), "a finished minute", 120)
    assert_in_order(deployment)


def test_without_the_password_nobody_gets_in(
    deployment: Compose, secrets: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    address = f"localhost:{deployment.settings['KAFKA_PORT']}"
    # From this machine, the right client first: what refuses the others is not the address.
    mine = folder / "client.properties"
    text = (secrets / "client" / "client.properties").read_text()
    mine.write_text(text.replace("/run/kafka", str(secrets / "client")))
    monkeypatch.setenv("KAFKA_CLIENT_PROPERTIES", str(mine))
    assert "view_log" in AdminClient({**kafka_client(address), "log_level": 0}).list_topics(timeout=20).topics
    with pytest.raises(KafkaException):
        AdminClient({"bootstrap.servers": address, "log_level": 0}).list_topics(timeout=5)

    environment = ("-e", "KAFKA_CLIENT_PROPERTIES=/run/kafka/wrong.properties")
    printed = deployment("run", "--rm", "--no-deps", *environment, "topics", fails=True)
    assert "error: Kafka at kafka:19092 did not create topic" in printed
    # Under another name, because the pipeline runs already.
    submit = "cp -rL sql/view_report /tmp/another && python -m jobs.submit /tmp/another"
    printed = deployment("run", "--rm", "--no-deps", *environment, "launcher", "sh", "-c", submit, fails=True)
    assert re.search(
        "error: Kafka does not answer at kafka:19092, where table view_log reads: .*Authentication", printed
    )


def test_the_password_is_nowhere_but_in_its_files(deployment: Compose, secrets: Path) -> None:
    secret = password(secrets)
    (job,) = jobs(deployment)
    seen = [deployment("logs"), str(rest(deployment, f"jobs/{job['jid']}")), str(rest(deployment, "jobmanager/config"))]
    seen += [str(rest(deployment, f"jobs/{job['jid']}/config")), deployment("config")]
    for service in ("kafka", "kafka-user", "topics", "jobmanager", "taskmanager", "launcher", "producer"):
        containers = deployment.containers(service)
        assert containers, service
        seen.append(str(containers))
    find = (
        "exec",
        "-T",
        "jobmanager",
        "grep",
        "-rl",
        secret,
        "/state",
        "/tmp/flink-conf",
        "/tmp/flink-log",
        "/opt/ad-reporting",
    )
    found = deployment(*find, fails=True)
    assert secret not in "".join(seen) + found
    assert "/state" not in found
    # The control: where it is, it is found.
    assert "/run/kafka/client.properties" in deployment("exec", "-T", "jobmanager", "grep", "-rl", secret, "/run/kafka")


def test_secrets_are_not_made_twice(secrets: Path) -> None:
    before = password(secrets)
    done = subprocess.run([REPO / "docker" / "make-secrets.sh", secrets], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "holds secrets already" in done.stderr
    assert password(secrets) == before


def test_git_ignores_secrets() -> None:
    if not shutil.which("git") or not (REPO / ".git").exists():
        pytest.skip("no git checkout")
    done = subprocess.run(
        ["git", "check-ignore", "secrets/client/client.properties", ".env"], cwd=REPO, capture_output=True
    )
    assert len(done.stdout.split()) == 2
