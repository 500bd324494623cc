"""150 events a second for as long as one likes: nothing lost, nothing doubled, order kept, memory flat."""

import gc
import os
import time
from pathlib import Path

import psutil
import pytest

from citybrain.blueprint.instance import Instance
from citybrain.hub.subscriptions import standing
from citybrain.hub.subscriptions.standing import SubscriptionOrder
from citybrain.kernel.ids import new_id
from tests.http.subscribing import LEVELS, USER, Subscriber, give, pushing, subscriber, subscribing_city

RATE = 150
BATCH = 30
MOST_GROWTH_MIB = 48


def soak(city: Instance, taker: Subscriber, seconds: float) -> None:
    """Deliver at the rate for so long; memory is compared from a fifth of the time to the end."""
    order = SubscriptionOrder(USER, LEVELS, "operation", way="push", url=taker.url)
    with city.database.transaction() as connection:
        standing.open_one(connection, city.city_now(), order, city.clock, new_id)
    taker.keep_bodies = False
    process, begun, sent, warm = psutil.Process(os.getpid()), time.monotonic(), 0, 0
    with pushing(city):
        while time.monotonic() - begun < seconds:
            give(city, [(f"G{number % 100}", number) for number in range(sent, sent + BATCH)])
            sent += BATCH
            if not warm and time.monotonic() - begun > seconds / 5:
                gc.collect()
                warm = process.memory_info().rss
            time.sleep(max(0.0, begun + sent / RATE - time.monotonic()))
        taker.wait_for(sent)
    gc.collect()
    grown = (process.memory_info().rss - warm) / 2**20
    assert sent >= RATE * seconds * 0.95
    assert [update for _, update in taker.rows()] == list(range(sent))
    assert grown < MOST_GROWTH_MIB, grown


def test_150_events_a_second_for_twenty_seconds(instance: Instance, tmp_path: Path) -> None:
    city = subscribing_city(instance, tmp_path / "city")
    with subscriber() as taker:
        soak(city, taker, 20)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_150_events_a_second_for_twenty_minutes(instance: Instance, tmp_path: Path) -> None:
    city = subscribing_city(instance, tmp_path / "city")
    with subscriber() as taker:
        soak(city, taker, 1_200)
