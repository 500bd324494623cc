"""Rows out over HTTP: ``GET /api/v1/contracts/{department}/{resource}/rows`` (Hangzhou art. 8, 13)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from citybrain.blueprint.instance import Instance
from citybrain.city.contract import Contract
from citybrain.city.names import near
from citybrain.hub import credentials
from citybrain.hub.question import COMPARISONS, FORMATS, MOST_ROWS, Comparison, Condition, Place, Question
from citybrain.hub.release import Release
from citybrain.kernel.errors import NotKnown, WrongUse
from citybrain.web.api.batches import bearer
from citybrain.web.entrance import Entrance

PARAMETERS = ("purpose", "fields", "since", "until", "view", "after", "limit", "format")
Pairs = Iterable[tuple[str, str]]


@get("/api/v1/contracts/{department:str}/{resource:str}/rows")
async def rows(
    department: FromPath[str], resource: FromPath[str], request: Request[Any, Any, State]
) -> Response[bytes]:
    """Give out rows under a grant: the fields it names, masked as their grade asks, in the order of the log.

    ``purpose`` is needed. ``fields`` (comma-separated), ``since`` and ``until`` (event time), ``view`` (history or
    current), ``after`` (place), ``limit`` (at most 10,000) narrow it down; ``field=value`` and ``field.gte=value`` (eq,
    ne, lt, lte, gt, gte, in) compare granted fields. NDJSON, CSV or Arrow by Accept. 403 says which rule forbids it, or
    what to apply for.
    """
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    secret = bearer(request.headers.get("authorization"))
    accept = request.headers.get("accept", "")

    def look() -> tuple[Release, str]:
        with instance.database.reading() as connection:
            system = credentials.authenticate(connection, secret)
        contract = instance.city_now().contracts.get(f"contract:{department}/{resource}")
        if contract is None:
            ref = f"contract:{department}/{resource}"
            raise NotKnown("hub.contract_unknown", contract=ref, near=near(ref, instance.city_now().contracts))
        given = list(request.query_params.multi_items())
        question, form = question_of(contract, given, accept)
        return instance.releaser.release(question, system, form), form

    found, form = await entrance.enter(look)
    headers = {
        "x-citybrain-release": str(found.id),
        "x-citybrain-grant": found.grant,
        "x-citybrain-rows": str(found.rows),
        "x-citybrain-masked": ", ".join(f"{name}={how}" for name, how in sorted(found.masks.items())),
        "cache-control": "no-store",
    }
    if found.place is not None:
        headers["x-citybrain-after"] = str(found.place)
    if found.more:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        following = urlencode([*kept, ("after", str(found.place))])
        headers["link"] = f'<{request.url.path}?{following}>; rel="next"'
    return Response(found.body, media_type=FORMATS[form], headers=headers)


def question_of(contract: Contract, given: Pairs, accept: str) -> tuple[Question, str]:
    """Read a question from the parameters of a request.

    Args:
        contract: The contract asked.
        given: Names and values, as sent.
        accept: The Accept header.

    Returns:
        The question, and the format of the answer.

    Raises:
        WrongUse: A parameter is unknown, unreadable or missing.

    """
    told: dict[str, str] = {}
    where = []
    for name, value in given:
        if name in PARAMETERS:
            told[name] = value
        else:
            where.append(_condition(contract, name, value))
    if not told.get("purpose"):
        raise WrongUse("hub.purpose_missing")
    view = told.get("view", "history")
    if view not in {"history", "current"}:
        raise WrongUse("hub.value_unreadable", field="view", type="history | current", value=view[:40])
    fields = tuple(name.strip() for name in told["fields"].split(",")) if told.get("fields") else None
    limit = told.get("limit", "1000")
    question = Question(
        contract.ref, told["purpose"], fields, tuple(where), instant(told, "since"), instant(told, "until"),
        "current" if view == "current" else "history", Place.read(told["after"]) if told.get("after") else None,
        int(limit) if limit.isdecimal() and len(limit) < 8 else MOST_ROWS + 1,
    )  # fmt: skip
    return question, _form(told.get("format"), accept)


def _condition(contract: Contract, name: str, value: str) -> Condition:
    field, _, word = name.partition(".")
    comparison: Comparison | None = next((item for item in COMPARISONS if item == (word or "eq")), None)
    names = [item.name for item in contract.fields]
    if comparison is None or field not in names:
        raise WrongUse("hub.parameter_unknown", parameter=name[:80], near=near(field, [*names, *PARAMETERS]))
    return Condition(field, comparison, value)


def instant(told: dict[str, str], name: str) -> datetime | None:
    """Read an instant as it was sent; without a zone it is UTC.

    Args:
        told: Names and values, as sent.
        name: Which of them.

    Returns:
        The instant; none where it was not sent.

    Raises:
        WrongUse: It is none.

    """
    if not told.get(name):
        return None
    try:
        at = datetime.fromisoformat(told[name])
    except ValueError:
        raise WrongUse("hub.value_unreadable", field=name, type="timestamp", value=told[name][:40]) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _form(wanted: str | None, accept: str) -> str:
    if wanted is not None:
        if wanted not in FORMATS:
            raise WrongUse("hub.value_unreadable", field="format", type=" | ".join(FORMATS), value=wanted[:40])
        return wanted
    medias = {media.partition(";")[0]: form for form, media in FORMATS.items()}
    asked = (part.partition(";")[0].strip() for part in accept.split(","))
    return next((medias[part] for part in asked if part in medias), "ndjson")
