"""Kinds from contents: what is found, what is not, who decides, and that a field is covered until then."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from citybrain.city.contract import Contract, Field, FieldKind
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.hub.exchange.reading import Reader
from citybrain.hub.gate import Gate, Store
from citybrain.hub.scanning import scan_due
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting, NotKnown, WrongUse
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Connection, Database
from citybrain.safeguards import classification
from citybrain.safeguards.detection import Proposal, propose, protect
from citybrain.safeguards.masking import mask_of
from citybrain.safeguards.viewing import Viewer, viewer_of

FLOW = "contract:metro/flow_15min"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(at: int) -> str:
    body = f"330106{1960 + at % 60}0{1 + at % 9}1{at % 10}{at % 1000:03d}"
    check = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[check]


def card(at: int) -> str:
    body = f"622202{at:012d}"
    total = sum(
        (digit if index % 2 else sum(divmod(digit * 2, 10))) for index, digit in enumerate(map(int, reversed(body)))
    )
    return body + str(-total % 10)


SAMPLES: dict[FieldKind, Callable[[int], str]] = {
    "id_number": id_number,
    "bank_card": card,
    "phone": lambda at: f"138{at:08d}",
    "plate": lambda at: f"浙A{at:05d}" if at % 2 else f"浙AD{at:05d}",
    "email": lambda at: f"user{at}@hz.gov.cn",
    "address": lambda at: f"杭州市西湖区文三路{at + 1}号{at % 5 + 1}幢",
}
# What looks like it and is not.
STRANGERS: list[Callable[[int], object]] = [
    lambda at: id_number(at)[:17] + ("1" if id_number(at)[17] != "1" else "2"),  # another check digit
    lambda at: "330106" + "19900231" + f"{at:04d}",  # no such day
    lambda at: card(at)[:-1] + str((int(card(at)[-1]) + 1) % 10),
    lambda at: f"1{at:010d}",
    lambda at: f"S{at}",
    lambda at: 1_700_000_000_000 + at,  # milliseconds
    lambda at: f"第{at}次巡检正常",
    lambda at: at % 7,
]  # fmt: skip


def contract_with(tiny: City, *fields: Field) -> Contract:
    return replace(tiny.contracts[FLOW], fields=fields)


def text_field(name: str = "v", title: str = "值", kind: FieldKind | None = None) -> Field:
    return Field(name, Name(zh=title, en=title), "string", kind=kind)


def found_in(tiny: City, values: list[object], field: Field | None = None) -> list[Proposal]:
    field = field or text_field()
    return propose(pl.DataFrame({field.name: values}), contract_with(tiny, field))


@pytest.mark.parametrize("kind", list(SAMPLES))
def test_each_kind_is_found_by_its_contents(tiny: City, kind: FieldKind) -> None:
    sample = SAMPLES[kind]
    (found,) = found_in(tiny, [*(sample(at) for at in range(40)), None, "", "?"])
    assert (found.kind, found.sample_count, found.said_kind) == (kind, 41, None)
    assert found.share == pytest.approx(40 / 41, abs=1e-4)
    assert found_in(tiny, [sample(at) for at in range(40)], text_field(kind=kind)) == []  # declared already


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_only_looks_alike_is_not_proposed(tiny: City, stranger: Callable[[int], object]) -> None:
    assert found_in(tiny, [stranger(at) for at in range(60)]) == []


def test_few_values_and_small_shares_are_no_ground(tiny: City) -> None:
    assert found_in(tiny, [id_number(at) for at in range(19)]) == []
    mixed = [id_number(at) if at % 2 else f"S{at}" for at in range(60)]
    assert found_in(tiny, mixed) == []


def test_a_wrong_declaration_is_named_beside_the_proposal(tiny: City) -> None:
    (found,) = found_in(tiny, [f"138{at:08d}" for at in range(30)], text_field(kind="plate"))
    assert (found.kind, found.said_kind) == ("phone", "plate")


def test_a_name_is_believed_only_where_the_title_says_so(tiny: City) -> None:
    values: list[object] = [f"{family}小明" for family in "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"]
    assert found_in(tiny, values) == []
    (found,) = found_in(tiny, values, text_field(title="联系人"))
    assert (found.kind, found.why) == ("name", "title")


def test_a_phone_kept_as_a_number_is_found_too(tiny: City) -> None:
    (found,) = found_in(tiny, [13_800_000_000 + at for at in range(30)])
    assert found.kind == "phone"


def test_a_proposed_field_is_covered_as_if_sensitive_and_a_declared_one_stands(tiny: City) -> None:
    open_field, declared = text_field("a"), replace(text_field("b", kind="plate"), mask="none")
    contract = contract_with(tiny, open_field, declared)
    covered = protect(contract, {"a": "phone", "b": "phone"})
    assert [(field.kind, field.grade, mask_of(field, "any")) for field in covered.fields] == [
        ("phone", 3, "partial"),
        ("plate", 1, "none"),
    ]
    assert protect(contract, {}) is contract


# The way of a proposal, from the log to a person.


@pytest.fixture
def city(tiny: City) -> City:
    """The tiny city with stations that may be any text, as where a provider mixes up its columns."""
    contract = tiny.contracts[FLOW]
    rules = tuple(rule for rule in contract.rules if rule.kind in {"type", "required"})
    return replace(tiny, contracts={FLOW: replace(contract, rules=rules)})


@pytest.fixture
def gate(database: Database, city: City, clock: SetClock, tmp_path: Path) -> Gate:
    store = Store(tmp_path / "payloads", inline_bytes=1_048_576)
    return Gate(database, lambda: city, lambda _: {}, store, clock, new_id)


@pytest.fixture
def look(database: Database, city: City, clock: SetClock, tmp_path) -> Callable[[], int]:
    reader = Reader(tmp_path / "payloads")
    return lambda: scan_due(database, city, reader, clock)


def plates(count: int = 25) -> str:
    rows = ({"slot_start": "2026-11-20T08:15:00+08:00", "station": f"浙A{at:05d}", "entries": 1, "exits": 0}
            for at in range(count))  # fmt: skip
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def metro(tiny: City) -> Viewer:
    person = next(p.person for p, post, dept in tiny.people() if dept.ref == "dept:metro" and "grant_data" in post.may)
    return viewer_of(tiny, person)


def test_a_contract_version_is_looked_at_once_and_no_value_is_kept(send, look, database, city) -> None:
    assert look() == 0  # nothing came yet
    assert send(plates()).accepted == 25
    assert look() == 1
    assert look() == 0
    with database.reading() as connection:
        (waiting,) = classification.listed(connection, [FLOW])
        assert (waiting.field, waiting.kind, waiting.share, waiting.sample_count) == ("station", "plate", 1.0, 25)
        assert classification.proposed_kinds(connection, FLOW) == {"station": "plate"}
        assert classification.counted(connection, [FLOW]) == {"open": 1}
        assert classification.listed(connection, []) == []
        kept = connection.execute("SELECT string_agg(p::text, ' ') FROM safeguards_proposal AS p").fetchone()
        assert "浙" not in kept[0]


def decide(connection: Connection, viewer: Viewer, city: City, clock: SetClock, state, reason=""):
    return classification.decide(
        connection, viewer, city.contracts[FLOW], "station", "plate", state, reason, clock, new_id
    )


def test_the_provider_confirms_and_reads_what_to_declare(send, look, database, city, tiny, clock) -> None:
    send(plates())
    look()
    with database.transaction() as connection:
        done = decide(connection, metro(tiny), city, clock, "confirmed")
        assert done.state == "confirmed"
        assert "- {property: kind, value: plate}" in done.lines()
        assert classification.proposed_kinds(connection, FLOW) == {"station": "plate"}  # until the file says it
        acts = [row[0] for row in connection.execute("SELECT act FROM evidence_entry WHERE subject = %s", [FLOW])]
        assert "safeguards:kind:confirmed" in acts
        with pytest.raises(Conflicting):
            decide(connection, metro(tiny), city, clock, "refused", "changed my mind")


def test_a_refusal_needs_a_reason_and_opens_the_field(send, look, database, city, tiny, clock) -> None:
    send(plates())
    look()
    with database.transaction() as connection:
        with pytest.raises(WrongUse):
            decide(connection, metro(tiny), city, clock, "refused", "  ")
        assert decide(connection, metro(tiny), city, clock, "refused", "station codes").reason == "station codes"
        assert classification.proposed_kinds(connection, FLOW) == {}


def test_a_stranger_decides_nothing(send, look, database, city, tiny, clock) -> None:
    send(plates())
    look()
    stranger = replace(metro(tiny), department="dept:government")
    with database.transaction() as connection:
        with pytest.raises(AccessRefused):
            decide(connection, stranger, city, clock, "confirmed")
        with pytest.raises(NotKnown):
            classification.decide(
                connection, metro(tiny), city.contracts[FLOW], "exits", "plate", "confirmed", "", clock, new_id
            )
