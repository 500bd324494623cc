"""Places: names of divisions from the city's own list, and where the thing that alarmed lies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from citybrain.city.indicator import Indicator
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader, Span
from citybrain.kernel.postgres import Connection

_OF_GOVERNMENT_ZH = ("人民政府", "政府", "街道办事处", "管委会")
_OF_GOVERNMENT_EN = (" District Government", " County Government", " Government")


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names of divisions.

    Attributes:
        districts: Code to Chinese name, in the order of the codes.
        streets: Code to name.
        position: Log position of the list it was read from.
        english: Code to English name, where a department of that division says it.

    """

    districts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    streets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    position: int = 0
    english: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def name(self, code: str, language: str = "zh") -> str:
        """Say what a code is called; a code nobody knows is said as it is.

        Args:
            code: Division code.
            language: ``zh`` or ``en``; a place without an English name keeps its Chinese one.

        """
        english = self.english.get(code) if language == "en" else None
        return english or self.districts.get(code) or self.streets.get(code) or code


def read_gazetteer(connection: Connection, city: City, reader: Reader) -> Gazetteer:
    """Read the divisions that are in force on the day the city names.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        reader: Reads relations.

    Returns:
        Names by code; those of the district departments where the list has not been delivered.

    """
    declared = city.settings.divisions
    contract = city.contracts.get(declared.contract) if declared else None
    answering = {
        item.division: item.name for item in city.departments.values() if item.kind == "district" and item.division
    }
    known = {code: _place(answering[code].zh, _OF_GOVERNMENT_ZH) for code in sorted(answering)}
    english = {code: _place(name.en, _OF_GOVERNMENT_EN) for code, name in answering.items()}
    if declared is None or contract is None:
        return Gazetteer(known, english=english)
    names = {item.name for item in contract.fields}
    if not {"code", "name"} <= names:
        return Gazetteer(known, english=english)
    rows = reader.current(connection, contract).filter(pl.col("code").str.starts_with(city.settings.city.code[:4]))
    if contract.event_time is not None and contract.field(contract.event_time).type == "date":
        rows = rows.filter(pl.col(contract.event_time) <= declared.as_of)
        found = rows.collect()
        newest = found.get_column(contract.event_time).max()
        found = found.filter(pl.col(contract.event_time).eq_missing(pl.lit(newest)))
    else:
        found = rows.collect()
    pairs = found.sort("code").select("code", "name").rows()
    districts = {code: name for code, name in pairs if len(code) == 6 and code != city.settings.city.code}
    streets = {code: name for code, name in pairs if len(code) == 9}
    return Gazetteer(districts or known, streets, english=english)


def _place(department: str, endings: tuple[str, ...]) -> str:
    """Name a place by the department that answers for it: 上城区 for 上城区人民政府."""
    for ending in endings:
        if department.endswith(ending) and department != ending:
            return department.removesuffix(ending)
    return department


def place_of(
    connection: Connection, city: City, reader: Reader, indicator: Indicator, split: str, key: str
) -> tuple[Name, str | None]:
    """Tell what the thing that alarmed is called and in which division it lies.

    Args:
        connection: A transaction.
        city: The revision in force.
        reader: Reads relations.
        indicator: The indicator that alarmed.
        split: Field it was split by; empty for the whole city.
        key: Value of that field.

    Returns:
        A name for people, and a division code where the rows tell one.

    """
    contract = city.contracts.get(indicator.source or "")
    if not split or contract is None:
        return city.settings.city.name, None
    title = contract.field(split).title
    name = Name(zh=f"{title.zh} {key}", en=f"{title.en} {key}")
    if indicator.place is None:
        return name, None
    if indicator.place == split:
        called = read_gazetteer(connection, city, reader).name(key)
        return Name(zh=called, en=called), key
    newest = (
        reader.relation(connection, contract, Span())
        .filter(pl.col(split).cast(pl.String) == key)
        .sort("_at", "_position", "_row")
        .select(pl.col(indicator.place).last())
        .collect()
    )
    division = newest.item() if newest.height else None
    return name, division
