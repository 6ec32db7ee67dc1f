"""A pipeline over files instead of Kafka: which files, and what an earlier run has left of them.

A folder of sql/ that can do this has files that say "-- Runs when RUNTIME_MODE is batch." and "-- Runs when INPUT is
json-files.", or parquet-files.
"""

from pathlib import Path

from py4j.protocol import Py4JJavaError

from jobs.flink import FlinkSession, causes, jvm
from jobs.pipeline import JobError

# The column whose value, in the names of a table's folders, is a file of the input.
_FILE = "topic"


class Input:
    """The files of a folder, or one file: a path on this machine, or whatever Flink has a file system for."""

    def __init__(self, folder: str) -> None:
        """Raises JobError where there is none, or no telling how they are to be read."""
        self.uri = folder if "://" in folder else f"file://{Path(folder).resolve()}"
        try:
            self.names = _names(jvm().org.apache.flink.core.fs.Path(self.uri))
        except Py4JJavaError as e:
            raise JobError(f"{folder}, which --batch names, cannot be read: {causes(e)[-1][1]}") from e
        if not self.names:
            raise JobError(f"{folder}, which --batch names, holds no file.")
        parquet = {name.endswith(".parquet") for name in self.names}
        if len(parquet) > 1:
            raise JobError(f"{folder}, which --batch names, holds Parquet and other files: put them into two folders.")
        self._form = "parquet-files" if parquet == {True} else "json-files"

    @property
    def variables(self) -> dict[str, str]:
        """What the pipeline's SQL knows of it."""
        return {"RUNTIME_MODE": "batch", "INPUT": self._form, "BATCH_INPUT": self.uri}

    def forget(self, session: FlinkSession) -> None:
        """Delete what is told of these files by name: a file that was mended may have nothing to tell any more."""
        for table, options in session.tables_and_options():
            if options.get("connector") != "filesystem" or _FILE not in (keys := session.partition_keys(table)):
                continue
            for name in self.names:
                values = jvm().java.util.LinkedHashMap()
                for key in keys:
                    values.put(key, name if key == _FILE else session.pipeline)
                inside = jvm().org.apache.flink.table.utils.PartitionPathUtils.generatePartitionPath(values)
                path = jvm().org.apache.flink.core.fs.Path(f"{options['path']}/{inside}")
                path.getFileSystem().delete(path, True)


def _names(path) -> list[str]:
    """The names of the files below a path that Flink reads."""
    found: list[str] = []
    for status in path.getFileSystem().listStatus(path) or []:
        if status.getPath().getName().startswith((".", "_")):
            continue
        found += _names(status.getPath()) if status.isDir() else [status.getPath().getName()]
    return found
