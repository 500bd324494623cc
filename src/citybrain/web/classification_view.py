"""The data console: what the contents of fields suggest about their kind."""

from dataclasses import dataclass

from citybrain.cockpits.view import Link, State
from citybrain.web.console_view import RailGroup
from citybrain.web.parts_view import Pager
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """One proposal.

    Attributes:
        id: Stable part of DOM ids.
        contract: The contract and its page.
        field: Short name of the field.
        title: What people call it.
        kind: What its values seem to be, in words.
        kind_name: The word of the contract file.
        share: Part of the values, as printed.
        rows: Values that were looked at.
        why: How it was seen.
        said: What the contract says, in words; empty where it says nothing.
        state: State of the proposal.
        word: Its word.
        lines: Lines to add to the contract file; only of a confirmed one.
        decided: Who decided, when and why; empty while it waits.
        action: Where the decision goes; empty for who may not decide.
        error: Why what was just sent is refused.

    """

    id: str
    contract: Link
    field: str
    title: str
    kind: str
    kind_name: str
    share: str
    rows: int
    why: str
    said: str = ""
    state: State = "warn"
    word: str = ""
    lines: str = ""
    decided: str = ""
    action: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ClassificationPage:
    """Proposals for the kinds of fields.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        lines: Those that wait first.
        pager: Where in the list.
        filters: By state; one is current.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    lines: tuple[ProposalLine, ...]
    pager: Pager
    filters: tuple[Link, ...] = ()
