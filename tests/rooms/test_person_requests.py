"""A person asks for deletion or an explanation; a provider answers in time, with grounds, or is reminded and late."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from citybrain.blueprint.load import load
from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.governance import person_requests, rights
from citybrain.governance.person_requests import Answer, PersonRequest, decide
from citybrain.hub import grants, legal_holds
from citybrain.hub.destruction import certificate
from citybrain.hub.destruction.carrying import Eraser
from citybrain.hub.exchange.lake import Lake
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.question import Question
from citybrain.hub.release import Releaser
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import consent
from citybrain.safeguards.consent import Use
from citybrain.safeguards.subjects import subject_key, token_of
from citybrain.safeguards.viewing import Viewer, viewer_of

VISITS = "contract:health/visits"
FANG = "RY-100001"
Ask = Callable[..., PersonRequest]


@pytest.fixture(scope="module")
def city() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def contract(city: City) -> Contract:
    return city.contracts[VISITS]


@pytest.fixture
def eraser(database: Database, clock: SetClock, tmp_path: Path) -> Eraser:
    lake = Lake(database, tmp_path / "payloads", tmp_path / "lake", new_id)
    return Eraser(database, lake, (tmp_path / "payloads", tmp_path / "lake"), None, clock, new_id)


@pytest.fixture
def visited(database: Database, city: City, clock: SetClock, tmp_path: Path) -> None:
    gate = Gate(database, lambda: city, lambda _: {}, Store(tmp_path / "payloads", 1_000_000), clock, new_id)
    at = (clock.now() - timedelta(hours=1)).isoformat()
    rows = [
        {"visit_no": f"V20261120-000{number}", "visited_at": at, "person_no": f"RY-10000{number}",
         "hospital": "第一医院", "clinic": "全科", "fee": 20.0}
        for number in (1, 2)
    ]  # fmt: skip
    body = b"\n".join(orjson.dumps(row) for row in rows)
    layout = Layout("ndjson", tuple(field.name for field in city.contracts[VISITS].fields))
    gate.admit(Parcel(VISITS, "system:health/visits", (body, layout), digest(body), "visits"))


@pytest.fixture
def who(database: Database) -> bytes:
    with database.transaction() as connection:
        return token_of(FANG, subject_key(connection))


@pytest.fixture
def ask(database: Database, city: City, contract: Contract, who: bytes, clock: SetClock, visited: None) -> Ask:
    def asking(kind: person_requests.Kind = "delete") -> PersonRequest:
        with database.transaction() as connection:
            return person_requests.ask(connection, city, contract, kind, who, "不再就诊", clock, new_id)

    return asking


def post(city: City, may: str, department: str | None = None) -> Viewer:
    """Find a person whose post may do something, of a department or of any."""
    for person, post_, owner in city.people():
        if may in post_.may and department in {None, owner.ref}:
            return viewer_of(city, person.person)
    raise AssertionError(may)


def test_a_granted_deletion_is_carried_out_and_the_person_sees_the_certificate(
    database: Database, eraser: Eraser, city: City, contract: Contract, who: bytes, clock: SetClock, ask: Ask
) -> None:
    asked = ask()
    assert (asked.state, (asked.due_at - asked.made_at).days >= 19) == ("open", True)
    with pytest.raises(Conflicting, match=r"destruction\.request_before"):
        ask()
    viewer = post(city, "operate_hub")
    made = decide(database, eraser, city, asked.number, Answer("同意", grant=True), viewer, clock, new_id)
    assert made is not None
    assert (made.rows, made.subject) == (1, who)
    with database.reading() as connection:
        (seen,) = person_requests.of_person(connection, who)
        assert (seen.state, seen.certificate) == ("granted", made.number)
        assert certificate.one(connection, made.number).decided_by == viewer.person
    with pytest.raises(Conflicting, match=r"destruction\.request_decided"):
        decide(database, eraser, city, asked.number, Answer("再次", grant=True), viewer, clock, new_id)


def test_a_refusal_names_reason_and_legal_ground_and_strangers_decide_nothing(
    database: Database, eraser: Eraser, city: City, who: bytes, clock: SetClock, ask: Ask
) -> None:
    asked = ask()
    stranger = next(
        viewer_of(city, person.person) for person, post_, owner in city.people()
        if owner.ref != "dept:health" and "operate_hub" not in post_.may
    )  # fmt: skip
    with pytest.raises(AccessRefused):
        decide(database, eraser, city, asked.number, Answer("同意", grant=True), stranger, clock, new_id)
    viewer = post(city, "operate_hub")
    for answer in (Answer("不行"), Answer("", ground="医疗机构病历管理规定"), Answer(" ", ground=" ")):
        with pytest.raises(WrongUse, match=r"destruction\.ground_missing"):
            decide(database, eraser, city, asked.number, answer, viewer, clock, new_id)
    answer = Answer("病历须保存十五年", ground="医疗机构病历管理规定第二十九条")
    assert decide(database, eraser, city, asked.number, answer, viewer, clock, new_id) is None
    with database.reading() as connection:
        seen = person_requests.one(connection, asked.number, subject=who)
        assert (seen.state, seen.ground) == ("refused", answer.ground)
        with pytest.raises(NotKnown):
            person_requests.one(connection, asked.number, subject=bytes(32))


def test_a_legal_hold_stands_against_a_granted_deletion_and_the_request_stays_open(
    database: Database, eraser: Eraser, city: City, contract: Contract, who: bytes, clock: SetClock, ask: Ask
) -> None:
    asked = ask()
    with database.transaction() as connection:
        legal_holds.put(connection, contract, "法院要求保全", "lin", clock, new_id, subject=who)
    with pytest.raises(Conflicting, match=r"destruction\.held"):
        decide(
            database, eraser, city, asked.number, Answer("同意", grant=True), post(city, "operate_hub"), clock, new_id
        )
    with database.reading() as connection:
        assert person_requests.one(connection, asked.number).state == "open"
    with database.transaction() as connection:
        assert person_requests.withdraw(connection, asked.number, who, clock, new_id).state == "withdrawn"
    assert ask().number != asked.number


def test_providers_are_reminded_and_a_period_that_ran_out_becomes_a_task_once(
    database: Database, city: City, clock: SetClock, ask: Ask
) -> None:
    asked = ask()

    def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
        with database.transaction() as connection:
            return person_requests.watch(connection, city, clock, new_id)

    assert look() == ((), ())
    clock.advance(asked.due_at - clock.now() - timedelta(hours=20))
    assert look() == ((asked.number,), ())
    assert look() == ((), ())
    clock.advance(timedelta(days=2))
    assert look() == ((), (asked.number,))
    assert look() == ((), ())
    with database.reading() as connection:
        titles = [row[0] for row in connection.execute("SELECT title FROM task ORDER BY issued_at").fetchall()]
        assert person_requests.one(connection, asked.number).late(clock.now())
    assert len(titles) == 2
    assert "逾期" in titles[1]


def test_a_use_explains_itself_to_the_person_alone(
    database: Database, city: City, contract: Contract, who: bytes, clock: SetClock, visited: None, tmp_path: Path
) -> None:
    reader = Reader(tmp_path / "payloads")
    with database.transaction() as connection:
        grants.sync_declared(connection, city.grants.values(), city.zone, "test", clock.now(), new_id)
        use = Use("public_service", "dept:civil-affairs", ("visited_at", "person_no", "hospital"), sensitive=False)
        consent.give(connection, contract, use, who, clock, new_id)
    releaser = Releaser(database, lambda: city, reader, None, clock, new_id)
    got = releaser.release(Question(VISITS, "public_service", use.fields), "system:civil-affairs/benefits")
    with database.reading() as connection:
        told = rights.explain(connection, city, reader, (FANG, who), got.id)
        assert (told.use.grant, told.source) == ("civil-affairs-uses-visits", "declared")
        assert told.use.basis["law"] == "hangzhou-2021/13"
        (source,) = told.sources
        assert (source.system, source.rows, source.last_at) == ("system:health/visits", 1, clock.now())
        with pytest.raises(NotKnown, match=r"hub\.use_unknown"):
            rights.explain(connection, city, reader, ("RY-100002", bytes(32)), got.id)
