"""Requests for data and grants over HTTP, for people who are signed in (Hangzhou art. 8, 13; Nanjing art. 7)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.city.grant import Limits
from citybrain.city.offering import every_shared, shared
from citybrain.city.whole import City
from citybrain.hub import grants, limits
from citybrain.hub.grants import HeldGrant
from citybrain.hub.limits import Used
from citybrain.hub.sharing import desk, granting, record
from citybrain.hub.sharing.granting import Terms
from citybrain.hub.sharing.minimality import Wish
from citybrain.hub.sharing.record import SharingRequest
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import AccessRefused, NotKnown
from citybrain.kernel.messages import LANGUAGES, say
from citybrain.kernel.postgres import Connection
from citybrain.safeguards.viewing import Viewer, administers
from citybrain.web.api.asking import Asking, read_signed_body, signed_in
from citybrain.web.problems import dumps, plain
from citybrain.web.sessions import Visit

JSON = "application/json"
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class LimitsBody(msgspec.Struct, forbid_unknown_fields=True):
    """How much may be used, as a program sends it."""

    uses: Count | None = None
    rows_per_day: Count | None = None
    rows_per_use: Count | None = None

    def as_limits(self) -> Limits | None:
        """Say it as grants know it; none where nothing is limited."""
        return grants.limits_of(self.uses, self.rows_per_day, self.rows_per_use)


class WishBody(msgspec.Struct, forbid_unknown_fields=True):
    """A request as a program sends it."""

    contract: str
    purpose: str
    reason: str
    fields: list[str]
    basis: dict[str, Any] = {}
    until: date | None = None
    rows: str | None = None
    clear_fields: list[str] = []
    scenario: str | None = None
    limits: LimitsBody | None = None
    assessment: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class ActBody(msgspec.Struct, forbid_unknown_fields=True):
    """A step of a request: words, and where less is granted than was asked."""

    words: str = ""
    fields: list[str] | None = None
    clear_fields: list[str] | None = None
    until: date | None = None
    limits: LimitsBody | None = None


class GrantBody(msgspec.Struct, forbid_unknown_fields=True):
    """A step of a grant: why it is closed, or what is left of it."""

    reason: str = ""
    fields: list[str] | None = None
    until: date | None = None


@post("/api/v1/requests", status_code=201)
async def apply_for(request: Asking) -> Response[bytes]:
    """Apply for the use of data, signed in, with the session's token in ``X-CSRF-Token``.

    201 with the request: ``returned`` lists every point that asks for too much, ``granted`` where the data is shared
    without condition, else ``checking`` with the day on which the next step is due.
    """
    body = await read_signed_body(request, WishBody)
    wish = Wish(
        body.contract, body.purpose, body.basis, body.reason, tuple(body.fields), body.until, body.rows,
        tuple(body.clear_fields), body.scenario,
        body.limits.as_limits() if body.limits else None, body.assessment,
    )  # fmt: skip

    def act(connection: Connection, visit: Visit) -> SharingRequest:
        instance = request.app.state.instance
        return desk.apply_for(connection, visit.city, wish, visit.viewer, instance.clock, instance.new_id)

    return await _answered(request, act, 201)


@get("/api/v1/requests")
async def listed(request: Asking) -> Response[bytes]:
    """List requests: one's own department's with ``role=applicant``, those to be answered with ``role=provider``."""
    role = request.query_params.get("role", "applicant")

    def look() -> list[dict[str, Any]]:
        instance = request.app.state.instance
        visit = signed_in(instance, request, acting=False)
        mine = visit.viewer.department
        everything = role == "all" and "operate_hub" in visit.viewer.may
        with instance.database.reading() as connection:
            found = record.listed(
                connection,
                department=mine if role == "applicant" and not everything else None,
                provider=mine if role != "applicant" and not everything else None,
            )
        return [as_plain(item) for item in found]

    return Response(dumps({"requests": await request.app.state.entrance.enter(look)}), media_type=JSON)


@get("/api/v1/requests/{number:str}")
async def show(number: FromPath[str], request: Asking) -> Response[bytes]:
    """Answer with a request and its course, for its applicant, its provider and the data authority."""

    def look() -> dict[str, Any]:
        instance = request.app.state.instance
        visit = signed_in(instance, request, acting=False)
        with instance.database.reading() as connection:
            found = record.one(connection, number)
            _require_seen(found, visit.viewer)
            course = record.course(connection, found.id)
        steps = [
            {"at": item.at.isoformat(), "act": item.act, "by": item.person, "words": item.words} for item in course
        ]
        return as_plain(found) | {"course": steps}

    return Response(dumps(await request.app.state.entrance.enter(look)), media_type=JSON)


@post("/api/v1/requests/{number:str}/{act:str}", status_code=200)
async def act_on(number: FromPath[str], act: FromPath[str], request: Asking) -> Response[bytes]:
    """Take a step: pass or refuse in the check, grant or refuse as provider, appeal, withdraw or urge as applicant."""
    body = await read_signed_body(request, ActBody)
    instance = request.app.state.instance
    clock, new_id = instance.clock, instance.new_id

    def step(connection: Connection, visit: Visit) -> SharingRequest:
        city, viewer = visit.city, visit.viewer
        found = record.one(connection, number)
        _require_seen(found, viewer)
        match act:
            case "pass":
                return desk.check(connection, city, number, viewer, body.words, clock, new_id, fit=True)
            case "refuse" if found.state == "checking":
                return desk.check(connection, city, number, viewer, body.words, clock, new_id, fit=False)
            case "refuse":
                return desk.refuse(connection, city, number, viewer, body.words, clock, new_id)
            case "grant":
                clear = None if body.clear_fields is None else tuple(body.clear_fields)
                terms = Terms(None if body.fields is None else tuple(body.fields), clear, body.until,
                              body.limits.as_limits() if body.limits else None)  # fmt: skip
                return desk.grant(connection, city, number, viewer, body.words, clock, new_id, terms)
            case "approve":
                return granting.approve(connection, city, number, viewer, body.words, clock, new_id)
            case "appeal":
                return desk.appeal(connection, city, number, viewer, body.words, clock, new_id)
            case "withdraw":
                return desk.withdraw(connection, number, viewer, clock, new_id)
            case "urge":
                return desk.urge(connection, number, viewer, clock, new_id)
            case _:
                raise NotKnown("edge.no_such_page")

    return await _answered(request, step, 200)


@get("/api/v1/grants")
async def held(request: Asking) -> Response[bytes]:
    """List grants: those one's department holds with ``role=user``, those on its own data with ``role=provider``."""
    role = request.query_params.get("role", "user")

    def look() -> list[dict[str, Any]]:
        instance = request.app.state.instance
        visit = signed_in(instance, request, acting=False)
        with instance.database.reading() as connection:
            if role == "user":
                found = grants.listed(connection, department=visit.viewer.department)
            else:
                found = grants.listed(connection, things=things_of(visit.city, visit.viewer))
            used = limits.used_of(connection, found, city_day(instance.clock.now(), visit.city.zone))
        return [grant_as_plain(item, used.get(item.name)) for item in found]

    return Response(dumps({"grants": await request.app.state.entrance.enter(look)}), media_type=JSON)


@post("/api/v1/grants/{name:str}/{act:str}", status_code=200)
async def act_on_grant(name: FromPath[str], act: FromPath[str], request: Asking) -> Response[bytes]:
    """Close a grant at once with its reason, or renew it with another end or fewer fields."""
    body = await read_signed_body(request, GrantBody)
    instance = request.app.state.instance

    def step() -> dict[str, Any]:
        visit = signed_in(instance, request, acting=True)
        with instance.database.transaction() as connection:
            found = grants.versions(connection, name)
            if not found:
                raise NotKnown("hub.grant_unknown", grant=name)
            require_keeper(visit.city, visit.viewer, found[0])
            if act == "close":
                grants.close(connection, name, visit.viewer.person, body.reason, instance.clock, instance.new_id)
            elif act == "renew":
                until = end_of(body.until, visit.city) if body.until else None
                grants.renew(
                    connection, name, visit.viewer.person, instance.clock, instance.new_id, until=until,
                    fields=body.fields, may_prolong=not granting.needs_higher(visit.city, found[0].thing),
                )  # fmt: skip
            else:
                raise NotKnown("edge.no_such_page")
            now = grants.versions(connection, name)[0]
            used = limits.used_of(connection, [now], city_day(instance.clock.now(), visit.city.zone))
            return grant_as_plain(now, used.get(name))

    return Response(dumps(await request.app.state.entrance.enter(step)), media_type=JSON)


def things_of(city: City, viewer: Viewer) -> list[str]:
    """List the contracts whose grants somebody keeps: one's own department's; all for who runs the hub.

    Args:
        city: The revision in force.
        viewer: Who looks.

    """
    mine = viewer.department
    return [item.ref for item in every_shared(city) if item.provider == mine or administers(viewer, item)]


def require_keeper(city: City, viewer: Viewer, held_grant: HeldGrant) -> None:
    """Stop somebody who may not close or renew a grant.

    Args:
        city: The revision in force.
        viewer: Who acts.
        held_grant: The grant.

    Raises:
        AccessRefused: Neither of the provider with the right to grant, nor of the data authority.

    """
    contract = shared(city, held_grant.thing)
    own = contract is not None and contract.provider == viewer.department and "grant_data" in viewer.may
    if not own and (contract is None or not administers(viewer, contract)):
        raise AccessRefused("hub.not_your_request", number=held_grant.name)


def end_of(day: date, city: City) -> datetime:
    """Return the instant at which a last day is over.

    Args:
        day: The last day.
        city: For its zone.

    """
    return datetime.combine(day + timedelta(days=1), time(), city.zone)


def as_plain(found: SharingRequest) -> dict[str, Any]:
    """Lay a request out for JSON.

    Args:
        found: The request.

    """
    return {
        "number": found.number, "contract": found.thing, "provider": found.provider, "department": found.department,
        "purpose": found.purpose, "basis": dict(found.basis), "scenario": found.scenario, "reason": found.reason,
        "fields": list(found.fields), "clear_fields": list(found.clear_fields), "rows": found.rows,
        "until": found.until.isoformat() if found.until else None, "state": found.state,
        "findings": [_finding(item) for item in found.findings], "made_at": found.made_at.isoformat(),
        "due_at": found.due_at.isoformat() if found.due_at else None,
        "grant": found.number.lower() if found.grant else None, "assessment": found.assessment,
        "limits": found.limits.model_dump() if found.limits else None, "agreed_by": found.agreed_by,
    }  # fmt: skip


def _finding(item: Mapping[str, Any]) -> dict[str, Any]:
    said = {language: say(f"sharing.{item['kind']}", language, **item["values"]) for language in LANGUAGES}
    return {"kind": item["kind"], "say": said}


def grant_as_plain(item: HeldGrant, used: Used | None = None) -> dict[str, Any]:
    """Lay a grant out for JSON.

    Args:
        item: The grant.
        used: What was used of it; none where nothing was.

    """
    return {
        "grant": item.name, "version": item.version, "thing": item.thing, "department": item.department,
        "purpose": item.purpose, "basis": plain(dict(item.basis)), "fields": list(item.fields),
        "clear_fields": list(item.clear_fields), "rows": item.rows, "starts_at": item.starts_at.isoformat(),
        "ends_at": item.ends_at.isoformat(), "source": item.source, "state": item.state,
        "closed_at": item.closed_at.isoformat() if item.closed_at else None, "close_reason": item.close_reason,
        "assessment": item.assessment,
        "limits": None if item.limits is None else item.limits.model_dump() | {
            "used": used.uses if used else 0, "rows_today": used.rows if used else 0,
        },
    }  # fmt: skip


def _require_seen(found: SharingRequest, viewer: Viewer) -> None:
    if not record.may_see(found, viewer):
        raise NotKnown("hub.request_unknown", number=found.number)


async def _answered(
    request: Asking, act: Callable[[Connection, Visit], SharingRequest], status: int
) -> Response[bytes]:
    """Carry out a command in one transaction and answer with what it left."""
    instance = request.app.state.instance

    def step() -> dict[str, Any]:
        visit = signed_in(instance, request, acting=True)
        with instance.database.transaction() as connection:
            return as_plain(act(connection, visit))

    return Response(dumps(await request.app.state.entrance.enter(step)), media_type=JSON, status_code=status)


HANDLERS = [apply_for, listed, show, act_on, held, act_on_grant]
