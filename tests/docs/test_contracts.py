"""Contracts fit the JSON Schema the Open Data Contract Standard publishes."""

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema.validators import validator_for

from citybrain.blueprint.files import Document, read_documents
from citybrain.blueprint.load import plain
from tests.docs.conftest import REPOSITORY

STANDARD: dict[str, Any] = json.loads(
    (resources.files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8")
)
CONTRACTS = {
    f"{folder.name}/{item.file}": plain(item.content)
    for folder in sorted(path.parent for path in (REPOSITORY / "cities").glob("*/city.yaml"))
    for item in read_documents(folder)
    if isinstance(item, Document) and item.content.get("kind") == "DataContract"
}


def test_the_schema_is_that_of_the_version_our_files_name() -> None:
    assert "v3.1.0" in STANDARD["properties"]["apiVersion"]["enum"]
    assert {contract["apiVersion"] for contract in CONTRACTS.values()} == {"v3.1.0"}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_fits_the_standard(name: str) -> None:
    judge = validator_for(STANDARD)(STANDARD)
    assert [error.message for error in judge.iter_errors(CONTRACTS[name])] == []


def test_a_contract_that_does_not_fit_is_found() -> None:
    judge = validator_for(STANDARD)(STANDARD)
    good = next(iter(CONTRACTS.values()))
    assert list(judge.iter_errors({**good, "schema": {"name": "no list"}}))
