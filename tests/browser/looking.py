"""What people look for on a page."""

from playwright.sync_api import Page, expect


def metric(page: Page, name: str) -> str:
    label = page.get_by_test_id("stMetricLabel").get_by_text(name, exact=True)
    return page.get_by_test_id("stMetric").filter(has=label).get_by_test_id("stMetricValue").inner_text()


def ready(page: Page) -> None:
    """Wait until the page has been computed."""
    expect(page.get_by_role("heading", name="All rows")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
