"""What a check stands on: the running city, its rooms, and the doors of higher floors as parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection, Database

Contents = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the running instance answered.

    Attributes:
        status: HTTP status; 0 when nobody answered.
        document: The JSON body, where it was one.

    """

    status: int
    document: Any = None


Fetch = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Doors:
    """Public doors of the floor above: how a city folder becomes the city.

    Attributes:
        find: Codes of all findings of a folder with these files.
        apply: Makes a folder the city in force; takes the reason why suspected duplicates are none; returns the
        revision. roll_back: Makes an older revision the city in force; returns the new revision.
        declared: What a revision declares.
        affected: Refs that a removal of one thing affects.
        revision_faults: Number of stored revisions, and those that contradict their digest or have no evidence.

    """

    find: Callable[[Contents], tuple[str, ...]]
    apply: Callable[[Connection, Contents, str | None], int]
    roll_back: Callable[[Connection, int], int]
    declared: Callable[[Connection, int], Contents]
    affected: Callable[[Contents, str], tuple[str, ...]]
    revision_faults: Callable[[Connection], tuple[int, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything a check may use.

    Attributes:
        city: The revision in force.
        payloads: Folder of large payloads.
        fetch: Asks the running instance over HTTP; none where no page can be asked.

    """

    database: Database
    city: City
    reader: Reader
    payloads: Path
    clock: Clock
    new_id: NewId
    doors: Doors
    fetch: Fetch | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw.

    Attributes:
        holds: Whether the duty holds; none where this city gives nothing to judge by.
        word: Key of the sentence in the words of this room.
        figures: Values of the sentence.
        answers: Department that answers, where the check knows it.

    """

    holds: bool | None
    word: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    answers: str | None = None


class Contradiction(Exception):
    """A check saw the opposite of what the law asks."""

    def __init__(self, word: str, /, *, answers: str | None = None, **figures: Any) -> None:
        """Say what was seen.

        Args:
            word: Key of the sentence.
            answers: Department that answers, where it is known.
            **figures: Values of the sentence.

        """
        super().__init__(word, figures)
        self.seen = Seen(holds=False, word=word, figures=figures, answers=answers)


def seen(word: str, /, **figures: Any) -> Seen:
    """Say what was seen where the duty holds.

    Args:
        word: Key of the sentence.
        **figures: Values of the sentence.

    """
    return Seen(holds=True, word=word, figures=figures)


def nothing_to_judge(word: str, /, **figures: Any) -> Seen:
    """Say that this city gives nothing to judge by; the duty then counts as not yet shown.

    Args:
        word: Key of the sentence.
        **figures: Values of the sentence.

    """
    return Seen(holds=None, word=word, figures=figures)


def demand(condition: bool, word: str, /, *, answers: str | None = None, **figures: Any) -> None:
    """Stop where something is not as the law asks.

    Args:
        condition: What must be so.
        word: Key of the sentence for when it is not.
        answers: Department that answers.
        **figures: Values of the sentence.

    Raises:
        Contradiction: It is not so.

    """
    if not condition:
        raise Contradiction(word, answers=answers, **figures)


def refused(call: Callable[[], Any], family: type[CityBrainError], word: str, **figures: Any) -> None:
    """Demand that a door refuses.

    Args:
        call: Goes through the door.
        family: How it must refuse.
        word: Key of the sentence for when it does not.
        **figures: Values of the sentence.

    Raises:
        Contradiction: The door was open.

    """
    try:
        call()
    except family:
        return
    raise Contradiction(word, **figures)
