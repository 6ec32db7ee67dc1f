"""What all kinds of events are made with: blocks of one size, and uneven shares."""

from collections.abc import Iterator

import numpy as np

# Events are made in blocks of this size, each from its own random generator, so that the same seed gives the same
# events however fast they are sent.
BLOCK = 1000


def block_sizes(count: int | None) -> Iterator[tuple[int, int]]:
    """(number, size) of each block of `count` events in all, or without end; all but the last are whole."""
    made = 0
    while count is None or made < count:
        size = BLOCK if count is None else min(BLOCK, count - made)
        yield made // BLOCK, size
        made += size


def zipf(count: int, exponent: float) -> np.ndarray:
    """Cumulative shares of 1 to `count`: the n-th has one in proportion to 1 / n^exponent."""
    weights = np.arange(1, count + 1) ** -exponent
    return np.cumsum(weights) / weights.sum()
