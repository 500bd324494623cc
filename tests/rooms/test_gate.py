"""What the gate promises: one bad line costs one row, a receipt is true, a delivery counts once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, digest
from citybrain.hub.receipt import Receipt
from citybrain.kernel.errors import AccessRefused, BatchRefused, Conflicting, NotKnown
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence


def line(station: str = "S1", entries: object = 10, slot: str = "2026-11-20T08:15:00+08:00") -> str:
    return json.dumps({"slot_start": slot, "station": station, "entries": entries, "exits": 3})


def test_one_bad_record_is_set_aside_and_the_rest_admitted(send, database: Database):
    receipt = send("\n".join([line("S1"), line("S2", -4), line("S3"), "{broken", line("S4", "abc")]))
    assert (receipt.received, receipt.accepted, receipt.set_aside) == (5, 2, 3)
    assert {(reason.row, reason.rule, reason.value) for reason in receipt.reasons} == {
        (2, "entries_range", "-4"),
        (4, "line_not_json", "{broken"),
        (5, "entries_type", "abc"),
    }
    with database.reading() as connection:
        stored = connection.execute("SELECT row, raw FROM quarantine_row ORDER BY row").fetchall()
    assert [row for row, _ in stored] == [2, 4, 5]
    assert json.loads(stored[0][1])["entries"] == "-4"


def test_the_first_valid_row_wins_and_the_surplus_is_set_aside(send):
    receipt = send("\n".join([line("S1", -1), line("S1", 5), line("S1", 6)]))
    assert receipt.accepted == 1
    assert [(reason.row, reason.rule) for reason in receipt.reasons] == [(1, "entries_range"), (3, "one_row_per_slot")]


def test_the_same_delivery_counts_once_and_gets_its_first_receipt(send, database: Database):
    first = send(line(), key="delivery-1")
    again = send(line(), key="delivery-1")
    assert not first.repeated
    assert again.repeated
    assert (again.batch, again.evidence) == (first.batch, first.evidence)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*), sum(accepted) FROM hub_batch").fetchone() == (1, 1)


def test_a_key_used_again_for_other_content_is_refused(send):
    send(line("S1"), key="k")
    with pytest.raises(Conflicting) as refused:
        send(line("S2"), key="k")
    assert refused.value.code == "hub.key_reused"


def test_a_body_without_a_readable_line_is_refused_whole(send, database: Database):
    with pytest.raises(BatchRefused) as refused:
        send("this is no json\nnor this")
    assert refused.value.code == "hub.nothing_readable"
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM hub_batch").fetchone() == (0,)


def test_an_unknown_contract_is_answered_with_near_names(send):
    with pytest.raises(NotKnown) as refused:
        send(line(), contract="contract:metro/flow_15mins")
    assert refused.value.params["near"][0] == "contract:metro/flow_15min"


def test_a_system_provides_only_what_it_is_registered_for(send):
    with pytest.raises(AccessRefused):
        send(line(), system="system:metro/other")


@pytest.mark.parametrize(
    ("entries", "rule"),
    [("1e309", "entries_type"), ("9007199254740993000000", "entries_type"), ('"=HYPERLINK(1)"', "entries_type")],
)
def test_hostile_values_cost_their_own_row(send, entries: str, rule: str):
    bad = line("S2", 7).replace("7", entries, 1)
    receipt = send("\n".join([line("S1"), bad]))
    assert receipt.accepted == 1
    assert receipt.reasons[0].rule == rule


def test_text_with_a_nul_character_is_set_aside_and_can_be_shown(send):
    receipt = send("\n".join([line("S1"), line("S\u00002")]))
    assert receipt.accepted == 1
    assert receipt.reasons[0].rule == "station_type"
    assert "␀" in receipt.reasons[0].value


def test_positions_follow_commits_without_gap_when_many_deliver_at_once(send, database: Database):
    with ThreadPoolExecutor(8) as pool:
        receipts: list[Receipt] = list(pool.map(lambda n: send(line(f"S{n}"), key=f"k{n}"), range(60)))
    assert sorted(receipt.position for receipt in receipts) == list(range(1, 61))
    with database.transaction() as connection:
        assert evidence.seal(connection) == 60
    with database.reading() as connection:
        report = evidence.verify(connection)
    assert (report.sealed, report.waiting, report.faults) == (60, 0, ())


def test_one_refused_delivery_in_a_group_does_not_spoil_the_others(send):
    send(line("S1"), key="taken")

    def deliver(number: int) -> str:
        try:
            return send(line(f"S{number}"), key="taken" if number == 7 else f"k{number}").status
        except Conflicting:
            return "conflict"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(deliver, range(2, 12))) == ["admitted"] * 9 + ["conflict"]


@pytest.mark.parametrize(
    ("sabotage", "kind"),
    [
        (
            "UPDATE evidence_entry SET body = replace(body, '\"accepted\":1', '\"accepted\":9') WHERE sequence = 2",
            "changed",
        ),
        ("DELETE FROM evidence_entry WHERE sequence = 2", "removed"),
        (
            "UPDATE evidence_entry AS a SET body = b.body, sha256 = b.sha256 FROM evidence_entry AS b"
            " WHERE (a.sequence, b.sequence) IN ((2, 3), (3, 2))",
            "reordered",
        ),
    ],
)
def test_tampered_evidence_is_found_and_named(send, database: Database, sabotage: str, kind: str):
    for number in range(4):
        send(line(f"S{number}"), key=f"k{number}")
    with database.transaction() as connection:
        evidence.seal(connection)
        connection.execute("ALTER TABLE hub_batch DROP CONSTRAINT hub_batch_evidence_fkey")
        connection.execute(sabotage)
    with database.reading() as connection:
        report = evidence.verify(connection)
    assert kind in {fault.kind for fault in report.faults}


def test_a_cut_off_tail_is_found_against_a_head_kept_outside(send, database: Database):
    for number in range(3):
        send(line(f"S{number}"), key=f"k{number}")
    with database.transaction() as connection:
        evidence.seal(connection)
    with database.reading() as connection:
        before = evidence.verify(connection)
    with database.transaction() as connection:
        connection.execute("ALTER TABLE hub_batch DROP CONSTRAINT hub_batch_evidence_fkey")
        connection.execute("DELETE FROM evidence_entry WHERE sequence = 3")
    with database.reading() as connection:
        assert evidence.verify(connection).faults == ()
        report = evidence.verify(connection, (before.sealed, before.head))
    assert [fault.kind for fault in report.faults] == ["cut_off"]


def test_a_head_kept_outside_while_the_chain_was_empty_stays_good_and_a_wrong_one_is_a_fault(send, database: Database):
    with database.reading() as connection:
        empty = evidence.verify(connection)
        head, wrong = (empty.sealed, empty.head), (0, b"\x01" * 32)
        assert head == (0, evidence.START)
        assert evidence.verify(connection, head).faults == ()
        assert evidence.verify(connection, wrong).faults == (evidence.Fault("cut_off", "#0"),)
    send(line())
    with database.transaction() as connection:
        assert evidence.seal(connection) == 1
    with database.reading() as connection:
        report = evidence.verify(connection, head)
        assert (report.sealed, report.faults) == (1, ())
        assert evidence.verify(connection, wrong).faults == (evidence.Fault("cut_off", "#0"),)


def test_an_empty_body_is_an_empty_batch(gate: Gate):
    layout = Layout("ndjson", ("slot_start", "station", "entries", "exits"))
    receipt = gate.admit(Parcel("contract:metro/flow_15min", "system:metro/afc", (b"", layout), digest(b""), "empty"))
    assert (receipt.received, receipt.accepted) == (0, 0)
