"""The page of bulk reads (Hangzhou art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import FieldError
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One occurrence.

    Attributes:
        what: What was read against which bound, in words.
        found: Who found what, once closed.
        close_href: Where the finding is sent; empty where this person may not or it is closed.

    """

    id: str
    grant: Link
    contract: str
    reader: str
    what: str
    at: str
    state: State
    word: str
    found: str
    close_href: str


@dataclass(frozen=True, slots=True)
class BulkPage:
    """Occurrences this person answers for.

    Attributes:
        bounds: The city's bounds, in words.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    bounds: str
    lines: tuple[BulkLine, ...]
    errors: tuple[FieldError, ...] = ()
