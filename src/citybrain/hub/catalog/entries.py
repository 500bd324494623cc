"""What an entry of the catalogue is, made from what the city declares (GB/T 21063: six required, six further elements).

A new kind of thing needs one line in ``DESCRIBED``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from citybrain.city.contract import Contract
from citybrain.city.indicator import Indicator, Model
from citybrain.city.names import Name
from citybrain.city.organisation import Permission
from citybrain.city.system import Source, System
from citybrain.city.territory import division_of
from citybrain.city.whole import City, Thing

ROWS_FORMATS = ("ndjson", "csv", "arrow")
VALUES_FORMATS = ("json", "csv")
_ANSWERING: tuple[Permission, ...] = ("grant_data", "repair_rows")
_GRAIN_SECONDS = {"15min": 900, "hour": 3_600, "day": 86_400, "month": 2_592_000, "year": 31_536_000}


@dataclass(frozen=True, slots=True)
class EntryField:
    """One item of information (信息项).

    Attributes:
        grade: 1 public, 2 general, 3 sensitive, 4 core.

    """

    name: str
    title: Name
    type: str
    grade: int = 1
    unit: Name | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is registered.

    Attributes:
        ref: Of the thing.
        kind: contract, indicator, model, scenario, system, source, service …
        summary: What it is, in words.
        department: Who answers.
        person: Short name of the responsible person; empty where the department has nobody on a post.
        theme: Class of the entry: department, theme, figure, work, system.
        share: unconditional, conditional or none; empty for what is no shared resource.
        condition: Article and words why it is not, or only conditionally, shared.
        modes: How it is shared: interface, file.
        open: Whether it is open to society.
        cycle: How often it changes, in seconds; none where nothing is promised.
        formats: Formats it leaves in.
        grade, data_class: Protection.
        tags: Short words.
        related: Refs of related things that are declared as such.
        extra: What only this kind says.

    """

    ref: str
    kind: str
    name: Name
    summary: Name
    department: str
    person: str
    theme: str
    share: str = ""
    condition: Mapping[str, str] | None = None
    modes: tuple[str, ...] = ()
    open: bool = False
    cycle: int | None = None
    formats: tuple[str, ...] = ()
    grade: int | None = None
    data_class: str | None = None
    tags: tuple[str, ...] = ()
    fields: tuple[EntryField, ...] = ()
    related: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


Describe = Callable[[City, Any], Entry]


def entries(city: City) -> Iterator[Entry]:
    """Describe everything in a city that has an entry.

    Args:
        city: Any revision.

    Source:
        Nanjing art. 7 (目录编制规范).

    """
    for kind, index in city.kinds():
        describe = DESCRIBED.get(kind)
        if describe is not None:
            for thing in index.values():
                yield describe(city, thing)


def plain(city: City, entry: Entry) -> dict[str, Any]:
    """Write an entry as it is stored and digested.

    Args:
        city: The revision it belongs to, for the names of who answers.
        entry: The entry.

    """
    department = city.departments.get(entry.department)
    return {
        "ref": entry.ref,
        "kind": entry.kind,
        "name": _said(entry.name),
        "summary": _said(entry.summary),
        "provider": {
            "ref": entry.department,
            "code": (department and department.credit_code) or entry.department.removeprefix("dept:"),
            "name": _said(department.name) if department else {"zh": entry.department, "en": entry.department},
        },
        "person": entry.person,
        "class": entry.theme,
        "share": entry.share,
        "condition": dict(entry.condition) if entry.condition else None,
        "modes": list(entry.modes),
        "open": entry.open,
        "cycle_seconds": entry.cycle,
        "formats": list(entry.formats),
        "grade": entry.grade,
        "data_class": entry.data_class,
        "tags": list(entry.tags),
        "fields": [_field(item) for item in entry.fields],
        "related": list(entry.related),
        **entry.extra,
    }


def _said(name: Name) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _field(item: EntryField) -> dict[str, Any]:
    unit = _said(item.unit) if item.unit else None
    return {"name": item.name, "title": _said(item.title), "type": item.type, "grade": item.grade, "unit": unit}


def answering_person(city: City, department: str) -> str:
    """Find who answers for what a department has: the first on a post that gives or mends data, else on any post.

    Args:
        city: The revision.
        department: ``dept:…``.

    """
    known = city.departments.get(department)
    posts = [post for post in known.posts if post.held_by] if known else []
    for permission in _ANSWERING:
        for post in posts:
            if permission in post.may:
                return post.held_by[0].person
    return posts[0].held_by[0].person if posts else ""


def _rights(item: Contract | Model | Indicator) -> dict[str, Any]:
    """Say with whom a thing was made and who holds it; nothing for what a department made alone."""
    if item.partner is None or item.rights is None:
        return {}
    holder, terms = _said(item.rights.holder), _said(item.rights.terms)
    return {
        "partner": _said(item.partner), "rights": {"holder": holder, "agreement": item.rights.agreement, "terms": terms}
    }  # fmt: skip


def _contract(city: City, item: Contract) -> Entry:
    basis = item.share_basis
    return Entry(
        ref=item.ref,
        kind="contract",
        name=item.name,
        summary=Name(zh=item.description or item.name.zh, en=item.name.en),
        department=item.provider,
        person=item.person,
        theme="department",
        share=item.share,
        condition={"law": basis.law, "zh": basis.text.zh, "en": basis.text.en} if basis else None,
        modes=() if item.share == "none" else ("interface", "file"),
        open=item.open and item.share != "none",
        cycle=int(item.cycle.total_seconds()) if item.cycle else None,
        formats=() if item.share == "none" else ROWS_FORMATS,
        grade=max([item.grade, *(one.grade for one in item.fields)]),
        data_class=item.data_class,
        tags=item.tags,
        fields=tuple(EntryField(one.name, one.title, one.type, one.grade, one.unit) for one in item.fields),
        related=item.distinct_from,
        extra={
            "status": item.status, "version": item.version, "purposes": list(item.purposes),
            "basis": [{"law": one.law, "zh": one.text.zh, "en": one.text.en} for one in item.basis],
            "provenance": item.provenance, "division": division_of(city, item), **_rights(item),
        },
    )  # fmt: skip


def _indicator(city: City, item: Indicator) -> Entry:
    read = [city.contracts[ref] for ref in city.contracts_read_by(item) if ref in city.contracts]
    narrow = bool(item.audience.posts or item.audience.departments)
    return Entry(
        ref=item.ref,
        kind="indicator",
        name=item.name,
        summary=item.caliber,
        department=item.owner,
        person=answering_person(city, item.owner),
        theme="figure",
        share="conditional" if narrow else "unconditional",
        modes=("interface",),
        cycle=_GRAIN_SECONDS.get(item.time.grain),
        formats=VALUES_FORMATS,
        grade=max([one.grade for one in read], default=1),
        tags=(item.field,),
        fields=tuple(EntryField(name, Name(zh=name, en=name), "string") for name in item.by),
        extra={"unit": _said(item.unit), **_rights(item)},
    )


def _model(city: City, item: Model) -> Entry:
    read = [city.contracts[ref] for ref in item.reads.values() if ref in city.contracts]
    return Entry(
        ref=item.ref,
        kind="model",
        name=item.name,
        summary=item.name,
        department=item.owner,
        person=answering_person(city, item.owner),
        theme="theme",
        share="conditional",
        modes=("interface",),
        grade=max([one.grade for one in read], default=1),
        extra=_rights(item),
    )


def _system(city: City, item: System) -> Entry:
    return Entry(
        ref=item.ref,
        kind="system",
        name=item.name,
        summary=item.name,
        department=item.owner,
        person=answering_person(city, item.owner),
        theme="system",
        extra={
            "status": item.status, "environment": item.environment, "simulated": item.simulated,
            "division": division_of(city, item),
        },
    )  # fmt: skip


def _source(city: City, item: Source) -> Entry:
    fed = city.contracts.get(item.feeds)
    system = city.systems.get(item.system or "")
    owner = system.owner if system else (fed.provider if fed else "")
    name = fed.name if fed else Name(zh=item.source, en=item.source)
    return Entry(
        ref=item.ref,
        kind="source",
        name=Name(zh=f"{name.zh}来源", en=f"{name.en} source"),
        summary=name,
        department=owner,
        person=fed.person if fed and fed.provider == owner else answering_person(city, owner),
        theme="system",
        formats=(item.from_.format,),
        extra={"connector": item.from_.connector},
    )


def _owned(city: City, item: Any) -> Entry:
    """Describe any thing with a ref, a name and an owner; a summary where it has one."""
    return Entry(
        ref=item.ref,
        kind=item.ref.partition(":")[0],
        name=item.name,
        summary=getattr(item, "summary", None) or getattr(item, "description", None) or item.name,
        department=item.owner,
        person=getattr(item, "person", None) or answering_person(city, item.owner),
        theme="work",
        share=getattr(item, "share", ""),
    )


DESCRIBED: Mapping[str, Describe] = {
    "contract": _contract,
    "indicator": _indicator,
    "model": _model,
    "scenario": _owned,
    "system": _system,
    "source": _source,
    "service": _owned,
}


def upstream(thing: Thing) -> tuple[str, ...]:
    """Name what a thing rests on directly.

    Args:
        thing: Any thing of the city.

    """
    if isinstance(thing, Indicator):
        return (*(thing.derived or ()), *((thing.source,) if thing.source else ()))
    if isinstance(thing, Model):
        return tuple(thing.reads.values())
    if isinstance(thing, Source):
        return (thing.system,) if thing.system else ()
    uses = getattr(thing, "uses", ())
    return tuple(uses) if isinstance(uses, tuple) else ()


def surroundings(city: City) -> dict[str, dict[str, list[str]]]:
    """Say what every thing rests on, what rests on it, and which departments were granted its use.

    Args:
        city: Any revision.

    Returns:
        ``up``, ``down`` and ``consumers`` by Ref, each sorted.

    """
    up: dict[str, set[str]] = {}
    for ref, thing in city.things().items():
        up.setdefault(ref, set()).update(upstream(thing))
        if isinstance(thing, Source):
            up.setdefault(thing.feeds, set()).add(ref)
        if isinstance(thing, System):
            for contract in thing.provides:
                up.setdefault(contract, set()).add(ref)
    down: dict[str, set[str]] = {}
    for ref, rests in up.items():
        for one in rests:
            down.setdefault(one, set()).add(ref)
    consumers: dict[str, set[str]] = {}
    for grant in city.grants.values():
        consumers.setdefault(grant.from_, set()).add(grant.to)
    return {
        ref: {
            "up": sorted(up.get(ref, ())),
            "down": sorted(down.get(ref, ())),
            "consumers": sorted(consumers.get(ref, ())),
        }
        for ref in up
    }
