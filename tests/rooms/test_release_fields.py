"""Fields are decided on as they leave: of the grant that is used, and those a filter asks by among them."""

from datetime import timedelta
from pathlib import Path

import pytest

from citybrain.city.grant import Limits
from citybrain.city.prohibition import Prohibition
from citybrain.hub import grants
from citybrain.hub.grants import GrantOrder
from citybrain.hub.question import Condition, Question
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from tests.properties.test_release import DESK, FLOW, USER, House

SAID = {"zh": "出站人次不提供", "en": "exits are not given"}
NO_EXITS = Prohibition.model_validate({
    "prohibition": "exits", "name": SAID, "reason": SAID, "basis": {"law": "nanjing-2025/23", "text": SAID},
    "fields": ["exits"],
})  # fmt: skip


@pytest.fixture
def house(database: Database, clock: SetClock, tmp_path: Path) -> House:
    return House(database, clock, tmp_path, {NO_EXITS.ref: NO_EXITS})


def grant(house: House, name: str, fields: tuple[str, ...], days: int, limits: Limits | None = None) -> None:
    at = house.clock.now()
    order = GrantOrder(name, FLOW, USER, "operation", {}, fields, at, at + timedelta(days=days), limits=limits)
    with house.database.transaction() as connection:
        grants.make(connection, order, "zhou", at, new_id)


def test_the_fields_of_the_grant_that_is_used_are_decided_on(house: House) -> None:
    grant(house, "spent", ("station", "entries"), 9, Limits(uses=1))
    grant(house, "wider", ("station", "entries", "exits"), 1)
    assert house.ask().fields == ("station", "entries")
    with pytest.raises(AccessRefused) as refused:
        house.ask()
    assert refused.value.code == "hub.use_forbidden"
    assert house.ask(("station",)).grant == "wider"


def test_a_spent_grant_stands_in_nobody_s_way(house: House) -> None:
    grant(house, "spent", ("station", "entries", "exits"), 9, Limits(uses=1))
    house.ask(("station",))
    grant(house, "good", ("station",), 1)
    assert house.ask().fields == ("station",)


@pytest.mark.parametrize("comparison", ["eq", "gte", "in"])
def test_what_must_not_leave_cannot_be_asked_by(house: House, comparison: str) -> None:
    grant(house, "wider", ("station", "entries", "exits"), 1)
    where = (Condition("exits", comparison, "3"),)  # type: ignore[arg-type]  # one of the comparisons
    with pytest.raises(AccessRefused) as refused:
        house.releaser.release(Question(FLOW, "operation", ("station",), where), DESK)
    assert refused.value.code == "hub.use_forbidden"
    by_entries = Question(FLOW, "operation", ("station",), (Condition("entries", "eq", "7"),))
    assert house.releaser.release(by_entries, DESK).rows == 1
