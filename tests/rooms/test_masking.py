"""Masks and their keys: how each kind leaves, what the published table says, and how keys are kept."""

import re
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from citybrain.city.contract import Field
from citybrain.city.names import Name
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import NotKnown, Unavailable
from citybrain.kernel.ids import new_id
from citybrain.kernel.postgres import Database
from citybrain.safeguards.masking import mask, mask_of
from citybrain.safeguards.purpose_keys import destroy_key, purpose_key, wrap_keys

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "masks.md"
LINE = re.compile(r"^\| `(\w+)` \| `([^`]*)` \| `([^`]*)` \|", re.MULTILINE)
FIELD = Field("v", Name(zh="值", en="value"), "string")


def test_every_line_of_the_published_table_is_what_happens() -> None:
    lines = LINE.findall(TABLE.read_text(encoding="utf-8"))
    assert {kind for kind, _, _ in lines} == {
        "id_number",
        "phone",
        "name",
        "plate",
        "bank_card",
        "address",
        "email",
        "none",
    }
    for kind, value, shown in lines:
        known = None if kind == "none" else kind
        assert mask(pl.DataFrame({"v": [value]}), {"v": "partial"}, {"v": known}, b"").item() == shown, value


@pytest.mark.parametrize(("grade", "how"), [(1, "none"), (2, "none"), (3, "partial"), (4, "token")])
def test_the_grade_decides_where_nothing_is_declared(grade: int, how: str) -> None:
    assert mask_of(replace(FIELD, grade=grade), "any") == how
    assert mask_of(replace(FIELD, grade=grade, mask="drop"), "any") == "drop"


def test_numbers_vanish_and_times_keep_their_year_behind_a_partial_mask() -> None:
    frame = pl.DataFrame(
        {
            "number": [17, None],
            "born": [date(1990, 5, 7), None],
            "at": [datetime(2026, 11, 20, 4, tzinfo=UTC), None],
            "ill": [True, None],
        }
    )
    shown = mask(frame, dict.fromkeys(frame.columns, "partial"), {}, b"")
    first = (None, date(1990, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), None)
    assert shown.rows() == [first, (None, None, None, None)]
    assert shown.schema == frame.schema
    again = mask(shown, dict.fromkeys(frame.columns, "partial"), {}, b"")
    assert again.equals(shown, null_equal=True)


def test_a_number_leaves_as_a_token_and_a_dropped_field_not_at_all() -> None:
    frame = pl.DataFrame({"a": [7, 7, None], "b": ["x", "y", None], "c": [1, 2, 3]})
    shown = mask(frame, {"a": "token", "b": "drop"}, {}, b"key")
    assert shown.get_column("a").dtype == pl.String
    first, second, third = shown.get_column("a").to_list()
    assert first == second
    assert re.fullmatch("tk1_[0-9a-f]{32}", first)
    assert third is None
    assert shown.get_column("b").null_count() == 3
    assert shown.get_column("c").to_list() == [1, 2, 3]  # no mask was asked for


def test_tokens_of_two_purposes_cannot_be_joined(database: Database) -> None:
    with database.transaction() as connection:
        tokens = [
            mask(
                pl.DataFrame({"v": ["330106199001010073"]}), {"v": "token"}, {}, purpose_key(connection, purpose)
            ).item()
            for purpose in ("statistics", "statistics", "relief")
        ]
    assert tokens[0] == tokens[1]
    assert tokens[0] != tokens[2]


def test_many_who_ask_at_once_get_the_same_key(database: Database) -> None:
    keys: list[bytes] = []

    def ask() -> None:
        with database.transaction() as connection:
            keys.append(purpose_key(connection, "statistics"))

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32


def test_with_a_key_file_the_database_alone_opens_no_token(database: Database, tmp_path: Path) -> None:
    file, other = tmp_path / "key", tmp_path / "other"
    file.write_text("ab" * 32 + "\n", encoding="ascii")
    other.write_text("cd" * 32, encoding="ascii")
    with database.transaction() as connection:
        lying_open = purpose_key(connection, "old")
        assert wrap_keys(connection, file) == ("old",)
        assert wrap_keys(connection, file) == ()
        key = purpose_key(connection, "new", key_file=file)
    with database.reading() as connection:
        assert purpose_key(connection, "old", key_file=file) == lying_open  # its tokens stay the same
        assert purpose_key(connection, "new", key_file=file) == key
        stored = b"".join(bytes(row[0]) for row in connection.execute("SELECT key FROM safeguards_purpose_key"))
        assert key not in stored
        assert lying_open not in stored
        with pytest.raises(Unavailable, match="key_file_missing"):
            purpose_key(connection, "new")
        with pytest.raises(Unavailable, match="key_file_other"):
            purpose_key(connection, "new", key_file=other)
        with pytest.raises(Unavailable, match="key_file_unreadable"):
            purpose_key(connection, "new", key_file=tmp_path / "nowhere")


def test_a_destroyed_key_never_comes_back_and_leaves_evidence(database: Database, clock: SetClock) -> None:
    with database.transaction() as connection:
        before = purpose_key(connection, "relief")
        destroy_key(connection, "relief", "lin", "the purpose ended", clock.now(), new_id)
        assert purpose_key(connection, "relief") != before
        acts = connection.execute("SELECT act, subject, body::text FROM evidence_entry").fetchall()
        assert [row[:2] for row in acts] == [("safeguards:purpose_key:destroyed", "purpose:relief")]
        assert before.hex() not in acts[0][2]
        with pytest.raises(NotKnown):
            destroy_key(connection, "unheard", "lin", "", clock.now(), new_id)
