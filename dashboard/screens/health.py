"""Pipeline health: is it up to date, and is every message accounted for?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import altair as alt
import duckdb
import pandas as pd
import streamlit as st

from dashboard import page_stats, settings, view_report
from dashboard.parts import REFRESH_SECONDS, chosen, one_of
from jobs import audit, results
from jobs.job_manager import job_manager_at
from jobs.pipeline import JobError, pipeline_folder


class Pipeline(NamedTuple):
    """What its windows and its audit's arrivals are: a minute or an hour; and the start of the newest finished one.

    `as_wide_as`: so is a bar of the chart, as Vega calls it.
    """

    window: str
    seconds: int
    as_wide_as: str
    newest: Callable[[str], datetime]
    usual_age: str


PIPELINES = {
    "view_report": Pipeline(
        "minute", 60, "utcyearmonthdatehoursminutes", view_report.newest_minute, "15 to 20 s while events arrive"
    ),
    "page_stats": Pipeline(
        "hour",
        3600,
        "utcyearmonthdatehours",
        lambda data_dir: page_stats.newest(data_dir, "placement", "hour"),
        "up to an hour",
    ),
}
WINDOWS_SHOWN = 60
REJECTED_SHOWN = 50
# Of a message that was rejected, so many characters are shown.
TEXT_SHOWN = 500
# What becomes of a message, and the colour of it.
FATES = {"reported": "#0068c9", "late": "#f5a623", "rejected": "#d62728"}
LENGTHS = {"days": 86_400, "hours": 3_600, "min": 60}


def choose() -> str:
    """The pipeline, from the link and the sidebar; the link is kept up to date."""
    st.session_state.setdefault("pipeline", chosen("pipeline", "view_report", one_of([*PIPELINES])))
    with st.sidebar:
        pipeline = st.selectbox("Pipeline", PIPELINES, key="pipeline")
    st.query_params.from_dict({"pipeline": pipeline})
    return pipeline


def freshness(pipeline: str) -> None:
    """How old the newest finished window is."""
    window, seconds, _, newest_of, usual_age = PIPELINES[pipeline]
    try:
        newest = newest_of(results.data_dir())
    except JobError as e:
        st.info(f"There is no finished {window} yet. {e}")
        return
    age = (datetime.now(UTC).replace(tzinfo=None) - newest).total_seconds() - seconds
    units = (("days", 2 * 86_400), ("hours", 2 * 3_600), ("min", 600))
    shown = next((f"{age / LENGTHS[unit]:,.0f} {unit}" for unit, from_ in units if age >= from_), f"{age:.0f} s")
    st.metric(f"Age of the newest finished {window}", shown, help=f"Since its end; {usual_age}")
    st.caption(f"It is {newest:%Y-%m-%d %H:%M} UTC.")


def flink(pipeline: str) -> None:
    """What the JobManager says of the job."""
    job_manager = job_manager_at(None, pipeline)
    try:
        job = job_manager.unended_job()
        checkpoints = job_manager.checkpoints()
        lag = job_manager.lag()
    except JobError as e:
        st.warning(f"{e}")
        return
    if not job:
        st.warning(f"{pipeline} does not run at {job_manager.url}. Submit it (README, Run it).")
        return
    one, two, three = st.columns(3)
    one.metric("Job", job["state"].capitalize())
    one.markdown(f"[Flink's web UI]({settings.web_ui(job_manager.url)}/#/job/running/{job['jid']}/overview)")
    two.metric("Messages in Kafka, not read yet", "unknown" if lag is None else f"{lag:,}")
    if checkpoints and (newest := checkpoints["latest"].get("completed")):
        age = datetime.now(UTC).timestamp() - newest["latest_ack_timestamp"] / 1000
        three.metric("Newest checkpoint", f"{age:.0f} s ago")
        failed = checkpoints["counts"]["failed"]
        three.caption(f"{newest['state_size'] / 1e6:,.1f} MB in {newest['end_to_end_duration']:,} ms; {failed} failed.")


@st.cache_data(ttl=REFRESH_SECONDS, show_spinner="Reading the audit")
def account(pipeline: str) -> tuple[list[dict], list[tuple], list[tuple]]:
    """Minutes, or hours, of arrival with their counts; lost offsets; disagreements."""
    db = audit.read(pipeline_folder(pipeline), results.data_dir())
    windows = db.sql(
        f"SELECT arrival_minute AS {PIPELINES[pipeline].window}, sum(read - punctuations)::BIGINT AS read, "
        "sum(reported)::BIGINT AS reported, sum(late)::BIGINT AS late, sum(rejected)::BIGINT AS rejected, "
        "sum(lost)::BIGINT AS lost "
        f"FROM stretches WHERE arrival_minute IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT {WINDOWS_SHOWN}"
    )
    rows = [dict(zip(windows.columns, row, strict=True)) for row in windows.fetchall()]
    return rows, db.sql("SELECT * FROM lost").fetchall(), db.sql("SELECT * FROM disagreements").fetchall()


def audited(pipeline: str) -> None:
    window = PIPELINES[pipeline].window
    windows, lost, wrong = account(pipeline)
    if not windows:
        st.subheader("Messages")
        st.info(f"The audit has no finished {window} yet.")
        return
    st.subheader("Every message is accounted for" if not (lost or wrong) else "Not every message is accounted for")
    if lost:
        count = sum(last - first + 1 for _, first, last, _ in lost)
        st.error(f"{count:,} messages were deleted in Kafka before they were read: python -m jobs.audit {pipeline}")
    if wrong:
        st.error(f"{len(wrong):,} counts disagree; see which: python -m jobs.audit {pipeline}")
    st.caption(f"Messages per {window} of arrival, UTC; read is the sum of reported, late and rejected.")
    bars = [{window: row[window], "fate": fate, "messages": row[fate]} for row in windows for fate in reversed(FATES)]
    chart = alt.Chart(pd.DataFrame(bars)).mark_bar()
    st.altair_chart(
        chart.encode(
            x=alt.X(f"{PIPELINES[pipeline].as_wide_as}({window}):T", title="UTC", scale=alt.Scale(type="utc")),
            y=alt.Y("messages:Q", title=f"messages per {window}"),
            color=alt.Color("fate:N", title=None, scale=alt.Scale(domain=[*FATES], range=[*FATES.values()])),
        ),
        width="stretch",
    )
    st.dataframe(windows, hide_index=True)


@st.cache_data(ttl=REFRESH_SECONDS)
def newest_rejected(pipeline: str) -> list[dict]:
    """The newest rejected messages."""
    db = duckdb.connect()
    root = results.local_folder(results.data_dir())
    columns = (
        "rejected_at TIMESTAMP, reason VARCHAR, detail VARCHAR, payload BLOB, topic VARCHAR, kafka_partition INTEGER, "
        "kafka_offset BIGINT, pipeline VARCHAR"
    )
    table = results.tables(pipeline_folder(pipeline))["rejected"]
    results.create_view(db, "rejected", columns, table, *results.files(db, root, "rejected"))
    found = db.sql(
        "SELECT reason, payload, detail, rejected_at, topic, kafka_partition, kafka_offset FROM rejected "
        f"WHERE pipeline = '{pipeline}' ORDER BY rejected_at DESC "
        f"LIMIT {REJECTED_SHOWN}"
    )
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    # Whoever sends messages chooses this text: it is shown as text in a table, never as Markdown or HTML.
    return [{**row, "payload": bytes(row["payload"] or b"").decode(errors="replace")[:TEXT_SHOWN]} for row in rows]


def rejected(pipeline: str) -> None:
    st.subheader("Newest rejected messages")
    rows = newest_rejected(pipeline)
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.info("None has been rejected.")


st.title("Pipeline health")


@st.fragment(run_every=REFRESH_SECONDS)
def page(pipeline: str) -> None:
    freshness(pipeline)
    flink(pipeline)
    audited(pipeline)
    rejected(pipeline)


page(choose())
