"""Reading report folders without the pipeline's help: every file by itself, the folder's name for the partition."""

from collections import defaultdict
from datetime import date, datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.calendar import Total
from tests.support.oracle import Row

NULL_NETWORK = "__HIVE_DEFAULT_PARTITION__"


def data_files(report: Path) -> list[Path]:
    """The finished files: neither hidden (in progress) nor a marker."""
    return [file for folder in report.glob("*/*") for file in data_files_of(folder)]


def data_files_of(folder: Path) -> list[Path]:
    """The finished files of one folder."""
    return [file for file in folder.iterdir() if not file.name.startswith((".", "_"))]


def rows(report: Path) -> list[Row]:
    """All rows of all finished files."""
    found: list[Row] = []
    for file in data_files(report):
        network, minute = partition(file.parent)
        table = pq.ParquetFile(file).read()
        assert [(f.name, str(f.type)) for f in table.schema] == [
            ("campaign_id", "int32"),
            ("avg_duration", "double"),
            ("total_count", "int32"),
        ], f"{file} has other columns: {table.schema}"
        found += [
            Row(r["campaign_id"], network, minute, r["avg_duration"], r["total_count"]) for r in table.to_pylist()
        ]
    return found


def roll_up(report: Path) -> list[Total]:
    """All rows of the hour or the day report."""
    return [
        Total(
            row["campaign_id"],
            row["network_id"],
            row.get("hour_timestamp", row.get("day_timestamp")),
            date.fromisoformat(file.parent.name.removeprefix("date=")),
            row["avg_duration"],
            row["total_count"],
        )
        for file in report.glob("*/part-*")
        for row in pq.ParquetFile(file).read().to_pylist()
    ]


def partition(folder: Path) -> tuple[int | None, datetime]:
    """(network, minute) of a folder network_id=3/minute_timestamp=2026-11-22 16%3A07%3A00."""
    network = folder.parent.name.removeprefix("network_id=")
    minute = unquote(folder.name.removeprefix("minute_timestamp="))
    return None if network == NULL_NETWORK else int(network), datetime.strptime(minute, "%Y-%m-%d %H:%M:%S")


def files_per_folder(report: Path) -> dict[Path, int]:
    """Folder -> number of finished files."""
    counts: dict[Path, int] = defaultdict(int)
    for file in data_files(report):
        counts[file.parent] += 1
    return dict(counts)


def complete_minutes(report: Path) -> set[datetime]:
    """The minutes of the folders with _SUCCESS."""
    return {partition(file.parent)[1] for file in report.glob("*/*/_SUCCESS")}


def rejected(data: Path, topic: str) -> list[dict]:
    """All rows of DATA_DIR/rejected that came from a topic, with the folder's `date` and `hour`."""
    return _rows(data / "rejected", topic)


def rejected_lines(data: Path) -> list[dict]:
    """All rows of DATA_DIR/rejected that did not come from a topic."""
    return _rows(data / "rejected", None)


def late(data: Path, topic: str) -> list[dict]:
    """All rows of DATA_DIR/late that came from a topic, with the folder's `date` and `hour`.

    Times in milliseconds since 1970: a late view may be of the year 0, which Python does not know.
    """
    return _rows(data / "late", topic, times_in_ms=True)


def audit_reported(data: Path, topic: str) -> list[dict]:
    """All rows of DATA_DIR/audit/reported about a topic, with the folder's `date`."""
    return _rows(data / "audit" / "reported", topic)


def audit_offsets(data: Path, topic: str) -> list[dict]:
    """All rows of DATA_DIR/audit/offsets about a topic, with the folder's `date`."""
    return _rows(data / "audit" / "offsets", topic)


def _rows(folder: Path, topic: str | None, times_in_ms: bool = False) -> list[dict]:
    found: list[dict] = []
    for file in folder.glob("**/part-*"):
        names = dict(part.split("=") for part in file.relative_to(folder).parts[:-1])
        changed = file.stat()
        rows = _rows_of(file, changed.st_mtime_ns, changed.st_size, times_in_ms)
        found += [{**row, **names} for row in rows if row["topic"] == topic]
    return found


@cache
def _rows_of(file: Path, _mtime_ns: int, _size: int, times_in_ms: bool) -> list[dict]:
    """Read once, however often somebody waits for what is in it."""
    table = pq.ParquetFile(file).read()
    if times_in_ms:
        in_ms = [pa.field(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in table.schema]
        table = table.cast(pa.schema(in_ms))
    return table.to_pylist()
