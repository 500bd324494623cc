"""Data is applied for, checked, granted in time or refused with reasons; what asks for too much is sent back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from citybrain.blueprint.load import load
from citybrain.casework import tasks
from citybrain.city.names import Basis
from citybrain.city.whole import City
from citybrain.governance.sharing import watch_requests
from citybrain.hub import emergencies, grants
from citybrain.hub.sharing import desk, record
from citybrain.hub.sharing.granting import Terms
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.viewing import Viewer, viewer_of

AIR = "contract:environment/station_hourly"
WISH = Wish(
    AIR, "operation", {"law": "hangzhou-2021/8", "text": {"zh": "互联互通", "en": "exchange"}},
    "儿童哮喘门诊预警，按站点取小时值", ("measured_at", "station", "district", "pm25", "pm10"), date(2027, 6, 30),
)  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    asked = replace(loaded.city.contracts[AIR], share="conditional")
    return replace(loaded.city, contracts={**loaded.city.contracts, AIR: asked})


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 20, 4, tzinfo=UTC))  # a Friday


@pytest.fixture
def people(city: City) -> dict[str, Viewer]:
    return {name: viewer_of(city, name) for name in ("qian", "wu", "lin", "zhou", "shen", "xu")}


def acts(database: Database, number: str) -> list[str]:
    with database.reading() as connection:
        return [item.act for item in record.course(connection, record.one(connection, number).id)]


def test_a_request_is_checked_answered_by_the_provider_and_granted_with_one_field_less(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        assert (made.state, made.provider, made.department) == ("checking", "dept:environment", "dept:health")
        assert made.due_at == datetime(2026, 11, 24, 17, 30, tzinfo=city.zone)  # two working days after a Friday
        passed = desk.check(connection, city, made.number, people["lin"], "", clock, new_id, fit=True)
        assert (passed.state, passed.due_at) == ("providing", datetime(2026, 12, 4, 17, 30, tzinfo=city.zone))
        kept = tuple(name for name in WISH.fields if name != "pm10")
        done = desk.grant(connection, city, made.number, people["wu"], "PM10 用不到", clock, new_id, Terms(kept))
    assert done.state == "granted"
    with database.reading() as connection:
        (held,) = grants.versions(connection, made.number.lower())
    assert (held.fields, held.source, held.department) == (kept, "request", "dept:health")
    assert held.ends_at == datetime(2027, 7, 1, tzinfo=city.zone)
    assert acts(database, made.number) == ["applied", "passed", "agreed", "granted"]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"fields": ()}, ["fields_none"]),
        ({"until": None}, ["term_none"]),
        ({"until": date(2036, 1, 1)}, ["term_wrong"]),
        ({"until": date(2020, 1, 1)}, ["term_wrong"]),
        ({"reason": "要用"}, ["reason_short"]),
        ({"basis": {}}, ["basis_none"]),
        ({"purpose": "advertising"}, ["purpose_foreign"]),
        ({"fields": ("station", "nose")}, ["fields_unknown"]),
        ({"rows": "city ="}, ["rows_unreadable"]),
        ({"rows": "nose == 1"}, ["fields_unknown"]),
        ({"clear_fields": ("aqi",)}, ["clear_not_asked"]),
        ({"until": None, "reason": "", "purpose": "x"}, ["purpose_foreign", "reason_short", "term_none"]),
    ],
)
def test_a_wish_that_asks_for_too_much_is_sent_back_with_every_point(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer], change: dict[str, Any],
    kinds: list[str],
) -> None:  # fmt: skip
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, replace(WISH, **change), people["qian"], clock, new_id)
    assert made.state == "returned"
    assert [item["kind"] for item in made.findings] == kinds


def test_asking_for_every_field_is_too_much(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    every = tuple(item.name for item in city.contracts[AIR].fields)
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, replace(WISH, fields=every), people["qian"], clock, new_id)
    assert [item["kind"] for item in made.findings] == ["all_fields"]


def test_a_district_asks_for_its_own_rows(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        broad = desk.apply_for(connection, city, WISH, people["shen"], clock, new_id)
        narrow = replace(WISH, rows="district == '330106'")
        fit = desk.apply_for(connection, city, narrow, people["shen"], clock, new_id)
    assert [item["kind"] for item in broad.findings] == ["rows_beyond_division"]
    assert fit.state == "checking"


def test_what_is_shared_without_condition_is_granted_at_once_and_what_is_not_shared_never(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    free = replace(city, contracts={**city.contracts, AIR: replace(city.contracts[AIR], share="unconditional")})
    basis = Basis.model_validate({"law": "hangzhou-2021/18", "text": {"zh": "保密", "en": "secret"}})
    closed = replace(city.contracts[AIR], share="none", share_basis=basis)
    never = replace(city, contracts={**city.contracts, AIR: closed})
    with database.transaction() as connection:
        made = desk.apply_for(connection, free, WISH, people["qian"], clock, new_id)
        assert made.state == "granted"
        with pytest.raises(AccessRefused, match="never_shared"):
            desk.apply_for(connection, never, WISH, people["qian"], clock, new_id)
        assert desk.apply_for(connection, free, replace(WISH, until=None), people["qian"], clock, new_id).state == (
            "returned"
        )


def test_each_step_belongs_to_somebody(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        with pytest.raises(AccessRefused):
            desk.apply_for(connection, city, WISH, people["xu"], clock, new_id)  # a district leader does not apply
        with pytest.raises(Conflicting, match="own_data"):
            desk.apply_for(connection, city, WISH, people["wu"], clock, new_id)
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        with pytest.raises(AccessRefused):
            desk.check(connection, city, made.number, people["wu"], "", clock, new_id, fit=True)
        with pytest.raises(Conflicting, match="request_elsewhere"):
            desk.grant(connection, city, made.number, people["wu"], "", clock, new_id)
        desk.check(connection, city, made.number, people["lin"], "", clock, new_id, fit=True)
        with pytest.raises(AccessRefused, match="not_your_request"):
            desk.grant(connection, city, made.number, people["zhou"], "", clock, new_id)
        with pytest.raises(Conflicting, match="grant_wider"):
            desk.grant(connection, city, made.number, people["wu"], "", clock, new_id, Terms(("aqi",)))
        with pytest.raises(WrongUse, match="reason_missing"):
            desk.refuse(connection, city, made.number, people["wu"], " ", clock, new_id)


def test_a_refusal_can_be_appealed_once_and_the_authority_decides(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        desk.check(connection, city, made.number, people["lin"], "", clock, new_id, fit=True)
        desk.refuse(connection, city, made.number, people["wu"], "站点数据尚未校准", clock, new_id)
        with pytest.raises(AccessRefused, match="not_your_request"):
            desk.appeal(connection, city, made.number, people["zhou"], "需要", clock, new_id)
        desk.appeal(connection, city, made.number, people["qian"], "预警不需要校准值", clock, new_id)
        with pytest.raises(AccessRefused):
            desk.grant(connection, city, made.number, people["wu"], "", clock, new_id)
        desk.refuse(connection, city, made.number, people["lin"], "待校准", clock, new_id)
        with pytest.raises(Conflicting, match="appealed_before"):
            desk.appeal(connection, city, made.number, people["qian"], "再申诉", clock, new_id)
    assert acts(database, made.number) == ["applied", "passed", "refused", "appealed", "refused"]


def test_who_waits_can_urge_and_what_is_late_escalates_once_a_step(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        assert desk.urge(connection, made.number, people["qian"], clock, new_id).urged_at == clock.now()
        assert record.escalate_overdue(connection, clock.now()) == []
        clock.advance(timedelta(days=5))
        assert [item.number for item in record.escalate_overdue(connection, clock.now())] == [made.number]
        assert record.escalate_overdue(connection, clock.now()) == []
        assert record.one(connection, made.number).overdue(clock.now())
        desk.withdraw(connection, made.number, people["qian"], clock, new_id)
        assert not record.one(connection, made.number).overdue(clock.now())


def test_a_grant_can_be_narrowed_and_prolonged_but_never_widened(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        desk.check(connection, city, made.number, people["lin"], "", clock, new_id, fit=True)
        desk.grant(connection, city, made.number, people["wu"], "", clock, new_id)
        name = made.number.lower()
        narrow = grants.renew(connection, name, "wu", clock, new_id, fields=("station", "pm25"))
        assert (narrow.version, narrow.fields) == (2, ("station", "pm25"))
        with pytest.raises(Conflicting, match="grant_wider"):
            grants.renew(connection, name, "wu", clock, new_id, fields=("station", "pm10"))
        longer = grants.renew(connection, name, "wu", clock, new_id, until=narrow.ends_at + timedelta(days=30))
        assert longer.ends_at == narrow.ends_at + timedelta(days=30)
        assert [item.state for item in grants.versions(connection, name)] == ["open", "closed", "closed"]


def test_in_an_emergency_the_authority_grants_provisionally(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        with pytest.raises(Conflicting, match="emergency_unknown"):
            desk.grant_in_emergency(connection, city, WISH, "flood", "dept:health", people["lin"], clock, new_id)
        end = clock.now() + timedelta(days=2)
        emergencies.declare(connection, "flood", "防汛应急响应", end, "lin", clock, new_id)
        with pytest.raises(AccessRefused):
            desk.grant_in_emergency(connection, city, WISH, "flood", "dept:health", people["qian"], clock, new_id)
        held = desk.grant_in_emergency(connection, city, WISH, "flood", "dept:health", people["lin"], clock, new_id)
        assert (held.source, held.ends_at) == ("emergency", end)
        assert emergencies.end(connection, "flood", "lin", clock, new_id) == 1


def test_who_is_late_gets_a_task_once_a_step(
    database: Database, city: City, clock: SetClock, people: dict[str, Viewer]
) -> None:
    with database.transaction() as connection:
        made = desk.apply_for(connection, city, WISH, people["qian"], clock, new_id)
        desk.check(connection, city, made.number, people["lin"], "", clock, new_id, fit=True)
        assert watch_requests(connection, city, clock, new_id) == ()
        clock.advance(timedelta(days=30))
        assert watch_requests(connection, city, clock, new_id) == (made.number,)
        assert watch_requests(connection, city, clock, new_id) == ()
        (task,) = tasks.listed(connection, department="dept:environment")
    assert made.number in task.title
    assert made.number in task.title_in("en")
