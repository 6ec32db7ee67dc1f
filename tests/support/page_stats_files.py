"""page_stats over files: files of events, and what a run over them writes."""

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local.cluster import Cluster
from local.flink import conf_dir
from tests.support import banner_oracle as oracle
from tests.support import commands
from tests.support.banner_oracle import Event
from tests.support.page_stats import TABLES, rows, table

Rows = dict[str, dict]


def write_parquet(folder: Path, events: list[Event]) -> None:
    folder.mkdir()
    columns = {
        "timestamp": [e.at for e in events],
        "event_type": pa.array([int(e.is_click) for e in events], pa.int32()),
        "banner_id": ["b1"] * len(events),
        "placement_id": [e.placement for e in events],
        "page_id": [e.page for e in events],
        "user_id": [e.user for e in events],
    }
    pq.write_table(pa.table(columns), folder / "all.parquet", row_group_size=1000, compression="zstd")


class Batch:
    """Runs page_stats over files into a DATA_DIR of its own."""

    def __init__(self, cluster: Cluster, data: Path) -> None:
        self.data = data
        self._environment = {"DATA_DIR": f"file://{data}", "FLINK_CONF_DIR": str(conf_dir(cluster.folder))}

    def run(self, folder: Path, **variables: str) -> str:
        done = commands.submit("page_stats", "--batch", str(folder), **self._environment, **variables)
        assert done.returncode == 0, done.stderr
        assert "page_stats_batch has finished" in done.stdout
        return done.stdout

    def rows(self) -> Rows:
        """Table -> key -> row; each key once."""
        found = {table(*of): rows(self.data, *of) for of in TABLES}
        assert all(len(dict(pairs)) == len(pairs) for pairs in found.values())
        return {name: dict(pairs) for name, pairs in found.items()}

    def rejected(self) -> Counter:
        """How often each (line, reason) is there."""
        files = (self.data / "rejected_files" / "pipeline=page_stats").glob("topic=*/part-*")
        rows = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
        return Counter((row["payload"], row["reason"]) for row in rows)

    def audit(self) -> dict[str, tuple[int, int, int]]:
        """File -> messages read, reported, rejected."""
        files = (self.data / "audit" / "files" / "pipeline=page_stats").glob("topic=*/part-*")
        return {
            file.parent.name.removeprefix("topic="): (row["read_count"], row["reported_count"], row["rejected_count"])
            for file in files
            for row in pq.ParquetFile(file).read().to_pylist()
        }


def expected(events: list[Event]) -> Rows:
    return {table(of, seconds): oracle.stats(events, of, seconds) for of, seconds in TABLES}
