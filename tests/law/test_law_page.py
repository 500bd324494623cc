"""The page 条例对照 as people open it: signed in, in both languages, every row in its state; strangers stay out."""

import warnings
from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.blueprint.lawful import check_laws
from citybrain.kernel.clock import SetClock
from citybrain.kernel.ids import new_id
from citybrain.web import door, explaining, law_page
from citybrain.web.app import make_app
from citybrain.web.sessions import COOKIE, sign_in
from tests.law.conftest import NOW

Client = TestClient[object]


@pytest.fixture
def client(instance: Instance) -> Iterator[Client]:
    settings = instance.settings
    own = Instance(settings.model_copy(update={"port": 1}), SetClock(NOW), new_id)
    check_laws(own)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        routes = [*door.ROUTES, *law_page.ROUTES]
        app = make_app(own, routes, explaining.as_page, {}, (lambda: None, lambda: None))
    with TestClient(app) as made:
        made.cookies.set(COOKIE, sign_in(own, "lin"))
        yield made


def test_the_page_shows_both_laws_row_by_row(client: Client) -> None:
    page = client.get("/law", headers={"accept": "text/html"})
    assert page.status_code == 200
    for said in ("第八条", "HZ-8.1c", "HZ-26", "每 15 分钟一轮", "citybrain law hangzhou-2021", "成立", "机构职责"):
        assert said in page.text, said
    assert page.text.count('data-state="ok"') == page.text.count("du-ok") > 20
    other = client.get("/law?pack=nanjing-2025&lang=en", headers={"accept": "text/html"})
    assert "Nanjing Provisions" in other.text
    assert "NJ-7.1c" in other.text
    only = client.get("/law?pack=nanjing-2025&status=none", headers={"accept": "text/html"})
    assert "NJ-16" in only.text
    assert "NJ-7.1c" not in only.text


def test_the_interface_tells_the_same_rows(client: Client) -> None:
    found = client.get("/api/v1/law").json()
    assert len(found) == 153
    assert {row["status"] for row in found} == {"holds", "not_yet", "organisational"}


def test_strangers_see_nothing_and_an_unknown_pack_is_not_found(client: Client) -> None:
    assert client.get("/law?pack=atlantis", headers={"accept": "text/html"}).status_code == 404
    client.cookies.clear()
    assert client.get("/api/v1/law").status_code == 401
    shut = client.get("/law", headers={"accept": "text/html"}, follow_redirects=False)
    assert shut.status_code in {302, 303, 307, 401}
    assert "HZ-8.1c" not in shut.text
