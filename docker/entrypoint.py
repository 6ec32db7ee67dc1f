"""How every container of the image starts.

    zookeeper | jobmanager | taskmanager     one of Flink's own servers, in the foreground
    COMMAND ARGUMENT...                      anything else, for example: python -m jobs.submit view_report

Environment: FLINK_PROPERTIES, lines of `name: value` that take precedence over flink-conf/config.yaml; a name without a
value takes that setting away. DATA_DIR, as everywhere.
"""

import os
import sys
from pathlib import Path

import yaml

from local import flink, zookeeper

_STATE = Path("/state")


def main(arguments: list[str]) -> int:
    """Write Flink's settings to FLINK_CONF_DIR and become the command. Returns an exit code only where it cannot."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    conf = Path(os.environ["FLINK_CONF_DIR"])
    try:
        flink.write_conf(conf, _properties(os.environ.get("FLINK_PROPERTIES", "")))
    except ValueError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    scripts = flink.flink_home() / "bin"
    match arguments:
        case ["zookeeper"]:
            zookeeper.write_conf(conf, _STATE / "zookeeper", 2181, address="0.0.0.0")
            command = [str(scripts / "zookeeper.sh"), "start-foreground", "1"]
        case ["jobmanager"]:
            flink.forget_jobs_that_never_began(_STATE)
            command = [str(scripts / "jobmanager.sh"), "start-foreground"]
        case ["taskmanager"]:
            command = [str(scripts / "taskmanager.sh"), "start-foreground"]
        case _:
            command = arguments
    if problem := _unwritable(os.environ["DATA_DIR"]):
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return os.execvp(command[0], command)


def _properties(text: str) -> dict[str, object]:
    settings = yaml.safe_load(text) or {}
    if not isinstance(settings, dict):
        raise ValueError("FLINK_PROPERTIES must be lines of `name: value`.")
    return settings


def _unwritable(data_dir: str) -> str | None:
    """Why nothing can be written to DATA_DIR, as a sentence; None where it can, or where nothing is mounted there."""
    folder = Path(data_dir.removeprefix("file://"))
    if not folder.is_mount() or os.access(folder, os.W_OK):
        return None
    owner, runs_as = folder.stat(), f"{os.getuid()}:{os.getgid()}"
    give = f"give it to {runs_as} (chown -R {runs_as} data)"
    mend = give if owner.st_uid == 0 else f"put RUN_AS={owner.st_uid}:{owner.st_gid} into .env, or {give}"
    return (
        f"{folder} (the folder data/ beside docker-compose.yaml, or DATA in .env) belongs to user {owner.st_uid}, and "
        f"this container runs as {runs_as}, so it cannot write there: {mend}."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
