"""The pages of the catalogue: search with its lists, and one entry."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.effects_view import EffectsPart
from citybrain.web.parts_view import Fact, Option, Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry in the list.

    Attributes:
        registration: Its number.
        kind: What it is, in words.
        provider: Department and person.
        share: How it is shared, in words.
        closed: It is not shared.
        cycle: How often it changes, or empty.
        grade: ``L1`` to ``L4``, or empty.
        quality: A to E, or empty.
        mounted: State of the mounting; none where it is no contract.
        word: Word of that state.

    """

    name: str
    href: str
    ref: str
    registration: str
    kind: str
    provider: str
    share: str = ""
    closed: bool = False
    cycle: str = ""
    grade: str = ""
    quality: str = ""
    quality_state: State = "none"
    mounted: State | None = None
    word: str = ""
    consumers: int = 0


@dataclass(frozen=True, slots=True)
class MountLine:
    """How many contracts of a department are mounted."""

    department: str
    mounted: int
    contracts: int
    percent: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class DutyLine:
    """What one person answers for."""

    department: str
    person: str
    entries: str
    total: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class DemandLine:
    """One demand; ``close_href`` is empty where this person may not close it."""

    words: str
    department: str
    raised: str
    state: State
    word: str
    answer: Link | None = None
    close_href: str = ""


@dataclass(frozen=True, slots=True)
class ProhibitedLine:
    """One item of the negative list of data circulation.

    Attributes:
        what: Contracts, fields, kinds and grades it is about, in words.
        whom: To whom and for what, in words.

    """

    item: str
    name: str
    what: str
    whom: str
    law: str
    law_href: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One entry that is not shared."""

    name: str
    href: str
    registration: str
    provider: str
    law: str
    law_href: str
    text: str


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One field that came undeclared."""

    contract: str
    contract_href: str
    field: str
    batches: int
    first: str
    last: str
    yaml: str
    ignore_href: str = ""
    contract_ref: str = ""


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """Why something that looks like a duplicate was let through."""

    ref: str
    alike: str
    reason: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class CatalogPage:
    """The catalogue: search, or one of its lists.

    Attributes:
        tab: search, duties, demands, kept, proposals or waivers.
        text: What is looked for.
        kinds, owners, shares: Choices of the filters, with counts.
        done: What was just done, or empty.
        error: What is wrong with what was sent, or empty.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    tabs: tuple[Link, ...]
    tab: str
    text: str = ""
    kinds: tuple[Option, ...] = ()
    owners: tuple[Option, ...] = ()
    shares: tuple[Option, ...] = ()
    lines: tuple[EntryLine, ...] = ()
    pager: Pager | None = None
    mounted: tuple[MountLine, ...] = ()
    whole: MountLine | None = None
    duties: tuple[DutyLine, ...] = ()
    demands: tuple[DemandLine, ...] = ()
    kept: tuple[KeptLine, ...] = ()
    prohibited: tuple[ProhibitedLine, ...] = ()
    proposals: tuple[ProposalLine, ...] = ()
    waivers: tuple[WaiverLine, ...] = ()
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One item of information."""

    name: str
    title: str
    type: str
    grade: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry.

    Attributes:
        facts: The elements of GB/T 21063 and who answers.
        withheld: Details are not shown, for it is not shared.
        up, down: What it rests on, what rests on it.
        consumers: Departments with a grant.
        proof: Number, digest, evidence, place in the chain.
        proven: State of the proof.
        forms: The entry in other forms.
        lineage_href: Its lineage graph; empty where details are not shown.
        effects: What it was good for, as its users report; none where details are not shown.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    name: str
    ref: str
    kind: str
    crumbs: tuple[Link, ...]
    summary: str
    state: State | None
    word: str
    facts: tuple[Fact, ...]
    fields: tuple[FieldLine, ...]
    withheld: bool
    up: tuple[Link, ...]
    down: tuple[Link, ...]
    consumers: tuple[str, ...]
    proof: tuple[Fact, ...]
    proven: State
    proven_word: str
    data_href: str = ""
    apply_href: str = ""
    forms: tuple[Link, ...] = ()
    effects: EffectsPart | None = None
    lineage_href: str = ""
