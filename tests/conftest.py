"""Real servers for the tests, on ports of their own, so that a running demo and a test run don't meet."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from local.cluster import Cluster, Ports
from tests.support.stream import Stream


class Figures:
    """What tests measured, printed at the end of the run whether they passed or not."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, line: str) -> None:
        self.lines.append(line)


_FIGURES = Figures()
NewStream = Callable[..., Stream]


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Where a test puts what it measured."""
    return _FIGURES


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Several workers (make test WORKERS=2) each take whole files, or folders whose tests share what they start."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            folder = file.split("/")[1]
            return folder if folder in ("compose", "faults", "quick") else file

    return ByFile(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its figures to the process that prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = _FIGURES.lines


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    _FIGURES.lines += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES.lines:
        terminalreporter.section("measured")
        for line in _FIGURES.lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Kafka and Flink, started once. Checkpoints come every 500 ms, so that results appear soon."""
    settings = {"execution.checkpointing.interval": "500 ms", "execution.checkpointing.min-pause": "0 ms"}
    servers = Cluster(tmp_path_factory.mktemp("servers"), Ports.free(), settings)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def new_stream(cluster: Cluster) -> Iterator[NewStream]:
    """Makes a Stream of (folder, campaigns.csv, first event time); its job is cancelled when the test ends.

    `beside=stream` makes one that reads that stream's topic.
    """
    made: list[Stream] = []

    def make(folder: Path, campaigns_csv: str, begin: datetime, beside: Stream | None = None) -> Stream:
        made.append(Stream(cluster, folder, campaigns_csv, begin, beside))
        return made[-1]

    yield make
    for stream in made:
        stream.cancel()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of this test's own whose name holds what often breaks paths: a space."""
    made = tmp_path / "a folder"
    made.mkdir()
    return made
