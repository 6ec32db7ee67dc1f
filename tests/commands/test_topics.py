"""Topics are created as sql/PIPELINE/topics.yaml says, and Kafka really deletes what is older."""

import time
import uuid

import yaml
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from local.waiting import wait_until
from tests.support.commands import python

TOPICS = PIPELINES / "view_report" / "topics.yaml"


def test_topics_get_their_partitions_and_retention(cluster: Cluster) -> None:
    for answer in ("created with 4 partitions", "was there"):
        done = python("jobs.topics", "view_report", KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
        assert done.returncode == 0, done.stderr
        assert f"view_log: {answer}" in done.stdout
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    assert len(admin.list_topics("view_log", timeout=10).topics["view_log"].partitions) == 4
    resource = ConfigResource(ResourceType.TOPIC, "view_log")
    config = admin.describe_configs([resource])[resource].result(10)
    assert config["retention.ms"].value == "180000"
    assert int(config["segment.ms"].value) <= 30_000


def test_kafka_deletes_what_is_older_than_three_minutes_and_nothing_younger(cluster: Cluster) -> None:
    """Messages that say they are ten minutes, one minute and no time old: only the first is deleted, and soon."""
    servers = {"bootstrap.servers": cluster.bootstrap_servers}
    config = {key: str(value) for key, value in yaml.safe_load(TOPICS.read_text())["view_log"]["config"].items()}
    topic = f"retention_{uuid.uuid4().hex[:8]}"
    admin = AdminClient(servers)
    admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(30)
    producer = Producer(servers)
    for minutes in (10, 1, 0):
        producer.produce(topic, b"x", partition=0, timestamp=int((time.time() - 60 * minutes) * 1000))
        assert producer.flush(30) == 0
    consumer = Consumer({**servers, "group.id": "test"})
    oldest = lambda: consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[0]  # noqa: E731
    wait_until(lambda: oldest() > 0, "Kafka to delete a message ten minutes old", 90)
    assert oldest() == 1
    consumer.close()


def test_kafka_that_does_not_answer() -> None:
    done = python("jobs.topics", KAFKA_BOOTSTRAP_SERVERS="localhost:1")
    assert done.returncode == 1
    assert done.stderr.startswith("error: Kafka at localhost:1 did not create topic 'banner_events'")


def test_a_pipeline_that_does_not_exist() -> None:
    done = python("jobs.topics", "no_such_pipeline")
    assert done.returncode == 1
    assert "There are: page_stats, view_report" in done.stderr
