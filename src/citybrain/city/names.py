"""Names: what a thing is called by people (bilingual) and by other files (a Ref)."""

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import SchemaError, SchemaValidator, core_schema

from citybrain.city.findings import ValueWrong

_DURATION = re.compile(r"^(\d+)\s*(s|min|h|d|w|month|y)$")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800, "month": 2_592_000, "y": 31_536_000}
_PERCENT = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")

DepartmentRef = Annotated[str, StringConstraints(pattern=r"^dept:[a-z0-9-]+$")]
SystemRef = Annotated[str, StringConstraints(pattern=r"^system:[a-z0-9-]+/[a-z0-9_-]+$")]
ContractRef = Annotated[str, StringConstraints(pattern=r"^contract:[a-z0-9-]+/[a-z0-9_]+(@\d+)?$")]
ServiceRef = Annotated[str, StringConstraints(pattern=r"^service:[a-z0-9-]+/[a-z0-9_-]+$")]
ModelRef = Annotated[str, StringConstraints(pattern=r"^model:[a-z0-9-]+/[a-z0-9_]+$")]
IndicatorRef = Annotated[str, StringConstraints(pattern=r"^indicator:[a-z0-9_.-]+$")]
ArticleRef = Annotated[str, StringConstraints(pattern=r"^[a-z]+-?[a-z0-9]*-?\d{0,4}(/[0-9.]+)?$")]
DivisionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}(\d{3}){0,2}$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

LAW_FIELDS = (
    "economic_regulation",
    "market_supervision",
    "social_management",
    "public_service",
    "ecological_protection",
    "government_operation",
)
LawField = Literal[
    "economic_regulation",
    "market_supervision",
    "social_management",
    "public_service",
    "ecological_protection",
    "government_operation",
]
Provenance = Literal["own", "replay", "borrowed", "simulated", "schematic"]
Level = Literal["city", "district", "street"]


class Noun(BaseModel):
    """What every declared thing is: frozen, and closed against unknown keys so that a typing slip is a finding."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Name(Noun):
    """What people call a thing.

    Attributes:
        zh: Chinese, the language of the city.
        en: English.

    """

    zh: Annotated[str, StringConstraints(min_length=1)]
    en: Annotated[str, StringConstraints(min_length=1)]

    def said(self, language: str) -> str:
        """Choose the language.

        Args:
            language: ``zh`` or ``en``.

        Returns:
            The name in that language.

        """
        return self.zh if language == "zh" else self.en


def _read_duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _DURATION.match(value.strip())
    if match is None:
        raise ValueWrong("duration_form")
    try:
        return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
    except (OverflowError, ValueError):  # more digits than a length of time, or a number, can have
        raise ValueWrong("duration_form") from None


def _read_share(value: Any) -> Any:
    if isinstance(value, str):
        match = _PERCENT.match(value.strip())
        if match is None:
            raise ValueWrong("share_form")
        return float(match[1]) / 100
    return value


def _read_pattern(value: str) -> str:
    """Hold a pattern to the dialect that the rules run: Rust's, which pydantic compiles with the same library."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=value))
    except SchemaError:
        raise ValueWrong("pattern_form") from None
    return value


_WrittenDuration = Annotated[str, StringConstraints(pattern=_DURATION.pattern)]
_WrittenShare = Annotated[str, StringConstraints(pattern=_PERCENT.pattern)]
Pattern = Annotated[str, AfterValidator(_read_pattern)]
Duration = Annotated[timedelta, BeforeValidator(_read_duration, json_schema_input_type=_WrittenDuration)]
Share = Annotated[float, BeforeValidator(_read_share, json_schema_input_type=_WrittenShare | float)]


class Basis(Noun):
    """Why something is lawful: the article and its words.

    Source: Hangzhou art. 13.

    Attributes:
        law: Article, such as ``hangzhou-2021/13``.
        text: Its words.

    """

    law: ArticleRef
    text: Name


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Offer the names that look like a wrong one.

    Args:
        name: What was written.
        known: What exists.

    Returns:
        At most three names, the likeliest first.

    Examples:
        >>> near("contract:metro/flow", ["contract:metro/flow_15min", "indicator:air.pm25"])
        ('contract:metro/flow_15min',)

    """
    return tuple(get_close_matches(name, list(known), n=3, cutoff=0.55))
