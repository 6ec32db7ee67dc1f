"""The judge is judged: the oracle on cases done by hand."""

from datetime import datetime

from tests.support import oracle
from tests.support.oracle import Row


def message(campaign: object, start: str, end: str) -> bytes:
    return f'{{"campaign_id":{campaign},"start_timestamp":"{start}","end_timestamp":"{end}"}}'.encode()


def test_by_hand() -> None:
    messages = [
        message(1, "2026-11-22 16:06:58", "2026-11-22 16:07:00"),
        message(1, "2026-11-22 16:07:00.000", "2026-11-22 16:07:59.999"),
        message(1, "2026-11-22 16:07:59.5", "2026-11-22 16:08:00"),
        message(2, "2026-11-22 16:07:00", "2026-11-22 16:07:00"),
        message(3, "2026-13-22 16:07:00", "2026-11-22 16:07:00"),
        message('"one"', "2026-11-22 16:07:00", "2026-11-22 16:07:00"),
        message('"4"', "2026-02-28 00:00:00", "2026-02-31 00:00:01.5"),
        message(2**31, "2026-11-22 16:07:00", "2026-11-22 16:07:00"),
        b"{",
        None,
    ]
    at7, at8 = datetime(2026, 11, 22, 16, 7), datetime(2026, 11, 22, 16, 8)
    expected = {
        (1, at7): Row(1, 9, at7, 30.9995, 2),
        (1, at8): Row(1, 9, at8, 0.5, 1),
        (2, at7): Row(2, None, at7, 0.0, 1),
        (4, datetime(2026, 2, 28)): Row(4, None, datetime(2026, 2, 28), 1.5, 1),
    }
    assert oracle.report(messages, {1: 9}) == expected
    assert not oracle.differences(expected.values(), expected)


def test_every_kind_of_difference_is_found() -> None:
    at = datetime(2026, 1, 1)
    right = Row(1, 2, at, 1.5, 4)
    expected = {(1, at): right}
    for wrong, word in [
        ([], "missing"),
        ([right, right], "doubled"),
        ([right, right._replace(campaign_id=9)], "too many"),
        ([right._replace(total_count=5)], "wrong"),
        ([right._replace(network_id=None)], "wrong"),
        ([right._replace(avg_duration=1.5 + 2e-9)], "wrong"),
        ([right._replace(avg_duration=float("nan"))], "wrong"),
        ([right._replace(minute=datetime(2026, 1, 2))], "too many"),
    ]:
        assert oracle.differences(wrong, expected)[0].startswith(word), wrong


def test_what_is_late_by_hand() -> None:
    def at(partition: int, offset: int, end: str, punctuation: str | None = None) -> oracle.Message:
        kafka_ms = 1_800_000_000_000
        value = f'{{"punctuation":"{punctuation}"}}'.encode() if punctuation else message(1, "2026-01-01 00:00:00", end)
        return oracle.Message(partition, offset, kafka_ms, value)

    fates = oracle.fates(
        [
            at(0, 0, "2026-01-01 10:01:09.998"),
            at(0, 1, "2026-01-01 10:00:59.999"),
            # The watermark reaches 10:00:59.999, the last millisecond of a minute: it is closed.
            at(0, 2, "2026-01-01 10:01:09.999"),
            at(0, 3, "2026-01-01 10:00:59.999"),
            at(0, 4, "2026-01-01 10:01:00"),
            # Another partition has a time of its own.
            at(1, 0, "2026-01-01 10:00:00"),
            at(1, 1, "", punctuation="2026-01-01 10:01:00"),
            at(1, 2, "2026-01-01 10:00:00"),
        ]
    )
    assert [type(fates[place]).__name__ for place in sorted(fates)] == [
        *("View", "View", "View", "Late", "View"),
        *("View", "Punctuation", "Late"),
    ]
