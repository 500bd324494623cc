"""The data console: the exchange monitor, one receipt, rows set aside, the history of revisions."""

from dataclasses import dataclass
from typing import Literal

from citybrain.cockpits.view import Link, Provenance, State
from citybrain.web.console_view import BatchLine, RailGroup, SetAsideRow
from citybrain.web.parts_view import Fact, Pager, Reconciliation
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ContractSum:
    """One contract's rows of the period.

    Attributes:
        name: Name of the contract.
        href: Its page.
        batches: Number of batches.
        sum: Its rows.
        last: Last arrival, as printed.
        state: Freshness.
        word: Word of the state when it is not its own.
        provenance: Words for data that is not this city's own live data.

    """

    name: str
    href: str
    batches: int
    sum: Reconciliation
    last: str = ""
    state: State = "ok"
    word: str = ""
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchesPage:
    """The exchange monitor.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        period: What is counted ("今日，11 月 20 日").
        sum: All rows of the period.
        contracts: The same by contract, late ones first; where they are many, only the first.
        contracts_total: How many contracts delivered.
        batches_total: How many batches came in the period.
        batches: Batches, newest first.
        pager: Where in the list of batches.
        filters: By contract or state; one is current.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    period: str
    sum: Reconciliation
    contracts: tuple[ContractSum, ...]
    batches: tuple[BatchLine, ...]
    pager: Pager
    filters: tuple[Link, ...] = ()
    contracts_total: int = 0
    batches_total: int = 0


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows of a batch one rule set aside.

    Attributes:
        reason: The rule in words.
        field: Its field.
        aspect: The law's aspect.
        rows: Rows.

    """

    reason: str
    field: str
    aspect: str
    rows: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One receipt.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        id: Full batch id.
        contract: Its contract.
        crumbs: Where the reader is.
        sum: Its rows.
        facts: Arrived, sent by, format, digest, key, revision.
        reasons: Why rows were set aside.
        rows: Some rows set aside.
        rows_href: All of them.
        evidence: Entry, hash, place in the chain.
        sealed: The evidence has its place in the chain.
        provenance: Words for data that is not this city's own live data.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    id: str
    contract: Link
    sum: Reconciliation
    crumbs: tuple[Link, ...] = ()
    facts: tuple[Fact, ...] = ()
    reasons: tuple[ReasonCount, ...] = ()
    rows: tuple[SetAsideRow, ...] = ()
    rows_href: str = ""
    evidence: tuple[Fact, ...] = ()
    sealed: bool = False
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Rows set aside, for their provider to repair.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        rows: Rows, newest first.
        pager: Where in the list.
        filters: By state; one is current.
        done: What was just repaired ("第 399 行已重新提交并采纳"), or empty.
        contracts: By contract; one is current.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    rows: tuple[SetAsideRow, ...]
    pager: Pager
    filters: tuple[Link, ...] = ()
    done: str = ""
    contracts: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionChange:
    """One change of a revision.

    Attributes:
        kind: Added, changed or removed.
        ref: What changed.
        what: In words.
        affects: Whom it affects, or empty.
        breaking: Consumers have to do something.

    """

    kind: Literal["added", "changed", "removed"]
    ref: str
    what: str = ""
    affects: str = ""
    breaking: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """One applied revision of the city's declarations.

    Attributes:
        number: Its number.
        applied: When, as printed.
        by: Who applied it.
        digest: Digest of the declarations.
        changes: What changed; empty for the first.
        current: It is in force.
        note: Why, or empty.

    """

    number: int
    applied: str
    by: str
    digest: str = ""
    changes: tuple[RevisionChange, ...] = ()
    current: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The history of revisions.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        revisions: Newest first.
        pager: Where in the list.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    revisions: tuple[Revision, ...]
    pager: Pager
