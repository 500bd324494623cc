"""Pages of sharing: requests for data, the form that applies, grants and how they are used (Hangzhou art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.effects_view import EffectsPart
from citybrain.web.parts_view import Fact, FieldError, Option, Step
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request in a list.

    Attributes:
        due: Until when somebody has to act, as printed.

    """

    number: str
    href: str
    contract: str
    who: str
    purpose: str
    state: State
    word: str
    due: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """Requests this person may see.

    Attributes:
        apply_href: Where to apply; empty where the post may not.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    filters: tuple[Link, ...]
    lines: tuple[RequestLine, ...]
    apply_href: str


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that can be asked for or granted.

    Attributes:
        grade: Its grade, in words.
        leaves: How it leaves: in clear, masked or as a token.
        chosen: It is asked for.

    """

    name: str
    title: str
    grade: str
    leaves: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LimitBox:
    """A limit of use that can be typed."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """The form that applies for data; without a contract it asks for one first.

    Attributes:
        contracts: What can be applied for.
        fields: Fields of the chosen contract.
        purposes: Its purposes.
        laws: Articles a use can rest on.
        typed: What was typed, by name.
        latest: Latest day of the term.
        limits: Limits of use that can be asked for.
        outbound: A purpose takes data out of the country, so an assessment is asked for.
        needs_limits: The applicant uses data only under a limit.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    contracts: tuple[Option, ...]
    contract: str = ""
    provider: str = ""
    fields: tuple[FieldChoice, ...] = ()
    purposes: tuple[Option, ...] = ()
    laws: tuple[Option, ...] = ()
    scenarios: tuple[Option, ...] = ()
    reason: str = ""
    rows: str = ""
    until: str = ""
    latest: str = ""
    limits: tuple[LimitBox, ...] = ()
    assessment: str = ""
    outbound: bool = False
    needs_limits: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A step this person can take now.

    Attributes:
        href: Where it is sent by POST.
        hint: What follows from it.
        fields: Fields that can be granted; empty asks for none.
        until: Last day that can be granted; empty asks for none.
        limits: Limits that can be set; empty asks for none.
        text: Label of the words.
        buttons: Acts, the first is the likely one.

    """

    href: str
    title: str
    text: str
    buttons: tuple[Option, ...]
    hint: str = ""
    fields: tuple[FieldChoice, ...] = ()
    until: str = ""
    limits: tuple[LimitBox, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request with its course.

    Attributes:
        findings: Points of the minimality check, in words.
        again_href: Where to apply again with the same words.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    number: str
    title: str
    state: State
    word: str
    facts: tuple[Fact, ...]
    reason: str
    findings: tuple[str, ...]
    forms: tuple[RequestForm, ...]
    course: tuple[Step, ...]
    again_href: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One grant in a list.

    Attributes:
        used: How it was used in the period, in words.

    """

    name: str
    href: str
    contract: str
    department: str
    purpose: str
    ends: str
    state: State
    word: str
    used: str


@dataclass(frozen=True, slots=True)
class GrantsPage:
    """Grants this person holds or keeps."""

    frame: Frame
    rail: tuple[RailGroup, ...]
    filters: tuple[Link, ...]
    lines: tuple[GrantLine, ...]
    period: str


@dataclass(frozen=True, slots=True)
class GivenLine:
    """One release under a grant."""

    at: str
    system: str
    channel: str
    fields: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class GrantPage:
    """One grant: what it gives, how it is used, and what can be done about it.

    Attributes:
        fields: Fields it gives; chosen ones left at least once in the period.
        releases: The newest releases under it.
        may_close: This person may close or narrow it.
        may_narrow: It was given on request; a declared one is changed in the city's files.
        effects: What it was good for, as its user reports.
        export_href: Where its rows are made into a file; empty where this person may not.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    name: str
    title: str
    state: State
    word: str
    facts: tuple[Fact, ...]
    fields: tuple[FieldChoice, ...]
    releases: tuple[GivenLine, ...]
    versions: tuple[Step, ...]
    period: str
    may_close: bool
    may_narrow: bool
    errors: tuple[FieldError, ...] = ()
    export_href: str = ""
    effects: EffectsPart | None = None
