"""Pages of quality: the live board, and one resource with its dimensions and trend (Hangzhou art. 15)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import FieldError, Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One share with its bar, number and grade.

    Attributes:
        share: In percent; none where nothing was measured.
        word: The grade in a word.
        note: What else there is to know ("评分争议中").

    """

    name: str
    share: float | None
    state: State
    word: str
    rows: int
    href: str = ""
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The live board.

    Attributes:
        period: What is counted.
        months: Reports that can be taken away.
        pager: Where in the list of resources; none where it is short.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    departments: tuple[ScoreLine, ...]
    resources: tuple[ScoreLine, ...]
    period: str
    months: tuple[Link, ...] = ()
    pager: Pager | None = None


@dataclass(frozen=True, slots=True)
class DayLine:
    """One kept day."""

    day: str
    share: float | None
    state: State
    word: str
    version: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """One resource.

    Attributes:
        aspects: The law's four.
        dimensions: The eight.
        days: Thirty days, the newest first.
        objection_href: Where an objection is sent by POST; empty for whoever is not the provider.
        answers: Objections that wait for the reader's answer: number and address.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    name: str
    crumbs: tuple[Link, ...]
    total: ScoreLine
    aspects: tuple[ScoreLine, ...]
    dimensions: tuple[ScoreLine, ...]
    days: tuple[DayLine, ...]
    objection_href: str = ""
    answers: tuple[Link, ...] = ()
    errors: tuple[FieldError, ...] = ()
