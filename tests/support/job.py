"""A running pipeline of its own: its topic, its DATA_DIR."""

import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

import requests
import yaml
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from local.flink import conf_dir
from local.waiting import wait_until
from tests.support import commands, reading

# A message that every pipeline rejects whatever decodes it, and that moves no watermark.
SENTINEL = b'{"sentinel": "all before me has been read"}'
PARTITIONS = 4
PARALLELISM = "parallelism.default"
MAX_MESSAGE_BYTES = 20_000_000


class Job:
    """One pipeline over one topic, its own or, with `topic`, that of another."""

    def __init__(
        self, cluster: Cluster, folder: Path, pipeline: str, topic_variable: str, topic: str | None = None
    ) -> None:
        """`topic_variable`: what the pipeline's SQL calls the name of its topic."""
        self.cluster = cluster
        self.data = folder
        self.pipeline = pipeline
        self.topic = topic or f"{pipeline}_{uuid.uuid4().hex[:8]}"
        self.job_id = ""
        self.parallelism = int(yaml.safe_load((conf_dir(cluster.folder) / "config.yaml").read_text())[PARALLELISM])
        # (partition, offset) of the sentinels
        self.sentinels: set[tuple[int, int]] = set()
        self._topic_variable = topic_variable
        servers = {"bootstrap.servers": cluster.bootstrap_servers}
        self._producer = Producer({**servers, "linger.ms": 0, "log_level": 0, "message.max.bytes": MAX_MESSAGE_BYTES})
        self._one_sender = threading.Lock()
        if not topic:
            new = NewTopic(self.topic, PARTITIONS, 1, config={"max.message.bytes": str(MAX_MESSAGE_BYTES)})
            admin = AdminClient(servers)
            admin.create_topics([new])[self.topic].result(30)

    @property
    def environment(self) -> dict[str, str]:
        """What a submission needs."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.bootstrap_servers,
            "DATA_DIR": f"file://{self.data}",
            self._topic_variable: self.topic,
            "FLINK_CONF_DIR": str(conf_dir(self.cluster.folder)),
        }

    def submit(self, pipeline: str = "", **variables: str) -> None:
        """Submit the pipeline, or one in another folder, and wait until all tasks run."""
        done = commands.submit(pipeline or str(PIPELINES / self.pipeline), **{**self.environment, **variables})
        self.submitted(done)

    def upgrade(self, parallelism: int, **variables: str) -> None:
        """Stop with a savepoint and go on from it with another parallelism, by the one command that people type."""
        environment = {**self.environment, "FLINK_CONF_DIR": self.conf_with({PARALLELISM: parallelism}), **variables}
        done = commands.python("jobs.submit", self.pipeline, "--upgrade", **environment)
        self.submitted(done)
        self.parallelism = parallelism

    def conf_with(self, changes: Mapping[str, object]) -> str:
        """A copy of the cluster's FLINK_CONF_DIR with other settings; None takes one away."""
        conf = self.data / "other-flink-conf"
        shutil.copytree(conf_dir(self.cluster.folder), conf, dirs_exist_ok=True)
        settings = {**yaml.safe_load((conf / "config.yaml").read_text()), **changes}
        settings = {name: value for name, value in settings.items() if value is not None}
        (conf / "config.yaml").write_text(yaml.safe_dump(settings, width=10_000))
        return str(conf)

    def submitted(self, done: subprocess.CompletedProcess[str]) -> None:
        """What a launcher submitted is this stream's job from now on; wait until all its tasks run."""
        assert done.returncode == 0, done.stderr
        self.job_id = done.stdout.rsplit("/", 1)[1].strip()
        self.wait_until_running()

    def checkpoints(self, state: str = "completed") -> int:
        """How many checkpoints of the present job have come to this state."""
        return self.get(f"jobs/{self.job_id}/checkpoints")["counts"][state]

    def restarts(self) -> int:
        """How often the present job has been restarted."""
        return sum(int(metric["value"]) for metric in self.get(f"jobs/{self.job_id}/metrics?get=numRestarts"))

    def wait_until_running(self) -> None:
        wait_until(self._all_running, f"all tasks of job {self.job_id} to run", 60, hint=self.why)

    def cancel(self) -> None:
        """Stop the job, where it runs, so that its slots are free."""
        if not self.job_id or self._job()["state"] == "CANCELED":
            return
        requests.patch(f"{self.cluster.web_ui}/jobs/{self.job_id}", timeout=10).raise_for_status()
        wait_until(lambda: self._job()["state"] == "CANCELED", f"job {self.job_id} to be cancelled", 60)

    def send(self, messages: Iterable[tuple[int, bytes | None]]) -> None:
        """Send (partition, message) in this order and wait for Kafka's word on each."""
        failed: list[str] = []

        def delivered(error, message) -> None:
            if error:
                failed.append(str(error))
            elif message.value() == SENTINEL:
                self.sentinels.add((message.partition(), message.offset()))
            else:
                self.delivered(message.partition(), message.offset(), message.timestamp()[1], message.value())

        # Callbacks run in whatever thread flushes: one at a time, so that all have run when this method returns.
        with self._one_sender:
            for partition, message in messages:
                while True:
                    try:
                        self._producer.produce(self.topic, message, partition=partition, on_delivery=delivered)
                        break
                    except BufferError:
                        self._producer.poll(0.1)
            assert self._producer.flush(60) == 0, "Kafka did not confirm all messages in 60 s"
        assert not failed, failed[:3]

    def delivered(self, partition: int, offset: int, kafka_ms: int, value: bytes | None) -> None:
        """Called for each message that Kafka has taken, sentinels left out."""

    def wait_until_read(self, partitions: Iterable[int], seconds: float) -> None:
        """Wait until the job has read all that was sent: until a sentinel behind it in each partition is rejected."""
        before = set(self.sentinels)
        self.send((p, SENTINEL) for p in partitions)
        sent = self.sentinels - before

        def read() -> bool:
            rows = reading.rejected(self.data, self.topic)
            return sent <= {(row["kafka_partition"], row["kafka_offset"]) for row in rows}

        wait_until(read, f"the job to read all of {self.topic}", seconds, hint=self.why)

    def why(self) -> str:
        """The job's state and its latest exception, for the message of a failed wait."""
        exceptions = self.get(f"jobs/{self.job_id}/exceptions")["exceptionHistory"]["entries"]
        if not exceptions:
            return f"Job {self._job()['state']}; no exceptions"
        trace = exceptions[0]["stacktrace"]
        return f"Job {self._job()['state']}; {trace[:300]} ... {trace[max(trace.rfind('Caused by'), 300) :][:1500]}"

    def _all_running(self) -> bool:
        vertices = self._job()["vertices"]
        return bool(vertices) and all(vertex["status"] == "RUNNING" for vertex in vertices)

    def _job(self) -> dict:
        return self.get(f"jobs/{self.job_id}")

    def get(self, path: str) -> dict:
        """The answer of Flink's REST API."""
        return get_json(f"{self.cluster.web_ui}/{path}")


def get_json(url: str) -> dict:
    """The answer of Flink's REST API."""
    response = requests.get(url, timeout=10)
    response.raise_for_status()
    return response.json()
