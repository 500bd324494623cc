"""Deletion reports (删除报告): who got rows for an emergency says that its copies are gone, or why parts are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString

from citybrain.city.whole import City
from citybrain.hub import emergencies
from citybrain.hub.emergencies import Emergency
from citybrain.hub.sharing.granting import due
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import AccessRefused, Conflicting, WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence
from citybrain.safeguards.viewing import Viewer, require

WORDS_CHARACTERS = 2_000
GROUND_CHARACTERS = 500
REPORTERS = frozenset({"request_data", "grant_data", "operate_hub"})
Kind = Literal["review", "reminder", "report"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a body says of its copies.

    Attributes:
        words: What was deleted, where and how; what is kept.
        kept: Whether parts are kept.
        ground: The legal ground on which they are; needed where parts are kept, else empty.

    """

    words: str
    kept: bool = False
    ground: str = ""


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """A report as it was filed."""

    emergency: str
    department: str
    kept: bool
    words: str
    ground: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What a body received for an emergency, and what it said of it afterwards.

    Attributes:
        department: Ref.
        releases, rows: How often, and how many rows in all.
        last_at: When the last of it left.
        report: The newest report; none as long as it owes one.

    """

    department: str
    releases: int
    rows: int
    last_at: datetime
    report: DeletionReport | None


def due_at(city: City, found: Emergency) -> datetime:
    """Reckon until when the reports on an emergency are owed.

    Args:
        city: For its zone and its period.
        found: The emergency; the clock starts with its end.

    """
    return due(city, found.last_at, city.settings.clocks.emergency_deletion)


def received(connection: Connection, name: str) -> list[Received]:
    """List who received rows for an emergency; a body to which nothing left owes no report.

    Args:
        connection: Any transaction.
        name: Short name of the emergency.

    """
    newest = {item.department: item for item in reversed(listed(connection, name))}
    rows = connection.execute(_sql()["received"], {"name": name}).fetchall()
    return [
        Received(department, releases, int(count), at, newest.get(department))
        for department, releases, count, at in rows
    ]


def may_report(viewer: Viewer) -> bool:
    """Tell whether somebody's post answers for data of the own body, so that it reports on copies.

    Args:
        viewer: Who acts.

    """
    return bool(viewer.may & REPORTERS)


def report(
    connection: Connection, name: str, deletion: Deletion, viewer: Viewer, clock: Clock, new_id: NewId
) -> DeletionReport:  # fmt: skip
    """Report that the copies of rows received for an emergency are gone, or which are kept on which ground.

    Args:
        connection: The command's transaction.
        name: Short name of the emergency.
        deletion: What is said.
        viewer: Somebody of a body that received rows, whose post applies for data, grants it or runs the hub.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: There was no such emergency.
        AccessRefused: The post may not, or its body received nothing.
        Conflicting: The emergency still runs, or the body reported before that everything is gone.
        WrongUse: Nothing is said of what was deleted, or parts are kept without a legal ground.

    Source:
        Nanjing art. 13.

    """
    if not may_report(viewer):
        require(viewer, "request_data")
    found, at = emergencies.one(connection, name), clock.now()
    emergencies.require_over(found, at)
    mine = next((item for item in received(connection, name) if item.department == viewer.department), None)
    if mine is None:
        raise AccessRefused("emergencies.nothing_received", emergency=name, department=viewer.department)
    connection.execute(_sql()["lock"], {"name": name, "department": viewer.department})
    if connection.execute(_sql()["final"], {"name": name, "department": viewer.department}).fetchone() is not None:
        raise Conflicting("emergencies.reported_before", emergency=name, department=viewer.department)
    words, ground = deletion.words.strip()[:WORDS_CHARACTERS], deletion.ground.strip()[:GROUND_CHARACTERS]
    if not words:
        raise WrongUse("emergencies.words_missing", field="words")
    if deletion.kept and not ground:
        raise WrongUse("emergencies.ground_missing", field="ground")
    ground = ground if deletion.kept else ""
    facts = {
        "department": viewer.department, "by": viewer.person, "kept": deletion.kept, "releases": mine.releases,
        "rows": mine.rows,
    }  # fmt: skip
    entry = evidence.write(connection, "hub:emergency:deletion_reported", name, facts, at, new_id)
    given = {
        "name": name, "department": viewer.department, "kept": deletion.kept, "words": words, "ground": ground,
        "by": viewer.person, "at": at, "evidence": entry.id,
    }  # fmt: skip
    connection.execute(_sql()["insert"], given)
    return DeletionReport(name, viewer.department, deletion.kept, words, ground, viewer.person, at)


def listed(connection: Connection, name: str) -> list[DeletionReport]:
    """List the reports on an emergency, the newest first.

    Args:
        connection: Any transaction.
        name: Short name of the emergency.

    """
    return [DeletionReport(*row) for row in connection.execute(_sql()["listed"], {"name": name}).fetchall()]


def unsettled(connection: Connection, *, only: str | None = None) -> list[str]:
    """List emergencies that are over and lack the review of what was granted, or a report; the oldest first.

    Args:
        connection: Any transaction.
        only: Short name of the one to look at; none looks at all.

    """
    return [str(name) for (name,) in connection.execute(_sql()["unsettled"], {"only": only})]


def claim(connection: Connection, name: str, department: str, kind: Kind, at: datetime) -> bool:
    """Take the right to tell a body something, once.

    Args:
        connection: The command's transaction.
        name: Short name of the emergency.
        department: Ref of the body.
        kind: What it is told: that the review is overdue, that a report is owed, that its report is overdue.
        at: Present instant.

    Returns:
        False where it was told before.

    """
    given = {"name": name, "department": department, "kind": kind, "at": at}
    return connection.execute(_sql()["claim"], given).rowcount == 1


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "emergency_reports")
