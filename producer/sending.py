"""Sending blocks of events to Kafka, paced by their push times, with every event accounted for."""

import json
import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from tqdm import tqdm

from jobs.kafka_client import kafka_client

_ANSWER_SECONDS = 10
_FLUSH_SECONDS = 120
# What is asked to end is killed after a while: Docker waits 10 s.
_LAST_FLUSH_SECONDS = 5
_LOG_EVERY_SECONDS = 10

log = logging.getLogger("producer")


class ProducerError(Exception):
    """What a person has to know and do, in one sentence."""


@dataclass(frozen=True)
class Block:
    """Messages in the order they are pushed; due when the last of them is, in seconds since 1970."""

    values: list[bytes]
    due_seconds: float
    # Position in `values` -> which fault was put there on purpose.
    faults: dict[int, str] = field(default_factory=dict)


def send(
    blocks: Iterator[Block],
    total: int | None,
    topic: str,
    bootstrap_servers: str,
    partitions: list[int] | None,
    copy_to: Path | None,
) -> int:
    """Send all blocks, none before it is due, spread over the partitions in turn.

    A full queue waits. Returns 0 when Kafka confirmed every message, 1 otherwise. SIGINT and SIGTERM end it early and
    properly: what was queued gets a few seconds more, and what Kafka has not confirmed then is counted as not
    delivered. Raises ProducerError when Kafka or the topic is not there.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    producer = Producer(
        {
            **kafka_client(bootstrap_servers),
            # Retries neither lose, double nor reorder messages.
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 20,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 200_000,
            # Only failures are worth a callback: whatever was queued, did not fail and is no longer in the queue has
            # been delivered.
            "delivery.report.only.error": True,
            "log_level": 3,
        }
    )
    chosen = partitions or _partitions(producer, topic, bootstrap_servers)
    failures = _Failures()
    stop = threading.Event()
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, lambda *_: stop.set())

    queued = 0
    began = logged = time.monotonic()
    with ExitStack() as stack:
        copy = stack.enter_context(copy_to.open("w")) if copy_to else None
        bar = stack.enter_context(tqdm(total=total, unit=" events", disable=None))
        for block in blocks:
            early = block.due_seconds - time.time()
            if early > 0:
                producer.poll(0)
                stop.wait(early)
            if stop.is_set():
                break
            for turn, partition in enumerate(chosen):
                _queue(producer, topic, partition, block.values[turn :: len(chosen)], failures, stop)
            if copy:
                _copy(copy, block, chosen)
            queued += len(block.values)
            bar.update(len(block.values))
            if bar.disable and time.monotonic() - logged > _LOG_EVERY_SECONDS:
                logged = time.monotonic()
                log.info("%s events sent", f"{queued:,}")
        unconfirmed = producer.flush(_LAST_FLUSH_SECONDS if stop.is_set() else _FLUSH_SECONDS)
    seconds = time.monotonic() - began
    lost = failures.count + unconfirmed
    log.info(
        "%s events delivered to %s in %.1f s (%s events/s), %d not delivered",
        f"{queued - lost:,}",
        topic,
        seconds,
        f"{(queued - lost) / seconds:,.0f}",
        lost,
    )
    if lost:
        log.error(
            "error: %d events were not delivered: %s", lost, failures.last or "Kafka did not confirm them in time"
        )
    return 1 if lost else 0


class _Failures:
    """Counts the messages that Kafka did not take."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def __call__(self, error, _message) -> None:
        if error:
            self.count += 1
            self.last = error.str()


def _partitions(producer: Producer, topic: str, bootstrap_servers: str) -> list[int]:
    try:
        metadata = producer.list_topics(topic, timeout=_ANSWER_SECONDS)
    except KafkaException as e:
        raise ProducerError(
            f"Kafka does not answer at {bootstrap_servers}: start it (`make up`) or set KAFKA_BOOTSTRAP_SERVERS."
        ) from e
    found = sorted(metadata.topics[topic].partitions)
    if not found:
        raise ProducerError(f"Kafka at {bootstrap_servers} has no topic '{topic}': see `python -m jobs.topics --help`.")
    return found


def _queue(
    producer: Producer, topic: str, partition: int, values: list[bytes], failures: _Failures, stop: threading.Event
) -> None:
    """Hand messages to the client; where its queue is full, wait until it has room, or `stop`: the rest has failed."""
    waiting = [{"value": value} for value in values]
    while waiting:
        producer.produce_batch(topic, waiting, partition=partition, on_delivery=failures)
        waiting = [{"value": m["value"]} for m in waiting if "_error" in m]
        producer.poll(0.05 if waiting else 0)
        if waiting and stop.is_set():
            failures.count += len(waiting)
            return


def _copy(out, block: Block, partitions: list[int]) -> None:
    for i, value in enumerate(block.values):
        row = {
            "value": value.decode(),
            "partition": partitions[i % len(partitions)],
            "fault": block.faults.get(i),
        }
        out.write(json.dumps(row) + "\n")
