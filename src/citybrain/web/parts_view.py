"""Parts that several pages share: facts, quality, sums that must hold, form options, pages of a list."""

from dataclasses import dataclass

from citybrain.cockpits.view import State


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what holds for it.

    Attributes:
        label: What is said.
        text: What holds, in words.
        href: Where it can be opened.
        code: The text is a ref, hash or expression.

    """

    label: str
    text: str
    href: str = ""
    code: bool = False


@dataclass(frozen=True, slots=True)
class QualityAspect:
    """One of the law's four aspects of data quality (art. 15), always in its order.

    Attributes:
        name: 合法性, 有效性, 准确性 or 时效性 in the page's language.
        value: The figure; None where nothing was measured.
        unit: Unit of the figure ("%", "分钟", "/ 73 批").
        state: State of the aspect.
        reason: Why, in one line.
        decimals: Digits after the point.

    """

    name: str
    value: float | None
    unit: str
    state: State
    reason: str = ""
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The sum that must hold: received = accepted + set aside.

    Attributes:
        received: Rows that came.
        accepted: Rows kept.
        set_aside: Rows given back to their provider.

    """

    received: int
    accepted: int
    set_aside: int

    @property
    def holds(self) -> bool:
        """Check the sum."""
        return self.received == self.accepted + self.set_aside


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a form field.

    Attributes:
        value: Sent back.
        text: Shown.
        chosen: It is the choice now.

    """

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one form field and what to do.

    Attributes:
        field: Name of the field.
        message: What to do.

    """

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after something was done.

    Attributes:
        name: Name of the indicator.
        unit: Its unit.
        before: Value before; None where there is none.
        after: Value after, or now; None where there is none.
        before_at: When the first was taken, as printed.
        after_at: When the second was taken, as printed.
        decimals: Digits after the point.
        better: The change is in the wanted direction; None where that is not declared.
        href: The indicator's page.

    """

    name: str
    unit: str
    before: float | None
    after: float | None
    before_at: str = ""
    after_at: str = ""
    decimals: int = 0
    better: bool | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a history.

    Attributes:
        at: When, as printed ("18:32", "11-20 18:32").
        text: What happened.
        who: Who did it.

    """

    at: str
    text: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where in a long list the reader is.

    Attributes:
        first: Number of the first line shown, from 1; 0 in an empty list.
        last: Number of the last line shown.
        total: Lines in the list.
        previous_href: The page before; empty on the first.
        next_href: The page after; empty on the last.

    """

    first: int
    last: int
    total: int
    previous_href: str = ""
    next_href: str = ""
