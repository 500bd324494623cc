"""A small city made up for checks: it is rehearsed, never applied, and touches nothing of the running one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from citybrain.city.cockpit import Cockpit
from citybrain.city.indicator import Indicator, Model
from citybrain.city.odcs import ContractFile
from citybrain.city.organisation import Department
from citybrain.city.promises import contract_of
from citybrain.city.scenario import Scenario
from citybrain.city.settings import CitySettings
from citybrain.city.system import System
from citybrain.city.whole import City

CONTRACT = "contract:law-check/readings"
KEPT = "contract:law-check/register"
METER = "system:law-check/meter"
DESK = "system:law-check-bureau/desk"
BUREAU = "dept:law-check-bureau"
PROVIDER = "dept:law-check"
AMOUNT = "indicator:law_check.amount"
THEME = "indicator:law_check.theme"
MODEL = "model:law-check/places"
SCENARIO = "scenario:law-check"
COCKPIT = "cockpit:law-check"
DISTRICT_COCKPIT = "cockpit:law-check-district"
DISTRICTS = ("990101", "990102")


_BOUNDS = {"minimum": 0, "maximum": 1000}


def _said(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _department(name: str, kind: str, posts: list[dict[str, Any]], division: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "department": name, "name": _said("条例检查", "law check"), "kind": kind, "phone": "0000", "posts": posts
    }  # fmt: skip
    return {**made, "division": division} if division else made


def _post(post: str, person: str, level: str, may: list[str]) -> dict[str, Any]:
    holder = {"person": person, "name": _said("检查员", "checker")}
    return {"post": post, "name": _said("检查岗", "check post"), "level": level, "may": may, "held_by": [holder]}


def contract_file(resource: str = "readings", mode: str = "append") -> dict[str, Any]:
    """Write a contract file as a department would.

    Args:
        resource: Name of the resource.
        mode: append, upsert or snapshot.

    """
    properties: list[dict[str, Any]] = [
        {"name": "read_at", "logicalType": "timestamp", "primaryKey": mode == "append", "required": True},
        {"name": "place", "logicalType": "string", "primaryKey": True, "logicalTypeOptions": {"pattern": "^P[0-9]$"}},
        {"name": "amount", "logicalType": "integer", "required": True, "logicalTypeOptions": _BOUNDS},
        {"name": "person", "logicalType": "string", "customProperties": [{"property": "grade", "value": 3}]},
    ]  # fmt: skip
    rules: list[dict[str, Any]] = [
        {"rule": "fresh", "field": "read_at", "at_most_old": "30d", "not_after_arrival": "1h"},
        {"rule": "level", "drift": "amount", "by": "day", "factor": 5},
    ]
    ours = {
        "name": _said("条例检查读数", "readings of a law check"), "provider": PROVIDER, "person": "law-check-clerk",
        "basis": [{"law": "hangzhou-2021/13", "text": _said("依法开展数据采集", "data is collected by law")}],
        "purposes": ["law_check"], "mode": mode, "event_time": "read_at", "cycle": "15min", "fresh_within": "20min",
    }  # fmt: skip
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"contract:law-check/{resource}",
        "version": "1.0.0",
        "status": "active",
        "description": {"purpose": "law check"},
        "schema": [
            {
                "name": resource,
                "logicalType": "object",
                "properties": properties,
                "quality": [{"type": "custom", "engine": "citybrain", "implementation": rule} for rule in rules],
            }
        ],
        "customProperties": [{"property": key, "value": value} for key, value in ours.items()],
    }


def scratch_files(zone: str = "Asia/Shanghai") -> dict[str, dict[str, Any]]:
    """Write the whole scratch city as files by Ref.

    Args:
        zone: Zone of the running city.

    """
    clerk, leader = ["repair_rows", "issue_tasks", "grant_data"], ["issue_tasks", "operate_hub", "request_data"]
    files: dict[str, dict[str, Any]] = {
        "city": {
            "city": {"id": "law-check", "name": _said("条例检查", "law check"), "zone": zone, "code": "990100"},
            "data_authority": BUREAU,
            "purposes": {"law_check": _said("条例检查", "law check")},
        },
        PROVIDER: _department("law-check", "bureau", [_post("law_check_clerk", "law-check-clerk", "city", clerk)]),
        BUREAU: _department(
            "law-check-bureau", "bureau", [_post("law_check_leader", "law-check-leader", "city", leader)]
        ),
        CONTRACT: contract_file(),
        KEPT: contract_file("register", "upsert"),
        METER: {
            "system": "law-check/meter", "name": _said("检查表计", "meter"), "owner": PROVIDER,
            "provides": [CONTRACT, KEPT],
        },
        DESK: {"system": "law-check-bureau/desk", "name": _said("检查取用", "desk"), "owner": BUREAU},
        AMOUNT: _indicator("law_check.amount", CONTRACT, thresholds={"by": "place", "alarm": "value > 100"}),
        MODEL: {
            "model": "law-check/places", "name": _said("检查主题", "theme"), "owner": PROVIDER,
            "reads": {"readings": CONTRACT},
            "sql": "SELECT read_at, place, sum(amount) AS amount FROM readings GROUP BY read_at, place",
        },
        THEME: _indicator("law_check.theme", MODEL),
        COCKPIT: _cockpit("law-check", "law_check_leader", "city"),
        DISTRICT_COCKPIT: {**_cockpit("law-check-district", "law_check_duty", "district"), "for_each": "district"},
        SCENARIO: _scenario(),
    }  # fmt: skip
    for division in DISTRICTS:
        post = _post("law_check_duty", f"law-check-{division}", "district", ["issue_tasks"])
        files[f"dept:law-check-{division}"] = _department(f"law-check-{division}", "district", [post], division)
    return files


def _indicator(name: str, source: str, **more: Any) -> dict[str, Any]:
    return {
        "indicator": name, "name": _said("检查量", "amount"), "unit": _said("次", "times"),
        "field": "government_operation", "owner": PROVIDER,
        "caliber": _said("读数之和", "sum of readings"), "source": source, "measure": "sum(amount)",
        "time": {"column": "read_at", "grain": "15min", "window": "today"}, "by": ["place"], "fresh_within": "20min",
        "audience": {"posts": ["law_check_clerk"]}, **more,
    }  # fmt: skip


def _cockpit(name: str, post: str, level: str) -> dict[str, Any]:
    return {
        "cockpit": name, "name": _said("检查舱", "check cockpit"), "audience": {"posts": [post], "level": level},
        "owner": BUREAU, "review_by": "2099-12-31", "rows": [["number law_check.amount"]],
    }  # fmt: skip


def _scenario() -> dict[str, Any]:
    return {
        "scenario": "law-check", "name": _said("检查场景", "check scenario"), "owner": PROVIDER,
        "archetype": "sensing_warning", "uses": [CONTRACT, AMOUNT],
        "starts_when": {"alert": AMOUNT, "state": "alarm", "by": "place"},
        "steps": [{"step": "look", "title": _said("{place} 核实", "go and see {place}"), "to": PROVIDER, "due": "1h"}],
        "offline_channel": {"phone": "0000", "counter": _said("窗口", "counter")}, "lifecycle": "online",
    }  # fmt: skip


def scratch_city(like: City) -> City:
    """Make the scratch city.

    Args:
        like: The running city, for its zone and revision.

    """
    files = scratch_files(like.settings.city.zone)
    departments = [Department.model_validate(content) for ref, content in files.items() if ref.startswith("dept:")]
    contracts = [contract_of(ContractFile.model_validate(files[ref])) for ref in (CONTRACT, KEPT)]
    indicators = [Indicator.model_validate(files[ref]) for ref in (AMOUNT, THEME)]
    cockpits = [Cockpit.model_validate(files[ref]) for ref in (COCKPIT, DISTRICT_COCKPIT)]
    return City(
        settings=CitySettings.model_validate(files["city"]),
        departments={item.ref: item for item in departments},
        systems={ref: System.model_validate(files[ref]) for ref in (METER, DESK)},
        contracts={item.ref: item for item in contracts},
        models={MODEL: Model.model_validate(files[MODEL])},
        indicators={item.ref: item for item in indicators},
        cockpits={item.ref: item for item in cockpits},
        scenarios={SCENARIO: Scenario.model_validate(files[SCENARIO])},
        revision=like.revision,
    )


def reading(at: datetime, place: str = "P1", amount: Any = 10, back: timedelta = timedelta()) -> Mapping[str, Any]:
    """Make one row of the scratch contract.

    Args:
        at: Present instant.
        place: Where.
        amount: What was read.
        back: How long ago.

    """
    return {"read_at": (at - back).isoformat(), "place": place, "amount": amount, "person": "somebody"}
