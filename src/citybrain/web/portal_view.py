"""My data: who used it, who may, what the person agreed to (Hangzhou art. 13)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import Link, State
from citybrain.web.parts_view import Fact, Option
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ChoicePart:
    """One part of a use somebody may agree to: ordinary fields, or sensitive ones that need a separate consent.

    Attributes:
        fields: Titles of the fields.
        number: Number of the open receipt; empty where the person does not agree.

    """

    fields: str
    sensitive: bool
    state: State
    word: str
    number: str
    since: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A use that rests on consent: a body, a purpose, and what it would see."""

    grant: str
    contract: str
    body: str
    facts: tuple[Fact, ...]
    parts: tuple[ChoicePart, ...]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One consent receipt.

    Attributes:
        href: The receipt as a machine reads it.

    """

    number: str
    href: str
    what: str
    body: str
    fields: str
    by: str
    given: str
    withdrawn: str


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request of the person.

    Attributes:
        answer: What the provider said, with the legal ground of a refusal.
        certificate_href: Page of the certificate of a deletion.
        refused: Whether the person is told where to complain.
        may_withdraw: Whether it still waits.

    """

    number: str
    kind: str
    what: str
    words: str
    made: str
    state: State
    word: str
    answer: str
    certificate_href: str
    refused: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Where values that were used came from."""

    system: str
    rows: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class ExplainedPage:
    """A use explained to the person.

    Attributes:
        facts: Who, what for, on which law, under which grant, which fields.
        here: Where a request for more words is sent.
        days: Working days until an answer.

    """

    frame: Frame
    title: str
    back: Link
    facts: tuple[Fact, ...]
    sources: tuple[SourceLine, ...]
    here: str
    days: int


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use of the person's rows.

    Attributes:
        why_href: Its explanation; empty for a look of the operator.

    """

    at: str
    body: str
    purpose: str
    basis: str
    contract: str
    fields: str
    how: str
    grant: str
    why_href: str = ""


@dataclass(frozen=True, slots=True)
class HoldingLine:
    """A contract that may hold rows of the person.

    Attributes:
        numbers: Indicators that are computed from it, by name; no person can be told from them.
        duty: Why no consent is asked; empty where the person chooses.
        ref: Ref of the contract.

    """

    contract: str
    body: str
    phone: str
    rows: int
    basis: str
    duty: str
    numbers: str
    kept: str
    href: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class OwnDissent:
    """A dissent the person raised.

    Attributes:
        may_react: The provider has answered and the person may accept or object once more.

    """

    number: str
    what: str
    claimed: str
    state: State
    word: str
    answer: str
    due: str
    may_react: bool


@dataclass(frozen=True, slots=True)
class OwnRowsPage:
    """Rows about the person under one contract, and how to have one corrected.

    Attributes:
        heads: Titles of the fields.
        rows: Cells, in the order of the fields.
        choices: Rows that can be named in a dissent; empty where the contract has no keys.
        fields: Fields that can be wrong.

    """

    frame: Frame
    title: str
    here: str
    back: Link
    done: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    choices: tuple[Option, ...]
    fields: tuple[Option, ...]
    dissents: tuple[OwnDissent, ...]


@dataclass(frozen=True, slots=True)
class MyDataPage:
    """The whole page.

    Attributes:
        acting: Who acts for the person; empty for an adult.
        done: What was just done, or empty.
        total: How often rows were used in all.
        deletable: Contracts that hold rows of the person.
        days: Working days until a request is answered.

    """

    frame: Frame
    name: str
    acting: str
    done: str
    choices: tuple[Choice, ...]
    receipts: tuple[ReceiptLine, ...]
    uses: tuple[UseLine, ...]
    total: int
    holdings: tuple[HoldingLine, ...]
    older_href: str
    newer_href: str
    requests: tuple[OwnRequest, ...] = ()
    deletable: tuple[Option, ...] = ()
    days: int = 0
