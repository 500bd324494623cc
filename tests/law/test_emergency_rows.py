"""The checks of emergencies look at their own emergency: one of the city that runs changes nothing, nor is changed."""

from datetime import timedelta

import pytest

from citybrain.governance.compliance import check_duty
from citybrain.governance.packs import read_packs
from citybrain.hub import emergencies, grants
from citybrain.hub.grants import GrantOrder
from citybrain.kernel.ids import new_id
from tests.law.conftest import FLOW, Scene

CHECKED = [
    duty
    for pack in read_packs()
    for _, duty in pack.duties()
    if duty.id.startswith("NJ-13") and duty.binding == "bound"
]


@pytest.fixture
def running(scene: Scene) -> str:
    """A flood that runs in the city, with a grant for the government."""
    clock = scene.bench.clock
    ends_at = clock.now() + timedelta(days=2)
    order = GrantOrder(
        "flood-government", FLOW, "dept:government", "emergency", {}, ("station",), clock.now(), ends_at, "emergency",
        emergency="flood",
    )  # fmt: skip
    emergencies.declare(scene.connection, "flood", "防汛应急响应", ends_at, "lin", clock, new_id)
    return grants.make(scene.connection, order, "lin", clock.now(), new_id).name


def test_the_checks_of_emergencies_hold_while_one_runs(
    scene: Scene, running: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CHECKED
    closed: list[str] = []
    close = grants.close

    def noted(*given: object, **more: object) -> None:
        closed.append(str(given[1]))
        close(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(grants, "close", noted)
    for duty in CHECKED:
        status, words, _ = check_duty(scene.bench, duty, {})
        assert status == "holds", (duty.id, words)
    assert closed
    assert running not in closed
