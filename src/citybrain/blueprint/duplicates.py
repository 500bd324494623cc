"""Duplicate construction (重复建设): what is new is compared with what is there.

By names, fields, titles, sums and sources.

Of two things that look alike the later one, in the order of Refs, names the earlier (Hangzhou art. 7, Nanjing art. 6).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.indicator import Indicator
from citybrain.city.names import Name
from citybrain.city.system import FilesFrom, Source, System
from citybrain.city.whole import City
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

ALIKE_SHARE = 0.8
FEWEST_FIELDS = 3
FEWEST_SIGNS = 3
FEWEST_SHARED = 2  # a live system and its archive may well provide one contract together
Alike = tuple[str, str]
# Words that say nothing about what a thing is.
_EMPTY_WORDS = re.compile(r"数据|信息|资源|系统|平台|管理|明细|汇总|[表库的]")
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Something that looked like a duplicate and was let through.

    Attributes:
        ref: What was let through.
        alike: What it looked like, with how much agrees.
        reason: Why it is none.

    """

    revision: int
    ref: str
    alike: str
    reason: str
    at: datetime
    by: str


def meaning(name: Name) -> str:
    """Reduce a name to what it means: no signs, no words that every name carries.

    Args:
        name: Any name.

    Examples:
        >>> meaning(Name(zh="停车场（实时）信息表", en="x")), meaning(Name(zh="数据表", en="x"))
        ('停车场实时', '数据表')

    """
    plain = _SIGNS.sub("", unicodedata.normalize("NFKC", name.zh).casefold())
    return _EMPTY_WORDS.sub("", plain) or plain


class Likeness:
    """What can look alike in one city, indexed once so that a large folder is compared in one go."""

    def __init__(self, city: City) -> None:
        """Index a city.

        Args:
            city: The city as it would be.

        """
        self._city = city
        self._fields = {ref: frozenset(one.name for one in item.fields) for ref, item in city.contracts.items()}
        self._titles = {ref: _titles(item) for ref, item in city.contracts.items()}
        self._meanings = {ref: meaning(item.name) for ref, item in city.contracts.items()}
        self._by_field = _inverted(self._fields)
        self._by_title = _inverted(self._titles)
        self._by_meaning = _grouped(self._meanings.items())
        self._sums = _grouped((ref, _sum_of(item)) for ref, item in city.indicators.items())
        self._files = _grouped((ref, _origin(item)) for ref, item in city.sources.items())
        self._providers = _inverted({ref: frozenset(item.provides) for ref, item in city.systems.items()})

    def of(self, ref: str) -> Iterator[Alike]:
        """Find what a thing looks like.

        Args:
            ref: A thing of the city.

        Yields:
            Ref of something earlier, and what agrees.

        """
        city = self._city
        if ref in city.contracts:
            yield from self._contracts(city.contracts[ref])
        elif ref in city.indicators:
            yield from self._indicators(city.indicators[ref])
        elif ref in city.systems:
            yield from self._systems(city.systems[ref])
        elif ref in city.sources:
            yield from self._sources(city.sources[ref])

    def _contracts(self, thing: Contract) -> Iterator[Alike]:
        fields, titles, mine = self._fields[thing.ref], self._titles[thing.ref], self._meanings[thing.ref]
        by_field = Counter(other for name in fields for other in self._by_field[name])
        by_title = Counter(other for title in titles for other in self._by_title[title])
        for other in sorted({*by_field, *by_title, *self._by_meaning.get(mine, ())}):
            if other >= thing.ref or self._said(thing, self._city.contracts[other]):
                continue
            same = by_field[other] / max(1, min(len(fields), len(self._fields[other])))
            told = by_title[other] / max(1, min(len(titles), len(self._titles[other])))
            if len(fields) >= FEWEST_FIELDS and same >= ALIKE_SHARE:
                yield other, f"{by_field[other]}/{len(fields)}"
            elif len(titles) >= FEWEST_FIELDS and len(self._titles[other]) >= FEWEST_FIELDS and told >= ALIKE_SHARE:
                yield other, f"{by_title[other]}/{len(titles)} {self._city.contracts[other].name.zh}"
            elif _same_name(mine, self._meanings[other]) and max(same, told) >= ALIKE_SHARE:
                yield other, self._city.contracts[other].name.zh

    @staticmethod
    def _said(one: Contract, two: Contract) -> bool:
        """Tell whether two contracts are declared to be different, or are versions of one resource."""
        versions = one.department == two.department and one.resource.split("@")[0] == two.resource.split("@")[0]
        return versions or two.ref in one.distinct_from or one.ref in two.distinct_from

    def _indicators(self, thing: Indicator) -> Iterator[Alike]:
        for other in self._sums.get(_sum_of(thing), ()):
            if other < thing.ref:
                twin = self._city.indicators[other]
                yield other, twin.measure.text if twin.measure is not None else " / ".join(twin.derived or ())

    def _systems(self, thing: System) -> Iterator[Alike]:
        shared = Counter(other for contract in thing.provides for other in self._providers[contract])
        for other, twin in self._city.systems.items():
            if other >= thing.ref or "retired" in {thing.status, twin.status}:
                continue
            every = len({*thing.provides, *twin.provides})
            if shared[other] >= FEWEST_SHARED and shared[other] / every >= ALIKE_SHARE:
                yield other, f"{shared[other]}/{every}"
            elif twin.owner == thing.owner and meaning(twin.name) == meaning(thing.name):
                yield other, twin.name.zh

    def _sources(self, thing: Source) -> Iterator[Alike]:
        for other in self._files.get(_origin(thing), ()):
            twin = self._city.sources[other]
            if other < thing.ref and twin.feeds != thing.feeds and thing.only is None and twin.only is None:
                yield other, _origin(thing)[1]


def alike(likeness: Likeness, ref: str) -> Iterator[Alike]:
    """Find what a new thing looks like a duplicate of.

    Args:
        likeness: Of the city as it would be.
        ref: The new thing.

    Source:
        Hangzhou art. 7 (防止重复建设).

    """
    return likeness.of(ref)


def pointer(city: City, ref: str) -> str:
    """Say where an existing thing can be asked for: its owner and its page in the catalogue.

    Args:
        city: The revision.
        ref: The existing thing.

    """
    thing: Any = city.things().get(ref)
    owner = getattr(thing, "provider", None) or getattr(thing, "owner", None)
    if isinstance(thing, Source) and thing.feeds in city.contracts:
        owner = city.contracts[thing.feeds].provider
    department = city.departments.get(owner or "")
    named = department.name.zh if department else owner or "—"
    return f"{named}, /console/catalog/{ref}"


def waivers(connection: Connection, limit: int = 100) -> list[Waiver]:
    """List what looked like a duplicate and was let through for a reason, newest first.

    Args:
        connection: A reading transaction.
        limit: Most lines.

    """
    rows = connection.execute(statements("citybrain.blueprint", "duplicates")["waivers"], {"limit": limit}).fetchall()
    return [Waiver(*row) for row in rows]


def _titles(contract: Contract) -> frozenset[str]:
    """Return the titles of fields that say more than the field's name."""
    return frozenset(meaning(one.title) for one in contract.fields if one.title.zh != one.name)


def _same_name(one: str, two: str) -> bool:
    return one == two or (min(len(one), len(two)) >= FEWEST_SIGNS and (one in two or two in one))


def _sum_of(thing: Indicator) -> tuple[Any, ...]:
    """Return what decides a number; equal ones are the same number twice."""
    if thing.derived is not None:
        return ("derived", thing.derived, thing.percent)
    measure = thing.measure.text if thing.measure is not None else ""
    only = thing.filter.text if thing.filter is not None else ""
    return ("measured", thing.source, measure, only, thing.time)


def _origin(thing: Source) -> tuple[str, str]:
    """Return where a source's rows come from."""
    if isinstance(thing.from_, FilesFrom):
        return thing.from_.folder, thing.from_.path
    return "http", thing.from_.url


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for ref, value in pairs:
        found.setdefault(value, []).append(ref)
    return found


def _inverted(sets: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref, values in sets.items():
        for value in values:
            found.setdefault(value, []).append(ref)
    return found
