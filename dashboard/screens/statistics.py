"""Placement and page statistics: views, clicks and distinct users over time."""

from datetime import date, datetime, timedelta

import duckdb
import streamlit as st

from dashboard import page_stats
from dashboard.page_stats import GRAINS, SUBJECTS
from dashboard.parts import REFRESH_SECONDS, all_rows, change, chosen, line, one_of
from jobs import results
from jobs.pipeline import JobError

# Days shown when nobody has chosen any.
DAYS = {"hour": 2, "day": 30}


@st.cache_resource(max_entries=8, show_spinner="Reading the newest hours")
def connection(of: str, grain: str, newest: datetime) -> duckdb.DuckDBPyConnection:
    """One for all who look, until the next hour or day is finished."""
    del newest
    return page_stats.connect(results.data_dir(), of, grain)


def subject_and_grain() -> tuple[str, str]:
    """What the statistics are of, and by, from the link and the sidebar."""
    linked = {
        "of": chosen("of", "placement", one_of(list(SUBJECTS))),
        "by": chosen("by", "hour", one_of(list(GRAINS))),
    }
    # Only at first: a widget whose default changes with the link is a new one, and forgets what was typed into it.
    for name, value in linked.items():
        st.session_state.setdefault(f"statistics-{name}", value)
    with st.sidebar:
        of = st.selectbox("Statistics of each", SUBJECTS, key="statistics-of")
        grain = st.selectbox("One point per", list(GRAINS), key="statistics-by")
    return of, grain


def days_and_ids(of: str, grain: str, newest: date) -> tuple[date, date, list[str]]:
    """The rest of the selection; the link is kept up to date."""
    linked = {
        "from": chosen("from", newest - timedelta(DAYS[grain] - 1), date.fromisoformat),
        "to": chosen("to", newest, date.fromisoformat),
        "ids": chosen("ids", "", str),
    }
    for name, value in linked.items():
        st.session_state.setdefault(f"statistics-{name}", value)
    with st.sidebar:
        first = st.date_input("From", key="statistics-from")
        last = st.date_input("To", key="statistics-to")
        ids = st.text_input("Ids", placeholder="all; or one, another", key="statistics-ids")
    selection = {"of": of, "by": grain, "from": f"{first}", "to": f"{last}", "ids": ids}
    st.query_params.from_dict({name: value for name, value in selection.items() if value})
    return first, last, [part.strip() for part in ids.split(",") if part.strip()]


def totals(rows: duckdb.DuckDBPyRelation) -> tuple[int, int]:
    """Views and clicks."""
    return rows.aggregate("coalesce(sum(views), 0)::BIGINT, coalesce(sum(clicks), 0)::BIGINT").fetchall()[0]


def show() -> datetime:
    """Everything but the title; returns the newest finished hour or day."""
    of, grain = subject_and_grain()
    newest = page_stats.newest(results.data_dir(), of, grain)
    db = connection(of, grain, newest).cursor()
    first, last, ids = days_and_ids(of, grain, newest.date())
    if first > last:
        st.error("The first day is after the last one; choose an earlier one under From.")
        st.stop()
    # Once: a relation would run the whole query again for each figure and chart.
    table = page_stats.statistics(db, of, grain, first, last, ids).arrow().read_all()
    rows = db.from_arrow(table)
    if not table.num_rows:
        st.info("Nothing was viewed or clicked in this selection. Choose other days, or other ids, on the left.")
        st.stop()
    length = last - first + timedelta(days=1)
    before = totals(page_stats.statistics(db, of, grain, first - length, last - length, ids))
    views, clicks = totals(rows)
    st.caption(f"Complete until the end of the {grain} that began at {newest:%Y-%m-%d %H:%M} UTC.")
    one, two, three = st.columns(3)
    one.metric("Views", f"{views:,}", change(views, before[0]), help="Against as many days before")
    two.metric("Clicks", f"{clicks:,}", change(clicks, before[1]))
    three.metric("Click-through rate", f"{clicks / views:.2%}" if views else "no views")

    over_time = rows.aggregate(
        "period, sum(views)::BIGINT AS views, sum(clicks)::BIGINT AS clicks, sum(users)::BIGINT AS users", "period"
    ).order("period")
    line("Views", over_time, "views:Q", f"views per {grain}", "UTC")
    line("Clicks", over_time, "clicks:Q", f"clicks per {grain}", "UTC")
    if len(ids) == 1:
        line("Distinct users", over_time, "users:Q", f"users per {grain}", "UTC")
    else:
        st.caption(f"Choose one {of} for its distinct users over time: those of several cannot be added up.")

    by_id = rows.aggregate(
        f"{of}_id, sum(views)::BIGINT AS views, sum(clicks)::BIGINT AS clicks, "
        "round(100 * sum(clicks) / nullif(sum(views), 0), 3) AS click_through_percent",
        f"{of}_id",
    )
    st.subheader(f"Most viewed {of}s")
    st.dataframe(by_id.order(f"views DESC, {of}_id").limit(10).arrow().read_all(), hide_index=True)
    all_rows(lambda: table, table.num_rows, f"{of}s by {grain} {first} to {last}")
    return newest


st.title("Placements and pages")


@st.fragment(run_every=REFRESH_SECONDS)
def refreshed(of: str, grain: str, shown: datetime) -> None:
    """Look whether another hour or day is finished, and show everything anew if so."""
    if page_stats.newest(results.data_dir(), of, grain) != shown:
        st.rerun()


try:
    newest_shown = show()
    refreshed(st.session_state["statistics-of"], st.session_state["statistics-by"], newest_shown)
except JobError as e:
    st.info(f"There is nothing to show yet. {e}")
