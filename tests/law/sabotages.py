"""Named sabotages: each breaks one feature the way a bug or an attacker would, and returns the bench to look from."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl

from citybrain.blueprint import load as loading
from citybrain.blueprint import plan as planning
from citybrain.casework import tasks
from citybrain.governance.bench import Bench
from citybrain.hub import credentials, gate
from citybrain.insight import values
from citybrain.insight.engines.duckdb import Engine
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.safeguards import checks, evidence, quality, viewing
from citybrain.scenarios import runs
from tests.law import (
    sabotages_bodies,
    sabotages_dissent,
    sabotages_emergencies,
    sabotages_limits,
    sabotages_persons,
    sabotages_protection,
    sabotages_sharing,
)
from tests.law.conftest import Scene

Sabotage = Callable[[Scene], Bench]


# Changes that went through the public door: declared, planned and applied.


def a_district_loses_its_lead(scene: Scene) -> Bench:
    return scene.changed(without=("gov-990102.yaml",))


def nobody_reviews_a_cockpit(scene: Scene) -> Bench:
    return scene.changed(without=("cockpits/city.yaml",), cockpit={
        "cockpit": "city", "name": {"zh": "总舱", "en": "City"}, "audience": {"posts": ["city_leader"]},
        "owner": "dept:government", "review_by": "2026-01-31", "rows": [["number metro.entries"]],
    })  # fmt: skip


def an_entry_is_provided_by_nobody(scene: Scene) -> Bench:
    return scene.changed(without=("systems/metro/lifts.yaml",))


def the_platform_has_no_catalogue(scene: Scene) -> Bench:
    kept = (scene.folder / "city.yaml").read_text(encoding="utf-8")
    bare = "\n".join(line for line in kept.splitlines() if not line.startswith(("divisions", "home_cockpit")))
    folder = scene.folder.parent / new_id().hex
    (folder / "departments").mkdir(parents=True)
    (folder / "city.yaml").write_text(bare, encoding="utf-8")
    for file in (scene.folder / "departments").iterdir():
        (folder / "departments" / file.name).write_bytes(file.read_bytes())
    return replace(scene, folder=folder).changed()


def a_feed_falls_silent(scene: Scene) -> Bench:
    later = SetClock(scene.bench.clock.now() + timedelta(hours=5))
    return replace(scene.bench, clock=later)


# Truth rewritten in the database, past every door.


def _declared(scene: Scene, statement: str) -> Bench:
    scene.connection.execute(f"UPDATE city_revision SET contents = {statement}")
    return scene.looking_again()


def a_cockpit_shows_what_nobody_declared(scene: Scene) -> Bench:
    return _declared(scene, "contents - 'indicator:metro.lifts_stopped'")


def a_number_loses_its_sources(scene: Scene) -> Bench:
    return _declared(scene, "contents - 'contract:metro/lifts'")


def an_owner_is_dissolved(scene: Scene) -> Bench:
    return _declared(scene, "contents - 'dept:metro'")


def a_registered_entry_is_rewritten(scene: Scene) -> Bench:
    changed = scene.connection.execute(
        "UPDATE hub_catalog_entry SET content = jsonb_set(content, '{share}', '\"none\"') WHERE ref = %s",
        ["contract:metro/lifts"],
    )
    assert changed.rowcount == 1
    return scene.bench


def _swallowed(scene: Scene, table: str) -> Bench:
    """Let a table silently lose whatever is written to it."""
    scene.connection.execute(
        "CREATE FUNCTION pg_temp.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    )
    scene.connection.execute(
        f"CREATE TRIGGER swallow BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION pg_temp.swallow()"
    )
    return scene.bench


def an_unregistered_system_gets_a_key(scene: Scene) -> Bench:
    given = {"id": new_id(), "hash": b"x" * 32, "at": scene.bench.clock.now()}
    scene.connection.execute(
        "INSERT INTO system_key (id, system, secret_hash, label, issued_at, issued_by)"
        " VALUES (%(id)s, 'system:nobody/knows', %(hash)s, 'back door', %(at)s, 'somebody')", given
    )  # fmt: skip
    return scene.bench


def a_batch_claims_more_than_it_took(scene: Scene) -> Bench:
    scene.connection.execute("ALTER TABLE hub_batch DROP CONSTRAINT hub_batch_check")
    scene.connection.execute("UPDATE hub_batch SET accepted = accepted + 1 WHERE set_aside > 0")
    return scene.bench


def an_evidence_entry_is_rewritten(scene: Scene) -> Bench:
    changed = scene.connection.execute(
        "UPDATE evidence_entry SET body = replace(body, '\"set_aside\":1', '\"set_aside\":0')"
        " WHERE body LIKE '%\"set_aside\":1%'"
    )
    assert changed.rowcount == 1
    return scene.bench


def a_batch_vanishes_from_the_log(scene: Scene) -> Bench:
    scene.connection.execute("DELETE FROM hub_batch WHERE position = 1")
    return scene.bench


# Features that stopped working in the running process.


def overdue_tasks_look_punctual(scene: Scene) -> Bench:
    scene.patch.setattr(tasks.Task, "overdue", lambda *_: False)
    return scene.bench


def tasks_lose_their_trail(scene: Scene) -> Bench:
    return _swallowed(scene, "task_event")


def the_plan_overlooks_duplicates(scene: Scene) -> Bench:
    scene.patch.setattr(planning, "alike", lambda *_: iter(()))
    return scene.bench


def duplicates_need_no_reason(scene: Scene) -> Bench:
    scene.patch.setattr(planning.Plan, "needs_reason", property(lambda _: ()))
    return scene.bench


def the_gate_lets_strangers_in(scene: Scene) -> Bench:
    scene.patch.setattr(gate.Gate, "_authorise", lambda _, city, parcel: city.contracts[parcel.contract])
    return scene.bench


def data_comes_past_the_register(scene: Scene) -> Bench:
    issue = credentials.issue

    def to_anybody(connection: Any, city: Any, system: str, *rest: Any) -> Any:
        known = next(iter(city.systems.values()))
        return issue(connection, replace(city, systems={system: known}), system, *rest)

    scene.patch.setattr(credentials, "issue", to_anybody)
    return scene.bench


def receipts_without_evidence(scene: Scene) -> Bench:
    prepare = evidence.prepare
    scene.patch.setattr(evidence, "prepare", lambda act, _, *rest: prepare(act, "somewhere else", *rest))
    return scene.bench


def keys_stop_connecting(scene: Scene) -> Bench:
    made: Iterator[bytes] = (bytes([number]) * 32 for number in range(256))
    scene.patch.setattr(credentials, "_digest", lambda _: next(made))
    return scene.bench


def revoked_keys_still_work(scene: Scene) -> Bench:
    scene.patch.setattr(credentials, "revoke", lambda *_: "system:nobody/knows")
    return scene.bench


def every_post_opens_every_cockpit(scene: Scene) -> Bench:
    scene.patch.setattr(viewing, "may_open", lambda *_: True)
    return scene.bench


def an_audience_is_ignored(scene: Scene) -> Bench:
    scene.patch.setattr(viewing, "may_see", lambda *_: True)
    return scene.bench


def late_numbers_look_fresh(scene: Scene) -> Bench:
    scene.patch.setattr(values, "_lateness", lambda *_: None)
    return scene.bench


def alerts_start_nothing(scene: Scene) -> Bench:
    scene.patch.setattr(runs, "_LIVE", frozenset())
    return scene.bench


def contracts_need_no_basis(scene: Scene) -> Bench:
    read = loading.read_plain

    def forgiving(content: Any) -> Any:
        listed = content.get("customProperties")
        if listed is not None and not any(item["property"] == "basis" for item in listed):
            basis = [{"law": "hangzhou-2021/13", "text": {"zh": "?", "en": "?"}}]
            content = {**content, "customProperties": [*listed, {"property": "basis", "value": basis}]}
        return read(content)

    scene.patch.setattr(loading, "read_plain", forgiving)
    return scene.bench


def rows_are_set_aside_without_reason(scene: Scene) -> Bench:
    scene.connection.execute("UPDATE quarantine_row SET reasons = '[]'")
    return scene.bench


def the_gate_skips_ranges(scene: Scene) -> Bench:
    scene.patch.setattr(checks, "_outside", lambda *_: pl.lit(value=False))
    return scene.bench


def repairs_leave_no_trail(scene: Scene) -> Bench:
    scene.connection.execute("UPDATE quarantine_row SET state = 'repaired'")
    return scene.bench


def jumps_go_unseen(scene: Scene) -> Bench:
    scene.patch.setattr(quality, "find_jumps", lambda *_: ((), {}))
    return scene.bench


def faults_are_not_counted(scene: Scene) -> Bench:
    return _swallowed(scene, "hub_tally")


def new_columns_go_unnoticed(scene: Scene) -> Bench:
    parse = gate.parse
    scene.patch.setattr(gate, "parse", lambda *content: replace(parse(*content), unknown=()))
    return scene.bench


def a_theme_computes_nonsense(scene: Scene) -> Bench:
    model = Engine.model
    scene.patch.setattr(Engine, "model", lambda *rest: model(*rest).with_columns(pl.col("amount") + 1))
    return scene.bench


def sabotages() -> dict[str, Sabotage]:
    """Return all sabotages by name."""
    found: dict[str, Sabotage] = {}
    for module in (
        sys.modules[__name__],
        sabotages_bodies,
        sabotages_dissent,
        sabotages_emergencies,
        sabotages_limits,
        sabotages_persons,
        sabotages_protection,
        sabotages_sharing,
    ):
        for name, value in vars(module).items():
            own = callable(value) and getattr(value, "__module__", "") == module.__name__
            if own and not name.startswith("_") and name != "sabotages":
                found[name] = value
    return found
