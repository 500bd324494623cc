"""What granted data was good for, as pages show it beside a grant or a thing (Hangzhou art. 8, 13)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One report.

    Attributes:
        period: Its days, as printed.
        who: The body that reports.
        grant: The grant it is about; none on the grant's own page.
        figures: Its figures and the steps that were spared, as printed.

    """

    period: str
    who: str
    used_for: str
    effect: str
    figures: tuple[str, ...] = ()
    grant: Link | None = None


@dataclass(frozen=True, slots=True)
class EffectsPart:
    """The reports on a grant or on a thing, with what is due.

    Attributes:
        state, word: Whether a report is due; empty on the page of a thing.
        report_href: Where to report; empty where this person may not.

    """

    lines: tuple[EffectLine, ...]
    state: State = "none"
    word: str = ""
    report_href: str = ""
