"""The data console: contracts, batches, rows set aside, revisions (Hangzhou art. 8, 9, 15)."""

from dataclasses import dataclass
from typing import Literal

from citybrain.cockpits.view import Link, Provenance, State
from citybrain.web.effects_view import EffectsPart
from citybrain.web.parts_view import Fact, FieldError, Pager, QualityAspect, Reconciliation
from citybrain.web.views import Frame

Grade = Literal["L1", "L2", "L3", "L4"]


@dataclass(frozen=True, slots=True)
class RailLink:
    """One line of the console's rail.

    Attributes:
        text: Name of the page.
        href: Its address.
        count: How many there are; None shows none.
        current: The reader is there.
        state: A mark at the count; None shows none.

    """

    text: str
    href: str
    count: int | None = None
    current: bool = False
    state: State | None = None


@dataclass(frozen=True, slots=True)
class RailGroup:
    """A group of the console's rail.

    Attributes:
        title: 数据, 流转 or 监管.
        links: Its pages.

    """

    title: str
    links: tuple[RailLink, ...]


@dataclass(frozen=True, slots=True)
class ContractLine:
    """One contract in the list.

    Attributes:
        name: Name in the page's language.
        ref: ``contract:...``.
        href: Its page.
        department: Who provides it.
        grade: Highest grade of its fields.
        state: Its freshness and quality in one mark.
        word: Word of the mark when it is not its own.
        sum: Rows of the period.
        last: Last arrival, as printed.
        promise: Rhythm and promise ("每 15 分钟，20 分钟内").
        provenance: Words for data that is not this city's own live data.

    """

    name: str
    ref: str
    href: str
    department: str
    grade: Grade
    state: State
    sum: Reconciliation
    word: str = ""
    last: str = ""
    promise: str = ""
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractsPage:
    """All contracts this person may see.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        lines: Contracts.
        filters: By department; one is current.
        period: What the rows are counted for ("今日").
        pager: Where in the list the reader is; none where it is short.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    lines: tuple[ContractLine, ...]
    filters: tuple[Link, ...] = ()
    period: str = ""
    pager: Pager | None = None


@dataclass(frozen=True, slots=True)
class ContractField:
    """One field of a contract.

    Attributes:
        name: Column name.
        meaning: In words.
        kind: Type and unit in words ("整数　个").
        grade: Grade.
        mask: How it is masked for others ("不脱敏", "138****6021").
        rule: What must hold.
        nulls: Missing values in the period; None where they were not counted.
        broken: Rows set aside because of it in the period.
        broken_href: Those rows.

    """

    name: str
    meaning: str
    kind: str
    grade: Grade
    mask: str = ""
    rule: str = ""
    nulls: int | None = 0
    broken: int = 0
    broken_href: str = ""


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One grant on a contract.

    Attributes:
        consumer: Who may use it.
        purpose: What for.
        fields: How many fields.
        until: Until when ("2027-06-30", "长期").
        uses: Uses in the period.
        state: ``ok`` open, ``lock`` refused or revoked.
        word: Word of the state when it is not open ("已拒绝：目的不明").

    """

    consumer: str
    purpose: str
    fields: int
    until: str
    uses: int = 0
    state: State = "ok"
    word: str = ""


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A neighbour of a contract.

    Attributes:
        kind: 系统, 指标, 场景 or 开放 in the page's language.
        name: Its name.
        href: Its page.

    """

    kind: str
    name: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch.

    Attributes:
        id: Short id as printed.
        href: Its receipt.
        arrived: When, as printed.
        sum: Its rows.
        contract: Name of its contract.
        contract_href: The contract.
        first_reason: First reason of a row set aside, or empty.
        sealed: Its evidence has its place in the chain.

    """

    id: str
    href: str
    arrived: str
    sum: Reconciliation
    contract: str = ""
    contract_href: str = ""
    first_reason: str = ""
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class RowField:
    """One value of a row that was set aside.

    Attributes:
        name: Column name.
        value: The value as it came; masked where the reader may not see it.
        meaning: In words.
        bad: A rule was broken here.
        message: What to do about it.
        hidden: The reader may not see the value, so it cannot be typed anew here either.

    """

    name: str
    value: str
    meaning: str = ""
    bad: bool = False
    message: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SetAsideRow:
    """One row that was set aside.

    Attributes:
        id: Id of the row, for anchors.
        batch: Name of its batch.
        batch_href: The batch's receipt.
        row: Row number in what came, from 1.
        field: Field of the broken rule; "整行" for the whole row.
        value: The value, as it came.
        reason: Why, and what to check.
        aspect: 合法性, 有效性, 准确性 or 时效性.
        state: State of the repair.
        word: Word of the state ("待修正，剩 2 日").
        fields: The whole row, for the repair form.
        repair_href: Where the repaired row is sent by POST; empty when this person may not repair it.
        errors: What was wrong with the last attempt.
        confirm_href: Where the provider agrees by POST that the row stays out; empty when it was decided.
        contract: Name of its contract.
        raw: What came, where it was no record and has no fields to show.

    """

    id: str
    batch: str
    batch_href: str
    row: int
    field: str
    value: str
    reason: str
    aspect: str
    state: State
    word: str
    fields: tuple[RowField, ...] = ()
    repair_href: str = ""
    errors: tuple[FieldError, ...] = ()
    confirm_href: str = ""
    contract: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One contract.

    Attributes:
        frame: What stands around the page.
        rail: The console's rail.
        name: Name in the page's language.
        ref: ``contract:...``.
        stand: "第 1.3 版，生效 2026-09-01，追加写入".
        state: Freshness.
        word: Word of the state when it is not its own.
        crumbs: Where the reader is.
        provenance: Words for data that is not this city's own live data.
        facts: Eight facts: owner, basis, purpose, grade, promise, sharing, retention, conventions.
        period: What quality is counted for ("本期 73 天，35,717 行").
        quality: The law's four aspects.
        sum: The sum that must hold.
        fields: Its fields.
        rows: Some rows set aside.
        rows_href: All rows set aside.
        grants: Who may use it.
        upstream: Where it comes from.
        downstream: What it feeds.
        batches: Latest batches.
        batches_href: All batches.
        declaration_href: The declared file.
        disputes: How much of it is in dispute ("2 条争议中"); empty when nothing is.
        effects: What it was good for, as its users report.

    """

    frame: Frame
    rail: tuple[RailGroup, ...]
    name: str
    ref: str
    state: State
    sum: Reconciliation
    stand: str = ""
    word: str = ""
    crumbs: tuple[Link, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    facts: tuple[Fact, ...] = ()
    period: str = ""
    quality: tuple[QualityAspect, ...] = ()
    fields: tuple[ContractField, ...] = ()
    rows: tuple[SetAsideRow, ...] = ()
    rows_href: str = ""
    grants: tuple[GrantLine, ...] = ()
    upstream: tuple[LineageNode, ...] = ()
    downstream: tuple[LineageNode, ...] = ()
    batches: tuple[BatchLine, ...] = ()
    batches_href: str = ""
    declaration_href: str = ""
    disputes: str = ""
    effects: EffectsPart | None = None
