"""Batches over HTTP: what is taken, what is refused, and that refusals say what to do."""

import errno
import io
import json
import os
from typing import Any

import polars as pl
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.instance import Instance
from citybrain.hub import credentials
from citybrain.hub.gate import Store
from citybrain.kernel.ids import new_id
from tests.http.conftest import FLOW


def row(station: str = "S1", entries: Any = 5, **more: Any) -> dict[str, Any]:
    return {"slot_start": "2026-11-20T08:15:00+08:00", "station": station, "entries": entries, "exits": 1, **more}


def ndjson(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(item) for item in rows).encode()


def post(client: TestClient, headers: dict[str, str], body: bytes, **more: str) -> Any:
    return client.post(
        FLOW, content=body, headers={**headers, **{key.replace("_", "-"): value for key, value in more.items()}}
    )


def test_a_batch_is_admitted_and_its_receipt_reconciles(client: TestClient, headers: dict[str, str]) -> None:
    answer = post(client, headers, ndjson(row("S1"), row("S2", -1), row("S3")), idempotency_key="a")
    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["received"], receipt["accepted"], receipt["set_aside"]) == (3, 2, 1)
    assert receipt["reasons"][0] | {"say": None} == {
        "row": 2, "field": "entries", "rule": "entries_range", "dimension": "accuracy", "value": "-1", "say": None,
    }  # fmt: skip
    assert len(receipt["evidence"]["sha256"]) == 64
    again = post(client, headers, ndjson(row("S1"), row("S2", -1), row("S3")), idempotency_key="a")
    assert (again.status_code, again.json()["repeated"], again.json()["batch"]) == (200, True, receipt["batch"])


def test_no_key_and_a_wrong_key_are_refused_alike_without_a_trace_of_content(
    client: TestClient, headers: dict[str, str], instance: Instance
) -> None:
    body = ndjson(row())
    for authorization in ("", "Bearer wrong", "Basic abc"):
        answer = post(client, headers | {"authorization": authorization}, body)
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert "www-authenticate" in answer.headers
        assert answer.json()["next_steps"]
    with instance.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM hub_batch WHERE contract LIKE '%metro%'").fetchone() == (0,)


def test_a_revoked_key_stops_at_once(client: TestClient, headers: dict[str, str], instance: Instance) -> None:
    assert post(client, headers, ndjson(row())).status_code == 201
    with instance.database.transaction() as connection:
        (key,) = [item for item in credentials.keys(connection) if item.system == "system:metro/afc"]
        credentials.revoke(connection, key.id, "test", instance.clock, new_id)
    assert post(client, headers, ndjson(row("S2"))).status_code == 401


def test_an_unknown_contract_is_answered_with_near_names(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/contracts/metro/flow_15mins/batches", content=ndjson(row()), headers=headers)
    assert answer.status_code == 404
    assert "contract:metro/flow_15min" in answer.json()["params"]["near"]
    assert "contract:metro/flow_15min" in " ".join(answer.json()["next_steps"])


def test_a_key_used_again_for_other_content_is_a_conflict(client: TestClient, headers: dict[str, str]) -> None:
    post(client, headers, ndjson(row("S1")), idempotency_key="k")
    answer = post(client, headers, ndjson(row("S2")), idempotency_key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "hub.key_reused")


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("application/x-ndjson", b"<html>no records</html>", "hub.nothing_readable"),
        ("application/x-ndjson", b"\x00\x01\x02\xff", "hub.nothing_readable"),
        ("application/vnd.apache.parquet", b"PAR1 cut off", "hub.body_unreadable"),
        ("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff", "hub.body_unreadable"),
        ("application/json", b'{"rows": [', "hub.body_unreadable"),
        ("application/json", b'"just a text"', "hub.no_list_of_records"),
        ("text/csv", b"slot_start,station,station\n1,2,3\n", "hub.heading_twice"),
        ("text/csv", b"a;b\n1;2\n", "hub.no_known_column"),
        ("text/csv; charset=utf-8", "slot_start,station\n1,地铁站\n".encode("gbk"), "hub.encoding_wrong"),
        ("text/csv; charset=klingon", b"slot_start\n1\n", "hub.encoding_unknown"),
        ("application/pdf", b"%PDF", "hub.format_unknown"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_reason_and_the_process_lives(
    client: TestClient, headers: dict[str, str], kind: str, body: bytes, code: str
) -> None:
    answer = post(client, headers | {"content-type": kind}, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code)
    assert problem["title"] != code
    assert problem["next_steps"]
    assert client.get("/healthz").status_code == 200
    assert post(client, headers, ndjson(row())).status_code == 201


def test_every_format_brings_the_same_rows(client: TestClient, headers: dict[str, str]) -> None:
    frame = pl.DataFrame([row("S1"), row("S2", 7)])
    parquet, arrow = io.BytesIO(), io.BytesIO()
    frame.write_parquet(parquet)
    frame.write_ipc_stream(arrow)
    bodies = {
        "application/x-ndjson": frame.write_ndjson().encode(),
        "application/json": json.dumps({"rows": frame.to_dicts()}).encode(),
        "text/csv": frame.write_csv().encode(),
        "text/csv; charset=gb18030": frame.write_csv().encode("gb18030"),
        "text/csv; charset=utf-16": frame.write_csv().encode("utf-16"),
        "application/vnd.apache.parquet": parquet.getvalue(),
        "application/vnd.apache.arrow.stream": arrow.getvalue(),
    }
    for kind, body in bodies.items():
        answer = post(client, headers | {"content-type": kind}, body)
        assert (answer.status_code, answer.json()["accepted"]) == (201, 2), kind


def test_hostile_values_cost_their_rows_and_nothing_else(client: TestClient, headers: dict[str, str]) -> None:
    lines = [
        json.dumps(row("S1")),
        json.dumps(row("S2")).replace(": 5", ": 1e309"),
        json.dumps(row("S3")).replace(": 5", ": 9007199254740993"),
        json.dumps(row("S4", "=cmd|' /C calc'!A0")),
        json.dumps(row("<script>alert(1)</script>")),
        json.dumps(row("S6\u0000")),
        '{"station": ' + "[" * 5_000 + "}",
        json.dumps(row("S7", note="x" * 250_000)),
    ]
    receipt = post(client, headers, "\n".join(lines).encode()).json()
    assert (receipt["received"], receipt["accepted"]) == (8, 1)
    assert {reason["row"]: reason["rule"] for reason in receipt["reasons"]} == {
        2: "entries_type", 3: "entries_range", 4: "entries_type", 5: "station_pattern", 6: "station_type",
        7: "line_not_json", 8: "line_too_long",
    }  # fmt: skip


def test_a_body_above_the_limit_is_refused_before_it_is_read(client: TestClient, headers: dict[str, str]) -> None:
    answer = post(client, headers, b" " * 2_000_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "edge.body_too_large")


def test_unknown_fields_are_named_not_taken(client: TestClient, headers: dict[str, str]) -> None:
    receipt = post(client, headers, ndjson(row(colour="red"))).json()
    assert (receipt["accepted"], receipt["unknown_fields"]) == (1, ["colour"])


def test_a_full_disk_is_told_as_unavailable_nothing_is_left_behind_and_it_passes(
    client: TestClient, headers: dict[str, str], instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = ndjson(*(row(f"S{n}", n) for n in range(3)))
    monkeypatch.setattr(instance.gate, "_store", Store(instance.settings.home / "payloads", inline_bytes=0))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        refused = post(client, headers, body, idempotency_key="full")
    assert (refused.status_code, refused.json()["code"]) == (503, "kernel.disk_full")
    assert refused.headers["retry-after"]
    assert not [path for path in (instance.settings.home / "payloads").rglob("*") if path.is_file()]
    admitted = post(client, headers, body, idempotency_key="full")
    assert (admitted.status_code, admitted.json()["accepted"]) == (201, 3)
