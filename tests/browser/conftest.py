"""The dashboard over what a real pipeline has written, and a real browser that looks at it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from local.cluster import Cluster
from local.server import Server, free_port
from tests.sql.conftest import NETWORKS
from tests.support.commands import REPO
from tests.support.stream import Stream, view

MINUTE_MS = 60_000
# One that would run if the page took it for HTML or Markdown.
HOSTILE = b'<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> [x](javascript:window.hacked=1)'
SCREENSHOTS = REPO / "build" / "screenshots"


@pytest.fixture(scope="module")
def stream(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """Three hours before and one after midnight, bad and late messages among them; all finished but the last."""
    csv = "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    running = Stream(cluster, tmp_path_factory.mktemp("looked at"), csv, datetime(2026, 3, 1, 21, 0))
    running.submit()
    base = running.now_ms
    for minute in range(0, 240, 5):
        at = base + minute * MINUTE_MS
        running.send((c % 4, view(c, at + c, 100 * c + minute)) for c in NETWORKS if c % 7 or minute % 3)
        # A jump of five minutes closes minutes that another partition has not come to.
        running.wait_until_read(range(4), 60)
    running.send([(0, HOSTILE), (1, b"{}")])
    running.send((p, view(1, base, 10)) for p in range(4))
    running.now_ms = base + 240 * MINUTE_MS
    running.finish_minutes()
    yield running
    running.cancel()


@pytest.fixture(scope="module")
def address(stream: Stream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard is."""
    with dashboard(tmp_path_factory.mktemp("dashboard"), stream.environment) as where:
        yield where


@contextmanager
def dashboard(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The dashboard with these variables, as `make dashboard` starts it but for the port; yields its address."""
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    server = Server(
        "dashboard",
        [sys.executable, "-m", "streamlit", "run", str(REPO / "dashboard" / "app.py"), "--server.port", f"{port}"],
        folder,
        {"the dashboard": port},
        lambda: answers(f"{where}/_stcore/health"),
        env={**os.environ, **environment},
    )
    server.start()
    try:
        server.wait_until_ready()
        yield where
    finally:
        server.stop()


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Skips, and says so, where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        reason = "NO BROWSER: the dashboard is NOT tested. Install chromium (apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Chromium's sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running
        running.close()


@pytest.fixture(params=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of that size; whatever it asks of another host fails the test."""
    size = {"desktop": (1280, 1000), "phone": (390, 844)}[request.param]
    opened = browser.new_page(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
    opened.set_default_timeout(30_000)
    elsewhere: list[str] = []
    opened.on("request", lambda sent: elsewhere.append(sent.url) if "127.0.0.1" not in sent.url else None)
    yield opened
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    opened.screenshot(path=SCREENSHOTS / f"{request.node.originalname} {request.param}.png", full_page=True)
    opened.close()
    assert not [url for url in elsewhere if url.startswith("http")]
