"""Grants (授权): which department may use which fields of a contract, for what, until when (Hangzhou art. 13)."""

from datetime import date
from typing import Annotated

from pydantic import Field

from citybrain.city.expression import Expression
from citybrain.city.names import Basis, ContractRef, DepartmentRef, FieldName, Identifier, Noun


class Grant(Noun):
    """A permission to use, no wider than its purpose needs.

    Attributes:
        basis: Why it is lawful.
        grant: Short name.
        from_: The contract.
        to: Who may use it.
        purpose: One of the contract's purposes.
        fields: The fields that may leave.
        rows: Which rows may leave; none means all.
        until: Last day.

    """

    grant: Identifier
    from_: Annotated[ContractRef, Field(alias="from")]
    to: DepartmentRef
    purpose: str
    basis: Basis
    fields: Annotated[tuple[FieldName, ...], Field(min_length=1)]
    rows: Expression | None = None
    until: date

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"grant:{self.grant}"
