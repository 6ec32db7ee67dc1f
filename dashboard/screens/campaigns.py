"""Campaign performance: views and average view duration of campaigns over time."""

from datetime import date, timedelta

import duckdb
import pyarrow as pa
import streamlit as st

from dashboard import settings, view_report
from dashboard.parts import REFRESH_SECONDS, all_rows, change, chosen, line, one_of
from jobs import results
from jobs.pipeline import JobError

# Wider than most screens, and drawn at once.
POINTS_DRAWN = 1500
# Days shown when nobody has chosen any.
DAYS = {"minute": 1, "hour": 2, "day": 30, "week": 91, "month": 365}
GRAINS = list(DAYS)


@st.cache_resource(max_entries=2, show_spinner="Reading the newest minutes")
def connection(newest: str) -> duckdb.DuckDBPyConnection:
    """One for all who look, until the next minute is finished."""
    del newest
    return view_report.connect(results.data_dir(), settings.zone())


def choose(newest: date) -> tuple[str, date, date, list[int], list[int]]:
    """The selection, from the link and the sidebar; the link is kept up to date."""
    linked_grain = chosen("by", "hour", one_of(GRAINS))
    linked = {
        "by": linked_grain,
        "from": chosen("from", newest - timedelta(DAYS[linked_grain] - 1), date.fromisoformat),
        "to": chosen("to", newest, date.fromisoformat),
        "networks": chosen("networks", "", str),
        "campaigns": chosen("campaigns", "", str),
    }
    # Only at first: a widget whose default changes with the link is a new one, and forgets what was typed into it.
    for name, value in linked.items():
        st.session_state.setdefault(name, value)
    with st.sidebar:
        grain = st.selectbox("One point per", GRAINS, key="by")
        first = st.date_input("From", key="from")
        last = st.date_input("To", key="to")
        networks = st.text_input("Networks", placeholder="all; or 3, 7", help="Numbers of networks", key="networks")
        campaigns = st.text_input("Campaigns", placeholder="all; or 12, 40", key="campaigns")
    selection = {"by": grain, "from": f"{first}", "to": f"{last}", "networks": networks, "campaigns": campaigns}
    st.query_params.from_dict({name: value for name, value in selection.items() if value})
    return grain, first, last, numbers("Networks", networks), numbers("Campaigns", campaigns)


def numbers(name: str, text: str) -> list[int]:
    """3, 7 -> [3, 7]; stops the page with a sentence for anything else."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        st.error(f"{name} takes numbers with commas between them, for example 3, 7; not {text!r}.")
        st.stop()


def show() -> None:
    newest = view_report.newest_minute(results.data_dir())
    db = connection(f"{newest}").cursor()
    today = db.execute("SELECT local_time(finished_until - INTERVAL 1 MINUTE)::DATE FROM bounds").fetchall()[0][0]
    grain, first, last, networks, campaigns = choose(today)
    if first > last:
        st.error("The first day is after the last one; choose an earlier one under From.")
        st.stop()
    totals = view_report.totals(db, grain, first, last, networks, campaigns)
    if not totals.views and not totals.late_views:
        st.info(
            "Nothing was viewed in this selection. Choose other days, or other networks and campaigns, on the left."
        )
        st.stop()
    length = last - first + timedelta(days=1)
    before = view_report.totals(db, grain, first - length, last - length, networks, campaigns)
    st.caption(f"Complete until {newest:%Y-%m-%d %H:%M} UTC. Days and hours of {settings.zone()}.")
    seconds, seconds_before = totals.avg_duration_s or 0.0, before.avg_duration_s or 0.0
    one, two, three = st.columns(3)
    one.metric("Views", f"{totals.views:,}", change(totals.views, before.views), help="Against as many days before")
    two.metric("Average view duration", f"{seconds:.2f} s", change(seconds, seconds_before))
    three.metric("Late views, not counted", f"{totals.late_views:,}", help="They came when their minute was closed")

    drawn, points = view_report.drawn(totals.over_time, grain, POINTS_DRAWN)
    over_time = db.from_arrow(points)
    line("Views", over_time, "views:Q", f"views per {drawn}", settings.zone())
    line("Average view duration", over_time, "seconds:Q", "seconds", settings.zone())
    if drawn != grain:
        st.caption(f"Drawn by {drawn}: {totals.over_time.num_rows:,} points would be more than a screen is wide.")

    by_campaign = db.from_arrow(totals.by_campaign)
    best, worst = st.columns(2)
    best.subheader("Most viewed campaigns")
    best.dataframe(by_campaign.order("views DESC, campaign_id").limit(10).arrow().read_all(), hide_index=True)
    worst.subheader("Least viewed campaigns")
    worst.dataframe(by_campaign.order("views, campaign_id").limit(10).arrow().read_all(), hide_index=True)

    def read() -> pa.Table:
        # A cursor of its own: files are made when somebody asks for them, perhaps while this page is made anew.
        return view_report.performance(db.cursor(), grain, first, last, networks, campaigns).arrow().read_all()

    all_rows(read, totals.rows, f"campaigns by {grain} {first} to {last}")


st.title("Campaign performance")


@st.fragment(run_every=REFRESH_SECONDS)
def refreshed() -> None:
    """Look whether another minute is finished, and show everything anew if so."""
    newest = view_report.newest_minute(results.data_dir())
    if st.session_state.setdefault("newest", newest) != newest:
        # Before the page is made anew, so that nobody waits for it.
        connection(f"{newest}")
        st.session_state["newest"] = newest
        st.rerun()


try:
    show()
    refreshed()
except JobError as e:
    st.info(f"There is nothing to show yet. {e}")
