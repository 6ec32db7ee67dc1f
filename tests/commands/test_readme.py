"""The README is true: the demo's report equals the oracle's, its snippets work, and no command in it is untested."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.support import oracle, reading
from tests.support.commands import REPO, run

README = (REPO / "README.md").read_text()

# Each command of the README and the test that runs it, the same words or with ports and folders of the test's own.
COMMANDS = {
    "make demo": "test_the_demo_prints_a_report_that_the_oracle_agrees_with",
    "make test": ".ci/run, which runs this",
    "make up": "test_local.py",
    "make status": "test_local.py",
    "make down": "test_local.py",
    "make dashboard": "tests/browser, but for the port",
    ".venv/bin/python -m jobs.submit view_report": "test_submit.py",
    ".venv/bin/python -m jobs.submit page_stats": "test_page_stats.py, and with --batch test_page_stats_batch.py",
    ".venv/bin/python -m jobs.audit view_report": "test_audit.py",
    ".venv/bin/python -m jobs.topics": "test_topics.py",
    ".venv/bin/python -m jobs.maintain view_report": "test_performance.py",
    ".venv/bin/python -m dashboard.view_report": "test_performance.py",
    ".venv/bin/python -m producer view-log": "test_producer.py",
    ".venv/bin/python -m producer banner-events": "test_producer.py",
    ".venv/bin/python -m producer campaigns": "test_producer.py",
    "docker-compose up --detach": "test_compose.py",
    "docker-compose ps": "test_compose.py",
    "docker-compose run --rm audit": "test_compose.py",
    "docker-compose run --rm launcher python -m jobs.submit view_report --upgrade": "test_compose.py",
    "docker-compose down": "test_compose.py",
    "docker/make-secrets.sh": "test_secure.py",
    "docker-compose -f docker-compose.yaml -f docker-compose.secure.yaml up --detach": "test_secure.py",
    "export FLINK_CONF_DIR=flink-conf": "test_campaigns.py",
    ".venv/lib/python3.11/site-packages/pyflink/bin/flink run": "test_campaigns.py",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A finished demo: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = run(["make", "demo", f"DEMO=--folder {folder}"], seconds=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def test_the_demo_prints_a_report_that_the_oracle_agrees_with(demo: tuple[Path, str], figures: Figures) -> None:
    folder, printed = demo
    lines = (folder / "campaigns" / "campaigns.csv").read_text().splitlines()[1:]
    networks = {int(c): int(n) for c, n in (line.split(",") for line in lines)}
    expected = oracle.report(oracle.values(folder / "sent.jsonl"), networks)
    complete = reading.complete_minutes(folder / "view_report")
    rows = [row for row in reading.rows(folder / "view_report") if row.minute in complete]
    assert not oracle.differences(rows, {key: row for key, row in expected.items() if row.minute in complete})
    assert f"DATA_DIR=file://{folder} make dashboard, then http://localhost:8501" in printed
    figures.add(f"the demo's report: {len(rows):,} rows of {len(complete)} minutes equal the oracle's")
    assert len(rows) > 1000

    # The newest when it was printed: another may have become complete while the audit ran.
    (folder_name,) = re.findall(r"^.*/\*/(minute_timestamp=[^/]+)/$", printed, re.M)
    minute = reading.partition(Path("network_id=1") / folder_name)[1]
    assert minute in complete
    top = max((row for row in rows if row.minute == minute), key=lambda row: row.total_count)
    assert re.search(rf"│ +{top.campaign_id} │ +{top.network_id} │ {minute} │.*│ +{top.total_count} │", printed)


def test_the_demo_leaves_nothing_running(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    assert not list((folder / "servers").glob("*.pid"))


def test_the_demo_does_not_empty_a_folder_of_someone_elses(folder: Path) -> None:
    (folder / "precious").write_text("data")
    done = subprocess.run(
        [sys.executable, "demo.py", "--folder", str(folder)], cwd=REPO, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "holds files that no demo wrote" in done.stderr
    assert (folder / "precious").exists()


def test_the_snippet_for_rejected_messages_shows_their_reasons(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    (snippet,) = (s for s in blocks("python") if "data/demo/rejected" in s)
    done = run([sys.executable, "-c", snippet.replace("data/demo", str(folder))])
    assert done.returncode == 0, done.stderr
    assert re.search("not_json|missing_field|wrong_type|out_of_range|not_an_object", done.stdout)


def test_each_python_snippet_yields_a_real_timestamp(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    snippets = [s for s in blocks("python") if "data/demo/view_report" in s]
    assert len(snippets) == 2
    for snippet in snippets:
        code = snippet.replace("data/demo/view_report", f"{folder}/view_report")
        done = run([sys.executable, "-c", code])
        assert done.returncode == 0, done.stderr
        assert "minute_timestamp" in done.stdout
        assert re.search(r"\b2\d{3}-\d\d-\d\d \d\d:\d\d:00\b", done.stdout)
        checked = code + "\nimport pyarrow\ntable = report.to_table()\n" if "report =" in code else None
        if checked:
            types = "print(table.schema.field('minute_timestamp').type)"
            assert "timestamp[s]" in run([sys.executable, "-c", checked + types]).stdout


def test_every_command_in_the_readme_is_run_by_a_test() -> None:
    commands = [line for block in blocks("bash") for line in block.splitlines() if line.strip()]
    assert commands
    for command in commands:
        assert any(command.startswith(known) for known in COMMANDS), f"no test runs: {command}"
    for known in COMMANDS:
        assert any(command.startswith(known) for command in commands), f"the README no longer has: {known}"
