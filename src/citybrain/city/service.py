"""Services (业务服务): what a department's system does for others, called through the hub (Hangzhou art. 8)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from citybrain.city.contract import Contract, FieldKind, Mask, Sharing
from citybrain.city.contract import Field as ContractField
from citybrain.city.names import Basis, DepartmentRef, Duration, FieldName, Identifier, Name, Noun, SystemRef

OperationId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class AnswerField(Noun):
    """A field of a service's answer; what no field names never leaves.

    Attributes:
        name: What grants call it.
        title: What people call it.
        key: Key in the JSON answer, where it differs from the name; it counts at any depth.
        grade: 1 public, 2 general, 3 sensitive, 4 core.
        kind: What a value says about a person or thing; decides how a partial mask covers it.
        mask: How it leaves the hub; none leaves it to the grade.

    """

    name: FieldName
    title: Name
    key: str | None = None
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    kind: FieldKind | None = None
    mask: Mask | None = None

    @property
    def said_as(self) -> str:
        """The key in the answer."""
        return self.key or self.name

    def as_field(self) -> ContractField:
        """Say it as masking reads it."""
        return ContractField(self.name, self.title, "string", grade=self.grade, kind=self.kind, mask=self.mask)


class Operation(Noun):
    """One thing a service does.

    Attributes:
        title: What people call it.
        fields: Fields of its answer; an operation that only does something has none.
        passes: Media types other than JSON that may leave as they are, such as ``application/pdf``; a grant on the
            operation is a grant on all that is in them.
        mode: at_once answers in the call; later may take the call with 202 and answer when it is done.

    """

    title: Name
    mode: Literal["at_once", "later"] = "at_once"
    fields: tuple[AnswerField, ...] = ()
    passes: tuple[str, ...] = ()


class Breaker(Noun):
    """When a service is left alone to recover.

    Attributes:
        failures: Failures in a row that open the circuit.
        open_for: How long it stays open before one call may try.

    """

    failures: Annotated[int, Field(ge=1, le=100)] = 5
    open_for: Duration = Field(default="30s", validate_default=True)


class LegacyChannel(Noun):
    """A way around the hub that this service is to replace (存量接口).

    Attributes:
        name: What it is.
        state: planned (not begun), parallel (both run) or off (switched off).
        until: Last day on which it may run.

    """

    name: Name
    state: Literal["planned", "parallel", "off"]
    until: date | None = None


class Service(Noun):
    """What a department offers other systems to call through the hub.

    Attributes:
        service: ``<department>/<name>``.
        name: What people call it.
        owner: Who answers for it.
        description: What it is for.
        system: The registered system that answers; stands in the address.
        member_class: Class of the owner in the address: GOV, COM (public enterprises) or ORG.
        openapi: OpenAPI document (JSON) beside this file.
        document: What that file says; put in when the folder is read.
        url: Where the system listens; ``env:NAME`` takes it from the environment of the hub.
        operations: What may be called, by operationId; what is not named here cannot be.
        purposes: What for.
        share, share_basis: How it is shared; what is not shared names the law that says so.
        timeout: How long an answer may take to begin, and the longest silence within it.
        answer_within: How long an operation that answers later may take.
        attempts: How often a request that may be repeated (GET, HEAD, PUT, DELETE, OPTIONS) is tried in all.
        quota: Calls a minute of one consuming system.
        breaker: When it is left alone to recover.
        signed: Whether consumers have to sign their requests (RFC 9421).
        status: sandbox answers with the document's examples; trial and running answer themselves; planned and retired
            do not.
        tested_elsewhere: Where its system passed the conformance test, where this instance has no report of it.
        replaces: Ways around the hub that it replaces.

    """

    service: Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9_-]+$")]
    name: Name
    owner: DepartmentRef
    description: Name | None = None
    system: SystemRef | None = None
    member_class: Annotated[Literal["GOV", "COM", "ORG"], Field(alias="class")] = "GOV"
    openapi: str
    document: dict[str, Any] = {}
    url: Annotated[str, Field(pattern=r"^(https?://|env:[A-Z][A-Z0-9_]*$)")]
    operations: Annotated[dict[OperationId, Operation], Field(min_length=1)]
    purposes: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    share: Sharing = "conditional"
    share_basis: Basis | None = None
    timeout: Duration = Field(default="5s", validate_default=True)
    answer_within: Duration = Field(default="1d", validate_default=True)
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    quota: Annotated[int, Field(ge=1)] = 600
    breaker: Breaker = Breaker()
    signed: Literal["required", "optional"] = "optional"
    status: Literal["planned", "sandbox", "trial", "running", "retired"] = "trial"
    tested_elsewhere: Name | None = None
    replaces: tuple[LegacyChannel, ...] = ()

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"service:{self.service}"

    @property
    def member(self) -> str:
        """The owner as it stands in the address."""
        return self.owner.removeprefix("dept:")

    @property
    def subsystem(self) -> str:
        """The answering system as it stands in the address, ``-`` where none is named."""
        return self.system.split("/", 1)[1] if self.system else "-"

    @property
    def short(self) -> str:
        """The last part of its name, as it stands in the address."""
        return self.service.split("/", 1)[1]

    @property
    def grade(self) -> int:
        """The highest grade among the fields it answers with."""
        return max((field.grade for item in self.operations.values() for field in item.fields), default=1)

    @property
    def patience(self) -> timedelta:
        """How long one call can take at most before its answer begins."""
        return self.timeout * self.attempts

    def grantable(self) -> Mapping[str, Name]:
        """Return what a grant on it can name: its operations, and the fields of their answers, with their titles."""
        named: dict[str, Name] = {name: item.title for name, item in self.operations.items()}
        for item in self.operations.values():
            named |= {field.name: field.title for field in item.fields}
        return named

    def as_contract(self) -> Contract:
        """Say it as the request desk reads what can be applied for: operations and answer fields stand as fields."""
        fields = [ContractField(name, item.title, "string") for name, item in self.operations.items()]
        known = {field.name: field.as_field() for item in self.operations.values() for field in item.fields}
        said = self.description.zh if self.description else ""
        return Contract(
            self.ref, "1", self.status, self.name, said, self.owner, "", (), self.purposes,
            (*fields, *known.values()), (), "append", "UTC", grade=self.grade, share=self.share,
            share_basis=self.share_basis,
        )  # fmt: skip
