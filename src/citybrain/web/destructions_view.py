"""The pages on destruction: proposals, requests of persons, holds, certificates (Hangzhou art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Fact, Option, Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """Batches beyond their retention, waiting for a person's word.

    Attributes:
        contract: Ref, as the form sends it back.
        name: Name of the contract.
        kept: How long it may be kept, as printed.
        before: Day before which everything is beyond that.
        rows, batches: How much.
        instant: The same day as an instant, as the form sends it back.

    """

    contract: str
    name: str
    kept: str
    before: str
    instant: str
    rows: int
    batches: int


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request of a person.

    Attributes:
        kind: What is asked for, in words.
        deletes: Whether it asks for deletion.
        token: Beginning of the person's token.
        may_decide: Whether the reader may answer it.
        answer: What was answered, with the legal ground.

    """

    number: str
    kind: str
    deletes: bool
    name: str
    token: str
    words: str
    made: str
    state: State
    word: str
    answer: str
    certificate: str
    may_decide: bool


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A legal hold."""

    number: str
    name: str
    scope: str
    reason: str
    by: str
    since: str
    state: State
    word: str
    lifted: str
    may_lift: bool


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One line of the list of certificates."""

    number: str
    href: str
    name: str
    kind: str
    scope: str
    rows: int
    reason: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class DestructionsPage:
    """Everything about destruction on one page.

    Attributes:
        done: What was just done, or empty.
        choices: Contracts the reader may have data of destroyed.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    done: str
    proposals: tuple[ProposalLine, ...]
    requests: tuple[RequestLine, ...]
    holds: tuple[HoldLine, ...]
    certificates: tuple[CertificateLine, ...]
    pager: Pager
    choices: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class ReceiverLine:
    """A system that had received the rows."""

    system: str
    body: str
    state: State
    word: str
    words: str


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """A certificate, fit for print.

    Attributes:
        crumbs: Where the reader is; empty for a person.
        places: What went, by place.
        digests: Digests and evidence.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    crumbs: tuple[Link, ...]
    number: str
    facts: tuple[Fact, ...]
    places: tuple[tuple[str, int], ...]
    backups: str
    backups_state: State
    backups_word: str
    receivers: tuple[ReceiverLine, ...]
    digests: tuple[Fact, ...]
