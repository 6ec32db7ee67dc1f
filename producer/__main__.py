"""Make sample traffic: `python -m producer --help`."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from jobs.pipeline import JobError
from producer import banner_events, campaigns, hourly_files, user_actions, view_log
from producer.sending import Block, ProducerError, send
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
    count = _count(options)
    faults = view_log.Faults(options.late, options.malformed, options.unknown_campaign)
    ids = campaigns.ids(options.campaigns)
    events = view_log.Events(options.seed, ids, _start_ms(options), options.rate, options.max_delay, faults)
    return _send(options, events.blocks(count), count)


def _run_banner_events(options: argparse.Namespace) -> int:
    count = _count(options)
    shape = banner_events.Shape(
        options.pages, options.visitors, options.bots, options.swing, options.late, options.malformed
    )
    events = banner_events.Events(options.seed, _start_ms(options), options.rate, options.max_delay, shape)
    if options.files is None:
        return _send(options, events.blocks(count), count)
    if count is None:
        raise ProducerError("Files need an end: say --count or --duration.")
    files = hourly_files.write(events.columns(count), count, options.files, options.form)
    print(f"{options.files}: {count:,} events in {files} hourly files")
    return 0


def _run_user_actions(options: argparse.Namespace) -> int:
    count = _count(options)
    shape = user_actions.Shape(options.users, options.products, options.missing, options.late, options.malformed)
    events = user_actions.Events(options.seed, _start_ms(options), options.rate, options.max_delay, shape)
    return _send(options, events.blocks(count), count)


def _run_campaigns(options: argparse.Namespace) -> int:
    lines = campaigns.write(options.output, options.count, options.networks, options.seed, not options.no_header)
    print(f"{options.output}: {lines} campaigns, {options.output.stat().st_size / 1e6:.1f} MB")
    return 0


def _start_ms(options: argparse.Namespace) -> int:
    return options.start_ms or round(time.time() * 1000) - round(options.history * 1000)


def _count(options: argparse.Namespace) -> int | None:
    """How many events in all, None for no end."""
    if options.count is None and options.duration is not None:
        return round((options.history + options.duration) * options.rate)
    return options.count


def _send(options: argparse.Namespace, blocks: Iterator[Block], count: int | None) -> int:
    return send(
        blocks=blocks,
        total=count,
        topic=options.topic,
        bootstrap_servers=options.bootstrap_servers,
        partitions=options.partitions,
        copy_to=options.copy_to,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m producer", description="Make sample traffic.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_view_log(commands)
    _add_banner_events(commands)
    _add_user_actions(commands)
    _add_campaigns(commands)
    return parser


_SAME_AGAIN = (
    "The same --seed, --start, --rate and faults give the same events, byte for byte. Fractions are between 0 and 1. "
    "Durations are seconds, or 90s, 3m, 1h. Runs until interrupted unless --count or --duration says otherwise. Exit "
    "code 1 when any event was not delivered."
)


def _add_view_log(commands: argparse._SubParsersAction) -> None:
    views = commands.add_parser(
        "view-log",
        help="send banner views to Kafka",
        description="Send banner views to Kafka: JSON objects with view_id, start_timestamp, end_timestamp, banner_id "
        f"and campaign_id. {_SAME_AGAIN}",
    )
    views.set_defaults(run=_run_view_log)
    _add_events(views, topic="view_log", late="80 s to 10 min late")
    views.add_argument(
        "--campaigns",
        default="1000",
        metavar="N|FILE",
        help="ids 1 to N, or those of a campaigns.csv (default 1000)",
    )
    views.add_argument(
        "--unknown-campaign", type=fraction, default=0.0, metavar="FRACTION", help="campaigns no CSV file names"
    )


def _add_banner_events(commands: argparse._SubParsersAction) -> None:
    events = commands.add_parser(
        "banner-events",
        help="send banner views and clicks to Kafka, or write them to hourly files",
        description="Send banner views and clicks of a website to Kafka, or write them to hourly files: JSON objects "
        "with timestamp (seconds since 1970), event_type (0 a view, 1 a click), banner_id, placement_id, page_id and "
        f"user_id. {_SAME_AGAIN}",
    )
    events.set_defaults(run=_run_banner_events)
    _add_events(events, topic="banner_events", late="67 to 133 min late")
    shape = banner_events.Shape()
    events.add_argument("--pages", type=int, default=shape.pages, metavar="N", help="default %(default)s")
    events.add_argument("--visitors", type=int, default=shape.visitors, metavar="N", help="default %(default)s")
    events.add_argument(
        "--bots", type=fraction, default=shape.bots, metavar="FRACTION", help="events of programs (default %(default)s)"
    )
    events.add_argument(
        "--swing",
        type=fraction,
        default=shape.swing,
        metavar="FRACTION",
        help="by how much day and night differ from --rate, which is the mean of a day (default %(default)s)",
    )
    events.add_argument(
        "--files", type=Path, metavar="FOLDER", help="write hourly files there (2026-11-22T13.jsonl) instead of sending"
    )
    events.add_argument(
        "--form", choices=hourly_files.FORMS, default="jsonl", help="of the files (default %(default)s)"
    )


def _add_user_actions(commands: argparse._SubParsersAction) -> None:
    actions = commands.add_parser(
        "user-actions",
        help="send user actions of a shop to Kafka",
        description="Send user actions of a shop to Kafka: JSON objects with timestamp (ISO 8601, UTC), event_name "
        f"(view, add_to_cart, purchase), user_identifiers {{platform, id}} and product_information {{name, SKU}}. "
        f"{_SAME_AGAIN}",
    )
    actions.set_defaults(run=_run_user_actions)
    _add_events(actions, topic="user_actions", late="1 to 2 days late")
    shape = user_actions.Shape()
    actions.add_argument("--users", type=int, default=shape.users, metavar="N", help="default %(default)s")
    actions.add_argument("--products", type=int, default=shape.products, metavar="N", help="default %(default)s")
    actions.add_argument(
        "--missing",
        type=fraction,
        default=shape.missing,
        metavar="FRACTION",
        help="events without a field or an object, or with null in its place, which can be used all the same",
    )


def _add_campaigns(commands: argparse._SubParsersAction) -> None:
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


def _add_events(command: argparse.ArgumentParser, topic: str, late: str) -> None:
    """What all kinds of traffic have in common."""
    command.add_argument("--rate", type=_positive, default=1000.0, metavar="N", help="events/s (default 1000)")
    end = command.add_mutually_exclusive_group()
    end.add_argument("--count", type=int, metavar="N", help="stop after N events")
    end.add_argument("--duration", type=duration_seconds, metavar="TIME", help="stop this long after the start")
    command.add_argument(
        "--history",
        type=duration_seconds,
        default=0.0,
        metavar="TIME",
        help="begin this far in the past: those events are sent at once, as fast as Kafka takes them (default 0)",
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    command.add_argument(
        "--start",
        dest="start_ms",
        type=_epoch_ms,
        metavar="EPOCH_MS",
        help="event time of the first event, milliseconds since 1970 (default: now, less --history)",
    )
    command.add_argument(
        "--max-delay",
        type=duration_seconds,
        default=10.0,
        metavar="TIME",
        help="an event is pushed up to this long after it happened (default 10s, what the watermark allows)",
    )
    command.add_argument("--late", type=fraction, default=0.0, metavar="FRACTION", help=f"events {late}")
    command.add_argument(
        "--malformed", type=fraction, default=0.0, metavar="FRACTION", help="messages that cannot be used"
    )
    command.add_argument("--topic", default=topic, help="default %(default)s")
    command.add_argument(
        "--partitions",
        type=lambda text: [int(part) for part in text.split(",")],
        metavar="P,P,...",
        help="send to these partitions only (default: all of the topic's, in turn)",
    )
    command.add_argument(
        "--bootstrap-servers",
        default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
        metavar="HOST:PORT",
        help="default: KAFKA_BOOTSTRAP_SERVERS, or localhost:9092",
    )
    command.add_argument(
        "--copy-to",
        type=Path,
        metavar="FILE",
        help="also write each message here, a JSON line with value, partition and fault (for checks)",
    )


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
