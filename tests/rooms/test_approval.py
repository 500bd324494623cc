"""Important data is granted by two: the provider first, a higher post second; the negative list stands above both."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.blueprint.load import load
from citybrain.casework import tasks
from citybrain.city.grant import Limits
from citybrain.city.prohibition import Prohibition
from citybrain.city.whole import City
from citybrain.governance.sharing import watch_requests
from citybrain.hub import emergencies, grants
from citybrain.hub.sharing import desk, granting, record
from citybrain.hub.sharing.granting import Terms
from citybrain.hub.sharing.minimality import Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Connection, Database
from citybrain.safeguards.viewing import Viewer, viewer_of

AIR = "contract:environment/station_hourly"
WISH = Wish(
    AIR, "operation", {"law": "hangzhou-2021/8"}, "儿童哮喘门诊预警，按站点取小时值",
    ("measured_at", "station", "district", "pm25", "pm10"), date(2027, 6, 30),
)  # fmt: skip
SAID = {"zh": "空气读数不给卫健", "en": "no readings for health"}


@pytest.fixture(scope="module")
def hangzhou() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def city(hangzhou: City) -> City:
    asked = replace(hangzhou.contracts[AIR], share="conditional", data_class="important")
    leader = hangzhou.departments["dept:government"]
    posts = tuple(post.model_copy(update={"may": (*post.may, "approve_important")}) for post in leader.posts)
    return replace(
        hangzhou, contracts={**hangzhou.contracts, AIR: asked},
        departments={**hangzhou.departments, leader.ref: leader.model_copy(update={"posts": posts})},
    )  # fmt: skip


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 20, 4, tzinfo=UTC))  # a Friday


def who(city: City, person: str) -> Viewer:
    return viewer_of(city, person)


def leader_of(city: City) -> Viewer:
    person = city.departments["dept:government"].posts[0].held_by[0].person
    return viewer_of(city, person)


def agreed(
    connection: Connection, city: City, clock: SetClock, wish: Wish = WISH, terms: Terms | None = None
) -> SharingRequest:
    made = desk.apply_for(connection, city, wish, who(city, "qian"), clock, new_id)
    desk.check(connection, city, made.number, who(city, "lin"), "", clock, new_id, fit=True)
    return desk.grant(connection, city, made.number, who(city, "wu"), "", clock, new_id, terms)


def test_the_providers_yes_waits_for_a_higher_post_with_its_own_clock(
    database: Database, city: City, clock: SetClock
) -> None:
    with database.transaction() as connection:
        kept = Terms(fields=WISH.fields[:4])
        now = agreed(connection, city, clock, terms=kept)
        assert (now.state, now.agreed_by, now.grant) == ("approving", "wu", None)
        assert now.due_at == datetime(2026, 11, 25, 17, 30, tzinfo=city.zone)  # three working days after a Friday
        assert grants.versions(connection, now.number.lower()) == []
        done = granting.approve(connection, city, now.number, leader_of(city), "同意", clock, new_id)
        assert done.state == "granted"
        (held,) = grants.versions(connection, now.number.lower())
    assert held.fields == WISH.fields[:4]
    with database.reading() as connection:
        acts = [item.act for item in record.course(connection, done.id)]
    assert acts == ["applied", "passed", "agreed", "proposed", "approved", "granted"]


def test_who_took_part_or_has_another_post_does_not_approve(database: Database, city: City, clock: SetClock) -> None:
    everybody = [replace(who(city, name), may=frozenset({"approve_important"})) for name in ("wu", "qian")]
    with database.transaction() as connection:
        now = agreed(connection, city, clock)
        for viewer in everybody:
            with pytest.raises(AccessRefused, match="approved_before"):
                granting.approve(connection, city, now.number, viewer, "", clock, new_id)
        with pytest.raises(AccessRefused, match="approval_elsewhere"):
            granting.approve(connection, city, now.number, who(city, "lin"), "", clock, new_id)
        refused = desk.refuse(connection, city, now.number, leader_of(city), "用途不足", clock, new_id)
    assert refused.state == "refused"


def test_where_no_post_is_named_the_data_authority_approves(
    database: Database, hangzhou: City, clock: SetClock
) -> None:
    vital = replace(hangzhou.contracts[AIR], share="conditional", data_class="important")
    plain = replace(hangzhou, contracts={**hangzhou.contracts, AIR: vital})
    with database.transaction() as connection:
        now = agreed(connection, plain, clock)
        assert granting.approve(connection, plain, now.number, who(plain, "lin"), "", clock, new_id).state == "granted"


def test_ordinary_data_needs_the_provider_only(database: Database, city: City, clock: SetClock) -> None:
    plain = replace(city, contracts={**city.contracts, AIR: replace(city.contracts[AIR], data_class="general")})
    with database.transaction() as connection:
        now = agreed(connection, plain, clock)
        assert now.state == "granted"
        with pytest.raises(Conflicting, match="request_elsewhere"):
            granting.approve(connection, plain, now.number, leader_of(plain), "", clock, new_id)


def test_sharing_without_condition_does_not_pass_the_higher_approval_by(
    database: Database, city: City, clock: SetClock
) -> None:
    free = replace(city, contracts={**city.contracts, AIR: replace(city.contracts[AIR], share="unconditional")})
    with database.transaction() as connection:
        made = desk.apply_for(connection, free, WISH, who(free, "qian"), clock, new_id)
        assert made.state == "approving"
        done = granting.approve(connection, free, made.number, leader_of(free), "", clock, new_id)
    assert (done.state, done.grant is not None) == ("granted", True)


def test_an_emergency_grant_on_important_data_is_the_higher_posts(
    database: Database, city: City, clock: SetClock
) -> None:
    with database.transaction() as connection:
        end = clock.now() + timedelta(days=2)
        emergencies.declare(connection, "flood", "防汛应急响应", end, "lin", clock, new_id)
        with pytest.raises(AccessRefused, match="approval_elsewhere"):
            desk.grant_in_emergency(connection, city, WISH, "flood", "dept:health", who(city, "lin"), clock, new_id)
        leader = replace(leader_of(city), may=leader_of(city).may | {"operate_hub"})
        held = desk.grant_in_emergency(connection, city, WISH, "flood", "dept:health", leader, clock, new_id)
        assert (held.state, held.made_by) == ("open", leader.person)
        emergencies.declare(connection, "heat", "高温应急响应", end, leader.person, clock, new_id)
        with pytest.raises(AccessRefused, match="approved_before"):
            desk.grant_in_emergency(connection, city, WISH, "heat", "dept:health", leader, clock, new_id)


def test_an_approval_that_is_late_becomes_a_task_of_the_data_authority(
    database: Database, city: City, clock: SetClock
) -> None:
    with database.transaction() as connection:
        now = agreed(connection, city, clock)
        clock.advance(timedelta(days=30))
        assert watch_requests(connection, city, clock, new_id) == (now.number,)
        (task,) = tasks.listed(connection, department="dept:data-bureau")
    assert "上一级批准" in task.title


def test_limits_asked_for_stand_in_the_grant_and_are_not_widened(
    database: Database, city: City, clock: SetClock
) -> None:
    asked = replace(WISH, limits=Limits(uses=100))
    with database.transaction() as connection:
        for wider in (Limits(uses=101), Limits(rows_per_day=5)):
            with pytest.raises(Conflicting, match="limits_wider"):
                agreed(connection, city, clock, asked, Terms(limits=wider))
        now = agreed(connection, city, clock, asked, Terms(limits=Limits(uses=10, rows_per_day=50)))
        granting.approve(connection, city, now.number, leader_of(city), "", clock, new_id)
        (held,) = grants.versions(connection, now.number.lower())
    assert held.limits == Limits(uses=10, rows_per_day=50)


def test_an_enterprise_asks_with_limits_and_abroad_needs_an_assessment(
    database: Database, city: City, clock: SetClock
) -> None:
    health = city.departments["dept:health"].model_copy(update={"kind": "enterprise"})
    abroad = city.settings.model_copy(update={"outbound_purposes": ("operation",)})
    firm = replace(city, departments={**city.departments, health.ref: health}, settings=abroad)
    with database.transaction() as connection:
        broad = desk.apply_for(connection, firm, WISH, who(firm, "qian"), clock, new_id)
        assert [item["kind"] for item in broad.findings] == ["assessment_none", "limits_none"]
        wish = replace(WISH, limits=Limits(rows_per_use=1), assessment="杭数出境评〔2026〕7号")
        fit = desk.apply_for(connection, firm, wish, who(firm, "qian"), clock, new_id)
    assert (fit.state, fit.assessment, fit.limits) == ("checking", "杭数出境评〔2026〕7号", Limits(rows_per_use=1))


def test_what_the_negative_list_prohibits_is_not_asked_for_nor_granted(
    database: Database, city: City, clock: SetClock
) -> None:
    item = Prohibition.model_validate(
        {"prohibition": "air", "name": SAID, "reason": SAID, "fields": ["pm10"], "to": ["dept:health"],
         "basis": {"law": "nanjing-2025/23", "text": SAID}}
    )  # fmt: skip
    listed = replace(city, prohibitions={item.ref: item})
    with database.transaction() as connection:
        with pytest.raises(AccessRefused, match="prohibited") as told:
            desk.apply_for(connection, listed, WISH, who(city, "qian"), clock, new_id)
        assert (told.value.params["item"], told.value.params["fields"]) == ("air", ["pm10"])
        fit = desk.apply_for(
            connection, listed, replace(WISH, fields=WISH.fields[:4]), who(city, "qian"), clock, new_id
        )
        assert fit.state == "checking"
        now = agreed(connection, city, clock)  # asked for before the list changed
        with pytest.raises(AccessRefused, match="prohibited"):
            granting.approve(connection, listed, now.number, leader_of(city), "", clock, new_id)
