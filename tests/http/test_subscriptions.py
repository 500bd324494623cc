"""Subscribers get each row once, in its order, however they die or dawdle; a closed grant stops them at once."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from citybrain.blueprint.instance import Instance
from citybrain.governance.destroying import destroy
from citybrain.hub import deletion_notices as notices
from citybrain.hub import grants
from citybrain.hub.destruction.carrying import Order
from citybrain.hub.question import Place
from citybrain.hub.subscriptions import delivery, standing
from citybrain.hub.subscriptions.signing import secret_of
from citybrain.hub.subscriptions.standing import Subscription, SubscriptionOrder
from citybrain.kernel.ids import new_id
from tests.http.subscribing import (
    GRANT,
    LEVELS,
    USER,
    Subscriber,
    give,
    pushing,
    signature_holds,
    subscriber,
    subscribing_city,
)

UPDATES = [[(f"G{gauge}", update) for gauge in range(100)] for update in range(5)]


@pytest.fixture
def city(instance: Instance, tmp_path: Path) -> Instance:
    return subscribing_city(instance, tmp_path / "city")


@pytest.fixture
def life() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def subscribe(city: Instance, url: str | None, **more: Any) -> Subscription:
    order = SubscriptionOrder(USER, LEVELS, "operation", way="push" if url else "pull", url=url, **more)
    with city.database.transaction() as connection:
        return standing.open_one(connection, city.city_now(), order, city.clock, new_id)


def now(city: Instance, subscription: Subscription) -> Subscription:
    with city.database.reading() as connection:
        return standing.one(connection, subscription.id)


def close_grant(city: Instance) -> None:
    with city.database.transaction() as connection:
        grants.close(connection, GRANT, "zhou", "用途已结束", city.clock, new_id)


def exactly(events: Subscriber) -> None:
    """Expect the 500 notifications, each entity's in order and each row once."""
    rows = events.rows()
    assert len(rows) == 500
    assert len({event["id"] for event in events.events}) == 500
    for gauge in {gauge for gauge, _ in rows}:
        assert [update for name, update in rows if name == gauge] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("per", ["row", "batch"])
def test_100_entities_with_5_updates_are_exactly_500_notifications_in_order(
    city: Instance, life: ExitStack, per: Any
) -> None:
    taker = life.enter_context(subscriber())
    subscription = subscribe(city, taker.url, per=per)
    life.enter_context(pushing(city))
    for rows in UPDATES:
        give(city, rows)
    taker.wait_for(500)
    time.sleep(1)
    exactly(taker)
    assert taker.rows() == [row for rows in UPDATES for row in rows]
    assert all(set(event["data"]) == {"gauge", "update", "at"} for event in taker.events)  # the grant's fields only
    after = now(city, subscription)
    assert (after.delivered, after.failures, after.state) == (500, 0, "active")


def test_one_who_dies_gets_all_it_missed_and_one_who_is_slow_holds_nobody_up(
    city: Instance, life: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SLOW_S", 0.2)
    quick, dying, slow = (life.enter_context(subscriber()) for _ in range(3))
    begun = time.monotonic()

    def dies_half_way() -> int:
        return 503 if len(dying.events) >= 250 and time.monotonic() - begun < 6 else 200

    def dawdles() -> int:
        time.sleep(0.4)
        return 200

    dying.answer, slow.answer = dies_half_way, dawdles
    subscribe(city, quick.url, per="row")
    died = subscribe(city, dying.url, per="row")
    subscribe(city, slow.url, per="batch")
    life.enter_context(pushing(city))
    for rows in UPDATES:
        give(city, rows)
    quick.wait_for(500)
    exactly(quick)
    assert len(dying.events) < 500
    assert now(city, died).failure == "http 503"
    dying.wait_for(500)
    slow.wait_for(500)
    exactly(dying)
    exactly(slow)


def test_many_who_never_answer_hold_nobody_else_up(city: Instance, life: ExitStack) -> None:
    quick = life.enter_context(subscriber())
    subscribe(city, quick.url)
    life.enter_context(pushing(city))

    def p95() -> float:
        waits = []
        for number in range(20):
            begun, known = time.time(), len(quick.events)
            give(city, [(f"Q{number}", int(begun * 1000))])
            quick.wait_for(known + 1)
            waits.append(quick.arrived[-1] - begun)
        return sorted(waits)[18]

    before = p95()
    for _ in range(8):
        dead = life.enter_context(subscriber())
        dead.answer = lambda: (time.sleep(12), 200)[1]
        subscribe(city, dead.url)
    city.pusher._timeout_s = 1.5  # so that the first time each holds the line is short
    give(city, [("first", 1)])
    time.sleep(6)
    assert p95() < max(2 * before, before + 0.5)


def test_a_message_is_signed_and_names_itself_the_same_at_every_attempt(city: Instance, life: ExitStack) -> None:
    taker = life.enter_context(subscriber())
    tries: list[int] = []
    taker.answer = lambda: 500 if (tries.append(1), len(tries))[1] == 1 else 200
    subscription = subscribe(city, taker.url, per="row")
    life.enter_context(pushing(city))
    give(city, [("G1", 1), ("G2", 1)])
    taker.wait_for(2)
    with city.database.transaction() as connection:
        secret = secret_of(connection, subscription.id, None)
    for headers, body in taker.seen:
        assert signature_holds(secret, taker.url, headers, body)
        assert not signature_holds(secret, taker.url, headers, body + b" ")
        assert not signature_holds(secret + "x", taker.url, headers, body)
    assert headers["idempotency-key"].startswith(str(subscription.id))
    assert [event["id"] for event in taker.events] == ["1.1", "1.2"]
    assert taker.events[0]["specversion"] == "1.0"
    assert len(tries) == 3


def test_a_closed_grant_stops_the_next_delivery_and_suspends_until_there_is_a_grant(
    city: Instance, life: ExitStack
) -> None:
    taker = life.enter_context(subscriber())
    subscription = subscribe(city, taker.url)
    life.enter_context(pushing(city))
    give(city, [("G1", 1)])
    taker.wait_for(1)
    close_grant(city)
    give(city, [("G1", 2)])
    ends = time.monotonic() + 10
    while now(city, subscription).state == "active" and time.monotonic() < ends:
        time.sleep(0.05)
    stopped = now(city, subscription)
    assert (stopped.state, stopped.failure, len(taker.events)) == ("suspended", "hub.use_no_grant", 1)


def test_a_closed_grant_ends_a_page_that_is_going_out_row_by_row(city: Instance, life: ExitStack) -> None:
    taker = life.enter_context(subscriber())
    taker.answer = lambda: (time.sleep(0.05), 200)[1]
    subscribe(city, taker.url, per="row")
    life.enter_context(pushing(city))
    give(city, [(f"G{number}", 1) for number in range(200)])
    taker.wait_for(5)
    close_grant(city)
    closed = time.time()
    time.sleep(2.5)
    assert len(taker.events) < 100
    assert max(taker.arrived) < closed + 1


def test_who_is_away_too_long_is_suspended_with_evidence_and_goes_on_where_it_stopped(
    city: Instance, life: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SUSPEND_AFTER", delivery.timedelta(seconds=2))
    taker = life.enter_context(subscriber())
    taker.answer = lambda: 503
    subscription = subscribe(city, taker.url)
    life.enter_context(pushing(city))
    give(city, [("G1", 1)])
    ends = time.monotonic() + 15
    while now(city, subscription).state == "active" and time.monotonic() < ends:
        time.sleep(0.1)
    assert now(city, subscription).state == "suspended"
    with city.database.reading() as connection:
        acts = connection.execute("SELECT act FROM evidence_entry WHERE subject = %s", [str(subscription.id)])
        assert "hub:subscription:suspended" in {act for (act,) in acts}
    taker.answer = lambda: 200
    give(city, [("G1", 2)])
    time.sleep(1)
    assert taker.events == []  # nothing while it is suspended
    with city.database.transaction() as connection:
        standing.resume(connection, now(city, subscription), "he", city.clock, new_id)
    taker.wait_for(2)
    assert taker.rows() == [("G1", 1), ("G1", 2)]


def test_a_place_set_back_brings_the_rows_again(city: Instance, life: ExitStack) -> None:
    taker = life.enter_context(subscriber())
    subscription = subscribe(city, taker.url)
    life.enter_context(pushing(city))
    give(city, [("G1", 1), ("G1", 2)])
    taker.wait_for(2)
    with city.database.transaction() as connection:
        standing.put_place(connection, now(city, subscription), Place(0, 0), city.clock)
    taker.wait_for(4)
    assert [event["id"] for event in taker.events] == ["1.1", "1.2"] * 2
    assert isinstance(subscription.id, UUID)


def test_a_subscriber_is_pushed_a_notice_of_what_was_destroyed_of_what_it_had_taken(
    city: Instance, life: ExitStack
) -> None:
    taker = life.enter_context(subscriber())
    subscribe(city, taker.url)
    life.enter_context(pushing(city))
    give(city, [("G1", 0), ("G2", 0)])
    taker.wait_for(2)
    with city.database.reading() as connection:
        (batch,) = connection.execute("SELECT id FROM hub_batch").fetchone() or (None,)
    contract = city.city_now().contracts[LEVELS]
    made = destroy(city.eraser, city.city_now(), Order(contract, "batch", "重复报送", "zhou", batch=batch))
    taker.wait_for(3)
    notice = taker.events[-1]
    assert (notice["type"], notice["data"]["certificate"]) == ("cn.citybrain.rows.destroyed", made.number)
    assert f"{notice['data']['whole_batches_at'][0]}." in taker.events[0]["id"]
    time.sleep(0.5)
    assert len(taker.events) == 3
    with city.database.reading() as connection:
        (told,) = notices.of_destruction(connection, made.id)
    assert told.told_at is not None
    give(city, [("G3", 0)])
    taker.wait_for(4)
    assert taker.events[-1]["data"]["gauge"] == "G3"
