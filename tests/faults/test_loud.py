"""What no pipeline can mend is said aloud: messages that Kafka deleted unread, and a checkpoint that is too old."""

import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from local.waiting import wait_until
from tests.conftest import Figures
from tests.faults.conftest import CAMPAIGNS
from tests.faults.faults import kill, restart
from tests.faults.traffic import Traffic
from tests.support import commands, reading, topic
from tests.support.stream import PARTITIONS, Stream, view


@pytest.fixture
def running(battered_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    """A stream of this test's own."""
    csv = "".join(f"{c},{n}\n" for c, n in CAMPAIGNS.items())
    stream = Stream(battered_cluster, tmp_path_factory.mktemp("loud"), csv, datetime(2026, 11, 1))
    stream.submit()
    yield stream
    stream.cancel()


def some_minutes(stream: Stream, seed: int) -> None:
    """Traffic until one more minute is finished, and all of it processed."""
    traffic = Traffic(stream, seed, max(CAMPAIGNS))
    traffic.flow()
    until = stream.now_ms + 80_000
    wait_until(lambda: stream.now_ms > until, "a minute of traffic", 60)
    traffic.pause()
    stream.finish_minutes()


def keep_for(stream: Stream, milliseconds: int) -> None:
    """Set how long Kafka keeps the stream's messages."""
    resource = ConfigResource(ResourceType.TOPIC, stream.topic)
    for name in ("retention.ms", "segment.ms"):
        resource.add_incremental_config(
            ConfigEntry(name, str(milliseconds), incremental_operation=AlterConfigOpType.SET)
        )
    admin = AdminClient({"bootstrap.servers": stream.cluster.bootstrap_servers})
    admin.incremental_alter_configs([resource])[resource].result(30)


def bounds(stream: Stream) -> dict[int, tuple[int, int]]:
    """Partition -> (first offset that Kafka still has, next offset)."""
    consumer = Consumer({"bootstrap.servers": stream.cluster.bootstrap_servers, "group.id": "bounds", "log_level": 0})
    try:
        return {
            p: consumer.get_watermark_offsets(TopicPartition(stream.topic, p), timeout=10, cached=False)
            for p in range(PARTITIONS)
        }
    finally:
        consumer.close()


def audit(stream: Stream) -> tuple[int, str]:
    done = commands.python("jobs.audit", "view_report", **stream.environment)
    return done.returncode, done.stdout


def test_retention_outlasted(running: Stream, figures: Figures) -> None:
    """The job comes back by itself; what Kafka had deleted is named, and nothing pretends to be complete."""
    some_minutes(running, 1)
    earlier = topic.read(running.cluster.bootstrap_servers, running.topic)
    assert audit(running)[0] == 0

    flink = running.cluster.job_manager, running.cluster.task_manager
    kill(*flink)
    read_to = {partition: end for partition, (_, end) in bounds(running).items()}
    traffic = Traffic(running, 2, max(CAMPAIGNS))
    traffic.flow()
    until = running.now_ms + 60_000
    wait_until(lambda: running.now_ms > until, "a minute of traffic that nobody reads", 60)
    traffic.pause()
    keep_for(running, 1_000)
    wait_until(
        lambda: all(first > read_to[p] for p, (first, _) in bounds(running).items()), "Kafka to delete messages", 90
    )
    keep_for(running, 3_600_000)
    first_kept = {partition: first for partition, (first, _) in bounds(running).items()}

    restart(*flink)
    some_minutes(running, 3)
    lost = {(p, offset) for p in read_to for offset in range(read_to[p], first_kept[p])}
    found = running.account(CAMPAIGNS, earlier=earlier, lost=lost)
    assert not found, "\n".join(found[:20])

    code, screen = audit(running)
    assert code == 1
    for partition in range(PARTITIONS):
        first, last = read_to[partition], first_kept[partition] - 1
        assert f"LOST: offsets {first:,} to {last:,} of partition {partition}, {last - first + 1:,} messages" in screen
    assert f"NOT complete: {len(lost):,} messages were lost in Kafka" in screen
    figures.add(f"retention outlasted: {len(lost):,} messages lost in Kafka, all named by the audit")


def test_an_older_checkpoint_is_noticed(running: Stream) -> None:
    some_minutes(running, 4)
    done = commands.python("jobs.submit", "view_report", "--upgrade", **running.environment)
    assert done.returncode == 0, done.stderr
    (savepoint,) = re.findall(r"goes on from (\S.*)", done.stdout)
    running.submitted(done)
    some_minutes(running, 5)
    assert audit(running)[0] == 0
    assert not running.account(CAMPAIGNS)

    running.cancel()
    done = commands.python("jobs.submit", "view_report", "--from", savepoint, **running.environment)
    running.submitted(done)
    some_minutes(running, 6)
    code, screen = audit(running)
    assert code == 1
    assert "an older checkpoint restored, or two copies?" in screen
    assert "NOT in order" in screen
    assert any(line.startswith("doubled") for line in running.account(CAMPAIGNS))


def test_a_savepoint_that_does_not_exist(running: Stream) -> None:
    running.cancel()
    done = commands.python("jobs.submit", "view_report", "--from", "/no/such/savepoint", **running.environment)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "no savepoint or checkpoint at /no/such/savepoint" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_upgrade_that_the_state_does_not_fit(running: Stream, folder: Path) -> None:
    """The message says how to go back, and the JobManager outlives being killed after it."""
    some_minutes(running, 9)
    other = shutil.copytree(PIPELINES / "view_report", folder / "view_report")
    (other / "5_late.sql").unlink()
    done = commands.python("jobs.submit", str(other), "--upgrade", **running.environment)
    assert done.returncode == 1
    assert "Cannot map checkpoint/savepoint state" in done.stderr
    assert "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true'" in done.stderr
    assert len(done.stderr.splitlines()) <= 4, done.stderr
    (savepoint,) = re.findall(r"with --from (.+)\.$", done.stderr.strip())

    kill(running.cluster.job_manager)
    restart(running.cluster.job_manager)
    done = commands.python("jobs.submit", "view_report", "--from", savepoint, **running.environment)
    running.submitted(done)
    some_minutes(running, 10)
    found = running.account(CAMPAIGNS)
    assert not found, "\n".join(found[:20])


def test_an_upgrade_of_what_does_not_run(running: Stream) -> None:
    running.cancel()
    done = commands.python("jobs.submit", "view_report", "--upgrade", **running.environment)
    assert done.returncode == 1
    assert "view_report does not run" in done.stderr
    assert "--from" in done.stderr


def test_new_campaigns_survive_a_failover(running: Stream) -> None:
    running.add_campaigns("more.csv", "1,77\n", running.now_ms)
    begin = running.now_ms

    def networks_of_one() -> set[int | None]:
        return {row.network_id for row in running.rows(begin) if row.campaign_id == 1}

    def in_force() -> bool:
        some_minutes(running, 7)
        return 77 in networks_of_one()

    wait_until(in_force, "the new file to take effect", 90)
    flink = running.cluster.job_manager, running.cluster.task_manager
    kill(*flink)
    restart(*flink)
    begin = running.now_ms
    some_minutes(running, 8)
    assert networks_of_one() == {77}


def test_an_outage_of_the_broker_is_not_silence(battered_cluster: Cluster, folder: Path, figures: Figures) -> None:
    """Views go on while Kafka is down for four times as long as a silence takes; none of them is late afterwards."""
    csv = "".join(f"{c},{n}\n" for c, n in CAMPAIGNS.items())
    # A minute ends in the middle of the outage.
    begin = datetime(2026, 11, 2, 11, 59, 40)
    stream = Stream(battered_cluster, folder, csv, begin)
    kafka = battered_cluster.kafka
    base = stream.now_ms

    def views() -> Iterator[tuple[int, bytes]]:
        """At the pace of the clock: ten seconds with Kafka, twenty without, ten with."""
        for tenth in range(400):
            if tenth == 100:
                kill(kafka)
            if tenth == 300:
                restart(kafka)
            for partition in range(PARTITIONS):
                yield partition, view(partition + 1, base + 100 * tenth, 10)
            time.sleep(0.1)

    try:
        stream.submit(VIEW_LOG_SILENCE_AFTER="5 s")
        stream.send(views())
        stream.now_ms = base + 60_000
        stream.finish_minutes()
        found = stream.account(CAMPAIGNS)
        assert not found, "\n".join(found[:20])
        assert not reading.late(stream.data, stream.topic)
        assert sum(row.total_count for row in stream.rows()) == 400 * PARTITIONS
    finally:
        stream.cancel()
    figures.add("outage: 20 s without a broker, silence after 5 s: none of 1,600 views is late")
