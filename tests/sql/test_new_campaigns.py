"""New campaigns without a stop: a file added to the folder holds from its modification time on, and not before."""

import time
from datetime import datetime
from pathlib import Path

from tests.conftest import Figures, NewStream
from tests.support import reading
from tests.support.stream import MARKER, Stream, view, wait_for_silence

MINUTE = 60_000
# What users are promised.
TAKES_EFFECT_SECONDS = 60


def networks(stream: Stream, campaign: int) -> dict[int, int | None]:
    """Minute since 1970 -> network of a campaign's row."""
    return {
        round((row.minute - datetime(1970, 1, 1)).total_seconds()) // 60: row.network_id
        for row in stream.rows()
        if row.campaign_id == campaign
    }


def one_more_minute(stream: Stream, *campaigns: int) -> int:
    """Send a view of each campaign, have its minute finished, and return the minute."""
    minute = stream.now_ms // MINUTE
    stream.send((c % 4, view(c, stream.now_ms, 10)) for c in campaigns)
    stream.finish_minutes()
    return minute


def until_in_force(stream: Stream, campaign: int, network: int) -> float:
    """Seconds until a row of the campaign is in the network."""
    began = time.monotonic()
    while True:
        minute = one_more_minute(stream, campaign)
        seconds = time.monotonic() - began
        if networks(stream, campaign)[minute] == network:
            return seconds
        assert seconds < TAKES_EFFECT_SECONDS, f"campaign {campaign} is not in network {network} after {seconds:.0f} s"


def test_updates_while_it_runs(new_stream: NewStream, folder: Path, figures: Figures) -> None:
    """Moved, new and moved again during a silence; event time is long ago, and so are the files' times."""
    stream = new_stream(folder, "1,1\n2,2\n", datetime(2026, 8, 5, 10, 0, 5))
    stream.submit()
    first = one_more_minute(stream, 1, 2, 3)
    assert (networks(stream, 1)[first], networks(stream, 2)[first], networks(stream, 3)[first]) == (1, 2, None)

    # Campaign 1 moves to network 10, campaign 3 is new in 30; from now on.
    valid_from = stream.now_ms
    stream.add_campaigns("2026-08-05-a.csv", "1,10\n3,30\n", valid_from)
    seconds = max(until_in_force(stream, 1, 10), until_in_force(stream, 3, 30))
    figures.add(f"campaigns: a new file takes effect {seconds:.0f} s after it was put there")

    # Rows before keep the old network, rows since are all in the new one as soon as one is; campaign 2 stays.
    history = networks(stream, 1)
    assert {network for minute, network in history.items() if minute < valid_from // MINUTE} == {1}
    changes = [network for _, network in sorted(history.items())]
    assert changes == sorted(changes)
    minute = one_more_minute(stream, 2)
    assert networks(stream, 2)[minute] == 2

    # A minute is open while traffic rests and another file comes: its rows lose nothing and get what holds in it.
    pending = stream.now_ms // MINUTE
    stream.send((c, view(c, stream.now_ms, 10)) for c in (1, 2, 3))
    stream.add_campaigns("2026-08-05-b.csv", "1,100\n", (pending + 1) * MINUTE)
    wait_for_silence(40)
    stream.now_ms += 2 * MINUTE
    assert until_in_force(stream, 1, 100) < TAKES_EFFECT_SECONDS
    assert (networks(stream, 1)[pending], networks(stream, 2)[pending], networks(stream, 3)[pending]) == (10, 2, 30)
    assert MARKER not in {row.campaign_id for row in stream.rows()}


def test_lines_that_are_no_campaigns_are_rejected_and_the_others_hold(new_stream: NewStream, folder: Path) -> None:
    bad = ["4", "5,", ",5", "six,6", "7,seven", "8;8", "9 9", "99999999999,1", "1,99999999999", "1.5,1", '"']
    good = ["1,1", " 2 , 2 ", '"3","3"', "10,10,more,columns", "11,11\r"]
    csv = "\n".join(["Campaign_ID,network_id", "", *bad, *good])
    stream = new_stream(folder, csv, datetime(2026, 8, 6, 10, 0, 5))
    stream.submit()
    minute = one_more_minute(stream, 1, 2, 3, 4, 5, 7, 9, 10, 11)
    found = {campaign: networks(stream, campaign)[minute] for campaign in (1, 2, 3, 4, 5, 7, 9, 10, 11)}
    assert found == {1: 1, 2: 2, 3: 3, 4: None, 5: None, 7: None, 9: None, 10: 10, 11: 11}
    rows = [row for row in reading.rejected_lines(stream.data) if row["reason"] == "bad_campaign"]
    assert sorted(row["payload"].decode() for row in rows) == sorted(bad)
    assert {row["detail"] for row in rows} == {
        "A line of file campaigns.csv is not campaign_id,network_id, two whole numbers."
    }
    assert not stream.account({1: 1, 2: 2, 3: 3, 10: 10, 11: 11})
