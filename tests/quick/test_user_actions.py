"""User actions: seeded, in sessions that lead to purchases, and faults that are what they are called."""

import json
from collections import Counter, defaultdict
from datetime import datetime
from itertools import chain

import pytest

from producer.user_actions import ADD_TO_CART, PLATFORMS, PURCHASE, VIEW, Events, Shape

START_MS = 1_795_363_620_000


def events(rate: float = 1000, seed: int = 1, **shape: float) -> Events:
    return Events(seed, START_MS, rate, 10, Shape(**shape))


def messages(made: Events, count: int) -> list[bytes]:
    return list(chain.from_iterable(block.values for block in made.blocks(count)))


def test_the_same_seed_gives_the_same_events_byte_for_byte() -> None:
    first = messages(events(missing=0.1), 2500)
    assert len(first) == 2500
    assert messages(events(missing=0.1), 2500) == first
    assert messages(events(missing=0.1), 1200) == first[:1200], "how many are asked for must not change the first ones"
    assert messages(events(seed=2, missing=0.1), 2500) != first


def test_a_purchase_follows_the_cart_and_the_cart_a_view_of_the_same_product_by_the_same_user() -> None:
    steps: dict[tuple, Counter] = defaultdict(Counter)
    actions: Counter = Counter()
    for event in map(json.loads, messages(events(), 50_000)):
        assert list(event) == ["timestamp", "event_name", "user_identifiers", "product_information"]
        who, what = event["user_identifiers"], event["product_information"]
        seen = steps[who["id"], what["SKU"]]
        if event["event_name"] == ADD_TO_CART:
            assert seen[VIEW] > seen[ADD_TO_CART]
        elif event["event_name"] == PURCHASE:
            assert seen[ADD_TO_CART] > seen[PURCHASE]
        seen[event["event_name"]] += 1
        actions[event["event_name"]] += 1
    assert actions[VIEW] > 3 * actions[ADD_TO_CART] > 6 * actions[PURCHASE] > 0


def test_a_user_has_one_platform_and_a_product_one_name_and_few_make_most_of_it() -> None:
    platforms, names = defaultdict(set), defaultdict(set)
    users, products = Counter(), Counter()
    for event in map(json.loads, messages(events(), 50_000)):
        who, what = event["user_identifiers"], event["product_information"]
        platforms[who["id"]].add(who["platform"])
        names[what["SKU"]].add(what["name"])
        users[who["id"]] += 1
        products[what["SKU"]] += 1
    assert {platform for of_user in platforms.values() for platform in of_user} == set(PLATFORMS)
    assert all(len(of_user) == 1 for of_user in platforms.values())
    assert all(len(of_product) == 1 for of_product in names.values())
    assert len({name for of_product in names.values() for name in of_product}) == len(names)
    assert products.most_common(1)[0][1] > 100 * min(products.values())
    assert users.most_common(1)[0][1] > 10 * min(users.values())


@pytest.mark.parametrize("kind", ["late", "malformed", "missing"])
def test_faults_are_as_frequent_as_asked_for_and_what_they_say(kind: str) -> None:
    blocks = list(events(**{kind: 0.1}).blocks(20_000))
    faulty = {1000 * n + i: fault for n, block in enumerate(blocks) for i, fault in block.faults.items()}
    assert set(faulty.values()) == {kind}
    assert 1800 < len(faulty) < 2200
    for i, value in enumerate(chain.from_iterable(block.values for block in blocks)):
        assert found(value, START_MS + i) == (kind if i in faulty else None), value


def found(value: bytes, pushed_ms: int) -> str | None:
    """What is wrong with a message that is pushed then."""
    try:
        event = json.loads(value)
        who, what = event.get("user_identifiers"), event.get("product_information")
        if any(type(within) not in (dict, type(None)) for within in (who, what)):
            return "malformed"
        moment = event.get("timestamp")
        happened_ms = moment and datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000
    except (ValueError, AttributeError):
        return "malformed"
    fields = [moment, event.get("event_name")]
    fields += [(who or {}).get(name) for name in ("platform", "id")]
    fields += [(what or {}).get(name) for name in ("name", "SKU")]
    if None in fields:
        return "missing"
    return "late" if pushed_ms - happened_ms > 86_000_000 else None
