"""The form that reports what granted data was good for (Hangzhou art. 8, 13)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import FieldError
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure as typed."""

    name: str = ""
    value: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class EffectForm:
    """The form that files a report.

    Attributes:
        grant: Short name of the grant.
        contract: Name of the data.
        earliest, latest: Bounds of the period.
        figures: Lines for figures, as typed.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    grant: str
    contract: str
    first_day: str
    last_day: str
    earliest: str
    latest: str
    used_for: str = ""
    effect: str = ""
    saved_steps: str = ""
    figures: tuple[FigureRow, ...] = ()
    errors: tuple[FieldError, ...] = ()
