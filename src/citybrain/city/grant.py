"""Grants (授权): which department may use which fields of a contract or service, for what (Hangzhou art. 13)."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from citybrain.city.expression import Expression
from citybrain.city.findings import ValueWrong
from citybrain.city.names import Basis, ContractRef, DepartmentRef, Identifier, Noun, ServiceRef

GrantedName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


Count = Annotated[int, Field(ge=1, le=1_000_000_000)]


class Limits(Noun):
    """How much of a thing may be used, beyond which fields and rows; at least one limit is given.

    Attributes:
        uses: Most queries, calls, exports and pages altogether.
        rows_per_day: Most rows on a day of the city.
        rows_per_use: Most rows of one use.

    Source: Hangzhou art. 8 (政企协同); Nanjing art. 14 (数据空间).

    """

    uses: Count | None = None
    rows_per_day: Count | None = None
    rows_per_use: Count | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> "Limits":
        if self.uses is None and self.rows_per_day is None and self.rows_per_use is None:
            raise ValueWrong("limits_empty")
        return self


class Grant(Noun):
    """A permission to use, no wider than its purpose needs.

    Attributes:
        basis: Why it is lawful.
        grant: Short name.
        from_: The contract or service.
        to: Who may use it.
        purpose: One of its purposes.
        fields: The fields that may leave; of a service, the operations that may be called and the fields they answer
            with.
        rows: Which rows may leave; none means all.
        limits: How much may be used; none means no limit.
        assessment: Record of the assessment, where the use takes data out of the country.
        until: Last day.

    """

    grant: Identifier
    from_: Annotated[ContractRef | ServiceRef, Field(alias="from")]
    to: DepartmentRef
    purpose: str
    basis: Basis
    fields: Annotated[tuple[GrantedName, ...], Field(min_length=1)]
    rows: Expression | None = None
    limits: Limits | None = None
    assessment: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    until: date

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"grant:{self.grant}"
