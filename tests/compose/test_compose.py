"""`docker-compose up` on a real engine: reports that the oracle agrees with, and nothing lost whatever dies.

The tests share one deployment and run in this order.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.waiting import wait_until
from tests.compose.conftest import deployed
from tests.compose.deployment import assert_in_order, healthy, jobs, now, rest, wait_for_results_after
from tests.compose.engine import Compose
from tests.conftest import Figures
from tests.support import banner_oracle, oracle, page_stats, reading
from tests.support.account import compare
from tests.support.banner_oracle import HOUR
from tests.support.commands import REPO

SERVERS = ["zookeeper", "kafka", "jobmanager", "taskmanager", "dashboard"]
ONE_SHOTS = ["topics", "launcher"]
GIGABYTE = 1 << 30


@pytest.fixture(scope="module")
def deployment(
    docker_host: str | None, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory, figures: Figures
) -> Iterator[Compose]:
    """Everything of docker-compose.yaml; a first minute is finished."""
    began = time.monotonic()
    options = "--malformed 0.01 --unknown-campaign 0.01 --copy-to /data/sent.jsonl"
    folder = tmp_path_factory.mktemp("deployment")
    with deployed(docker_host, images, folder, [], PRODUCER_OPTIONS=options) as compose:
        wait_until(
            lambda: reading.complete_minutes(folder / "data" / "view_report"),
            f"a finished minute in {folder}",
            180,
            every_seconds=0.5,
            hint=lambda: compose("logs", "--tail", "20"),
        )
        figures.add(f"compose: a finished minute can be read {time.monotonic() - began:.0f} s after `build` and `up`")
        yield compose


def test_everything_is_well_and_the_oracle_agrees(deployment: Compose, data: Path, figures: Figures) -> None:
    for service in SERVERS:
        assert healthy(deployment, service), service
    for service in ONE_SHOTS:
        (container,) = deployment.containers(service)
        assert (container["State"]["Status"], container["State"]["ExitCode"]) == ("exited", 0), service
    (job,) = jobs(deployment)
    assert job["name"] == "view_report"

    complete = reading.complete_minutes(data / "view_report")
    rows = [row for row in reading.rows(data / "view_report") if row.minute in complete]
    lines = (data / "campaigns" / "campaigns.csv").read_text().splitlines()[1:]
    networks = {int(c): int(n) for c, n in (line.split(",") for line in lines)}
    # The producer is still writing its last line.
    sent = data / "sent.jsonl"
    whole = data / "sent-so-far.jsonl"
    whole.write_text(sent.read_text().rpartition("\n")[0])
    expected = oracle.report(oracle.values(whole), networks)
    assert not oracle.differences(rows, {key: row for key, row in expected.items() if row.minute in complete})
    assert len(rows) > 500
    figures.add(f"compose: {len(rows):,} rows of {len(complete)} minutes equal the oracle's")
    assert_in_order(deployment)
    figures.add("compose: docker-compose ps\n" + deployment("ps"))


def test_what_containers_write_belongs_to_who_ran_them(deployment: Compose, data: Path) -> None:
    user = int(deployment.settings["RUN_AS"].split(":")[0])
    written = [file for folder in ("view_report", "rejected", "audit") for file in (data / folder).rglob("*")]
    assert len(written) > 20
    assert {file.stat().st_uid for file in written} == {user}


def test_no_container_has_rights_that_it_does_not_need(deployment: Compose) -> None:
    memory = 0
    for service in [*SERVERS, *ONE_SHOTS, "producer"]:
        (container,) = deployment.containers(service)
        host = container["HostConfig"]
        assert container["Config"]["User"].split(":")[0] not in ("", "0", "root"), service
        assert not host["Privileged"], service
        assert host["CapDrop"] == ["ALL"], service
        assert not host["CapAdd"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["ReadonlyRootfs"] or service == "kafka", service
        bound = [binding["HostIp"] for ports in host["PortBindings"].values() for binding in ports]
        assert set(bound) <= {"127.0.0.1"}, service
        assert host["Memory"] > 0, service
        memory += host["Memory"]
        if container["State"]["Running"]:
            (status,) = Path(f"/proc/{container['State']['Pid']}").glob("status") or [None]
            assert status.stat().st_uid != 0, service
    assert memory <= 8 * GIGABYTE


def test_the_image_holds_what_it_needs_and_no_more(deployment: Compose, figures: Figures) -> None:
    image = deployment.settings["IMAGE"]
    run = ["run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c"]
    tools = deployment.docker(*run, "command -v gcc cc javac mvn pip pip3 curl || echo none; id -u; du -sk /opt/venv")
    assert tools.splitlines()[:2] == ["none", "1000"], tools
    modules = (
        "import importlib.util as u; print([m for m in ('pytest', 'ruff', 'hypothesis', 'pip') if u.find_spec(m)])"
    )
    assert deployment.docker(*run, f'python -c "{modules}"').strip() == "[]"
    assert "[]" in deployment.docker(*run, "ls -d /root/.cache /root/.m2 2>/dev/null || echo []")
    history = deployment.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert not [line for line in history.splitlines() if "password" in line.lower() or "secret" in line.lower()]
    (inspected,) = json.loads(deployment.docker("image", "inspect", image))
    assert inspected["Config"]["User"] == "1000:1000"
    assert inspected["Size"] < 1.6 * GIGABYTE
    figures.add(f"compose: the image has {inspected['Size'] / 1e6:,.0f} MB")


def test_the_dashboard_answers_on_this_machine(deployment: Compose) -> None:
    """tests/browser looks at what it shows."""
    page = requests.get(f"http://127.0.0.1:{deployment.settings['DASHBOARD_PORT']}/", timeout=10)
    assert page.ok
    assert "streamlit" in page.text.lower()


def test_a_folder_that_is_someone_elses_is_named(deployment: Compose) -> None:
    printed = deployment("run", "--rm", "--no-deps", "topics", fails=True, RUN_AS="4711:4711")
    assert "belongs to user" in printed
    assert f"put RUN_AS={deployment.settings['RUN_AS'].split(':')[0]}:" in printed


def test_the_launcher_submits_no_second_job(deployment: Compose) -> None:
    before = jobs(deployment)
    assert "view_report runs already" in deployment("run", "--rm", "launcher")
    assert [job["jid"] for job in jobs(deployment)] == [job["jid"] for job in before]


@pytest.mark.parametrize("service", [*SERVERS, "producer"])
def test_what_is_killed_comes_back_by_itself(service: str, deployment: Compose, data: Path, figures: Figures) -> None:
    """Killed as the kernel does it: what `docker kill` ends counts as stopped on purpose and is not started again."""
    (container,) = deployment.containers(service)
    moment, began = now(), time.monotonic()
    # Only root may kill what runs in a container.
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    subprocess.run([*sudo, "kill", "-KILL", str(container["State"]["Pid"])], check=True)
    wait_until(
        lambda: deployment.containers(service)[0]["RestartCount"] > container["RestartCount"],
        f"{service} to be started again",
        30,
    )
    if service != "producer":
        wait_until(lambda: healthy(deployment, service), f"{service} to be healthy again", 120, every_seconds=0.5)
    wait_until(lambda: len(jobs(deployment)) == 1, "the job to run", 120, every_seconds=0.5)
    # What was on its way when it died does not count: a second of traffic is enough for several rejected ones.
    wait_for_results_after(deployment, data, max(moment, now()), 120)
    figures.add(f"compose: {service} killed: results again after {time.monotonic() - began:.0f} s")


def test_nothing_was_lost_by_all_that(deployment: Compose) -> None:
    assert_in_order(deployment)


def test_down_and_up_goes_on_where_it_was(deployment: Compose, data: Path, figures: Figures) -> None:
    (before,) = jobs(deployment)
    deployment("stop", "--timeout", "30")
    # Each ended when it was asked to, and had not to be killed (137) after the thirty seconds.
    codes = {service: deployment.containers(service)[0]["State"]["ExitCode"] for service in [*SERVERS, "producer"]}
    assert 137 not in codes.values(), codes
    deployment("down", "--timeout", "30")
    assert not deployment.containers("jobmanager")
    moment, began = now(), time.monotonic()
    deployment("up", "--detach", seconds=300)
    wait_for_results_after(deployment, data, moment, 120)
    figures.add(f"compose: down and up: results again after {time.monotonic() - began:.0f} s")
    assert [job["jid"] for job in jobs(deployment)] == [before["jid"]]
    assert "runs already" in deployment("logs", "launcher")
    assert_in_order(deployment)


def test_two_taskmanagers_share_the_work_after_an_upgrade(deployment: Compose, data: Path, figures: Figures) -> None:
    more = {"PARALLELISM": "4", "TASK_SLOTS": "2"}
    moment = now()
    deployment("up", "--detach", "--scale", "taskmanager=2", "--scale", "producer=0", seconds=300, **more)
    wait_until(lambda: healthy(deployment, "taskmanager", 2) and jobs(deployment), "two TaskManagers and the job", 120)
    upgrade = ("run", "--rm", "launcher", "python", "-m", "jobs.submit", "view_report", "--upgrade")
    assert re.search("view_report goes on from file:/+state/savepoints/", deployment(*upgrade, **more))
    deployment("up", "--detach", "--scale", "taskmanager=2", seconds=300, **more)
    wait_for_results_after(deployment, data, max(moment, now()), 120)
    (job,) = jobs(deployment)
    vertices = rest(deployment, f"jobs/{job['jid']}")["vertices"]
    source = next(vertex["id"] for vertex in vertices if vertex["name"].startswith("Source: KafkaSource"))
    subtasks = rest(deployment, f"jobs/{job['jid']}/vertices/{source}")["subtasks"]
    assert len(subtasks) == 4
    assert len({subtask["taskmanager-id"] for subtask in subtasks}) == 2
    printed = assert_in_order(deployment)
    figures.add(f"compose: audit after kills, down and up, and an upgrade: {printed.strip().splitlines()[-1]}")


def test_placements_and_pages_beside_it(deployment: Compose, data: Path, figures: Figures) -> None:
    """As README tells: two settings and `up`. The view report's job goes on."""
    (before,) = jobs(deployment)
    sent = data / "banner-events.jsonl"
    settings = {"PIPELINE": "page_stats", "TRAFFIC": "banner-events", "EVENTS_PER_SECOND": "5"}
    settings["PRODUCER_OPTIONS"] = f"--history 3h --malformed 0.01 --copy-to /data/{sent.name}"
    began = time.monotonic()
    deployment("up", "--detach", "--scale", "taskmanager=2", seconds=300, **settings)
    wait_until(
        lambda: len({start for (_, start), _ in page_stats.rows(data, "page", HOUR)}) >= 3,
        "three finished hours",
        180,
        every_seconds=0.5,
        hint=lambda: deployment("logs", "--tail", "20", "launcher", "producer", "taskmanager"),
    )
    figures.add(f"compose: placements and pages of three hours after {time.monotonic() - began:.0f} s")
    assert sorted(job["name"] for job in jobs(deployment)) == ["page_stats", "view_report"]
    assert before["jid"] in [job["jid"] for job in jobs(deployment)]

    now_ms = round(time.time() * 1000)
    values = [json.loads(line)["value"].encode() for line in sent.read_text().rpartition("\n")[0].splitlines()]
    judged = [banner_oracle.judge(oracle.Message(0, 0, now_ms, value)) for value in values]
    events = [event for event in judged if isinstance(event, banner_oracle.Event)]
    for of in ("page", "placement"):
        rows = page_stats.rows(data, of, HOUR)
        finished = {start for (_, start), _ in rows}
        expected = {key: row for key, row in banner_oracle.stats(events, of, HOUR).items() if key[1] in finished}
        assert not compare(of, rows, expected)
        assert len(rows) > 100
    assert_in_order(deployment, **settings)


def test_every_setting_is_explained() -> None:
    compose = (REPO / "docker-compose.yaml").read_text()
    compose += (REPO / "docker-compose.secure.yaml").read_text()
    example = (REPO / ".env.example").read_text()
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", compose))
    explained = dict(re.findall(r"^(\w+)=(.*)$", example, re.M))
    assert used == explained
