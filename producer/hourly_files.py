"""Events as hourly batch files: 2026-11-22T13.jsonl holds what happened from 13:00 to 14:00 UTC, whenever it came."""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from producer.banner_events import Columns, messages
from producer.sending import ProducerError

_HOUR = 3600
# How many hours after the newest one an event may come and still find its file open.
_OPEN_HOURS = 4


class _Lines:
    """A file of JSON lines, compressed where its name ends in .gz."""

    def __init__(self, file: Path) -> None:
        # Closed by close(), hours later.
        self._out: IO[bytes] = gzip.open(file, "wb") if file.suffix == ".gz" else file.open("wb")  # noqa: SIM115

    def write(self, columns: Columns) -> None:
        self._out.write(b"\n".join(messages(columns)) + b"\n")

    def close(self) -> None:
        self._out.close()


class _Parquet:
    """A Parquet file with the columns of the messages."""

    _SCHEMA = pa.schema(
        [("timestamp", pa.int64()), ("event_type", pa.int32())]
        + [(name, pa.string()) for name in ("banner_id", "placement_id", "page_id", "user_id")]
    )

    def __init__(self, file: Path) -> None:
        self._out = pq.ParquetWriter(file, self._SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []

    def write(self, columns: Columns) -> None:
        numbers = [columns.timestamp, columns.event_type.astype(np.int32)]
        self._waiting.append(pa.table([*numbers, *columns.texts()], schema=self._SCHEMA))
        if len(self._waiting) >= 100:
            self._write_row_group()

    def close(self) -> None:
        self._write_row_group()
        self._out.close()

    def _write_row_group(self) -> None:
        if self._waiting:
            self._out.write_table(pa.concat_tables(self._waiting))
            self._waiting = []


FORMS: dict[str, Callable[[Path], _Lines | _Parquet]] = {"jsonl": _Lines, "jsonl.gz": _Lines, "parquet": _Parquet}


def write(blocks: Iterator[Columns], total: int, folder: Path, form: str) -> int:
    """Write each event into the file of its hour. Returns how many files that are.

    A file is there under its name when it is whole. Raises ProducerError where a file of that name is there already,
    and for what a Parquet file cannot hold.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opened: dict[int, _Lines | _Parquet] = {}
    closed: set[int] = set()
    with tqdm(total=total, unit=" events", disable=None) as bar:
        for columns in blocks:
            if form == "parquet" and "malformed" in columns.faults.values():
                raise ProducerError(
                    "A Parquet file cannot hold malformed messages: leave out --malformed, or use jsonl."
                )
            hours = columns.timestamp // _HOUR
            for hour in np.unique(hours).tolist():
                if hour in closed:
                    raise ProducerError(
                        f"{_name(hour, form)} is closed already: events come too late for hourly files."
                    )
                if hour not in opened:
                    opened[hour] = _open(folder, hour, form)
                opened[hour].write(columns.chosen(hours == hour))
            bar.update(len(hours))
            for hour in [hour for hour in opened if hour < hours.max() - _OPEN_HOURS]:
                _close(folder, hour, form, opened.pop(hour))
                closed.add(hour)
    for hour, out in opened.items():
        _close(folder, hour, form, out)
    return len(closed) + len(opened)


def _name(hour: int, form: str) -> str:
    return f"{datetime.fromtimestamp(hour * _HOUR, UTC):%Y-%m-%dT%H}.{form}"


def _open(folder: Path, hour: int, form: str) -> _Lines | _Parquet:
    name = _name(hour, form)
    if (folder / name).exists():
        raise ProducerError(f"{folder / name} is there already: choose another folder, or delete it.")
    return FORMS[form](folder / f".{name}")


def _close(folder: Path, hour: int, form: str, out: _Lines | _Parquet) -> None:
    """A hidden file until it is whole: whoever reads the folder never sees half an hour."""
    out.close()
    name = _name(hour, form)
    (folder / f".{name}").rename(folder / name)
