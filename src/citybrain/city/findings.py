"""Findings: what is wrong in a city folder, all of it at once, each with its place and what to do."""

from dataclasses import dataclass, field
from typing import Any, Literal


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
