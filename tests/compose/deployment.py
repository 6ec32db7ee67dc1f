"""Looking at a deployment from outside, as people do."""

from datetime import UTC, datetime
from pathlib import Path

import requests

from local.waiting import wait_until
from tests.compose.engine import Compose
from tests.support import reading

TOPIC = "view_log"


def rest(compose: Compose, path: str) -> dict:
    response = requests.get(f"http://localhost:{compose.settings['FLINK_PORT']}/{path}", timeout=10)
    response.raise_for_status()
    return response.json()


def jobs(compose: Compose) -> list[dict]:
    """The jobs that have not ended; none while the JobManager does not answer."""
    try:
        return [job for job in rest(compose, "jobs/overview")["jobs"] if job["state"] == "RUNNING"]
    except requests.RequestException:
        return []


def healthy(compose: Compose, service: str, count: int = 1) -> bool:
    states = [container["State"].get("Health", {}).get("Status") for container in compose.containers(service)]
    return states == ["healthy"] * count


def wait_for_results_after(compose: Compose, data: Path, moment: datetime, seconds: float) -> None:
    """Wait until a message that Kafka got after `moment` has come out at the other end: as a rejected row."""
    wait_until(
        lambda: any(row["kafka_timestamp"] > moment for row in reading.rejected(data, TOPIC)),
        f"results of messages after {moment}",
        seconds,
        every_seconds=0.5,
        hint=lambda: compose("logs", "--tail", "15"),
    )


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def assert_in_order(compose: Compose, **settings: str) -> str:
    """The audit, run as README says, finds every message."""
    printed = compose("run", "--rm", "audit", **settings)
    assert "In order: each of" in printed
    assert "which must be none: 0." in printed
    return printed
