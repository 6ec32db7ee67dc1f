"""Make sample traffic: `python -m producer --help`."""

import argparse
import os
import sys
import time
from pathlib import Path

from jobs.pipeline import JobError
from producer import campaigns, view_log
from producer.sending import ProducerError, send
from producer.units import duration_seconds, fraction


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands. Returns the exit code: 0 when every event was delivered, 1 otherwise."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ProducerError, JobError) as e:
        print(f"error: {e}", file=sys.stderr)
        return 1


def _run_view_log(options: argparse.Namespace) -> int:
    start_ms = options.start_ms or round(time.time() * 1000) - round(options.history * 1000)
    count = options.count
    if count is None and options.duration is not None:
        count = round((options.history + options.duration) * options.rate)
    faults = view_log.Faults(options.late, options.malformed, options.unknown_campaign)
    ids = campaigns.ids(options.campaigns)
    events = view_log.Events(options.seed, ids, start_ms, options.rate, options.max_delay, faults)
    return send(
        blocks=events.blocks(count),
        total=count,
        topic=options.topic,
        bootstrap_servers=options.bootstrap_servers,
        partitions=options.partitions,
        copy_to=options.copy_to,
    )


def _run_campaigns(options: argparse.Namespace) -> int:
    lines = campaigns.write(options.output, options.count, options.networks, options.seed, not options.no_header)
    print(f"{options.output}: {lines} campaigns, {options.output.stat().st_size / 1e6:.1f} MB")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m producer", description="Make sample traffic.")
    commands = parser.add_subparsers(dest="command", required=True)

    views = commands.add_parser(
        "view-log",
        help="send banner views to Kafka",
        description="Send banner views to Kafka: JSON objects with view_id, start_timestamp, end_timestamp, banner_id "
        "and campaign_id. The same --seed, --start, --rate and faults give the same events, byte for byte. Fractions "
        "are between 0 and 1. Durations are seconds, or 90s, 3m, 1h. Runs until interrupted unless --count or "
        "--duration says otherwise. Exit code 1 when any event was not delivered.",
    )
    views.set_defaults(run=_run_view_log)
    views.add_argument("--rate", type=_positive, default=1000.0, metavar="N", help="events/s (default 1000)")
    end = views.add_mutually_exclusive_group()
    end.add_argument("--count", type=int, metavar="N", help="stop after N events")
    end.add_argument("--duration", type=duration_seconds, metavar="TIME", help="stop this long after the start")
    views.add_argument(
        "--history",
        type=duration_seconds,
        default=0.0,
        metavar="TIME",
        help="begin this far in the past: those events are sent at once, as fast as Kafka takes them (default 0)",
    )
    views.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    views.add_argument(
        "--start",
        dest="start_ms",
        type=_epoch_ms,
        metavar="EPOCH_MS",
        help="event time of the first event, milliseconds since 1970 (default: now, less --history)",
    )
    views.add_argument(
        "--campaigns",
        default="1000",
        metavar="N|FILE",
        help="ids 1 to N, or those of a campaigns.csv (default 1000)",
    )
    views.add_argument(
        "--max-delay",
        type=duration_seconds,
        default=10.0,
        metavar="TIME",
        help="an event is pushed up to this long after it ended (default 10s, what the watermark allows)",
    )
    views.add_argument("--late", type=fraction, default=0.0, metavar="FRACTION", help="events 80 s to 10 min late")
    views.add_argument(
        "--malformed", type=fraction, default=0.0, metavar="FRACTION", help="messages that cannot be used"
    )
    views.add_argument(
        "--unknown-campaign", type=fraction, default=0.0, metavar="FRACTION", help="campaigns no CSV file names"
    )
    views.add_argument("--topic", default="view_log", help="default view_log")
    views.add_argument(
        "--partitions",
        type=lambda text: [int(part) for part in text.split(",")],
        metavar="P,P,...",
        help="send to these partitions only (default: all of the topic's, in turn)",
    )
    views.add_argument(
        "--bootstrap-servers",
        default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
        metavar="HOST:PORT",
        help="default: KAFKA_BOOTSTRAP_SERVERS, or localhost:9092",
    )
    views.add_argument(
        "--copy-to",
        type=Path,
        metavar="FILE",
        help="also write each message here, a JSON line with value, partition and fault (for checks)",
    )

    csv = commands.add_parser(
        "campaigns",
        help="write a campaigns.csv",
        description="Write a campaigns.csv with campaign_id,network_id; 500,000 campaigns are about 5 MB.",
    )
    csv.set_defaults(run=_run_campaigns)
    csv.add_argument("output", type=Path, metavar="FILE")
    csv.add_argument("--count", type=int, default=1000, metavar="N", help="campaigns, ids 1 to N (default 1000)")
    csv.add_argument("--networks", type=int, default=20, metavar="N", help="network ids 1 to N (default 20)")
    csv.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    csv.add_argument("--no-header", action="store_true", help="leave out the header line")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _epoch_ms(text: str) -> int:
    value = int(text)
    if value < 10**11:
        raise argparse.ArgumentTypeError("must be in milliseconds, thirteen digits today")
    return value


if __name__ == "__main__":
    sys.exit(main())
