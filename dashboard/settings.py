"""What the dashboard is told by its environment."""

import os


def zone() -> str:
    """REPORT_TIME_ZONE."""
    return os.environ.get("REPORT_TIME_ZONE", "UTC")


def web_ui(job_manager: str) -> str:
    """Where the browser finds Flink's web UI: FLINK_WEB_UI, or where the JobManager is found from here."""
    return os.environ.get("FLINK_WEB_UI", job_manager)
