"""What pipelines have written, as DuckDB reads it: each row once, whether it still lies where Flink put it or not.

Flink writes many small files. `jobs.maintain` copies those of a day into DATA_DIR/archive/TABLE/date=DAY/part-0.parquet
and says so with a _SUCCESS beside it that names the files it was made of, one a line. From that moment on the archive
is read and these are not; they are deleted later, when nobody reads them any more.
"""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import yaml

from jobs.pipeline import JobError
from jobs.submit import DEFAULTS

ARCHIVE = "archive"
SUCCESS = "_SUCCESS"
_DAY = re.compile(r"=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Table:
    """One table of a pipeline's tables.yaml, which explains the fields."""

    name: str
    partitions: dict[str, str]
    complete: str = ""
    archive_after_days: int = 0
    keep_days: int = 0
    mixed: bool = False


def data_dir() -> str:
    """DATA_DIR, or where the launcher puts results without it."""
    return os.environ.get("DATA_DIR", DEFAULTS["DATA_DIR"])


def local_folder(data_dir: str) -> str:
    """The folder that DATA_DIR names; JobError where that is not on this machine."""
    if not data_dir.startswith("file://"):
        raise JobError(f"DATA_DIR is {data_dir}; this reads only what lies on this machine, file://...")
    return data_dir.removeprefix("file://")


def tables(folder: Path) -> dict[str, Table]:
    """The tables of a pipeline's folder, by name."""
    file = folder / "tables.yaml"
    if not file.exists():
        raise JobError(f"{folder.name} has no tables.yaml that says what it writes.")
    return {name: Table(name, **settings) for name, settings in yaml.safe_load(file.read_text()).items()}


def day_of(file: str) -> date:
    """The day in the names of a file's folders."""
    return date.fromisoformat(_DAY.search(file)[1])


def is_of_a_day(folder: str) -> bool:
    """Whether the names of a folder and of those that it is in name a day."""
    return bool(_DAY.search(folder))


def paths(db: duckdb.DuckDBPyConnection, pattern: str) -> list[str]:
    """The files of a glob pattern, in the order of their names."""
    return [file for (file,) in db.execute("SELECT file FROM glob(?) ORDER BY file", [pattern]).fetchall()]


def archived_days(db: duckdb.DuckDBPyConnection, root: str, table: str) -> dict[date, str]:
    """Day -> the _SUCCESS of its archive."""
    return {day_of(file): file for file in paths(db, f"{root}/{ARCHIVE}/{table}/date=*/{SUCCESS}")}


def sources(db: duckdb.DuckDBPyConnection, success: str) -> list[str]:
    """The files, below the table's folder, that an archive was made of."""
    return db.execute("SELECT content FROM read_text(?)", [success]).fetchall()[0][0].splitlines()


def files(db: duckdb.DuckDBPyConnection, root: str, table: str, *inside: str) -> tuple[list[str], list[str]]:
    """The finished files that hold a table's rows, each row once: those that Flink wrote, and those of archives.

    `root`: DATA_DIR as a path. `inside`: patterns for the folders below the table's; all of them without one.
    """
    archived = archived_days(db, root, table)
    written = [file for within in inside or ["**"] for file in paths(db, f"{root}/{table}/{within}/part-*")]
    # Almost none: they are deleted. What is not named in the archive came after it, and is read where it is.
    copied = {
        f"{root}/{table}/{name}"
        for day in {day_of(file) for file in written} & archived.keys()
        for name in sources(db, archived[day])
    }
    archives = [f"{success.removesuffix(SUCCESS)}part-0.parquet" for success in archived.values()]
    return [file for file in written if file not in copied], archives


def rows(table: Table, written: list[str], archives: list[str], columns: str = "*") -> str:
    """The query for a table's rows in the files that files() found, of which there is one at least."""
    parts = []
    mixed = ", union_by_name = true" if table.mixed else ""
    if written:
        types = ", ".join(f"{column!r}: {kind}" for column, kind in table.partitions.items())
        parts.append(f"read_parquet({_list(written)}, hive_partitioning = true, hive_types = {{{types}}}{mixed})")
    if archives:
        parts.append(f"read_parquet({_list(archives)}, hive_partitioning = false{mixed})")
    return " UNION ALL BY NAME ".join(f"SELECT {columns} FROM {part}" for part in parts)


def create_view(
    db: duckdb.DuckDBPyConnection, name: str, columns: str, table: Table, written: list[str], archives: list[str]
) -> None:
    """A view of a table's rows in the files that files() found.

    `columns`: NAME TYPE, NAME TYPE, ...: what the view has, also where there is no file yet.
    """
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    if written or archives:
        db.execute(f"CREATE OR REPLACE VIEW {name} AS {rows(table, written, archives, names)}")
    else:
        typed = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in map(str.split, columns.split(", ")))
        db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT {typed} WHERE FALSE")


def literal(text: str) -> str:
    """As SQL writes a text."""
    return "'" + text.replace("'", "''") + "'"


def _list(names: list[str]) -> str:
    return f"[{', '.join(map(literal, names))}]"
