"""Destruction over HTTP: certificates for who may see them, notices for systems that had received rows.

Source: Hangzhou art. 13 (依法销毁).
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.blueprint import backup_keys
from citybrain.blueprint.instance import Instance
from citybrain.hub import credentials
from citybrain.hub import deletion_notices as notices
from citybrain.hub.destruction import certificate
from citybrain.hub.destruction.certificate import Certificate
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.web.api.asking import Asking, read_body, signed_in
from citybrain.web.api.batches import bearer
from citybrain.web.api.subscriptions import caller
from citybrain.web.problems import dumps
from citybrain.web.sessions import may_open_contract

JSON = "application/json"
_NO_STORE = {"cache-control": "no-store"}


class ConfirmationBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a system says of its copies."""

    words: str


@get("/api/v1/destructions/{number:str}")
async def show(number: FromPath[str], request: Asking) -> Response[bytes]:
    """Answer with a certificate of destruction, for its provider's posts and who operates the hub, by session."""
    instance: Instance = request.app.state.instance

    def look() -> dict[str, Any]:
        visit = signed_in(instance, request, acting=False)
        with instance.database.reading() as connection:
            made = certificate.one(connection, number)
            contract = visit.city.contracts.get(made.contract)
            if "operate_hub" not in visit.viewer.may and (
                contract is None or not may_open_contract(visit.viewer, contract)
            ):
                raise NotKnown("destruction.unknown", number=number[:40])
            return as_plain(connection, made)

    return Response(dumps(await request.app.state.entrance.enter(look)), media_type=JSON, headers=_NO_STORE)


def as_plain(connection: Connection, made: Certificate) -> dict[str, Any]:
    """Lay a certificate out for JSON, with the backups before it and what receivers of the rows said.

    Args:
        connection: Any transaction.
        made: The certificate.

    """
    kept = backup_keys.before(connection, made.at)
    told = notices.of_destruction(connection, made.id)
    return {
        **certificate.as_plain(made),
        "backups": {"made_before": kept.made, "keys_destroyed": kept.erased, "destroyed_at": kept.erased_at},
        "receivers": [
            {"system": item.system, "department": item.department, "told_at": item.told_at,
             "confirmed_at": item.confirmed_at}
            for item in told
        ],
    }  # fmt: skip


@get("/api/v1/deletions")
async def listed(request: Asking) -> Response[bytes]:
    """Give a system the notices it has not confirmed, as CloudEvents; rows are named by ids of the events they were."""
    instance: Instance = request.app.state.instance

    def look() -> dict[str, Any]:
        with instance.database.transaction() as connection:
            system = credentials.authenticate(connection, bearer(request.headers.get("authorization")))
            found = notices.of_system(connection, system, instance.clock)
            return {"deletions": [notices.event_of(connection, item) for item in found]}

    return Response(dumps(await request.app.state.entrance.enter(look)), media_type=JSON, headers=_NO_STORE)


@post("/api/v1/deletions/{notice:str}/confirmation", status_code=200)
async def confirm(notice: FromPath[str], request: Asking) -> Response[bytes]:
    """Record that a system has destroyed its copies. ``words`` says which, and where."""
    instance: Instance = request.app.state.instance
    system = await caller(request)
    body = await read_body(request, ConfirmationBody)

    def act() -> dict[str, Any]:
        try:
            which = UUID(notice)
        except ValueError:
            raise NotKnown("destruction.notice_unknown", notice=notice[:40]) from None
        with instance.database.transaction() as connection:
            done = notices.confirm(
                connection, which, system, system, body.words, instance.clock, instance.new_id
            )  # fmt: skip
        return {"notice": str(done.id), "certificate": done.number, "confirmed_at": done.confirmed_at}

    return Response(dumps(await request.app.state.entrance.enter(act)), media_type=JSON, headers=_NO_STORE)


HANDLERS = [show, listed, confirm]
