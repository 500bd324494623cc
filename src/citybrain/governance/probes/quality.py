"""Probes of data quality.

Four aspects, the provider's to-do, repair, watching, freshness (Hangzhou art. 15; Nanjing art. 11).
"""

from datetime import timedelta

from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.figures import count
from citybrain.governance.probes.exchange import STRANGER, TOO_MUCH
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import CONTRACT, KEPT, METER, reading
from citybrain.hub import quarantine
from citybrain.hub.parcel import Parcel
from citybrain.insight.values import grade
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.sql import statements

DAY = timedelta(days=1)


def reasons_reach_provider(bench: Bench) -> Seen:
    """Deliver a bad row: its provider finds it with its reasons; no row in the city lacks one."""
    with stage(bench) as at:
        got = at.send([reading(at.clock.now(), amount=TOO_MUCH)])
        with at.database.reading() as connection:
            waiting = quarantine.rows(connection, CONTRACT)
            demand(len(waiting) == 1, "bad_row_lost")
            row = quarantine.one(connection, got.batch, waiting[0].row)
    demand(row.system == METER, "bad_row_at_another")
    said = [reason for reason in row.reasons if all(reason.get(key) for key in ("rule", "field", "dimension", "value"))]
    demand(bool(said), "bad_row_without_reason")
    with bench.database.reading() as connection:
        silent = count(connection, "set_aside_without_reason")
        rows = connection.execute(statements("citybrain.governance", "figures")["set_aside_rows"]).fetchone() or (
            0,
            0,
            0,
        )
    demand(silent == 0, "rows_without_reason", rows=silent)
    for contract in bench.city.contracts.values():
        known = contract.provider in bench.city.departments
        demand(known, "contract_without_provider", contract=contract.ref)
    return seen("reasons_reach_provider", open=rows[0], mended=rows[1], confirmed=rows[2])


def four_aspects_are_checked(bench: Bench) -> Seen:
    """Deliver four faults, one for each aspect: each is found under its own name."""
    with stage(bench) as at:
        now = at.clock.now()
        refused(
            lambda: at.send([reading(now)], key="legality", system=STRANGER),
            AccessRefused,
            "aspect_missed",
            aspect="合法性",
        )
        rows = [
            reading(now, amount="many"),
            reading(now, "P2", amount=TOO_MUCH),
            reading(now, "P3", back=40 * DAY),
        ]
        got = at.send(rows)
    found = {reason.row: reason.dimension for reason in got.reasons}
    for row, (aspect, dimension) in enumerate(
        (("有效性", "conformity"), ("准确性", "accuracy"), ("时效性", "timeliness")), 1
    ):
        demand(found.get(row) == dimension, "aspect_missed", aspect=aspect)
    rules = sum(len(contract.rules) for contract in bench.city.contracts.values())
    return seen("four_aspects_are_checked", contracts=len(bench.city.contracts), rules=rules)


def bad_row_comes_back(bench: Bench) -> Seen:
    """Mend a row that was set aside and bring it again: it is judged anew, and the trail shows the whole way."""
    with stage(bench) as at:
        got = at.send([reading(at.clock.now(), amount=TOO_MUCH)])
        with at.database.reading() as connection:
            row = quarantine.one(connection, got.batch, 1)
        mended = quarantine.mended(row, {"amount": 50})
        repair = (got.batch, 1, "law-check-clerk")
        parcel = Parcel(CONTRACT, METER, mended, quarantine.repair_digest(mended), "mended", repair=repair)
        again = at.gate.admit(parcel)
        with at.database.reading() as connection:
            row = quarantine.one(connection, got.batch, 1)
    demand(again.accepted == 1, "mended_row_refused")
    whole = (row.state, row.repaired_by, row.decided_by) == ("repaired", again.batch, "law-check-clerk")
    demand(whole, "repair_left_no_trail")
    with bench.database.reading() as connection:
        false = count(connection, "repaired_without_batch")
        rows = connection.execute(statements("citybrain.governance", "figures")["set_aside_rows"]).fetchone() or (
            0,
            0,
            0,
        )
    demand(false == 0, "repaired_by_nothing", rows=false)
    return seen("bad_row_comes_back", open=rows[0], mended=rows[1])


def quality_is_watched(bench: Bench) -> Seen:
    """Deliver a fault and a jump: both are counted with the batch; grades follow the counts."""
    with stage(bench) as at:
        now = at.clock.now()
        calm = [reading(now, place, amount=10, back=DAY) for place in ("P1", "P2", "P3")]
        jumped = [reading(now, place, amount=900) for place in ("P1", "P2", "P3")]
        got = at.send([*calm, *jumped, reading(now, "P4", amount=TOO_MUCH)])
        with at.database.reading() as connection:
            counted = count(connection, "tally", batch=got.batch)
    demand(got.broken.get("amount_range") == 1 and counted >= 1, "fault_not_counted")
    demand(bool(got.jumps), "jump_not_seen")
    demand((grade(100, 100), grade(100, 50)) == ("A", "D"), "grade_is_wrong")
    with bench.database.reading() as connection:
        warnings = count(connection, "warnings", now=bench.clock.now())
    return seen("quality_is_watched", warnings=warnings, contracts=len(bench.city.contracts))


def feeds_keep_their_promise(bench: Bench) -> Seen:
    """Compare the newest rows of every contract with its promise; correct a value and look for the old one."""
    with stage(bench) as at:
        now = at.clock.now()
        at.send([reading(now, amount=1, back=DAY)], contract=KEPT)
        at.send([reading(now, amount=2)], contract=KEPT, key="second")
        with at.database.reading() as connection:
            kept = at.reader.relation(connection, at.city.contracts[KEPT]).collect().height
            current = at.reader.current(connection, at.city.contracts[KEPT]).collect()["amount"].to_list()
    demand(kept == 2 and current == [2], "correction_overwrote")
    promised = late = 0
    for contract in bench.city.contracts.values():
        if contract.fresh_within is None:
            continue
        with bench.database.reading() as connection:
            sql = statements("citybrain.governance", "figures")["newest_of"]
            row = connection.execute(sql, {"contract": contract.ref}).fetchone()
        newest = (row[0] or row[1]) if row else None
        if newest is None:
            continue
        promised += 1
        over = bench.clock.now() - newest - (contract.cycle or timedelta()) - contract.fresh_within
        late += over > timedelta()
        demand(
            over <= timedelta(),
            "feed_is_late",
            answers=contract.provider,
            contract={"zh": contract.name.zh, "en": contract.name.en},
            minutes=int((over + contract.fresh_within).total_seconds() // 60),
            promised=int(contract.fresh_within.total_seconds() // 60),
        )
    return seen("feeds_keep_their_promise", promised=promised, late=late)
