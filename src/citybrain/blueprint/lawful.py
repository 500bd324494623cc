"""Laws on the running instance: the doors that checks go through, one round, and a round when it is due."""

import tempfile
from pathlib import Path

import orjson

from citybrain.blueprint.apply import apply, roll_back
from citybrain.blueprint.instance import Instance, payload_folder
from citybrain.blueprint.load import Loaded, load
from citybrain.blueprint.plan import plan_contents
from citybrain.blueprint.revisions import Contents, Revision, city_of, digest_of, one
from citybrain.governance.asking import WebProcess
from citybrain.governance.bench import Bench, Doors, Fetch
from citybrain.governance.compliance import AGAIN, EVERY, Round, broken_rows, claim_round, last_round, run_round
from citybrain.governance.packs import chosen, read_packs
from citybrain.kernel.clock import Clock
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

BY = "law check"


def bench_of(instance: Instance, fetch: Fetch | None = None, clock: Clock | None = None) -> Bench:
    """Make what checks stand on.

    Args:
        instance: This process's instance.
        fetch: Asks the running web process; none where there is none.
        clock: Another clock than the instance's.

    """
    at = clock or instance.clock
    return Bench(
        database=instance.database,
        city=instance.city_now(),
        reader=instance.reader,
        payloads=payload_folder(instance.settings),
        clock=at,
        new_id=instance.new_id,
        doors=doors(at, instance.new_id),
        fetch=fetch,
    )


def doors(clock: Clock, new_id: NewId) -> Doors:
    """Open the doors of this floor to the checks below it.

    Args:
        clock: Present instant.
        new_id: Source of identifiers.

    """

    def make_current(connection: Connection, contents: Contents, reason: str | None) -> int:
        return apply(connection, _as_folder(contents), BY, clock, new_id, reason=reason)[1]

    def go_back(connection: Connection, number: int) -> int:
        return roll_back(connection, number, BY, clock, new_id)[1]

    return Doors(
        find=lambda contents: tuple(placed.finding.code for placed in _as_folder(contents).errors),
        apply=make_current,
        roll_back=go_back,
        declared=lambda connection, number: one(connection, number).contents,
        affected=_affected,
        revision_faults=revision_faults,
    )


def _as_folder(contents: Contents) -> Loaded:
    """Read contents the way a city folder is read: as files."""
    with tempfile.TemporaryDirectory(prefix="citybrain-law-") as name:
        for index, content in enumerate(contents.values()):
            (Path(name) / f"{index:03d}.yaml").write_bytes(orjson.dumps(content))
        return load(Path(name))


def _affected(contents: Contents, ref: str) -> tuple[str, ...]:
    base = Revision(1, digest_of(contents), contents)
    city = city_of(base)
    if city is None:
        return ()
    left = {name: content for name, content in contents.items() if name != ref}
    return next((stage.affects for stage in plan_contents(base, left, city).stages if stage.ref == ref), ())


def revision_faults(connection: Connection) -> tuple[int, tuple[int, ...]]:
    """Compare every stored revision with its digest and its evidence.

    Args:
        connection: A reading transaction.

    Returns:
        Number of revisions, and the numbers of those that were changed or have no evidence.

    Source:
        Nanjing art. 7 (登记管理).

    """
    faults = []
    rows = connection.execute(statements("citybrain.blueprint", "lawful")["revisions"]).fetchall()
    for number, digest, contents, attested in rows:
        if bytes(digest) != digest_of(contents) or not attested:
            faults.append(number)
    return len(rows), tuple(faults)


def web_process(instance: Instance) -> Fetch | None:
    """Find the web process of an instance.

    Args:
        instance: This process's instance.

    Returns:
        A way to ask its pages; none when nobody answers there, or somebody who serves another revision.

    """
    ask = WebProcess(f"http://{instance.settings.host}:{instance.settings.port}")
    ready = ask("/readyz").document
    same = isinstance(ready, dict) and ready.get("revision") == instance.city_now().revision
    return ask if same else None


def check_laws(instance: Instance, pack: str | None = None) -> Round:
    """Check the laws once, on the running instance.

    Args:
        instance: This process's instance.
        pack: Only this pack; none means all laws.

    Returns:
        The round; its results are stored.

    Raises:
        NotKnown: No such pack, or no city has been applied.
        Unavailable: The database is away.

    """
    return run_round(bench_of(instance, web_process(instance)), chosen(read_packs(), pack))


def check_laws_if_due(instance: Instance) -> Round | None:
    """Check the laws every quarter of an hour, and what is broken every minute; for the worker, as often as it likes.

    Args:
        instance: This process's instance.

    Returns:
        The round; none when it was not due, no city is in force, or another process is at it.

    """
    if not instance.city.ready:
        return None
    with instance.database.transaction() as connection:
        if not claim_round(connection):
            return None
        now, before = instance.clock.now(), last_round(connection)
        if before is None or now - before[0] >= EVERY:
            return check_laws(instance)
        broken = broken_rows(connection, now - AGAIN)
        if not broken:
            return None
        bench = bench_of(instance, web_process(instance))
        return run_round(bench, chosen(read_packs(), None), broken)
