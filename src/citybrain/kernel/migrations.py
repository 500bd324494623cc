"""Numbered plain SQL files that take a database from any released state to the newest."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, LiteralString

import psycopg
from psycopg.rows import TupleRow

from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Conflicting, IntegrityBroken, Unavailable
from citybrain.kernel.sql import statements
from citybrain.kernel.telemetry import logger

_NAME: Final = re.compile(r"^(\d{4})_(pre|post)_([a-z0-9_]+)\.sql$")


@dataclass(frozen=True, slots=True)
class Migration:
    """One released step.

    Attributes:
        number: Its place; numbers only grow and may have gaps.
        name: The file's name.
        expands: ``pre`` files only add, so that the release before still runs; ``post`` files take away.
        text: The SQL.
        sha256: Digest of the SQL, hexadecimal.

    """

    number: int
    name: str
    expands: bool
    text: LiteralString
    sha256: str


def released(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """Read all migrations of this release.

    Args:
        folder: Where they are; the product's own by default.

    Returns:
        Migrations by number.

    Raises:
        IntegrityBroken: A file is misnamed, a number stands twice, or ``HEAD`` does not name the last one (two
            branches that both add a migration conflict in ``HEAD`` on purpose).

    """
    place = folder or resources.files("citybrain") / "migrations"
    found: list[Migration] = []
    for file in sorted(place.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        match = _NAME.match(file.name)
        if match is None:
            raise IntegrityBroken("kernel.migration_misnamed", file=file.name)
        text = file.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        found.append(Migration(int(match[1]), file.name, match[2] == "pre", text, digest))
    numbers = [migration.number for migration in found]
    head = (place / "HEAD").read_text(encoding="utf-8").strip()
    if len(set(numbers)) != len(numbers) or not found or head != found[-1].name:
        raise IntegrityBroken("kernel.migration_head", head=head, last=found[-1].name if found else "")
    return tuple(found)


def migrate(
    url: str,
    clock: Clock,
    *,
    migrations: Sequence[Migration] | None = None,
    expand_only: bool = False,
    lock_ms: int = 5_000,
    statement_ms: int = 600_000,
) -> tuple[str, ...]:
    """Bring a database to the newest released state; each step is one transaction.

    Args:
        url: Address of the database.
        clock: Tells when a step was applied.
        migrations: What to apply; this release's by default.
        expand_only: Stop before the first step that takes something away, while the release before still runs.
        lock_ms: How long one step waits for a lock, in milliseconds.
        statement_ms: How long one statement may run, in milliseconds.

    Returns:
        Names of the steps applied now; empty when there was nothing to do.

    Raises:
        IntegrityBroken: A step that was applied has changed since.
        Conflicting: The database is newer than this program, or a step was put in before an applied one.
        Unavailable: A lock was not free in time, or the database is away; running again is safe.

    """
    sql = statements("citybrain.kernel", "migrations")
    steps = released() if migrations is None else tuple(migrations)
    done: list[str] = []
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql["lock"])
            connection.execute(sql["ledger"])
            for step in _pending(connection, steps):
                if expand_only and not step.expands:
                    break
                with connection.transaction():
                    limits = {"lock_ms": str(lock_ms), "statement_ms": str(statement_ms)}
                    connection.execute(sql["limits"], limits)
                    connection.execute(step.text)
                    note = {"number": step.number, "name": step.name, "sha256": step.sha256}
                    connection.execute(sql["remember"], {**note, "applied_at": clock.now()})
                done.append(step.name)
                logger().info("kernel.migrated", migration=step.name)
            connection.execute(sql["unlock"])
    except psycopg.OperationalError as error:
        raise Unavailable("kernel.migration_waits", done=done) from error
    return tuple(done)


def _pending(connection: psycopg.Connection[TupleRow], steps: Sequence[Migration]) -> list[Migration]:
    applied = connection.execute(statements("citybrain.kernel", "migrations")["applied"]).fetchall()
    known = {step.number: step for step in steps}
    for number, name, sha256 in applied:
        if number not in known:
            raise Conflicting("kernel.database_newer", migration=name)
        if known[number].sha256 != sha256:
            raise IntegrityBroken("kernel.migration_changed", migration=name)
    last = applied[-1][0] if applied else 0
    seen = {row[0] for row in applied}
    pending = [step for step in steps if step.number not in seen]
    if pending and pending[0].number < last:
        raise Conflicting("kernel.migration_late", migration=pending[0].name, last=last)
    return pending
