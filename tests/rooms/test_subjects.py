"""Whose rows leave is noted; only those leave who agree; who withdraws is left out of the very next release."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from citybrain.blueprint.load import load
from citybrain.city.contract import Contract
from citybrain.city.whole import City
from citybrain.hub import grants, subject_log
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.formats import Layout
from citybrain.hub.gate import Gate, Parcel, Store, digest
from citybrain.hub.inspection import inspect_rows
from citybrain.hub.question import Condition, Question
from citybrain.hub.release import Release, Releaser
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards import consent
from citybrain.safeguards.consent import Consent, Use
from citybrain.safeguards.consent_receipt import receipt
from citybrain.safeguards.subjects import subject_key, token_of

VISITS, DESK, BENEFITS = "contract:health/visits", "system:health/visits", "system:civil-affairs/benefits"
CIVIL = "dept:civil-affairs"
PLAIN = ("visited_at", "person_no", "hospital", "fee")
FANG, TONG, CHILD = "RY-100001", "RY-100002", "RY-100003"
Take = Callable[..., Release]


@pytest.fixture(scope="module")
def city() -> City:
    loaded = load(Path(__file__).parents[2] / "cities" / "hangzhou")
    assert loaded.city is not None
    return loaded.city


@pytest.fixture
def contract(city: City) -> Contract:
    return city.contracts[VISITS]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "payloads")


@pytest.fixture
def visited(database: Database, city: City, clock: SetClock, tmp_path: Path) -> None:
    """Deliver two visits of each person, and bring the declared grants into force."""
    gate = Gate(database, lambda: city, lambda _: {}, Store(tmp_path / "payloads", 1_000_000), clock, new_id)
    rows = [
        {"visit_no": f"V20261120-{number:04d}", "visited_at": (clock.now() - timedelta(hours=1)).isoformat(),
         "person_no": person, "hospital": "第一医院", "clinic": "全科", "fee": 20.0}
        for number, person in enumerate([FANG, TONG, CHILD] * 2)
    ]  # fmt: skip
    body = b"\n".join(orjson.dumps(row) for row in rows)
    layout = Layout("ndjson", tuple(field.name for field in city.contracts[VISITS].fields))
    receipt_ = gate.admit(Parcel(VISITS, DESK, (body, layout), digest(body), "visits"))
    assert receipt_.accepted == 6, receipt_
    with database.transaction() as connection:
        grants.sync_declared(connection, city.grants.values(), city.zone, "test", clock.now(), new_id)


@pytest.fixture
def take(database: Database, city: City, reader: Reader, clock: SetClock, visited: None) -> Take:
    releaser = Releaser(database, lambda: city, reader, None, clock, new_id)

    def ask(fields: tuple[str, ...] | None = PLAIN, where: tuple[Condition, ...] = (), **more: object) -> Release:
        return releaser.release(Question(VISITS, "public_service", fields, where, **more), BENEFITS)  # type: ignore[arg-type]

    return ask


def token(database: Database, person: str) -> bytes:
    with database.transaction() as connection:
        return token_of(person, subject_key(connection))


def agree(
    database: Database, contract: Contract, person: str, clock: SetClock, *, sensitive: bool = False,
    department: str | None = CIVIL,
) -> Consent:  # fmt: skip
    use = Use("public_service", department, ("clinic",) if sensitive else PLAIN, sensitive)
    with database.transaction() as connection:
        return consent.give(connection, contract, use, token_of(person, subject_key(connection)), clock, new_id)


def persons(got: Release) -> list[str]:
    return sorted({orjson.loads(line)["person_no"] for line in got.body.splitlines()})


def uses(database: Database, person: str) -> list[subject_log.SubjectUse]:
    with database.reading() as connection:
        return subject_log.uses_of(connection, token(database, person))


def test_only_rows_of_persons_who_agree_leave_and_each_of_them_sees_the_use(
    database: Database, contract: Contract, clock: SetClock, take: Take
) -> None:
    assert take().rows == 0
    agree(database, contract, FANG, clock)
    got = take()
    assert (got.rows, persons(got)) == (2, [FANG])
    (use,) = uses(database, FANG)
    assert (use.id, use.department, use.purpose, use.grant) == (
        got.id, CIVIL, "public_service", "civil-affairs-uses-visits"
    )  # fmt: skip
    assert use.fields == PLAIN
    assert use.basis["law"] == "hangzhou-2021/13"
    assert uses(database, TONG) == []


def test_withdrawal_stops_the_next_release_and_the_next_page_of_a_running_one(
    database: Database, contract: Contract, clock: SetClock, take: Take
) -> None:
    held = agree(database, contract, FANG, clock)
    agree(database, contract, TONG, clock)
    page = take(limit=1)
    assert (persons(page), page.more) == ([FANG], True)
    with database.transaction() as connection:
        consent.withdraw(connection, held.number, token_of(FANG, subject_key(connection)), clock, new_id)
    rest = take(after=page.place)
    assert persons(rest) == [TONG]
    assert persons(take()) == [TONG]
    assert len(uses(database, FANG)) == 1


def test_asking_for_one_person_who_does_not_agree_is_refused_and_in_evidence_without_the_number(
    database: Database, contract: Contract, clock: SetClock, take: Take
) -> None:
    held = agree(database, contract, FANG, clock)
    assert take(where=(Condition("person_no", "eq", FANG),)).rows == 2
    with database.transaction() as connection:
        consent.withdraw(connection, held.number, token_of(FANG, subject_key(connection)), clock, new_id)
    for comparison in ("eq", "in"):
        with pytest.raises(AccessRefused, match=r"hub\.consent_missing"):
            take(where=(Condition("person_no", comparison, FANG),))  # type: ignore[arg-type]
    assert take(where=(Condition("person_no", "in", f"{FANG},{TONG}"),)).rows == 0
    with database.reading() as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM evidence_entry ORDER BY at")]
    withheld = [body for body in bodies if "hub:release:withheld" in body]
    assert len(withheld) == 2
    assert token(database, FANG).hex() in withheld[0]
    assert not [body for body in bodies if FANG in body]


def test_sensitive_fields_need_a_separate_consent(
    database: Database, contract: Contract, clock: SetClock, take: Take
) -> None:
    agree(database, contract, FANG, clock)
    agree(database, contract, TONG, clock)
    agree(database, contract, TONG, clock, sensitive=True)
    assert persons(take()) == [FANG, TONG]
    assert persons(take((*PLAIN, "clinic"))) == [TONG]
    with database.transaction() as connection:
        both = Use("public_service", CIVIL, (*PLAIN, "clinic"))
        with pytest.raises(WrongUse, match="consent_not_separate"):
            consent.give(connection, contract, both, b"x" * 32, clock, new_id)


def test_a_consent_to_one_body_is_no_consent_to_another_and_a_wider_grant_asks_again(
    database: Database, city: City, contract: Contract, clock: SetClock, take: Take
) -> None:
    agree(database, contract, FANG, clock, department="dept:hotline")
    assert take().rows == 0
    with database.transaction() as connection:
        narrow = Use("public_service", CIVIL, ("person_no", "hospital"))
        consent.give(connection, contract, narrow, token_of(FANG, subject_key(connection)), clock, new_id)
    assert take(("person_no", "hospital")).rows == 2
    assert take().rows == 0
    agree(database, contract, TONG, clock, department=None)
    assert persons(take()) == [TONG]


def test_giving_twice_is_one_consent_and_withdrawing_twice_or_a_strangers_is_refused(
    database: Database, contract: Contract, clock: SetClock
) -> None:
    held, again = agree(database, contract, FANG, clock), agree(database, contract, FANG, clock)
    assert held == again
    mine, theirs = token(database, FANG), token(database, TONG)
    with database.transaction() as connection:
        with pytest.raises(NotKnown):
            consent.withdraw(connection, held.number, theirs, clock, new_id)
        consent.withdraw(connection, held.number, mine, clock, new_id)
        with pytest.raises(Conflicting, match="consent_withdrawn"):
            consent.withdraw(connection, held.number, mine, clock, new_id)
    assert agree(database, contract, FANG, clock).number != held.number


def test_a_guardian_agrees_for_a_minor_and_the_receipt_says_so(
    database: Database, city: City, contract: Contract, clock: SetClock
) -> None:
    use = Use("public_service", CIVIL, PLAIN)
    with database.transaction() as connection:
        child = token_of(CHILD, subject_key(connection))
        with pytest.raises(WrongUse, match="guardian_missing"):
            consent.give(connection, contract, use, child, clock, new_id, minor=True)
        held = consent.give(connection, contract, use, child, clock, new_id, minor=True, guardian="童先生")
    document = receipt(held, contract, city, child)
    assert document["dpv:isIndicatedBy"]["dct:title"] == "童先生"
    assert document["dpv:hasConsentStatus"] == "dpv:ConsentGiven"
    assert document["dpv:hasRecipient"]["dct:identifier"] == CIVIL
    assert CHILD not in orjson.dumps(document).decode()


def test_a_statutory_use_asks_for_no_consent_is_noted_all_the_same_and_none_can_be_given(
    database: Database, city: City, contract: Contract, reader: Reader, clock: SetClock, visited: None
) -> None:
    duty = replace(contract, consent=False)
    by_duty = replace(city, contracts={**city.contracts, VISITS: duty})
    releaser = Releaser(database, lambda: by_duty, reader, None, clock, new_id)
    assert releaser.release(Question(VISITS, "public_service", PLAIN), BENEFITS).rows == 6
    assert [len(uses(database, person)) for person in (FANG, TONG, CHILD)] == [1, 1, 1]
    with database.transaction() as connection, pytest.raises(AccessRefused, match="consent_not_asked"):
        consent.give(connection, duty, Use("public_service", CIVIL, PLAIN), b"x" * 32, clock, new_id)


def test_the_operators_look_is_seen_by_the_person_and_rows_held_are_counted(
    database: Database, city: City, reader: Reader, clock: SetClock, visited: None
) -> None:
    inspect_rows(database, city, reader, VISITS, (f"person_no == '{FANG}'", 10), "operator", clock, new_id)
    (use,) = uses(database, FANG)
    assert (use.channel, use.thing, "clinic" in use.fields) == ("inspection", VISITS, False)
    assert uses(database, TONG) == []
    with database.reading() as connection:
        held = subject_log.holdings(connection, city, reader, FANG)
    assert [(item.contract.ref, item.rows) for item in held] == [(VISITS, 2)]
