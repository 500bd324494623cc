"""Probes of sharing: nothing leaves without a grant, no wish goes beyond its need, unused fields are named.

Source: Hangzhou art. 8, 13; Nanjing art. 13.
"""

from dataclasses import replace
from datetime import timedelta

from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import BUREAU, CONTRACT, DESK, reading
from citybrain.hub import grants
from citybrain.hub.question import Question
from citybrain.hub.release import Release, Releaser
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import AccessRefused
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

FIELDS = ("place", "amount", "person")
PURPOSE = "law_check"
SECRET = b"somebody"


def rows_leave_under_grant(bench: Bench) -> Seen:
    """Ask without a grant, under one, and after its end: only in between rows leave, masked and in evidence."""
    with stage(bench) as at:
        at.send([reading(at.clock.now()), reading(at.clock.now(), "P2")])
        refused(lambda: _take(at), AccessRefused, "rows_without_grant")
        made = _granted(at)
        got = _take(at)
        demand(got.rows == 2 and got.grant == made.number.lower(), "grant_gave_nothing")
        demand(SECRET not in got.body, "sensitive_left_in_clear")
        with at.database.reading() as connection:
            noted = connection.execute(statements("citybrain.governance", "figures")["releases"]).fetchone()
        demand(noted is not None and noted[0] >= 1 and noted[1] == 0, "release_without_evidence")
        with at.database.transaction() as connection:
            grants.close(connection, made.number.lower(), "law-check-clerk", "law check", at.clock, at.new_id)
        refused(lambda: _take(at), AccessRefused, "closed_grant_gave_rows")
    with bench.database.reading() as connection:
        row = connection.execute(statements("citybrain.governance", "figures")["releases"]).fetchone() or (0, 0)
        held = grants.listed(connection, open_only=True, limit=100_000)
    demand(row[1] == 0, "release_without_evidence")
    return seen("rows_leave_under_grant", releases=row[0], grants=len(held))


def wishes_are_measured(bench: Bench) -> Seen:
    """Ask for everything and for ever, then for what is needed; use part of it: the report names the rest."""
    with stage(bench) as at:
        at.send([reading(at.clock.now())])
        every = tuple(field.name for field in at.city.contracts[CONTRACT].fields)
        with at.database.transaction() as connection:
            broad = _apply(at, connection, replace(_wish(at), fields=every, until=None))
        demand(broad.state == "returned" and len(broad.findings) >= 2, "broad_wish_went_on")
        _granted(at)
        _take(at, ("place",))
        with at.database.reading() as connection:
            (held,) = grants.listed(connection, department=BUREAU, open_only=True)
            used = grants.use_of(connection, [held], at.clock.now() - timedelta(days=1))[held.id]
        never = set(held.fields) - used.fields
        demand(never == {"amount", "person"}, "unused_fields_unnamed")
    with bench.database.reading() as connection:
        open_grants = grants.listed(connection, open_only=True, limit=100_000)
        known = grants.use_of(connection, open_grants, bench.clock.now() - timedelta(days=60))
    idle = sum(item.id not in known for item in open_grants)
    return seen("wishes_are_measured", grants=len(open_grants), idle=idle)


def _wish(at: Stage) -> Wish:
    until = city_day(at.clock.now(), at.city.zone) + timedelta(days=30)
    return Wish(CONTRACT, PURPOSE, {"law": "hangzhou-2021/13"}, "条例检查时取用读数", FIELDS, until)


def _apply(at: Stage, connection: Connection, wish: Wish) -> SharingRequest:
    return desk.apply_for(connection, at.city, wish, at.viewer("law-check-leader"), at.clock, at.new_id)


def _granted(at: Stage) -> SharingRequest:
    """Take a request the whole way: applied for, checked, granted by the provider."""
    leader, clerk = at.viewer("law-check-leader"), at.viewer("law-check-clerk")
    with at.database.transaction() as connection:
        made = _apply(at, connection, _wish(at))
        demand(made.state == "checking", "fit_wish_came_back")
        desk.check(connection, at.city, made.number, leader, "", at.clock, at.new_id, fit=True)
        return desk.grant(connection, at.city, made.number, clerk, "", at.clock, at.new_id)


def _take(at: Stage, fields: tuple[str, ...] | None = None) -> Release:
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(Question(CONTRACT, PURPOSE, fields), DESK)
