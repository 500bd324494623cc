"""Many at once: positions follow commits without a gap, one winner for each key, a reused key loses nothing."""

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.blueprint.load import load
from citybrain.city.contract import Rule
from citybrain.city.whole import City
from citybrain.hub.exchange.log import Log
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.history import keys_of
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import evidence

FLOW, AFC = "contract:metro/flow_15min", "system:metro/afc"
LAYOUT = Layout("ndjson", ("slot_start", "station", "entries", "exits"))


@pytest.fixture(scope="module")
def tiny() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "tiny")
    assert loaded.city is not None
    return loaded.city


def with_rules(city: City, *rules: Rule) -> City:
    contract = city.contracts[FLOW]
    others = tuple(rule for rule in contract.rules if rule.kind != "unique")
    return replace(city, contracts={**city.contracts, FLOW: replace(contract, rules=(*others, *rules))})


def unique(name: str, *fields: str, on_break: str = "set_aside") -> Rule:
    return Rule(name, "unique", "uniqueness", fields, scope="history", on_break=on_break)  # type: ignore[arg-type]


@pytest.fixture
def gate_of(database_url: str, clock: SetClock, tmp_path: Path) -> Iterator[object]:
    opened: list[Database] = []

    def make(city: City) -> Gate:
        opened.append(Database(database_url, max_size=6))
        return Gate(opened[-1], lambda: city, lambda _: {}, Store(tmp_path / "payloads", 1_048_576), clock, new_id)

    yield make
    for database in opened:
        database.close()


def line(station: str, entries: int = 1, slot: str = "2026-11-20T08:15:00+08:00") -> str:
    return json.dumps({"slot_start": slot, "station": station, "entries": entries, "exits": 1})


def parcel(body: str, key: str) -> Parcel:
    return Parcel(FLOW, AFC, (body.encode(), LAYOUT), digest(body.encode()), key)


def test_a_reader_that_polls_misses_no_batch_while_two_processes_admit(gate_of, tiny: City, database: Database) -> None:
    gates = [gate_of(tiny), gate_of(tiny)]
    seen: list[int] = []
    done = threading.Event()

    def poll() -> None:
        while True:
            last = done.is_set()
            with database.reading() as connection:
                sql = "SELECT position FROM hub_batch WHERE position > %s ORDER BY position"
                seen.extend(row[0] for row in connection.execute(sql, [seen[-1] if seen else 0]))
            if last:
                return

    reader = threading.Thread(target=poll)
    reader.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: gates[n % 2].admit(parcel(line(f"S{n}"), f"k{n}")), range(80)))
    done.set()
    reader.join()
    assert seen == list(range(1, 81))


def test_of_each_key_exactly_one_row_is_accepted_however_many_deliver_it(
    gate_of, tiny: City, database: Database
) -> None:
    city = with_rules(tiny, unique("one_station", "station"))
    gates = [gate_of(city), gate_of(city)]
    choose = random.Random(7)
    bodies = ["\n".join(line(f"S{choose.randrange(30)}", n) for n in range(10)) for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda n: gates[n % 2].admit(parcel(bodies[n], f"k{n}")), range(24)))
    stations = {json.loads(row)["station"] for body in bodies for row in body.splitlines()}
    assert sum(receipt.accepted for receipt in receipts) == len(stations)
    assert all(receipt.received == receipt.accepted + receipt.set_aside for receipt in receipts)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM hub_key_index").fetchone() == (len(stations),)


def test_a_row_one_rule_sets_aside_does_not_take_the_key_of_another(gate_of, tiny: City) -> None:
    gate = gate_of(with_rules(tiny, unique("one_entries", "entries"), unique("one_station", "station")))
    assert gate.admit(parcel(line("S1", 1), "a")).accepted == 1
    assert gate.admit(parcel(line("S1", 2), "b")).accepted == 0
    assert gate.admit(parcel(line("S2", 2), "c")).accepted == 1


def test_a_warning_about_a_known_key_keeps_no_row_out(gate_of, tiny: City) -> None:
    gate = gate_of(with_rules(tiny, unique("one_station", "station", on_break="warn")))
    assert gate.admit(parcel(line("S1"), "a")).accepted == 1
    again = gate.admit(parcel("\n".join([line("S1"), line("S2"), line("S2")]), "b"))
    assert (again.accepted, again.warned, again.broken) == (3, 2, {"one_station": 2})


def test_a_key_used_in_the_same_moment_for_other_content_is_refused_not_swallowed(
    gate_of, tiny: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_of(tiny)
    together, kept = threading.Barrier(6), Log.append
    monkeypatch.setattr(Log, "append", lambda self, admission: (together.wait(10) and None) or kept(self, admission))

    def deliver(number: int) -> str:
        try:
            return str(gate.admit(parcel(line(f"S{number % 2}"), "same")).batch)
        except Conflicting as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(deliver, range(6)))
    assert found.count("hub.key_reused") == 3
    assert len(set(found)) == 2


@given(
    st.integers(2, 9),
    st.sampled_from(["byte", "drop", "swap", "digest", "subject"]),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
@settings(max_examples=25)
def test_one_changed_dropped_or_swapped_entry_of_any_chain_is_found_and_named(
    server_chain, entries: int, act: str, where: int, byte: int
) -> None:
    database: Database = server_chain
    with database.transaction() as connection:
        connection.execute("TRUNCATE evidence_entry CASCADE")
        at_noon = datetime(2026, 11, 20, 4, tzinfo=UTC)
        made = [evidence.write(connection, "t:t:t", f"s{n}", {"n": n}, at_noon, new_id) for n in range(entries)]
        assert evidence.seal(connection) == entries
        assert evidence.verify(connection).faults == ()
        head = evidence.verify(connection).head
        at = where % entries + 1
        if act == "byte":
            (body,) = connection.execute("SELECT body FROM evidence_entry WHERE sequence = %s", [at]).fetchone() or (
                "",
            )
            place = byte % len(body)
            changed = body[:place] + ("x" if body[place] != "x" else "y") + body[place + 1 :]
            connection.execute("UPDATE evidence_entry SET body = %s WHERE sequence = %s", [changed, at])
        elif act == "digest":
            new = hashlib.sha256(b"other").digest()
            connection.execute("UPDATE evidence_entry SET sha256 = %s WHERE sequence = %s", [new, at])
        elif act == "subject":
            connection.execute("UPDATE evidence_entry SET subject = 'another' WHERE sequence = %s", [at])
        elif act == "drop":
            connection.execute("DELETE FROM evidence_entry WHERE sequence = %s", [at])
        else:
            other = at % entries + 1
            sql = """UPDATE evidence_entry AS a SET body = b.body, sha256 = b.sha256, subject = b.subject
                FROM evidence_entry AS b WHERE (a.sequence, b.sequence) IN ((%s, %s), (%s, %s))"""
            connection.execute(sql, [at, other, other, at])
        report = evidence.verify(connection, (entries, head))
        named = {fault.entry for fault in report.faults}
        assert named & {str(made[at - 1].id), f"#{at}", f"#{entries}" if at == entries else ""}, report.faults


@pytest.fixture(scope="module")
def server_chain(server_url: str, template: str) -> Iterator[Database]:
    import psycopg  # noqa: PLC0415  # only here a database is made for a whole module

    name = f"test_{new_id().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    base, _, query = server_url.partition("?")
    address = base.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    with Database(address, max_size=2) as database:
        yield database
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_two_keys_that_only_look_alike_when_joined_are_two() -> None:
    frame = pl.DataFrame({"a": ["x\x1f", "x", "x\x1e1"], "b": ["y", "\x1fy", "y"]})
    assert len(set(keys_of(frame, unique("k", "a", "b")))) == 3
