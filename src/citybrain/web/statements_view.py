"""The page of statements: a day's sums for provider and consumer, differences first (Hangzhou art. 8)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Option, Pager, Reconciliation
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """Where the statement and the books do not agree.

    Attributes:
        stated, found: Both figures, as printed.

    """

    contract: str
    side: str
    figure: str
    stated: str
    found: str


@dataclass(frozen=True, slots=True)
class DayLine:
    """One line of a statement.

    Attributes:
        side: Who delivered or used it, in words.
        used: It is a line of use; otherwise one of delivery.
        times: Batches, or releases.
        sum: What was delivered; none on a line of use.
        rows, size, p95: What was used, as printed; empty on a line of delivery.
        state, word: Whether it agrees with the books.

    """

    contract: str
    href: str
    side: str
    used: bool
    times: int
    sum: Reconciliation | None
    rows: str
    size: str
    p95: str
    state: State
    word: str


@dataclass(frozen=True, slots=True)
class StatementPage:
    """The statement of a day.

    Attributes:
        days: Days with a statement.
        roles: Whose lines are shown.
        whole: What was delivered in all.
        used: What was used in all, as one sentence.
        state, word: Whether the statement agrees with the books.
        csv_href: All lines as CSV.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    day: str
    days: tuple[Option, ...]
    roles: tuple[Link, ...]
    role: str
    whole: Reconciliation
    used: str
    state: State
    word: str
    differences: tuple[DifferenceLine, ...]
    lines: tuple[DayLine, ...]
    pager: Pager | None = None
    csv_href: str = ""
