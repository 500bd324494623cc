"""The lineage of one entry: some steps each way, drawn and listed alike; what may not be known is not drawn."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub.catalog.lineage import MOST_ON_LEVEL, Neighbourhood, neighbourhood
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.ids import new_id
from citybrain.kernel.settings import Settings
from citybrain.web.application import make_application
from citybrain.web.sessions import COOKIE, sign_in

HANGZHOU = Path(__file__).parents[2] / "cities" / "hangzhou"


@pytest.fixture
def instance(settings: Settings) -> Iterator[Instance]:
    made = Instance(settings.model_copy(update={"demo": True, "pool_size": 6}), SystemClock(), new_id)
    with made.database.transaction() as connection:
        apply(connection, load(HANGZHOU), "test", made.clock, new_id)
    made.city.look()
    yield made
    made.close()


@pytest.fixture
def client(instance: Instance) -> Iterator[TestClient[Any]]:
    with TestClient(make_application(instance), raise_server_exceptions=False) as opened:
        yield opened


def around(instance: Instance, ref: str, depth: int, *, hidden: tuple[str, ...] = (), **more: Any) -> Neighbourhood:
    with instance.database.reading() as connection:
        return neighbourhood(connection, ref, depth, hidden, lambda *_: True, **more)


def busiest(instance: Instance) -> str:
    """Name the contract on which most rests."""
    with instance.database.reading() as connection:
        row = connection.execute(
            "SELECT ref FROM hub_catalog_entry WHERE kind = 'contract'"
            " ORDER BY jsonb_array_length(around -> 'down') DESC, ref LIMIT 1"
        ).fetchone()
    assert row
    return str(row[0])


def test_each_step_goes_one_further_and_no_edge_leaves_the_drawing(instance: Instance) -> None:
    ref = busiest(instance)
    sizes = []
    for depth in (1, 2, 3, 4):
        found = around(instance, ref, depth)
        assert found.nodes[0].ref == ref
        assert {abs(node.level) for node in found.nodes} <= set(range(depth + 1))
        shown = {node.ref for node in found.nodes}
        assert {one for pair in found.edges for one in pair} <= shown
        for node in found.nodes:
            if node.level:
                step = 1 if node.level > 0 else -1
                nearer = {one.ref for one in found.nodes if one.level == node.level - step}
                assert nearer & set(node.up if step > 0 else node.down), node.ref
        sizes.append(len(found.nodes))
    assert sizes == sorted(sizes)
    assert sizes[0] >= 3


def test_what_is_too_much_is_counted_and_says_where_it_stands(instance: Instance) -> None:
    ref = busiest(instance)
    whole, part = around(instance, ref, 1), around(instance, ref, 1, most=1)
    downs = sum(node.level == 1 for node in whole.nodes)
    assert downs > 1
    left = {item.level: item for item in part.left_out}
    assert (left[1].count, left[1].beside) == (downs - 1, ref)
    assert sum(node.level == 1 for node in part.nodes) == 1
    assert not whole.left_out or max(item.count for item in whole.left_out) >= 1
    assert MOST_ON_LEVEL >= 10


def test_what_a_reader_may_not_know_of_is_neither_drawn_nor_counted_nor_opened(instance: Instance) -> None:
    ref = busiest(instance)
    secret = next(node.ref for node in around(instance, ref, 1).nodes if node.level == 1)
    found = around(instance, ref, 4, hidden=(secret,))
    assert all(secret not in (node.ref, *node.up, *node.down) for node in found.nodes)
    assert all(item.beside != secret for item in found.left_out)
    with pytest.raises(NotKnown):
        around(instance, secret, 1, hidden=(secret,))
    with pytest.raises(NotKnown):
        around(instance, "contract:no/such", 1)


def test_the_page_draws_and_lists_the_same_entries_and_the_entry_leads_to_it(
    instance: Instance, client: TestClient[Any]
) -> None:
    ref = busiest(instance)
    headers = {"cookie": f"{COOKIE}={sign_in(instance, 'lin')}", "accept": "text/html"}
    assert f'href="/console/lineage/{ref}"' in client.get(f"/console/catalog/{ref}", headers=headers).text
    for depth in ("", "?depth=1", "?depth=4", "?depth=99", "?depth=x"):
        answer = client.get(f"/console/lineage/{ref}{depth}", headers=headers)
        assert answer.status_code == 200
        drawing, rest = answer.text.split("</svg>", 1)
        drawn = set(re.findall(r'<a href="(/console/catalog/[^"]+)"><rect', drawing.split('class="lineage whole"')[1]))
        listed = set(re.findall(r'<th scope="row"><a href="(/console/catalog/[^"]+)"', rest))
        assert drawn == listed, depth
        assert f"/console/catalog/{ref}" in drawn
    assert client.get("/console/lineage/contract:no/such", headers=headers).status_code == 404
