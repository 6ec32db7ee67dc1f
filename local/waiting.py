"""Waiting for a condition: always with a limit, and with a sentence when the limit is reached."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class LocalError(Exception):
    """What a person has to know and do, in one sentence."""


def wait_until(
    condition: Callable[[], T],
    what: str,
    seconds: float,
    every_seconds: float = 0.1,
    hint: Callable[[], str] = lambda: "",
) -> T:
    """Return the first truthy value of `condition()`.

    `what` completes "waited N s for ...", `hint` is asked for more (a log's tail, say) when the limit is reached.
    Raises LocalError then. Whatever `condition` raises goes through: a wait must not hide a broken thing.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            more = hint()
            raise LocalError(f"Waited {seconds:g} s for {what}, in vain.{' ' + more if more else ''}")
        time.sleep(every_seconds)
