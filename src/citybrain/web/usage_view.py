"""The page of use: what is used most, what is granted and not used, and of what was reported (Hangzhou art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.panels_view import Trend
from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class TopLine:
    """How much a body used of a thing.

    Attributes:
        share: Length of its bar in percent of the longest.

    """

    name: str
    href: str
    who: str
    releases: int
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class IdleLine:
    """A grant of which something is not used.

    Attributes:
        state, word: Not used at all, or in part.
        fields: Fields that never left.
        since: Since when it stands, as printed.

    """

    name: str
    href: str
    contract: str
    who: str
    state: State
    word: str
    fields: str
    since: str


@dataclass(frozen=True, slots=True)
class UsagePage:
    """How granted data is used.

    Attributes:
        period: What is counted.
        trend: Releases of each day.
        effects, effects_word: How many grants have the report they should have.
        idle_total: How many grants are not used or in part.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    roles: tuple[Link, ...]
    period: str
    trend: Trend
    top: tuple[TopLine, ...]
    effects: State
    effects_word: str
    idle: tuple[IdleLine, ...]
    pager: Pager
