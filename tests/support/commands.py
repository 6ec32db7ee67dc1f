"""Running the project's commands as a person would."""

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent


def run(command: list[str], seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to its end and return it with `stdout` and `stderr`; a command that takes longer fails the test."""
    return subprocess.run(
        command, cwd=REPO, env={**os.environ, **environment}, capture_output=True, text=True, timeout=seconds
    )


def python(module: str, *arguments: str, seconds: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE ARGUMENTS` in the environment that runs the tests."""
    return run([sys.executable, "-m", module, *arguments], seconds, **environment)
