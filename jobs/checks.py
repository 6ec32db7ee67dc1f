"""What is wrong with a pipeline's surroundings, said before its job runs and not by an endless restart or not at all.

Asked of Flink's own file systems and of the connector's own Kafka client, so that it works wherever the tables lead.
"""

import os
import re

from py4j.protocol import Py4JJavaError

from jobs.flink import FlinkSession, causes, jvm
from jobs.pipeline import JobError

_KAFKA_ANSWER_SECONDS = 10
# "TableSourceScan(table=[[catalog, database, table" of a plan.
_SCANNED = re.compile(r"TableSourceScan\(table=\[\[\w+, \w+, (\w+)")
# "Sink(table=[catalog.database.table]" of a plan.
_WRITTEN = re.compile(r"Sink\(table=\[\w+\.\w+\.(\w+)\]")


def check_file_sources(session: FlinkSession, plan: str) -> None:
    """Every folder that the pipeline reads, by its plan, must hold something; JobError otherwise."""
    read = set(_SCANNED.findall(plan))
    for table, options in session.tables_and_options():
        if options.get("connector") == "filesystem" and table in read:
            _check_folder(table, options["path"])


def check_kafka_sources(session: FlinkSession) -> None:
    """Every topic of the pipeline must exist and have a partition for each task; JobError otherwise.

    Asked with the table's own `properties.*`, so that whatever security settings the job will use are tried.
    """
    for table, options in session.tables_and_options():
        if "properties.bootstrap.servers" in options and "topic" in options:
            _check_partitions(session, table, options, _count_partitions(session, table, options))


def check_no_results(session: FlinkSession, plan: str) -> None:
    """A job that begins at the topic's oldest message must not add to what an earlier one has written: JobError.

    Asked of the pipeline's own results. Tables that several pipelines share have a column `pipeline`, and whether this
    one has written there before its results can tell as well.
    """
    written = set(_WRITTEN.findall(plan))
    for table, options in session.tables_and_options():
        if options.get("connector") != "filesystem" or table not in written or "pipeline" in session.columns(table):
            continue
        path = jvm().org.apache.flink.core.fs.Path(options["path"])
        if path.getFileSystem().exists(path) and _visible(path):
            state = session.job_manager.newest_state() or "SAVEPOINT_OR_CHECKPOINT"
            raise JobError(
                f"{options['path']} holds results already, and a job that begins anew would count events twice. Go on "
                f"where the last one stopped: --from {state}. Or set another DATA_DIR."
            )


def check_state(state: str) -> None:
    """What a job is to go on from must be there: JobError otherwise.

    Flink 2.3 takes the job, fails it, and leaves a result behind with which no JobManager of this cluster starts again.
    """
    path = jvm().org.apache.flink.core.fs.Path(state)
    try:
        files = path.getFileSystem()
        there = files.exists(path) and (not files.getFileStatus(path).isDir() or _metadata(path))
    except Py4JJavaError as e:
        raise JobError(f"{state}, which --from names, cannot be read: {causes(e)[-1][1]}") from e
    if not there:
        raise JobError(f"There is no savepoint or checkpoint at {state}, which --from names: no _metadata is there.")


def _metadata(folder) -> bool:
    return folder.getFileSystem().exists(jvm().org.apache.flink.core.fs.Path(folder, "_metadata"))


def _check_folder(table: str, folder: str) -> None:
    path = jvm().org.apache.flink.core.fs.Path(folder)
    try:
        files = path.getFileSystem()
        if not files.exists(path):
            raise JobError(f"{folder}, which table {table} reads, does not exist. Put a file there, or set DATA_DIR.")
        found = [status for status in _visible(path) if status.getLen() > 0]
        if not found:
            raise JobError(f"{folder}, which table {table} reads, holds no file with anything in it.")
        for status in found:
            files.open(status.getPath()).close()
    except Py4JJavaError as e:
        raise JobError(f"{folder}, which table {table} reads, cannot be read: {causes(e)[-1][1]}") from e


def _visible(path) -> list:
    """What Flink and its readers see in a folder."""
    return [
        status
        for status in path.getFileSystem().listStatus(path)
        if not status.getPath().getName().startswith((".", "_"))
    ]


def _check_partitions(session: FlinkSession, table: str, options: dict[str, str], partitions: int) -> None:
    parallelism = int(options.get("scan.parallelism") or session.setting("parallelism.default", "1"))
    if parallelism > partitions:
        raise JobError(
            f"Topic '{options['topic']}', which table {table} reads, has {partitions} partitions for parallelism "
            f"{parallelism}: tasks without a partition would hold back all results. Set parallelism.default in "
            f"{os.environ['FLINK_CONF_DIR']}/config.yaml to {partitions} or less."
        )


def _count_partitions(session: FlinkSession, table: str, options: dict[str, str]) -> int:
    prefix = "properties."
    properties = jvm().java.util.Properties()
    for name, value in options.items():
        if name.startswith(prefix):
            properties.setProperty(name[len(prefix) :], value)
    if options.get("properties-file"):
        jvm().adreporting.connectors.ClientPropertiesFile.refer(properties, options["properties-file"])
    properties.setProperty("default.api.timeout.ms", str(_KAFKA_ANSWER_SECONDS * 1000))
    properties.setProperty("request.timeout.ms", str(_KAFKA_ANSWER_SECONDS * 1000))
    servers = options["properties.bootstrap.servers"]
    topics = jvm().java.util.ArrayList()
    for topic in options["topic"].split(";"):
        topics.append(topic)
    kafka = jvm().org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin
    try:
        admin = kafka.AdminClient.create(properties)
        try:
            described = admin.describeTopics(topics).allTopicNames().get()
        finally:
            admin.close()
    except Py4JJavaError as e:
        why = causes(e)
        if any("UnknownTopicOrPartition" in name for name, _ in why):
            raise JobError(
                f"Kafka at {servers} has no topic '{options['topic']}', which table {table} reads. Create it with "
                f"`python -m jobs.topics {session.pipeline}`.{session.details(e)}"
            ) from e
        raise JobError(
            f"Kafka does not answer at {servers}, where table {table} reads: {why[-1][1]} "
            f"Start it (`make up`), or set KAFKA_BOOTSTRAP_SERVERS.{session.details(e)}"
        ) from e
    return sum(topic.partitions().size() for topic in described.values())
