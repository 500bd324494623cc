"""Clients of CKAN's action API read the catalogue unchanged; whatever writes is told where to write."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st
from litestar.testing import TestClient

FLOW = "contract--metro--flow_15min"


@pytest.fixture
def token(secret: str) -> dict[str, str]:
    return {"authorization": secret}  # CKAN's clients send it bare


def ask(client: TestClient[Any], action: str, token: dict[str, str], **values: Any) -> Any:
    answer = client.post(f"/api/action/{action}", json=values, headers=token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["result"]


def test_both_paths_and_both_methods_give_the_same(client: TestClient[Any], token: dict[str, str]) -> None:
    answers = [
        client.post("/api/action/package_show", json={"id": FLOW}, headers=token),
        client.post("/api/3/action/package_show", data={"id": FLOW}, headers=token),
        client.get(f"/api/action/package_show?id={FLOW}", headers=token),
        client.get(
            f"/api/3/action/package_show?id={FLOW}", headers={"authorization": f"Bearer {token['authorization']}"}
        ),
    ]
    results = [answer.json()["result"] for answer in answers]
    assert all(result == results[0] for result in results)
    assert (results[0]["title"], results[0]["owner_org"]) == ("地铁分时客流", "metro")


def test_every_package_listed_can_be_shown_with_its_resources(client: TestClient[Any], token: dict[str, str]) -> None:
    names = ask(client, "package_list", token)
    assert FLOW in names
    for name in names:
        shown = ask(client, "package_show", token, id=name)
        assert shown["name"] == name
        for resource in shown["resources"]:
            assert ask(client, "resource_show", token, id=resource["id"]) == resource
    assert ask(client, "package_list", token, limit=1, offset=1) == names[1:2]


def test_pages_end_with_an_empty_one(client: TestClient[Any], token: dict[str, str]) -> None:
    seen: list[str] = []
    while page := ask(client, "package_search", token, start=len(seen), rows=2)["results"]:
        seen += [package["name"] for package in page]
    assert sorted(seen) == ask(client, "package_list", token)
    assert ask(client, "package_search", token, start=10**9)["results"] == []


def test_search_narrows_sorts_and_counts(client: TestClient[Any], token: dict[str, str]) -> None:
    found = ask(client, "package_search", token, q="*:*", rows=1000)
    assert found["count"] == len(found["results"])
    metro = ask(client, "package_search", token, fq='organization:"metro" +type:contract', rows=1000)
    assert {package["owner_org"] for package in metro["results"]} == {"metro"}
    faceted = ask(client, "package_search", token, **{"facet.field": ["organization"], "rows": 0})
    assert faceted["facets"]["organization"]["metro"] >= metro["count"]
    assert faceted["search_facets"]["organization"]["title"] == "organization"
    by_name = ask(client, "package_search", token, sort="metadata_modified desc", rows=1000)
    assert by_name["count"] == found["count"]
    assert ask(client, "package_search", token, q="客流 dtfs")["results"][0]["name"] == FLOW


def test_organisations_tags_and_status(client: TestClient[Any], token: dict[str, str]) -> None:
    names = ask(client, "organization_list", token)
    full = ask(client, "organization_list", token, all_fields=True)
    assert [item["name"] for item in full] == names
    shown = ask(client, "organization_show", token, id="metro", include_datasets=True)
    assert shown["package_count"] == len(shown["packages"])
    assert ask(client, "site_read", token) is True
    assert ask(client, "status_show", token)["site_title"] == "小城"
    assert ask(client, "group_list", token) == []
    assert isinstance(ask(client, "tag_list", token), list)


def test_without_a_token_only_what_is_open_exists(client: TestClient[Any]) -> None:
    assert ask(client, "package_list", {}) == ["contract--base--divisions"]
    answer = client.post("/api/action/package_show", json={"id": FLOW})
    assert (answer.status_code, answer.json()["error"]["__type"]) == (404, "Not Found Error")
    refused = client.post("/api/action/package_list", headers={"authorization": "wrong"})
    assert (refused.status_code, refused.json()["error"]["__type"]) == (403, "Authorization Error")


@pytest.mark.parametrize("action", ["package_create", "resource_update", "organization_delete", "datastore_upsert"])
def test_writing_is_refused_in_words_clients_know(client: TestClient[Any], token: dict[str, str], action: str) -> None:
    answer = client.post(f"/api/action/{action}", json={}, headers=token)
    assert answer.status_code == 403
    assert answer.json()["error"]["__type"] == "Authorization Error"
    assert "citybrain apply" in answer.json()["error"]["message"]
    multipart = client.post("/api/action/resource_create", files={"upload": b"x"}, headers=token)
    assert multipart.status_code == 403


def test_rows_are_not_here_and_the_answer_says_where(client: TestClient[Any], token: dict[str, str]) -> None:
    answer = client.post("/api/action/datastore_search", json={"resource_id": f"{FLOW}.csv"}, headers=token)
    assert answer.status_code == 403
    assert "/api/v1/contracts/metro/flow_15min/rows" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("action", "values", "status", "kind"),
    [
        ("package_show", {}, 409, "Validation Error"), ("package_show", {"id": "x"}, 404, "Not Found Error"),
        ("package_show", {"id": ["x"]}, 409, "Validation Error"), ("nonsense", {}, 400, "Bad Request"),
        ("package_search", {"rows": "many"}, 409, "Validation Error"),
        ("package_search", {"sort": "price asc"}, 409, "Validation Error"),
        ("package_search", {"fq": "author:me"}, 409, "Validation Error"),
        ("package_search", {"fq": "drop table"}, 409, "Validation Error"),
        ("resource_show", {"id": f"{FLOW}.xls"}, 404, "Not Found Error"),
        ("organization_show", {"id": "nobody"}, 404, "Not Found Error"),
    ],
)  # fmt: skip
def test_a_wrong_call_gets_the_error_its_client_understands(
    client: TestClient[Any], token: dict[str, str], action: str, values: dict[str, Any], status: int, kind: str
) -> None:
    answer = client.post(f"/api/action/{action}", json=values, headers=token)
    assert (answer.status_code, answer.json()["success"], answer.json()["error"]["__type"]) == (status, False, kind)


@given(
    action=st.sampled_from(["package_search", "package_show", "package_list", "organization_show", "resource_show"]),
    values=st.dictionaries(
        st.sampled_from(["q", "fq", "fq_list", "sort", "start", "rows", "facet.field", "id", "limit", "offset"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20) | st.lists(st.text(max_size=5), max_size=3),
        max_size=5,
    ),
)  # fmt: skip
@trials(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_parameter_is_a_fault_of_the_house(
    client: TestClient[Any], token: dict[str, str], action: str, values: dict[str, Any]
) -> None:
    answer = client.post(f"/api/3/action/{action}", json=values, headers=token)
    assert answer.status_code < 500, answer.text
    assert client.post(f"/api/3/action/{action}", content=b"{", headers=token).status_code == 400
