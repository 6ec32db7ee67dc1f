"""One connection to a Flink cluster: runs a pipeline's statements, explains them, submits them as one job."""

import hashlib
import os
import re
import time
import traceback
from pathlib import Path

import requests

from jobs.pipeline import REPO, JobError, Statement

os.environ.setdefault("FLINK_CONF_DIR", str(REPO / "flink-conf"))
# The client's log goes beside the other build products unless someone wants it elsewhere.
os.environ.setdefault("FLINK_LOG_DIR", str(REPO / "build" / "log"))

from py4j.protocol import Py4JJavaError
from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, StatementSet, TableEnvironment
from pyflink.util.exceptions import JavaException

# States in which a job still owns its folders.
_ENDED = {"FINISHED", "FAILED", "CANCELED"}
_KAFKA_ANSWER_SECONDS = 10
_MAX_FORGOTTEN_JOBS = 1000
# A savepoint holds the campaigns and what is open in the windows; writing it takes seconds.
_SAVEPOINT_SECONDS = 600
# Within this time the JobManager lists a job that it has accepted.
_LISTED_SECONDS = 10
# Flink 2.3 wraps a job in an "application" of the same id, and that is what it finds twice.
_DUPLICATE = re.compile(r"Duplicate(Application|Job)SubmissionException")
_POSITION = re.compile(r"\bline (\d+), column (\d+)")
# "Caused by: java.io.IOException: message", the message up to the next frame.
_TRACE_LINE = re.compile(
    r"^(?:Caused by: )?([\w.$]+(?:Exception|Error)): (.*?)(?=\n\tat |\Z)", re.MULTILINE | re.DOTALL
)
# "TableSourceScan(table=[[catalog, database, table" of a plan.
_SCANNED = re.compile(r"TableSourceScan\(table=\[\[\w+, \w+, (\w+)")
_SET = re.compile(r"SET\s+'(?P<key>[^']+)'\s*=\s*'(?P<value>(?:[^']|'')*)'\s*", re.IGNORECASE)


class _AlreadySubmittedError(Exception):
    """The JobManager knows a job of this id."""


class FlinkSession:
    """A table environment of one pipeline. Every method raises JobError with a sentence for a person."""

    def __init__(self, pipeline: str, job_manager: str | None, verbose: bool) -> None:
        """`job_manager`: HOST:PORT, or None for what config.yaml or `flink run` says."""
        self._pipeline = pipeline
        self._verbose = verbose
        self._inserts: list[Statement] = []

        Path(os.environ["FLINK_LOG_DIR"]).mkdir(parents=True, exist_ok=True)
        config = Configuration(
            j_configuration=_jvm().org.apache.flink.configuration.GlobalConfiguration.loadConfiguration(
                os.environ["FLINK_CONF_DIR"]
            )
        )
        config.set_string("pipeline.name", pipeline)
        # `flink run` brings its own target; without it this process is the client.
        config.set_string("execution.target", "remote")
        if job_manager:
            host, colon, port = job_manager.rpartition(":")
            if not colon or not port.isdigit():
                raise JobError(f"--jobmanager takes HOST:PORT, for example localhost:8081, not '{job_manager}'.")
            config.set_string("rest.address", host)
            config.set_string("rest.port", port)
        settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config).build()
        self._tables = TableEnvironment.create(settings)
        host = self._tables.get_config().get("rest.address", "localhost")
        port = self._tables.get_config().get("rest.port", "8081")
        self.web_ui = f"http://{host}:{port}"

    def refuse_if_running(self) -> None:
        """Two copies of a pipeline would write the same folders: refuse the second."""
        self._ended_jobs()

    def _ended_jobs(self) -> set[str]:
        """Ids of this pipeline's jobs, all of which have ended; JobError where one has not."""
        jobs = self._jobs()
        for job in jobs:
            if job["state"] not in _ENDED:
                raise JobError(
                    f"{self._pipeline} already runs as job {job['jid']} ({job['state']}). Cancel that job in the web "
                    f"UI, {self.web_ui}/#/job/running/{job['jid']}, before you submit it again."
                )
        return {job["jid"] for job in jobs}

    def _jobs(self) -> list[dict]:
        """The JobManager's jobs of this pipeline, ended ones too."""
        try:
            response = requests.get(f"{self.web_ui}/jobs/overview", timeout=10)
            response.raise_for_status()
            jobs = response.json()["jobs"]
        except (requests.RequestException, KeyError) as e:
            raise JobError(
                f"No Flink JobManager answers at {self.web_ui}. Start one (`make up`), or name another with "
                f"--jobmanager HOST:PORT.{self._details(e)}"
            ) from e
        return [job for job in jobs if job["name"] == self._pipeline]

    def run(self, statements: list[Statement]) -> None:
        """Run SET and CREATE statements at once, and collect the INSERTs for one job."""
        for statement in statements:
            try:
                self._run(statement)
            except (JavaException, Py4JJavaError) as e:
                raise JobError(f"{statement.place}: {self._reason(e, statement)}") from e
        if not self._inserts:
            raise JobError(f"{self._pipeline} has no INSERT statement, so there is nothing to run.")

    def explain(self) -> str:
        """Flink's plan of the whole job, as text."""
        return self._whole_job(self._statement_set().explain)

    def stop_with_savepoint(self) -> str:
        """Stop this pipeline's running job where it is and return the path of its savepoint."""
        running = [job["jid"] for job in self._jobs() if job["state"] == "RUNNING"]
        if not running:
            raise JobError(
                f"{self._pipeline} does not run, so it cannot be stopped with a savepoint. To go on from an earlier "
                "savepoint or checkpoint, submit it with --from PATH."
            )
        job = f"{self.web_ui}/jobs/{running[0]}"
        try:
            response = requests.post(f"{job}/stop", json={"drain": False}, timeout=10)
            response.raise_for_status()
            request = response.json()["request-id"]
            deadline = time.monotonic() + _SAVEPOINT_SECONDS
            while time.monotonic() < deadline:
                answer = requests.get(f"{job}/savepoints/{request}", timeout=10).json()
                if answer["status"]["id"] == "COMPLETED":
                    break
                time.sleep(0.2)
            else:
                raise JobError(f"{self._pipeline} made no savepoint within {_SAVEPOINT_SECONDS} s; it goes on running.")
        except requests.RequestException as e:
            raise JobError(f"The JobManager at {self.web_ui} did not stop {self._pipeline}: {e}") from e
        operation = answer["operation"]
        if "location" not in operation:
            reason = operation.get("failure-cause", {}).get("stack-trace", "no reason given").splitlines()[0]
            raise JobError(f"{self._pipeline} could not be stopped with a savepoint: {reason}")
        return operation["location"]

    def resume_from(self, path: str) -> None:
        """Have the job begin with the state of this savepoint or checkpoint, all of it."""
        self._tables.get_config().set("execution.state-recovery.path", path)

    def submit(self) -> str:
        """Submit all INSERTs as one job and return its id, without waiting for it.

        The id is made of the pipeline's name and a number, so that two launchers in the same second submit the same
        id, and the JobManager takes only one of them. It takes no id twice, not even of a job that ended long ago.
        """
        ended = self._ended_jobs()
        for number in range(len(ended), len(ended) + _MAX_FORGOTTEN_JOBS):
            job_id = hashlib.md5(f"{self._pipeline} {number}".encode(), usedforsecurity=False).hexdigest()
            if job_id in ended:
                continue
            self._tables.get_config().set("$internal.pipeline.job-id", job_id)
            try:
                self._whole_job(self._statement_set().execute)
            except _AlreadySubmittedError:
                # Another launcher was faster, and its job will be listed in a moment; or it is a job of so long ago
                # that the JobManager no longer lists it.
                deadline = time.monotonic() + _LISTED_SECONDS
                while time.monotonic() < deadline and job_id not in self._ended_jobs():
                    time.sleep(0.2)
                continue
            return job_id
        raise JobError(f"The JobManager has refused {_MAX_FORGOTTEN_JOBS} job ids in a row; see its log.")

    def check_kafka_sources(self) -> None:
        """Fail now rather than in an endless restart: every Kafka topic of the pipeline must exist.

        Asks with the connector's own client and the table's own `properties.*`, so that whatever security settings the
        job will use are the ones that are tried.
        """
        for table, options in self._tables_and_options():
            if "properties.bootstrap.servers" in options and "topic" in options:
                self._check_topics(table, options)

    def check_file_sources(self) -> None:
        """Fail now rather than in an endless restart: every folder that the pipeline reads must hold something."""
        read = set(_SCANNED.findall(self.explain()))
        for table, options in self._tables_and_options():
            if options.get("connector") == "filesystem" and table in read:
                self._check_folder(table, options["path"])

    def _tables_and_options(self) -> list[tuple[str, dict[str, str]]]:
        catalog = self._tables._j_tenv.getCatalog(self._tables.get_current_catalog()).get()
        database = self._tables.get_current_database()
        path = _jvm().org.apache.flink.table.catalog.ObjectPath
        return [
            (table, dict(catalog.getTable(path(database, table)).getOptions())) for table in self._tables.list_tables()
        ]

    def _check_folder(self, table: str, folder: str) -> None:
        """With Flink's own file systems, so that it works wherever the path leads."""
        path = _jvm().org.apache.flink.core.fs.Path(folder)
        try:
            files = path.getFileSystem()
            if not files.exists(path):
                raise JobError(
                    f"{folder}, which table {table} reads, does not exist. Put a file there, or set DATA_DIR."
                )
            found = [
                status
                for status in files.listStatus(path)
                if status.getLen() > 0 and not status.getPath().getName().startswith((".", "_"))
            ]
            if not found:
                raise JobError(f"{folder}, which table {table} reads, holds no file with anything in it.")
            for status in found:
                files.open(status.getPath()).close()
        except Py4JJavaError as e:
            raise JobError(f"{folder}, which table {table} reads, cannot be read: {_causes(e)[-1][1]}") from e

    def _run(self, statement: Statement) -> None:
        verb = statement.sql.split(None, 1)[0].upper()
        if verb == "SET":
            setting = _SET.fullmatch(statement.sql)
            if not setting:
                raise JobError(f"{statement.place}: a setting is written SET 'name' = 'value'.")
            self._tables.get_config().set(setting["key"], setting["value"].replace("''", "'"))
        elif verb == "INSERT":
            self._inserts.append(statement)
            # Now rather than at the end, so that an error names this statement.
            self._tables.create_statement_set().add_insert_sql(statement.sql)
        elif verb in ("CREATE", "USE", "DROP", "ALTER"):
            self._tables.execute_sql(statement.sql)
        else:
            raise JobError(f"{statement.place}: a pipeline is made of SET, CREATE and INSERT statements, not {verb}.")

    def _statement_set(self) -> StatementSet:
        """All INSERTs; executing a statement set empties it."""
        statement_set = self._tables.create_statement_set()
        for statement in self._inserts:
            statement_set.add_insert_sql(statement.sql)
        return statement_set

    def _check_topics(self, table: str, options: dict[str, str]) -> None:
        jvm = _jvm()
        prefix = "properties."
        properties = jvm.java.util.Properties()
        for name, value in options.items():
            if name.startswith(prefix):
                properties.setProperty(name[len(prefix) :], value)
        properties.setProperty("default.api.timeout.ms", str(_KAFKA_ANSWER_SECONDS * 1000))
        properties.setProperty("request.timeout.ms", str(_KAFKA_ANSWER_SECONDS * 1000))
        servers = options.get("properties.bootstrap.servers")
        topics = jvm.java.util.ArrayList()
        for topic in options.get("topic", "").split(";"):
            topics.append(topic)
        kafka = jvm.org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin
        try:
            admin = kafka.AdminClient.create(properties)
            try:
                admin.describeTopics(topics).allTopicNames().get()
            finally:
                admin.close()
        except Py4JJavaError as e:
            causes = _causes(e)
            if any("UnknownTopicOrPartition" in name for name, _ in causes):
                raise JobError(
                    f"Kafka at {servers} has no topic '{options['topic']}', which table {table} reads. Create it with "
                    f"`python -m jobs.topics {self._pipeline}`.{self._details(e)}"
                ) from e
            raise JobError(
                f"Kafka does not answer at {servers}, where table {table} reads: {causes[-1][1]} "
                f"Start it (`make up`), or set KAFKA_BOOTSTRAP_SERVERS.{self._details(e)}"
            ) from e

    def _whole_job(self, call):
        try:
            return call()
        except (JavaException, Py4JJavaError) as e:
            if any(_DUPLICATE.search(message) for _, message in _causes(e)):
                raise _AlreadySubmittedError from e
            places = ", ".join(statement.place for statement in self._inserts)
            raise JobError(f"{self._pipeline} ({places}): {self._reason(e)}") from e

    def _reason(self, error: Exception, statement: Statement | None = None) -> str:
        """Flink's own reason in a few lines; positions in the statement become positions in its file."""
        messages = [message for _, message in _causes(error)]
        # The root cause says what is wrong; one above it may say where as well.
        message = next((m for m in reversed(messages) if _POSITION.search(m)), messages[-1])
        # The parser lists every token it would have liked better, dozens of lines of them.
        message = message.split("Was expecting", 1)[0].strip()
        if statement:
            message = _POSITION.sub(
                lambda at: f"line {int(at[1]) + statement.line - 1}, column {at[2]}",
                message.removeprefix("SQL validation failed. ").removeprefix("SQL parse failed. "),
            )
        lines = [line.rstrip() for line in message.splitlines() if line.strip()]
        return "\n  ".join(lines[:6]) + self._details(error)

    def _details(self, error: BaseException) -> str:
        if self._verbose:
            return "\n" + "".join(traceback.format_exception(error))
        return ""


def _jvm():
    return get_gateway().jvm


def _causes(error: Exception) -> list[tuple[str, str]]:
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
