"""A department may carry its unified social credit code; a wrong one is found, a right one names the provider."""

import shutil
from pathlib import Path

import pytest

from citybrain.blueprint.load import load
from citybrain.hub.catalog.entries import entries, plain
from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.messages import explain
from tests.rooms.conftest import CITIES, FLOW


def city_with(folder: Path, code: str) -> Path:
    """Write the small city with a code in the file of its metro."""
    shutil.copytree(CITIES / "tiny", folder)
    file = folder / "departments" / "metro.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f'\ncredit_code: "{code}"\n', encoding="utf-8")
    return folder


def test_the_catalogue_names_the_provider_by_its_code(tmp_path: Path) -> None:
    loaded = load(city_with(tmp_path / "city", "91330100799655058B"))
    assert loaded.city is not None, loaded.errors
    flow = next(item for item in entries(loaded.city) if item.ref == FLOW)
    assert plain(loaded.city, flow)["provider"]["code"] == "91330100799655058B"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91330100799655058A", "最后一位应为 B"),
        ("9133010079965505", "须是 18 位统一社会信用代码"),
        ("91330100I99655058B", "须是 18 位统一社会信用代码"),
    ],
)
def test_a_code_that_does_not_hold_together_is_found_in_words(tmp_path: Path, code: str, said: str) -> None:
    loaded = load(city_with(tmp_path / "city", code))
    finding = next(item.finding for item in loaded.errors if item.finding.path == ("credit_code",))
    told = explain(CityBrainError(finding.code, ref=finding.ref, **finding.params), "zh")
    assert said in f"{told.title}{told.detail}"
