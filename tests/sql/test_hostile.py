"""Hostile input: twenty thousand messages that nobody should send, among good ones, all accounted for."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from local.waiting import wait_until
from tests.conftest import Figures, NewStream
from tests.sql.conftest import NETWORKS
from tests.support.stream import PARTITIONS, view

COUNT = 20_000
TEN_MB = 10_000_000

TIMES = [
    *("0000-01-01 00:00:00", "0001-01-01 00:00:00.000", "9999-12-31 23:59:59.999", "10000-01-01 00:00:00"),
    *(
        "2026-12-31 23:59:60",
        "2026-06-30 23:59:60.5",
        "2026-02-29 00:00:00",
        "2026-02-30 12:00:00",
        "2026-13-01 00:00:00",
    ),
    *("2026-10-01 24:00:00", "2026-10-01 00:00:00.", "2026-10-01 00:00:00.1234567890", "2026-10-01T00:00:00", "-1", ""),
    *(
        "2026-10-01 00:00:00Z",
        " 2026-10-01 00:00:00",
        "\uff12\uff10\uff12\uff16-10-01 00:00:00",
        "2026-10-01 00:00",
        "now",
        "null",
    ),
]
NUMBERS = [
    *(
        "9223372036854775808",
        "-9223372036854775809",
        "2147483648",
        "-2147483649",
        "1e2",
        "1.5",
        "-0",
        "00",
        "0x1",
        "NaN",
    ),
    *("Infinity", "-Infinity", "1" * 400, "true", '"1"', '"\\u0000"', "[1]", "{}", '""', "null"),
]
HAND_MADE = [
    *(
        None,
        b"",
        b" ",
        b"\x00",
        b"\x00" * 1000,
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"{",
        b"}",
        b"[]",
        b"[" * 5_000,
    ),
    *(
        b'{"a":' * 2_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'"' + b"x" * 10_000,
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x92",
    ),
    *(b"nul", b"tru", b"NaN", b"-", b"1e", b"\xed\xa0\x80", b"{}" * 3, b"/* */{}", b"<xml/>", b"{'a': 1}", b"\x1b[2J"),
]


def places(field: str, raw: str, now: int) -> bytes:
    """A good event with this JSON text in the place of one field's value."""
    event = json.loads(view(1, now, 10))
    event[field] = "@"
    return json.dumps(event).replace('"@"', raw).encode("utf-8", "surrogatepass")


def generated(count: int, now: int) -> Iterator[bytes | None]:
    """Truncated, mutated, doubled and random messages, the same ones each time."""
    rng = random.Random(11)
    good = view(1, now, 10)
    fields = ["campaign_id", "start_timestamp", "end_timestamp", "view_id", "banner_id", "punctuation", "more"]
    for i in range(count):
        kind = i % 6
        if kind == 0:
            yield places(rng.choice(fields), json.dumps(rng.choice(TIMES)), now)
        elif kind == 1:
            yield places(rng.choice(fields), rng.choice(NUMBERS), now)
        elif kind == 2:
            spoiled = bytearray(good)
            for _ in range(rng.randint(1, 4)):
                spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
            yield bytes(spoiled)
        elif kind == 3:
            yield good[: rng.randrange(len(good))]
        elif kind == 4:
            yield good[:-1] + b"," + places(rng.choice(fields), rng.choice(NUMBERS), now)[1:]
        else:
            yield rng.choice([rng.randbytes(rng.randrange(200)), rng.choice(HAND_MADE)])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
events = st.dictionaries(
    st.sampled_from(["campaign_id", "start_timestamp", "end_timestamp", "punctuation", "x"]) | st.text(),
    json_values | st.sampled_from(TIMES),
)
invented: list[bytes] = []


@seed(3)
@settings(max_examples=2_000, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(event=events | json_values)
def invent(event: object) -> None:
    invented.append(json.dumps(event).encode("utf-8", "surrogatepass"))


def test_twenty_thousand_hostile_messages(new_stream: NewStream, folder: Path, figures: Figures) -> None:
    """At the present time, so that a spoiled time is in the past, which is late, or in the future, which is rejected.

    Some spoiled times close minutes early. What that does to the good events is the oracle's to say, too.
    """
    csv = "".join(f"{c},{n}\n" for c, n in NETWORKS.items())
    stream = new_stream(folder, csv, datetime.now(UTC).replace(tzinfo=None))
    stream.submit(VIEW_LOG_SILENCE_AFTER="2 s")
    base = stream.now_ms
    invent()
    hostile = [*HAND_MADE, *invented, *generated(COUNT - len(invented), base)]
    huge = [places("view_id", json.dumps("x" * TEN_MB), base), b"x" * TEN_MB]
    rng = random.Random(12)
    good = [view(c, base - rng.randrange(9_000), c) for c in NETWORKS for _ in range(20)]
    mixed = [*hostile, *good]
    rng.shuffle(mixed)
    # A view first, so that every partition has a watermark, and the year 0 is late.
    stream.send((p, view(1, base, 10)) for p in range(PARTITIONS))
    stream.send((rng.randrange(PARTITIONS), message) for message in [*mixed, *huge])
    # Nothing more comes, so silence finishes all minutes. None of them is after this one.
    stream.now_ms = base + 3_600_000

    def differences() -> list[str]:
        return [text[:500] for text in stream.account(NETWORKS, finished_ms=base)]

    wait_until(lambda: not differences(), "all to be accounted for", 150, 5, lambda: "\n".join(differences()[:10]))
    assert stream.restarts() == 0
    reported = sum(row.total_count for row in stream.rows() if row.campaign_id in NETWORKS)
    assert reported > len(good) / 2
    figures.add(
        f"hostile: {len(hostile) + len(huge):,} messages among {len(good):,} good ones, all accounted for, "
        f"{reported:,} reported"
    )
