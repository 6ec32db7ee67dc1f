"""A running view_report of its own: its topic, its DATA_DIR, its event time."""

import json
import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import requests
import yaml
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from jobs.pipeline import PIPELINES
from local.cluster import Cluster
from local.flink import conf_dir
from local.waiting import wait_until
from tests.support import account, commands, oracle, reading
from tests.support import topic as topics

EPOCH = datetime(1970, 1, 1)
# A campaign that no test uses otherwise: its events only move the watermark.
MARKER = 2_147_483_647
# A message that is rejected whatever decodes it, and moves no watermark.
SENTINEL = b'{"sentinel": "all before me has been read"}'
PARTITIONS = 4
MAX_MESSAGE_BYTES = 20_000_000


def view(campaign: int, end_ms: int, duration_ms: int, **more: object) -> bytes:
    """A message as producers send it; times in milliseconds since 1970."""
    event = {
        "view_id": uuid.uuid4().hex,
        "start_timestamp": text(end_ms - duration_ms),
        "end_timestamp": text(end_ms),
        "banner_id": 7,
        "campaign_id": campaign,
    }
    return json.dumps({**event, **more}).encode()


def text(epoch_ms: int) -> str:
    """YYYY-MM-DD HH:MM:SS.mmm, UTC."""
    return (EPOCH + timedelta(milliseconds=epoch_ms)).isoformat(" ", "milliseconds")


class Stream:
    """One pipeline over one topic. Event time starts at `begin` and only goes forward.

    With `beside`, it reads that stream's topic and goes on with its event time.
    """

    def __init__(
        self, cluster: Cluster, folder: Path, campaigns_csv: str, begin: datetime, beside: "Stream | None" = None
    ) -> None:
        self.cluster = cluster
        self.data = folder
        self.report = folder / "view_report"
        self.topic = beside.topic if beside else f"view_log_{uuid.uuid4().hex[:8]}"
        self.job_id = ""
        # (partition, offset) -> message, of everything but markers and sentinels
        self.sent: dict[tuple[int, int], bytes | None] = {}
        # (partition, offset) -> Kafka's timestamp of it, milliseconds
        self.kafka_ms: dict[tuple[int, int], int] = {}
        # (partition, offset) of the sentinels
        self.sentinels: set[tuple[int, int]] = set()
        self.now_ms = beside.now_ms if beside else round((begin - EPOCH).total_seconds() * 1000)
        (folder / "campaigns").mkdir(parents=True)
        (folder / "campaigns" / "campaigns.csv").write_text(campaigns_csv)
        servers = {"bootstrap.servers": cluster.bootstrap_servers}
        self._producer = Producer({**servers, "linger.ms": 0, "log_level": 0, "message.max.bytes": MAX_MESSAGE_BYTES})
        self._one_sender = threading.Lock()
        self._awake = threading.Event()
        if not beside:
            topic = NewTopic(self.topic, PARTITIONS, 1, config={"max.message.bytes": str(MAX_MESSAGE_BYTES)})
            admin = AdminClient(servers)
            admin.create_topics([topic])[self.topic].result(30)

    @property
    def environment(self) -> dict[str, str]:
        """What a submission needs."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.bootstrap_servers,
            "DATA_DIR": f"file://{self.data}",
            "VIEW_LOG_TOPIC": self.topic,
            "FLINK_CONF_DIR": str(conf_dir(self.cluster.folder)),
        }

    def submit(self, pipeline: str = str(PIPELINES / "view_report"), **variables: str) -> None:
        """Submit and wait until all tasks run."""
        done = commands.submit(pipeline, **{**self.environment, **variables})
        self.submitted(done)

    def upgrade(self, parallelism: int) -> None:
        """Stop with a savepoint and go on from it with another parallelism, by the one command that people type."""
        environment = {**self.environment, "FLINK_CONF_DIR": self.conf_with({"parallelism.default": parallelism})}
        done = commands.python("jobs.submit", "view_report", "--upgrade", **environment)
        self.submitted(done)

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
        self.rest_at_partitions()
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
            elif f'"campaign_id": {MARKER}' not in str(message.value()):
                self.sent[message.partition(), message.offset()] = message.value()
                self.kafka_ms[message.partition(), message.offset()] = message.timestamp()[1]

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

    def add_campaigns(self, name: str, csv: str, valid_from_ms: int) -> None:
        """Put a file with more campaigns into the folder: written elsewhere, with this modification time, and moved."""
        file = self.data / name
        file.write_text(csv)
        os.utime(file, (valid_from_ms / 1000, valid_from_ms / 1000))
        file.rename(self.data / "campaigns" / name)

    def finish_minutes(self, partitions: Iterable[int] = range(PARTITIONS), seconds: float = 60) -> None:
        """Move event time on until all that was sent so far is final, and wait until it can be read.

        First all of it must have been read: real traffic moves in small steps, but a marker is a jump of minutes, and
        one partition's must not close the minutes of another that was idle and has not been read yet. Then a marker
        event four minutes later closes the window of one two minutes later, whose _SUCCESS tells that all before it
        is there.
        """
        partitions = list(partitions)
        self.wait_until_read(partitions, seconds)
        base = self.now_ms
        first, second = base + 120_000, base + 240_000
        self.send((p, view(MARKER, first, 0)) for p in partitions)
        self.send((p, view(MARKER, second, 0)) for p in partitions)
        self.now_ms = second
        minute = EPOCH + timedelta(minutes=first // 60_000)
        wait_until(
            lambda: minute in reading.complete_minutes(self.report),
            f"_SUCCESS of minute {minute} in {self.report}",
            seconds,
            every_seconds=0.05,
            hint=self.why,
        )

    def wait_until_read(self, partitions: Iterable[int], seconds: float) -> None:
        """Wait until the job has read all that was sent: until a sentinel behind it in each partition is rejected."""
        before = set(self.sentinels)
        self.send((p, SENTINEL) for p in partitions)
        sent = self.sentinels - before

        def read() -> bool:
            rows = reading.rejected(self.data, self.topic)
            return sent <= {(row["kafka_partition"], row["kafka_offset"]) for row in rows}

        wait_until(read, f"the job to read all of {self.topic}", seconds, hint=self.why)

    def rows(self, since_ms: int = 0) -> list[reading.Row]:
        """The report's rows from `since_ms` on, markers left out."""
        since = EPOCH + timedelta(milliseconds=since_ms)
        return [r for r in reading.rows(self.report) if r.campaign_id != MARKER and r.minute >= since]

    def account(
        self,
        networks: Mapping[int, int],
        earlier: Iterable[oracle.Message] = (),
        lost: Iterable[tuple[int, int]] = (),
        finished_ms: int | None = None,
    ) -> list[str]:
        """Every disagreement between what is there and what must become of all that the topic holds.

        Call it after finish_minutes(), whose last markers are left out: their minute is not over. `earlier`: messages
        that were read and are no longer in the topic; `lost`: (partition, offset) of those that could not be read.
        `finished_ms`: hours and days that ended until then must be there, where finish_minutes() was not called.
        """
        messages = topics.read(self.cluster.bootstrap_servers, self.topic)
        known = {(message.partition, message.offset) for message in messages}
        gone = [message for message in earlier if (message.partition, message.offset) not in known]
        messages = [*gone, *messages]
        open_minute = self.now_ms // 60_000
        if finished_ms is None:
            # What the first marker of finish_minutes() was in: its end is the last that was waited for.
            finished_ms = (self.now_ms - 120_000) // 60_000 * 60_000
        verdicts = ((message, oracle.judge(message.value, message.kafka_ms)) for message in messages)
        finished = [
            message
            for message, verdict in verdicts
            if not isinstance(verdict, oracle.View) or verdict.end_ms // 60_000 < open_minute
        ]
        return account.differences(self.data, self.topic, finished, networks, finished_ms, lost)

    def keep_awake(self) -> None:
        """Send a marker at the present event time to every partition, every two seconds, until rest_at_partitions().

        Kafka's partitions are otherwise quiet between two tests, and after a while the pipeline says so in them.
        """
        self._awake.clear()
        threading.Thread(target=self._stay_awake, daemon=True).start()

    def rest_at_partitions(self) -> None:
        self._awake.set()

    def why(self) -> str:
        """The job's state and its latest exception, for the message of a failed wait."""
        exceptions = self.get(f"jobs/{self.job_id}/exceptions")["exceptionHistory"]["entries"]
        if not exceptions:
            return f"Job {self._job()['state']}; no exceptions"
        trace = exceptions[0]["stacktrace"]
        return f"Job {self._job()['state']}; {trace[:300]} ... {trace[max(trace.rfind('Caused by'), 300) :][:1500]}"

    def _stay_awake(self) -> None:
        while not self._awake.wait(2):
            self.send((p, view(MARKER, self.now_ms, 0)) for p in range(PARTITIONS))

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


def wait_for_silence(seconds: float) -> None:
    """Let `seconds` of wall-clock time pass: silence is the one condition that only time makes."""
    time.sleep(seconds)
