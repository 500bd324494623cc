"""Every noun of the city is in the glossary, under one word."""

import importlib
import inspect
import pkgutil
import re

import citybrain.city
from tests.docs.conftest import DOCS

GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")


def _public_classes() -> dict[str, str]:
    found = {}
    for module in pkgutil.iter_modules(citybrain.city.__path__):
        loaded = importlib.import_module(f"citybrain.city.{module.name}")
        for name, thing in vars(loaded).items():
            if inspect.isclass(thing) and thing.__module__ == loaded.__name__ and not name.startswith("_"):
                found[name] = f"city.{module.name}"
    return found


def test_every_public_class_of_the_city_stands_in_the_glossary_with_its_module() -> None:
    classes = _public_classes()
    assert len(classes) > 30
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("|")]
    absent = {
        name for name, module in classes.items() if not any(f"`{name}`" in row and f"`{module}`" in row for row in rows)
    }
    assert absent == set()


def test_every_class_the_glossary_names_is_there() -> None:
    named = {name for name in re.findall(r"`([A-Z][A-Za-z]+)`", GLOSSARY) if name != "Provenance"}
    assert named - _public_classes().keys() == set()


def test_no_word_stands_for_two_things() -> None:
    rows = [line.split("|") for line in GLOSSARY.splitlines() if line.startswith("|")]
    first = [row[1].strip() for row in rows if row[1].strip() not in {"English", "---"}]
    assert sorted(first) == sorted(set(first))
