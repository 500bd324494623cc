"""Rows of a grant leave as one file: masked as ever, whole or not at all, fetched in evidence, gone with the grant."""

import base64
import csv
import hashlib
import io
import json
import stat
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from litestar.testing import TestClient

from citybrain.blueprint.apply import apply
from citybrain.blueprint.instance import Instance
from citybrain.blueprint.load import load
from citybrain.hub import grants
from citybrain.hub.exports import making, record
from citybrain.hub.exports.record import Export
from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import AccessRefused, Conflicting
from citybrain.kernel.ids import new_id
from citybrain.kernel.workers import Worker
from citybrain.web import filing
from tests.http.test_rows import door, entries, shared, visit

__all__ = ["door", "shared"]
GRANT, VISITS = "clinic-uses-visits", "contract:people/visits"
ASKED = {"contract": VISITS, "purpose": "operation", "grant": GRANT}
BASE = "/api/v1/exports"
Client = TestClient[Any]


@pytest.fixture
def exports(shared: Instance, client: Client, door):
    """Ask for files, have them made, fetch them."""

    class Exports:
        folder = shared.settings.home / "exports"

        def ask(self, headers: dict[str, str] | None = None, **more: Any) -> Any:
            return client.post(BASE, content=json.dumps(ASKED | more), headers=headers or door.other)

        def made(self, **more: Any) -> dict[str, Any]:
            answer = self.ask(**more)
            assert answer.status_code == 202, answer.text
            self.work()
            return self.now(answer.json()["export"])

        def work(self) -> None:
            duty = (shared.exporter.duty(),)
            Worker(shared.database, shared.clock, duty, queues=(making.QUEUE,), wait=lambda _: timedelta()).run_once()

        def now(self, export: str) -> dict[str, Any]:
            told: dict[str, Any] = client.get(f"{BASE}/{export}", headers=door.other).json()
            return told

        def fetch(self, export: str, headers: dict[str, str] | None = None) -> Any:
            return client.get(f"{BASE}/{export}/file", headers=headers or door.other)

        def files(self) -> list[str]:
            return sorted(file.name for file in self.folder.iterdir()) if self.folder.is_dir() else []

    return Exports()


def read(form: str, body: bytes) -> list[dict[str, Any]]:
    """Read a file as its user would."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(body.decode())))
    if form == "ndjson":
        return [json.loads(line) for line in body.splitlines()]
    frame = pl.read_parquet(body) if form == "parquet" else pl.read_ipc_stream(body)
    return frame.to_dicts()


def close_grant(city: Instance) -> None:
    with city.database.transaction() as connection:
        grants.close(connection, GRANT, "wang", "用途已结束", city.clock, new_id)


@pytest.mark.parametrize("form", ["csv", "ndjson", "arrow", "parquet"])
def test_a_file_holds_the_rows_a_query_gives_masked_the_same_way(
    shared: Instance, door, exports, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", 3)  # so that a file has several pages
    door.give(*[visit(number) for number in range(1, 9)], visit(0), visit(9, district="330102"))
    made = exports.made(format=form)
    assert (made["state"], made["rows"], made["file"]) == ("ready", 8, f"{BASE}/{made['export']}/file")
    answer = exports.fetch(made["export"])
    assert answer.status_code == 200
    queried = door.ask(purpose="operation")[1]
    told = read(form, answer.content)
    assert [{name: str(row[name]) for name in queried[0]} for row in told] == [
        {name: str(value) for name, value in row.items()} for row in queried
    ]
    assert "19800101" not in answer.content.decode("latin-1")
    sha256 = hashlib.sha256(answer.content)
    assert made["sha256"] == sha256.hexdigest()
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert int(answer.headers["content-length"]) == made["bytes"] == len(answer.content)
    assert "content-encoding" not in answer.headers


def test_each_page_is_metered_as_a_release_and_each_fetch_is_in_evidence(shared: Instance, door, exports) -> None:
    door.give(visit(1), visit(2))
    made = exports.made(fields=["visit", "days"])
    for _ in range(2):
        assert exports.fetch(made["export"]).status_code == 200
    assert exports.now(made["export"])["fetched"] == 2
    with shared.database.reading() as connection:
        left = connection.execute("SELECT channel, rows, fields FROM hub_release").fetchall()
        facts = connection.execute(
            "SELECT body::jsonb -> 'facts' ->> 'sha256' FROM evidence_entry WHERE act = 'hub:export:fetched'"
        ).fetchall()
    assert left == [("export", 2, ["visit", "days"])]
    assert facts == [(made["sha256"],)] * 2
    assert [entries(shared, f"hub:export:{act}") for act in ("asked", "made", "fetched")] == [1, 1, 2]


def test_a_file_is_for_its_owner_alone_on_the_disk_and_over_http(shared: Instance, door, exports, client) -> None:
    door.give(visit(1))
    made = exports.made()
    (file,) = exports.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(exports.folder.stat().st_mode) == 0o700
    for headers in (door.own, {"authorization": "Bearer nothing"}):
        answer = exports.fetch(made["export"], headers)
        assert answer.status_code in {401, 404}
    assert client.get(BASE, headers=door.own).json() == {"exports": []}
    assert [item["export"] for item in client.get(BASE, headers=door.other).json()["exports"]] == [made["export"]]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"purpose": "advertising"}, 403, "hub.use_forbidden"),
        ({"grant": "another"}, 403, "hub.use_no_grant"),
        ({"fields": ["visit", "phone"]}, 403, "hub.use_fields"),
        ({"fields": ["nose"]}, 404, "hub.field_unknown"),
        ({"where": [{"field": "person", "value": "330106198001010014"}]}, 403, "hub.filter_not_granted"),
        ({"where": [{"field": "days", "value": "many"}]}, 400, "hub.value_unreadable"),
        ({"format": "exe"}, 400, "hub.value_unreadable"),
        ({"view": "all"}, 400, "hub.value_unreadable"),
        ({"since": "yesterday"}, 400, "hub.value_unreadable"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, 400, "exports.period_wrong"),
        ({"path": "/etc/passwd"}, 400, "edge.request_wrong"),
    ],
)
def test_what_goes_beyond_the_grant_is_refused_before_anything_is_made(
    exports, change: dict[str, Any], status: int, code: str
) -> None:
    answer = exports.ask(**change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["next_steps"]
    exports.work()
    assert exports.files() == []


def test_a_file_that_is_not_made_yet_is_not_there(exports) -> None:
    answer = exports.fetch(exports.ask().json()["export"])
    assert (answer.status_code, answer.json()["code"]) == (409, "exports.not_ready")


def test_a_closed_grant_refuses_the_file_at_once_and_the_next_sweep_takes_it_away(
    shared: Instance, door, exports
) -> None:
    door.give(visit(1))
    made = exports.made()
    close_grant(shared)
    answer = exports.fetch(made["export"])
    assert (answer.status_code, answer.json()["code"]) == (403, "hub.use_no_grant")
    assert len(exports.files()) == 1
    shared.exporter.sweep()
    assert exports.files() == []
    now = exports.now(made["export"])
    assert (now["state"], now["end_reason"], now["file"]) == ("ended", "grant_closed", None)
    assert exports.fetch(made["export"]).json()["code"] == "exports.grant_closed"


def test_a_grant_that_gives_fewer_fields_now_ends_the_files_that_have_more(shared: Instance, door, exports) -> None:
    door.give(visit(1))
    wide, narrow = exports.made(), exports.made(fields=["visit"])
    with shared.database.transaction() as connection:
        connection.execute("UPDATE hub_grant SET source = 'request'")
        grants.renew(connection, GRANT, "wang", shared.clock, new_id, fields=["visit", "days"])
    assert exports.fetch(wide["export"]).status_code == 403
    shared.exporter.sweep()
    assert exports.now(wide["export"])["end_reason"] == "grant_narrowed"
    assert exports.fetch(narrow["export"]).status_code == 200


def test_a_file_is_gone_after_the_citys_period_and_says_so(shared: Instance, door, exports) -> None:
    door.give(visit(1))
    made = exports.made()
    days = (record_of(shared, made).expires_at or shared.clock.now()) - shared.clock.now()
    assert timedelta(days=6, hours=23) < days <= timedelta(days=7)
    shared.exporter._clock = SetClock(shared.clock.now() + timedelta(days=7, seconds=1))
    answer = exports.fetch(made["export"])
    assert (answer.status_code, answer.json()["code"]) == (403, "exports.expired")
    shared.exporter.sweep()
    assert exports.files() == []


def record_of(city: Instance, made: dict[str, Any]) -> Export:
    with city.database.reading() as connection:
        return record.one(connection, UUID(made["export"]))


def test_who_asked_may_delete_it_and_a_destruction_ends_every_file_of_its_contract(
    shared: Instance, door, exports, client
) -> None:
    door.give(visit(1))
    first, second = exports.made(), exports.made(format="ndjson")
    assert client.delete(f"{BASE}/{first['export']}", headers=door.own).status_code == 404
    answer = client.delete(f"{BASE}/{first['export']}", headers=door.other)
    assert (answer.status_code, answer.json()["end_reason"]) == (200, "deleted")
    assert len(exports.files()) == 1
    with shared.database.transaction() as connection:
        assert record.end_on_contract(connection, VISITS, "wang", shared.clock, new_id) == (UUID(second["export"]),)
    shared.exporter.clear()
    assert exports.files() == []
    assert exports.fetch(second["export"]).json()["code"] == "exports.destroyed"


def test_a_worker_that_dies_leaves_no_half_file_and_the_next_makes_it_whole(
    shared: Instance, door, exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", 2)
    door.give(*[visit(number) for number in range(1, 8)])
    asked = exports.ask().json()["export"]
    pages, real = iter(range(10)), shared.releaser.release

    def dies(*given: Any) -> Any:
        if next(pages) == 2:
            raise SystemExit  # as when the process is killed: nothing is tidied up by the job
        return real(*given)

    monkeypatch.setattr(shared.releaser, "release", dies)
    monkeypatch.setattr(making.Path, "unlink", lambda *_, **__: None)
    with pytest.raises(SystemExit):
        shared.exporter.make(job_of(asked))
    monkeypatch.undo()
    assert len(exports.files()) == 1
    assert exports.files()[0].endswith(".part")
    assert exports.fetch(asked).status_code == 409
    exports.work()
    made = exports.now(asked)
    assert (made["state"], made["rows"]) == ("ready", 7)
    assert len(read("csv", exports.fetch(asked).content)) == 7
    shared.exporter.sweep()
    assert len(exports.files()) == 1
    assert not exports.files()[0].endswith(".part")


def job_of(export: str) -> Any:
    return making.Job(
        new_id(), making.QUEUE, making.KIND, {"export": export}, None, 1, 5, None, None, None, None  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_grant_closed_while_the_file_is_made_leaves_no_file(
    shared: Instance, door, exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", 2)
    door.give(*[visit(number) for number in range(1, 8)])
    asked, real, pages = exports.ask().json()["export"], shared.releaser.release, iter(range(10))

    def closes(*given: Any) -> Any:
        if next(pages) == 2:
            close_grant(shared)
        return real(*given)

    monkeypatch.setattr(shared.releaser, "release", closes)
    exports.work()
    assert (exports.now(asked)["state"], exports.now(asked)["failure"]) == ("failed", "hub.use_no_grant")
    assert exports.files() == []


def test_no_file_is_handed_out_once_the_grant_is_closed_however_both_race(shared: Instance, door, exports) -> None:
    door.give(visit(1))
    made = UUID(exports.made()["export"])
    begin = threading.Barrier(5)

    def fetch() -> None:
        begin.wait()
        with suppress(AccessRefused):
            shared.exporter.fetch(made, "system:clinic/desk")

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    begin.wait()
    close_grant(shared)
    for thread in threads:
        thread.join()
    with shared.database.reading() as connection:
        row = connection.execute("SELECT max(closed_at) FROM hub_grant").fetchone()
        after = connection.execute("SELECT count(*) FROM hub_export_fetch WHERE at > %s", [row and row[0]]).fetchone()
    assert after == (0,)
    with pytest.raises(AccessRefused):
        shared.exporter.fetch(made, "system:clinic/desk")


def test_a_file_that_leaves_slowly_breaks_off_when_its_grant_is_closed(
    shared: Instance, door, exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "PART_BYTES", 16)
    monkeypatch.setattr(filing, "FRESH_S", 0.0)
    door.give(*[visit(number) for number in range(1, 30)])
    made = exports.made()
    asked = iter(range(1000))
    real = shared.exporter.may_go_on

    def closes(export: UUID) -> bool:
        if next(asked) == 3:
            close_grant(shared)
        return real(export)

    monkeypatch.setattr(shared.exporter, "may_go_on", closes)
    answer = exports.fetch(made["export"])
    assert len(answer.content) < made["bytes"]


def grade(city: Instance, tmp_path: Path, field: str, value: int) -> None:
    """Apply a revision that grades a field of the visits."""
    file = tmp_path / "city/contracts/people/visits.odcs.yaml"
    text = file.read_text(encoding="utf-8").replace(
        f"{{name: {field}, logicalType: string}}",
        f"{{name: {field}, logicalType: string, customProperties: [{{property: grade, value: {value}}}]}}",
    )
    file.write_text(text, encoding="utf-8")
    with city.database.transaction() as connection:
        apply(connection, load(tmp_path / "city"), "test", city.clock, new_id)
    city.city.look()


def test_a_file_ends_once_a_field_in_it_is_graded_higher_and_the_next_is_masked(
    shared: Instance, door, exports, tmp_path: Path
) -> None:
    door.give(visit(1), visit(2))
    clear, other, left = exports.made(), exports.made(fields=["visit", "person"]), exports.made(fields=["district"])
    assert b"330106" in exports.fetch(clear["export"]).content
    assert record_of(shared, clear).masks == {"person": "partial"}
    grade(shared, tmp_path, "district", 4)
    answer = exports.fetch(clear["export"])
    assert (answer.status_code, answer.json()["code"]) == (403, "exports.masks_changed")
    assert exports.now(clear["export"])["end_reason"] == "masks_changed"
    assert len(exports.files()) == 2
    assert exports.fetch(other["export"]).status_code == 200, "what it holds is covered as before"
    shared.exporter.sweep()
    assert exports.now(left["export"])["end_reason"] == "masks_changed"
    assert len(exports.files()) == 1
    assert b"330106," not in exports.fetch(exports.made()["export"]).content


def test_a_file_that_leaves_slowly_breaks_off_when_a_field_in_it_is_graded_higher(
    shared: Instance, door, exports, tmp_path: Path
) -> None:
    door.give(visit(1))
    made = UUID(exports.made()["export"])
    assert shared.exporter.may_go_on(made)
    grade(shared, tmp_path, "district", 4)
    assert not shared.exporter.may_go_on(made)
    assert exports.files() == []


def test_a_file_whose_pages_would_be_masked_unlike_begins_anew(
    shared: Instance, door, exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", 2)
    door.give(*[visit(number) for number in range(1, 8)])
    asked, real, pages = exports.ask().json()["export"], shared.releaser.release, iter(range(10))

    def grades(*given: Any) -> Any:
        if next(pages) == 2:
            grade(shared, tmp_path, "district", 4)
        return real(*given)

    monkeypatch.setattr(shared.releaser, "release", grades)
    with pytest.raises(Conflicting, match=r"exports\.masks_changed"):
        shared.exporter.make(job_of(asked))
    assert exports.files() == []
    monkeypatch.setattr(shared.releaser, "release", real)
    exports.work()
    rows = read("csv", exports.fetch(asked).content)
    assert len(rows) == 7
    assert "330106" not in {row["district"] for row in rows}
