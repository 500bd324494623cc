"""The catalogue over HTTP: who finds what, the registration proof, the DCAT feed, lineage in and out."""

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
import rdflib
from litestar.testing import TestClient
from pyshacl import validate

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.kernel.ids import new_id
from citybrain.safeguards import evidence
from tests.http.conftest import FLOW as BATCHES
from tests.http.conftest import TINY

FLOW = "contract:metro/flow_15min"
DIVISIONS = "contract:base/divisions"
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix ex: <urn:shapes:> .
ex:Catalog a sh:NodeShape ; sh:targetClass dcat:Catalog ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:uniqueLang true ; sh:nodeKind sh:Literal ] ,
    [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ,
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ,
    [ sh:path dcat:dataset ; sh:minCount 1 ; sh:class dcat:Dataset ] .
ex:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ;
  sh:property [ sh:path dct:title ; sh:minCount 1 ; sh:uniqueLang true ; sh:nodeKind sh:Literal ] ,
    [ sh:path dct:description ; sh:minCount 1 ; sh:nodeKind sh:Literal ] ,
    [ sh:path dct:publisher ; sh:minCount 1 ; sh:maxCount 1 ; sh:class foaf:Agent ] ,
    [ sh:path dcat:distribution ; sh:class dcat:Distribution ] .
ex:Distribution a sh:NodeShape ; sh:targetClass dcat:Distribution ;
  sh:property [ sh:path dcat:accessURL ; sh:minCount 1 ; sh:nodeKind sh:IRI ] .
ex:Agent a sh:NodeShape ; sh:targetClass foaf:Agent ;
  sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:nodeKind sh:Literal ] .
"""


@pytest.fixture
def key(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def sign_in(client: TestClient[Any], person: str) -> None:
    assert client.post("/login", data={"persona": person}, follow_redirects=False).status_code == 303


def refs(client: TestClient[Any], **asked: str) -> list[str]:
    answer = client.get("/api/v1/catalog", params=asked)
    assert answer.status_code == 200, answer.text
    return [entry["ref"] for entry in answer.json()["entries"]]


def test_nobody_searches_without_signing_in_and_anybody_who_has_does(client: TestClient[Any]) -> None:
    assert client.get("/api/v1/catalog").status_code == 401
    assert client.get(f"/api/v1/catalog/{FLOW}").status_code == 401
    sign_in(client, "chen")
    assert refs(client, q="dtfs", kind="contract") == [FLOW]
    assert refs(client, q="客流", owner="dept:government") == []


def test_a_page_has_total_facets_and_is_cut_by_start_and_rows(client: TestClient[Any], key: dict[str, str]) -> None:
    whole = client.get("/api/v1/catalog", headers=key).json()
    assert whole["total"] == len(whole["entries"]) == sum(whole["facets"]["kind"].values())
    second = client.get("/api/v1/catalog?start=1&rows=2", headers=key).json()
    assert second["entries"] == whole["entries"][1:3]
    assert client.get("/api/v1/catalog?start=100000", headers=key).json()["entries"] == []


@pytest.mark.parametrize("asked", ["start=-1", "rows=x", "rows=1.5", "start=%00", "rows=１"])
def test_a_wrong_number_is_told_and_no_fault_of_the_house(
    client: TestClient[Any], key: dict[str, str], asked: str
) -> None:
    answer = client.get(f"/api/v1/catalog?{asked}", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "catalog.number_wrong")


@pytest.mark.parametrize("q", ["%00", "'; DROP TABLE hub_catalog_entry --", "%25%25", "\\", "\U0001f600" * 300])
def test_hostile_words_are_only_words(client: TestClient[Any], key: dict[str, str], q: str) -> None:
    assert client.get("/api/v1/catalog", params={"q": q, "owner": q, "kind": q}, headers=key).status_code == 200
    assert client.get(f"/api/v1/catalog?q={q}", headers=key).status_code == 200


def test_an_entry_tells_its_elements_lineage_and_the_proof_of_its_registration(
    client: TestClient[Any], instance: Instance
) -> None:
    sign_in(client, "lin")
    with instance.database.transaction() as connection:
        evidence.seal(connection)
    entry = client.get(f"/api/v1/catalog/{FLOW}").json()
    assert entry["name"] == {"zh": "地铁分时客流", "en": "Metro flow"}
    assert (entry["share"], entry["open"], entry["cycle_seconds"]) == ("conditional", False, 900)
    assert [item["ref"] for item in entry["lineage"]["up"]] == ["system:metro/afc"]
    assert entry["consumers"] == ["dept:government"]
    proof = entry["proof"]
    assert proof["registration"].endswith(f"-{int(proof['registration'][-6:]):06d}")
    assert proof["evidence"]["holds"]
    assert proof["evidence"]["sequence"] > 0
    assert client.get("/api/v1/catalog/contract:metro/none").json()["code"] == "catalog.entry_unknown"


def test_a_number_for_others_is_in_no_answer(
    client: TestClient[Any], instance: Instance, key: dict[str, str], tmp_path: Path
) -> None:
    lifts = "indicator:metro.lifts_stopped"
    folder = Path(shutil.copytree(TINY, tmp_path / "narrow"))
    file = folder / "indicators" / "metro.lifts_stopped.yaml"
    text = file.read_text(encoding="utf-8").replace("owner: dept:metro", "owner: dept:government")
    file.write_text(f"{text}\naudience: {{posts: [city_leader]}}\n", encoding="utf-8")
    sign_in(client, "lin")
    for path in ("/api/v1/catalog?rows=1000", f"/api/v1/catalog/{FLOW}", "/catalog.ttl", "/api/action/package_list"):
        assert "lifts_stopped" in client.get(path).text or path.endswith(FLOW)
    with instance.database.transaction() as connection:
        loaded = load(folder)
        apply(connection, loaded, "test", instance.clock, new_id)
    instance.city.look()
    for path in ("/api/v1/catalog?rows=1000", f"/api/v1/catalog/{FLOW}", "/catalog.ttl", "/api/action/package_list"):
        assert "lifts_stopped" not in client.get(path).text
        assert "lifts_stopped" not in client.get(path, headers=key).text
    assert client.get(f"/api/v1/catalog/{lifts}").status_code == 404


def test_without_sign_in_the_feed_lists_only_what_is_open(client: TestClient[Any], instance: Instance) -> None:
    contracts = instance.city_now().contracts
    graph = rdflib.Graph().parse(data=client.get("/catalog.ttl").text, format="turtle")
    ids = {str(value) for value in graph.objects(None, rdflib.DCTERMS.identifier) if ":" in str(value)}
    assert ids == {ref for ref, item in contracts.items() if item.open}
    assert client.get("/dataset/contract--metro--flow_15min.ttl").status_code == 404


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("form", "parser"), [("ttl", "turtle"), ("jsonld", "json-ld")])
def test_the_feed_is_valid_and_says_the_same_in_both_forms(
    client: TestClient[Any], key: dict[str, str], form: str, parser: str
) -> None:
    answer = client.get(f"/catalog.{form}", headers=key)
    assert answer.status_code == 200
    graph = rdflib.Graph().parse(data=answer.text, format=parser)
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    assert len(set(graph.subjects(rdflib.RDF.type, dcat.Dataset))) >= 3
    conforms, _, report = validate(graph, shacl_graph=rdflib.Graph().parse(data=SHAPES, format="turtle"))
    assert conforms, report
    other = client.get("/catalog.ttl", headers=key).text
    assert set(graph) == set(rdflib.Graph().parse(data=other, format="turtle"))
    beyond = client.get(f"/catalog.{form}?page=99", headers=key)
    assert beyond.status_code == 200


def test_the_shapes_find_a_data_set_without_title(client: TestClient[Any], key: dict[str, str]) -> None:
    graph = rdflib.Graph().parse(data=client.get("/catalog.ttl", headers=key).text, format="turtle")
    dcat = rdflib.Namespace("http://www.w3.org/ns/dcat#")
    victim = next(graph.subjects(rdflib.RDF.type, dcat.Dataset))
    graph.remove((victim, rdflib.DCTERMS.title, None))
    assert not validate(graph, shacl_graph=rdflib.Graph().parse(data=SHAPES, format="turtle"))[0]


def test_one_data_set_in_both_forms_and_nothing_else(client: TestClient[Any], key: dict[str, str]) -> None:
    turtle = client.get("/dataset/contract--metro--flow_15min.ttl", headers=key)
    assert "地铁分时客流" in turtle.text
    assert turtle.headers["content-type"].startswith("text/turtle")
    linked = client.get("/dataset/contract--metro--flow_15min.jsonld", headers=key).json()
    assert linked["@graph"][0]["dct:identifier"][1] == FLOW
    for name in ("contract--metro--flow_15min.exe", "contract--metro--none.ttl", "system--metro--afc.ttl"):
        assert client.get(f"/dataset/{name}", headers=key).status_code == 404


def event(**more: Any) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE", "eventTime": "2026-11-20T04:00:00Z", "producer": "urn:spark",
        "run": {"runId": str(new_id())}, "job": {"namespace": "spark", "name": "daily"},
        "inputs": [{"namespace": "citybrain:tiny", "name": FLOW}], "outputs": [{"namespace": "lake", "name": "t"}],
        **more,
    }  # fmt: skip


def test_an_event_of_another_engine_is_kept_and_listed_to_who_sent_it(
    client: TestClient[Any], key: dict[str, str]
) -> None:
    sent = event()
    assert client.post("/api/v1/lineage", json=sent, headers=key).status_code == 201
    listed = client.get(f"/api/v1/lineage?from=received&about={FLOW}", headers=key).json()["events"]
    assert listed == [sent]
    assert client.get("/api/v1/lineage?from=received&about=x", headers=key).json()["events"] == []
    assert client.post("/api/v1/lineage", json=sent).status_code == 401
    sign_in(client, "zhou")
    assert client.get("/api/v1/lineage?from=received").json()["events"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"eventTime": "yesterday"}, "eventTime"), ({"eventTime": "2026-11-20T04:00:00"}, "eventTime"),
        ({"run": {"runId": "7"}}, "run.runId"), ({"run": None}, "run.runId"), ({"job": {"name": "x"}}, "job"),
        ({"inputs": "x"}, "inputs"), ({"outputs": [{"name": "x"}]}, "outputs"), ({"producer": 3}, "producer"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_with_the_field(
    client: TestClient[Any], key: dict[str, str], wrong: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/lineage", json=event(**wrong), headers=key)
    assert (answer.status_code, answer.json()["params"]) == (400, {"field": field})
    assert client.post("/api/v1/lineage", content=b"[1", headers=key).status_code == 400


def test_an_admission_is_an_event_with_the_verdict_of_its_rules(
    client: TestClient[Any], headers: dict[str, str], key: dict[str, str]
) -> None:
    now = "2026-11-20T03:45:00Z"
    lines = [
        {"slot_start": now, "station": "S1", "entries": 1, "exits": 1},
        {"slot_start": now, "station": "S2", "entries": -1, "exits": 1},
    ]
    receipt = client.post(BATCHES, content=b"\n".join(map(orjson.dumps, lines)), headers=headers).json()
    (told,) = client.get(f"/api/v1/lineage?contract={FLOW}", headers=key).json()["events"]
    assert told["run"]["runId"] == receipt["batch"]
    assert told["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 1
    assertions = told["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    failed = [item["assertion"] for item in assertions if not item["success"]]
    assert failed == [receipt["broken_rules"][0]["rule"]]
    sign_in(client, "chen")  # no post of the hub
    assert client.get(f"/api/v1/lineage?contract={FLOW}").json()["events"] == []
