"""Campaign performance: views and average view duration of campaigns over time."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import altair as alt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from dashboard import settings, view_report
from jobs import results
from jobs.pipeline import JobError

T = TypeVar("T")
# Days shown when nobody has chosen any.
DAYS = {"minute": 1, "hour": 2, "day": 30, "week": 91, "month": 365}
GRAINS = list(DAYS)
REFRESH_SECONDS = 15
ROWS_SHOWN = 1000


@st.cache_resource(max_entries=2, show_spinner="Reading the newest minutes")
def connection(newest: str) -> duckdb.DuckDBPyConnection:
    """One for all who look, until the next minute is finished."""
    del newest
    return view_report.connect(results.data_dir(), settings.zone())


def chosen(name: str, default: T, read: Callable[[str], T]) -> T:
    """What the link in the address bar says; the default, with a sentence, where it says what cannot be read."""
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return read(text)
    except ValueError:
        # Not what it says: a link may be hostile text.
        st.warning(f"What the link says behind '{name}=' is no choice here; this is with {default} instead.")
        return default


def grain_named(text: str) -> str:
    return GRAINS[GRAINS.index(text)]


def choose(newest: date) -> tuple[str, date, date, list[int], list[int]]:
    """The selection, from the link and the sidebar; the link is kept up to date."""
    linked_grain = chosen("by", "hour", grain_named)
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


def totals(rows: duckdb.DuckDBPyRelation) -> tuple[int, float, int]:
    """Views, average duration in seconds, late views."""
    views, seconds, late = rows.aggregate(
        "coalesce(sum(total_count), 0)::BIGINT, "
        "sum(avg_duration * total_count) / nullif(sum(total_count), 0), coalesce(sum(late_count), 0)::BIGINT"
    ).fetchall()[0]
    return views, seconds or 0.0, late


def change(now: float, before: float) -> str | None:
    """Against the period of the same length before; None where that has nothing."""
    return f"{(now - before) / before:+.1%}" if before else None


def show() -> None:
    newest = view_report.newest_minute(results.data_dir())
    db = connection(f"{newest}").cursor()
    today = db.execute("SELECT local_time(finished_until - INTERVAL 1 MINUTE)::DATE FROM bounds").fetchall()[0][0]
    grain, first, last, networks, campaigns = choose(today)
    if first > last:
        st.error("The first day is after the last one; choose an earlier one under From.")
        st.stop()
    # Once: a relation would run the whole query again for each figure and chart.
    table = view_report.performance(db, grain, first, last, networks, campaigns).arrow().read_all()
    rows = db.from_arrow(table)
    length = last - first + timedelta(days=1)
    before = view_report.performance(db, grain, first - length, last - length, networks, campaigns)
    views, seconds, late = totals(rows)
    if not views and not late:
        st.info(
            "Nothing was viewed in this selection. Choose other days, or other networks and campaigns, on the left."
        )
        st.stop()
    views_before, seconds_before, _ = totals(before)
    st.caption(f"Complete until {newest:%Y-%m-%d %H:%M} UTC. Days and hours of {settings.zone()}.")
    one, two, three = st.columns(3)
    one.metric("Views", f"{views:,}", change(views, views_before), help="Against as many days before")
    two.metric("Average view duration", f"{seconds:.2f} s", change(seconds, seconds_before))
    three.metric("Late views, not counted", f"{late:,}", help="They came when their minute was closed")

    over_time = rows.aggregate(
        "period, sum(total_count)::BIGINT AS views, "
        "sum(avg_duration * total_count) / nullif(sum(total_count), 0) AS seconds",
        "period",
    ).order("period")
    line("Views", over_time, "views:Q", f"views per {grain}")
    line("Average view duration", over_time, "seconds:Q", "seconds")

    by_campaign = rows.aggregate(
        "campaign_id, network_id, sum(total_count)::BIGINT AS views, "
        "round(sum(avg_duration * total_count) / nullif(sum(total_count), 0), 3) AS avg_duration_s",
        "campaign_id, network_id",
    )
    best, worst = st.columns(2)
    best.subheader("Most viewed campaigns")
    best.dataframe(by_campaign.order("views DESC, campaign_id").limit(10).arrow().read_all(), hide_index=True)
    worst.subheader("Least viewed campaigns")
    worst.dataframe(by_campaign.order("views, campaign_id").limit(10).arrow().read_all(), hide_index=True)

    st.subheader("All rows")
    st.dataframe(table.slice(0, ROWS_SHOWN), hide_index=True)
    if table.num_rows > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {table.num_rows:,} rows; the files have them all.")
    name = f"campaigns by {grain} {first} to {last}"
    left, right, _ = st.columns([1, 1, 4])
    left.download_button("CSV", lambda: csv_of(table), f"{name}.csv", "text/csv", on_click="ignore")
    right.download_button(
        "Parquet", lambda: parquet_of(table), f"{name}.parquet", "application/vnd.apache.parquet", on_click="ignore"
    )


def line(title: str, rows: duckdb.DuckDBPyRelation, field: str, unit: str) -> None:
    """A chart over time; the times are those of the report's zone, shown as they are."""
    st.subheader(title)
    chart = alt.Chart(rows.df()).mark_line(point=True)
    st.altair_chart(
        chart.encode(
            x=alt.X("utcyearmonthdatehoursminutes(period):T", title=settings.zone(), scale=alt.Scale(type="utc")),
            y=alt.Y(field, title=unit),
        ),
        width="stretch",
    )


def csv_of(table: pa.Table) -> bytes:
    return duckdb.from_arrow(table).df().to_csv(index=False).encode()


def parquet_of(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


st.title("Campaign performance")


@st.fragment(run_every=REFRESH_SECONDS)
def refreshed() -> None:
    """Look whether another minute is finished, and show everything anew if so."""
    newest = view_report.newest_minute(results.data_dir())
    if st.session_state.setdefault("newest", newest) != newest:
        st.session_state["newest"] = newest
        st.rerun()


try:
    show()
    refreshed()
except JobError as e:
    st.info(f"There is nothing to show yet. {e}")
