"""Things that must say the same in two places, and commands that must explain themselves."""

import re
import xml.etree.ElementTree as ET

import pytest
import yaml

from jobs.pipeline import PIPELINES, pipeline_names
from tests.support.commands import REPO, python, run

MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}


def test_one_flink_version() -> None:
    pinned = re.search(r"^apache-flink==(\S+)$", (REPO / "requirements.txt").read_text(), re.M)
    assert pinned
    for pom in ("flink-conf", "formats", "connectors", "functions"):
        version = ET.parse(REPO / pom / "pom.xml").find("m:properties/m:flink.version", MAVEN)
        assert version is not None
        assert version.text == pinned[1], pom


def test_functions_are_built_against_the_sketches_they_run_with() -> None:
    built = ET.parse(REPO / "functions" / "pom.xml").find("m:properties/m:datasketches.version", MAVEN)
    run_with = [
        dependency.find("m:version", MAVEN)
        for dependency in ET.parse(REPO / "flink-conf" / "pom.xml").iterfind("m:dependencies/m:dependency", MAVEN)
        if dependency.find("m:artifactId", MAVEN).text == "datasketches-java"
    ]
    assert [version.text for version in run_with] == [built.text]


@pytest.mark.parametrize("pipeline", pipeline_names())
def test_a_pipelines_topics_keep_their_messages_as_short_as_they_say(pipeline: str) -> None:
    for name, topic in yaml.safe_load((PIPELINES / pipeline / "topics.yaml").read_text()).items():
        config = topic["config"]
        assert topic["partitions"] >= 4, name
        assert config["segment.ms"] < config["retention.ms"], f"{name}: an open segment is never deleted"


@pytest.mark.parametrize("pipeline", pipeline_names())
def test_every_sql_file_opens_with_what_it_is(pipeline: str) -> None:
    for file in (PIPELINES / pipeline).glob("*.sql"):
        assert file.read_text().startswith("-- ====="), file


@pytest.mark.parametrize("pipeline", pipeline_names())
def test_what_is_reported_is_what_is_not_noted(pipeline: str) -> None:
    (checked,) = (PIPELINES / pipeline).glob("1_*_checked.sql")
    text = " ".join(checked.read_text().split())
    reported = re.search(r"CREATE VIEW reported_\w+ AS SELECT [^;]*? FROM \w+ WHERE ([^;]*);", text)
    noted = re.search(r"\( ([^;]*) \) IS TRUE AS is_reported", text)
    assert reported
    assert noted
    assert reported[1] == noted[1]
    assert "NOT is_reported" in text


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (
            ["jobs.submit"],
            [
                "--explain",
                "--upgrade",
                "--from",
                "--batch",
                "--unless-running",
                "--jobmanager",
                "--verbose",
                "view_report",
            ],
        ),
        (["jobs.audit"], ["PIPELINE", "--jobmanager"]),
        (["jobs.topics"], ["PIPELINE"]),
        (["jobs.maintain"], ["PIPELINE", "--grace-minutes"]),
        (["dashboard.view_report"], ["--by", "--from", "--to", "--network", "--campaign", "--csv"]),
        (["bench.history"], ["FOLDER", "--days", "--minute-days", "--dashboard"]),
        (["local"], ["up", "down", "status", "install", "--kafka-port", "--folder"]),
        (["producer"], ["view-log", "banner-events", "user-actions", "campaigns"]),
        (["producer", "banner-events"], ["--rate", "--late", "--malformed", "--pages", "--bots", "--files", "--form"]),
        (["producer", "user-actions"], ["--rate", "--late", "--malformed", "--missing", "--users", "--products"]),
        (
            ["producer", "view-log"],
            [
                "--rate",
                "--count",
                "--duration",
                "--history",
                "--seed",
                "--campaigns",
                "--max-delay",
                "--late",
                "--malformed",
                "--unknown-campaign",
                "--topic",
                "--partitions",
                "--start",
                "--copy-to",
                "--bootstrap-servers",
            ],
        ),
        (["producer", "campaigns"], ["--count", "--networks", "--seed", "--no-header"]),
        (["demo"], ["--folder"]),
        (["bench.pipeline"], ["--events", "--rounds", "--malformed", "--variants"]),
        (["bench.visitors"], ["--visitors", "--events-each", "--ways"]),
    ],
)
def test_every_command_explains_its_options(command: list[str], options: list[str]) -> None:
    done = python(command[0], *command[1:], "--help")
    assert done.returncode == 0, done.stderr
    for option in options:
        assert option in done.stdout, f"{command} --help does not mention {option}"
    # A line a option with nothing behind it explains nothing.
    for line in re.findall(r"^  (-\S.*)$", done.stdout, re.M):
        assert re.search(r"\S {2,}\S", line) or len(line) > 20, f"{command}: '{line}' is not explained"


def test_make_help_names_every_command() -> None:
    done = run(["make", "help"])
    assert done.returncode == 0
    makefile = (REPO / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"^  make {target} +\S", done.stdout, re.M), f"make help does not explain {target}"


def test_missing_prerequisites_are_all_named_at_once(tmp_path) -> None:
    bash = run(["bash", "-c", "command -v bash"]).stdout.strip()
    done = run([bash, "local/prerequisites.sh", "python-that-is-not-there"], PATH=str(tmp_path))
    assert done.returncode == 1
    for word in ("Python 3.11", "Java 17", "Maven", "apt-get install"):
        assert word in done.stderr
