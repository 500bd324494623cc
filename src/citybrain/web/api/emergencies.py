"""Emergencies over HTTP, for people who are signed in: declared, granted for, ended, reviewed, reported on.

Source: Nanjing art. 13.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.hub import emergencies, emergency_reports, emergency_reviews, emergency_standing
from citybrain.hub.emergency_reports import Deletion, Received
from citybrain.hub.emergency_reviews import Verdict
from citybrain.hub.emergency_standing import Granted, Standing
from citybrain.hub.sharing import desk
from citybrain.hub.sharing.minimality import Wish
from citybrain.kernel.errors import AccessRefused, NotKnown, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import require
from citybrain.web.api.asking import Asking, read_signed_body, signed_in
from citybrain.web.api.sharing import WishBody, grant_as_plain
from citybrain.web.problems import dumps
from citybrain.web.sessions import Visit

JSON = "application/json"
CONCERNED = frozenset({"request_data", "grant_data", "operate_hub", "approve_important"})


class EmergencyBody(msgspec.Struct, forbid_unknown_fields=True):
    """An emergency that is declared: its name, what happened, and when it ends by itself."""

    emergency: str
    words: str
    ends_at: datetime


class GivenBody(WishBody, forbid_unknown_fields=True, kw_only=True):
    """What is granted to whom; the term is the emergency's."""

    department: str


class EndBody(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing more is to be said."""


class ReviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a reviewer found."""

    outcome: str
    findings: str
    follows: str = ""


class DeletionBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a body says of its copies."""

    words: str
    kept: bool = False
    ground: str = ""


@get("/api/v1/emergencies")
async def listed(request: Asking) -> Response[bytes]:
    """List emergencies under which one's own body was granted something or provides it; all for who runs the hub."""
    instance = request.app.state.instance

    def look() -> list[dict[str, Any]]:
        visit = signed_in(instance, request, acting=False)
        if not visit.viewer.may & CONCERNED:
            raise AccessRefused("console.closed_to_post", post=visit.viewer.post)
        with instance.database.reading() as connection:
            found = emergency_standing.listed(connection, visit.city)
        now = instance.clock.now()
        return [as_plain(item, now) for item in found if item.seen_by(visit.viewer, visit.city)]

    return Response(dumps({"emergencies": await request.app.state.entrance.enter(look)}), media_type=JSON)


@post("/api/v1/emergencies", status_code=201)
async def declare(request: Asking) -> Response[bytes]:
    """Declare an emergency with its end, at most 30 days ahead; for who runs the hub."""
    body = await read_signed_body(request, EmergencyBody)
    instance = request.app.state.instance

    def act(connection: Connection, visit: Visit) -> str:
        require(visit.viewer, "operate_hub")
        if body.ends_at.tzinfo is None:
            raise WrongUse("emergencies.end_wrong", value=body.ends_at.isoformat(), field="ends_at")
        emergencies.declare(
            connection, body.emergency, body.words, body.ends_at, visit.viewer.person, instance.clock, instance.new_id
        )
        return body.emergency

    return await _answered(request, act, 201)


@post("/api/v1/emergencies/{name:str}/grants", status_code=201)
async def give(name: FromPath[str], request: Asking) -> Response[bytes]:
    """Grant data to a body while an emergency runs; nothing leaves after its end."""
    body = await read_signed_body(request, GivenBody)
    instance = request.app.state.instance
    wish = Wish(
        body.contract, body.purpose, body.basis, body.reason, tuple(body.fields), body.until, body.rows,
        tuple(body.clear_fields), body.scenario, body.limits.as_limits() if body.limits else None, body.assessment,
    )  # fmt: skip

    def step() -> dict[str, Any]:
        visit = signed_in(instance, request, acting=True)
        require(visit.viewer, "operate_hub")
        if body.department not in visit.city.departments:
            raise NotKnown("emergencies.department_unknown", department=body.department[:80])
        with instance.database.transaction() as connection:
            made = desk.grant_in_emergency(
                connection, visit.city, wish, name, body.department, visit.viewer, instance.clock, instance.new_id
            )
        return grant_as_plain(made)

    return Response(dumps(await request.app.state.entrance.enter(step)), media_type=JSON, status_code=201)


@post("/api/v1/emergencies/{name:str}/end", status_code=200)
async def end(name: FromPath[str], request: Asking) -> Response[bytes]:
    """End an emergency before its time; its grants are closed at once."""
    await read_signed_body(request, EndBody)
    instance = request.app.state.instance

    def act(connection: Connection, visit: Visit) -> str:
        require(visit.viewer, "operate_hub")
        emergencies.one(connection, name)
        emergencies.end(connection, name, visit.viewer.person, instance.clock, instance.new_id)
        return name

    return await _answered(request, act, 200)


@post("/api/v1/emergencies/{name:str}/reviews", status_code=201)
async def review(name: FromPath[str], request: Asking) -> Response[bytes]:
    """Review an emergency that is over; for a post that runs the hub, of a body that used none of the data."""
    body = await read_signed_body(request, ReviewBody)
    instance = request.app.state.instance

    def act(connection: Connection, visit: Visit) -> str:
        verdict = Verdict(body.outcome, body.findings, body.follows)
        emergency_reviews.write(connection, name, verdict, visit.viewer, instance.clock, instance.new_id)
        return name

    return await _answered(request, act, 201)


@post("/api/v1/emergencies/{name:str}/deletion-reports", status_code=201)
async def report(name: FromPath[str], request: Asking) -> Response[bytes]:
    """Report that the own body's copies are deleted, or on which legal ground parts are kept."""
    body = await read_signed_body(request, DeletionBody)
    instance = request.app.state.instance

    def act(connection: Connection, visit: Visit) -> str:
        said = Deletion(body.words, body.kept, body.ground)
        emergency_reports.report(connection, name, said, visit.viewer, instance.clock, instance.new_id)
        return name

    return await _answered(request, act, 201)


async def _answered(request: Asking, act: Callable[[Connection, Visit], str], status: int) -> Response[bytes]:
    """Carry out a command in one transaction and answer with how the emergency stands then."""
    instance = request.app.state.instance

    def step() -> dict[str, Any]:
        visit = signed_in(instance, request, acting=True)
        with instance.database.transaction() as connection:
            name = act(connection, visit)
            return as_plain(emergency_standing.one(connection, visit.city, name), instance.clock.now())

    return Response(dumps(await request.app.state.entrance.enter(step)), media_type=JSON, status_code=status)


def as_plain(item: Standing, now: datetime) -> dict[str, Any]:
    """Lay an emergency out for JSON.

    Args:
        item: The emergency with everything that belongs to it.
        now: Present instant.

    """
    found, written, over = item.emergency, item.review, item.emergency.over(now)
    return {
        "emergency": found.name, "words": found.words, "declared_by": found.declared_by,
        "declared_at": found.declared_at.isoformat(), "ends_at": found.ends_at.isoformat(),
        "ended_at": found.last_at.isoformat() if over else None, "state": item.state(now),
        "review_due_at": item.review_due_at.isoformat() if over and item.grants else None,
        "reports_due_at": item.reports_due_at.isoformat() if over and item.received else None,
        "grants": [_granted(one) for one in item.grants], "received": [_received(one) for one in item.received],
        "review": None if written is None else {
            "outcome": written.outcome, "findings": written.findings, "follows": written.follows,
            "department": written.department, "at": written.at.isoformat(),
        },
    }  # fmt: skip


def _granted(item: Granted) -> dict[str, Any]:
    return {
        "grant": item.name, "thing": item.thing, "department": item.department, "purpose": item.purpose,
        "ends_at": item.ends_at.isoformat(), "closed_at": item.closed_at.isoformat() if item.closed_at else None,
        "releases": item.releases, "rows": item.rows,
    }  # fmt: skip


def _received(item: Received) -> dict[str, Any]:
    said = item.report
    return {
        "department": item.department, "releases": item.releases, "rows": item.rows,
        "last_at": item.last_at.isoformat(),
        "report": None if said is None else {
            "kept": said.kept, "words": said.words, "ground": said.ground, "at": said.at.isoformat(),
        },
    }  # fmt: skip


HANDLERS = [listed, declare, give, end, review, report]
