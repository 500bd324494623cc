"""How an emergency stands: what was granted and received for it, who owes a report, whether it was reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString

from citybrain.city.offering import shared
from citybrain.city.whole import City
from citybrain.hub import emergencies, emergency_reports, emergency_reviews
from citybrain.hub.emergencies import Emergency
from citybrain.hub.emergency_reports import Received
from citybrain.hub.emergency_reviews import Review
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards.viewing import Viewer

State = Literal["running", "over", "to_review", "late", "reviewed"]


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant given for an emergency, as its newest version stands.

    Attributes:
        releases, rows: What left under it, whichever version.

    """

    emergency: str
    name: str
    thing: str
    department: str
    purpose: str
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    releases: int
    rows: int


@dataclass(frozen=True, slots=True)
class Standing:
    """An emergency with everything that belongs to it.

    Attributes:
        review_due_at: Until when it is to be reviewed, counted from its end.
        reports_due_at: Until when reports are owed, counted from its end.

    """

    emergency: Emergency
    grants: tuple[Granted, ...]
    received: tuple[Received, ...]
    review: Review | None
    review_due_at: datetime
    reports_due_at: datetime

    def state(self, now: datetime) -> State:
        """Tell how it stands; where nothing was granted there is nothing to review.

        Args:
            now: Present instant.

        """
        if not self.emergency.over(now):
            return "running"
        if self.review is not None:
            return "reviewed"
        if not self.grants:
            return "over"
        return "late" if now > self.review_due_at else "to_review"

    @property
    def owing(self) -> tuple[Received, ...]:
        """Who received rows and has not reported."""
        return tuple(item for item in self.received if item.report is None)

    def seen_by(self, viewer: Viewer, city: City) -> bool:
        """Tell whether somebody may know of it: who runs the hub, who was granted something, who provides it.

        Args:
            viewer: Who looks.
            city: The revision in force.

        """
        if "operate_hub" in viewer.may:
            return True
        for item in self.grants:
            thing = shared(city, item.thing)
            if viewer.department == item.department or (thing is not None and thing.provider == viewer.department):
                return True
        return False


def listed(connection: Connection, city: City) -> list[Standing]:
    """List emergencies with everything that belongs to them, the newest first.

    Args:
        connection: Any transaction.
        city: The revision in force, for its periods.

    """
    found = emergencies.listed(connection)
    granted = _granted(connection, [item.name for item in found])
    return [_standing(connection, city, item, granted) for item in found]


def one(connection: Connection, city: City, name: str) -> Standing:
    """Find an emergency with everything that belongs to it.

    Args:
        connection: Any transaction.
        city: The revision in force, for its periods.
        name: Short name.

    Raises:
        NotKnown: There was none of that name.

    """
    found = emergencies.one(connection, name)
    return _standing(connection, city, found, _granted(connection, [name]))


def _standing(connection: Connection, city: City, found: Emergency, granted: Sequence[Granted]) -> Standing:
    return Standing(
        found,
        tuple(item for item in granted if item.emergency == found.name),
        tuple(emergency_reports.received(connection, found.name)),
        emergency_reviews.of(connection, found.name),
        emergency_reviews.due_at(city, found),
        emergency_reports.due_at(city, found),
    )


def _granted(connection: Connection, names: Sequence[str]) -> list[Granted]:
    return [Granted(*row) for row in connection.execute(_sql()["granted"], {"names": list(names)}).fetchall()]


def _sql() -> Mapping[str, LiteralString]:
    return statements("citybrain.hub", "emergency_standing")
