"""Where the dashboard's data are."""

import os
from datetime import datetime

from dashboard import view_report
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
    return view_report.newest_minute(data_dir())
