"""Read a city folder whole: every finding at once, each with file, line and column (Hangzhou art. 6)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from citybrain.blueprint.files import Document, Place, read_documents
from citybrain.blueprint.problems import findings_of
from citybrain.blueprint.trials import found_by_trial
from citybrain.city.cockpit import Cockpit
from citybrain.city.crosscheck import cross_check
from citybrain.city.findings import Finding
from citybrain.city.grant import Grant
from citybrain.city.indicator import Indicator, Model
from citybrain.city.names import near
from citybrain.city.odcs import ContractFile
from citybrain.city.organisation import Department
from citybrain.city.policy import Policy
from citybrain.city.profile import with_profiles
from citybrain.city.prohibition import Prohibition
from citybrain.city.promises import contract_of
from citybrain.city.scenario import Scenario
from citybrain.city.service import Service
from citybrain.city.settings import CitySettings
from citybrain.city.standard import DataStandard
from citybrain.city.system import Source, System
from citybrain.city.whole import City, Thing

KINDS: Mapping[str, type[BaseModel]] = {
    "city": CitySettings,
    "department": Department,
    "system": System,
    "source": Source,
    "grant": Grant,
    "model": Model,
    "indicator": Indicator,
    "cockpit": Cockpit,
    "scenario": Scenario,
    "policy": Policy,
    "service": Service,
    "prohibition": Prohibition,
    "standard": DataStandard,
}


_PREFIX = {"department": "dept"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its place in a file."""

    finding: Finding
    place: Place


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder says.

    Attributes:
        city: The city, or none when ``city.yaml`` itself could not be read.
        findings: Everything wrong, in file order.
        files: File of each thing by Ref.
        contents: Plain content of each file by Ref, as stored with a revision.

    """

    city: City | None
    findings: tuple[Placed, ...]
    files: Mapping[str, str]
    contents: Mapping[str, Mapping[str, Any]]

    @property
    def errors(self) -> tuple[Placed, ...]:
        """The findings that stop a plan."""
        return tuple(placed for placed in self.findings if placed.finding.severity == "error")


def load(folder: Path) -> Loaded:
    """Read a city folder.

    Args:
        folder: Folder with ``city.yaml``.

    Returns:
        The city and all findings; a city with errors must not be applied.

    """
    findings: list[Placed] = []
    documents: dict[str, Document] = {}
    things: dict[str, Thing] = {}
    settings: CitySettings | None = None
    for item in read_documents(folder):
        if isinstance(item, tuple):
            findings.append(Placed(*item))
            continue
        made = _read_thing(item, findings)
        if isinstance(made, CitySettings):
            settings = made
            documents["city"] = item
        elif made is not None:
            if made.ref in documents:
                first = documents[made.ref].file
                findings.append(_placed(item, Finding("blueprint.declared_twice", made.ref, (), {"first": first})))
                continue
            documents[made.ref] = item
            things[made.ref] = made
    if settings is None:
        if "city" not in documents and not any(item.place.file == "city.yaml" for item in findings):
            findings.append(Placed(Finding("blueprint.no_city_file", "city"), Place("city.yaml", 1, 1)))
        return Loaded(None, tuple(findings), {}, {})
    city = gather(settings, things)
    unread = {name for item in findings if (name := _name_in(item.finding)) is not None}
    for finding in [*(crossed := cross_check(city)), *found_by_trial(city, {item.ref for item in crossed})]:
        if finding.code == "blueprint.name_unknown" and finding.params["name"] in unread:
            continue  # it is declared; what is wrong with it was said already
        document = documents.get(finding.ref)
        findings.append(_placed(document, finding) if document else Placed(finding, Place(finding.ref, 1, 1)))
    findings.sort(key=lambda item: (item.place.file, item.place.line, item.place.column))
    return Loaded(
        city,
        tuple(findings),
        {ref: document.file for ref, document in documents.items()},
        {ref: plain(document.content) for ref, document in documents.items()},
    )


def _name_in(finding: Finding) -> str | None:
    """Tell which thing a file that could not be read was to declare."""
    declared = finding.params.get("declares")
    return str(declared) if declared else None


def gather(settings: CitySettings, things: Mapping[str, Thing]) -> City:
    """Sort things into a city.

    Args:
        settings: The city's own file.
        things: All things by Ref.

    """
    by_kind: dict[str, dict[str, Any]] = {}
    for ref, thing in things.items():
        by_kind.setdefault(ref.split(":", 1)[0], {})[ref] = thing
    return with_profiles(
        City(
            settings=settings,
            departments=by_kind.get("dept", {}),
            systems=by_kind.get("system", {}),
            sources=by_kind.get("source", {}),
            contracts=by_kind.get("contract", {}),
            grants=by_kind.get("grant", {}),
            models=by_kind.get("model", {}),
            indicators=by_kind.get("indicator", {}),
            cockpits=by_kind.get("cockpit", {}),
            scenarios=by_kind.get("scenario", {}),
            policies=by_kind.get("policy", {}),
            services=by_kind.get("service", {}),
            prohibitions=by_kind.get("prohibition", {}),
            standards=by_kind.get("standard", {}),
        )
    )


def kind_of(content: Mapping[str, Any]) -> str | None:
    """Tell the kind of a file by its leading key.

    Args:
        content: Top table of a file.

    Examples:
        >>> kind_of({"indicator": "metro.entries", "name": {}})
        'indicator'

    """
    if content.get("kind") == "DataContract":
        return "contract"
    return next((key for key in content if key in KINDS), None)


def read_stored(ref: str, content: Mapping[str, Any]) -> CitySettings | Thing:
    """Read one thing as stored with a revision, where keys have lost their order and the Ref tells the kind.

    Args:
        ref: Its Ref, or ``city``.
        content: The table of its file.

    Raises:
        ValidationError: The content does not fit its kind.

    """
    kind = ref.split(":", 1)[0]
    return _read_kind({"dept": "department"}.get(kind, kind), content)


def read_plain(content: Mapping[str, Any]) -> CitySettings | Thing:
    """Read one thing from plain data, as stored with a revision.

    Args:
        content: The table of a file.

    Raises:
        ValidationError: The content does not fit its kind.
        KeyError: No kind is recognised.

    """
    return _read_kind(kind_of(content) or "", content)


def _read_kind(kind: str, content: Mapping[str, Any]) -> CitySettings | Thing:
    if kind == "contract":
        return contract_of(ContractFile.model_validate(content))
    made: Any = KINDS[kind].model_validate(content)
    return made  # type: ignore[no-any-return]  # KINDS holds exactly these classes


def plain(node: Any) -> Any:
    """Strip positions and comments from what a YAML file holds.

    Args:
        node: Tables, lists and values as read.

    """
    if isinstance(node, Mapping):
        return {str(key) if not isinstance(key, (int, str)) else key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return str(node)


def _read_thing(document: Document, findings: list[Placed]) -> Any:
    content = plain(document.content)
    kind = kind_of(content)
    if kind is None:
        first = next(iter(content), "")
        params = {"key": first, "near": near(str(first), KINDS)}
        findings.append(_placed(document, Finding("blueprint.kind_unknown", document.file, (), params)))
        return None
    declares = content.get("id") if kind == "contract" else f"{_PREFIX.get(kind, kind)}:{content.get(kind)}"
    try:
        return read_plain(content)
    except ValidationError as error:
        for finding in findings_of(error, document, KINDS.get(kind)):
            findings.append(_placed(document, replace(finding, params={**finding.params, "declares": declares})))
        return None


def _placed(document: Document, finding: Finding) -> Placed:
    return Placed(finding, document.place(finding.path))


def folder_digest(folder: Path) -> str:
    """Digest the declarations of a folder, so that a plan can tell whether it still speaks of the same files."""
    total = hashlib.sha256()
    for item in read_documents(folder):
        if isinstance(item, Document):
            total.update(item.file.encode())
            total.update(repr(plain(item.content)).encode())
    return total.hexdigest()


def with_revision(city: City, revision: int) -> City:
    """Return the same city under a revision number."""
    return replace(city, revision=revision)
