"""The pages of emergencies: what runs, what was granted, who owes a report, the review (Nanjing art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Fact, FieldError, Option
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class EmergencyLine:
    """One emergency in the list.

    Attributes:
        ends: When it ends or ended, and how.
        grants, used: How much was granted and received.
        owing, owing_word: Who owes a report.

    """

    name: str
    href: str
    words: str
    state: State
    word: str
    ends: str
    grants: str
    used: str
    owing: State
    owing_word: str


@dataclass(frozen=True, slots=True)
class DeclareForm:
    """The form that declares an emergency, with what was typed."""

    name: str = ""
    words: str = ""
    ends_at: str = ""


@dataclass(frozen=True, slots=True)
class EmergenciesPage:
    """Emergencies this person may know of.

    Attributes:
        done: What was just done, or empty.
        form: The form that declares one; none where the post may not.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    done: str
    lines: tuple[EmergencyLine, ...]
    form: DeclareForm | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenFor:
    """A grant given for the emergency."""

    grant: Link
    contract: str
    department: str
    purpose: str
    state: State
    word: str
    used: str


@dataclass(frozen=True, slots=True)
class BodyLine:
    """A body that received rows, and what it said of its copies.

    Attributes:
        said: Its words, with the ground where parts are kept.

    """

    department: str
    used: str
    last: str
    state: State
    word: str
    said: str
    by: str


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """The review form, with what was typed."""

    outcomes: tuple[Option, ...]
    findings: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ReportForm:
    """The form of the deletion report, with what was typed."""

    words: str = ""
    kept: bool = False
    ground: str = ""


@dataclass(frozen=True, slots=True)
class EmergencyPage:
    """One emergency.

    Attributes:
        crumbs: Where the reader is.
        words: What happened.
        done: What was just done, or empty.
        written: The review, once it is written.
        may_end: Whether the reader may end it.
        review, report: Forms; none where the reader has nothing to write.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    name: str
    words: str
    state: State
    word: str
    done: str
    facts: tuple[Fact, ...]
    grants: tuple[GivenFor, ...]
    bodies: tuple[BodyLine, ...]
    written: tuple[Fact, ...]
    may_end: bool = False
    review: ReviewForm | None = None
    report: ReportForm | None = None
    errors: tuple[FieldError, ...] = ()
