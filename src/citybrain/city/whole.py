"""The whole city as one frozen value, indexed by Ref, and the checks that need to see all of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from citybrain.city.cockpit import Cockpit
from citybrain.city.contract import Contract
from citybrain.city.grant import Grant
from citybrain.city.indicator import Indicator, Model
from citybrain.city.organisation import Department, Person, Post
from citybrain.city.policy import Policy
from citybrain.city.prohibition import Prohibition
from citybrain.city.scenario import Scenario
from citybrain.city.service import Service
from citybrain.city.settings import CitySettings
from citybrain.city.standard import DataStandard
from citybrain.city.system import Source, System

Thing = (
    Department
    | System
    | Source
    | Contract
    | Grant
    | Model
    | Indicator
    | Cockpit
    | Scenario
    | Policy
    | Service
    | Prohibition
    | DataStandard
)


@dataclass(frozen=True, slots=True)
class City:
    """Everything a folder declares; made once, never changed, replaced as a whole.

    Attributes:
        settings: The city's own file.
        departments, systems, sources, contracts, services, grants, models, indicators, cockpits, scenarios, policies,
        prohibitions, standards: Things by Ref.
        revision: Number of the stored revision, 0 before it is stored.

    """

    settings: CitySettings
    departments: Mapping[str, Department] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    grants: Mapping[str, Grant] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    cockpits: Mapping[str, Cockpit] = field(default_factory=dict)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    prohibitions: Mapping[str, Prohibition] = field(default_factory=dict)
    standards: Mapping[str, DataStandard] = field(default_factory=dict)
    revision: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The city's zone."""
        return self.settings.zone

    def kinds(self) -> Iterator[tuple[str, Mapping[str, Thing]]]:
        """Yield each kind of thing with its index, in the order things depend on each other."""
        yield "department", self.departments
        yield "system", self.systems
        yield "contract", self.contracts
        yield "source", self.sources
        yield "service", self.services
        yield "grant", self.grants
        yield "model", self.models
        yield "indicator", self.indicators
        yield "cockpit", self.cockpits
        yield "scenario", self.scenarios
        yield "policy", self.policies
        yield "prohibition", self.prohibitions
        yield "standard", self.standards

    def things(self) -> dict[str, Thing]:
        """Return all things by Ref."""
        return {ref: thing for _, index in self.kinds() for ref, thing in index.items()}

    def people(self) -> Iterator[tuple[Person, Post, Department]]:
        """Yield everybody who holds a post."""
        for department in self.departments.values():
            for post in department.posts:
                for person in post.held_by:
                    yield person, post, department

    def above(self, ref: str) -> tuple[str, ...]:
        """Return a department and those above it.

        Args:
            ref: ``dept:…``.

        """
        found: list[str] = []
        now: str | None = ref
        while now is not None and now in self.departments and now not in found:
            found.append(now)
            now = self.departments[now].parent
        return tuple(found)

    def contracts_read_by(self, indicator: Indicator) -> tuple[str, ...]:
        """Return the contracts an indicator rests on, through models and parts, sorted.

        Args:
            indicator: Any indicator of this city.

        """
        found: set[str] = set()
        todo = [indicator]
        while todo:
            item = todo.pop()
            if item.derived is not None:
                todo += [self.indicators[ref] for ref in item.derived if ref in self.indicators]
            elif item.source is not None and item.source in self.models:
                found |= set(self.models[item.source].reads.values())
            elif item.source is not None:
                found.add(item.source)
        return tuple(sorted(found))
