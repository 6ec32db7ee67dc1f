"""How this project's Python programs reach Kafka: the same file of client properties that Kafka's own tools take.

KAFKA_CLIENT_PROPERTIES names it, where Kafka wants TLS or a password; without it, nothing is encrypted.
"""

import os
import re
from pathlib import Path

from jobs.pipeline import JobError

_SETTING = re.compile(r"^\s*([\w.]+)\s*[=:]\s*(.*?)\s*$")
_LOGIN = re.compile(r'username="([^"]*)"\s+password="([^"]*)"')
_AS_THEY_ARE = {"security.protocol", "sasl.mechanism", "ssl.endpoint.identification.algorithm"}


def kafka_client(bootstrap_servers: str) -> dict[str, object]:
    """The settings of a confluent_kafka client. Raises JobError for a file that cannot be read or understood."""
    file = os.environ.get("KAFKA_CLIENT_PROPERTIES")
    return {"bootstrap.servers": bootstrap_servers, **(_translated(Path(file)) if file else {})}


def _translated(file: Path) -> dict[str, object]:
    """Kafka's names and forms of settings as librdkafka knows them."""
    try:
        lines = file.read_text().splitlines()
    except OSError as e:
        raise JobError(f"KAFKA_CLIENT_PROPERTIES names {file}, which cannot be read: {e.strerror}.") from e
    matches = (_SETTING.match(line) for line in lines if line.lstrip()[:1] != "#")
    given = dict(found.groups() for found in matches if found)
    settings: dict[str, object] = {name: given.pop(name) for name in _AS_THEY_ARE & given.keys()}
    if login := given.pop("sasl.jaas.config", None):
        found = _LOGIN.search(login)
        if not found:
            raise JobError(f'{file}: sasl.jaas.config is understood with username="..." password="..." only.')
        settings |= {"sasl.username": found[1], "sasl.password": found[2]}
    if given.pop("ssl.truststore.type", "PEM") == "PEM" and (trusted := given.pop("ssl.truststore.location", None)):
        settings["ssl.ca.location"] = trusted
    if given:
        raise JobError(
            f"{file}: {', '.join(sorted(given))} is not understood. Known are {', '.join(sorted(_AS_THEY_ARE))}, "
            "sasl.jaas.config, and ssl.truststore.location with ssl.truststore.type=PEM."
        )
    return settings
