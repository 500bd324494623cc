"""Scores of quality: reckoned from what the gate counted, kept in versions, the same whenever they are reckoned."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citybrain.governance import scorecard
from citybrain.governance.dissent import answering
from citybrain.governance.quality_report import as_csv, report
from citybrain.governance.scorecard import DIMENSIONS, TOTAL
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.ids import new_id
from tests.governance.conftest import AFC, FLOW, SLOT, House

TODAY = date(2026, 11, 20)
METRO = "dept:metro"


def shares(house: House) -> dict[tuple[str, str], float | None]:
    with house.database.reading() as connection:
        found = scorecard.reckon(connection, house.city, TODAY, TODAY, house.clock.now())
    return {(score.subject, score.dimension): score.share for score in found}


def bad(house: House, key: str = "bad") -> None:
    row = {"slot_start": SLOT, "station": "S1", "entries": -1, "exits": 5}
    house.send(FLOW, AFC, [{**row, "station": "S7"}, {**row, "station": "S8"}], key)


def test_every_resource_and_body_has_eight_dimensions_four_aspects_and_a_total(house: House) -> None:
    found = shares(house)
    names = {name for subject, name in found if subject == FLOW}
    assert names == {*DIMENSIONS, TOTAL, "aspect:legality", "aspect:validity", "aspect:accuracy", "aspect:timeliness"}
    assert {subject for subject, _ in found} >= {*house.city.contracts, METRO}
    assert found[FLOW, "accuracy"] == 1.0
    assert found[FLOW, "coverage"] is None
    assert found["contract:metro/lifts", TOTAL] is None


def test_bad_rows_lower_the_score_of_their_provider_and_of_nobody_else(house: House) -> None:
    bad(house)
    found = shares(house)
    assert (found[FLOW, "accuracy"], found[METRO, "accuracy"]) == (0.5, 0.5)
    assert all(share is None for (subject, _), share in found.items() if subject not in {FLOW, METRO})


def test_an_upheld_dissent_lowers_accuracy_and_the_correction_is_no_delivery(house: House) -> None:
    number = house.contest().dissent.number
    before = shares(house)
    answering.uphold(house.rooms, number, {"entries": "10"}, "x", house.viewer("zhou"))
    after = shares(house)
    assert (before[FLOW, "accuracy"], after[FLOW, "accuracy"]) == (1.0, 0.5)
    assert after[FLOW, "conformity"] == 1.0


def test_a_day_is_kept_once_and_again_only_when_it_changed(house: House) -> None:
    bad(house)
    house.clock.advance(timedelta(days=1))

    def keep() -> date | None:
        with house.database.transaction() as connection:
            return scorecard.keep_if_due(connection, house.city, house.clock, new_id)

    assert keep() == TODAY
    assert keep() is None
    with house.database.transaction() as connection:
        assert scorecard.keep(connection, house.city, TODAY, house.clock, new_id) == 0
        kept = scorecard.trend(connection, FLOW, TODAY, TODAY)
    assert {item.dimension: item.grade for item in kept}["accuracy"] == "E"


def test_a_month_is_ranked_and_the_same_whenever_it_is_reported(house: House) -> None:
    with house.database.transaction() as connection:
        scorecard.keep(connection, house.city, TODAY, house.clock, new_id)
        lines = report(connection, "2026-11")
        text = as_csv(lines, house.city, "zh")
        assert text == as_csv(report(connection, "2026-11"), house.city, "zh")
        assert {line.subject: line.rank for line in lines}[METRO] == 1
        assert report(connection, "2026-10") == []
        for wrong in ("2026", "2026-13", "'"):
            with pytest.raises(WrongUse):
                report(connection, wrong)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), other=st.floats(0, 1))
def test_a_better_share_never_has_a_worse_grade(share: float, other: float) -> None:
    low, high = sorted((share, other))
    assert scorecard.grade_of(high).grade <= scorecard.grade_of(low).grade
    assert len(scorecard.grades()) == 5
