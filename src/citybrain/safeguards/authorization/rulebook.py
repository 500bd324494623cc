"""The rulebook: policies in Cedar, and decisions that name the rule, the article and what to apply for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal
from uuid import UUID

import cedarpy
import orjson

from citybrain.city.contract import Contract
from citybrain.city.names import Name
from citybrain.city.organisation import Department
from citybrain.city.service import Service
from citybrain.city.whole import City
from citybrain.kernel.errors import IntegrityBroken
from citybrain.safeguards.authorization.prohibitions import prohibited_fields, prohibitions

_REMEMBERED: Final = 2_048
ANNOTATIONS = ("id", "article", "zh", "en")


@dataclass(frozen=True, slots=True)
class Permit:
    """What a grant says, for a decision.

    Attributes:
        thing: Ref of the contract or service.
        fields: Fields that may leave; of a service, fields of its answer.
        starts_at, ends_at: From when (included) to when (excluded) it holds.
        source: declared, request, unconditional or emergency.

    """

    id: UUID
    department: str
    thing: str
    purpose: str
    fields: frozenset[str]
    starts_at: datetime
    ends_at: datetime
    source: str = "declared"


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do.

    Attributes:
        department: Ref of the body that asks.
        thing: Ref of the contract or service.
        fields: Fields asked for; of a service, the operation and the fields of its answer.
        at: Present instant.
        system_running: Whether the asking system is in running state.
        emergency: Whether an emergency is declared.
        operation: Which operation of a service is called; none for a contract.

    """

    department: str
    thing: str
    purpose: str
    fields: tuple[str, ...]
    at: datetime
    system_running: bool = True
    emergency: bool = False
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as people read it.

    Attributes:
        effect: permit or forbid.
        article: The law it rests on; empty where a city named none.

    """

    id: str
    effect: Literal["permit", "forbid"]
    article: str
    said: Name


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing for a yes.

    Attributes:
        kind: no_grant, other_purpose, not_begun, expired or fields.
        values: Values of the sentence that says so.

    """

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """A yes or no that explains itself.

    Attributes:
        permit: The grant it rests on.
        rules: The rules that decided: permits for a yes, forbids for a no; none where only a permit was missing.
        lacks: For a no: what would have to be applied for.

    """

    allowed: bool
    permit: Permit | None
    rules: tuple[Rule, ...]
    lacks: tuple[Lack, ...] = ()


class Rulebook:
    """The policies of one revision, parsed once."""

    def __init__(self, city: City) -> None:
        """Read the house's policies and the city's.

        Args:
            city: The revision in force.

        Raises:
            IntegrityBroken: A policy of the revision cannot be read; ``check`` would have found it.

        """
        try:
            texts = [house_policies(), *prohibitions(city), *(item.cedar for item in city.policies.values())]
            self.policies = cedarpy.PolicySet.from_str("\n".join(texts))
            self.rules = {name: rule for name, rule, _ in read_rules("\n".join(texts))}
        except ValueError as error:
            raise IntegrityBroken("safeguards.policies_unreadable") from error
        self.departments = city.departments
        self._entities = cedarpy.Entities.from_json_str(orjson.dumps(list(_entities(city))).decode())
        # Policies see whole seconds: what is asked again within one second, as the second look of a call, is the same.
        self._answer = lru_cache(maxsize=_REMEMBERED)(self._ask)

    def _ask(self, use: Use, permit: Permit | None) -> tuple[bool, tuple[Rule, ...]]:
        answer = cedarpy.is_authorized(_request(use, permit), self.policies, self._entities)
        named = tuple(self.rules[name] for name in answer.diagnostics.reasons if name in self.rules)
        return answer.allowed, named

    def decide(self, use: Use, permits: Sequence[Permit]) -> Decision:
        """Decide on a use.

        Args:
            use: What somebody wants to do.
            permits: Open grants of that body on that thing; the first that suffices counts.

        Returns:
            The decision; a no names what is missing, closest first.

        Source:
            Hangzhou art. 13 (合法、正当、必要、适度).

        """
        against: dict[str, Rule] = {}
        attempts: Sequence[Permit | None] = permits or (None,)
        asked = replace(use, at=use.at.replace(microsecond=0))
        for permit in attempts:
            allowed, named = self._answer(asked, permit)
            if allowed:
                return Decision(True, permit, named)
            against |= {rule.id: rule for rule in named}
        return Decision(False, None, tuple(against.values()), tuple(_lacks(use, permits)))

    def may_read(self, department: str, purpose: str, thing: str, row: Mapping[str, Any]) -> bool:
        """Decide on a single row, as :func:`rows_allowed` does for all rows at once.

        Args:
            department: Ref of the body that asks.
            purpose: What for.
            thing: Ref of the contract.
            row: What policies can ask of the row.

        """
        one = {"uid": {"type": "Row", "id": "row"}, "attrs": dict(row), "parents": [{"type": "Resource", "id": thing}]}
        request = {
            "principal": {"type": "Department", "id": department},
            "action": {"type": "Action", "id": "read"},
            "resource": {"type": "Row", "id": "row"},
            "context": {"purpose": purpose},
        }
        known = self._entities.with_added_json_str(orjson.dumps([one]).decode())
        return bool(cedarpy.is_authorized(request, self.policies, known).allowed)


def house_policies() -> str:
    """Return the policies that hold in every city, as Cedar text."""
    return (resources.files(__package__) / "house.cedar").read_text(encoding="utf-8")


def read_rules(text: str) -> Iterator[tuple[str, Rule, Mapping[str, Any]]]:
    """Read policies as people and compilers read them.

    Args:
        text: Cedar.

    Yields:
        Place in the set (``policy0`` …), the rule, and its syntax tree.

    Raises:
        ValueError: The text is no Cedar.

    """
    for name, tree in orjson.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].items():
        told = {key: str(tree.get("annotations", {}).get(key, "")) for key in ANNOTATIONS}
        said = Name(zh=told["zh"] or told["id"] or name, en=told["en"] or told["id"] or name)
        yield name, Rule(told["id"] or name, tree["effect"], told["article"], said), tree


def _entities(city: City) -> Iterator[dict[str, Any]]:
    for department in city.departments.values():
        parents = [{"type": "Department", "id": department.parent}] if department.parent else []
        yield {"uid": {"type": "Department", "id": department.ref}, "attrs": attributes(department), "parents": parents}
    for contract in city.contracts.values():
        attrs = _facts(contract) | _negative(city, contract)
        yield {"uid": {"type": "Resource", "id": contract.ref}, "attrs": attrs, "parents": []}
    for service in city.services.values():
        attrs = _service_facts(service) | _negative(city, service.as_contract())
        yield {"uid": {"type": "Resource", "id": service.ref}, "attrs": attrs, "parents": []}


def _negative(city: City, thing: Contract) -> dict[str, Any]:
    fields = prohibited_fields(city, thing)
    return {"negative": fields} if fields else {}


def attributes(department: Department) -> dict[str, Any]:
    """Return what policies can ask of a body.

    Args:
        department: The body.

    """
    known = {"name": department.department, "kind": department.kind, "division": department.division}
    return {key: value for key, value in known.items() if value is not None}


def _facts(contract: Contract) -> dict[str, Any]:
    return {
        "provider": {"__entity": {"type": "Department", "id": contract.provider}},
        "share": contract.share,
        "grade": contract.grade,
        "data_class": contract.data_class,
        "purposes": list(contract.purposes),
        "personal": contract.subject is not None,
        "tags": list(contract.tags),
    }


def _service_facts(service: Service) -> dict[str, Any]:
    return {
        "provider": {"__entity": {"type": "Department", "id": service.owner}},
        "share": service.share,
        "grade": service.grade,
        "data_class": "general",
        "purposes": list(service.purposes),
        "personal": False,
        "tags": [],
    }


def _request(use: Use, permit: Permit | None) -> dict[str, Any]:
    context: dict[str, Any] = {
        "purpose": use.purpose,
        "fields": list(use.fields),
        "now": _seconds(use.at),
        "system_running": use.system_running,
        "emergency": use.emergency,
    }
    if use.operation is not None:
        context["operation"] = use.operation
    if permit is not None:
        context["grant"] = {
            "to": {"__entity": {"type": "Department", "id": permit.department}},
            "thing": {"__entity": {"type": "Resource", "id": permit.thing}},
            "purpose": permit.purpose,
            "fields": list(permit.fields),
            "starts": _seconds(permit.starts_at),
            "ends": _seconds(permit.ends_at),
            "source": permit.source,
        }
    return {
        "principal": {"type": "Department", "id": use.department},
        "action": {"type": "Action", "id": "release"},
        "resource": {"type": "Resource", "id": use.thing},
        "context": context,
    }


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _lacks(use: Use, permits: Sequence[Permit]) -> Iterator[Lack]:
    """Say what each grant lacks; the one that comes closest first."""
    if not permits:
        yield Lack("no_grant", {"thing": use.thing, "purpose": use.purpose})
        return
    fitting = [permit for permit in permits if permit.purpose == use.purpose]
    if not fitting:
        granted = sorted({permit.purpose for permit in permits})
        yield Lack("other_purpose", {"purpose": use.purpose, "granted": granted})
        return
    running = [permit for permit in fitting if permit.starts_at <= use.at < permit.ends_at]
    if not running:
        last = max(fitting, key=lambda permit: permit.ends_at)
        begun = last.starts_at <= use.at
        yield Lack("expired" if begun else "not_begun", {"at": last.ends_at if begun else last.starts_at})
        return
    missing = min((sorted(set(use.fields) - permit.fields) for permit in running), key=len)
    if missing:
        yield Lack("fields", {"fields": missing})
