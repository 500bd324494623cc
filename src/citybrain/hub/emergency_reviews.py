"""Reviews after emergencies (事后评估): a body that used none of the data says whether it was used as it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, LiteralString, get_args

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

Outcome = Literal["proper", "partly", "improper"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
WORDS_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer found.

    Attributes:
        outcome: proper, partly or improper; as it was typed.
        findings: What was looked at and found.
        follows: What follows from it; may be empty where all was proper.

    """

    outcome: str
    findings: str
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A review as it was written."""

    emergency: str
    outcome: Outcome
    findings: str
    follows: str
    person: str
    department: str
    at: datetime


def due_at(city: City, found: Emergency) -> datetime:
    """Reckon until when an emergency is to be reviewed.

    Args:
        city: For its zone and its period.
        found: The emergency; the clock starts with its end.

    """
    return due(city, found.last_at, city.settings.clocks.emergency_review)


def write(
    connection: Connection, name: str, verdict: Verdict, viewer: Viewer, clock: Clock, new_id: NewId
) -> Review:  # fmt: skip
    """Review an emergency that is over; once, and for good.

    Args:
        connection: The command's transaction.
        name: Short name of the emergency.
        verdict: What was found.
        viewer: Somebody who runs the hub, of a body to which nothing was granted for the emergency.
        clock: Present instant.
        new_id: Source of identifiers.

    Raises:
        NotKnown: There was no such emergency.
        AccessRefused: The post does not run the hub, or its body used the data itself.
        Conflicting: The emergency still runs, or was reviewed before.
        WrongUse: No outcome, no findings, or nothing follows from what was improper.

    Source:
        Nanjing art. 13.

    """
    require(viewer, "operate_hub")
    found, at = emergencies.one(connection, name), clock.now()
    emergencies.require_over(found, at)
    if concerned(connection, name, viewer.department):
        raise AccessRefused("emergencies.reviewer_concerned", emergency=name, department=viewer.department)
    if of(connection, name) is not None:
        raise Conflicting("emergencies.reviewed_before", emergency=name)
    outcome = next((item for item in OUTCOMES if item == verdict.outcome), None)
    if outcome is None:
        raise WrongUse("emergencies.outcome_missing", field="outcome")
    findings, follows = (text.strip()[:WORDS_CHARACTERS] for text in (verdict.findings, verdict.follows))
    if not findings:
        raise WrongUse("emergencies.findings_missing", field="findings")
    if outcome != "proper" and not follows:
        raise WrongUse("emergencies.follows_missing", field="follows")
    facts = {"outcome": outcome, "by": viewer.person, "department": viewer.department}
    entry = evidence.write(connection, "hub:emergency:reviewed", name, facts, at, new_id)
    given = {
        "name": name, "outcome": outcome, "findings": findings, "follows": follows, "by": viewer.person,
        "department": viewer.department, "at": at, "evidence": entry.id,
    }  # fmt: skip
    if connection.execute(_sql()["insert"], given).rowcount == 0:
        raise Conflicting("emergencies.reviewed_before", emergency=name)
    return Review(name, outcome, findings, follows, viewer.person, viewer.department, at)


def of(connection: Connection, name: str) -> Review | None:
    """Find the review of an emergency.

    Args:
        connection: Any transaction.
        name: Short name of the emergency.

    Returns:
        The review; none as long as it is not written.

    """
    row = connection.execute(_sql()["of"], {"name": name}).fetchone()
    return None if row is None else Review(*row)


def concerned(connection: Connection, name: str, department: str) -> bool:
    """Tell whether something was granted to a body for an emergency; it does not review itself.

    Args:
        connection: Any transaction.
        name: Short name of the emergency.
        department: Ref of the body.

    """
    return connection.execute(_sql()["concerned"], {"name": name, "department": department}).fetchone() is not None


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "emergency_reviews")
