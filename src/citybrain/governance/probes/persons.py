"""Probe of the persons data is collected from: they know who used it, and they choose (Hangzhou art. 13)."""

from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.personal_rehearsal import FIELDS, OTHER, PERSON, PURPOSE, asking_city, open_use, take_rows
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import BUREAU, CONTRACT, reading, scratch_city
from citybrain.hub import subject_log
from citybrain.hub.question import Condition
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.sql import statements
from citybrain.safeguards import consent


def persons_know_and_choose(bench: Bench) -> Seen:
    """Take rows before a person agrees, after, and after withdrawal; the person sees the one use in between."""
    city = asking_city(scratch_city(bench.city))
    with stage(bench, city) as at:
        contract, now = city.contracts[CONTRACT], at.clock.now()
        at.send([reading(now), {**reading(now, "P2"), "person": OTHER}])
        subject = open_use(at)
        demand(take_rows(at).rows == 0, "rows_without_consent")
        use = consent.Use(PURPOSE, BUREAU, FIELDS)
        with at.database.transaction() as connection:
            held = consent.give(connection, contract, use, subject, at.clock, at.new_id)
        got = take_rows(at)
        demand(got.rows == 1 and OTHER.encode() not in got.body, "consent_gave_others")
        with at.database.reading() as connection:
            known = subject_log.uses_of(connection, subject)
        told = [(item.id, item.department, item.purpose, item.at) for item in known]
        demand(told == [(got.id, BUREAU, PURPOSE, now)], "use_not_told")
        with at.database.transaction() as connection:
            consent.withdraw(connection, held.number, subject, at.clock, at.new_id)
        only = (Condition("person", "eq", PERSON),)
        refused(lambda: take_rows(at, only), AccessRefused, "withdrawal_changed_nothing")
        demand(take_rows(at).rows == 0, "withdrawal_changed_nothing")
    personal = [item for item in bench.city.contracts.values() if item.subject is not None]
    with bench.database.reading() as connection:
        row = connection.execute(statements("citybrain.governance", "figures")["consents"]).fetchone() or (0, 0)
    return seen("persons_know_and_choose", contracts=len(personal), open=row[0], withdrawn=row[1])
