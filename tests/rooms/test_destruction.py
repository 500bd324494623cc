"""Destroyed rows are gone from every place, what stays proves it, and a hold stands against it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import polars as pl
import pytest

from citybrain.blueprint.load import load
from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.governance import destroying
from citybrain.hub import deletion_notices as notices
from citybrain.hub import grants, legal_holds
from citybrain.hub.destruction.carrying import Eraser, Order
from citybrain.hub.destruction.certificate import Certificate
from citybrain.hub.exchange.lake import Lake, LakeCount
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.exchange.verification import LogReport, verify_log
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.question import Question
from citybrain.hub.receipt import Receipt
from citybrain.hub.release import Releaser
from citybrain.kernel.clock import SetClock, SystemClock
from citybrain.kernel.errors import Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import consent, evidence
from citybrain.safeguards.consent import Use
from citybrain.safeguards.subjects import subject_key, token_of

VISITS, DESK, BENEFITS = "contract:health/visits", "system:health/visits", "system:civil-affairs/benefits"
FANG, TONG, CHILD = "RY-100001", "RY-100002", "RY-100003"
Deliver = Callable[..., Receipt]
Destroy = Callable[..., Certificate]


@pytest.fixture(scope="module")
def city() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def contract(city: City) -> Contract:
    return city.contracts[VISITS]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def lake(database: Database, home: Path) -> Lake:
    return Lake(database, home / "payloads", home / "lake", new_id)


@pytest.fixture
def reader(home: Path) -> Reader:
    return Reader(home / "payloads")


@pytest.fixture(params=[1_000_000, 0], ids=["inline", "files"])
def deliver(request: pytest.FixtureRequest, database: Database, city: City, clock: SetClock, home: Path) -> Deliver:
    """Deliver a visit of each person named; payloads stand in the log's rows, or in files."""
    gate = Gate(database, lambda: city, lambda _: {}, Store(home / "payloads", request.param), clock, new_id)
    numbers = iter(range(1, 10_000))

    def bring(*persons: str, hospital: str = "第一医院", fee: float = 20.0) -> Receipt:
        rows = [
            {"visit_no": f"V20261120-{next(numbers):04d}",
             "visited_at": (clock.now() - timedelta(hours=1)).isoformat(),
             "person_no": person, "hospital": hospital, "clinic": "全科", "fee": fee}
            for person in persons
        ]  # fmt: skip
        body = b"\n".join(orjson.dumps(row) for row in rows)
        layout = Layout("ndjson", tuple(field.name for field in city.contracts[VISITS].fields))
        return gate.admit(Parcel(VISITS, DESK, (body, layout), digest(body), digest(body).hex()))

    return bring


@pytest.fixture
def destroy(database: Database, city: City, contract: Contract, lake: Lake, clock: SetClock, home: Path) -> Destroy:
    eraser = Eraser(database, lake, (home / "payloads", home / "lake"), None, clock, new_id)

    def carry_out(person: str | None = None, **scope: Any) -> Certificate:
        if person is not None:
            scope = {"kind": "person", "subject": token(database, person)}
        made = {"reason": "当事人要求删除", "by": "lin", **scope}
        return destroying.destroy(eraser, city, Order(contract, **made))

    return carry_out


def token(database: Database, person: str) -> bytes:
    with database.transaction() as connection:
        return token_of(person, subject_key(connection))


def persons(database: Database, reader: Reader, contract: Contract) -> list[str]:
    with database.reading() as connection:
        rows = reader.relation(connection, contract, with_corrected=True).collect()
    return sorted(rows.get_column("person_no").to_list())


def verified(database: Database, home: Path) -> LogReport:
    with database.transaction() as connection:
        evidence.seal(connection)
    with database.reading() as connection:
        assert evidence.verify(connection).faults == ()
        return verify_log(connection, home / "payloads", LakeCount(connection))


def everywhere(database: Database, home: Path, value: str) -> list[str]:
    """Name the places that still hold a value in clear: tables, and files read as what they are."""
    found = []
    with database.reading() as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            row = connection.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s',  # type: ignore[arg-type]
                [f"%{value}%"],
            ).fetchone()
            if row and row[0]:
                found.append(table)
        for (payload,) in connection.execute("SELECT payload FROM hub_batch WHERE payload IS NOT NULL").fetchall():
            if value in pl.read_ipc(bytes(payload)).write_csv():
                found.append("payload")
    for path in home.rglob("*"):
        if path.is_file() and path.suffix in {".arrow", ".parquet"}:
            frame = pl.read_ipc(path) if path.suffix == ".arrow" else pl.read_parquet(path)
            if value in frame.write_csv():
                found.append(path.name)
        elif path.is_file() and value.encode() in path.read_bytes():
            found.append(path.name)
    return found


def test_one_person_goes_from_log_lake_and_rows_set_aside_and_everybody_else_stays(
    deliver: Deliver, destroy: Destroy, database: Database, contract: Contract, lake: Lake, reader: Reader, home: Path
) -> None:
    deliver(FANG, TONG)
    deliver(FANG)
    assert lake.compact(contract) is not None
    deliver(FANG, CHILD)
    bad = deliver(FANG, TONG, fee=-5.0)
    assert bad.set_aside == 2
    assert persons(database, reader, contract) == [FANG, FANG, FANG, TONG, CHILD]
    assert everywhere(database, home, FANG)
    made = destroy(FANG)
    assert (made.rows, made.places["log"], made.places["lake"], made.places["set_aside"]) == (3, 1, 2, 1)
    assert persons(database, reader, contract) == [TONG, CHILD]
    assert everywhere(database, home, FANG) == []
    assert len(everywhere(database, home, TONG)) >= 2
    report = verified(database, home)
    assert report.faults == ()
    assert sum(item.rows for item in report.destroyed) == 4
    assert {item.number for item in report.destroyed} == {made.number}
    deliver(FANG)
    assert lake.compact(contract) is not None
    assert persons(database, reader, contract) == [FANG, TONG, CHILD]
    assert verified(database, home).faults == ()


def test_received_is_held_and_set_aside_and_destroyed(
    deliver: Deliver, destroy: Destroy, database: Database, contract: Contract, reader: Reader
) -> None:
    deliver(FANG, TONG)
    deliver(FANG, fee=-1.0)
    destroy(FANG)
    with database.reading() as connection:
        sums = connection.execute(
            "SELECT sum(received), sum(accepted - destroyed), sum(set_aside - set_aside_destroyed),"
            " sum(destroyed + set_aside_destroyed) FROM hub_batch"
        ).fetchone()
    assert sums == (3, 1, 0, 2)
    assert len(persons(database, reader, contract)) == 1


def test_repeating_is_harmless_and_says_that_nothing_is_there(
    deliver: Deliver, destroy: Destroy, database: Database, contract: Contract, reader: Reader, home: Path
) -> None:
    deliver(FANG, TONG)
    destroy(FANG)
    with pytest.raises(NotKnown, match=r"destruction\.nothing"):
        destroy(FANG)
    destroy(TONG)
    assert persons(database, reader, contract) == []
    assert verified(database, home).faults == ()


@pytest.mark.parametrize("where", ["lake", "certificate", "clear"])
def test_killed_at_any_moment_leaves_the_old_or_the_new_state_and_repeating_ends_it(
    deliver: Deliver, destroy: Destroy, database: Database, contract: Contract, lake: Lake, reader: Reader, home: Path,
    monkeypatch: pytest.MonkeyPatch, where: str,
) -> None:  # fmt: skip
    deliver(FANG, TONG)
    lake.compact(contract)
    deliver(FANG, CHILD)
    before = persons(database, reader, contract)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    places = {
        "lake": "citybrain.hub.destruction.carrying.erase_from_lake",
        "certificate": "citybrain.hub.deletion_notices.write",
        "clear": "citybrain.hub.destruction.carrying.Eraser.clear",
    }
    with monkeypatch.context() as broken:
        broken.setattr(places[where], die)
        with pytest.raises(KeyboardInterrupt):
            destroy(FANG)
    if where == "clear":
        assert persons(database, reader, contract) == [TONG, CHILD]
        assert everywhere(database, home, FANG)  # a file that nothing names any more
        Eraser(database, lake, (home / "payloads", home / "lake"), None, SystemClock(), new_id).clear()
    else:
        assert persons(database, reader, contract) == before
        assert verified(database, home).faults == ()
        destroy(FANG)
    assert persons(database, reader, contract) == [TONG, CHILD]
    assert everywhere(database, home, FANG) == []
    assert verified(database, home).faults == ()


def test_a_batch_or_everything_beyond_its_retention_goes_as_a_whole(
    deliver: Deliver, destroy: Destroy, database: Database, city: City, contract: Contract, lake: Lake, reader: Reader,
    clock: SetClock, home: Path,
) -> None:  # fmt: skip
    deliver(FANG)
    deliver(TONG, fee=-1.0)
    lake.compact(contract)
    clock.advance(timedelta(days=30))
    young = deliver(CHILD)
    made = destroy(kind="retention", before=clock.now() - timedelta(days=1), reason="保存期满")
    assert (made.rows, made.places["lake"], made.places["set_aside"]) == (1, 1, 1)
    assert persons(database, reader, contract) == [CHILD]
    assert everywhere(database, home, FANG) == []
    assert destroy(kind="batch", batch=young.batch, reason="重复报送").rows == 1
    assert persons(database, reader, contract) == []
    assert verified(database, home).faults == ()
    assert contract.retention is not None
    deliver(FANG)
    clock.advance(contract.retention + timedelta(days=1))
    with database.reading() as connection:
        (proposal,) = destroying.proposals(connection, city, [VISITS], clock.now())
    assert (proposal.batches, proposal.rows) == (1, 1)


def test_a_hold_stands_against_destruction_until_a_person_lifts_it_with_a_reason(
    deliver: Deliver, destroy: Destroy, database: Database, contract: Contract, reader: Reader, clock: SetClock
) -> None:
    batch = deliver(FANG, TONG).batch
    for scope in ({}, {"subject": token(database, FANG)}, {"batch": batch}):
        with database.transaction() as connection:
            hold = legal_holds.put(connection, contract, "法院要求保全", "lin", clock, new_id, **scope)
        with pytest.raises(Conflicting, match=r"destruction\.held"):
            destroy(FANG)
        with pytest.raises(Conflicting, match=r"destruction\.held"):
            destroy(kind="batch", batch=batch)
        with database.transaction() as connection, pytest.raises(WrongUse):
            legal_holds.lift(connection, hold.number, " ", "lin", clock, new_id)
        with database.transaction() as connection:
            assert legal_holds.lift(connection, hold.number, "案件已结", "lin", clock, new_id).lifted_by == "lin"
        with database.transaction() as connection, pytest.raises(Conflicting):
            legal_holds.lift(connection, hold.number, "再次", "lin", clock, new_id)
    assert persons(database, reader, contract) == [FANG, TONG]
    with database.transaction() as connection:
        legal_holds.put(connection, contract, "他人案件", "lin", clock, new_id, subject=token(database, TONG))
    assert destroy(FANG).rows == 1
    with database.reading() as connection:
        acts = {row[0] for row in connection.execute("SELECT act FROM evidence_entry")}
    assert {"hub:legal_hold:put", "hub:legal_hold:lifted", "hub:data:destroyed"} <= acts


def test_who_received_the_rows_is_told_which_and_confirms(
    deliver: Deliver, destroy: Destroy, database: Database, city: City, contract: Contract, reader: Reader,
    clock: SetClock,
) -> None:  # fmt: skip
    deliver(FANG, TONG)
    with database.transaction() as connection:
        grants.sync_declared(connection, city.grants.values(), city.zone, "test", clock.now(), new_id)
        use = Use(
            "public_service", "dept:civil-affairs", ("visited_at", "person_no", "hospital", "fee"), sensitive=False
        )
        consent.give(connection, contract, use, token_of(FANG, subject_key(connection)), clock, new_id)
    releaser = Releaser(database, lambda: city, reader, None, clock, new_id)
    got = releaser.release(Question(VISITS, "public_service", use.fields), BENEFITS)
    assert got.rows == 1
    assert destroy(TONG).places["notices"] == 0
    made = destroy(FANG)
    assert made.places["notices"] == 1
    with database.transaction() as connection:
        (notice,) = notices.of_system(connection, BENEFITS, clock)
        event = notices.event_of(connection, notice)
        assert event["data"]["rows"] == [str(got.places[0])]
        assert FANG not in orjson.dumps(event).decode()
        with pytest.raises(NotKnown):
            notices.confirm(connection, notice.id, DESK, "x", "已删", clock, new_id)
        notices.confirm(connection, notice.id, BENEFITS, "system", "库内副本已删除", clock, new_id)
        assert notices.of_system(connection, BENEFITS, clock) == []


def test_verification_finds_what_was_destroyed_without_certificate_and_a_certificate_that_was_changed(
    deliver: Deliver, destroy: Destroy, database: Database, home: Path
) -> None:
    batch = deliver(FANG, TONG).batch
    destroy(FANG)
    with database.transaction() as connection:
        connection.execute("UPDATE hub_destroyed_payload SET rows = 2")
    assert {fault.kind for fault in verified(database, home).faults} >= {"certificate_changed"}
    with database.transaction() as connection:
        connection.execute("UPDATE hub_destroyed_payload SET rows = 1")
        connection.execute("UPDATE hub_batch SET destroyed = 2 WHERE id = %s", [batch])
    assert {fault.kind for fault in verified(database, home).faults} == {"destroyed_without_certificate"}
    assert isinstance(batch, UUID)
