"""What the dashboard shows is what the oracle says."""

import csv
import io
from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from local.waiting import wait_until
from tests.browser.conftest import HOSTILE, dashboard
from tests.browser.looking import metric, ready
from tests.sql.conftest import NETWORKS
from tests.support import oracle
from tests.support import topic as topics
from tests.support.stream import Stream

ALL = "?by=hour&from=2026-03-01&to=2026-03-02"


def views(stream: Stream) -> list[oracle.View]:
    """The finished views of the topic, by the oracle, but for markers that came after all."""
    messages = topics.read(stream.cluster.bootstrap_servers, stream.topic)
    fates = oracle.fates(messages).values()
    return [fate for fate in fates if isinstance(fate, oracle.View) and fate.end_ms // 60_000 <= finished(stream)]


def finished(stream: Stream) -> int:
    """The newest finished minute: that of the first marker of finish_minutes()."""
    return (stream.now_ms - 120_000) // 60_000


def average(chosen: list[oracle.View]) -> str:
    seconds = Fraction(sum(view.end_ms - view.start_ms for view in chosen), 1000 * len(chosen))
    return f"{float(seconds):.2f} s"


def test_views_and_average_are_the_oracles(page: Page, address: str, stream: Stream) -> None:
    page.goto(f"{address}/{ALL}")
    ready(page)
    chosen = views(stream)
    assert metric(page, "Views") == f"{len(chosen):,}"
    assert metric(page, "Average view duration") == average(chosen)
    assert metric(page, "Late views, not counted") == "4"


def test_a_link_selects_networks(page: Page, address: str, stream: Stream) -> None:
    page.goto(f"{address}/{ALL}&networks=2,%203&campaigns=1,2,3,7")
    ready(page)
    chosen = [v for v in views(stream) if NETWORKS.get(v.campaign_id) in (2, 3) and v.campaign_id in (1, 2, 3, 7)]
    assert metric(page, "Views") == f"{len(chosen):,}"
    assert metric(page, "Average view duration") == average(chosen)


def test_what_is_chosen_is_in_the_link_and_in_the_files(page: Page, address: str, stream: Stream) -> None:
    page.goto(f"{address}/{ALL}")
    ready(page)
    if page.viewport_size["width"] < 600:
        page.get_by_test_id("stExpandSidebarButton").click()
    # Three times: what is chosen goes into the link, which must not change what can be chosen next.
    for network in ("2", "3", "4"):
        page.get_by_role("textbox", name="Networks").fill(network)
        page.get_by_role("textbox", name="Networks").press("Enter")
        page.wait_for_url(f"**networks={network}**")
    if page.viewport_size["width"] < 600:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    chosen = [v for v in views(stream) if NETWORKS.get(v.campaign_id) == 4]
    wait_until(lambda: metric(page, "Views") == f"{len(chosen):,}", "the views of network 4", 30)
    ready(page)
    totals: dict[tuple[int, datetime], int] = defaultdict(int)
    for view in chosen:
        totals[view.campaign_id, oracle.EPOCH + timedelta(hours=view.end_ms // 3_600_000)] += 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Parquet", exact=True).click()
    table = pq.read_table(Path(download.value.path())).to_pylist()
    assert {(row["campaign_id"], row["period"]): row["total_count"] for row in table} == totals
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    found = {(int(r["campaign_id"]), datetime.fromisoformat(r["period"])): int(r["total_count"]) for r in rows}
    assert found == totals


def test_a_wrong_choice_is_one_sentence(page: Page, address: str) -> None:
    page.goto(f"{address}/{ALL}&networks=three")
    expect(page.get_by_text("Networks takes numbers with commas between them")).to_be_visible(timeout=60_000)


def test_a_wrong_link_is_one_sentence_and_the_default(page: Page, address: str) -> None:
    page.goto(f"{address}/?by=fortnight&from=2026-03-01&to=2026-02-30")
    expect(page.get_by_text("What the link says behind 'by=' is no choice here")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("What the link says behind 'to=' is no choice here")).to_be_visible()
    ready(page)


def test_health_and_a_hostile_message(page: Page, address: str, stream: Stream) -> None:
    page.goto(f"{address}/health")
    expect(page.get_by_role("heading", name="Every message is accounted for")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Newest rejected messages")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
    assert metric(page, "Job") == "Running"
    expect(page.get_by_role("link", name="Flink's web UI")).to_have_attribute(
        "href", f"{stream.cluster.web_ui}/#/job/running/{stream.job_id}/overview"
    )
    # The table is drawn on a canvas; for screen readers its cells are there as text.
    cell = page.locator("td").filter(has_text=HOSTILE.decode())
    expect(cell).to_have_count(1, timeout=60_000)
    assert page.evaluate("window.hacked") is None


def test_nothing_to_show_says_what_to_do(page: Page, tmp_path: Path) -> None:
    with dashboard(tmp_path, {"DATA_DIR": f"file://{tmp_path}"}) as address:
        page.goto(address)
        expect(page.get_by_text("There is nothing to show yet.")).to_be_visible(timeout=60_000)
        page.goto(f"{address}/health")
        expect(page.get_by_text("There is no finished minute yet.")).to_be_visible(timeout=60_000)
