"""Over HTTP and on the pages: limits, second approval, the negative list, bulk reads, the standards library."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.governance.bulk_reads import watch_bulk_reads
from citybrain.kernel.ids import new_id
from citybrain.web.sessions import COOKIE, sign_in, viewer_in
from tests.http.test_rows import door, shared, visit
from tests.http.test_sharing_api import WISH
from tests.http.test_sharing_pages import NEW, TYPED, people

__all__ = ["door", "people", "shared"]
VISITS = "contracts/people/visits.odcs.yaml"
ITEM = """
prohibition: phones
name: {zh: 电话不给诊所, en: no phones for clinics}
basis: {law: nanjing-2025/23, text: {zh: 负面清单, en: negative list}}
reason: {zh: 可由人口办代为通知, en: the people office tells people}
kinds: [phone]
to: [dept:clinic]
"""
STANDARD = """
standard: gb-11643
code: GB 11643
name: {zh: 公民身份号码, en: citizen identification number}
version: "1999"
elements:
  - element: id_number
    name: {zh: 公民身份号码, en: citizen identification number}
    clause: 号码的结构
    type: string
    pattern: "^[0-9]{17}[0-9X]$"
    fields: [person]
"""


@pytest.fixture
def change(shared: Instance, tmp_path: Path):
    """Apply the city with changed files, or tell what check finds."""

    def made(*pairs: tuple[str, str], **files: str) -> list[str]:
        folder = Path(shutil.copytree(tmp_path / "city", tmp_path / new_id().hex))
        for name, text in files.items():
            (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        for name, text in pairs:
            (folder / name).write_text((folder / name).read_text(encoding="utf-8") + text, encoding="utf-8")
        loaded = load(folder)
        if loaded.errors:
            return [placed.finding.code for placed in loaded.errors]
        with shared.database.transaction() as connection:
            apply(connection, loaded, "test", shared.clock, new_id, reason="test")
        shared.city.look()
        return []

    return made


@pytest.fixture
def call(shared: Instance, client: TestClient):
    """Call the API as somebody who is signed in."""

    def ask(person: str, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        secret = sign_in(shared, person)
        headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": viewer_in(shared, {COOKIE: secret}).csrf}
        content = None if body is None else json.dumps(body).encode()
        answer = client.request(method, path, content=content, headers=headers)
        return answer.status_code, answer.json()

    return ask


def test_a_wish_for_two_uses_becomes_a_grant_that_gives_two_and_both_sides_see_it(door, call, people) -> None:
    door.give(visit(1))
    made = call("he", "POST", "/api/v1/requests", WISH | {"limits": {"uses": 5, "rows_per_day": 100}})[1]
    assert made["limits"] == {"uses": 5, "rows_per_day": 100, "rows_per_use": None}
    number = made["number"]
    call("lin", "POST", f"/api/v1/requests/{number}/pass", {})
    status, problem = call("wang", "POST", f"/api/v1/requests/{number}/grant", {"limits": {"uses": 9}})
    assert (status, problem["code"]) == (409, "hub.limits_wider")
    narrower = {"limits": {"uses": 2, "rows_per_day": 100}}
    assert call("wang", "POST", f"/api/v1/requests/{number}/grant", narrower)[1]["state"] == "granted"
    assert [door.ask(purpose="emergency")[0] for _ in range(2)] == [200, 200]
    status, problem, _ = door.ask(purpose="emergency")
    assert (status, problem["code"], problem["params"]["most"]) == (403, "hub.use_uses_spent", 2)
    assert any("申请" in step for step in problem["next_steps"])
    held = {item["grant"]: item for item in call("wang", "GET", "/api/v1/grants?role=provider")[1]["grants"]}
    shown = held[number.lower()]["limits"]
    assert (shown["uses"], shown["used"], shown["rows_today"]) == (2, 2, 2)
    assert held["clinic-uses-visits"]["limits"] is None
    assert "2，已用 2" in people.open("wang", f"/console/grants/{number.lower()}")[1]


def test_limits_are_typed_on_the_form_and_a_word_is_no_number(people) -> None:
    status, page = people.open("he", f"{NEW}?contract=contract:people/visits")
    assert (status, 'name="uses"' in page, 'name="assessment"' in page) == (200, True, False)
    status, page = people.send("he", NEW, TYPED | {"uses": "many"})
    assert (status, "防汛转移安置" in page) == (422, True)
    where = people.send("he", NEW, TYPED | {"uses": "10"})[1]
    assert "总次数" in people.open("he", where)[1]


def test_important_data_is_not_granted_by_the_citys_files(change) -> None:
    assert change((VISITS, "  - {property: data_class, value: important}\n")) == ["blueprint.important_granted_in_file"]


def test_important_data_is_granted_after_the_higher_approval(
    change, door, call, people, tmp_path: Path
) -> None:  # fmt: skip
    (tmp_path / "city" / "grants" / "clinic.yaml").unlink()
    assert change((VISITS, "  - {property: data_class, value: important}\n")) == []
    door.give(visit(1))
    number = call("he", "POST", "/api/v1/requests", WISH)[1]["number"]
    where = f"/console/requests/{number}"
    call("lin", "POST", f"/api/v1/requests/{number}/pass", {})
    assert call("wang", "POST", f"/api/v1/requests/{number}/grant", {})[1]["state"] == "approving"
    assert "待上一级批准" in people.open("wang", where)[1]
    assert 'value="approve"' not in people.open("wang", where)[1]
    assert door.ask(purpose="emergency")[0] == 403
    status, problem = call("wang", "POST", f"/api/v1/requests/{number}/approve", {})
    assert (status, problem["code"]) == (403, "hub.approval_elsewhere")
    assert 'value="approve"' in people.open("lin", where)[1]
    assert people.send("lin", f"{where}/act", {"act": "approve", "words": "同意"})[0] == 303
    assert door.ask(purpose="emergency")[0] == 200
    longer = {"until": "2098-01-01"}
    assert call("wang", "POST", f"/api/v1/grants/{number.lower()}/renew", longer)[1]["code"] == (
        "hub.renewal_needs_approval"
    )


def test_the_negative_list_stops_a_grant_in_use_and_stands_in_the_catalogue(change, door, call, people) -> None:
    door.give(visit(1))
    number = call("he", "POST", "/api/v1/requests", WISH)[1]["number"]
    call("lin", "POST", f"/api/v1/requests/{number}/pass", {})
    call("wang", "POST", f"/api/v1/requests/{number}/grant", {})
    assert door.ask(purpose="emergency")[0] == 200
    assert change(item=ITEM) == []
    status, problem, _ = door.ask(purpose="emergency")
    assert (status, problem["code"]) == (403, "hub.use_forbidden")
    assert "phones" in problem["detail"]
    assert door.ask(purpose="emergency", fields="visit,days")[0] == 200
    status, problem = call("he", "POST", "/api/v1/requests", WISH)
    assert (status, problem["code"], problem["params"]["item"]) == (403, "hub.prohibited", "phones")
    page = people.open("he", "/console/catalog?list=kept")[1]
    assert "电话不给诊所" in page
    assert "可由人口办代为通知" in page


def test_a_bulk_read_is_shown_to_who_answers_and_closed_with_a_reason(
    change, shared: Instance, door, call, people
) -> None:
    bounds = "\nbulk_reads: {rows_per_hour: 1}\n"
    assert change(("city.yaml", bounds)) == []
    door.give(visit(1), visit(2))
    assert len(door.ask(purpose="operation")[1]) == 2
    with shared.database.transaction() as connection:
        assert len(watch_bulk_reads(connection, shared.city_now(), shared.clock, new_id)) == 1
    assert call("he", "GET", "/api/v1/bulk-reads")[0] == 403
    assert call("zhou", "GET", "/api/v1/bulk-reads")[1] == {"bulk_reads": []}
    (found,) = call("wang", "GET", "/api/v1/bulk-reads")[1]["bulk_reads"]
    assert (found["grant"], found["bound"], found["seen"], found["most"]) == ("clinic-uses-visits", "hour", 2, 1)
    where = f"/console/bulk-reads/{found['bulk_read']}/close"
    page = people.open("wang", "/console/bulk-reads")[1]
    assert where in page
    assert "一小时 2 行，界限 1" in page
    assert people.send("zhou", where, {"outcome": "lawful", "reason": "x"})[0] == 404
    status, page = people.send("wang", where, {"outcome": "lawful", "reason": ""})
    assert (status, "请写理由" in page) == (422, True)
    body = {"outcome": "lawful", "reason": "演练"}
    status, done = call("wang", "POST", f"/api/v1/bulk-reads/{found['bulk_read']}/close", body)
    assert (status, done["outcome"], done["closed_by"]) == (200, "lawful", "wang")
    status, again = call("wang", "POST", f"/api/v1/bulk-reads/{found['bulk_read']}/close", body)
    assert (status, again["code"]) == (409, "hub.bulk_read_closed")
    page = people.open("lin", "/console/bulk-reads")[1]
    assert "误报" in page
    assert "演练" in page
    assert call("wang", "POST", "/api/v1/bulk-reads/none/close", body)[0] == 404


def test_the_library_and_the_conformity_of_each_body_are_shown(change, call, people) -> None:
    assert "没有标准" in people.open("he", "/console/standards")[1]
    assert change(standard=STANDARD) == []
    page = people.open("he", "/console/standards")[1]
    assert "GB 11643" in page
    assert "0.0%" in page  # the contract does not hold its numbers to the form
    told = call("he", "GET", "/api/v1/standards")[1]
    assert told["conformity"] == [{"department": "dept:people", "fields": 1, "conforming": 0, "rate": 0.0}]
    assert [item["breaks"] for item in told["differences"]] == [["pattern"]]
    assert change(standard=STANDARD.replace("version:", "binding: true\nversion:")) == ["blueprint.standard_broken"]


def test_the_entry_of_a_partners_data_set_tells_holder_and_terms(change, people) -> None:
    partner = "  - {property: partner, value: {zh: 云科技, en: Cloud Ltd}}\n"
    rights = (
        "  - {property: rights, value: {holder: {zh: 人口办与云科技共有, en: both}, agreement: 协议 2026-07,"
        " terms: {zh: 仅限防汛, en: floods only}}}\n"
    )
    assert change((VISITS, partner)) == ["blueprint.partner_without_rights"]
    assert change((VISITS, partner + rights)) == []
    page = people.open("he", "/console/catalog/contract:people/visits")[1]
    assert "人口办与云科技共有" in page
    assert "仅限防汛" in page
    assert "990100" in page
