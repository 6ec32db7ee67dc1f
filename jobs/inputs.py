"""What is wrong with the files that people give to a pipeline, as far as its SQL would not tell."""

from pathlib import Path

import duckdb

from jobs.pipeline import split


def findings(folder: Path, data_dir: str) -> list[str]:
    """Sentences of audit/inputs.sql of a pipeline's folder; none where it has no such file.

    `data_dir` as in DATA_DIR. Only what lies on this machine, file://, is read.
    """
    query = folder / "audit" / "inputs.sql"
    if not query.exists() or not data_dir.startswith("file://"):
        return []
    (statement,), _ = split(query.read_text(), query, {"DATA_DIR": data_dir.removeprefix("file://")})
    return [sentence for (sentence,) in duckdb.sql(statement.sql).fetchall()]
