"""The pages carry a request from the form to the grant and its end, and say what is wrong beside the form."""

import re
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.hub.exports import making
from citybrain.kernel.workers import Worker
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.test_rows import NOW, door, shared, visit

__all__ = ["door", "shared"]
NEW = "/console/requests/new"
TYPED = {
    "contract": "contract:people/visits", "purpose": "emergency", "reason": "防汛转移安置，按到访人员通知",
    "law": "hangzhou-2021/13",
    "rows": "district == '330106'", "until": f"{NOW.year + 1}-{NOW.month:02d}-01", "scenario": "",
    "fields": ["visit", "phone", "days"],
}  # fmt: skip


@pytest.fixture
def people(shared: Instance, client: TestClient):
    """Open pages and send forms as somebody who is signed in."""

    class People:
        def open(self, person: str, path: str) -> tuple[int, str]:
            answer = client.get(path, headers={"cookie": f"{COOKIE}={sign_in(shared, person)}", "accept": "text/html"})
            return answer.status_code, answer.text

        def send(self, person: str, path: str, data: dict[str, Any], *, csrf: bool = True) -> tuple[int, str]:
            secret = sign_in(shared, person)
            token = viewer_in(shared, {COOKIE: secret}).csrf if csrf else "forged"
            answer = client.post(
                path, data=data | {"csrf": token}, headers={"cookie": f"{COOKIE}={secret}", "accept": "text/html"},
                follow_redirects=False,
            )  # fmt: skip
            return answer.status_code, answer.headers.get("location", answer.text)

    return People()


def test_a_request_goes_from_the_form_to_the_grant_and_to_its_end(shared: Instance, door, people) -> None:
    door.give(visit(1))
    status, form = people.open("he", f"{NEW}?contract=contract:people/visits")
    assert status == 200
    assert "部分遮盖" in form
    assert "人口办" in form
    status, where = people.send("he", NEW, TYPED)
    assert (status, where.startswith("/console/requests/S")) == (303, True)
    assert "合规审核" in people.open("lin", where)[1]
    assert people.send("lin", f"{where}/act", {"act": "pass"})[0] == 303
    status, page = people.open("wang", where)
    assert len(re.findall(r'name="fields"[^>]*checked', page)) == 3
    assert people.send("wang", f"{where}/act", {"act": "grant", "fields": ["visit", "phone"]})[0] == 303
    assert door.ask(purpose="emergency")[1] == [{"visit": "V1", "phone": "138****0073"}]
    grant = "/console/grants/" + where.rsplit("/", 1)[1].lower()
    status, page = people.open("he", grant)
    assert (status, "1 次，1 行" in page, "用过" in page) == (200, True, True)
    assert people.send("wang", f"{grant}/act", {"act": "narrow", "fields": ["visit"]})[0] == 303
    assert door.ask(purpose="emergency")[1] == [{"visit": "V1"}]
    status, page = people.send("wang", f"{grant}/act", {"act": "close", "reason": ""})
    assert (status, "请写理由" in page) == (422, True)
    assert people.send("wang", f"{grant}/act", {"act": "close", "reason": "响应结束"})[0] == 303
    assert door.ask(purpose="emergency")[1]["code"] == "hub.use_other_purpose"
    assert "响应结束" in people.open("he", grant)[1]


def test_what_asks_for_too_much_is_shown_point_by_point(people) -> None:
    every = ["visit", "at", "person", "phone", "district", "days"]
    status, where = people.send("he", NEW, TYPED | {"fields": every, "until": ""})
    page = people.open("he", where)[1]
    assert status == 303
    assert "申请了全部 6 个字段" in page
    assert "没有写明使用期限" in page
    assert "修改后再申请" in page


def test_a_date_that_is_none_keeps_what_was_typed(people) -> None:
    status, page = people.send("he", NEW, TYPED | {"until": "soon"})
    assert status == 422
    assert "防汛转移安置" in page
    assert "日期写如" in page


def test_a_step_that_is_not_yours_is_not_there(people) -> None:
    where = people.send("he", NEW, TYPED)[1]
    assert people.open("zhou", where)[0] == 404
    assert people.send("he", f"{where}/act", {"act": "pass"})[0] == 403
    assert people.send("lin", f"{where}/act", {"act": "pass"}, csrf=False)[0] == 403
    assert people.send("lin", f"{where}/act", {"act": "dance"})[0] == 404
    status, page = people.send("lin", f"{where}/act", {"act": "refuse", "words": ""})
    assert (status, "请写理由" in page) == (422, True)
    assert people.open("zhou", "/console/grants/clinic-uses-visits")[0] == 404
    assert people.send("he", "/console/grants/clinic-uses-visits/act", {"act": "close", "reason": "x"})[0] == 404


def test_a_file_is_asked_for_on_the_grants_page_fetched_and_deleted_by_its_own_department(
    shared: Instance, door, people, client: TestClient
) -> None:
    door.give(visit(1), visit(2))
    where = "/console/exports/new?grant=clinic-uses-visits"
    assert where in people.open("he", "/console/grants/clinic-uses-visits")[1]
    assert where not in people.open("wang", "/console/grants/clinic-uses-visits")[1]
    typed = {"grant": "clinic-uses-visits", "fields": ["visit", "person"], "format": "csv", "view": "history",
             "system": "system:clinic/desk", "since": "", "until": ""}  # fmt: skip
    assert "部分遮盖" in people.open("he", where)[1]
    status, page = people.send("he", "/console/exports", typed | {"since": "soon"})
    assert (status, "无法识别" in page or "soon" in page) == (422, True)
    assert people.send("wang", "/console/exports", typed)[0] == 404
    assert people.send("he", "/console/exports", typed, csrf=False)[0] == 403
    assert people.send("he", "/console/exports", typed) == (303, "/console/exports")
    assert "等待生成" in people.open("he", "/console/exports")[1]
    duty = (shared.exporter.duty(),)
    Worker(shared.database, shared.clock, duty, queues=(making.QUEUE,)).run_once()
    status, page = people.open("he", "/console/exports")
    file = re.findall(r'href="(/console/exports/[0-9a-f-]+/file)"', page)[0]
    assert (status, "可下载" in page) == (200, True)
    status, body = people.open("he", file)
    assert (status, body.splitlines()[0]) == (200, "visit,person,_in_dispute")
    assert len(body.splitlines()) == 3
    assert people.open("wang", file)[0] == 404
    page = people.open("wang", "/console/exports?role=provider")[1]
    assert ("诊台" in page or "何专员" in page, file in page) == (True, False)
    end = file.replace("/file", "/end")
    assert people.send("wang", end, {})[0] == 404
    assert people.send("he", end, {})[0] == 303
    assert people.open("he", file)[0] == 403
    assert "已删除" in people.open("he", "/console/exports")[1]
