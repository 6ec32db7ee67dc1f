"""Running the project's commands as a person would."""

import importlib
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from jobs import submit as launcher

REPO = Path(__file__).resolve().parent.parent.parent


def run(command: list[str], seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to its end and return it with `stdout` and `stderr`; a command that takes longer fails the test."""
    return subprocess.run(
        command, cwd=REPO, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds
    )


def python(module: str, *arguments: str, seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE ARGUMENTS` in the environment that runs the tests."""
    return run([sys.executable, "-m", module, *arguments], seconds, **environment)


def submit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m jobs.submit ARGUMENTS` within this process, whose JVM starts once: ten seconds less than python()."""
    # Before the environment is changed, because it sets defaults in it that must stay.
    importlib.import_module("jobs.flink")
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, environment), redirect_stdout(out), redirect_stderr(err):
        code = launcher.main(list(arguments))
    return subprocess.CompletedProcess(["jobs.submit", *arguments], code, out.getvalue(), err.getvalue())
