"""Apply: run the stages of a plan in one transaction; an interrupted apply has changed nothing and can be run again."""

from typing import Any

from psycopg.types.json import Jsonb

from citybrain.blueprint.duplicates import pointer
from citybrain.blueprint.golive import require_tested
from citybrain.blueprint.load import Loaded, read_stored
from citybrain.blueprint.plan import Plan, Stage, plan, plan_contents
from citybrain.blueprint.revisions import Revision, city_of, digest_of, newest, one
from citybrain.city.system import System
from citybrain.city.whole import City
from citybrain.hub.catalog.publish import publish, published_revision
from citybrain.hub.grants import sync_declared
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, PlanStale
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence


def apply(
    connection: Connection,
    loaded: Loaded,
    by: str,
    clock: Clock,
    new_id: NewId,
    *,
    plan_id: str | None = None,
    reason: str | None = None,
) -> tuple[Plan, int]:
    """Make a folder the city in force.

    Args:
        connection: The command's transaction; all stages are in it.
        loaded: A folder that was read.
        by: Who applies.
        clock: Present instant.
        new_id: Source of identifiers.
        plan_id: The plan a person has signed; another one is refused.
        reason: Why things that look like duplicates are none.

    Returns:
        What was done and the revision in force; the same revision when there was nothing to do.

    Raises:
        DeclarationWrong: The folder has findings, or a service would begin to run untested.
        PlanStale: The city or the folder has changed since the plan was made.
        Conflicting: Something looks like a duplicate and no reason was given.

    """
    connection.execute(statements("citybrain.blueprint", "revisions")["lock"])
    made = plan(newest(connection), loaded)
    if plan_id is not None and plan_id != made.id:
        raise PlanStale("blueprint.plan_stale", plan=plan_id, now=made.id)
    if made.needs_reason and not reason:
        raise Conflicting("blueprint.duplicate_suspected", refs=made.needs_reason, alike=_alike(made, loaded.city))
    city = loaded.city
    if city is None:
        raise Conflicting("blueprint.no_city_applied")
    require_tested(connection, made, city)
    return made, run_stages(connection, made, city, by, clock, new_id, reason=reason)


def roll_back(connection: Connection, number: int, by: str, clock: Clock, new_id: NewId) -> tuple[Plan, int]:
    """Make an older revision the city in force again, as a new revision.

    Args:
        connection: The command's transaction.
        number: The older revision.
        by: Who does it.
        clock: Present instant.
        new_id: Source of identifiers.

    Returns:
        What was done and the new revision.

    Raises:
        NotKnown: There is no such revision.

    """
    connection.execute(statements("citybrain.blueprint", "revisions")["lock"])
    wanted: Revision = one(connection, number)
    city = city_of(wanted)
    if city is None:
        raise Conflicting("blueprint.no_city_applied")
    made = plan_contents(newest(connection), wanted.contents, city)
    return made, run_stages(connection, made, city, by, clock, new_id, back_to=number)


def run_stages(
    connection: Connection,
    made: Plan,
    city: City,
    by: str,
    clock: Clock,
    new_id: NewId,
    *,
    reason: str | None = None,
    back_to: int | None = None,
) -> int:
    """Run the stages of a plan in the caller's transaction.

    Args:
        connection: The command's transaction.
        made: The plan.
        city: What it leads to, read; its things are registered in the catalogue.
        by: Who applies.
        clock: Present instant.
        new_id: Source of identifiers.
        reason: Why suspected duplicates are none; recorded.
        back_to: Older revision that is made current again.

    Returns:
        The revision in force afterwards.

    """
    if not made.stages:
        if made.base:
            sync_declared(connection, city.grants.values(), city.zone, by, clock.now(), new_id)
        if made.base and published_revision(connection) != made.base:  # the catalogue is younger than this city
            publish(connection, city, made.base, clock.now(), new_id)
        return made.base
    sql, at, number = statements("citybrain.blueprint", "revisions"), clock.now(), made.base + 1
    stages = [as_plain(stage) for stage in made.stages]
    given = {
        "number": number,
        "digest": digest_of(made.target),
        "contents": Jsonb(made.target),
        "stages": Jsonb(stages),
        "plan": made.id,
        "by": by,
        "at": at,
        "back_to": back_to,
    }
    connection.execute(sql["insert"], given)
    gone = [stage.ref for stage in made.stages if stage.act == "remove" and stage.kind == "system"]
    gone += [ref for ref in _retired_systems(made) if ref not in gone]
    if gone:
        connection.execute(sql["revoke_keys"], {"systems": gone, "at": at})
    facts = {"revision": number, "plan": made.id, "by": by, "reason": reason, "stages": len(stages), "back_to": back_to}
    evidence.write(connection, "city:revision:applied", f"revision:{number}", facts, at, new_id)
    sync_declared(connection, city.grants.values(), city.zone, by, at, new_id)
    publish(connection, city, number, at, new_id)
    connection.execute(sql["announce"], {"number": number})
    return number


def as_plain(stage: Stage) -> dict[str, Any]:
    """Lay a stage out for JSON.

    Args:
        stage: One stage.

    """
    return {
        "act": stage.act,
        "ref": stage.ref,
        "kind": stage.kind,
        "name": {"zh": stage.name.zh, "en": stage.name.en},
        "changes": [{"path": item.path, "before": item.before, "after": item.after} for item in stage.changes],
        "affects": list(stage.affects),
        "alike": [{"ref": ref, "agrees": agrees} for ref, agrees in stage.alike],
    }


def _retired_systems(made: Plan) -> list[str]:
    found = []
    for stage in made.stages:
        if stage.kind == "system" and stage.act == "change":
            thing = read_stored(stage.ref, made.target[stage.ref])
            if isinstance(thing, System) and thing.status == "retired":
                found.append(stage.ref)
    return found


def _alike(made: Plan, city: City | None) -> list[str]:
    """Name each thing that is there already, its owner, and where it can be asked for."""
    return [
        f"{stage.ref} ~ {ref} ({agrees}; {pointer(city, ref) if city else ref})"
        for stage in made.stages
        for ref, agrees in stage.alike
    ]
