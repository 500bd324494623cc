"""Probe of the standards library: a binding standard stops a plan, and each body's conformity is counted.

Source: Hangzhou art. 14.
"""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from citybrain.city.conformity import conformities, held_fields
from citybrain.city.standard import DataStandard
from citybrain.governance.bench import Bench, Seen, demand, seen
from citybrain.governance.scratch import CONTRACT, PROVIDER, scratch_city, scratch_files

STANDARD = "standard:law-check"
_SAID = {"zh": "条例检查", "en": "law check"}
_WRONG = ["P", "P12", "Q1"]


def standards_are_kept(bench: Bench) -> Seen:
    """Bind a field to a standard it follows, then to one it breaks: the second stops; recommended ones are counted."""
    files = scratch_files(bench.city.settings.city.zone)
    demand(not bench.doors.find({**files, STANDARD: _standard()}), "complete_contract_refused")
    broken = bench.doors.find({**files, STANDARD: _standard(type="integer")})
    demand("blueprint.standard_broken" in broken, "standard_is_not_kept")
    wide = {**files, STANDARD: _standard(), CONTRACT: _pattern(files[CONTRACT], "^[A-Z][0-9]*$")}
    demand("blueprint.standard_broken" in bench.doors.find(wide), "standard_is_not_kept")
    recommended = {**_standard(type="integer"), "binding": False}
    demand(not bench.doors.find({**files, STANDARD: recommended}), "recommendation_stops")
    made = DataStandard.model_validate(recommended)
    city = replace(scratch_city(bench.city), standards={STANDARD: made})
    counted = {item.department: (item.fields, item.conforming) for item in conformities(city)}
    demand(counted == {PROVIDER: (2, 0)}, "conformity_not_counted")
    binding = [item for item in held_fields(bench.city) if item.breaks and (item.named or item.standard.binding)]
    demand(not binding, "standard_broken_in_force")
    rates = conformities(bench.city)
    fields, conforming = sum(item.fields for item in rates), sum(item.conforming for item in rates)
    return seen(
        "standards_are_kept", standards=len(bench.city.standards), bodies=len(rates), fields=fields,
        conforming=conforming,
    )  # fmt: skip


def _standard(**more: Any) -> dict[str, Any]:
    element = {
        "element": "place", "name": _SAID, "clause": "1", "type": "string", "pattern": "^[A-Z][0-9]$",
        "wrong": _WRONG, "fields": ["place"], **more,
    }  # fmt: skip
    return {
        "standard": "law-check", "code": "LAW 1", "name": _SAID, "version": "1", "binding": True, "elements": [element]
    }  # fmt: skip


def _pattern(file: Mapping[str, Any], pattern: str) -> dict[str, Any]:
    made = copy.deepcopy(dict(file))
    made["schema"][0]["properties"][1]["logicalTypeOptions"] = {"pattern": pattern}
    return made
