"""Create the Kafka topics that pipelines read, as their sql/PIPELINE/topics.yaml says: partitions, retention and all.

    python -m jobs.topics              all pipelines
    python -m jobs.topics view_report  one of them

A topic that is there already gets the file's settings; its partitions are never changed.
Environment: KAFKA_BOOTSTRAP_SERVERS (default localhost:9092), and KAFKA_CLIENT_PROPERTIES, a file, where Kafka wants
TLS or a password.
"""

import argparse
import os
import sys

import yaml
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from jobs.kafka_client import kafka_client
from jobs.pipeline import JobError, pipeline_folder, pipeline_names
from jobs.submit import DEFAULTS

_ANSWER_SECONDS = 10


def main(arguments: list[str] | None = None) -> int:
    """Create or update topics. Returns the exit code: 0, or 1 with one clear message on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m jobs.topics", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pipelines", nargs="*", metavar="PIPELINE", help="default: all of them")
    options = parser.parse_args(arguments)
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", DEFAULTS["KAFKA_BOOTSTRAP_SERVERS"])
    try:
        for pipeline in options.pipelines or pipeline_names():
            for line in create_topics(pipeline, servers):
                print(line)
    except JobError as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    return 0


def create_topics(pipeline: str, bootstrap_servers: str) -> list[str]:
    """Create one pipeline's topics and return a line about each. Raises JobError when Kafka refuses."""
    file = pipeline_folder(pipeline) / "topics.yaml"
    wanted = yaml.safe_load(file.read_text()) if file.exists() else {}
    admin = AdminClient({**kafka_client(bootstrap_servers), "log_level": 0})
    return [_create(admin, name, spec, bootstrap_servers) for name, spec in wanted.items()]


def _create(admin: AdminClient, name: str, spec: dict, bootstrap_servers: str) -> str:
    config = {key: str(value) for key, value in spec["config"].items()}
    topic = NewTopic(
        name, num_partitions=spec["partitions"], replication_factor=spec.get("replication", -1), config=config
    )
    try:
        admin.create_topics([topic], operation_timeout=_ANSWER_SECONDS, request_timeout=_ANSWER_SECONDS)[name].result()
        return f"{name}: created with {spec['partitions']} partitions"
    except KafkaException as e:
        if e.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise JobError(f"Kafka at {bootstrap_servers} did not create topic '{name}': {e.args[0].str()}.") from e
    resource = ConfigResource(ResourceType.TOPIC, name)
    for key, value in config.items():
        resource.add_incremental_config(ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET))
    admin.incremental_alter_configs([resource], request_timeout=_ANSWER_SECONDS)[resource].result()
    return f"{name}: was there, its settings are as in the file"


if __name__ == "__main__":
    sys.exit(main())
