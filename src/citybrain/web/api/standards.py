"""The standards library over HTTP: its elements, and how far each body follows them (Hangzhou art. 14)."""

from typing import Any

from litestar import Response, get

from citybrain.city.conformity import Held, conformities, held_fields, wanted
from citybrain.city.whole import City
from citybrain.web.api.asking import Asking, signed_in
from citybrain.web.problems import PROBLEM_TYPE, dumps

JSON = "application/json"
Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}


@get("/api/v1/standards")
async def listed(request: Asking) -> Response[bytes]:
    """Answer with the library, the conformity of every body, and the fields that differ, for who is signed in."""

    def look() -> dict[str, Any]:
        return as_plain(signed_in(request.app.state.instance, request, acting=False).city)

    return Response(dumps(await request.app.state.entrance.enter(look)), media_type=JSON)


def as_plain(city: City) -> dict[str, Any]:
    """Lay the library and what follows it out for JSON.

    Args:
        city: The revision in force.

    """
    return {
        "standards": [city.standards[ref].model_dump(mode="json") for ref in sorted(city.standards)],
        "conformity": [
            {
                "department": item.department, "fields": item.fields, "conforming": item.conforming,
                "rate": round(item.rate, 1),
            }
            for item in conformities(city)
        ],
        "differences": [_difference(item) for item in held_fields(city) if item.breaks],
    }  # fmt: skip


def _difference(item: Held) -> dict[str, Any]:
    return {
        "contract": item.contract.ref, "field": item.field.name, "department": item.contract.provider,
        "standard": item.standard.ref, "element": item.element.element, "clause": item.element.clause,
        "breaks": list(item.breaks), "wants": wanted(item),
    }  # fmt: skip


def _objects(properties: Schema) -> Schema:
    return {"type": "array", "items": {"type": "object", "required": list(properties), "properties": properties}}


def paths() -> Schema:
    """Describe the route."""
    said = {
        "standards": {"type": "array", "items": {"type": "object"}},
        "conformity": _objects(
            {"department": _TEXT, "fields": _COUNT, "conforming": _COUNT, "rate": {"type": "number", "minimum": 0}}
        ),
        "differences": _objects(
            {
                "contract": _TEXT, "field": _TEXT, "department": _TEXT, "standard": _TEXT, "element": _TEXT,
                "clause": _TEXT, "breaks": {"type": "array", "items": _TEXT}, "wants": _TEXT,
            }
        ),
    }  # fmt: skip
    answer = {"type": "object", "required": list(said), "properties": said}
    problem = {"content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    refusals = {key: {"description": "why not, and what to do", **problem} for key in ("401", "403", "503")}
    shown = {"description": "the library and what follows it", "content": {JSON: {"schema": answer}}}
    operation = {
        "operationId": "standards", "summary": "The standards library and the conformity of each body",
        "security": [{"session": []}], "parameters": [], "responses": {"200": shown, **refusals},
    }  # fmt: skip
    return {"/api/v1/standards": {"get": operation}}


HANDLERS = [listed]
