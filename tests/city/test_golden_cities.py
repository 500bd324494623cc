"""Golden cities hold together: no finding, every source reads, every name leads somewhere."""

from pathlib import Path

import pytest

from citybrain.blueprint.load import load
from citybrain.city.system import FilesFrom
from citybrain.city.whole import City
from citybrain.systems.connectors.files import matching, read
from citybrain.systems.registry import Folders

ROOT = Path(__file__).parents[2]
CITIES = ("tiny", "hangzhou", "reference")


def _city(name: str) -> City:
    loaded = load(ROOT / "cities" / name)
    assert loaded.city is not None
    assert loaded.findings == ()
    return loaded.city


@pytest.mark.parametrize("name", CITIES)
def test_a_golden_city_has_no_finding(name: str) -> None:
    city = _city(name)
    assert city.contracts
    assert city.indicators


@pytest.mark.parametrize("name", CITIES)
def test_every_contract_says_in_both_languages_who_answers_why_and_what_each_field_is(name: str) -> None:
    for contract in _city(name).contracts.values():
        assert contract.person
        assert contract.basis
        assert contract.purposes
        assert contract.description
        for field in contract.fields:
            assert field.title.zh
            assert field.title.en != field.name or field.title.en.isalpha()


@pytest.mark.parametrize("name", CITIES)
def test_a_contract_that_is_not_the_citys_own_says_so(name: str) -> None:
    for contract in _city(name).contracts.values():
        if name == "reference":
            assert (contract.provenance, bool(contract.place)) == ("borrowed", True)
        else:
            assert contract.provenance in {"own", "replay", "simulated"}


def test_all_people_of_the_demonstration_are_marked_as_made_up() -> None:
    for name in CITIES:
        assert all(person.demo for person, _, _ in _city(name).people())


def test_each_of_the_thirteen_districts_has_its_government_and_one_file_makes_their_cockpits() -> None:
    city = _city("hangzhou")
    districts = [item for item in city.departments.values() if item.kind == "district"]
    assert len(districts) == 13
    assert {f"gov-{item.division}" for item in districts} == {item.department for item in districts}
    assert [item.cockpit for item in city.cockpits.values() if item.for_each == "district"] == ["district"]


def test_simulated_systems_say_so_and_have_a_simulator() -> None:
    from simulators import SIMULATORS  # noqa: PLC0415

    simulated = {system.ref for system in _city("hangzhou").systems.values() if system.simulated}
    assert simulated == set(SIMULATORS)


def test_the_tiny_city_brings_its_divisions_along(tmp_path: Path) -> None:
    city = _city("tiny")
    source = city.sources["source:base/divisions"]
    folder = Folders(None, tmp_path, ROOT / "cities" / "tiny").of(source)
    (delivery,) = read(source, city.contracts[source.feeds], folder)
    (part,) = delivery.parts(100)
    assert part.parsed.frame["code"].to_list() == ["990101", "990102", "990103"]


@pytest.mark.data
@pytest.mark.parametrize("name", ["hangzhou", "reference"])
def test_every_source_of_real_files_finds_them(name: str, real_files: Path) -> None:
    for source in _city(name).sources.values():
        if isinstance(source.from_, FilesFrom) and source.from_.folder == "data":
            assert any(True for _ in matching(real_files, source.from_.path)), source.ref
