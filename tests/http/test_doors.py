"""Every door: shut for strangers, forms of our own only, and nothing said that should not be."""

import io
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.errors import AccessRefused, NotAuthenticated
from citybrain.kernel.ids import new_id
from citybrain.kernel.telemetry import start_logging
from citybrain.web.app import HEADERS
from citybrain.web.application import make_application
from citybrain.web.cockpit.streams import END, Board
from citybrain.web.sessions import COOKIE, Visit, sign_in, viewer_in
from tests.http.conftest import FLOW, TINY

# What anybody may open: of the catalogue only what is open to the public, as CKAN and DCAT clients expect it.
FEEDS = {"/catalog.ttl", "/catalog.jsonld", "/dataset/{name}", "/api/action/{action}", "/api/3/action/{action}"}
OPEN = {"/login", "/healthz", "/readyz", "/static/{path}", "/openapi.json", "/metrics", "/r1/keys", *FEEDS}
ID = "0190f3f0-0000-7000-8000-000000000000"
NAMES = {
    "department": "metro", "resource": "flow_15min", "name": "metro.entries", "topic": "cockpit.city", "batch": ID,
    "row": "1", "field": "station", "kind": "plate", "task_id": ID, "path": "x.js", "number": ID,
    "export": ID, "subscription": ID, "call": ID, "bulk_read": ID, "use": ID,
}  # fmt: skip
Client = TestClient[Any]


def doors(client: Client) -> list[tuple[str, str]]:
    """List method and path of every route."""
    return [
        (method, route.path_format)
        for route in client.app.routes
        for method in sorted(getattr(route, "methods", ()))
        if method not in {"OPTIONS", "HEAD"}
    ]


def at(path: str, **more: str) -> str:
    for name, value in {**NAMES, **more}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


@pytest.fixture
def signed_in(client: Client, instance: Instance) -> Client:
    client.cookies.set(COOKIE, sign_in(instance, "lin"))
    return client


def csrf(client: Client, instance: Instance) -> str:
    return viewer_in(instance, dict(client.cookies)).csrf


def test_every_route_is_an_open_door_or_shut_for_strangers(client: Client) -> None:
    found = doors(client)
    assert len(found) > 20
    for method, path in found:
        for accept in ("*/*", "text/html"):
            answer = client.request(method, at(path), headers={"accept": accept}, follow_redirects=False)
            if path in OPEN:
                assert answer.status_code not in {401, 500}, path
                continue
            shut = answer.status_code == 401 or answer.headers.get("location", "").startswith("/login")
            onward = path in {"/console", "/cockpit"} and answer.headers.get("location", "").startswith("/")
            assert shut or onward, (method, path, accept, answer.status_code)


def test_every_form_refuses_a_token_that_is_missing_or_foreign(signed_in: Client, instance: Instance) -> None:
    elsewhere = ("/api/", "/login", "/r1/")
    forms = [path for method, path in doors(signed_in) if method == "POST" and not path.startswith(elsewhere)]
    assert len(forms) >= 4
    foreign = sign_in(instance, "zhou")
    theirs = viewer_in(instance, {COOKIE: foreign}).csrf
    for path in forms:
        for data in ({}, {"csrf": ""}, {"csrf": theirs}):
            answer = signed_in.post(at(path), data={"x": "1", **data}, follow_redirects=False)
            assert answer.status_code in {403, 404}, (path, data, answer.text)
    assert viewer_in(instance, dict(signed_in.cookies)).viewer.person == "lin"  # nobody was signed out either


def test_a_form_of_a_foreign_page_does_not_sign_anybody_in(client: Client) -> None:
    for site in ("cross-site", "same-site"):
        answer = client.post(
            "/login", data={"persona": "lin"}, headers={"sec-fetch-site": site}, follow_redirects=False
        )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    own = client.post(
        "/login", data={"persona": "lin"}, headers={"sec-fetch-site": "same-origin"}, follow_redirects=False
    )
    assert own.status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: Client, instance: Instance) -> None:
    cookie = client.post("/login", data={"persona": "lin"}, follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # on loopback; behind an encrypted address it is
    object.__setattr__(
        instance, "settings", instance.settings.model_copy(update={"public_url": "https://city.example"})
    )
    cookie = client.post("/login", data={"persona": "lin"}, follow_redirects=False).headers["set-cookie"].lower()
    assert "secure" in cookie


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil.example", "evil",
     "javascript:alert(1)", "/\r\nset-cookie: a=b", "/..//evil.example", "/\x00", ""],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    answer = client.post("/login", data={"persona": "lin", "next": elsewhere}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = client.get("/login", params={"next": elsewhere}, headers={"accept": "text/html"})
    assert "evil.example" not in page.text.replace("lang=en", "").split("<form", 1)[-1]
    kept = client.post("/login", data={"persona": "lin", "next": "/tasks?tab=done"}, follow_redirects=False)
    assert kept.headers["location"] == "/tasks?tab=done"


def test_the_demo_door_is_there_only_for_a_demo_on_this_machine(instance: Instance, client: Client) -> None:
    told = instance.settings
    for change in ({"demo": False}, {"host": "0.0.0.0"}, {"host": "10.0.0.7"}, {"host": "example.org"}, {"host": "::"}):
        object.__setattr__(instance, "settings", told.model_copy(update=change))
        with pytest.raises(AccessRefused):
            sign_in(instance, "lin")
        assert client.post("/login", data={"persona": "lin"}).status_code == 403
        assert "林运维" not in client.get("/login", headers={"accept": "text/html"}).text
    for host in ("127.0.0.1", "::1", "localhost"):
        object.__setattr__(instance, "settings", told.model_copy(update={"host": host}))
        assert sign_in(instance, "lin")


def city_without(instance: Instance, folder: Path, file: str, old: str, new: str) -> None:
    """Apply the tiny city with one text of it changed."""
    for path in TINY.rglob("*"):
        if path.is_file():
            place = folder / path.relative_to(TINY)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    changed = folder / file
    text = changed.read_text()
    assert old in text
    changed.write_text(text.replace(old, new))
    with instance.database.transaction() as connection:
        apply(connection, load(folder), "test", instance.clock, new_id)
    instance.city.look()


def test_a_session_ends_with_the_person_who_is_removed(signed_in: Client, instance: Instance, tmp_path: Path) -> None:
    assert signed_in.get("/tasks").status_code == 200
    city_without(instance, tmp_path / "city", "departments/data-bureau.yaml", "person: lin, ", "person: someone-else, ")
    assert signed_in.get("/tasks", follow_redirects=False).status_code == 401
    with pytest.raises(NotAuthenticated):
        viewer_in(instance, dict(signed_in.cookies))


def _read(board: Board, visit: Visit) -> Any:
    """Open a stream as the server does, and collect what is put into it."""

    class Loop:
        def call_soon_threadsafe(self, call: Any, *given: Any) -> None:
            call(*given)

    _, reader = board.join("city", visit, "zh", Loop())  # type: ignore[arg-type]  # all a reader needs of a loop
    return reader


def _until(true: Any, seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not true():
        time.sleep(0.05)
    return bool(true())


def test_an_open_stream_ends_with_its_session_and_with_the_post(
    client: Client, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citybrain.web.cockpit.streams.LEAVE_S", 0.0)
    board: Board = client.app.state.board
    people = {person: sign_in(instance, person) for person in ("lin", "zhou", "chen")}
    readers = {person: _read(board, viewer_in(instance, {COOKIE: secret})) for person, secret in people.items()}
    client.cookies.set(COOKIE, people["zhou"])
    client.post("/logout", data={"csrf": csrf(client, instance)})
    assert _until(lambda: END in readers["zhou"].waiting)
    assert END not in readers["lin"].waiting
    city_without(instance, tmp_path / "city", "departments/data-bureau.yaml", "person: lin, ", "person: someone-else, ")
    assert _until(lambda: END in readers["lin"].waiting)
    assert END not in readers["chen"].waiting


def test_what_a_post_may_not_see_is_absent_from_page_interface_table_and_stream(
    client: Client, instance: Instance, tmp_path: Path
) -> None:
    city_without(
        instance, tmp_path / "city", "indicators/metro.lifts_stopped.yaml", "better: lower",
        "better: lower\naudience: {posts: [metro_dispatcher]}",
    )  # fmt: skip
    names = ("停运电梯", "lifts_stopped", "Lifts out of order")
    board: Board = client.app.state.board
    for person, sees in (("chen", False), ("zhou", True)):
        secret = sign_in(instance, person)
        client.cookies.set(COOKIE, secret)
        stream = " ".join(_read(board, viewer_in(instance, {COOKIE: secret})).waiting.values())
        pages = client.get("/cockpit/city").text + client.get("/cockpit/city?lang=en").text
        for said in (pages, stream):
            assert any(name in said for name in names) is sees, person
        for address in ("/indicator/{}", "/api/v1/indicators/{}", "/api/v1/indicators/{}?format=csv"):
            answer = client.get(address.format("metro.lifts_stopped"))
            assert (answer.status_code == 200) is sees
            assert client.get(address.format("metro.no_such")).status_code == 404
            if not sees:
                assert answer.status_code == 404
                assert "停运" not in answer.text
    client.cookies.clear()


def test_every_answer_keeps_the_page_to_itself(signed_in: Client) -> None:
    asked = [
        signed_in.get("/healthz"),
        signed_in.get("/tasks"),
        signed_in.get("/nowhere"),
        signed_in.put("/login"),
        signed_in.get("/static/nothing.js"),
        signed_in.get("/console/batches/not-an-id"),
        signed_in.get("/", follow_redirects=False),
        signed_in.get("/openapi.json"),
        signed_in.post(FLOW, content=b"x"),
    ]
    files = list((Path(__file__).parents[2] / "src/citybrain/web/static").rglob("*.js"))[:1]
    asked += [signed_in.get(f"/static/{path.relative_to(path.parents[1])}") for path in files if path.parent.name]
    for answer in asked:
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (answer.request.url, name)


JUNK = ("%00", "%ED%A0%80", "9" * 40, "-1", "x" * 2000, "%27%22%3Cscript%3E", "%FF", "%0A", "2026-13-45", "NaN")


def test_no_address_however_odd_breaks_anything(signed_in: Client) -> None:
    source = Path(__file__).parents[2] / "src/citybrain/web"
    asked = {name for file in source.rglob("*.py") for name in re.findall(r'query_params\S*?"(\w+)"', file.read_text())}
    asked |= {"grain", "split", "key"}
    assert len(asked) > 8
    for method, path in doors(signed_in):
        if method != "GET" or "topic" in path or "static" in path:
            continue
        tried = [f"{at(path)}?{'&'.join(f'{name}={junk}' for name in sorted(asked))}" for junk in JUNK]
        for name in NAMES:
            if f"{{{name}}}" in path:
                tried += [at(path, **{name: junk}) for junk in JUNK]
        for address in tried:
            answer = signed_in.get(address, headers={"accept": "text/html"}, follow_redirects=False)
            assert answer.status_code < 500, (address[:200], answer.text[-300:])
            if answer.headers["content-type"].startswith("text/html"):
                assert "<script>" not in answer.text


def test_forms_full_of_junk_are_answered_not_broken(signed_in: Client, instance: Instance) -> None:
    token = csrf(signed_in, instance)
    fields = ("to", "text", "note", "title", "department", "due", "days", "act", "reason", "entries", "station", "next")
    for junk in ("\x00", "\ud83d", "9" * 40, "x" * 20_000, "=1+1", "'"):
        data = {"csrf": token, **{name: junk.encode("utf-8", "replace").decode() for name in fields}}
        for method, path in doors(signed_in):
            if method == "POST" and not path.startswith(("/api/", "/logout")):
                for row in ("1", "9" * 40):
                    answer = signed_in.post(at(path, row=row), data=data, follow_redirects=False)
                    assert answer.status_code < 500, (path, junk[:10], answer.text[-300:])


def test_names_nobody_can_write_down_cost_nothing(client: Client, headers: dict[str, str]) -> None:
    good = {"slot_start": "2026-11-20T08:15:00+08:00", "station": "S1", "entries": 1, "exits": 1}
    for line in (
        json.dumps({**good, "x\x00": 1}),
        json.dumps({**good, "\ud800": 1}),
        json.dumps({**good, "station": "\ud800"}),
        json.dumps({**good, "station": [[[0]] * 3, "\udfff"]}),
        '{"station":' + "[" * 900 + "]" * 900 + "}",
    ):
        for body in (line, line + "\nno json"):
            answer = client.post(FLOW, content=body.encode(), headers=headers)
            assert answer.status_code in {201, 422}, answer.text
            found = answer.json()
            if answer.status_code == 201:
                assert found["received"] == found["accepted"] + found["set_aside"]


def test_a_body_in_an_encoding_that_is_none_is_refused_in_every_format(client: Client, headers: dict[str, str]) -> None:
    for media in ("application/x-ndjson", "application/json", "text/csv"):
        for charset in ("klingon", "undefined", "hex", "unicode_escape"):
            kind = {"content-type": f"{media}; charset={charset}; version=1"}
            answer = client.post(FLOW, content=b"{}", headers=headers | kind)
            assert (answer.status_code, answer.json()["code"]) == (422, "hub.encoding_unknown")


def test_answers_are_as_the_description_says(client: Client, headers: dict[str, str]) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    routes = {path for method, path in doors(client) if path.startswith(("/api/", "/r1/calls/"))} - FEEDS
    assert set(described["paths"]) == routes

    def check(name: str, answer: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(answer.json())

    good = b'{"slot_start":"2026-11-20T08:15:00+08:00","station":"S1","entries":1,"exits":1}\n'
    check("Receipt", client.post(FLOW, content=good + b"{}\nx", headers=headers))
    check("Receipt", client.post(FLOW, content=b"", headers=headers))
    for refused in (
        client.post(FLOW, content=good),
        client.post(FLOW, content=b"x", headers=headers),
        client.get("/x"),
    ):
        check("Problem", refused)


def test_metrics_count_what_came_and_name_no_value(client: Client, headers: dict[str, str]) -> None:
    good = b'{"slot_start":"2026-11-20T08:15:00+08:00","station":"S777","entries":1,"exits":1}\n{"station":"S778"}'
    client.post(FLOW, content=good, headers=headers)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    values = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    of = '{contract="contract:metro/flow_15min",status="admitted"}'
    assert [values[f"citybrain_rows_{name}_total{of}"] for name in ("received", "accepted", "set_aside")] == [
        "2",
        "1",
        "1",
    ]
    assert values['citybrain_log_lag{indicator="indicator:metro.entries"}'] == "1"
    assert int(values["citybrain_evidence_unsealed"]) > 0
    assert "S77" not in answer.text


@pytest.fixture
def log_of() -> Iterator[io.StringIO]:
    """Everything this process writes to its log, in the form of production."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    logging.getLogger().addHandler(handler)
    import structlog  # noqa: PLC0415  # only this fixture changes it

    kept = structlog.get_config()
    with redirect_stderr(heard):
        start_logging("json", "debug")
        structlog.configure(cache_logger_on_first_use=False)
        yield heard
    structlog.configure(**kept)
    logging.getLogger().removeHandler(handler)


def test_the_log_holds_no_key_no_cookie_and_no_value(
    instance: Instance, headers: dict[str, str], log_of: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "SVERYSECRETVALUE"
    body = json.dumps({"slot_start": "2026-11-20T08:15:00+08:00", "station": secret, "entries": 1, "exits": 1}).encode()
    with TestClient(make_application(instance), raise_server_exceptions=False) as client:
        cookie = sign_in(instance, "lin")
        client.cookies.set(COOKIE, cookie)
        client.post(FLOW, content=body, headers=headers)
        client.post(FLOW, content=body, headers={**headers, "authorization": "Bearer cbk_wrong-secret"})

        def bug(*_: Any, **__: Any) -> None:
            raise ValueError(f"cannot take {secret}")

        monkeypatch.setattr("citybrain.hub.gate.judge", bug)
        answer = client.post(FLOW, content=body, headers=headers)
        monkeypatch.setattr("citybrain.web.cockpit.boards.board", bug)
        page = client.get("/cockpit/city", headers={"accept": "text/html"})
    said = log_of.getvalue()
    assert "web.bug" in said
    assert "builtins.ValueError" in said
    for hidden in (secret, cookie, headers["authorization"].split()[1], "cbk_wrong-secret"):
        assert hidden not in said
    for told in (answer, page):
        assert told.status_code == 500
        for trace in ("Traceback", ".py", "ValueError", secret):
            assert trace not in told.text


def test_a_process_that_was_told_nothing_answers_before_a_city_is_there(settings: Any) -> None:
    told = settings.model_copy(update={"demo": True})
    made = Instance(told, SystemClock(), new_id)
    with TestClient(make_application(made), raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        for path in ("/metrics", "/openapi.json"):
            assert client.get(path).status_code == 200
        assert client.get("/login", headers={"accept": "text/html"}).status_code < 500
    assert threading.active_count() < 60
