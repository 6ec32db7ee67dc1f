"""A pipeline is a folder of SQL files, run in the order of their names. This module reads them into statements.

Variables are written `${NAME}` or `${NAME:-default}` and filled in strictly: one that is missing stops everything
before any statement runs, and so does a NAME_TIME_ZONE that is none. Inside a string literal a value's quotes are
escaped; comments are left alone.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlglot.errors import TokenError
from sqlglot.tokens import Tokenizer, TokenType

REPO = Path(__file__).resolve().parent.parent
PIPELINES = REPO / "sql"

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")
_RUNS_WHEN = re.compile(
    r"^-- Runs when (?P<name>[A-Z_][A-Z0-9_]*) is (?P<value>\S+?)(?P<default> \(the default\))?\.$", re.MULTILINE
)
# The end of the names of variables that must be time zones.
_TIME_ZONE = "_TIME_ZONE"
_DOLLAR_BRACE = re.compile(r"\$\{")


class JobError(Exception):
    """What a person has to know and do, in one sentence or a few lines."""


class FlinkTokenizer(Tokenizer):
    """Flink SQL's lexical rules: names in backticks, a quote inside a string literal doubled."""

    IDENTIFIERS: ClassVar = ["`"]


@dataclass(frozen=True)
class Statement:
    """One SQL statement without its semicolon, and where it stands."""

    sql: str
    file: Path
    line: int

    @property
    def place(self) -> str:
        return f"{_short(self.file)}:{self.line}"


def pipeline_names() -> list[str]:
    """Every folder of sql/ that holds SQL files."""
    return sorted({file.parent.name for file in PIPELINES.glob("*/*.sql")})


def pipeline_folder(pipeline: str) -> Path:
    """The folder of a pipeline of sql/, or `pipeline` itself where that is the path of such a folder elsewhere."""
    if pipeline in pipeline_names():
        return PIPELINES / pipeline
    if "/" in pipeline and any(Path(pipeline).glob("*.sql")):
        return Path(pipeline).resolve()
    raise JobError(f"There is no pipeline '{pipeline}' in sql/. There are: {', '.join(pipeline_names())}.")


def read_pipeline(folder: Path, variables: Mapping[str, str]) -> list[Statement]:
    """The statements of a pipeline's SQL files in the order of their names, variables filled in.

    A file with a comment line "-- Runs when NAME is VALUE." takes part only then; one of its alternatives says
    "-- Runs when NAME is VALUE (the default)." Raises JobError for a choice that no file offers, for unreadable SQL
    and, once for all files, for missing variables.
    """
    statements: list[Statement] = []
    missing: list[str] = []
    for file in _chosen(sorted(folder.glob("*.sql")), variables):
        found, without_value = split(file.read_text(), file, variables)
        statements += found
        missing += without_value
    if missing:
        raise JobError(
            "These variables have no value; set them in the environment:\n" + "\n".join(f"  {m}" for m in missing)
        )
    return statements


def offers(folder: Path, name: str, value: str) -> bool:
    """Whether a file of a pipeline runs when a variable has this value."""
    matches = [_RUNS_WHEN.search(file.read_text()) for file in folder.glob("*.sql")]
    return any(match and (match["name"], match["value"]) == (name, value) for match in matches)


def version(folder: Path) -> str:
    """Twelve hex digits that change with any file of a pipeline: what `rejected` rows carry as pipeline_version."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.sql")):
        digest.update(f"{file.name}\0{file.read_text()}\0".encode())
    return digest.hexdigest()[:12]


def time_zone(variable: str, value: str) -> ZoneInfo:
    """The time zone that a variable names; JobError where that is none.

    Asked before Flink is: an offset such as +05:30 is a time zone to its sinks, and UTC to CONVERT_TZ, without a word.
    """
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise JobError(f"{variable} is '{value}', which is no time zone; America/New_York would be one.") from e


def _chosen(files: list[Path], variables: Mapping[str, str]) -> list[Path]:
    """The files that take part, given the choices that the variables make."""
    for file in files:
        if not file.exists():
            raise JobError(f"{_short(file)} is a link to a file that is not there; copy a pipeline with cp -rL.")
    conditions = {file: match for file in files if (match := _RUNS_WHEN.search(file.read_text()))}
    values = {c["name"]: c["value"] for c in conditions.values() if c["default"]}
    values |= {c["name"]: variables[c["name"]] for c in conditions.values() if variables.get(c["name"])}
    offered: dict[str, set[str]] = {}
    for condition in conditions.values():
        offered.setdefault(condition["name"], set()).add(condition["value"])
    for name, choices in offered.items():
        if values.get(name) not in choices:
            given = f"is '{values[name]}'" if name in values else "has no value"
            raise JobError(f"{name} {given}; set it to one of: {', '.join(sorted(choices))}.")
    return [f for f in files if f not in conditions or conditions[f]["value"] == values[conditions[f]["name"]]]


def split(text: str, file: Path, variables: Mapping[str, str]) -> tuple[list[Statement], list[str]]:
    """Cut `text` at its semicolons, those of comments and string literals apart, and fill in variables.

    Returns the statements and, as "NAME  (file:line)", each variable without a value.
    """
    try:
        tokens = FlinkTokenizer().tokenize(text)
    except TokenError as e:
        raise JobError(f"{_short(file)} cannot be read as SQL: {e}") from e

    statements: list[Statement] = []
    missing: list[str] = []
    current: list = []
    for token in [*tokens, None]:
        if token is not None and token.token_type is not TokenType.SEMICOLON:
            current.append(token)
        elif current:
            first, last = current[0], current[-1]
            literals = [(t.start, t.end) for t in current if t.token_type is TokenType.STRING]
            code = [(t.start, t.end) for t in current]
            line = text.count("\n", 0, first.start) + 1
            sql, without_value = _fill_in(text, first.start, last.end + 1, code, literals, variables)
            missing += [f"{n}  ({_short(file)}:{text.count(chr(10), 0, at) + 1})" for n, at in without_value]
            statements.append(Statement(sql, file, line))
            current = []
    return statements, missing


def _fill_in(
    text: str,
    start: int,
    end: int,
    code: list[tuple[int, int]],
    literals: list[tuple[int, int]],
    variables: Mapping[str, str],
) -> tuple[str, list[tuple[str, int]]]:
    """`text[start:end]` with its variables filled in, and (name, position) of those without a value.

    `code` and `literals` are the first and last positions of all tokens and of string literals.
    """
    missing: list[tuple[str, int]] = []
    out: list[str] = []
    at = start
    for match in _DOLLAR_BRACE.finditer(text, start, end):
        if match.start() < at or not _within(match.start(), code):
            continue  # in a default that was just taken, or in a comment
        variable = _VARIABLE.match(text, match.start(), end)
        if not variable:
            missing.append((text[match.start() : end].split()[0] + " is not of the form ${NAME}", match.start()))
            continue
        value = variables.get(variable["name"], variable["default"])
        if value is None:
            missing.append((variable["name"], match.start()))
            value = ""
        elif variable["name"].endswith(_TIME_ZONE):
            time_zone(variable["name"], value)
        out.append(text[at : match.start()])
        out.append(value.replace("'", "''") if _within(match.start(), literals) else value)
        at = variable.end()
    out.append(text[at:end])
    return "".join(out), missing


def _within(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= position <= last for first, last in spans)


def _short(file: Path) -> str:
    return str(file.relative_to(REPO)) if file.is_relative_to(REPO) else str(file)
