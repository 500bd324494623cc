"""Files of rows over HTTP, for systems with their key: ``/api/v1/exports`` (Hangzhou art. 8, 13)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Stream

from citybrain.hub import credentials
from citybrain.hub.exports import record
from citybrain.hub.exports.record import FORMS, Export, ExportOrder, Form, View
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.web.api.asking import Asking, read_body
from citybrain.web.api.batches import bearer
from citybrain.web.api.rows import instant
from citybrain.web.api.subscriptions import ConditionBody, caller, conditions_of
from citybrain.web.filing import file_answer
from citybrain.web.problems import dumps

JSON = "application/json"
BASE = "/api/v1/exports"


class ExportBody(msgspec.Struct, forbid_unknown_fields=True):
    """A file as a program asks for it."""

    contract: str
    purpose: str
    grant: str
    fields: list[str] | None = None
    where: list[ConditionBody] = []
    since: str | None = None
    until: str | None = None
    view: str = "history"
    format: str = "csv"


@post("/api/v1/exports", status_code=202)
async def export(request: Asking) -> Response[bytes]:
    """Ask for the rows of a grant as one file; a worker makes it.

    ``grant``, ``contract`` and ``purpose`` are needed; ``fields``, ``where``, ``since``, ``until`` and ``view`` narrow
    it down; ``format`` is csv, ndjson, arrow or parquet. 202 with the export and its address in ``Location``.
    """
    system = await caller(request)
    wanted = _order(await read_body(request, ExportBody), system)
    instance = request.app.state.instance
    made: Export = await request.app.state.entrance.enter(lambda: instance.exporter.ask(wanted))
    headers = {"location": f"{BASE}/{made.id}", "cache-control": "no-store"}
    return Response(dumps(as_plain(made)), media_type=JSON, status_code=202, headers=headers)


@get("/api/v1/exports")
async def listed(request: Asking) -> Response[bytes]:
    """List the exports of the calling system, the newest first."""

    def act(connection: Connection, system: str) -> dict[str, Any]:
        return {"exports": [as_plain(item) for item in record.listed(connection, system=system)[0]]}

    return await _answered(request, act)


@get("/api/v1/exports/{export:str}")
async def show(export: FromPath[str], request: Asking) -> Response[bytes]:
    """Answer with an export: how far it has come, and digest and last day of its file."""
    return await _answered(request, lambda connection, system: as_plain(_own(connection, export, system)))


@get("/api/v1/exports/{export:str}/file")
async def file(export: FromPath[str], request: Asking) -> Stream:
    """Send the file. Each time is in evidence; 403 once its grant is closed or its time is over.

    ``Repr-Digest`` (RFC 9530) says what must arrive. When the grant is closed while the file leaves, it breaks off.
    """
    instance = request.app.state.instance

    def look() -> Any:
        with instance.database.reading() as connection:
            system = _system(request, connection)
            known = _own(connection, export, system)
        return instance.exporter.fetch(known.id, system, system=system)

    found = await request.app.state.entrance.enter(look)
    return file_answer(found, instance.exporter, request.app.state.entrance)


@delete("/api/v1/exports/{export:str}", status_code=200)
async def end(export: FromPath[str], request: Asking) -> Response[bytes]:
    """End an export; its file is taken away."""
    instance = request.app.state.instance

    def act(connection: Connection, system: str) -> dict[str, Any]:
        known = _own(connection, export, system)
        record.end(connection, known.id, "deleted", system, instance.clock, instance.new_id)
        return as_plain(_own(connection, export, system))

    answer = await _answered(request, act)
    await request.app.state.entrance.enter(instance.exporter.clear)
    return answer


def as_plain(item: Export) -> dict[str, Any]:
    """Lay an export out for JSON.

    Args:
        item: The export.

    """

    def stamp(at: Any) -> str | None:
        return at.isoformat() if at else None

    return {
        "export": str(item.id), "grant": item.grant, "contract": item.contract, "system": item.system,
        "department": item.department, "purpose": item.purpose, "fields": list(item.fields),
        "where": [{"field": c.field, "comparison": c.comparison, "value": c.text} for c in item.where],
        "since": stamp(item.since), "until": stamp(item.until), "view": item.view, "format": item.form,
        "state": item.state, "rows": item.rows, "bytes": item.size,
        "sha256": item.sha256.hex() if item.sha256 else None, "asked_at": stamp(item.asked_at),
        "made_at": stamp(item.made_at), "expires_at": stamp(item.expires_at), "ended_at": stamp(item.ended_at),
        "end_reason": item.end_reason, "failure": item.failure, "fetched": item.fetched,
        "file": f"{BASE}/{item.id}/file" if item.state == "ready" else None,
    }  # fmt: skip


def _order(body: ExportBody, system: str) -> ExportOrder:
    form: Form | None = next((item for item in FORMS if item == body.format), None)
    view: View | None = {"history": "history", "current": "current"}.get(body.view)  # type: ignore[assignment]
    if form is None:
        raise WrongUse("hub.value_unreadable", field="format", type=" | ".join(FORMS), value=body.format[:40])
    if view is None:
        raise WrongUse("hub.value_unreadable", field="view", type="history | current", value=body.view[:40])
    told = {name: value for name in ("since", "until") if (value := getattr(body, name))}
    return ExportOrder(
        system, body.contract, body.purpose, body.grant, None if body.fields is None else tuple(body.fields),
        conditions_of(body.where), instant(told, "since"), instant(told, "until"), view, form,
    )  # fmt: skip


def _own(connection: Connection, export: str, system: str) -> Export:
    try:
        return record.one(connection, UUID(export), system=system)
    except ValueError:
        raise NotKnown("exports.unknown", export=export[:40]) from None


def _system(request: Asking, connection: Connection) -> str:
    return credentials.authenticate(connection, bearer(request.headers.get("authorization")))


async def _answered(request: Asking, act: Callable[[Connection, str], dict[str, Any]]) -> Response[bytes]:
    def step() -> dict[str, Any]:
        with request.app.state.instance.database.transaction() as connection:
            return act(connection, _system(request, connection))

    answer = await request.app.state.entrance.enter(step)
    return Response(dumps(answer), media_type=JSON, headers={"cache-control": "no-store"})


HANDLERS: list[Any] = [export, listed, show, file, end]
