"""The pages of the catalogue: anybody signed in searches; demands and new fields are decided by who answers."""

import re
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.kernel.ids import new_id
from tests.http.conftest import FLOW as BATCHES
from tests.http.conftest import TINY

FLOW = "contract:metro/flow_15min"
LISTS = ("search", "duties", "demands", "kept", "proposals", "waivers")


def sign_in(client: TestClient[Any], person: str) -> str:
    client.cookies.clear()
    assert client.post("/login", data={"persona": person}, follow_redirects=False).status_code == 303
    answer = client.get("/console/catalog")
    assert answer.status_code == 200, answer.text
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_who_has_not_signed_in_is_led_to_the_door(client: TestClient[Any]) -> None:
    answer = client.get("/console/catalog", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code in {303, 302, 401}
    assert "地铁分时客流" not in answer.text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_for_every_post(client: TestClient[Any], name: str, language: str) -> None:
    for person in ("chen", "zhou", "lin"):
        sign_in(client, person)
        answer = client.get(f"/console/catalog?list={name}&lang={language}")
        assert answer.status_code == 200, answer.text
        assert "catalog." not in re.sub(r"catalog\.(ttl|jsonld)", "", answer.text)


def test_a_search_shows_the_entry_and_its_page_shows_the_proof(client: TestClient[Any]) -> None:
    sign_in(client, "chen")
    found = client.get("/console/catalog", params={"q": "dtfs", "lang": "zh"}).text
    assert "地铁分时客流" in found
    assert "电梯状态" not in found
    page = client.get(f"/console/catalog/{FLOW}", params={"lang": "zh"}).text
    for part in ("登记凭证", "sha256:", "内容与存证一致", "有条件共享", "进站", "市政府"):
        assert part in page
    assert "/console/contracts/metro/flow_15min" not in page  # this post opens no contract
    sign_in(client, "zhou")
    assert "/console/contracts/metro/flow_15min" in client.get(f"/console/catalog/{FLOW}").text
    assert client.get("/console/catalog/contract:metro/none").status_code == 404


def test_every_entry_has_a_page_in_both_languages(client: TestClient[Any], instance: Instance) -> None:
    sign_in(client, "lin")
    for kind, index in instance.city_now().kinds():
        for ref in index if kind in {"contract", "indicator", "model", "scenario", "system", "source"} else ():
            for language in ("zh", "en"):
                assert client.get(f"/console/catalog/{ref}", params={"lang": language}).status_code == 200, ref


def test_a_demand_is_filed_by_anybody_and_closed_by_its_department_or_the_hub(client: TestClient[Any]) -> None:
    csrf = sign_in(client, "chen")
    assert client.post("/console/catalog/demands", data={"words": "x"}).status_code == 403
    sent = client.post("/console/catalog/demands", data={"csrf": csrf, "words": "站厅<b>温度</b>"})
    assert "站厅&lt;b&gt;温度" in sent.text
    assert "需求已登记" in sent.text
    close = re.search(r"/console/catalog/demands/[0-9a-f-]+/close", sent.text)
    assert close
    stranger = sign_in(client, "zhou")
    assert close[0] not in client.get("/console/catalog?list=demands").text
    assert client.post(close[0], data={"csrf": stranger, "ref": FLOW}).status_code == 403
    hub = sign_in(client, "lin")
    assert client.post(close[0], data={"csrf": hub, "ref": "contract:metro/none"}).status_code == 404
    assert "已办结" in client.post(close[0], data={"csrf": hub, "ref": FLOW}).text
    assert client.post(close[0], data={"csrf": hub, "ref": FLOW}).status_code == 404


def test_a_new_field_is_shown_to_its_provider_and_ignored_only_with_a_reason(
    client: TestClient[Any], headers: dict[str, str]
) -> None:
    row = {"slot_start": "2026-11-20T03:45:00Z", "station": "S1", "entries": 1, "exits": 1, "weather": "rain"}
    assert client.post(BATCHES, content=orjson.dumps(row), headers=headers).status_code == 201
    csrf = sign_in(client, "chen")
    form = {"contract": FLOW, "field": "weather", "reason": "闸机试验"}
    assert "weather" not in client.get("/console/catalog?list=proposals").text
    assert client.post("/console/catalog/proposals", data={**form, "csrf": csrf}).status_code == 403
    csrf = sign_in(client, "zhou")
    assert "- name: weather" in client.get("/console/catalog?list=proposals").text
    assert client.post("/console/catalog/proposals", data={**form, "reason": " ", "csrf": csrf}).status_code == 400
    done = client.post("/console/catalog/proposals", data={**form, "csrf": csrf}).text
    assert "- name: weather" not in done
    assert client.post("/console/catalog/proposals", data={**form, "csrf": csrf}).status_code == 404


def test_fields_of_what_is_not_shared_are_shown_to_provider_and_hub_only(
    client: TestClient[Any], instance: Instance, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "kept"))
    file = folder / "contracts" / "metro" / "lifts.odcs.yaml"
    basis = "{law: hangzhou-2021/9, text: {zh: 依法不予共享, en: not shared by law}}"
    text = file.read_text(encoding="utf-8").replace(
        "{property: share, value: conditional}",
        "{property: share, value: none}\n  - {property: share_basis, value: " + basis + "}",
    )
    file.write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert not loaded.errors, loaded.errors
    with instance.database.transaction() as connection:
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    for person, shown in (("chen", False), ("zhou", True), ("lin", True)):
        sign_in(client, person)
        assert ("changed_at" in client.get("/console/catalog/contract:metro/lifts").text) is shown
        assert bool(client.get("/api/v1/catalog/contract:metro/lifts").json()["fields"]) is shown
        assert "依法不予共享" in client.get("/console/catalog?list=kept&lang=zh").text


def test_a_waiver_is_listed_with_what_it_looked_like_and_why(
    client: TestClient[Any], instance: Instance, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(TINY, tmp_path / "twin"))
    twin = (folder / "contracts" / "metro" / "flow_15min.odcs.yaml").read_text(encoding="utf-8")
    twin = twin.replace("metro/flow_15min", "metro/passengers").replace("地铁分时客流", "站点进出客流")
    (folder / "contracts" / "metro" / "passengers.odcs.yaml").write_text(twin, encoding="utf-8")
    with instance.database.transaction() as connection:
        apply(connection, load(folder), "lin", instance.clock, new_id, reason="新闸机试点期间并行")
    instance.city.look()
    sign_in(client, "chen")
    page = client.get("/console/catalog?list=waivers").text
    for part in ("contract:metro/passengers", FLOW, "新闸机试点期间并行"):
        assert part in page
