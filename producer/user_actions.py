"""User actions of a shop: who did what, on which platform, with which product.

Sessions, as in life: a visitor comes with one platform, looks at products, puts some of those into the cart and buys
few; most visitors come rarely, some again and again; few products make most of the traffic.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from producer.making import BLOCK, block_sizes, zipf
from producer.sending import Block

VIEW, ADD_TO_CART, PURCHASE = "view", "add_to_cart", "purchase"
PLATFORMS = ("web", "android", "ios")
# Mean number of actions of a session.
_SESSION_ACTIONS = 6
# How likely it is that the action after a view, and the one after an addition to the cart, goes on with the product.
_ADDED, _PURCHASED = 0.25, 0.4
# A day late at least.
_LATE_MS = (86_400_000, 172_800_000)
_MATERIALS = ("Steel", "Wooden", "Leather", "Cotton", "Glass", "Ceramic", "Bamboo", "Wireless", "Solar", "Folding")
_THINGS = ("Mouse", "Lamp", "Chair", "Bottle", "Backpack", "Keyboard", "Clock", "Table", "Speaker", "Umbrella")


@dataclass(frozen=True)
class Shape:
    """What the traffic is like; fractions are 0 to 1, each of all events."""

    users: int = 200_000
    products: int = 5_000
    # Without a field or an object, or with null in its place: usable all the same.
    missing: float = 0.0
    late: float = 0.0
    malformed: float = 0.0


class Events:
    """A reproducible, endless history of actions: event i is pushed at `start_ms` + i / `rate` seconds.

    A session lies within 1,000 events, among those of others.
    """

    def __init__(self, seed: int, start_ms: int, rate: float, max_delay_seconds: float, shape: Shape) -> None:
        self._seed = seed
        self._start_ms = start_ms
        self._rate = rate
        self._max_delay_ms = max_delay_seconds * 1000
        self._shape = shape
        self._users = zipf(shape.users, 0.6)
        self._products = zipf(shape.products, 0.9)

    def blocks(self, count: int | None) -> Iterator[Block]:
        """JSON messages in the order they are pushed: `count` in all, or without end."""
        for number, size in block_sizes(count):
            yield self._block(number, size)

    def _block(self, number: int, size: int) -> Block:
        random = np.random.default_rng([self._seed, number])
        pushed_ms = self._start_ms + np.arange(number * BLOCK, number * BLOCK + BLOCK) * 1000 / self._rate
        # Most events come soon, few at the limit.
        delay_ms = np.minimum(random.exponential(self._max_delay_ms / 5, BLOCK), self._max_delay_ms)
        session = random.integers(0, BLOCK // _SESSION_ACTIONS, BLOCK)
        user_of_session = 1 + np.searchsorted(self._users, random.random(BLOCK // _SESSION_ACTIONS))
        chosen_product = 1 + np.searchsorted(self._products, random.random(BLOCK))
        goes_on = random.random(BLOCK)
        which = random.integers(0, 2**31, BLOCK)

        dice = random.random(BLOCK)
        shape = self._shape
        faults = {
            "late": dice < shape.late,
            "malformed": (dice >= shape.late) & (dice < shape.late + shape.malformed),
            "missing": (dice >= shape.late + shape.malformed) & (dice < shape.late + shape.malformed + shape.missing),
        }
        delay_ms[faults["late"]] = random.uniform(*_LATE_MS, BLOCK)[faults["late"]]
        happened_ms = np.floor(pushed_ms - delay_ms).astype(np.int64).tolist()

        values: list[bytes] = []
        # Session -> its action before this one, and the product of it.
        before: dict[int, tuple[str, int]] = {}
        for i, of in enumerate(session[:size].tolist()):
            action, product = _after(*before.get(of, (PURCHASE, 0)), float(goes_on[i]), int(chosen_product[i]))
            before[of] = action, product
            values.append(_message(happened_ms[i], action, int(user_of_session[of]), product))
        at_fault = {int(i): fault for fault, where in faults.items() for i in np.flatnonzero(where[:size])}
        for i, fault in at_fault.items():
            if fault == "missing":
                values[i] = _without(values[i], int(which[i]))
            elif fault == "malformed":
                values[i] = _spoil(values[i], int(which[i]))
        return Block(values, due_seconds=float(pushed_ms[size - 1]) / 1000, faults=at_fault)


def _after(action: str, product: int, goes_on: float, another_product: int) -> tuple[str, int]:
    """The action after this one and its product: on the way to a purchase, or a look at another product."""
    if action == VIEW and goes_on < _ADDED:
        return ADD_TO_CART, product
    if action == ADD_TO_CART and goes_on < _PURCHASED:
        return PURCHASE, product
    return VIEW, another_product


def _message(happened_ms: int, action: str, user: int, product: int) -> bytes:
    time = datetime.fromtimestamp(happened_ms / 1000, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    name = f"{_MATERIALS[product % 10]} {_THINGS[product // 10 % 10]} {product // 100}"
    return (
        f'{{"timestamp":"{time}Z","event_name":"{action}",'
        f'"user_identifiers":{{"platform":"{PLATFORMS[user % 3]}","id":"user_{user}"}},'
        f'"product_information":{{"name":"{name}","SKU":"SKU-{1000 + product}"}}}}'
    ).encode()


def _without(value: bytes, which: int) -> bytes:
    """Without a field or an object, or null in its place, as consent and old apps have it; `which` chooses."""
    event = json.loads(value)
    places = [
        (event, "timestamp"),
        (event, "event_name"),
        (event, "user_identifiers"),
        (event, "product_information"),
        (event["user_identifiers"], "platform"),
        (event["user_identifiers"], "id"),
        (event["product_information"], "name"),
        (event["product_information"], "SKU"),
    ]
    place, name = places[which // 2 % len(places)]
    if which % 2:
        place[name] = None
    else:
        del place[name]
    return json.dumps(event).encode()


def _spoil(value: bytes, which: int) -> bytes:
    """One of the ways in which messages really go wrong; `which` chooses."""
    event = json.loads(value)
    ways = [
        lambda: value[: len(value) // 2],  # cut off
        lambda: b"GET /pixel.gif HTTP/1.1",  # not JSON
        lambda: json.dumps([event]).encode(),  # not an object
        lambda: json.dumps({**event, "timestamp": "yesterday"}).encode(),
        lambda: json.dumps({**event, "timestamp": event["timestamp"][:10]}).encode(),  # a day
        lambda: json.dumps({**event, "timestamp": "2026-02-30T12:00:00Z"}).encode(),  # no day
        lambda: json.dumps({**event, "user_identifiers": event["user_identifiers"]["id"]}).encode(),
        lambda: json.dumps({**event, "product_information": [event["product_information"]]}).encode(),
    ]
    return ways[which % len(ways)]()
