"""The statement of a day over HTTP: each body sees its own lines (Hangzhou art. 8; Nanjing art. 7)."""

from datetime import date, timedelta
from typing import Any

from litestar import Response, get

from citybrain.hub import credentials, effects, statements, usage
from citybrain.kernel.clock import city_day
from citybrain.kernel.errors import WrongUse
from citybrain.web.api.asking import Asking
from citybrain.web.api.batches import bearer
from citybrain.web.problems import dumps

JSON = "application/json"


@get("/api/v1/statements")
async def statement(request: Asking) -> Response[bytes]:
    """Answer with the statement of a day (``day``; yesterday when left out), for provider and consumer.

    A body sees what it delivered, who used it, and what it used itself.
    """
    instance = request.app.state.instance

    def look() -> dict[str, Any]:
        with instance.database.reading() as connection:
            system = credentials.authenticate(connection, bearer(request.headers.get("authorization")))
            city = instance.city_now()
            body = city.systems[system].owner if system in city.systems else ""
            day = _day(request.query_params.get("day"), instance.clock.now().astimezone(city.zone).date())
            own = {ref for ref, contract in city.contracts.items() if contract.provider == body}
            kept = statements.lines(connection, day)
        seen = [line for line in kept if line.contract in own or line.consumer == body]
        return {"day": day.isoformat(), "body": body, "lines": [_plain(line, day) for line in seen]}

    answer = await request.app.state.entrance.enter(look)
    return Response(dumps(answer), media_type=JSON, headers={"cache-control": "no-store"})


@get("/api/v1/usage")
async def idle(request: Asking) -> Response[bytes]:
    """List grants of which something was not used for 60 days: those one's body holds, and those on its own data."""
    instance = request.app.state.instance

    def look() -> dict[str, Any]:
        since = instance.clock.now() - usage.QUIET
        with instance.database.reading() as connection:
            system = credentials.authenticate(connection, bearer(request.headers.get("authorization")))
            city = instance.city_now()
            body = city.systems[system].owner if system in city.systems else ""
            own = [ref for ref, contract in city.contracts.items() if contract.provider == body]
            found = usage.unused(connection, since, department=body)
            found += [
                item for item in usage.unused(connection, since, things=own) if item.grant.department != body
            ]  # fmt: skip
            now = instance.clock.now()
            standing = effects.standing(connection, city, now, department=body)
        asked, there = effects.rate(standing, city_day(now, city.zone))
        told = {"reports_due": asked, "reported": there}
        return {"since": since.isoformat(), "grants": [_idle(item) for item in found], "effects": told}

    answer = await request.app.state.entrance.enter(look)
    return Response(dumps(answer), media_type=JSON, headers={"cache-control": "no-store"})


def _idle(item: usage.IdleGrant) -> dict[str, Any]:
    held = item.grant
    return {
        "grant": held.name, "thing": held.thing, "department": held.department, "purpose": held.purpose,
        "starts_at": held.starts_at.isoformat(), "releases": item.releases, "fields_never_left": list(item.fields),
    }  # fmt: skip


def _day(text: str | None, today: date) -> date:
    if not text:
        return today - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse("hub.value_unreadable", field="day", type="date", value=text[:40]) from None


def _plain(line: statements.StatementLine, day: date) -> dict[str, Any]:
    figures = {name: getattr(line, name) for name in statements.FIGURES}
    return {
        "contract": line.contract,
        "consumer": line.consumer,
        **figures,
        "sha256": statements.digest(line, day).hex(),
    }


HANDLERS = [statement, idle]
