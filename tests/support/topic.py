"""Reading a whole topic back, as the oracle needs it."""

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.support.oracle import Message


def read(bootstrap_servers: str, topic: str, seconds: float = 120) -> list[Message]:
    """Every message that Kafka still has, by offset within each partition; fails when that takes too long."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "oracle",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": False,
            "log_level": 0,
        }
    )
    deadline = time.monotonic() + seconds
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {}
        for number in partitions:
            first, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            if end > first:
                ends[number] = end
        consumer.assign([TopicPartition(topic, number, 0) for number in ends])
        read_to = dict.fromkeys(ends, -1)
        messages: list[Message] = []
        while any(read_to[number] < end - 1 for number, end in ends.items()):
            assert time.monotonic() < deadline, f"{topic} could not be read back in {seconds} s: {read_to} of {ends}"
            for message in consumer.consume(10_000, timeout=0.5):
                if message.error():
                    raise KafkaException(message.error())
                read_to[message.partition()] = message.offset()
                if message.offset() < ends[message.partition()]:
                    messages.append(
                        Message(message.partition(), message.offset(), message.timestamp()[1], message.value())
                    )
        return messages
    finally:
        consumer.close()
