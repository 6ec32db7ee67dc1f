"""A pipeline that is measured, from its submission to its end."""

import os
import subprocess
import sys
from collections.abc import Mapping

import psutil
import requests

from jobs.pipeline import REPO
from local.cluster import Cluster
from local.flink import conf_dir
from local.waiting import LocalError, wait_until


def submit(cluster: Cluster, pipeline: str, variables: Mapping[str, str]) -> tuple[psutil.Process, str]:
    """Submit a pipeline, or a folder that is one, to a new TaskManager, as it would run alone.

    Returns that TaskManager's process and the job's address in Flink's REST API. Raises LocalError.
    """
    environment = {
        **os.environ,
        **variables,
        "KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        "FLINK_CONF_DIR": str(conf_dir(cluster.folder)),
    }
    cluster.task_manager.stop()
    cluster.task_manager.start()
    cluster.task_manager.wait_until_ready()
    process = psutil.Process(cluster.task_manager.process().pid)
    command = [sys.executable, "-m", "jobs.submit", pipeline]
    submitted = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, timeout=120)
    if submitted.returncode != 0:
        raise LocalError(f"{pipeline} was not submitted: {submitted.stderr}")
    return process, f"{cluster.web_ui}/jobs/{submitted.stdout.rsplit('/', 1)[1].strip()}"


def cancel(job: str) -> None:
    """Cancel the job at this address and wait for its end."""
    requests.patch(job, timeout=10).raise_for_status()
    wait_until(lambda: requests.get(job, timeout=10).json()["state"] == "CANCELED", "the job to be cancelled", 60)
