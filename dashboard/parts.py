"""What several pages show alike."""

import io
from collections.abc import Callable
from typing import TypeVar

import altair as alt
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

T = TypeVar("T")
REFRESH_SECONDS = 15
ROWS_SHOWN = 1000


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


def one_of(choices: list[str]) -> Callable[[str], str]:
    """Reads one of these texts."""
    return lambda text: choices[choices.index(text)]


def change(now: float, before: float) -> str | None:
    """Against the period of the same length before; None where that has nothing."""
    return f"{(now - before) / before:+.1%}" if before else None


def line(title: str, rows: duckdb.DuckDBPyRelation, field: str, unit: str, zone: str) -> None:
    """A chart over the column `period`, whose times are those of this zone, shown as they are."""
    st.subheader(title)
    chart = alt.Chart(rows.df()).mark_line(point=True)
    st.altair_chart(
        chart.encode(
            x=alt.X("utcyearmonthdatehoursminutes(period):T", title=zone, scale=alt.Scale(type="utc")),
            y=alt.Y(field, title=unit),
        ),
        width="stretch",
    )


def all_rows(table: pa.Table, name: str) -> None:
    """The table itself, and as files of this name."""
    st.subheader("All rows")
    st.dataframe(table.slice(0, ROWS_SHOWN), hide_index=True)
    if table.num_rows > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN:,} of {table.num_rows:,} rows; the files have them all.")
    left, right, _ = st.columns([1, 1, 4])
    left.download_button("CSV", lambda: _csv_of(table), f"{name}.csv", "text/csv", on_click="ignore")
    right.download_button(
        "Parquet", lambda: _parquet_of(table), f"{name}.parquet", "application/vnd.apache.parquet", on_click="ignore"
    )


def _csv_of(table: pa.Table) -> bytes:
    return duckdb.from_arrow(table).df().to_csv(index=False).encode()


def _parquet_of(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
