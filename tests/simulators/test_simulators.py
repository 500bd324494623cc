"""Simulated systems keep their contracts, have the faults real ones have, and lose nothing when the hub is away."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from citybrain.blueprint.load import load
from citybrain.city.whole import City
from citybrain.hub.formats import Layout, parse
from citybrain.safeguards.quality import Verdict, judge, no_outside_knowledge
from simulators import SIMULATORS
from simulators.batches import Batch, BatchStore
from simulators.environment import Environment, sub_index
from simulators.faults import KINDS, Faults
from simulators.hotline import Hotline
from simulators.metro import CROWDED, STATIONS, Metro, district
from simulators.parking import Parking
from simulators.running import ZONE, Options, Simulated, run
from simulators.visits import Visits

ROOT = Path(__file__).parents[2]
DAY = datetime(2026, 11, 19, tzinfo=ZONE)
ALL: list[Callable[[], Simulated]] = [
    lambda: Metro(1), lambda: Parking(1), lambda: Environment(1), lambda: Hotline(1), lambda: Visits(1)
]  # fmt: skip


@pytest.fixture(scope="module")
def hangzhou() -> City:
    city = load(ROOT / "cities" / "hangzhou").city
    assert city is not None
    return city


def _judged(city: City, system: Simulated, rows: list[dict[str, Any]]) -> Verdict:
    contract = city.contracts[f"contract:{system.contract}"]
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    parsed = parse(body, Layout("ndjson", tuple(field.name for field in contract.fields)))
    assert parsed.unknown == ()
    return judge(parsed.frame, parsed.rows, contract, no_outside_knowledge(DAY.astimezone(UTC)))


@pytest.mark.parametrize("make", ALL)
def test_a_faultless_day_keeps_its_contract(hangzhou: City, make: Callable[[], Simulated]) -> None:
    system = make()
    rows = system.records(DAY, DAY + timedelta(days=1))
    verdict = _judged(hangzhou, system, rows)
    assert verdict.set_aside == 0
    assert verdict.accepted == len(rows) > 300


@pytest.mark.parametrize("make", ALL)
def test_the_same_seed_makes_the_same_day_and_steps_add_up_to_it(make: Callable[[], Simulated]) -> None:
    whole = make().records(DAY, DAY + timedelta(hours=3))
    system, steps, at = make(), [], DAY
    while at < DAY + timedelta(hours=3):
        steps += [row for batch in system.batches(at, at + system.step) for row in batch.rows]
        at += system.step
    assert sorted(map(json.dumps, steps)) == sorted(map(json.dumps, whole))


@pytest.mark.parametrize("make", ALL)
def test_every_spoilt_record_is_set_aside(hangzhou: City, make: Callable[[], Simulated]) -> None:
    system = make()
    faults = Faults(1, frozenset({"out_of_range"}), system.spoil)
    for number in range(12):
        rows = system.records(DAY + timedelta(hours=8), DAY + timedelta(hours=9))
        batch, struck = faults.strike(Batch(f"k{number}", rows, DAY), certain="out_of_range")
        assert struck == ("out_of_range",)
        assert _judged(hangzhou, system, batch.rows).set_aside == 1


def test_a_working_day_of_the_metro_looks_like_one_and_its_districts_are_those_of_the_city(hangzhou: City) -> None:
    rows = Metro(1).records(DAY, DAY + timedelta(days=1))
    assert 1_000_000 < sum(row["entries"] for row in rows) < 1_400_000
    by_hour = {hour: sum(row["entries"] for row in rows if f"T{hour:02d}:" in row["slot_start"]) for hour in range(24)}
    assert max(by_hour, key=lambda hour: by_hour[hour]) == 8
    table = hangzhou.sources["source:metro/flow_2019"].tables["district"]
    assert table == {f"S{station}": district(station) for station in range(STATIONS)}


def test_station_15_is_crowded_at_the_start_and_again_three_hours_later() -> None:
    begin = DAY + timedelta(hours=3)  # at night too
    crowded = Metro(1, crowd_from=begin).records(DAY, DAY + timedelta(days=1))
    usual = Metro(1).records(DAY, DAY + timedelta(days=1))
    more = [
        (a["station"], datetime.fromisoformat(a["slot_start"]) - begin)
        for a, b in zip(crowded, usual, strict=True)
        if a["entries"] > max(1.5 * b["entries"], 400)
    ]
    assert {station for station, _ in more} == {f"S{CROWDED}"}
    quarter = timedelta(minutes=15)
    assert [since for _, since in more[:4]] == [0 * quarter, quarter, 2 * quarter, 12 * quarter]


def test_a_day_in_the_wrong_unit_is_a_jump_that_the_contract_tells(hangzhou: City) -> None:
    faults = Faults(1, frozenset({"unit"}), lambda row, _: row)
    wrong = next(n for n in range(60) if faults.unit_is_wrong((DAY + timedelta(days=n)).date().isoformat()))
    start = DAY + timedelta(days=wrong - 1)
    system = Environment(1, faults)
    verdict = _judged(hangzhou, system, system.records(start, start + timedelta(days=2) - timedelta(hours=1)))
    assert [jump.rule for jump in verdict.jumps] == ["co_unit"]
    assert verdict.set_aside == 0


def test_the_sub_index_is_that_of_the_standard() -> None:
    assert [sub_index(value) for value in (0, 35, 36, 75, 115.2, 700)] == [0, 50, 52, 100, 151, 500]


def test_faults_fall_the_same_way_for_the_same_seed_and_all_of_them_happen() -> None:
    rows = [{"slot_start": str(index), "entries": index} for index in range(9)]
    faults = Faults(7, frozenset(KINDS), lambda row, _: {**row, "entries": -1})
    thrown = [faults.strike(Batch(f"k{index}", rows, DAY)) for index in range(900)]
    assert thrown == [faults.strike(Batch(f"k{index}", rows, DAY)) for index in range(900)]
    happened = {kind for _, struck in thrown for kind in struck}
    assert happened == set(KINDS) - {"unit", "outage"}
    quarters = [faults.is_out(DAY + timedelta(minutes=15 * index)) for index in range(900)]
    assert 0 < sum(quarters) < 90
    none = Faults(7, frozenset(), lambda row, _: row)
    assert none.strike(Batch("k1", rows, DAY)) == (Batch("k1", rows, DAY), ())


class Hub:
    """A small hub that remembers what it was sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, int]] = []
        self.status = 201
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hub.got.append((self.headers["idempotency-key"], self.headers["authorization"], body.count(b"\n")))
                self.send_response(hub.status)
                self.end_headers()
                self.wfile.write(b'{"accepted": 1}')

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _options(hub: Hub, store: Path, **more: Any) -> Options:
    given: dict[str, Any] = {"seed": 1, "speed": 1.0, "backfill_days": 2, "faults": frozenset(), "once": True} | more
    return Options(url=hub.url, key="cbk_test", store=store, **given)


def test_a_start_makes_up_the_last_days_and_a_second_start_sends_nothing_twice(hub: Hub, tmp_path: Path) -> None:
    store = tmp_path / "parking.sqlite"
    assert run(Parking(1), _options(hub, store)) == 0
    keys = [key for key, _, _ in hub.got]
    assert len(keys) == len(set(keys)) >= 4
    assert {authorization for _, authorization, _ in hub.got} == {"Bearer cbk_test"}
    quarters = sum(lines for _, _, lines in hub.got) / 65
    assert 2 * 96 <= quarters <= 3 * 96
    before = len(hub.got)
    assert run(Parking(1), _options(hub, store)) == 0
    assert len(hub.got) - before <= 1  # a quarter hour may have passed meanwhile


def test_what_the_hub_cannot_take_now_waits_and_is_sent_again(hub: Hub, tmp_path: Path) -> None:
    store, stop = tmp_path / "parking.sqlite", threading.Event()
    hub.status = 503

    def stop_once_it_was_asked() -> None:
        while not hub.got:
            time.sleep(0.02)
        stop.set()

    threading.Thread(target=stop_once_it_was_asked, daemon=True).start()
    assert run(Parking(1), _options(hub, store), stop) == 0
    assert len(hub.got) > 0
    kept = BatchStore(store)
    waiting = kept.waiting(datetime.now(UTC))
    assert kept.answers() == []
    kept.close()
    hub.status, hub.got = 201, []
    assert run(Parking(1), _options(hub, store)) == 0
    assert [item.key for item in waiting] == [key for key, _, _ in hub.got][: len(waiting)]


def test_a_repeated_batch_is_sent_twice_under_one_key(hub: Hub, tmp_path: Path) -> None:
    kept = BatchStore(tmp_path / "s.sqlite")
    kept.keep([Batch("k", [{"a": 1}], DAY, copies=2)], datetime.now(UTC))
    kept.close()
    run(Parking(1), _options(hub, tmp_path / "s.sqlite", backfill_days=0))
    assert [key for key, _, _ in hub.got].count("k") == 2


def test_a_key_the_hub_does_not_know_ends_the_simulator(hub: Hub, tmp_path: Path) -> None:
    hub.status = 401
    assert run(Parking(1), _options(hub, tmp_path / "p.sqlite")) == 2


@pytest.mark.parametrize("module", sorted(SIMULATORS.values()))
def test_each_simulator_starts_as_a_process_of_its_own_and_wants_a_key(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--store", str(tmp_path / "s.sqlite")],
        cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "CITYBRAIN_SYSTEM_KEY" in done.stderr
