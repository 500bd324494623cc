"""Pages of a city with many resources: in pages, no line lost or doubled, and the same figures as without pages."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.city.names import Name
from citybrain.city.whole import City
from citybrain.governance import scorecard
from citybrain.governance.dissent.case import Raiser
from citybrain.governance.dissent.raising import contestable, require_use
from citybrain.governance.ranking import rank
from citybrain.governance.scorecard import TOTAL
from citybrain.kernel.errors import AccessRefused
from citybrain.web.console import dissent_pages
from citybrain.web.sessions import COOKIE, sign_in
from tests.http.conftest import FLOW

MANY = 120


@pytest.fixture
def many(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> City:
    """Let the city have many resources more."""
    city = instance.city_now()
    like = city.contracts["contract:metro/flow_15min"]
    more = {
        f"contract:metro/r{number}": replace(
            like, ref=f"contract:metro/r{number}", name=Name(zh=f"资源{number}号", en=f"resource {number}"),
            share="conditional", open=False,
        )
        for number in range(MANY)
    }  # fmt: skip
    made = replace(city, contracts={**city.contracts, **more})
    monkeypatch.setattr(instance, "city_now", lambda: made)
    return made


@pytest.fixture
def page(instance: Instance, client: TestClient[Any]) -> Callable[[str], str]:
    """Open a page as who runs the hub."""

    def open_page(path: str) -> str:
        answer = client.get(path, headers={"cookie": f"{COOKIE}={sign_in(instance, 'lin')}", "accept": "text/html"})
        assert answer.status_code == 200, path
        return answer.text

    return open_page


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/console/contracts", r'<th scope="row"><a href="/console/contracts/([^"]+)"'),
        ("/console/quality", r'<th scope="row"><a href="/console/quality/([^"]+)"'),
    ],
)
def test_a_long_list_comes_in_pages_that_hold_every_line_once(
    many: City, page: Callable[[str], str], path: str, line: str
) -> None:
    pages = [re.findall(line, page(f"{path}?page={number}")) for number in (1, 2, 3)]
    assert [len(found) for found in pages] == [100, len(many.contracts) - 100, 0]
    shown = pages[0] + pages[1]
    assert len(set(shown)) == len(shown)
    assert set(shown) == {ref.removeprefix("contract:") for ref in many.contracts}
    assert f"{path}?page=2" in page(path)


def test_of_many_contracts_one_is_named_by_its_ref(
    many: City, page: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "<option" in page("/console/dissents")
    monkeypatch.setattr(dissent_pages, "MOST_OPTIONS", 5)
    asked = page("/console/dissents")
    assert 'name="contract" required pattern="contract:.+"' in asked
    assert "资源7号" not in asked
    chosen = page("/console/dissents?contract=contract:metro/r7")
    assert 'name="grounds"' in chosen
    assert 'name="grounds"' not in page("/console/dissents?contract=contract:no/such")


def test_what_can_be_contested_is_the_same_one_by_one_and_all_at_once(many: City, instance: Instance) -> None:
    now = instance.clock.now()
    for department in ("dept:metro", "dept:government", "dept:data-bureau", "dept:nobody"):
        raiser = Raiser("person", "somebody", department)
        with instance.database.reading() as connection:
            all_at_once = {item.ref for item in contestable(connection, many, raiser, now)}
            one_by_one = set()
            for contract in many.contracts.values():
                try:
                    require_use(connection, many, contract, raiser, None, now)
                except AccessRefused:
                    continue
                one_by_one.add(contract.ref)
        assert all_at_once == one_by_one, department


def test_a_contract_s_scores_are_the_same_reckoned_alone_and_among_all(
    many: City, instance: Instance, client: TestClient[Any], headers: dict[str, str]
) -> None:
    body = '{"slot_start": "2026-11-20T08:00:00+08:00", "station": "S1", "entries": 1, "exits": 2}\n{"station": "X"}'
    assert client.post(FLOW, content=body, headers=headers).status_code == 201
    now = instance.clock.now()
    today = now.astimezone(many.zone).date()
    with instance.database.reading() as connection:
        days = (today - timedelta(days=6), today, now)
        whole = scorecard.reckon(connection, many, *days)
        one = scorecard.reckon(connection, many, *days, among=("contract:metro/flow_15min",))
    mine = {score for score in whole if score.subject == "contract:metro/flow_15min"}
    assert mine == {score for score in one if score.subject == "contract:metro/flow_15min"}
    assert any(score.rows for score in mine)


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
def test_the_board_ranks_the_totals_that_are_reckoned_page_by_page(
    many: City, instance: Instance, client: TestClient[Any], headers: dict[str, str], limit: int
) -> None:
    body = '{"slot_start": "2026-11-20T08:00:00+08:00", "station": "S1", "entries": 1, "exits": 2}\n{"station": "X"}'
    assert client.post(FLOW, content=body, headers=headers).status_code == 201
    now = instance.clock.now()
    today = now.astimezone(many.zone).date()
    days = (today - timedelta(days=6), today, now)
    with instance.database.reading() as connection:
        totals = [score for score in scorecard.reckon(connection, many, *days) if score.dimension == TOTAL]
        pages = [rank(connection, many, *days, limit, start) for start in range(0, len(many.contracts) + limit, limit)]
    totals.sort(key=lambda score: (score.share is None, -(score.share or 0), score.subject))
    assert [one for page in pages for one in page.resources] == [
        score for score in totals if score.subject.startswith("contract:")
    ]
    assert list(pages[0].bodies) == [score for score in totals if score.subject.startswith("dept:")]
    assert totals[0].share is not None
    assert pages[-1].resources == ()
    assert {page.total for page in pages} == {len(many.contracts)}
