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
# Of so many rows the first are listed; of more, files only.
ROWS_READ = 100_000
ROWS_SHOWN = 1000
POINTS_MARKED = 100


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
    points = rows.df()
    # Each point is an element that the browser draws; of many the line alone is to be seen.
    chart = alt.Chart(points).mark_line(point=len(points) <= POINTS_MARKED)
    st.altair_chart(
        chart.encode(
            x=alt.X("utcyearmonthdatehoursminutes(period):T", title=zone, scale=alt.Scale(type="utc")),
            y=alt.Y(field, title=unit),
        ),
        width="stretch",
    )


def all_rows(read: Callable[[], pa.Table], at_most: int, name: str) -> None:
    """The table itself, where it is not too long to be looked at, and as files of this name.

    `at_most`: as many rows has the table that `read` returns, or fewer.
    """
    st.subheader("All rows")
    if at_most > ROWS_READ:
        st.caption(f"Up to {at_most:,} rows are too many to list here; the files have them all.")
        contents = read
    else:
        table = read()
        st.dataframe(table.slice(0, ROWS_SHOWN), hide_index=True)
        if table.num_rows > ROWS_SHOWN:
            st.caption(f"The first {ROWS_SHOWN:,} of {table.num_rows:,} rows; the files have them all.")
        contents = lambda: table  # noqa: E731
    left, right, _ = st.columns([1, 1, 4])
    left.download_button("CSV", lambda: _csv_of(contents()), f"{name}.csv", "text/csv", on_click="ignore")
    right.download_button(
        "Parquet",
        lambda: _parquet_of(contents()),
        f"{name}.parquet",
        "application/vnd.apache.parquet",
        on_click="ignore",
    )


def _csv_of(table: pa.Table) -> bytes:
    return duckdb.from_arrow(table).df().to_csv(index=False).encode()


def _parquet_of(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()
