"""Probes of the exchange.

Receipts, sums, repeated deliveries, columns and fields (Hangzhou art. 8; Nanjing art. 6, 7, 23).
"""

from citybrain.governance.bench import Bench, Contradiction, Seen, demand, refused, seen
from citybrain.governance.figures import count, today
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import CONTRACT, METER, reading
from citybrain.hub import quarantine
from citybrain.hub.exchange.lake import LakeCount
from citybrain.hub.exchange.verification import verify_log
from citybrain.hub.inspection import inspect_rows
from citybrain.hub.receipt import Receipt
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

STRANGER = "system:law-check/stranger"
NO_CONTRACT = "contract:law-check/no_contract"
TOO_MUCH = 5_000


def receipt_proves_contract(bench: Bench) -> Seen:
    """Deliver under a contract, then as strangers: a receipt with evidence for the one, refusals for the others."""
    with stage(bench) as at:
        now = at.clock.now()
        got = at.send([reading(now), reading(now, "P2"), reading(now, "P3")])
        told = (got.status, got.contract, got.system, got.received)
        demand(told == ("admitted", CONTRACT, METER, 3) and got.position is not None, "receipt_incomplete")
        demand(_attested(at, got), "receipt_without_evidence")
        row = [reading(now, "P4")]
        refused(lambda: at.send(row, key="a", system=STRANGER), AccessRefused, "stranger_admitted")
        refused(lambda: at.send(row, key="b", contract=NO_CONTRACT), NotKnown, "without_contract_admitted")
    return seen("receipt_proves_contract", **today(bench))


def _attested(at: Stage, receipt: Receipt) -> bool:
    sql = statements("citybrain.safeguards", "evidence")["entry"]
    with at.database.reading() as connection:
        row = connection.execute(sql, {"id": receipt.evidence}).fetchone()
    return row is not None and row[2] == str(receipt.batch) and bytes(row[4]) == receipt.evidence_sha256


def sum_holds(bench: Bench) -> Seen:
    """Deliver two good rows and a bad one: received is accepted plus set aside, and the row set aside is kept."""
    with stage(bench) as at:
        now = at.clock.now()
        got = at.send([reading(now), reading(now, "P2"), reading(now, "P3", amount=TOO_MUCH)])
        right = (got.received, got.accepted, got.set_aside) == (3, 2, 1)
        demand(right, "sum_is_wrong", received=got.received, accepted=got.accepted, set_aside=got.set_aside)
        with at.database.reading() as connection:
            kept = quarantine.count(connection, CONTRACT)
        demand(kept == 1, "row_was_not_kept")
    return seen("sum_holds", received=got.received, accepted=got.accepted, set_aside=got.set_aside)


def repeated_counts_once(bench: Bench) -> Seen:
    """Deliver the same batch twice: one batch, the first receipt again; other content under the key is refused."""
    with stage(bench) as at:
        rows = [reading(at.clock.now())]
        first, again = at.send(rows), at.send(rows)
        with at.database.reading() as connection:
            batches = count(connection, "batches_of", contract=CONTRACT)
        once = again.repeated and again.batch == first.batch and batches == 1
        demand(once, "counted_twice", batches=batches)
        refused(lambda: at.send([reading(at.clock.now(), "P2")]), Conflicting, "key_reused_silently")
    return seen("repeated_counts_once")


def sensitive_fields_stay_in(bench: Bench) -> Seen:
    """Look at rows with a field of grade 3: it stays in, the contract takes its grade, the look is evidenced."""
    with stage(bench) as at:
        at.send([reading(at.clock.now())])
        frame = inspect_rows(
            at.database, at.city, at.reader, CONTRACT, (None, 10), "law check", at.clock, at.new_id
        )  # fmt: skip
        with at.database.reading() as connection:
            entries = count(connection, "entries_about", act="hub:rows:inspected", subject=CONTRACT)
    demand(frame.height == 1 and "person" not in frame.columns, "sensitive_field_left")
    demand(at.city.contracts[CONTRACT].grade == 3, "grade_not_inherited")
    demand(entries == 1, "look_without_evidence")
    graded = [contract for contract in bench.city.contracts.values() if contract.grade >= 3]
    fields = sum(len(contract.fields) for contract in bench.city.contracts.values())
    for contract in bench.city.contracts.values():
        highest = max(field.grade for field in contract.fields)
        demand(contract.grade >= highest, "grade_too_low", answers=contract.provider, contract=contract.ref)
    return seen("sensitive_fields_stay_in", fields=fields, contracts=len(bench.city.contracts), sensitive=len(graded))


def evidence_is_whole(bench: Bench) -> Seen:
    """Walk the whole chain of evidence, and compare every batch of the log with its entry."""
    with bench.database.reading() as connection:
        report = evidence.verify(connection)
        log = verify_log(connection, bench.payloads, LakeCount(connection))
    faults = [*report.faults, *log.faults]
    if faults:
        first = faults[0]
        raise Contradiction("evidence_is_broken", faults=len(faults), kind=first.kind, entry=first.entry)
    return seen("evidence_is_whole", sealed=report.sealed, waiting=report.waiting, batches=log.batches)
