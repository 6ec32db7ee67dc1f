"""Late views: each is a row in late/ and not in the report."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.conftest import NETWORKS
from tests.support.stream import PARTITIONS, Stream, view

MINUTE = 60_000
# Of an event's end against the minute that its partition's watermark is about to close, in milliseconds.
EDGES = [-MINUTE, -2, -1, 0, 1, 2, 999, 9_998, 9_999, 10_000, 10_001]


moves = st.lists(
    st.tuples(
        st.integers(0, PARTITIONS - 1),
        st.integers(0, 3),
        st.one_of(st.sampled_from(EDGES), st.integers(-2 * MINUTE, MINUTE)),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(history=moves)
def test_any_history_with_late_views_is_accounted_for(stream: Stream, history: list[tuple[int, int, int]]) -> None:
    """In each example all that the stream was ever sent is compared again."""
    base = stream.now_ms
    stream.send((p, view(p + 1, base + m * MINUTE + edge, 10)) for p, m, edge in history)
    stream.now_ms = base + 5 * MINUTE
    stream.finish_minutes()
    found = stream.account(NETWORKS)
    assert not found, "\n".join(found[:20])
