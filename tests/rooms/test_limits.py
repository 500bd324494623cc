"""A grant is used so often and for so many rows as agreed: what comes after is refused, whoever comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citybrain.city.crosscheck import cross_check
from citybrain.city.grant import Grant, Limits
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.hub import grants, limits
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.grants import GrantOrder, HeldGrant
from citybrain.hub.question import Question
from citybrain.hub.release import Release, Releaser
from citybrain.kernel.clock import SetClock, city_day
from citybrain.kernel.errors import AccessRefused, Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database

FLOW = "contract:metro/flow_15min"
DESK = "system:government/desk"
FIELDS = ("slot_start", "station", "entries")
ROWS = "".join(
    f'{{"slot_start":"2026-11-20T11:{minute:02d}:00+08:00","station":"S1","entries":{minute},"exits":1}}\n'
    for minute in (0, 15, 30, 45)
)


@pytest.fixture
def city(tiny: City) -> City:
    base = next(iter(tiny.systems.values()))
    desk = base.model_copy(update={"system": "government/desk", "owner": "dept:government", "provides": ()})
    return replace(tiny, systems={**tiny.systems, desk.ref: desk}, grants={})


@pytest.fixture
def releaser(database: Database, city: City, clock: SetClock, tmp_path: Path) -> Releaser:
    return Releaser(database, lambda: city, Reader(tmp_path / "payloads"), None, clock, new_id)


Granted = Callable[..., HeldGrant]


@pytest.fixture
def granted(database: Database, clock: SetClock) -> Granted:
    def make(purpose: str = "operation", assessment: str | None = None, **most: int) -> HeldGrant:
        end = clock.now() + timedelta(days=30)
        order = GrantOrder(
            "uses-flow", FLOW, "dept:government", purpose, {"law": "hangzhou-2021/8"}, FIELDS, clock.now(), end,
            limits=Limits(**most) if most else None, assessment=assessment,
        )  # fmt: skip
        with database.transaction() as connection:
            return grants.make(connection, order, "zhou", clock.now(), new_id)

    return make


def ask(releaser: Releaser, limit: int = 10, purpose: str = "operation") -> Release:
    return releaser.release(Question(FLOW, purpose, limit=limit), DESK)


def refusals(database: Database) -> list[str]:
    sql = "SELECT body::json->'facts'->'lacks'->>0 FROM evidence_entry WHERE act = 'hub:release:refused' ORDER BY at"
    with database.reading() as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def test_of_ten_uses_the_eleventh_is_refused_and_names_the_limit(
    database: Database, send: Callable[..., object], releaser: Releaser, granted: Granted, clock: SetClock, city: City
) -> None:
    send(ROWS)
    held = granted(uses=10)
    assert [ask(releaser).rows for _ in range(10)] == [4] * 10
    with pytest.raises(AccessRefused, match="use_uses_spent") as told:
        ask(releaser)
    assert told.value.params["most"] == 10
    with database.reading() as connection:
        used = limits.used_of(connection, [held], city_day(clock.now(), city.zone))
    assert used["uses-flow"].uses == 10


def test_rows_of_a_day_are_cut_to_what_is_left_and_begin_again_the_next_day(
    send: Callable[..., object], releaser: Releaser, granted: Granted, clock: SetClock
) -> None:
    send(ROWS)
    granted(rows_per_day=6)
    first, second = ask(releaser), ask(releaser)
    assert (first.rows, first.more) == (4, False)
    assert (second.rows, second.more) == (2, True)
    with pytest.raises(AccessRefused, match="use_rows_spent"):
        ask(releaser)
    clock.advance(timedelta(days=1))
    assert ask(releaser).rows == 4


def test_a_use_gives_no_more_rows_than_agreed(
    send: Callable[..., object], releaser: Releaser, granted: Granted
) -> None:
    send(ROWS)
    granted(rows_per_use=1)
    assert (ask(releaser).rows, ask(releaser).more) == (1, True)


def test_of_many_who_come_at_once_only_as_many_get_through_as_agreed(
    send: Callable[..., object], releaser: Releaser, granted: Granted
) -> None:
    send(ROWS)
    granted(uses=3)

    def one(_: int) -> str:
        try:
            return "given" if ask(releaser).rows else "empty"
        except AccessRefused as error:
            return error.code

    with ThreadPoolExecutor(4) as askers:
        came = list(askers.map(one, range(8)))
    assert sorted(came) == ["given"] * 3 + ["hub.use_uses_spent"] * 5


def test_a_new_version_of_a_grant_does_not_begin_to_count_again(
    database: Database, send: Callable[..., object], releaser: Releaser, granted: Granted, clock: SetClock
) -> None:
    send(ROWS)
    granted(uses=2)
    ask(releaser)
    with database.transaction() as connection:
        narrow = grants.renew(connection, "uses-flow", "zhou", clock, new_id, fields=FIELDS[:2])
    assert narrow.limits == Limits(uses=2)
    ask(releaser)
    with pytest.raises(AccessRefused, match="use_uses_spent"):
        ask(releaser)


def test_a_standing_use_that_only_looks_is_not_counted(
    send: Callable[..., object], releaser: Releaser, granted: Granted
) -> None:
    granted(uses=1)
    for _ in range(3):
        assert releaser.release(Question(FLOW, "operation"), DESK, channel="stream").rows == 0
    send(ROWS)
    assert releaser.release(Question(FLOW, "operation"), DESK, channel="push").rows == 4
    with pytest.raises(AccessRefused, match="use_uses_spent"):
        releaser.release(Question(FLOW, "operation"), DESK, channel="push")


def test_data_goes_abroad_only_under_an_assessment(
    database: Database, city: City, send: Callable[..., object], granted: Granted, clock: SetClock, tmp_path: Path
) -> None:
    send(ROWS)
    abroad = city.settings.model_copy(update={"outbound_purposes": ("operation",)})
    away = replace(city, settings=abroad)
    releaser = Releaser(database, lambda: away, Reader(tmp_path / "payloads"), None, clock, new_id)
    granted()
    with pytest.raises(AccessRefused, match="use_no_assessment"):
        ask(releaser)
    assert refusals(database) == ["no_assessment"]
    granted(assessment="杭数出境评〔2026〕7号")
    assert ask(releaser).rows == 4


def test_important_data_is_not_prolonged_without_approval(
    database: Database, granted: Granted, clock: SetClock
) -> None:
    held = granted()
    with database.transaction() as connection:
        with pytest.raises(Conflicting, match="renewal_needs_approval"):
            grants.renew(connection, held.name, "zhou", clock, new_id, until=held.ends_at + timedelta(days=1),
                         may_prolong=False)  # fmt: skip
        assert grants.renew(connection, held.name, "zhou", clock, new_id, fields=FIELDS[:1], may_prolong=False)


def _declared(**more: object) -> Grant:
    basis = {"law": "hangzhou-2021/8", "text": {"zh": "政企协同", "en": "cooperation"}}
    told = {
        "grant": "operator", "from": FLOW, "to": "dept:operator", "purpose": "operation", "basis": basis,
        "fields": ["station"], "until": "2027-01-01", **more,
    }  # fmt: skip
    return Grant.model_validate(told)


@pytest.mark.parametrize(
    ("more", "changes", "codes"),
    [
        ({}, {}, ["blueprint.enterprise_without_limits"]),
        ({"limits": {"uses": 10}}, {}, []),
        ({}, {"profile": "utility"}, []),
        ({"limits": {"uses": 10}}, {"outbound": True}, ["blueprint.outbound_without_assessment"]),
        ({"limits": {"uses": 10}, "assessment": "7"}, {"outbound": True}, []),
        ({"limits": {"uses": 10}}, {"data_class": "important"}, ["blueprint.important_granted_in_file"]),
    ],
)
def test_a_declared_grant_says_its_limits(
    tiny: City, more: dict[str, object], changes: dict[str, str], codes: list[str]
) -> None:
    grant = _declared(**more)
    made = tiny.departments["dept:metro"].model_copy(
        update={"department": "operator", "posts": (), "name": Name(zh="停车", en="parking"),
                "profile": changes.get("profile")}
    )  # fmt: skip
    outbound = ("operation",) if changes.get("outbound") else ()
    data = replace(tiny.contracts[FLOW], data_class=changes.get("data_class", "general"))  # type: ignore[arg-type]
    city = replace(
        tiny, departments={**tiny.departments, made.ref: made}, grants={grant.ref: grant},
        contracts={**tiny.contracts, FLOW: data},
        settings=tiny.settings.model_copy(update={"outbound_purposes": outbound}),
    )  # fmt: skip
    assert [item.code for item in cross_check(city)] == codes


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=12), st.integers(1, 4), st.integers(1, 9))
def test_whatever_is_asked_no_limit_is_passed(
    database: Database, city: City, clock: SetClock, wishes: list[tuple[int, bool]], uses: int, rows: int
) -> None:
    day = city_day(clock.now(), city.zone)
    order = GrantOrder(
        f"g-{new_id().hex}", FLOW, "dept:government", "operation", {}, FIELDS, clock.now(),
        clock.now() + timedelta(days=1), limits=Limits(uses=uses, rows_per_day=rows),
    )  # fmt: skip
    given_rows, given_uses = 0, 0
    with database.transaction() as connection:
        held = grants.make(connection, order, "zhou", clock.now(), new_id)
        for wanted, fails in wishes:
            now = limits.standing(connection, city, [held], clock.now())
            if now.free([held]):
                left = limits.most_rows(held, now, wanted)
                assert 1 <= left <= wanted
                limits.count(connection, held, left, day)
                if fails:
                    limits.give_back(connection, held.name, left, day)
                else:
                    given_rows, given_uses = given_rows + left, given_uses + 1
        used = limits.used_of(connection, [held], day).get(held.name, limits.Used())
    assert (used.uses, used.rows) == (given_uses, given_rows)
    assert given_uses <= uses
    assert given_rows <= rows
