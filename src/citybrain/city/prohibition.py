"""One item of the negative list (负面清单): what may not go to whom, for what.

Source: Nanjing art. 23.
"""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field, model_validator

from citybrain.city.contract import Contract, FieldKind
from citybrain.city.findings import ValueWrong
from citybrain.city.names import Basis, ContractRef, DepartmentRef, FieldName, Identifier, Name, Noun, ServiceRef
from citybrain.city.organisation import Department

BodyKind = Literal["bureau", "district", "street", "enterprise", "institution"]


class Prohibition(Noun):
    """One item of the list; what is left out stands for everything of its sort.

    Attributes:
        prohibition: Short name: the item's number or word on the list.
        name: What is prohibited, as a refusal says it.
        basis: The law it rests on.
        reason: Why.
        contracts: Contracts and services it is about.
        fields: Names of fields.
        kinds: Kinds of fields, such as ``id_number``.
        grade_from: Fields of this grade and above.
        to: Departments that may not have it, with those below them.
        to_kinds: Kinds of bodies that may not have it.
        purposes: Purposes it may not be used for.

    """

    prohibition: Identifier
    name: Name
    basis: Basis
    reason: Name
    contracts: tuple[ContractRef | ServiceRef, ...] = ()
    fields: tuple[FieldName, ...] = ()
    kinds: tuple[FieldKind, ...] = ()
    grade_from: Annotated[int, Field(ge=1, le=4)] | None = None
    to: tuple[DepartmentRef, ...] = ()
    to_kinds: tuple[BodyKind, ...] = ()
    purposes: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _about_something(self) -> "Prohibition":
        if not (self.contracts or self.fields or self.kinds or self.grade_from):
            raise ValueWrong("prohibition_of_nothing")
        return self

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"prohibition:{self.prohibition}"

    @property
    def of_fields(self) -> bool:
        """Whether it is about fields rather than whole contracts."""
        return bool(self.fields or self.kinds or self.grade_from)

    def covered(self, contract: Contract) -> frozenset[str]:
        """Name the fields of a contract that it is about.

        Args:
            contract: A contract, or a service read as one.

        """
        if self.contracts and contract.ref not in self.contracts:
            return frozenset()
        if not self.of_fields:
            return frozenset(item.name for item in contract.fields)
        return frozenset(
            item.name
            for item in contract.fields
            if item.name in self.fields
            or (item.kind is not None and item.kind in self.kinds)
            or (self.grade_from is not None and item.grade >= self.grade_from)
        )

    def bans(self, department: Department, above: Collection[str], purpose: str) -> bool:
        """Tell whether it is about a body and a purpose.

        Args:
            department: Who would use the data.
            above: Refs of the department and of those above it.
            purpose: What for.

        """
        if self.purposes and purpose not in self.purposes:
            return False
        if not (self.to or self.to_kinds):
            return True
        return department.kind in self.to_kinds or any(ref in self.to for ref in above)
