"""The words of the house in Chinese (the source language) and English, put in at the edge."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from citybrain.kernel.errors import CityBrainError

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in words.

    Attributes:
        code: Stable code, ``room.what``.
        title: What happened, in a few words.
        detail: What happened here, with the values.
        source: The article it rests on, or empty.
        next_steps: What the reader can do, in order.
        offline_channel: Where a person helps, or empty.

    """

    code: str
    title: str
    detail: str
    source: str
    next_steps: tuple[str, ...]
    offline_channel: str


@cache
def words(language: Language) -> Mapping[str, Any]:
    """Read all words of a language.

    Args:
        language: ``zh`` or ``en``.

    Returns:
        ``room.key`` to a sentence, or to a table of an error's words.

    """
    found: dict[str, Any] = {}
    folder = resources.files("citybrain") / "words" / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            for key, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
                found[f"{room}.{key}"] = value
    return MappingProxyType(found)


def _fill(template: str, params: Mapping[str, Any], language: Language) -> str:
    return template.format_map(_Shown(params, language))


class _Shown(dict[str, Any]):
    """Parameters as a reader sees them: lists joined, bilingual names chosen, missing ones as a dash."""

    def __init__(self, params: Mapping[str, Any], language: Language) -> None:
        super().__init__(params)
        self._language = language

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, Mapping) and self._language in value:
            return value[self._language]
        if isinstance(value, (list, tuple)):
            return ("、" if self._language == "zh" else ", ").join(str(item) for item in value) or "—"
        return value

    def __missing__(self, key: str) -> str:
        return "—"


def say(key: str, language: Language, /, **params: Any) -> str:
    """Say a sentence of the house.

    Args:
        key: ``room.key`` of a sentence.
        language: ``zh`` or ``en``.
        **params: Values the sentence names in braces.

    Returns:
        The sentence.

    Raises:
        KeyError: No such sentence; a test walks all keys used.

    """
    template = words(language)[key]
    if not isinstance(template, str):
        msg = f"{key} is an error, not a sentence"
        raise KeyError(msg)
    return _fill(template, params, language)


def explain(error: CityBrainError, language: Language) -> Problem:
    """Put an error into words.

    Args:
        error: What was raised.
        language: ``zh`` or ``en``.

    Returns:
        Title, detail, article, next steps and offline channel.

    """
    entry = words(language).get(error.code)
    if not isinstance(entry, Mapping):
        entry = {"title": error.code}
    params = error.params
    return Problem(
        code=error.code,
        title=_fill(entry["title"], params, language),
        detail=_fill(entry.get("detail", ""), params, language),
        source=_fill(entry.get("source", ""), params, language),
        next_steps=tuple(_fill(step, params, language) for step in entry.get("next", [])),
        offline_channel=_fill(entry.get("offline", ""), params, language),
    )
