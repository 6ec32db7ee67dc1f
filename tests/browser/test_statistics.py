"""What the page of placements and pages shows is what the oracle says."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from local.cluster import Cluster
from producer.banner_events import Events, Shape
from tests.browser.conftest import dashboard
from tests.browser.looking import metric, ready
from tests.support import banner_oracle as oracle
from tests.support import topic as topics
from tests.support.banner_oracle import DAY, HOUR, Event
from tests.support.job import SENTINEL
from tests.support.page_stats import PageStats

DAYS = "from=2026-04-01&to=2026-04-02"
EVENTS = 8_000


@pytest.fixture(scope="module")
def stats(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> PageStats:
    """Thirty hours of traffic, all finished; the day before has none."""
    running = PageStats(cluster, tmp_path_factory.mktemp("statistics"), datetime(2026, 4, 1, tzinfo=UTC))
    running.submit(BANNER_EVENTS_SILENCE_AFTER="10 min", PAGE_STATS_STATE="hashmap")
    shape = Shape(pages=5, visitors=300)
    history = Events(running.now, running.now * 1000 + 60_000, EVENTS / 30 / HOUR, 10, shape)
    running.send((number % 4, value) for block in history.blocks(EVENTS) for number, value in enumerate(block.values))
    running.now += DAY + 7 * HOUR
    running.finish_days()
    running.cancel()
    return running


@pytest.fixture(scope="module")
def address(stats: PageStats, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with dashboard(tmp_path_factory.mktemp("dashboard"), stats.environment) as where:
        yield f"{where}/statistics"


@pytest.fixture(scope="module")
def events(stats: PageStats) -> list[Event]:
    """What counts on the days of the link; the markers of finish_days() are of later days."""
    fates = oracle.fates(topics.read(stats.cluster.bootstrap_servers, stats.topic)).values()
    found = [fate for fate in fates if isinstance(fate, Event) and fate.placement.startswith("placement")]
    assert len(found) > EVENTS * 0.9
    return found


@pytest.mark.parametrize("of", ["placement", "page"])
def test_views_and_clicks_are_the_oracles(page: Page, address: str, events: list[Event], of: str) -> None:
    page.goto(f"{address}?of={of}&by=hour&{DAYS}")
    ready(page)
    clicks = sum(event.is_click for event in events)
    views = len(events) - clicks
    assert metric(page, "Views") == f"{views:,}"
    assert metric(page, "Clicks") == f"{clicks:,}"
    assert metric(page, "Click-through rate") == f"{clicks / views:.2%}"
    expect(page.get_by_text("those of several cannot be added up")).to_be_visible()


def test_one_page_by_day_with_its_users_and_files(page: Page, address: str, events: list[Event]) -> None:
    page.goto(f"{address}?of=page&by=day&{DAYS}&ids=page-0")
    ready(page)
    expect(page.get_by_role("heading", name="Distinct users")).to_be_visible()
    expected = {start: row for (name, start), row in oracle.stats(events, "page", DAY).items() if name == "page-0"}
    assert len(expected) == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet", exact=True).click()
    rows = pq.read_table(Path(download.value.path())).to_pylist()
    found = {round(r["period"].replace(tzinfo=UTC).timestamp()): (r["views"], r["clicks"], r["users"]) for r in rows}
    assert found == expected
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert {row["page_id"] for row in rows} == {"page-0"}
    assert [int(row["users"]) for row in rows] == [expected[start].users for start in sorted(expected)]


def test_what_is_chosen_is_in_the_link(page: Page, address: str, events: list[Event]) -> None:
    page.goto(f"{address}?of=page&by=hour&{DAYS}")
    ready(page)
    phone = page.viewport_size["width"] < 600
    if phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    for ids in ("page-1", "page-0, page-1"):
        page.get_by_role("textbox", name="Ids").fill(ids)
        page.get_by_role("textbox", name="Ids").press("Enter")
        page.wait_for_url(f"**ids={ids.replace(', ', '%2C+')}**")
    if phone:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    views = sum(not event.is_click for event in events if event.page in ("page-0", "page-1"))
    label = page.get_by_test_id("stMetric").filter(has_text="Views")
    expect(label.get_by_test_id("stMetricValue")).to_have_text(f"{views:,}", timeout=30_000)


def test_health_of_this_pipeline(page: Page, address: str, stats: PageStats) -> None:
    page.goto(f"{address.removesuffix('/statistics')}/health?pipeline=page_stats")
    expect(page.get_by_role("heading", name="Every message is accounted for")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Age of the newest finished hour")).to_be_visible()
    expect(page.get_by_text("page_stats does not run at")).to_be_visible()
    expect(page.get_by_role("heading", name="Newest rejected messages")).to_be_visible()
    # The table is drawn on a canvas; for screen readers its cells are there as text.
    expect(page.locator("td").filter(has_text=SENTINEL.decode())).to_have_count(len(stats.sentinels), timeout=60_000)


def test_nothing_to_show_says_what_to_do(page: Page, tmp_path: Path) -> None:
    with dashboard(tmp_path, {"DATA_DIR": f"file://{tmp_path}"}) as address:
        page.goto(f"{address}/statistics")
        expect(page.get_by_text("has no finished hour: start the servers and page_stats")).to_be_visible(timeout=60_000)
