"""The page of the standards library (Hangzhou art. 14)."""

from dataclasses import dataclass

from citybrain.cockpits.figures_view import State
from citybrain.web.console_view import RailGroup
from citybrain.web.views import Frame


@dataclass(frozen=True, slots=True)
class ElementLine:
    """One data element.

    Attributes:
        wants: What a field must be, in words.
        held: Fields that stand under it, as printed.

    """

    code: str
    name: str
    clause: str
    wants: str
    held: str


@dataclass(frozen=True, slots=True)
class StandardPart:
    """One standard with its elements.

    Attributes:
        binding: Whether every field of its meanings must follow it.
        state, word: The same as a mark.

    """

    ref: str
    code: str
    name: str
    version: str
    state: State
    word: str
    elements: tuple[ElementLine, ...]


@dataclass(frozen=True, slots=True)
class BodyLine:
    """How far a body's fields follow the library."""

    department: str
    fields: str
    conforming: str
    rate: str
    state: State
    word: str


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A field that differs from an element."""

    contract: str
    href: str
    field: str
    department: str
    element: str
    wants: str


@dataclass(frozen=True, slots=True)
class StandardsPage:
    """The library, how far each body follows it, and where fields differ."""

    frame: Frame
    rail: tuple[RailGroup, ...]
    bodies: tuple[BodyLine, ...]
    differences: tuple[DifferenceLine, ...]
    standards: tuple[StandardPart, ...]
