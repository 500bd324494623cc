"""150 events a second for as long as one likes: nothing lost, nothing doubled, order kept, memory flat."""

import gc
import os
import time
from array import array
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


def deliver_for(city: Instance, taker: Subscriber, seconds: float) -> tuple[int, float]:
    """Deliver at the rate for so long; returns rows sent, and MiB grown from a fifth of the time to the end."""
    order = SubscriptionOrder(USER, LEVELS, "operation", way="push", url=taker.url)
    with city.database.transaction() as connection:
        standing.open_one(connection, city.city_now(), order, city.clock, new_id)
    taker.brief = array("q")
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
    return sent, (process.memory_info().rss - warm) / 2**20


TWENTY_MINUTES = pytest.param(1_200, marks=(pytest.mark.slow, pytest.mark.timeout(1_800)))


@pytest.mark.parametrize("seconds", [20, TWENTY_MINUTES])
def test_150_events_a_second_arrive_once_in_order_at_flat_memory(
    instance: Instance, tmp_path: Path, seconds: int
) -> None:
    city = subscribing_city(instance, tmp_path / "city")
    with subscriber() as taker:
        sent, grown_mib = deliver_for(city, taker, seconds)
        assert sent >= RATE * seconds * 0.95
        assert list(taker.brief or ()) == list(range(sent))
        assert grown_mib < MOST_GROWTH_MIB
