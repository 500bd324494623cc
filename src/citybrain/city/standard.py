"""The standards library (标准库): data elements of a standard, which contract fields take over or break.

Source: Hangzhou art. 14.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from citybrain.city.contract import FieldType
from citybrain.city.names import FieldName, Identifier, Name, Noun, Pattern

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DataElement(Noun):
    """A data element (数据元): what values of one meaning must be, wherever they stand.

    Attributes:
        element: Short name, unique in the standard.
        name: What people call it.
        clause: Clause of the standard that says so.
        type: Type of a field that holds it.
        pattern: Form of its text.
        wrong: Texts that a field must refuse; a field may be narrower than the pattern, never wider than these allow.
        codes: Allowed values; a field may allow fewer.
        unit: Its unit.
        grade: Least grade of a field that holds it.
        fields: Field names by which it is known.
        titles: Field titles by which it is known.

    """

    element: FieldName
    name: Name
    clause: Text
    type: FieldType
    pattern: Pattern | None = None
    wrong: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    unit: Name | None = None
    grade: Annotated[int, Field(ge=1, le=4)] = 1
    fields: tuple[FieldName, ...] = ()
    titles: tuple[Text, ...] = ()


class DataStandard(Noun):
    """A standard and its data elements.

    Attributes:
        standard: Short name; fields write ``<standard>/<element>``.
        code: Number people know it by, such as ``GB 32100``.
        name: Its title.
        version: Its year or version.
        binding: Whether every field of that meaning must follow it; else only those that name it.
        elements: Its data elements.

    """

    standard: Identifier
    code: Text
    name: Name
    version: Text
    binding: bool = False
    elements: Annotated[tuple[DataElement, ...], Field(min_length=1)]

    @property
    def ref(self) -> str:
        """The name other files use."""
        return f"standard:{self.standard}"
