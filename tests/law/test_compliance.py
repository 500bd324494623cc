"""Rounds are stored, changes are evidenced, broken duties say who answers; the page shows it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from citybrain.blueprint.instance import Instance
from citybrain.governance.compliance import last_round, rows, run_round
from citybrain.governance.packs import chosen, read_packs
from citybrain.kernel.clock import SetClock
from citybrain.web.law_page import page
from citybrain.web.views import Frame
from tests.law.conftest import NOW, Scene
from tests.law.sabotages import sabotages

LAWS = chosen(read_packs(), None)


def test_a_round_is_stored_with_time_evidence_and_duration(scene: Scene) -> None:
    made = run_round(scene.bench, LAWS)
    assert (made.count("broken"), made.count("holds")) == (0, len(made.results))
    found = rows(scene.connection, LAWS, "dept:data-bureau", scene.bench.city.zone)
    bound = [row for row in found if row.result is not None]
    assert len(bound) == len(made.results) >= 34
    for row in bound:
        assert row.result is not None
        assert row.result.checked_at == NOW
        assert row.evidence("zh")
        assert row.evidence("en")
    newest = last_round(scene.connection)
    assert newest is not None
    assert newest[0] == NOW


def test_a_broken_duty_says_who_answers_and_by_when_and_leaves_evidence(scene: Scene) -> None:
    run_round(scene.bench, LAWS)
    later = sabotages()["a_feed_falls_silent"](scene)
    run_round(later, LAWS)
    found = {row.duty.id: row for row in rows(scene.connection, LAWS, "dept:data-bureau", scene.bench.city.zone)}
    late = found["HZ-15.1b"]
    assert (late.status, late.answers) == ("broken", "dept:metro")
    assert late.due is not None
    assert late.due.isoformat() == "2026-11-23"  # the Friday is over, the next working day is Monday
    entries = scene.connection.execute(
        "SELECT count(*) FROM evidence_entry WHERE act = 'governance:duty:judged' AND subject = 'HZ-15.1b'"
    ).fetchone()
    assert entries == (2,)
    assert found["HZ-8.1c"].status == "holds"


def test_a_duty_keeps_since_when_it_stands_as_it_does(scene: Scene) -> None:
    run_round(scene.bench, LAWS)
    clock = SetClock(NOW + timedelta(minutes=15))
    run_round(replace(scene.bench, clock=clock), LAWS)
    row = next(row for row in rows(scene.connection, LAWS, None, scene.bench.city.zone) if row.duty.id == "HZ-8.1c")
    assert row.result is not None
    assert (row.result.since, row.result.checked_at) == (NOW, clock.now())


def test_a_law_is_not_checked_before_its_day(scene: Scene) -> None:
    before = SetClock(NOW.replace(year=2024))
    made = run_round(replace(scene.bench, clock=before), LAWS)
    assert {result.pack for result in made.results} == {"hangzhou-2021"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_every_duty_in_its_state(
    instance: Instance, scene: Scene, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_round(sabotages()["a_batch_claims_more_than_it_took"](scene), LAWS)
    monkeypatch.setattr(instance, "database", scene.bench.database)
    frame = Frame("x", NOW, "/law?lang=en")
    shown = page(instance, LAWS[0], "zh" if language == "zh" else "en", frame)
    assert shown.total == 88
    assert sum(shown.count(state) for state in ("ok", "alarm", "todo", "none")) == 88
    assert shown.count("alarm") >= 1
    duties = {duty.id: duty for article in shown.articles for duty in article.duties}
    broken = duties["HZ-8.1c"]
    assert (broken.state, duties["HZ-1"].state, duties["HZ-6.1.1"].state) == ("alarm", "none", "todo")
    assert broken.answers is not None
    assert ("数据资源局" if language == "zh" else "Data Bureau") in broken.answers.text
    assert [article.label for article in shown.articles][25] == ("第二十六条" if language == "zh" else "Art. 26")
    assert all(article.text for article in shown.articles)
    assert shown.command == "citybrain law hangzhou-2021"
