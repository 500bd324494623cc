"""The dissent loop (异议): raised, marked, corrected at the source, answered in time, closed by the raiser."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from citybrain.casework import tasks
from citybrain.city.profile import with_profiles
from citybrain.governance.dissent import answering, case, clocks, consequences, statistics
from citybrain.governance.dissent.case import Raiser
from citybrain.hub import disputes
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.insight.values import newest_of
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from tests.governance.conftest import AFC, FLOW, GOVERNMENT, LIFT_SYSTEM, LIFTS, SLOT, House

DAY = timedelta(days=1)


def test_a_dissent_gets_a_number_a_clock_a_mark_and_evidence_without_values(house: House) -> None:
    raised = house.contest(seen="100", claimed="10", grounds="王小明 13800000000 说不对")
    assert raised.dissent.number == "26-0001"
    assert house.contest(keys={"slot_start": SLOT, "station": "S2"}).dissent.number == "26-0002"
    assert f"{raised.dissent.due_at.astimezone(house.city.zone):%Y-%m-%d %H:%M}" == "2026-12-04 18:00"
    with house.database.reading() as connection:
        marks = disputes.marks(connection, FLOW)
        bodies = " ".join(row[0] for row in connection.execute("SELECT body FROM evidence_entry WHERE act ~ 'dissent'"))
    assert [(mark.number, mark.field) for mark in marks] == [("26-0001", "entries"), ("26-0002", "entries")]
    assert "26-0001" in bodies
    assert not [value for value in ("王小明", "13800000000", "S1", raised.code) if value in bodies]


def test_every_reader_sees_which_fields_are_in_dispute(house: House) -> None:
    house.contest()
    contract = house.city.contracts[FLOW]
    frame = pl.DataFrame(house.rows())
    with house.database.reading() as connection:
        told = disputes.annotate(frame, contract, disputes.marks(connection, FLOW))
    by_station = dict(zip(told["station"], told[disputes.IN_DISPUTE].to_list(), strict=True))
    assert by_station == {"S1": ["entries"], "S2": None}
    assert told.drop(disputes.IN_DISPUTE).equals(frame)
    assert disputes.annotate(frame, contract, [])[disputes.IN_DISPUTE].null_count() == 2


def test_a_whole_batch_can_be_in_dispute(house: House) -> None:
    batch = house.send(FLOW, AFC, [{"slot_start": SLOT, "station": "S3", "entries": 1, "exits": 1}], "b").batch
    house.contest(keys=None, batch=batch, field=None)
    with house.database.reading() as connection:
        marks = disputes.marks(connection, FLOW)
        told = disputes.annotate(pl.DataFrame(house.rows()), house.city.contracts[FLOW], marks)
    assert dict(zip(told["station"], told[disputes.IN_DISPUTE].to_list(), strict=True)) == {
        "S1": None, "S2": None, "S3": ["*"],
    }  # fmt: skip


def test_the_provider_corrects_at_the_source_and_every_figure_follows(house: House) -> None:
    raised, indicator = house.contest(), house.city.indicators["indicator:metro.entries"]
    engine = Engine(threads=1, memory="256MB")

    def figure() -> float | None:
        refresh(house.city, indicator, house.database, house.rooms.reader, engine, house.clock)
        with house.database.reading() as connection:
            return newest_of(connection, indicator, "", "")

    assert figure() == 200
    done = answering.uphold(house.rooms, raised.dissent.number, {"entries": "10"}, "设备故障", house.viewer("zhou"))
    assert (done.state, done.verdict, done.was_late) == ("answered", "upheld", False)
    assert figure() == 110
    engine.close()
    assert {(row["station"], row["entries"], row["exits"]) for row in house.rows()} == {("S1", 10, 5), ("S2", 100, 5)}
    assert sorted(row["entries"] for row in house.rows(with_corrected=True)) == [10, 100, 100]

    with house.database.transaction() as connection:
        looking = consequences.redecisions(connection, done.id)
        assert ("dept:government", "grant:government-uses-metro-flow") in {(r.department, r.basis) for r in looking}
        consequences.redecide(connection, done.number, house.viewer("chen"), "不影响", house.clock, new_id)
        with pytest.raises(NotKnown):
            consequences.redecide(connection, done.number, house.viewer("chen"), "again", house.clock, new_id)
        closed = answering.accept(connection, done.number, GOVERNMENT, "", house.clock, new_id)
        assert closed.state == "closed"
        assert disputes.marks(connection, FLOW) == []
        assert [event.act for event in case.course(connection, done.id)] == ["raised", "upheld", "redecided", "closed"]


def test_a_correction_is_a_new_version_in_every_mode(house: House) -> None:
    state = {"station": "S1", "lift": 1, "changed_at": SLOT, "state": "stopped"}
    assert house.send(LIFTS, LIFT_SYSTEM, [state]).accepted == 1
    bureau, keys = Raiser("person", "lin", "dept:data-bureau"), {"station": "S1", "lift": "1"}
    number = house.contest(contract=LIFTS, raiser=bureau, field="state", keys=keys).dissent.number
    earlier = (house.clock.now() - 5 * DAY).isoformat()
    values = {"state": "running", "changed_at": earlier}
    answering.uphold(house.rooms, number, values, "误报", house.viewer("zhou"))
    assert [row["state"] for row in house.rows(LIFTS)] == ["running"]


def test_a_correction_that_breaks_the_contract_is_refused_and_changes_nothing(house: House) -> None:
    number = house.contest().dissent.number
    with pytest.raises(WrongUse) as refused:
        answering.uphold(house.rooms, number, {"entries": "-1"}, "x", house.viewer("zhou"))
    assert refused.value.code == "dissent.correction_breaks_rules"
    with pytest.raises(WrongUse):
        answering.uphold(house.rooms, number, {}, "x", house.viewer("zhou"))
    with pytest.raises(WrongUse):
        answering.uphold(house.rooms, number, {"station": "S9", "entries": "1"}, "x", house.viewer("zhou"))
    with house.database.reading() as connection:
        assert case.one(connection, number).state == "open"
    assert sorted(row["entries"] for row in house.rows()) == [100, 100]
    assert answering.uphold(house.rooms, number, {"entries": "11"}, "x", house.viewer("zhou")).verdict == "upheld"


def test_only_the_provider_answers_and_only_the_raiser_closes(house: House) -> None:
    number = house.contest().dissent.number
    with pytest.raises(AccessRefused):
        answering.uphold(house.rooms, number, {"entries": "10"}, "x", house.viewer("chen"))
    with house.database.transaction() as connection:
        with pytest.raises(AccessRefused):
            answering.reject(connection, house.city, number, "x", house.viewer("chen"), house.clock, new_id)
        with pytest.raises(WrongUse):
            answering.reject(connection, house.city, number, " ", house.viewer("zhou"), house.clock, new_id)
        answering.reject(connection, house.city, number, "核对无误", house.viewer("zhou"), house.clock, new_id)
        for stranger in (Raiser("person", "zhou", "dept:metro"), Raiser("citizen", "chen"), Raiser("system", "chen")):
            with pytest.raises(AccessRefused):
                answering.accept(connection, number, stranger, "", house.clock, new_id)
        answering.accept(connection, number, GOVERNMENT, "", house.clock, new_id)
        with pytest.raises(Conflicting):
            answering.accept(connection, number, GOVERNMENT, "", house.clock, new_id)


def test_an_answer_is_refused_once_and_then_the_data_authority_decides(house: House) -> None:
    number, city, clock = house.contest().dissent.number, house.city, house.clock
    with house.database.transaction() as connection:
        answering.reject(connection, city, number, "核对无误", house.viewer("zhou"), clock, new_id)
        answering.appeal(connection, city, number, GOVERNMENT, "有照片为证", clock, new_id)
        asked = tasks.listed(connection, department="dept:data-bureau", open_only=True)
        assert [number in task.title for task in asked] == [True]
        with pytest.raises(AccessRefused):
            answering.decide(connection, city, number, "x", house.viewer("zhou"), clock, new_id, for_raiser=True)
        answering.decide(connection, city, number, "应予更正", house.viewer("lin"), clock, new_id, for_raiser=True)
        with pytest.raises(Conflicting):
            answering.reject(connection, city, number, "仍不改", house.viewer("zhou"), clock, new_id)
    answering.uphold(house.rooms, number, {"entries": "10"}, "已更正", house.viewer("zhou"))
    with house.database.transaction() as connection, pytest.raises(Conflicting) as second:
        answering.appeal(connection, city, number, GOVERNMENT, "还不满意", clock, new_id)
    assert second.value.code == "dissent.appealed_before"


def test_an_overdue_dissent_is_reminded_escalates_and_counts_against_its_provider(house: House) -> None:
    number = house.contest().dissent.number

    def look() -> clocks.Watched:
        with house.database.transaction() as connection:
            return clocks.watch(connection, house.city, house.clock, new_id)

    assert look() == clocks.Watched()
    house.clock.advance(12 * DAY)
    assert look().reminded == (number,)
    assert look() == clocks.Watched()
    house.clock.advance(3 * DAY)
    assert look().escalated == (number,)
    assert look() == clocks.Watched()
    with house.database.transaction() as connection:
        issued = tasks.listed(connection, department="dept:metro", open_only=True)
        assert {(task.urgency, task.issuer_dept) for task in issued} == {
            ("normal", "dept:data-bureau"), ("alarm", "dept:data-bureau"),
        }  # fmt: skip
        clocks.urge(connection, number, house.viewer("lin"), "请从速", house.clock, new_id)
        with pytest.raises(AccessRefused):
            clocks.urge(connection, number, house.viewer("zhou"), "", house.clock, new_id)
        counted = statistics.by_provider(connection, house.city, house.clock.now() - 90 * DAY, house.clock.now())
    assert [(item.provider, item.raised, item.overdue, item.median_days) for item in counted] == [
        ("dept:metro", 1, 1, None)
    ]
    late = answering.uphold(house.rooms, number, {"entries": "10"}, "迟复", house.viewer("zhou"))
    assert late.was_late
    with house.database.reading() as connection:
        counted = statistics.by_provider(connection, house.city, house.clock.now() - 90 * DAY, house.clock.now())
    assert [(item.upheld, item.overdue, item.median_days) for item in counted] == [(1, 1, 10.0)]


def test_without_a_reaction_an_answered_dissent_lapses(house: House) -> None:
    number = house.contest().dissent.number
    answering.uphold(house.rooms, number, {"entries": "10"}, "已更正", house.viewer("zhou"))
    house.clock.advance(15 * DAY)
    with house.database.transaction() as connection:
        assert clocks.watch(connection, house.city, house.clock, new_id).lapsed == (number,)
        assert case.one(connection, number).state == "lapsed"
        assert disputes.marks(connection, FLOW) == []


def test_a_field_that_keeps_being_wrong_gives_its_provider_a_task(house: House) -> None:
    for station in ("S1", "S2"):
        number = house.contest(keys={"slot_start": SLOT, "station": station}).dissent.number
        answering.uphold(house.rooms, number, {"entries": "10"}, "更正", house.viewer("zhou"))
    with house.database.reading() as connection:
        assert tasks.listed(connection, department="dept:metro") == []
    raiser = Raiser("person", "lin", "dept:data-bureau")
    number = house.contest(raiser=raiser).dissent.number
    answering.uphold(house.rooms, number, {"entries": "11"}, "更正", house.viewer("zhou"))
    with house.database.reading() as connection:
        assert [task.urgency for task in tasks.listed(connection, department="dept:metro")] == ["warning"]
        assert tasks.listed(connection, department="dept:government") == []


def test_a_letter_follows_the_same_loop_and_its_writer_is_kept_apart(house: House) -> None:
    clerk = Raiser("outsider", "lin", "dept:data-bureau")
    raised = house.contest(raiser=clerk, channel="letter", outsider=("王小明", "13800000000"))
    with house.database.transaction() as connection:
        assert case.outsider(connection, raised.dissent.id) == ("王小明", "13800000000")
        bodies = [row[0] for row in connection.execute("SELECT body FROM evidence_entry")]
        assert not [body for body in bodies if "王小明" in body]
        assert case.tracked(connection, raised.dissent.number, raised.code).number == raised.dissent.number
        with pytest.raises(NotKnown):
            case.tracked(connection, raised.dissent.number, "wrong")
        answering.reject(
            connection, house.city, raised.dissent.number, "无误", house.viewer("zhou"), house.clock, new_id
        )
        assert answering.accept(connection, raised.dissent.number, clerk, "", house.clock, new_id).state == "closed"
    with pytest.raises(WrongUse):
        house.contest(raiser=clerk, channel="letter")
    with pytest.raises(WrongUse):
        house.contest(channel="phone", outsider=("王小明", ""))


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"contract": "contract:metro/none"}, "dissent.contract_unknown"),
        ({"keys": {"slot_start": SLOT, "station": "S9"}}, "hub.row_absent"),
        ({"keys": {"slot_start": "yesterday", "station": "S1"}}, "hub.keys_incomplete"),
        ({"keys": {"station": "S1"}}, "hub.keys_incomplete"),
        ({"keys": None}, "dissent.nothing_named"),
        ({"keys": None, "batch": new_id()}, "dissent.batch_unknown"),
        ({"field": "entrys"}, "dissent.field_unknown"),
        ({"field": "station"}, "dissent.field_is_key"),
        ({"grounds": "  "}, "dissent.grounds_missing"),
        ({"field": "exits"}, "dissent.not_yours_to_use"),
        ({"raiser": Raiser("person", "x", "dept:base")}, "dissent.not_yours_to_use"),
    ],
)
def test_what_cannot_be_contested_is_refused_with_its_reason(house: House, wrong: dict[str, object], code: str) -> None:
    with pytest.raises((WrongUse, NotKnown, AccessRefused)) as refused:
        house.contest(**wrong)
    assert refused.value.code == code
    with house.database.reading() as connection:
        assert case.listed(connection) == []
        assert disputes.marks(connection, FLOW) == []


def test_the_same_contest_is_raised_once(house: House) -> None:
    house.contest()
    with pytest.raises(Conflicting) as again:
        house.contest()
    assert again.value.code == "dissent.raised_before"


def in_court(house: House) -> House:
    """The same city, in which the metro is a court."""
    body = house.city.departments["dept:metro"].model_copy(update={"profile": "judicial"})
    court = with_profiles(replace(house.city, departments={**house.city.departments, body.ref: body}))
    return House(replace(house.rooms, city=court), house.clock)


def test_nobody_but_a_court_answers_for_its_data(house: House) -> None:
    number, court = house.contest().dissent.number, in_court(house)
    lin, given = house.viewer("lin"), (house.clock, new_id)
    with pytest.raises(AccessRefused, match="not_yours_to_answer"):
        answering.uphold(court.rooms, number, {"entries": "10"}, "x", lin)
    assert sorted(row["entries"] for row in house.rows()) == [100, 100]
    with house.database.transaction() as connection:
        with pytest.raises(AccessRefused, match="not_yours_to_answer"):
            answering.reject(connection, court.city, number, "x", lin, *given)
        answering.reject(connection, court.city, number, "核对无误", house.viewer("zhou"), *given)
        with pytest.raises(Conflicting, match="own_domain"):
            answering.appeal(connection, court.city, number, GOVERNMENT, "有照片为证", *given)
        # An appeal from before the body had a domain of its own: its answer stands, nobody orders it to correct.
        answering.appeal(connection, house.city, number, GOVERNMENT, "有照片为证", *given)
        with pytest.raises(AccessRefused, match="own_domain"):
            answering.decide(connection, court.city, number, "应予更正", lin, *given, for_raiser=True)
        decided = answering.decide(connection, court.city, number, "维持答复", lin, *given, for_raiser=False)
    assert (decided.state, decided.verdict) == ("answered", "rejected")


def test_the_data_authority_answers_for_a_body_that_is_no_court(house: House) -> None:
    number = house.contest().dissent.number
    assert answering.uphold(house.rooms, number, {"entries": "10"}, "x", house.viewer("lin")).verdict == "upheld"
