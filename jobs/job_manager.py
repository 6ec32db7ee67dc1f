"""What Flink's JobManager knows about one pipeline, and what it can be asked to do, over its REST API."""

import os
import sys
import time
from pathlib import Path

import requests
import yaml

from jobs.pipeline import REPO, JobError

# States in which a job no longer owns its folders.
_ENDED = {"FINISHED", "FAILED", "CANCELED"}
_ANSWER_SECONDS = 10
# A savepoint holds the campaigns and what is open in the windows; writing it takes seconds.
_SAVEPOINT_SECONDS = 600


def configured_url() -> str:
    """The JobManager of FLINK_CONF_DIR/config.yaml (default flink-conf/)."""
    folder = Path(os.environ.get("FLINK_CONF_DIR", REPO / "flink-conf"))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    return f"http://{config.get('rest.address', 'localhost')}:{config.get('rest.port', 8081)}"


def job_manager_at(address: str | None, pipeline: str) -> "JobManager":
    """The JobManager at HOST:PORT, or the one of FLINK_CONF_DIR where that is None; nobody is asked yet."""
    return JobManager(f"http://{address}" if address else configured_url(), pipeline)


class JobManager:
    """One pipeline's jobs. Every method raises JobError with a sentence for a person, also when nobody answers."""

    def __init__(self, url: str, pipeline: str) -> None:
        """`url`: http://HOST:PORT, which is the web UI's, too."""
        self.url = url
        self.name = pipeline

    def ended_jobs(self) -> set[str]:
        """Ids of this pipeline's jobs, all of which have ended. Two at once would write the same folders: JobError."""
        jobs = self._jobs()
        if job := _unended(jobs):
            raise JobError(
                f"{self.name} already runs as job {job['jid']} ({job['state']}). Cancel that job in the web "
                f"UI, {self.url}/#/job/running/{job['jid']}, before you submit it again."
            )
        return {job["jid"] for job in jobs}

    def unended_job(self) -> dict | None:
        """The job of this pipeline that owns its folders, with `jid` and `state`; None where all have ended."""
        return _unended(self._jobs())

    def stop_with_savepoint(self) -> str:
        """Stop this pipeline's running job where it is and return the path of its savepoint."""
        job = self._running_job()
        if not job:
            raise JobError(
                f"{self.name} does not run, so it cannot be stopped with a savepoint. To go on from an earlier "
                "savepoint or checkpoint, submit it with --from PATH."
            )
        try:
            response = requests.post(f"{self.url}/jobs/{job}/stop", json={"drain": False}, timeout=_ANSWER_SECONDS)
            response.raise_for_status()
        except requests.RequestException as e:
            raise JobError(f"The JobManager at {self.url} did not stop {self.name}: {e}") from e
        request = response.json()["request-id"]
        deadline = time.monotonic() + _SAVEPOINT_SECONDS
        while (answer := self._get(f"jobs/{job}/savepoints/{request}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > deadline:
                raise JobError(f"{self.name} made no savepoint within {_SAVEPOINT_SECONDS} s; it goes on running.")
            time.sleep(0.2)
        operation = answer["operation"]
        if "location" not in operation:
            reason = operation.get("failure-cause", {}).get("stack-trace", "no reason given").splitlines()[0]
            raise JobError(f"{self.name} could not be stopped with a savepoint: {reason}")
        return operation["location"]

    def wait_until_ended(self, job: str) -> None:
        """Wait for a job that ends by itself; JobError where it fails. Flink's restart strategy is the limit."""
        while (answer := self._get(f"jobs/{job}"))["state"] not in _ENDED:
            if sys.stdout.isatty():
                done = sum(vertex["status"] == "FINISHED" for vertex in answer["vertices"])
                print(f"\r{done} of {len(answer['vertices'])} tasks have finished", end="", flush=True)
            time.sleep(0.5)
        if sys.stdout.isatty():
            print()
        if answer["state"] != "FINISHED":
            entries = self._get(f"jobs/{job}/exceptions")["exceptionHistory"]["entries"]
            lines = entries[0]["stacktrace"].splitlines() if entries else ["no reason given"]
            why = [line for line in lines if line.startswith("Caused by: ")] or lines
            raise JobError(f"{self.name} has ended as {answer['state']}: {why[-1].removeprefix('Caused by: ')}")

    def newest_state(self) -> str | None:
        """The path of the newest checkpoint or savepoint of this pipeline's last job, where it is still known."""
        jobs = sorted(self._jobs(), key=lambda job: job["start-time"])
        if not jobs:
            return None
        latest = self._get(f"jobs/{jobs[-1]['jid']}/checkpoints").get("latest", {})
        complete = [latest[kind] for kind in ("completed", "savepoint") if latest.get(kind)]
        newest = max(complete, key=lambda checkpoint: checkpoint["id"], default=None)
        return newest["external_path"] if newest else None

    def dropped_as_late(self) -> int | None:
        """Rows that Flink's own operators of the running job have dropped as late; None when no job runs."""
        return self._sum_of("numLateRecordsDropped")

    def lag(self) -> int | None:
        """Messages in Kafka that the running job has not read yet; None when no job runs."""
        return self._sum_of("pendingRecords")

    def checkpoints(self) -> dict | None:
        """What Flink says of the running job's checkpoints: counts, latest, ...; None when no job runs."""
        job = self._running_job()
        return self._get(f"jobs/{job}/checkpoints") if job else None

    def _sum_of(self, metric: str) -> int | None:
        """A metric of the running job's tasks, summed over all that have it; None when no job runs."""
        job = self._running_job()
        if not job:
            return None
        total = 0
        for vertex in self._get(f"jobs/{job}")["vertices"]:
            metrics = f"jobs/{job}/vertices/{vertex['id']}/subtasks/metrics"
            names = [found["id"] for found in self._get(metrics) if found["id"].endswith(metric)]
            if names:
                total += sum(round(found["sum"]) for found in self._get(f"{metrics}?get={','.join(names)}"))
        return total

    def _running_job(self) -> str | None:
        return next((job["jid"] for job in self._jobs() if job["state"] == "RUNNING"), None)

    def _jobs(self) -> list[dict]:
        """The jobs of this pipeline, ended ones too."""
        return [job for job in self._get("jobs/overview")["jobs"] if job["name"] == self.name]

    def _get(self, path: str):
        try:
            response = requests.get(f"{self.url}/{path}", timeout=_ANSWER_SECONDS)
            response.raise_for_status()
            return response.json()
        except requests.RequestException as e:
            raise JobError(
                f"No Flink JobManager answers at {self.url}. Start one (`make up`), or name another with "
                "--jobmanager HOST:PORT."
            ) from e


def _unended(jobs: list[dict]) -> dict | None:
    return next((job for job in jobs if job["state"] not in _ENDED), None)
