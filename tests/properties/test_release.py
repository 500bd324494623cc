"""No row leaves without an open grant, in any order of granting, narrowing, closing and asking: one after another
and all at once.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.blueprint.load import load
from citybrain.city.prohibition import Prohibition
from citybrain.city.system import System
from citybrain.hub import grants
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.grants import GrantOrder
from citybrain.hub.question import Question
from citybrain.hub.release import Release, Releaser
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, NotKnown
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database

FLOW, AFC, DESK, USER = "contract:metro/flow_15min", "system:metro/afc", "system:government/desk", "dept:government"
FIELDS = ("slot_start", "station", "entries", "exits")
SOME = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=4, unique=True).map(tuple)
ACTS = st.one_of(
    st.tuples(st.just("grant"), SOME, st.integers(1, 5)),
    st.tuples(st.just("narrow"), SOME),
    st.tuples(st.just("close")),
    st.tuples(st.just("wait"), st.integers(1, 4)),
    st.tuples(st.just("ask"), SOME),
)


class House:
    """A hub with one row, a desk that asks for it, and an officer who grants and closes."""

    def __init__(
        self, database: Database, clock: SetClock, home: Path, prohibitions: Mapping[str, Prohibition] | None = None
    ) -> None:  # fmt: skip
        loaded = load(Path(__file__).parents[2] / "cities" / "tiny").city
        assert loaded is not None
        written = {"system": DESK.removeprefix("system:"), "name": {"zh": "值班台", "en": "desk"}, "owner": USER}
        desk = System.model_validate(written)
        city = replace(loaded, systems={**loaded.systems, desk.ref: desk}, grants={}, prohibitions=prohibitions or {})
        self.database, self.clock = database, clock
        gate = Gate(database, lambda: city, lambda _: {}, Store(home / "payloads", 1_048_576), clock, new_id)
        row = {"slot_start": clock.now().isoformat(), "station": "S1", "entries": 7, "exits": 3}
        body = json.dumps(row).encode()
        assert gate.admit(Parcel(FLOW, AFC, (body, Layout("ndjson", FIELDS)), digest(body), str(new_id()))).accepted
        self.releaser = Releaser(database, lambda: city, Reader(home / "payloads"), None, clock, new_id)

    def grant(self, fields: Sequence[str], hours: int) -> UUID:
        at = self.clock.now()
        order = GrantOrder("g", FLOW, USER, "operation", {}, tuple(fields), at, at + timedelta(hours=hours))
        with self.database.transaction() as connection:
            return grants.make(connection, order, "zhou", at, new_id).id

    def narrow(self, fields: Sequence[str]) -> UUID:
        with self.database.transaction() as connection:
            return grants.renew(connection, "g", "zhou", self.clock, new_id, fields=fields).id

    def close(self) -> None:
        with self.database.transaction() as connection:
            grants.close(connection, "g", "zhou", "over", self.clock, new_id)

    def ask(self, fields: Sequence[str] | None = None) -> Release:
        return self.releaser.release(Question(FLOW, "operation", None if fields is None else tuple(fields)), DESK)

    def released(self) -> list[UUID]:
        """Return the grant of each release that has committed."""
        with self.database.reading() as connection:
            return [row[0] for row in connection.execute("SELECT hub_grant FROM hub_release").fetchall()]

    def ended(self) -> None:
        """Leave no open grant to the next example."""
        with suppress(NotKnown):
            self.close()


@pytest.fixture
def house(database: Database, clock: SetClock, tmp_path: Path) -> House:
    return House(database, clock, tmp_path)


@given(st.lists(ACTS, max_size=14))
def test_what_leaves_is_what_the_open_grant_says_at_that_moment(house: House, acts: list[tuple[Any, ...]]) -> None:
    held: frozenset[str] = frozenset()
    ends = house.clock.now()
    try:
        for act, *what in acts:
            now = house.clock.now()
            match act:
                case "grant":
                    house.grant(*what)
                    held, ends = frozenset(what[0]), now + timedelta(hours=what[1])
                case "narrow" if held and set(what[0]) <= held and now < ends:
                    house.narrow(what[0])
                    held = frozenset(what[0])
                case "close" if held:
                    house.close()
                    held = frozenset()
                case "wait":
                    house.clock.advance(timedelta(hours=what[0]))
                case "ask" if set(what[0]) <= held and now < ends:
                    released = house.ask(what[0])
                    assert [set(json.loads(line)) for line in released.body.splitlines()] == [set(what[0])]
                case "ask":
                    with pytest.raises(AccessRefused):
                        house.ask(what[0])
    finally:
        house.ended()


@dataclass
class Moments:
    """What was seen at the desk.

    Attributes:
        made: Versions that were granted.
        closed: By version, when its closing had returned, by monotonic clock; and what had left under it by then.

    """

    made: set[UUID]
    closed: dict[UUID, tuple[float, int]]


def work_the_desk(house: House, acts: list[tuple[Any, ...]], moments: Moments) -> None:
    """Grant and close while others ask; a version ends when it is closed or another one is made in its place."""
    newest: UUID | None = None
    for act, *what in acts:
        if act == "close":
            with suppress(NotKnown):
                house.close()
            made = None
        else:
            made = house.grant(what[0], 5)
            moments.made.add(made)
        if newest is not None:
            moments.closed[newest] = time.monotonic(), house.released().count(newest)
        newest = made
        time.sleep(what[1] / 1000 if len(what) > 1 else 0.002)
    house.ended()
    if newest is not None:
        moments.closed[newest] = time.monotonic(), house.released().count(newest)


@settings(max_examples=10)
@given(st.lists(st.one_of(st.tuples(st.just("grant"), SOME, st.integers(1, 9)), st.tuples(st.just("close"))),
                min_size=2, max_size=8))  # fmt: skip
def test_nothing_leaves_under_a_grant_after_its_closing_has_returned(house: House, acts: list[tuple[Any, ...]]) -> None:
    moments, over = Moments(set(), {}), threading.Event()
    answers: list[tuple[float, UUID]] = []

    def keep_asking() -> None:
        while not over.is_set():
            begun = time.monotonic()
            try:
                answers.append((begun, house.ask().id))
            except AccessRefused:
                time.sleep(0.001)

    with ThreadPoolExecutor(3) as readers:
        asking = [readers.submit(keep_asking) for _ in range(3)]
        try:
            work_the_desk(house, acts, moments)
        finally:
            over.set()
        for one in asking:
            one.result()
    with pytest.raises(AccessRefused):
        house.ask()
    with house.database.reading() as connection:
        under = dict(connection.execute("SELECT id, hub_grant FROM hub_release").fetchall())
    for begun, release in answers:
        assert begun < moments.closed[under[release]][0], (
            "asked after the closing had returned, and answered all the same"
        )
    counts = Counter(house.released())
    assert {version: counts[version] for version in moments.closed} == {
        version: left for version, (_, left) in moments.closed.items()
    }, "left after the closing had returned"
    assert {under[release] for _, release in answers} <= moments.made
