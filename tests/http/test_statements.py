"""The statement of each day agrees with the books, is seen by provider and consumer, and betrays a changed book."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.cli.main import main
from citybrain.hub import statements
from citybrain.hub.question import Question
from citybrain.kernel.ids import new_id
from tests.http.subscribing import GIVER, GRANT, LEVELS, STRANGER, USER, give, key_of, subscribing_city


@pytest.fixture
def city(instance: Instance, tmp_path: Path) -> Instance:
    """A city with a day of deliveries and releases behind it."""
    made = subscribing_city(instance, tmp_path / "city")
    give(made, [("G1", 1), ("G2", 1)])
    give(made, [("G1", 2)])
    for _ in range(2):
        made.releaser.release(Question(LEVELS, "operation"), USER)
    return made


def today(city: Instance) -> Any:
    return city.clock.now().astimezone(city.city_now().zone).date()


def kept(city: Instance) -> Any:
    day = today(city)
    with city.database.transaction() as connection:
        statements.keep(connection, city.city_now(), day, city.clock, new_id)
    return day


def differences(city: Instance, day: Any) -> set[tuple[str, str | None, str]]:
    with city.database.reading() as connection:
        found = statements.reconcile(connection, city.city_now(), day)
    return {(item.contract, item.consumer, item.figure) for item in found}


def test_a_statement_adds_up_what_was_delivered_and_what_left(city: Instance) -> None:
    day = kept(city)
    with city.database.reading() as connection:
        lines = [line for line in statements.lines(connection, day) if line.contract == LEVELS]
    giving, using = lines
    assert (giving.consumer, giving.batches, giving.received, giving.accepted, giving.set_aside) == (None, 2, 3, 3, 0)
    assert (using.consumer, using.releases, using.rows) == ("dept:government", 2, 6)
    assert using.bytes > 0
    assert using.p95_ms is not None
    assert differences(city, day) == set()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE hub_release SET rows = rows + 1 WHERE id = (SELECT min(id::text)::uuid FROM hub_release)",
         {(LEVELS, "dept:government", "rows")}),
        ("DELETE FROM hub_release", {(LEVELS, "dept:government", "line")}),
        ("UPDATE hub_statement SET rows = 5 WHERE consumer IS NOT NULL",
         {(LEVELS, "dept:government", "rows"), ("*", None, "sha256")}),
    ],
)  # fmt: skip
def test_a_book_or_statement_that_was_changed_later_is_found_also_by_verify(
    city: Instance, change: Any, found: set[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = kept(city)
    monkeypatch.setenv("CITYBRAIN_HOME", str(city.settings.home))
    monkeypatch.setenv("CITYBRAIN_DATABASE_URL", city.settings.database_url or "")
    assert CliRunner().invoke(main, ["verify"]).exit_code == 0
    with city.database.transaction() as connection:
        connection.execute(change)
    assert differences(city, day) == found
    told = CliRunner().invoke(main, ["verify"])
    assert told.exit_code == 1
    assert "statement_differs" in told.output


def test_the_statement_of_yesterday_is_kept_once(city: Instance) -> None:
    for expected in (today(city) - timedelta(days=1), None):
        with city.database.transaction() as connection:
            assert statements.keep_if_due(connection, city.city_now(), city.clock, new_id) == expected


def test_provider_and_consumer_see_their_lines_and_nobody_else(city: Instance, client: TestClient[Any]) -> None:
    day = kept(city)

    def seen(system: str) -> set[tuple[str, str | None]]:
        answer = client.get(f"/api/v1/statements?day={day}", headers=key_of(city, system))
        assert answer.status_code == 200, answer.text
        return {(line["contract"], line["consumer"]) for line in answer.json()["lines"]}

    assert seen(GIVER) >= {(LEVELS, None), (LEVELS, "dept:government")}
    assert seen(USER) == {(LEVELS, "dept:government")}
    assert seen(STRANGER) == set()
    refused = client.get("/api/v1/statements?day=soon", headers=key_of(city, USER))
    assert (refused.status_code, refused.json()["code"]) == (400, "hub.value_unreadable")


def test_a_grant_nobody_uses_and_fields_that_never_left_are_told_to_both_sides(
    city: Instance, client: TestClient[Any]
) -> None:
    question = Question(LEVELS, "operation", ("gauge", "at"))
    with city.database.transaction() as connection:
        connection.execute("UPDATE hub_grant SET starts_at = starts_at - interval '90 days'")
        connection.execute("UPDATE hub_release SET at = at - interval '70 days'")

    def told(system: str) -> dict[str, tuple[int, list[str]]]:
        found = client.get("/api/v1/usage", headers=key_of(city, system)).json()["grants"]
        return {item["grant"]: (item["releases"], item["fields_never_left"]) for item in found}

    for system in (USER, GIVER):
        assert told(system)[GRANT] == (0, ["gauge", "update", "at"])
    city.releaser.release(question, USER)
    for system in (USER, GIVER):
        assert told(system)[GRANT] == (1, ["update"])
    assert told(STRANGER) == {}
    city.releaser.release(Question(LEVELS, "operation"), USER)
    assert GRANT not in told(USER)
