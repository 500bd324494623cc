"""Reports on what granted data was good for, over HTTP: ``/api/v1/grants/{name}/effects`` (Nanjing art. 7)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.city.offering import shared
from citybrain.hub import credentials, effects, grants
from citybrain.hub.effects import Effect, EffectReport, Figure
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.kernel.postgres import Connection
from citybrain.web.api.asking import Asking, read_body
from citybrain.web.api.batches import bearer
from citybrain.web.api.subscriptions import caller
from citybrain.web.problems import dumps


class FigureBody(msgspec.Struct, forbid_unknown_fields=True):
    """A figure as a program sends it."""

    name: str
    value: float
    unit: str = ""


class EffectBody(msgspec.Struct, forbid_unknown_fields=True):
    """A report as a program sends it."""

    first_day: str
    last_day: str
    used_for: str
    effect: str
    figures: list[FigureBody] = []
    saved_steps: int | None = None


@get("/api/v1/grants/{name:str}/effects")
async def listed(name: FromPath[str], request: Asking) -> Response[bytes]:
    """List the reports on a grant, to the body that uses it and the one that provides the data."""

    def act(connection: Connection, system: str, body: str) -> dict[str, Any]:
        found = grants.versions(connection, name)
        thing = shared(request.app.state.instance.city_now(), found[0].thing) if found else None
        if not found or body not in {found[0].department, thing.provider if thing else ""}:
            raise NotKnown("hub.grant_unknown", grant=name)
        return {"effects": [_plain(item) for item in effects.listed(connection, grant=name)]}

    return await _answered(request, act)


@post("/api/v1/grants/{name:str}/effects", status_code=201)
async def report(name: FromPath[str], request: Asking) -> Response[bytes]:
    """Report what a grant was used for in a period (``first_day`` to ``last_day``) and what came of it.

    ``used_for`` and ``effect`` are words; ``figures`` and ``saved_steps`` are numbers. Days are reported once.
    """
    await caller(request)
    body = await read_body(request, EffectBody)
    figures = tuple(Figure(item.name, item.value, item.unit) for item in body.figures)
    filed = EffectReport(
        name, _day("first_day", body.first_day), _day("last_day", body.last_day), body.used_for, body.effect, figures,
        body.saved_steps,
    )  # fmt: skip
    instance = request.app.state.instance

    def act(connection: Connection, system: str, owner: str) -> dict[str, Any]:
        city = instance.city_now()
        return _plain(effects.report(connection, city, filed, owner, system, instance.clock, instance.new_id))

    return await _answered(request, act, 201)


def _plain(item: Effect) -> dict[str, Any]:
    return {
        "grant": item.grant, "thing": item.thing, "department": item.department,
        "first_day": item.first_day.isoformat(), "last_day": item.last_day.isoformat(), "used_for": item.used_for,
        "effect": item.effect,
        "figures": [{"name": one.name, "value": one.value, "unit": one.unit} for one in item.figures],
        "saved_steps": item.saved_steps, "at": item.at.isoformat(),
    }  # fmt: skip


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("hub.value_unreadable", field=name, type="date", value=text[:40]) from None


async def _answered(
    request: Asking, act: Callable[[Connection, str, str], dict[str, Any]], status: int = 200
) -> Response[bytes]:
    instance = request.app.state.instance

    def step() -> dict[str, Any]:
        with instance.database.transaction() as connection:
            system = credentials.authenticate(connection, bearer(request.headers.get("authorization")))
            known = instance.city_now().systems.get(system)
            return act(connection, system, known.owner if known else "")

    answer = await request.app.state.entrance.enter(step)
    headers = {"cache-control": "no-store"}
    return Response(dumps(answer), media_type="application/json", status_code=status, headers=headers)


HANDLERS: list[Any] = [listed, report]
