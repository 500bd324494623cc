"""Probes of protection: secrets, grades that are inherited, small groups (Hangzhou art. 16; Nanjing art. 23)."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from citybrain.city.grading import graded, important
from citybrain.city.protection import STATE_SECRET, TRADE_SECRET
from citybrain.governance.bench import Bench, Seen, demand, seen
from citybrain.governance.rehearsal import stage
from citybrain.governance.scratch import (
    AMOUNT,
    BUREAU,
    CONTRACT,
    KEPT,
    MODEL,
    THEME,
    reading,
    scratch_city,
    scratch_files,
)
from citybrain.insight.description import describe
from citybrain.insight.discretion import as_seen_by
from citybrain.insight.engines.duckdb import Engine
from citybrain.insight.refresh import refresh
from citybrain.safeguards.masking import grade_after, mask, mask_of

FEWEST = 3
SECRET = "CONFIDENTIAL-0073"  # noqa: S105 - a value to look for in what leaves


def secrets_are_kept(bench: Bench) -> Seen:
    """Declare secrets, open a trade secret, publish a small group: the first two are refused, the last is hidden."""
    files = scratch_files(bench.city.settings.city.zone)
    demand(not bench.doors.find(files), "complete_contract_refused")
    for secret in (_tagged(files[CONTRACT], STATE_SECRET), {**files[CONTRACT], "tags": [STATE_SECRET]}):
        found = bench.doors.find({**files, CONTRACT: secret})
        demand("blueprint.state_secret" in found, "state_secret_passes")
    closed = {**files, CONTRACT: _tagged(files[CONTRACT], TRADE_SECRET)}
    demand(not bench.doors.find(closed), "complete_contract_refused")
    opened = {**closed, CONTRACT: _with(closed[CONTRACT], "open", value=True)}
    demand("blueprint.open_protected" in bench.doors.find(opened), "trade_secret_opens")
    hidden = _small_group_is_hidden(bench)
    veiled = sum(item.suppress_below is not None for item in bench.city.indicators.values())
    for contract in bench.city.contracts.values():
        tags = {tag for field in contract.fields for tag in field.tags} | {*contract.tags}
        lawful = STATE_SECRET not in tags and not (contract.open and TRADE_SECRET in tags)
        demand(lawful, "secret_in_force", answers=contract.provider, contract=contract.ref)
    return seen("secrets_are_kept", contracts=len(bench.city.contracts), hidden=hidden, indicators=veiled)


def _small_group_is_hidden(bench: Bench) -> int:
    with stage(bench) as at:
        now = at.clock.now()
        rows = [reading(now, f"P{place}", amount=place) for place in (1, 2, 3)]
        at.send(rows)
        veiled = at.city.indicators[AMOUNT].model_copy(update={"suppress_below": FEWEST})
        city = replace(at.city, indicators={**at.city.indicators, AMOUNT: veiled})
        engine = Engine(threads=1, memory="256MB")
        try:
            refresh(city, veiled, at.database, at.reader, engine, at.clock)
        finally:
            engine.close()
        owner = at.viewer("law-check-clerk")
        stranger = replace(owner, department=BUREAU)
        with at.database.reading() as connection:
            told = describe(connection, city, as_seen_by(stranger, veiled), now, split="place")["values"]
            own = describe(connection, city, as_seen_by(owner, veiled), now, split="place")["values"]
            whole = describe(connection, city, as_seen_by(stranger, veiled), now)["value"]
    demand(bool(told) and all(item["value"] is None and item["rows"] is None for item in told), "small_group_shown")
    demand(all(item["value"] is not None for item in own) and whole == 6, "number_not_computed")
    return len(told)


def grades_are_inherited(bench: Bench) -> Seen:
    """Raise a source: what is made from it follows, may not say less, and its grade decides how a value leaves."""
    city = scratch_city(bench.city)
    raised = replace(city.contracts[CONTRACT], grade=4, data_class="important")
    found = graded(replace(city, contracts={**city.contracts, CONTRACT: raised}))
    for ref in (AMOUNT, MODEL, THEME):
        demand(found[ref] == (4, "important"), "grade_not_inherited")
    files = scratch_files(bench.city.settings.city.zone)
    lowered = {**files, AMOUNT: {**files[AMOUNT], "grade": 2}}
    demand("blueprint.grade_lowered" in bench.doors.find(lowered), "grade_may_be_lowered")
    person = city.contracts[CONTRACT].field("person")
    for grade, shown in ((2, True), (3, False), (4, False)):
        field = replace(person, grade=grade)
        how = mask_of(field, "law_check")
        left = mask(pl.DataFrame({"v": [SECRET]}), {"v": how}, {"v": None}, b"law check").item()
        demand((left == SECRET) is shown and grade_after(field, how) <= min(grade, 2), "grade_does_not_mask")
    core = {**files, KEPT: _with(files[KEPT], "data_class", value="core")}
    demand("blueprint.core_shared" in bench.doors.find(core), "core_is_shared")
    every = graded(bench.city)
    sensitive = sum(grade >= 3 for grade, _ in every.values())
    return seen("grades_are_inherited", things=len(every), sensitive=sensitive, important=len(important(bench.city)))


def _with(file: Mapping[str, Any], key: str, *, value: object) -> dict[str, Any]:
    kept = [item for item in file["customProperties"] if item["property"] != key]
    return {**file, "customProperties": [*kept, {"property": key, "value": value}]}


def _tagged(file: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """Tag the field that names a person no more, so that only the tag is judged."""
    made = copy.deepcopy(dict(file))
    made["schema"][0]["properties"][2]["tags"] = [tag]
    for item in made["schema"][0]["properties"]:
        item.pop("customProperties", None)
    return made
