"""Results as the pipeline leaves them, written by hand for those who read them: folders and Parquet files."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support import calendar
from tests.support.calendar import Minute, Total
from tests.support.reading import NULL_NETWORK


def report(data: Path, minutes: list[Minute], zone: str, newest: datetime) -> None:
    """The minutes up to `newest`, and the hours and days that are final by then."""
    finished = newest + timedelta(minutes=1)
    for minute in minutes:
        if minute.start <= newest:
            _write_minute(data / "view_report", minute)
    done = [minute for minute in minutes if minute.start < finished]
    hours = [hour for hour in calendar.hours(done, zone) if hour.start + timedelta(hours=1) <= finished]
    days = [
        day
        for day in calendar.days(done, zone)
        if calendar.start_of_day(day.date + timedelta(days=1), zone) <= finished
    ]
    _write_totals(data / "view_report_hourly", "hour_timestamp", hours)
    _write_totals(data / "view_report_daily", "day_timestamp", days)


def late(data: Path, views: Iterable[tuple[int, datetime]]) -> None:
    """Late views: (campaign, end)."""
    rows = [{"campaign_id": campaign, "end_timestamp": end, "pipeline": "view_report"} for campaign, end in views]
    schema = pa.schema({"campaign_id": pa.int32(), "end_timestamp": pa.timestamp("ms"), "pipeline": pa.string()})
    _write(data / "late" / "date=2026-01-01" / "hour=07" / _part(), rows, schema)


def _write_minute(folder: Path, minute: Minute) -> None:
    network = NULL_NETWORK if minute.network_id is None else minute.network_id
    where = folder / f"network_id={network}" / f"minute_timestamp={quote(f'{minute.start}', safe=' ')}"
    row = {
        "campaign_id": minute.campaign_id,
        "avg_duration": minute.duration_ms / (1000 * minute.view_count),
        "total_count": minute.view_count,
    }
    schema = pa.schema({"campaign_id": pa.int32(), "avg_duration": pa.float64(), "total_count": pa.int32()})
    _write(where / _part(), [row], schema)
    (where / "_SUCCESS").touch()


def _write_totals(folder: Path, name: str, totals: list[Total]) -> None:
    schema = pa.schema(
        {
            "campaign_id": pa.int32(),
            "network_id": pa.int32(),
            name: pa.timestamp("ms"),
            "avg_duration": pa.float64(),
            "total_count": pa.int64(),
        }
    )
    for total in totals:
        row = {**total._asdict(), name: total.start}
        _write(folder / f"date={total.date}" / _part(), [{k: row[k] for k in schema.names}], schema)
        (folder / f"date={total.date}" / "_SUCCESS").touch()


def _part() -> str:
    """A name that comes only once, like Flink's."""
    return f"part-{uuid.uuid4()}"


def _write(file: Path, rows: list[dict], schema: pa.Schema) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
