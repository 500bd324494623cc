"""Every list page of the hub's console in a city of 10,000 resources: median and p95 of the whole answer."""

import re
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from litestar.testing import TestClient

from bench.catalog import GRANTS, RESOURCES, city_of, measured
from bench.scratch import scratch_database
from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.blueprint.revisions import CityInForce
from citybrain.city.whole import City
from citybrain.hub import grants, statements
from citybrain.hub.catalog.publish import publish
from citybrain.kernel.clock import SystemClock, city_day
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Connection
from citybrain.kernel.settings import Settings
from citybrain.web.application import make_application
from citybrain.web.sessions import COOKIE, sign_in

TINY = Path(__file__).parents[1] / "cities" / "tiny"
ROUNDS, SLOW_MS = 25, 200
BATCHES, RELEASES, SUBSCRIPTIONS, REQUESTS, DISSENTS, EXPORTS, EFFECTS, PROPOSALS = (
    40_000, 60_000, 1_000, 3_000, 1_000, 2_000, 2_000, 500,
)  # fmt: skip
PAGES = (
    "/console/catalog",
    "/console/catalog?q=客流",
    "/console/catalog?list=duties",
    "/console/catalog?list=kept",
    "/console/catalog/contract:metro/r7",
    "/console/lineage/contract:metro/r7",
    "/console/lineage/system:metro/afc",
    "/console/lineage/contract:metro/flow_15min?depth=4",
    "/console/contracts",
    "/console/contracts/metro/r7000",
    "/console/quarantine",
    "/console/classification",
    "/console/batches",
    "/console/requests",
    "/console/requests/new",
    "/console/grants",
    "/console/grants/g7",
    "/console/services",
    "/console/subscriptions",
    "/console/subscriptions?kind=trouble",
    "/console/exports",
    "/console/statements",
    "/console/statements?page=50",
    "/console/usage",
    "/console/usage?page=20",
    "/console/dissents",
    "/console/quality",
    "/console/plan",
)

_EVIDENCE = """
INSERT INTO evidence_entry (id, act, subject, body, sha256, at)
SELECT md5('e' || n)::uuid, 'hub:bench:made', 'bench', '{}', sha256(n::text::bytea), now() - n * interval '1 second'
FROM generate_series(1, 2) AS n
"""
_FILLS: tuple[tuple[str, int], ...] = (
    ("""
INSERT INTO hub_batch (id, contract, system, delivery, part, idempotency_key, body_sha256, revision, status, received,
    accepted, set_aside, warned, arrived_at, position, payload_bytes, evidence)
SELECT md5('b' || n)::uuid, 'contract:metro/r' || n %% 4000, 'system:metro/afc', md5('b' || n)::uuid, 1, n::text,
    sha256(n::text::bytea), 1, 'admitted', 100, 99, 1, 0, now() - n * interval '60 seconds', %(most)s - n + 1, 10,
    md5('e1')::uuid
FROM generate_series(1, %(most)s) AS n
""", BATCHES),
    ("""
INSERT INTO hub_release (id, hub_grant, thing, department, system, purpose, channel, fields, rows, bytes, sha256, at,
    duration_ms, evidence)
SELECT md5('r' || n)::uuid, held.id, held.thing, held.department, 'system:metro/afc', held.purpose, 'query',
    held.fields, 100, 2000, sha256(n::text::bytea), now() - n * interval '80 seconds', 20, md5('e1')::uuid
FROM generate_series(1, %(most)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY name) AS place FROM hub_grant) AS held ON held.place = 1 + n %% 1500
""", RELEASES),
    ("""
INSERT INTO hub_subscription (id, system, department, contract, purpose, way, url, per, state, position, row,
    delivered, failures, failure, made_at, evidence)
SELECT md5('s' || n)::uuid, 'system:metro/afc', 'dept:government', 'contract:metro/r' || n %% 4000, 'operation',
    'push', 'https://a.example/rows', 'batch', CASE WHEN n %% 20 = 0 THEN 'suspended' ELSE 'active' END,
    CASE WHEN n %% 3 = 0 THEN 0 ELSE 39000 END, 2147483647, n, n %% 4, CASE WHEN n %% 4 > 0 THEN 'http 503' END,
    now() - n * interval '1 minute', md5('e1')::uuid
FROM generate_series(1, %(most)s) AS n
""", SUBSCRIPTIONS),
    ("""
INSERT INTO hub_request (id, number, thing, provider, department, person, purpose, basis, reason, fields, state,
    made_at, due_at, closed_at)
SELECT md5('q' || n)::uuid, 'S2026-' || n, 'contract:metro/r' || n, 'dept:metro', 'dept:government', 'chen',
    'operation', '{}', 'bench', '{station}', CASE WHEN n %% 2 = 0 THEN 'refused' ELSE 'checking' END,
    now() - n * interval '1 hour', now() + interval '1 day', CASE WHEN n %% 2 = 0 THEN now() END
FROM generate_series(1, %(most)s) AS n
""", REQUESTS),
    ("""
INSERT INTO governance_dissent (id, number, tracking_hash, kind, contract, provider, keys, seen, claimed, grounds,
    raiser_kind, raiser, channel, raised_at, due_at, state, revision)
SELECT md5('d' || n)::uuid, 'Y2026-' || n, sha256(n::text::bytea), 'value', 'contract:metro/r' || n, 'dept:metro',
    '{"station": "S1"}', '1', '2', 'bench', 'system', 'system:metro/afc', 'system', now() - n * interval '1 hour',
    now() + interval '3 days', 'open', 1
FROM generate_series(1, %(most)s) AS n
""", DISSENTS),
    ("""
INSERT INTO hub_export (id, hub_grant, contract, department, system, purpose, fields, format, state, rows, bytes,
    sha256, path, asked_at, made_at, expires_at, evidence)
SELECT md5('x' || n)::uuid, held.id, held.thing, held.department, 'system:metro/afc', held.purpose, held.fields,
    'csv', 'ready', 100, 1000, sha256(n::text::bytea), 'x', now() - n * interval '1 minute', now(),
    now() + interval '1 day', md5('e1')::uuid
FROM generate_series(1, %(most)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY name) AS place FROM hub_grant) AS held ON held.place = n
""", EXPORTS),
    ("""
INSERT INTO hub_effect (id, grant_name, thing, department, person, first_day, last_day, used_for, effect, at, evidence)
SELECT md5('f' || n)::uuid, held.name, held.thing, held.department, 'chen', current_date - 40, current_date - 1,
    'bench bench bench', 'bench bench bench', now(), md5('e1')::uuid
FROM generate_series(1, %(most)s) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY name) AS place FROM hub_grant) AS held ON held.place = n
""", EFFECTS),
    ("""
INSERT INTO safeguards_proposal (contract, field, version, kind, share, sample_count, why, found_at)
SELECT 'contract:metro/r' || n, 'station', '1.0.0', 'phone', 0.9, 100, 'form', now()
FROM generate_series(1, %(most)s) AS n
""", PROPOSALS),
)  # fmt: skip


class _Fixed(CityInForce):
    """A city that stays as it is."""

    def __init__(self, city: City) -> None:
        self._city = city

    def look(self) -> bool:
        return False


def main() -> None:
    """Print what each page costs; a page beyond 200 ms is marked."""
    with scratch_database() as (folder, url):
        settings = Settings(home=folder / "home", database_url=url, demo=True)
        _run(Instance(settings, SystemClock(), new_id))


def _run(instance: Instance) -> None:
    with instance.database.transaction() as connection:
        apply(connection, load(TINY), "bench", instance.clock, new_id)
    city = city_of(RESOURCES, GRANTS)
    with instance.database.transaction() as connection:
        publish(connection, city, 2, instance.clock.now(), new_id)
        grants.sync_declared(connection, city.grants.values(), city.zone, "bench", instance.clock.now(), new_id)
        _fill(connection, instance, city)
    with instance.database.alone() as connection:
        connection.execute("ANALYZE")
    instance.city = _Fixed(city)
    application = make_application(instance)
    with TestClient(application, raise_server_exceptions=False) as client:
        cookie = {"cookie": f"{COOKIE}={sign_in(instance, 'lin')}", "accept": "text/html"}
        for path in PAGES:
            _measure(client, path, cookie)


def _fill(connection: Connection, instance: Instance, city: City) -> None:
    connection.execute("UPDATE hub_grant SET starts_at = starts_at - interval '200 days'")
    connection.execute(cast(Any, _EVIDENCE))
    for text, most in _FILLS:
        connection.execute(cast(Any, text), {"most": most})
    connection.execute("UPDATE hub_head SET position = %s", [BATCHES])
    day = city_day(instance.clock.now(), ZoneInfo(city.zone.key))
    statements.keep(connection, city, day, instance.clock, new_id)


def _measure(client: TestClient[Any], path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    if answer.status_code != 200:
        title = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)
        print(f"pages: {path} answered {answer.status_code} {title[1] if title else ''}")
        return
    median, p95 = measured(lambda: client.get(path, headers=headers), ROUNDS)
    mark = "  SLOW" if p95 > SLOW_MS else ""
    print(f"pages: {path}: median {median:.0f} ms, p95 {p95:.0f} ms, {len(answer.text) / 1000:,.0f} kB{mark}")
