"""City files are checked by editors against schemas that are those of the nouns."""

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from citybrain.blueprint.files import Document, read_documents
from citybrain.blueprint.load import kind_of, plain
from citybrain.blueprint.schema import every_schema
from tests.docs.conftest import REPOSITORY

CITIES = sorted(path.parent for path in (REPOSITORY / "cities").glob("*/city.yaml"))
SCHEMAS = every_schema()


def _documents() -> list[tuple[Path, Document]]:
    return [(city, item) for city in CITIES for item in read_documents(city) if isinstance(item, Document)]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_published_schema_is_what_the_nouns_say_now(kind: str) -> None:
    published = json.loads((REPOSITORY / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(SCHEMAS[kind])), "run: citybrain schema --out schemas"
    Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_every_file_of_a_city_fits_the_schema_its_first_line_names(city: Path) -> None:
    wrong = []
    for folder, document in _documents():
        if folder != city:
            continue
        path = folder / document.file
        content = plain(document.content)
        kind = kind_of(content) or ""
        named = os.path.relpath(REPOSITORY / "schemas" / f"{kind}.schema.json", path.parent)
        first = path.read_text(encoding="utf-8").splitlines()[0]
        if first != f"# yaml-language-server: $schema={named}":
            wrong.append(f"{document.file}: {first}")
        wrong += [
            f"{document.file}: {error.message}" for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(content)
        ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("indicator", {"calibre": {"zh": "口径", "en": "definition"}}, "calibre"),
        ("indicator", {"fresh_within": "twenty minutes"}, "twenty minutes"),
        ("indicator", {"name": {"zh": "进站量"}}, "'en' is a required property"),
        ("cockpit", {"rows": [["gauge metro.entries"]]}, "gauge metro.entries"),
        ("grant", {"until": 7}, "7 is not of type 'string'"),
    ],
)
def test_a_slip_is_found_while_it_is_typed(kind: str, change: dict[str, object], said: str) -> None:
    good = next(
        plain(item.content)
        for city, item in _documents()
        if city.name == "tiny" and kind_of(plain(item.content)) == kind
    )
    judge = Draft202012Validator(SCHEMAS[kind])
    assert not list(judge.iter_errors(good))
    assert any(said in error.message for error in judge.iter_errors({**good, **change}))


def test_a_contract_without_a_legal_basis_is_found_while_it_is_typed() -> None:
    good = next(plain(item.content) for _, item in _documents() if kind_of(plain(item.content)) == "contract")
    without = [entry for entry in good["customProperties"] if entry["property"] != "basis"]
    judge = Draft202012Validator(SCHEMAS["contract"])
    assert not list(judge.iter_errors(good))
    assert list(judge.iter_errors({**good, "customProperties": without}))
