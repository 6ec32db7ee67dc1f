"""Submit a pipeline of sql/ to a running Flink cluster.

    python -m jobs.submit view_report
    python -m jobs.submit view_report --upgrade
    python -m jobs.submit page_stats --batch FOLDER
    flink run -py jobs/submit.py view_report

Environment: KAFKA_BOOTSTRAP_SERVERS (default localhost:9092), DATA_DIR (default file://<repository>/data), and whatever
else the pipeline's SQL names as ${NAME}, such as KAFKA_CLIENT_PROPERTIES, a file, where Kafka wants TLS or a password.
FLINK_CONF_DIR (default flink-conf/) says where the JobManager is.
"""

import argparse
import os
import sys
from pathlib import Path

# `flink run -py` puts jobs/ itself on the path; the package is found from the repository's root.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jobs.inputs import findings
from jobs.job_manager import job_manager_at
from jobs.pipeline import REPO, JobError, offers, pipeline_folder, pipeline_names, read_pipeline, version

# Flink takes a path as it is: one with a space must not be written with %20, as Path.as_uri() would.
DEFAULTS = {
    "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
    "DATA_DIR": f"file://{REPO / 'data'}",
}


def main(arguments: list[str] | None = None) -> int:
    """Submit or explain one pipeline. Returns the exit code: 0, or 1 with one clear message on standard error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.batch and (options.upgrade or options.resume_from or options.unless_running):
        parser.error("--batch begins anew each time; it does not go with --upgrade, --from or --unless-running")
    try:
        folder = pipeline_folder(options.pipeline)
        if options.batch:
            return _run_over_files(folder, options)
        variables = _variables(folder)
        statements = read_pipeline(folder, variables)
        if options.unless_running:
            job_manager = job_manager_at(options.jobmanager, folder.name)
            if job := job_manager.unended_job():
                print(f"{folder.name} runs already: {job_manager.url}/#/job/running/{job['jid']}")
                return 0

        # Imported late: it starts a JVM, and --help or a missing variable needs none.
        from jobs import checks
        from jobs.flink import FlinkSession

        session = FlinkSession(folder.name, options.jobmanager, verbose=options.verbose)
        if not options.explain and not options.upgrade:
            session.job_manager.ended_jobs()
        session.run(statements)
        plan = session.explain()
        if options.explain:
            print(plan)
            return 0
        checks.check_file_sources(session, plan)
        if wrong := findings(folder, variables["DATA_DIR"]):
            raise JobError("\n  ".join([*wrong[:5], *([f"... {len(wrong):,} in all."] if len(wrong) > 5 else [])]))
        checks.check_kafka_sources(session)
        if options.resume_from:
            checks.check_state(options.resume_from)
        elif not options.upgrade:
            checks.check_no_results(session, plan)
        savepoint = session.job_manager.stop_with_savepoint() if options.upgrade else options.resume_from
        if savepoint:
            print(f"{folder.name} goes on from {savepoint}", flush=True)
            session.resume_from(savepoint)
        try:
            job_id = session.submit()
        except JobError as e:
            way_back = f"\n  Nothing is lost: mend it, or go back to what ran before, with --from {savepoint}."
            raise JobError(f"{e}{way_back if savepoint else ''}") from e
    except JobError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    print(f"{folder.name} runs as job {job_id}: {session.job_manager.url}/#/job/running/{job_id}")
    return 0


def _variables(folder: Path) -> dict[str, str]:
    """What a pipeline's SQL is filled in with."""
    return {**DEFAULTS, "PIPELINE_VERSION": version(folder), **os.environ, "PIPELINE": folder.name}


def _run_over_files(folder: Path, options: argparse.Namespace) -> int:
    """Run a pipeline over files to its end."""
    from jobs.batch import Input
    from jobs.flink import FlinkSession

    if not offers(folder, "RUNTIME_MODE", "batch"):
        raise JobError(f"{folder.name} reads Kafka only: no file of it says 'Runs when RUNTIME_MODE is batch.'")
    # First, because it tells Flink's file systems how to get there.
    session = FlinkSession(folder.name, options.jobmanager, verbose=options.verbose, batch=True)
    given = Input(options.batch)
    session.run(read_pipeline(folder, {**_variables(folder), **given.variables}))
    if options.explain:
        print(session.explain())
        return 0
    session.job_manager.ended_jobs()
    given.forget(session)
    job_id = session.submit()
    print(f"{session.job_manager.name} runs as job {job_id} over {len(given.names):,} files of {given.uri}", flush=True)
    session.job_manager.wait_until_ended(job_id)
    print(
        f"{session.job_manager.name} has finished. Folders that it has written are replaced; all others are as before."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobs.submit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "pipeline",
        metavar="PIPELINE",
        help=f"a folder of sql/ ({', '.join(pipeline_names())}), or the path of such a folder elsewhere",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--explain", action="store_true", help="print the plan instead of submitting")
    start.add_argument(
        "--upgrade",
        action="store_true",
        help="stop the running job with a savepoint and go on from it with what the files and settings say now",
    )
    start.add_argument(
        "--from",
        dest="resume_from",
        metavar="PATH",
        help="go on from this savepoint or checkpoint, the newest one of the job: an older one counts events twice",
    )
    parser.add_argument(
        "--batch",
        metavar="FOLDER",
        help="run over the files of this folder (JSON lines, compressed or not, or Parquet) instead of Kafka, to their "
        "end; what they tell of is replaced, so running them again changes nothing",
    )
    parser.add_argument(
        "--unless-running", action="store_true", help="do nothing, successfully, where the pipeline runs already"
    )
    parser.add_argument(
        "--jobmanager",
        metavar="HOST:PORT",
        help="REST address of the JobManager (default: rest.address and rest.port of FLINK_CONF_DIR/config.yaml)",
    )
    parser.add_argument("--verbose", action="store_true", help="print Java's whole stack trace when something fails")
    return parser


if __name__ == "__main__":
    sys.exit(main())
