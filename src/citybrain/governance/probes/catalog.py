"""Probes of the catalogue: registration proof, proposals for new columns (Nanjing art. 7)."""

from dataclasses import replace

from citybrain.governance.bench import Bench, Seen, demand, seen
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import CONTRACT, reading
from citybrain.hub.catalog.proposals import proposals
from citybrain.hub.catalog.publish import publish
from citybrain.hub.catalog.search import Query, one, proof, search

PAGE = 100


def registration_is_proven(bench: Bench) -> Seen:
    """Register, withdraw and register again: the number stays; every entry of the city agrees with its evidence."""
    with stage(bench) as at, at.database.transaction() as connection:
        publish(connection, at.city, 1, at.clock.now(), at.new_id)
        first = one(connection, CONTRACT)
        publish(connection, replace(at.city, contracts={}), 2, at.clock.now(), at.new_id)
        publish(connection, at.city, 3, at.clock.now(), at.new_id)
        again = one(connection, CONTRACT)
        demand(first.registration == again.registration, "registration_number_moved", ref=CONTRACT)
        shown = proof(connection, again)
        demand(shown is not None and shown.holds, "registration_unproven", ref=CONTRACT)
    count = 0
    with bench.database.reading() as connection:
        while found := search(connection, Query(start=count, rows=PAGE), bench.clock.now()).entries:
            for entry in found:
                shown = proof(connection, entry)
                holds = shown is not None and shown.holds
                demand(holds, "registration_unproven", answers=entry.department, ref=entry.ref)
            count += len(found)
    return seen("registration_is_proven", entries=count)


def new_column_is_proposed(bench: Bench) -> Seen:
    """Deliver a column that the contract does not know: the catalogue proposes it with the lines that declare it."""
    with stage(bench) as at:
        got = at.send([{**reading(at.clock.now()), "platform": "2"}])
        demand("platform" in got.unknown_fields and got.accepted == 1, "new_column_is_silent")
        with at.database.reading() as connection:
            found = proposals(connection, {CONTRACT: at.city.contracts[CONTRACT]}, at.clock.now())
    lines = [item.yaml for item in found if item.field == "platform"]
    demand(len(lines) == 1 and "name: platform" in lines[0], "new_column_not_proposed")
    return seen("new_column_is_proposed", contracts=len(bench.city.contracts))
