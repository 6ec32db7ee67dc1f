"""How times and fractions are written on the command line."""

import argparse
import re

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def duration_seconds(text: str) -> float:
    """Seconds of "90", "90s", "1.5m" or "1h"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no duration; write seconds, or 90s, 3m, 1h")
    return float(match[1]) * _SECONDS[match[2]]


def fraction(text: str) -> float:
    """A number between 0 and 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no fraction; write a number between 0 and 1")
    return value
