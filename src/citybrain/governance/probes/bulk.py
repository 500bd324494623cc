"""Probe of guarded reading: masked, in clear only with a reason, and noticed where it is unusually much.

Source: Hangzhou art. 13.
"""

from dataclasses import replace
from datetime import timedelta

from citybrain.casework import tasks
from citybrain.city.settings import BulkReads
from citybrain.governance.bench import Bench, Seen, demand, seen
from citybrain.governance.bulk_reads import watch_bulk_reads
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import BUREAU, CONTRACT, DESK, PROVIDER, SCENARIO, reading, scratch_city
from citybrain.hub import bulk_reads, grants
from citybrain.hub.question import Question
from citybrain.hub.release import Release, Releaser
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import city_day

PURPOSE = "law_check"
SECRET = b"somebody"
FIELDS = ("place", "amount", "person")
LATER = timedelta(days=40)  # far from everything the running city has read


def reading_is_guarded(bench: Bench) -> Seen:
    """Read masked; ask for clear values without and with a reason; then read much: provider and authority get tasks."""
    city = scratch_city(bench.city)
    bounds = BulkReads(rows_per_hour=3, rows_per_day=1_000)
    with stage(bench, replace(city, settings=city.settings.model_copy(update={"bulk_reads": bounds}))) as at:
        at.clock.advance(LATER)
        at.send([reading(at.clock.now()), reading(at.clock.now(), "P2")])
        covered = _granted(at, _wish(at))
        demand(SECRET not in _take(at).body, "sensitive_left_in_clear")
        bare = _apply(at, replace(_wish(at), clear_fields=("person",), reason="", scenario=None))
        kinds = {item["kind"] for item in bare.findings}
        demand({"reason_short", "clear_without_scenario"} <= kinds, "clear_without_reason")
        _close(at, covered)
        _granted(at, replace(_wish(at), clear_fields=("person",), scenario=SCENARIO))
        demand(SECRET in _take(at).body, "clear_grant_gave_mask")
        demand(not _look(at), "ordinary_read_alarmed")
        _take(at)
        demand(len(_look(at)) == 1 and not _look(at), "bulk_read_unnoticed")
        with at.database.reading() as connection:
            told = [bool(tasks.listed(connection, department=name)) for name in (PROVIDER, BUREAU)]
        demand(all(told), "bulk_read_without_task")
    with bench.database.reading() as connection:
        waiting = len(bulk_reads.listed(connection, open_only=True, limit=100_000))
    return seen("reading_is_guarded", open=waiting)


def _look(at: Stage) -> list[str]:
    with at.database.transaction() as connection:
        return [item.bound for item in watch_bulk_reads(connection, at.city, at.clock, at.new_id)]


def _wish(at: Stage) -> Wish:
    until = city_day(at.clock.now(), at.city.zone) + timedelta(days=30)
    return Wish(CONTRACT, PURPOSE, {"law": "hangzhou-2021/13"}, "条例检查时取用读数", FIELDS, until)


def _apply(at: Stage, wish: Wish) -> SharingRequest:
    with at.database.transaction() as connection:
        return desk.apply_for(connection, at.city, wish, at.viewer("law-check-leader"), at.clock, at.new_id)


def _granted(at: Stage, wish: Wish) -> str:
    number, leader, clerk = _apply(at, wish).number, at.viewer("law-check-leader"), at.viewer("law-check-clerk")
    with at.database.transaction() as connection:
        desk.check(connection, at.city, number, leader, "", at.clock, at.new_id, fit=True)
        desk.grant(connection, at.city, number, clerk, "", at.clock, at.new_id)
    return number.lower()


def _close(at: Stage, grant: str) -> None:
    with at.database.transaction() as connection:
        grants.close(connection, grant, "law-check-clerk", "law check", at.clock, at.new_id)


def _take(at: Stage) -> Release:
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(Question(CONTRACT, PURPOSE), DESK)
