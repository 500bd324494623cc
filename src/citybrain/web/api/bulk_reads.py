"""Bulk reads over HTTP, for people who are signed in (Hangzhou art. 13)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.hub import bulk_reads
from citybrain.hub.bulk_reads import BulkRead, Outcome
from citybrain.kernel.errors import AccessRefused, NotKnown
from citybrain.web.api.asking import Asking, read_signed_body, signed_in
from citybrain.web.api.sharing import things_of
from citybrain.web.problems import dumps

JSON = "application/json"


class FindingBody(msgspec.Struct, forbid_unknown_fields=True):
    """What was found out: lawful, where the alarm was false, or unlawful; with the reason."""

    outcome: Outcome
    reason: str


@get("/api/v1/bulk-reads")
async def listed(request: Asking) -> Response[bytes]:
    """List what was read in bulk of one's own department's data; of all data for who runs the hub."""

    def look() -> list[dict[str, Any]]:
        instance = request.app.state.instance
        visit = signed_in(instance, request, acting=False)
        if not visit.viewer.may & {"grant_data", "operate_hub"}:
            raise AccessRefused("console.closed_to_post", post=visit.viewer.post)
        with instance.database.reading() as connection:
            found = bulk_reads.listed(connection, things=things_of(visit.city, visit.viewer))
        return [as_plain(item) for item in found]

    return Response(dumps({"bulk_reads": await request.app.state.entrance.enter(look)}), media_type=JSON)


@post("/api/v1/bulk-reads/{bulk_read:str}/close", status_code=200)
async def close(bulk_read: FromPath[str], request: Asking) -> Response[bytes]:
    """Say what a bulk read was."""
    body = await read_signed_body(request, FindingBody)

    def act() -> dict[str, Any]:
        instance = request.app.state.instance
        visit = signed_in(instance, request, acting=True)
        viewer = visit.viewer
        with instance.database.transaction() as connection:
            found = bulk_reads.one(connection, _id(bulk_read))
            if not viewer.may & {"grant_data", "operate_hub"} or found.thing not in things_of(visit.city, viewer):
                raise NotKnown("hub.bulk_read_unknown", bulk_read=bulk_read)
            now = bulk_reads.close(
                connection, found, viewer.person, body.outcome, body.reason, instance.clock, instance.new_id
            )
        return as_plain(now)

    return Response(dumps(await request.app.state.entrance.enter(act)), media_type=JSON)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotKnown("hub.bulk_read_unknown", bulk_read=text[:40]) from None


def as_plain(item: BulkRead) -> dict[str, Any]:
    """Lay a bulk read out for JSON.

    Args:
        item: The occurrence.

    """
    return {
        "bulk_read": str(item.id), "grant": item.grant, "thing": item.thing, "department": item.department,
        "bound": item.bound, "span": item.span.isoformat(), "seen": item.seen, "most": item.most,
        "noted_at": item.noted_at.isoformat(), "closed_at": item.closed_at.isoformat() if item.closed_at else None,
        "closed_by": item.closed_by, "outcome": item.outcome, "reason": item.reason,
    }  # fmt: skip


HANDLERS = [listed, close]
