"""Pages of dissents: the list with its statistics, and one dissent with its course (Nanjing art. 11)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Fact, FieldError, Option, Pager, Step
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class DissentLine:
    """One dissent in the list.

    Attributes:
        contested: Field, batch or score.
        state: Red when it is overdue.
        word: Word of the state.
        due: Until when somebody has to act, as printed.

    """

    number: str
    href: str
    contract: str
    contested: str
    provider: str
    state: State
    word: str
    raised: str
    due: str


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """How one provider deals with dissents."""

    provider: str
    raised: int
    waiting: int
    upheld: int
    rejected: int
    overdue: int
    median: str


@dataclass(frozen=True, slots=True)
class Typed:
    """One text field of a form.

    Attributes:
        name: Name it is sent under.
        label: What it means.
        value: What was typed.
        hint: What is expected.
        required: Whether it may stay empty.

    """

    name: str
    label: str
    value: str = ""
    hint: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class RaiseForm:
    """The form that raises a dissent; without a contract it asks for one first.

    Attributes:
        contracts: Contracts this person may contest; one is chosen.
        by_ref: They are too many to choose from, so one is named by its Ref.
        keys: Key fields of the chosen contract.
        fields: Fields that can be contested; the first is the whole row.
        channels: For whom: oneself, or somebody who wrote, called or came; empty asks nothing.
        typed: What was typed, by name.
        errors: What was wrong with the last attempt.

    """

    contracts: tuple[Option, ...]
    chosen: bool = False
    keys: tuple[Typed, ...] = ()
    fields: tuple[Option, ...] = ()
    channels: tuple[Option, ...] = ()
    texts: tuple[Typed, ...] = ()
    outsider: tuple[Typed, ...] = ()
    grounds: str = ""
    contract: str = ""
    errors: tuple[FieldError, ...] = ()
    by_ref: bool = False


@dataclass(frozen=True, slots=True)
class DissentsPage:
    """Dissents this person may see.

    Attributes:
        period: What the statistics are counted for.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    lines: tuple[DissentLine, ...]
    filters: tuple[Link, ...]
    pager: Pager
    providers: tuple[ProviderLine, ...]
    period: str
    form: RaiseForm | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """A department that looks again at what it decided."""

    department: str
    basis: str
    state: State
    word: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class DissentForm:
    """One thing this person can do now.

    Attributes:
        href: Where it is sent by POST.
        title: What it does.
        hint: What follows from it.
        fields: Values to correct.
        text: Label of the words; empty asks for none.
        required: Whether words are needed.
        buttons: Acts: value and label, the first is the likely one.

    """

    href: str
    title: str
    buttons: tuple[Option, ...]
    hint: str = ""
    fields: tuple[Typed, ...] = ()
    text: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class DissentPage:
    """One dissent.

    Attributes:
        code: Tracking code, shown once after it was raised for somebody outside.
        facts: What is contested, by whom, until when.
        values: Value seen, claimed, and standing now.
        outsider: Who wrote or called; only for the clerk's department.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    number: str
    title: str
    state: State
    word: str
    crumbs: tuple[Link, ...]
    facts: tuple[Fact, ...]
    values: tuple[Fact, ...]
    course: tuple[Step, ...]
    grounds: str
    answer: str = ""
    outsider: str = ""
    looking: tuple[Looking, ...] = ()
    forms: tuple[DissentForm, ...] = ()
    code: str = ""
    errors: tuple[FieldError, ...] = ()
