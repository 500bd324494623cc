"""Probe of the persons data is collected from: they know who used it, and they choose (Hangzhou art. 13)."""

from dataclasses import replace
from datetime import timedelta

from citybrain.city.whole import City
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import BUREAU, CONTRACT, DESK, reading, scratch_city
from citybrain.hub import grants, subject_log
from citybrain.hub.question import Condition, Question
from citybrain.hub.release import Release, Releaser
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.sql import statements
from citybrain.safeguards import consent
from citybrain.safeguards.subjects import KEY, token_of

PURPOSE, FIELDS = "law_check", ("place", "amount", "person")
PERSON, OTHER = "somebody", "somebody-else"
PROBE_KEY = b"the persons of a law check are made up"


def persons_know_and_choose(bench: Bench) -> Seen:
    """Take rows before a person agrees, after, and after withdrawal; the person sees the one use in between."""
    city = _asking(scratch_city(bench.city))
    with stage(bench, city) as at:
        contract, now = city.contracts[CONTRACT], at.clock.now()
        at.send([reading(now), {**reading(now, "P2"), "person": OTHER}])
        subject = _open(at)
        demand(_take(at).rows == 0, "rows_without_consent")
        use = consent.Use(PURPOSE, BUREAU, FIELDS)
        with at.database.transaction() as connection:
            held = consent.give(connection, contract, use, subject, at.clock, at.new_id)
        got = _take(at)
        demand(got.rows == 1 and OTHER.encode() not in got.body, "consent_gave_others")
        with at.database.reading() as connection:
            known = subject_log.uses_of(connection, subject)
        told = [(item.id, item.department, item.purpose, item.at) for item in known]
        demand(told == [(got.id, BUREAU, PURPOSE, now)], "use_not_told")
        with at.database.transaction() as connection:
            consent.withdraw(connection, held.number, subject, at.clock, at.new_id)
        only = (Condition("person", "eq", PERSON),)
        refused(lambda: _take(at, only), AccessRefused, "withdrawal_changed_nothing")
        demand(_take(at).rows == 0, "withdrawal_changed_nothing")
    personal = [item for item in bench.city.contracts.values() if item.subject is not None]
    with bench.database.reading() as connection:
        row = connection.execute(statements("citybrain.governance", "figures")["consents"]).fetchone() or (0, 0)
    return seen("persons_know_and_choose", contracts=len(personal), open=row[0], withdrawn=row[1])


def _asking(city: City) -> City:
    contract = city.contracts[CONTRACT]
    fields = tuple(replace(field, grade=2) if field.name == "person" else field for field in contract.fields)
    asking = replace(contract, fields=fields, subject="person", consent=True)
    return replace(city, contracts={**city.contracts, CONTRACT: asking})


def _open(at: Stage) -> bytes:
    """Make a key and a grant for the rehearsal; return the token of the person."""
    now = at.clock.now()
    order = grants.GrantOrder(
        "law-check-persons", CONTRACT, BUREAU, PURPOSE, {"law": "hangzhou-2021/13"}, FIELDS, now,
        now + timedelta(days=1),
    )  # fmt: skip
    with at.database.transaction() as connection:
        sql = statements("citybrain.governance", "rehearsal")
        connection.execute(sql["persons_key"], {"purpose": KEY, "key": PROBE_KEY})
        grants.make(connection, order, "law-check-clerk", now, at.new_id)
    return token_of(PERSON, PROBE_KEY)


def _take(at: Stage, where: tuple[Condition, ...] = ()) -> Release:
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(Question(CONTRACT, PURPOSE, FIELDS, where), DESK)
