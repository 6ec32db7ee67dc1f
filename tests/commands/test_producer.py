"""The producer against real Kafka: complete, fast, and loud when something was not delivered."""

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from local.cluster import Cluster
from local.kafka import kafka_server, prepare
from local.server import free_port
from local.waiting import wait_until
from tests.conftest import Figures
from tests.support.commands import REPO, python


def new_topic(cluster: Cluster, **config: str) -> str:
    name = f"producer_{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    admin.create_topics([NewTopic(name, 4, 1, config=config)])[name].result(30)
    return name


def contents(cluster: Cluster, topic: str) -> dict[int, list[bytes]]:
    """All messages of a topic, by partition."""
    consumer = Consumer(
        {"bootstrap.servers": cluster.bootstrap_servers, "group.id": "test", "enable.auto.commit": False}
    )
    found: dict[int, list[bytes]] = {}
    for partition in range(4):
        at = TopicPartition(topic, partition, 0)
        _, end = consumer.get_watermark_offsets(at, timeout=10)
        consumer.assign([at])
        found[partition] = []
        while len(found[partition]) < end:
            batch = consumer.consume(min(1000, end - len(found[partition])), timeout=10)
            assert batch, f"only {len(found[partition])} of {end} messages could be read in 10 s"
            found[partition] += [m.value() for m in batch]
    consumer.close()
    return found


@pytest.mark.parametrize(
    "events", [["view-log", "--unknown-campaign", "0.1"], ["user-actions", "--missing", "0.1"]], ids=lambda e: e[0]
)
def test_what_arrives_is_what_was_sent_and_the_same_again(cluster: Cluster, folder: Path, events: list[str]) -> None:
    arrived = []
    for _ in range(2):
        topic = new_topic(cluster)
        done = python(
            *("producer", *events, "--count", "2500", "--rate", "100000", "--seed", "5", "--start", "1795363620000"),
            *("--late", "0.1", "--malformed", "0.1", "--topic", topic),
            *("--bootstrap-servers", cluster.bootstrap_servers, "--copy-to", str(folder / topic)),
        )
        assert done.returncode == 0, done.stderr
        assert "2,500 events delivered" in done.stderr
        assert "\r" not in done.stderr, "a progress bar is for terminals"
        by_partition = contents(cluster, topic)
        copied = [json.loads(line) for line in (folder / topic).read_text().splitlines()]
        for partition, messages in by_partition.items():
            assert [c["value"].encode() for c in copied if c["partition"] == partition] == messages
            assert len(messages) == 625
        arrived.append(by_partition)
    assert arrived[0] == arrived[1]


def test_banner_events_are_the_same_in_kafka_and_in_hourly_files(cluster: Cluster, folder: Path) -> None:
    topic = new_topic(cluster)
    events = ["banner-events", "--count", "2500", "--rate", "0.3", "--start", "1795363620000", "--malformed", "0.1"]
    done = python("producer", *events, "--topic", topic, KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
    assert done.returncode == 0, done.stderr
    done = python("producer", *events, "--files", str(folder))
    assert done.returncode == 0, done.stderr
    assert "2,500 events in 2 hourly files" in done.stdout
    lines = [line for file in folder.iterdir() for line in file.read_bytes().splitlines()]
    assert sorted(lines) == sorted(m for messages in contents(cluster, topic).values() for m in messages)
    done = python("producer", "banner-events", "--files", str(folder))
    assert done.returncode == 1
    assert "error: Files need an end: say --count or --duration." in done.stderr


def test_only_the_partitions_that_were_asked_for(cluster: Cluster) -> None:
    topic = new_topic(cluster)
    arguments = ["view-log", "--count", "100", "--partitions", "0,3", "--topic", topic]
    done = python("producer", *arguments, KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
    assert done.returncode == 0, done.stderr
    assert {p: len(m) for p, m in contents(cluster, topic).items()} == {0: 50, 1: 0, 2: 0, 3: 50}


def test_a_message_that_kafka_refuses_is_counted_and_makes_the_exit_code_1(cluster: Cluster) -> None:
    topic = new_topic(cluster, **{"max.message.bytes": "100"})
    arguments = ["view-log", "--count", "50", "--rate", "10000", "--topic", topic]
    done = python("producer", *arguments, KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
    assert done.returncode == 1
    assert "error: 50 events were not delivered" in done.stderr


def test_kafka_that_does_not_answer_and_a_topic_that_is_not_there(cluster: Cluster) -> None:
    done = python("producer", "view-log", "--count", "1", "--bootstrap-servers", "localhost:1")
    assert done.returncode == 1
    assert "error: Kafka does not answer at localhost:1" in done.stderr
    arguments = ["view-log", "--count", "1", "--topic", "no_such_topic"]
    done = python("producer", *arguments, KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
    assert done.returncode == 1
    assert "has no topic 'no_such_topic'" in done.stderr


def test_asked_to_end_while_kafka_is_gone_it_ends_and_says_what_is_missing(folder: Path) -> None:
    """As `docker-compose stop` may have it: whoever is asked to end has ten seconds."""
    ports = free_port(), free_port()
    prepare(folder, *ports)
    kafka = kafka_server(folder, *ports)
    kafka.start()
    try:
        kafka.wait_until_ready()
        kafka_at = f"localhost:{ports[0]}"
        admin = AdminClient({"bootstrap.servers": kafka_at})
        admin.create_topics([NewTopic("view_log", 2, 1)])["view_log"].result(30)
        command = [sys.executable, "-m", "producer", "view-log", "--bootstrap-servers", kafka_at]
        # More than the client's queue holds, as soon as nobody takes it.
        command += ["--rate", "1000000", "--history", "1h"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=REPO) as producer:
            data = folder / "kafka-data"
            try:
                wait_until(lambda: any(f.stat().st_size for f in data.glob("view_log-*/*.log")), "first messages", 30)
                kafka.process().kill()
                producer.terminate()
                _, printed = producer.communicate(timeout=10)
            finally:
                producer.kill()
        assert producer.returncode == 1
        lost = re.search(r"error: (\d+) events were not delivered", printed)
        assert lost, printed
        assert int(lost[1]) > 0
    finally:
        kafka.stop()


def test_half_a_million_events_at_more_than_100000_a_second(cluster: Cluster, figures: Figures) -> None:
    topic = new_topic(cluster)
    arguments = ["view-log", "--count", "500000", "--rate", "500000", "--history", "60", "--topic", topic]
    done = python("producer", *arguments, KAFKA_BOOTSTRAP_SERVERS=cluster.bootstrap_servers)
    assert done.returncode == 0, done.stderr
    rate = re.search(r"\(([\d,]+) events/s\)", done.stderr)
    assert rate
    figures.add(f"producer: {rate[1]} events/s")
    assert int(rate[1].replace(",", "")) > 100_000


def test_a_campaigns_file(folder: Path) -> None:
    for header in ([], ["--no-header"]):
        file = folder / f"campaigns{len(header)}.csv"
        done = python("producer", "campaigns", str(file), "--count", "500", "--networks", "3", *header)
        assert done.returncode == 0, done.stderr
        lines = file.read_text().splitlines()
        assert (lines[0] == "campaign_id,network_id") == (not header)
        rows = [tuple(map(int, line.split(","))) for line in lines[not header :]]
        assert [campaign for campaign, _ in rows] == list(range(1, 501))
        assert {network for _, network in rows} == {1, 2, 3}
