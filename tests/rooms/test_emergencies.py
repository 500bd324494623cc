"""After an emergency: its grants are closed, a stranger to the data reviews it, users report that copies are gone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citybrain.blueprint.load import load
from citybrain.casework import tasks
from citybrain.city.whole import City
from citybrain.governance.emergencies import watch_emergencies
from citybrain.hub import emergencies, emergency_reports, emergency_reviews, emergency_standing, grants
from citybrain.hub.emergency_reports import Deletion
from citybrain.hub.emergency_reviews import Verdict
from citybrain.hub.emergency_standing import Standing
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.grants import GrantOrder, HeldGrant
from citybrain.hub.question import Question
from citybrain.hub.release import Releaser
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.viewing import Viewer, viewer_of

FLOW, RELIEF = "contract:metro/flow_15min", "dept:civil-affairs"
WISH = Wish(FLOW, "emergency", {"law": "nanjing-2025/13"}, "防汛转移，安排接驳客车", ("slot_start", "station"), None)
PROPER = Verdict("proper", "授权必要，只取了两个字段")
GONE = Deletion("救助库中的副本已删除")


@pytest.fixture(scope="module")
def city() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 20, 4, tzinfo=UTC))  # a Friday


def post(city: City, may: str, department: str | None = None) -> Viewer:
    """Find a person whose post may do something, of a department or of any."""
    for person, held, owner in city.people():
        if may in held.may and department in {None, owner.ref}:
            return viewer_of(city, person.person)
    raise AssertionError(may)


@pytest.fixture
def operator(city: City) -> Viewer:
    return post(city, "operate_hub")


@pytest.fixture
def user(city: City) -> Viewer:
    return post(city, "grant_data", RELIEF)


@pytest.fixture
def releaser(database: Database, city: City, clock: SetClock, tmp_path: Path) -> Releaser:
    gate = Gate(database, lambda: city, lambda _: {}, Store(tmp_path, 1_000_000), clock, new_id)
    row = {"slot_start": "2026-11-20T08:15:00+08:00", "station": "S15", "entries": 3, "exits": 4}
    layout, body = Layout("ndjson", tuple(field.name for field in city.contracts[FLOW].fields)), orjson.dumps(row)
    assert gate.admit(Parcel(FLOW, "system:metro/afc", (body, layout), digest(body), "flow")).accepted == 1
    return Releaser(database, lambda: city, Reader(tmp_path), None, clock, new_id)


@pytest.fixture
def flood(database: Database, city: City, clock: SetClock, operator: Viewer) -> str:
    """An emergency of two days under which civil affairs may use the metro's flow."""
    with database.transaction() as connection:
        ends_at = clock.now() + timedelta(days=2)
        emergencies.declare(connection, "flood", "防汛应急响应", ends_at, operator.person, clock, new_id)
        made = desk.grant_in_emergency(connection, city, WISH, "flood", RELIEF, operator, clock, new_id)
    return made.name


def take(releaser: Releaser, grant: str) -> int:
    question = Question(FLOW, WISH.purpose, WISH.fields, grant=grant)
    return releaser.release(question, "system:civil-affairs/benefits").rows


def stands(database: Database, city: City) -> Standing:
    with database.reading() as connection:
        return emergency_standing.one(connection, city, "flood")


def watch(database: Database, city: City, clock: SetClock) -> tuple[str, ...]:
    with database.transaction() as connection:
        return watch_emergencies(connection, city, clock, new_id)


def acts(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = connection.execute(
            "SELECT act FROM evidence_entry WHERE act LIKE 'hub:emergency:%' ORDER BY at, id"
        ).fetchall()
    return [str(act) for (act,) in rows]


def test_an_emergency_that_ends_by_itself_closes_its_grants_and_asks_for_the_report(
    database: Database, city: City, clock: SetClock, releaser: Releaser, flood: str
) -> None:
    assert take(releaser, flood) == 1
    assert watch(database, city, clock) == ()
    clock.advance(timedelta(days=2))
    with pytest.raises(AccessRefused):
        take(releaser, flood)
    assert watch(database, city, clock) == (f"emergency/flood/reminder/{RELIEF}",)
    assert watch(database, city, clock) == ()
    with database.reading() as connection:
        (held,) = grants.versions(connection, flood)
        (task,) = tasks.listed(connection, department=RELIEF)
        found = emergencies.one(connection, "flood")
    assert (held.state, held.close_reason, found.ended_by) == ("closed", "emergency_over", "clock")
    assert found.ended_at == found.ends_at
    assert task.due_at == datetime(2026, 11, 27, 17, 30, tzinfo=city.zone)  # five working days after a Sunday
    assert "flood" in task.title_in("en")
    assert acts(database) == ["hub:emergency:declared", "hub:emergency:ended"]


def test_what_is_late_becomes_a_task_once(
    database: Database, city: City, clock: SetClock, releaser: Releaser, flood: str
) -> None:
    take(releaser, flood)
    clock.advance(timedelta(days=40))
    authority = city.settings.data_authority
    assert stands(database, city).state(clock.now()) == "late"
    assert watch(database, city, clock) == (
        f"emergency/flood/review/{authority}", f"emergency/flood/report/{RELIEF}",
    )  # fmt: skip
    assert watch(database, city, clock) == ()
    with database.reading() as connection:
        found = [*tasks.listed(connection, department=RELIEF), *tasks.listed(connection, department=authority)]
    assert [item.urgency for item in found] == ["alarm", "alarm"]


def test_a_body_that_received_nothing_owes_nothing_and_without_a_grant_nothing_is_reviewed(
    database: Database, city: City, clock: SetClock, operator: Viewer, user: Viewer, flood: str
) -> None:
    with database.transaction() as connection:
        ends_at = clock.now() + timedelta(days=1)
        emergencies.declare(connection, "fire", "火灾应急响应", ends_at, operator.person, clock, new_id)
    clock.advance(timedelta(days=40))
    assert watch(database, city, clock) == (f"emergency/flood/review/{city.settings.data_authority}",)
    with database.transaction() as connection:
        assert emergency_standing.one(connection, city, "fire").state(clock.now()) == "over"
        with pytest.raises(AccessRefused, match="nothing_received"):
            emergency_reports.report(connection, "flood", GONE, user, clock, new_id)


def test_a_review_is_written_once_by_a_body_that_used_nothing(
    database: Database, city: City, clock: SetClock, operator: Viewer, user: Viewer, flood: str
) -> None:
    with database.transaction() as connection:
        with pytest.raises(Conflicting, match="still_runs"):
            emergency_reviews.write(connection, "flood", PROPER, operator, clock, new_id)
        assert emergencies.end(connection, "flood", operator.person, clock, new_id) == 1
    concerned = Viewer("x", "x", RELIEF, "city", None, frozenset({"operate_hub"}))
    with database.transaction() as connection:
        for verdict, code in (
            (Verdict("", "看过"), "outcome_missing"),
            (Verdict("fine", "看过"), "outcome_missing"),
            (Verdict("proper", " "), "findings_missing"),
            (Verdict("improper", "多取了字段"), "follows_missing"),
        ):
            with pytest.raises(WrongUse, match=code):
                emergency_reviews.write(connection, "flood", verdict, operator, clock, new_id)
        with pytest.raises(AccessRefused, match="reviewer_concerned"):
            emergency_reviews.write(connection, "flood", PROPER, concerned, clock, new_id)
        with pytest.raises(AccessRefused):
            emergency_reviews.write(connection, "flood", PROPER, user, clock, new_id)
        with pytest.raises(NotKnown):
            emergency_reviews.write(connection, "fire", PROPER, operator, clock, new_id)
        emergency_reviews.write(connection, "flood", PROPER, operator, clock, new_id)
        with pytest.raises(Conflicting, match="reviewed_before"):
            emergency_reviews.write(connection, "flood", PROPER, operator, clock, new_id)
    assert stands(database, city).state(clock.now()) == "reviewed"
    assert acts(database)[-1] == "hub:emergency:reviewed"
    clock.advance(timedelta(days=40))
    assert watch(database, city, clock) == ()


def test_parts_are_kept_on_a_legal_ground_and_may_go_later_for_good(
    database: Database, city: City, clock: SetClock, releaser: Releaser, operator: Viewer, user: Viewer, flood: str
) -> None:
    take(releaser, flood)
    with database.transaction() as connection:
        with pytest.raises(Conflicting, match="still_runs"):
            emergency_reports.report(connection, "flood", GONE, user, clock, new_id)
        emergencies.end(connection, "flood", operator.person, clock, new_id)
        for said, code in ((Deletion(" "), "words_missing"), (Deletion("已删除", kept=True), "ground_missing")):
            with pytest.raises(WrongUse, match=code):
                emergency_reports.report(connection, "flood", said, user, clock, new_id)
        with pytest.raises(AccessRefused):
            emergency_reports.report(connection, "flood", GONE, operator, clock, new_id)
        kept = Deletion("名册留存，其余已删除", kept=True, ground="档案法第十四条")
        emergency_reports.report(connection, "flood", kept, user, clock, new_id)
        assert [item.kept for item in emergency_reports.listed(connection, "flood")] == [True]
        emergency_reports.report(connection, "flood", GONE, user, clock, new_id)
        with pytest.raises(Conflicting, match="reported_before"):
            emergency_reports.report(connection, "flood", kept, user, clock, new_id)
    (received,) = stands(database, city).received
    assert (received.department, received.releases, received.rows) == (RELIEF, 1, 1)
    assert received.report is not None
    assert (received.report.kept, received.report.ground) == (False, "")
    assert acts(database)[-2:] == ["hub:emergency:deletion_reported"] * 2


def give(database: Database, city: City, clock: SetClock, wish: Wish, viewer: Viewer) -> HeldGrant:
    with database.transaction() as connection:
        return desk.grant_in_emergency(connection, city, wish, "flood", RELIEF, viewer, clock, new_id)


def test_a_second_grant_for_something_else_leaves_the_first_in_force(
    database: Database, city: City, clock: SetClock, operator: Viewer, flood: str
) -> None:
    assert flood == "flood-civil-affairs-metro-flow_15min-emergency"
    elsewhere = replace(city.contracts[FLOW], ref="contract:rail/flow_15min")
    both = replace(city, contracts={**city.contracts, elsewhere.ref: elsewhere})
    made = give(database, both, clock, replace(WISH, thing=elsewhere.ref), operator)
    purposes = replace(city.contracts[FLOW], purposes=(*city.contracts[FLOW].purposes, "operation"))
    wider = replace(city, contracts={**city.contracts, FLOW: purposes})
    other = give(database, wider, clock, replace(WISH, purpose="operation"), operator)
    again = give(database, city, clock, replace(WISH, fields=WISH.fields[:1]), operator)
    assert (again.name, again.version) == (flood, 2)  # the same use again is the next version
    with database.reading() as connection:
        states = {item.name: item.state for item in grants.listed(connection, open_only=True)}
    assert {flood, made.name, other.name} <= states.keys()
    assert len({flood, made.name, other.name}) == 3


def test_a_grant_takes_the_place_of_none_on_another_thing(
    database: Database, city: City, clock: SetClock, operator: Viewer, flood: str
) -> None:
    with database.transaction() as connection:
        (held,) = grants.versions(connection, flood)
        grants.close(connection, flood, operator.person, "test", clock, new_id)
        order = GrantOrder(
            flood, "contract:metro/lifts", RELIEF, held.purpose, {}, ("station",), clock.now(), held.ends_at
        )
        grants.make(connection, order, operator.person, clock.now(), new_id)
    with pytest.raises(Conflicting, match="grant_name_taken"):
        give(database, city, clock, WISH, operator)
    with database.transaction() as connection:
        assert grants.versions(connection, flood)[0].thing == "contract:metro/lifts"
        grants.close(connection, flood, operator.person, "test", clock, new_id)
    assert give(database, city, clock, WISH, operator).version == 3


def test_one_emergency_is_watched_alone_where_only_it_is_asked_about(
    database: Database, city: City, clock: SetClock, releaser: Releaser, operator: Viewer, flood: str
) -> None:
    take(releaser, flood)
    with database.transaction() as connection:
        ends_at = clock.now() + timedelta(days=1)
        emergencies.declare(connection, "fire", "火灾应急响应", ends_at, operator.person, clock, new_id)
    clock.advance(timedelta(days=40))
    with database.transaction() as connection:
        assert watch_emergencies(connection, city, clock, new_id, only="fire") == ()
        assert emergencies.one(connection, "fire").ended_by == "clock"
        assert emergencies.one(connection, "flood").ended_by is None
        assert grants.versions(connection, flood)[0].state == "open"
    assert len(watch(database, city, clock)) == 2


def test_a_name_that_is_none_is_refused(database: Database, clock: SetClock) -> None:
    ends_at = clock.now() + timedelta(days=1)
    for name in ("", "Flood", "flood 2026", "洪水", "-flood", "f" * 41, "flood\n", "a\x00"):
        with database.transaction() as connection, pytest.raises(WrongUse, match="name_wrong"):
            emergencies.declare(connection, name, "防汛", ends_at, "lin", clock, new_id)
        with database.reading() as connection, pytest.raises(NotKnown):
            emergencies.one(connection, name)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(1, 30 * 24), ended=st.none() | st.integers(0, 30 * 24), later=st.integers(0, 60 * 24))
def test_an_emergency_is_over_from_its_first_end_on_and_the_clocks_start_there(
    city: City, hours: int, ended: int | None, later: int
) -> None:
    begun = datetime(2026, 11, 20, 4, tzinfo=UTC)
    ends_at = begun + timedelta(hours=hours)
    ended_at = None if ended is None else begun + timedelta(hours=ended)
    found = emergencies.Emergency("flood", "防汛", "lin", begun, ends_at, ended_at, ended_at and "lin")
    first, now = min(ends_at, ended_at or ends_at), begun + timedelta(hours=later)
    assert found.over(now) == (now >= first)
    for due, days in ((emergency_reviews.due_at(city, found), 10), (emergency_reports.due_at(city, found), 5)):
        assert due - first > timedelta(days=days - 1)
        assert due - first < timedelta(days=3 * days + 10)  # the longest holidays included
