"""A duty holds only if a named sabotage of its feature turns it broken: both are shown here, for every bound duty."""

import pytest

from citybrain.city.law import Duty
from citybrain.governance.bench import Answer
from citybrain.governance.compliance import check_duty
from citybrain.governance.packs import read_packs
from tests.law.conftest import Scene
from tests.law.sabotages import sabotages

PACKS = read_packs()
BOUND = [duty for pack in PACKS for _, duty in pack.duties() if duty.binding == "bound"]


@pytest.mark.parametrize(
    ("duty", "sabotage"),
    [pytest.param(duty, name, id=f"{duty.id}-{name}") for duty in BOUND for name in duty.sabotages],
)
def test_a_bound_duty_holds_and_its_sabotage_breaks_it(scene: Scene, duty: Duty, sabotage: str) -> None:
    status, words, answers = check_duty(scene.bench, duty, {})
    assert (status, answers) == ("holds", None), words

    broken = sabotages()[sabotage](scene)
    status, words, _ = check_duty(broken, duty, {})
    assert status == "broken", words
    assert words.zh
    assert words.en


def test_every_sabotage_is_named_by_a_duty_and_every_bound_duty_names_one() -> None:
    named = {name for duty in BOUND for name in duty.sabotages}
    assert named == set(sabotages())


def test_enough_of_both_laws_is_bound() -> None:
    count = {pack.pack: sum(duty.binding == "bound" for _, duty in pack.duties()) for pack in PACKS}
    assert count["hangzhou-2021"] >= 35
    assert count["nanjing-2025"] >= 15
    assert count["wishes"] == 0


def test_a_check_leaves_the_city_as_it_was(scene: Scene) -> None:
    def everything() -> list[tuple[str, int]]:
        tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        names = [name for (name,) in scene.connection.execute(tables)]
        rows = scene.connection.execute
        counted = [(name, rows(f'SELECT count(*) FROM "{name}"').fetchone()) for name in names]
        head, number = (
            rows("SELECT position FROM hub_head").fetchone(),
            rows("SELECT last_value FROM task_number").fetchone(),
        )
        return [(name, row[0] if row else 0) for name, row in [*counted, ("head", head), ("number", number)]]

    before = everything()
    for duty in BOUND:
        check_duty(scene.bench, duty, {})
    assert everything() == before


def test_a_page_that_answers_strangers_breaks_the_permission_duty(scene: Scene) -> None:
    duty = next(duty for duty in BOUND if duty.id == "HZ-10.2c")
    open_to_all = scene.bench.__class__(
        **{name: getattr(scene.bench, name) for name in scene.bench.__slots__ if name != "fetch"},
        fetch=lambda _: Answer(200, {}),
    )
    status, words, _ = check_duty(open_to_all, duty, {})
    assert status == "broken"
    assert "200" in words.zh


def test_a_room_that_fails_never_counts_as_holding(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("citybrain.governance.probes.exchange.verify_log", fails)
    duty = next(duty for duty in BOUND if duty.id == "HZ-8.2a")
    status, words, _ = check_duty(scene.bench, duty, {})
    assert status == "broken"
    assert "RuntimeError" in words.en


def test_a_duty_that_this_city_cannot_show_is_not_yet(scene: Scene) -> None:
    duty = next(duty for duty in BOUND if duty.id == "HZ-6.2")
    bench = scene.changed(without=tuple(f"gov-{code}.yaml" for code in ("990101", "990102", "990103")))
    status, _, _ = check_duty(bench, duty, {})
    assert status == "not_yet"


def test_a_late_feed_names_its_provider(scene: Scene) -> None:
    duty = next(duty for duty in BOUND if duty.id == "HZ-15.1b")
    status, words, answers = check_duty(sabotages()["a_feed_falls_silent"](scene), duty, {})
    assert (status, answers) == ("broken", "dept:metro")
    assert "约定 20 分钟" in words.zh
