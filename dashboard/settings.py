"""Where the dashboard's data are."""

import os
from datetime import datetime
from pathlib import Path

from dashboard import view_report
from jobs.pipeline import JobError
from jobs.submit import DEFAULTS


def data_dir() -> str:
    """DATA_DIR."""
    return os.environ.get("DATA_DIR", DEFAULTS["DATA_DIR"])


def zone() -> str:
    """REPORT_TIME_ZONE."""
    return os.environ.get("REPORT_TIME_ZONE", "UTC")


def web_ui(job_manager: str) -> str:
    """Where the browser finds Flink's web UI: FLINK_WEB_UI, or where the JobManager is found from here."""
    return os.environ.get("FLINK_WEB_UI", job_manager)


def newest_minute() -> datetime:
    """The newest finished minute, UTC; JobError where there is none."""
    newest = view_report.newest_minute(Path(data_dir().removeprefix("file://")) / "view_report")
    if newest is None:
        raise JobError(f"{data_dir()}/view_report has no finished minute: start the servers and a pipeline (README).")
    return newest
