"""One connection to a Flink cluster: runs a pipeline's statements, explains them, submits them as one job."""

import hashlib
import os
import re
import time
import traceback
from dataclasses import replace
from pathlib import Path

from jobs.job_manager import JobManager
from jobs.pipeline import REPO, JobError, Statement

os.environ.setdefault("FLINK_CONF_DIR", str(REPO / "flink-conf"))
# The client's log goes beside the other build products unless someone wants it elsewhere.
os.environ.setdefault("FLINK_LOG_DIR", str(REPO / "build" / "log"))

# It lives for seconds: with the quick compiler and the plainest collector it is done a fifth sooner.
os.environ.setdefault("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

from py4j.protocol import Py4JJavaError
from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, StatementSet, TableEnvironment
from pyflink.util.exceptions import JavaException

_MAX_FORGOTTEN_JOBS = 1000
# Within this time the JobManager lists a job that it has accepted.
_LISTED_SECONDS = 10
# Flink 2.3 wraps a job in an "application" of the same id, and that is what it finds twice.
_DUPLICATE = re.compile(r"Duplicate(Application|Job)SubmissionException")
_OTHER_COMMAND_LINE = (
    "set the --allowNonRestoredState option on the CLI",
    "write SET 'execution.state-recovery.ignore-unclaimed-state' = 'true' into the pipeline",
)
_POSITION = re.compile(r"\bline (\d+), column (\d+)")
# "Caused by: java.io.IOException: message", the message up to the next frame.
_TRACE_LINE = re.compile(
    r"^(?:Caused by: )?([\w.$]+(?:Exception|Error)): (.*?)(?=\n\tat |\Z)", re.MULTILINE | re.DOTALL
)
_INSERT_INTO = re.compile(r"^INSERT\s+INTO\s", re.IGNORECASE)
_SET = re.compile(r"SET\s+'(?P<key>[^']+)'\s*=\s*'(?P<value>(?:[^']|'')*)'\s*", re.IGNORECASE)


class _AlreadySubmittedError(Exception):
    """The JobManager knows a job of this id."""


class FlinkSession:
    """A table environment of one pipeline. Every method raises JobError with a sentence for a person."""

    def __init__(self, pipeline: str, job_manager: str | None, verbose: bool, batch: bool = False) -> None:
        """`job_manager`: HOST:PORT, or None for what config.yaml or `flink run` says. `batch`: the job is to end."""
        self.pipeline = pipeline
        # One over files may run beside the one that never ends.
        job = f"{pipeline}_batch" if batch else pipeline
        self._verbose = verbose
        self._batch = batch
        self._inserts: list[Statement] = []

        Path(os.environ["FLINK_LOG_DIR"]).mkdir(parents=True, exist_ok=True)
        config = Configuration(
            j_configuration=jvm().org.apache.flink.configuration.GlobalConfiguration.loadConfiguration(
                os.environ["FLINK_CONF_DIR"]
            )
        )
        config.set_string("pipeline.name", job)
        if batch:
            # Somebody waits for it: what fails again and again must end.
            config.set_string("restart-strategy.type", "fixed-delay")
            config.set_string("restart-strategy.fixed-delay.attempts", "3")
        # `flink run` brings its own target; without it this process is the client.
        config.set_string("execution.target", "remote")
        if job_manager:
            host, colon, port = job_manager.rpartition(":")
            if not colon or not port.isdigit():
                raise JobError(f"--jobmanager takes HOST:PORT, for example localhost:8081, not '{job_manager}'.")
            config.set_string("rest.address", host)
            config.set_string("rest.port", port)
        settings = EnvironmentSettings.new_instance().with_configuration(config)
        settings = settings.in_batch_mode() if batch else settings.in_streaming_mode()
        self._tables = TableEnvironment.create(settings.build())
        host = self._tables.get_config().get("rest.address", "localhost")
        port = self._tables.get_config().get("rest.port", "8081")
        self.job_manager = JobManager(f"http://{host}:{port}", job)

    def run(self, statements: list[Statement]) -> None:
        """Run SET and CREATE statements at once, and collect the INSERTs for one job."""
        for statement in statements:
            try:
                self._run(statement)
            except (JavaException, Py4JJavaError) as e:
                raise JobError(f"{statement.place}: {self._reason(e, statement)}") from e
        if not self._inserts:
            raise JobError(f"{self.pipeline} has no INSERT statement, so there is nothing to run.")

    def explain(self) -> str:
        """Flink's plan of the whole job, as text."""
        return self._whole_job(self._statement_set().explain)

    def resume_from(self, path: str) -> None:
        """Have the job begin with the state of this savepoint or checkpoint, all of it."""
        self._tables.get_config().set("execution.state-recovery.path", path)

    def setting(self, name: str, default: str) -> str:
        """What SET, config.yaml or `flink run` says."""
        return self._tables.get_config().get(name, default)

    def tables_and_options(self) -> list[tuple[str, dict[str, str]]]:
        """Name and WITH options of each table."""
        return [(table, dict(self._in_catalog(table).getOptions())) for table in self._tables.list_tables()]

    def partition_keys(self, table: str) -> list[str]:
        """The columns in the names of a table's folders."""
        return list(self._in_catalog(table).getPartitionKeys())

    def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        return self._tables.from_path(table).get_schema().get_field_names()

    def submit(self) -> str:
        """Submit all INSERTs as one job and return its id, without waiting for it.

        The id is made of the pipeline's name and a number, so that two launchers in the same second submit the same
        id, and the JobManager takes only one of them. It takes no id twice, not even of a job that ended long ago.
        """
        ended = self.job_manager.ended_jobs()
        for number in range(len(ended), len(ended) + _MAX_FORGOTTEN_JOBS):
            job_id = hashlib.md5(f"{self.job_manager.name} {number}".encode(), usedforsecurity=False).hexdigest()
            if job_id in ended:
                continue
            self._tables.get_config().set("$internal.pipeline.job-id", job_id)
            try:
                self._whole_job(self._statement_set().execute)
            except _AlreadySubmittedError:
                # Another launcher was faster, and its job will be listed in a moment; or it is a job of so long ago
                # that the JobManager no longer lists it.
                deadline = time.monotonic() + _LISTED_SECONDS
                while time.monotonic() < deadline and job_id not in self.job_manager.ended_jobs():
                    time.sleep(0.2)
                continue
            return job_id
        raise JobError(f"The JobManager has refused {_MAX_FORGOTTEN_JOBS} job ids in a row; see its log.")

    def _in_catalog(self, table: str):
        """The catalog's own entry of a table or view."""
        catalog = self._tables._j_tenv.getCatalog(self._tables.get_current_catalog()).get()
        path = jvm().org.apache.flink.table.catalog.ObjectPath(self._tables.get_current_database(), table)
        return catalog.getTable(path)

    def _run(self, statement: Statement) -> None:
        verb = statement.sql.split(None, 1)[0].upper()
        if verb == "SET":
            setting = _SET.fullmatch(statement.sql)
            if not setting:
                raise JobError(f"{statement.place}: a setting is written SET 'name' = 'value'.")
            self._tables.get_config().set(setting["key"], setting["value"].replace("''", "'"))
        elif verb == "INSERT":
            if self._batch:
                # Each folder that is written is replaced.
                statement = replace(statement, sql=_INSERT_INTO.sub("INSERT OVERWRITE ", statement.sql))
            self._inserts.append(statement)
            # Now rather than at the end, so that an error names this statement.
            self._tables.create_statement_set().add_insert_sql(statement.sql)
        elif verb in ("CREATE", "USE", "DROP", "ALTER"):
            self._tables.execute_sql(statement.sql)
        else:
            raise JobError(f"{statement.place}: a pipeline is made of SET, CREATE and INSERT statements, not {verb}.")

    def _statement_set(self) -> StatementSet:
        """All INSERTs; executing a statement set empties it."""
        self._number_operators_from_one()
        statement_set = self._tables.create_statement_set()
        for statement in self._inserts:
            statement_set.add_insert_sql(statement.sql)
        return statement_set

    def _number_operators_from_one(self) -> None:
        """A savepoint finds its operators by these numbers, but Flink goes on counting from one plan to the next."""
        loader = self._tables._j_tenv.getPlanner().getClass().getClassLoader()
        context = loader.loadClass("org.apache.flink.table.planner.plan.nodes.exec.ExecNodeContext")
        java, new_array = jvm().java.lang, get_gateway().new_array
        context.getMethod("resetIdCounter", new_array(java.Class, 0)).invoke(None, new_array(java.Object, 0))

    def _whole_job(self, call):
        try:
            return call()
        except (JavaException, Py4JJavaError) as e:
            if any(_DUPLICATE.search(message) for _, message in causes(e)):
                raise _AlreadySubmittedError from e
            places = ", ".join(statement.place for statement in self._inserts)
            raise JobError(f"{self.pipeline} ({places}): {self._reason(e)}") from e

    def _reason(self, error: Exception, statement: Statement | None = None) -> str:
        """Flink's own reason in a few lines; positions in the statement become positions in its file."""
        messages = [message for _, message in causes(error)]
        # The root cause says what is wrong; one above it may say where as well.
        message = next((m for m in reversed(messages) if _POSITION.search(m)), messages[-1])
        # The parser lists every token it would have liked better, dozens of lines of them.
        message = message.split("Was expecting", 1)[0].strip()
        message = message.replace(*_OTHER_COMMAND_LINE)
        if statement:
            message = _POSITION.sub(
                lambda at: f"line {int(at[1]) + statement.line - 1}, column {at[2]}",
                message.removeprefix("SQL validation failed. ").removeprefix("SQL parse failed. "),
            )
        lines = [line.rstrip() for line in message.splitlines() if line.strip()]
        return "\n  ".join(lines[:6]) + self.details(error)

    def details(self, error: BaseException) -> str:
        """The whole trace where --verbose asks for it, to put behind a sentence."""
        if self._verbose:
            return "\n" + "".join(traceback.format_exception(error))
        return ""


def jvm():
    """The Java side of this process."""
    return get_gateway().jvm


def causes(error: Exception) -> list[tuple[str, str]]:
    """(class name, message) of a Java exception and its causes, the root last; causes without a message left out.

    PyFlink hands some exceptions on as objects and some as the text of their trace.
    """
    causes: list[tuple[str, str]] = []
    if isinstance(error, JavaException):
        causes = _TRACE_LINE.findall(error.stack_trace)
    else:
        throwable = error.java_exception
        while throwable is not None:
            if throwable.getMessage():
                causes.append((throwable.getClass().getName(), throwable.getMessage()))
            throwable = throwable.getCause()
    return causes or [(type(error).__name__, str(error))]
