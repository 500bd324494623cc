"""Grants (授权): which department may use which fields of a contract or service, for what (Hangzhou art. 13)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from citybrain.city.expression import Expression
from citybrain.city.names import Basis, ContractRef, DepartmentRef, Identifier, Noun, ServiceRef

GrantedName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


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
        until: Last day.

    """

    grant: Identifier
    from_: Annotated[ContractRef | ServiceRef, Field(alias="from")]
    to: DepartmentRef
    purpose: str
    basis: Basis
    fields: Annotated[tuple[GrantedName, ...], Field(min_length=1)]
    rows: Expression | None = None
    until: date

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"grant:{self.grant}"
