"""Findings: what is wrong in a city folder, all of it at once, each with its place and what to do."""

from dataclasses import dataclass, field
from typing import Any, Literal

from citybrain.kernel.messages import say


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend.

    Attributes:
        code: ``blueprint.what``; the words are in the message files.
        ref: The thing it is about.
        path: Keys from the top of the file to the place.
        params: Values for the words.
        severity: ``error`` stops a plan; ``warning`` asks for a reason.

    """

    code: str
    ref: str
    path: tuple[str | int, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"


class ValueWrong(ValueError):
    """A value that a noun refuses, said so that a finding can repeat it in the reader's language.

    Attributes:
        kind: Which refusal; its words are ``values.<kind>``.
        values: Values for the words.

    """

    def __init__(self, kind: str, /, **values: Any) -> None:
        """Name the refusal.

        Args:
            kind: Which refusal.
            **values: Values for its words.

        """
        super().__init__(say(f"values.{kind}", "en", **values))
        self.kind = kind
        self.values = values
