"""Pipeline health: is it up to date, and is every message accounted for?"""

from datetime import UTC, datetime

import altair as alt
import duckdb
import pandas as pd
import streamlit as st

from dashboard import settings, view_report
from dashboard.parts import REFRESH_SECONDS
from jobs import audit, results
from jobs.job_manager import job_manager_at
from jobs.pipeline import JobError, pipeline_folder

PIPELINE = "view_report"
MINUTES_SHOWN = 60
REJECTED_SHOWN = 50
# Of a message that was rejected, so many characters are shown.
TEXT_SHOWN = 500
# What becomes of a message, and the colour of it.
FATES = {"reported": "#0068c9", "late": "#f5a623", "rejected": "#d62728"}
LENGTHS = {"days": 86_400, "hours": 3_600, "min": 60}


def freshness() -> None:
    """How old the newest finished minute is."""
    try:
        newest = view_report.newest_minute(results.data_dir())
    except JobError as e:
        st.info(f"There is no finished minute yet. {e}")
        return
    age = (datetime.now(UTC).replace(tzinfo=None) - newest).total_seconds() - 60
    units = (("days", 2 * 86_400), ("hours", 2 * 3_600), ("min", 600))
    shown = next((f"{age / LENGTHS[unit]:,.0f} {unit}" for unit, from_ in units if age >= from_), f"{age:.0f} s")
    st.metric("Age of the newest finished minute", shown, help="Since its end; 15 to 20 s while events arrive")
    st.caption(f"It is {newest:%Y-%m-%d %H:%M} UTC.")


def flink() -> None:
    """What the JobManager says of the job."""
    job_manager = job_manager_at(None, PIPELINE)
    try:
        job = job_manager.unended_job()
        checkpoints = job_manager.checkpoints()
        lag = job_manager.lag()
    except JobError as e:
        st.warning(f"{e}")
        return
    if not job:
        st.warning(f"{PIPELINE} does not run at {job_manager.url}. Submit it (README, Run it).")
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
def account() -> tuple[list[dict], list[tuple], list[tuple]]:
    """Minutes of arrival with their counts; lost offsets; disagreements."""
    db = audit.read(pipeline_folder(PIPELINE), results.data_dir())
    minutes = db.sql(
        "SELECT arrival_minute AS minute, sum(read - punctuations)::BIGINT AS read, sum(reported)::BIGINT AS reported, "
        "sum(late)::BIGINT AS late, sum(rejected)::BIGINT AS rejected, sum(lost)::BIGINT AS lost "
        f"FROM stretches WHERE arrival_minute IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT {MINUTES_SHOWN}"
    )
    rows = [dict(zip(minutes.columns, row, strict=True)) for row in minutes.fetchall()]
    return rows, db.sql("SELECT * FROM lost").fetchall(), db.sql("SELECT * FROM disagreements").fetchall()


def audited() -> None:
    minutes, lost, wrong = account()
    if not minutes:
        st.subheader("Messages")
        st.info("The audit has no finished minute yet.")
        return
    st.subheader("Every message is accounted for" if not (lost or wrong) else "Not every message is accounted for")
    if lost:
        count = sum(last - first + 1 for _, first, last, _ in lost)
        st.error(f"{count:,} messages were deleted in Kafka before they were read: python -m jobs.audit {PIPELINE}")
    if wrong:
        st.error(f"{len(wrong):,} counts disagree; see which: python -m jobs.audit {PIPELINE}")
    st.caption("Messages per minute of arrival, UTC; read is the sum of reported, late and rejected.")
    bars = [
        {"minute": row["minute"], "fate": fate, "messages": row[fate]} for row in minutes for fate in reversed(FATES)
    ]
    chart = alt.Chart(pd.DataFrame(bars)).mark_bar()
    st.altair_chart(
        chart.encode(
            x=alt.X("utcyearmonthdatehoursminutes(minute):T", title="UTC", scale=alt.Scale(type="utc")),
            y=alt.Y("messages:Q", title="messages per minute"),
            color=alt.Color("fate:N", title=None, scale=alt.Scale(domain=[*FATES], range=[*FATES.values()])),
        ),
        width="stretch",
    )
    st.dataframe(minutes, hide_index=True)


@st.cache_data(ttl=REFRESH_SECONDS)
def newest_rejected() -> list[dict]:
    """The newest rejected messages."""
    db = duckdb.connect()
    root = results.local_folder(results.data_dir())
    columns = (
        "rejected_at TIMESTAMP, reason VARCHAR, detail VARCHAR, payload BLOB, topic VARCHAR, kafka_partition INTEGER, "
        "kafka_offset BIGINT, pipeline VARCHAR"
    )
    table = results.tables(pipeline_folder(PIPELINE))["rejected"]
    results.create_view(db, "rejected", columns, table, *results.files(db, root, "rejected"))
    found = db.sql(
        "SELECT reason, payload, detail, rejected_at, topic, kafka_partition, kafka_offset FROM rejected "
        f"WHERE pipeline = '{PIPELINE}' ORDER BY rejected_at DESC "
        f"LIMIT {REJECTED_SHOWN}"
    )
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    # Whoever sends messages chooses this text: it is shown as text in a table, never as Markdown or HTML.
    return [{**row, "payload": bytes(row["payload"] or b"").decode(errors="replace")[:TEXT_SHOWN]} for row in rows]


def rejected() -> None:
    st.subheader("Newest rejected messages")
    rows = newest_rejected()
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.info("None has been rejected.")


st.title("Pipeline health")


@st.fragment(run_every=REFRESH_SECONDS)
def page() -> None:
    freshness()
    flink()
    audited()
    rejected()


page()
