"""Probes of emergencies: grants end with them, a stranger to the data reviews them, copies are reported gone.

Source: Nanjing art. 13.
"""

from dataclasses import replace
from datetime import timedelta

from citybrain.casework import tasks
from citybrain.city.system import System
from citybrain.city.whole import City
from citybrain.governance.bench import Bench, Seen, demand, refused, seen
from citybrain.governance.emergencies import watch_emergencies
from citybrain.governance.rehearsal import Stage, stage
from citybrain.governance.scratch import BUREAU, CONTRACT, DISTRICTS, reading, scratch_city
from citybrain.hub import emergencies, emergency_reports, emergency_reviews, emergency_standing, grants
from citybrain.hub.emergency_reports import Deletion
from citybrain.hub.emergency_reviews import Verdict
from citybrain.hub.emergency_standing import Standing
from citybrain.hub.grants import HeldGrant
from citybrain.hub.question import Question
from citybrain.hub.release import Release, Releaser
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.safeguards.viewing import Viewer

NAME = "law-check-emergency"
RESCUE = "system:law-check-rescue/desk"
RESCUERS = f"dept:law-check-{DISTRICTS[0]}"
PURPOSE = "law_check"
AFTERWARDS = timedelta(days=45)


def emergency_grants_end(bench: Bench) -> Seen:
    """Take rows for an emergency until it ends by itself: none before, none afterwards, and its grant is closed."""
    with stage(bench, _rescue_city(bench)) as at:
        at.send([reading(at.clock.now()), reading(at.clock.now(), "P2")])
        refused(lambda: _take(at), AccessRefused, "rows_without_grant")
        grant = _granted(at)
        demand(_take(at).rows == 2, "grant_gave_nothing")
        at.clock.advance(timedelta(hours=2))
        refused(lambda: _take(at), AccessRefused, "emergency_outlived")
        _watch(at)
        with at.database.reading() as connection:
            demand(grants.versions(connection, grant)[0].state == "closed", "emergency_grant_open")
            demand(emergencies.one(connection, NAME).ended_by == emergencies.BY_ITSELF, "emergency_grant_open")
    with bench.database.reading() as connection:
        found = emergencies.listed(connection)
    running = sum(not item.over(bench.clock.now()) for item in found)
    return seen("emergency_grants_end", running=running, over=len(found) - running)


def emergencies_are_reviewed(bench: Bench) -> Seen:
    """Review too early, as a user, and as a stranger to the data; a review nobody writes becomes a task."""
    with stage(bench, _rescue_city(bench)) as at:
        _granted(at)
        refused(lambda: _review(at), Conflicting, "running_emergency_reviewed")
        at.clock.advance(AFTERWARDS)
        _watch(at)
        demand(_asked(at, BUREAU) == ["alarm"], "late_review_unnoticed")
        rescuer = at.viewer(f"law-check-{DISTRICTS[0]}")
        user = replace(rescuer, may=rescuer.may | {"operate_hub"})
        refused(lambda: _review(at, user), AccessRefused, "user_reviewed_itself")
        _review(at)
        with at.database.reading() as connection:
            found = emergency_standing.one(connection, at.city, NAME)
        demand(found.state(at.clock.now()) == "reviewed", "review_not_kept")
    now, known = bench.clock.now(), _standing(bench)
    states = [item.state(now) for item in known]
    return seen("emergencies_are_reviewed", reviewed=states.count("reviewed"), late=states.count("late"))


def copies_of_emergencies_are_reported(bench: Bench) -> Seen:
    """Ask who received rows for a deletion report, once when the emergency is over and once more when it is late."""
    with stage(bench, _rescue_city(bench)) as at:
        at.send([reading(at.clock.now())])
        _granted(at)
        _take(at)
        at.clock.advance(timedelta(hours=2))
        _watch(at)
        demand(_asked(at, RESCUERS) == ["normal"], "deletion_not_asked")
        at.clock.advance(AFTERWARDS)
        _watch(at)
        demand(_asked(at, RESCUERS) == ["alarm", "normal"], "late_report_unnoticed")
        kept = Deletion("检查副本已删除", kept=True)
        refused(lambda: _report(at, kept), WrongUse, "kept_without_ground")
        _report(at, Deletion("检查副本已删除"))
        with at.database.reading() as connection:
            found = emergency_standing.one(connection, at.city, NAME)
        demand(len(found.received) == 1 and not found.owing, "report_not_kept")
    now, known = bench.clock.now(), [item for item in _standing(bench) if item.received]
    late = sum(bool(item.owing) and now > item.reports_due_at for item in known)
    reported = sum(one.report is not None for item in known for one in item.received)
    return seen("copies_of_emergencies_are_reported", reported=reported, late=late)


def _rescue_city(bench: Bench) -> City:
    """Let a district have a system, and a post that may apply for data."""
    made = scratch_city(bench.city)
    district = made.departments[RESCUERS]
    post = district.posts[0].model_copy(update={"may": (*district.posts[0].may, "request_data")})
    rescue = System.model_validate({
        "system": "law-check-rescue/desk", "name": {"zh": "检查救援", "en": "rescue desk"}, "owner": RESCUERS
    })  # fmt: skip
    changed = district.model_copy(update={"posts": (post, *district.posts[1:])})
    return replace(made, departments={**made.departments, RESCUERS: changed}, systems={**made.systems, RESCUE: rescue})


def _granted(at: Stage) -> str:
    leader, ends_at = at.viewer("law-check-leader"), at.clock.now() + timedelta(hours=1)
    wish = Wish(CONTRACT, PURPOSE, {"law": "nanjing-2025/13"}, "应急检查时取用读数", ("place", "amount"), None)

    def give(asked: Wish) -> HeldGrant:
        with at.database.transaction() as connection:
            return desk.grant_in_emergency(
                connection, at.city, asked, NAME, RESCUERS, leader, at.clock, at.new_id
            )  # fmt: skip

    refused(lambda: give(wish), Conflicting, "granted_without_emergency")
    with at.database.transaction() as connection:
        emergencies.declare(connection, NAME, "条例检查", ends_at, leader.person, at.clock, at.new_id)
    refused(lambda: give(replace(wish, basis={})), WrongUse, "emergency_without_basis")
    made = give(wish)
    demand(made.ends_at == ends_at, "emergency_outlived")
    return made.name


def _take(at: Stage) -> Release:
    releaser = Releaser(at.database, lambda: at.city, at.reader, None, at.clock, at.new_id)
    return releaser.release(Question(CONTRACT, PURPOSE, None), RESCUE)


def _watch(at: Stage) -> None:
    with at.database.transaction() as connection:
        watch_emergencies(connection, at.city, at.clock, at.new_id, only=NAME)


def _review(at: Stage, viewer: Viewer | None = None) -> None:
    verdict, by = Verdict("proper", "授权必要，仅取用所需字段"), viewer or at.viewer("law-check-leader")
    with at.database.transaction() as connection:
        emergency_reviews.write(connection, NAME, verdict, by, at.clock, at.new_id)


def _report(at: Stage, said: Deletion) -> None:
    by = at.viewer(f"law-check-{DISTRICTS[0]}")
    with at.database.transaction() as connection:
        emergency_reports.report(connection, NAME, said, by, at.clock, at.new_id)


def _asked(at: Stage, department: str) -> list[str]:
    """Return how pressing the tasks are that a body got about the emergency of this check."""
    with at.database.reading() as connection:
        found = tasks.listed(connection, department=department)
    return sorted(item.urgency for item in found if NAME in item.title)


def _standing(bench: Bench) -> list[Standing]:
    with bench.database.reading() as connection:
        return emergency_standing.listed(connection, bench.city)
