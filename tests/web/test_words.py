"""The words of the pages: both languages, same places for values, none missing, none idle."""

import re
import string
import tomllib
from importlib import resources
from importlib.resources.abc import Traversable

from citybrain.kernel.messages import Language

WORDS = resources.files("citybrain") / "words"
TEMPLATES = resources.files("citybrain.web") / "templates"
FAMILIES = {
    "act_": ("sign", "report", "close", "return"),
    "change_": ("added", "changed", "removed"),
    "duty_": ("ok", "alarm", "todo", "none"),
    "grade_": ("L1", "L2", "L3", "L4"),
    "nav_": ("cockpit", "tasks", "scenario", "console", "law"),
    "provenance_": ("replay", "borrowed", "simulated", "schematic"),
    "provenance_why_": ("replay", "borrowed", "simulated", "schematic"),
    "state_": ("ok", "warn", "alarm", "stale", "none", "lock", "todo"),
    "step_": ("done", "now"),
    "when_": ("now", "today", "week", "later", "done"),
}


def words(language: Language) -> dict[str, str]:
    """Read the words of the pages in one language."""
    return tomllib.loads((WORDS / language / "web.toml").read_text(encoding="utf-8"))


def templates(folder: Traversable = TEMPLATES) -> list[str]:
    """Read all templates."""
    texts: list[str] = []
    for entry in folder.iterdir():
        texts += templates(entry) if entry.is_dir() else [entry.read_text(encoding="utf-8")]
    return texts


def used() -> set[str]:
    """Name the words the templates ask for."""
    asked = {key for text in templates() for key in re.findall(r"\bt\('([a-z0-9_]+)'", text)}

    plain = {key for key in asked if key not in FAMILIES}
    return plain | {prefix + each for prefix in asked & FAMILIES.keys() for each in FAMILIES[prefix]}


def places(sentence: str) -> set[str]:
    """Name the values a sentence has places for."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_words_with_the_same_values() -> None:
    chinese, english = words("zh"), words("en")
    sentences_zh = {key: places(value) for key, value in chinese.items() if isinstance(value, str)}
    sentences_en = {key: places(value) for key, value in english.items() if isinstance(value, str)}
    assert sentences_zh == sentences_en
    assert set(chinese) == set(english)


def test_every_word_a_template_asks_for_exists() -> None:
    assert used() - words("zh").keys() == set()


def test_no_template_sets_a_style_or_a_script_the_policy_would_refuse() -> None:
    for text in templates():
        assert " style=" not in text
        assert not re.search(r"<script(?! type=\"module\" src=)", text)
        assert not re.search(r"\son[a-z]+=", text)


def test_no_template_holds_words_of_its_own() -> None:
    for text in templates():
        assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"\{#.*?#\}", "", text)) == []
