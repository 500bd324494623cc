"""The catalogue in the description of the API (OpenAPI 3.1)."""

from typing import Any

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_EVERYBODY: list[dict[str, list[str]]] = [{"systemKey": []}, {"session": []}]


def paths() -> Schema:
    """Describe the paths of the catalogue."""
    search = [_asked(name) for name in ("q", "kind", "owner", "share")]
    page = [_asked("start", _COUNT), _asked("rows", _COUNT)]
    return {
        "/api/v1/catalog": {
            "get": _read("catalog", "Search the catalogue", [*search, *page], _found(), "400", "401", "503")
        },
        "/api/v1/catalog/{ref}": {
            "get": _read("catalogEntry", "Answer with one entry", [_named("ref")], None, "401", "404", "503")
        },
        "/api/v1/lineage": {
            "get": _read(
                "lineage", "List OpenLineage events",
                [*(_asked(name) for name in ("contract", "from", "about")), *page], None, "400", "401", "503",
            ),
            "post": {
                **_read("lineageIn", "Take an OpenLineage event in", [], None, "400", "401", "413", "503", ok="201"),
                "security": [{"systemKey": []}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            },
        },
    }  # fmt: skip


def _found() -> Schema:
    properties: Schema = {
        "total": _COUNT,
        "start": _COUNT,
        "entries": {"type": "array", "items": {"type": "object"}},
        "facets": {"type": "object"},
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _asked(name: str, schema: Schema | None = None) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema or _TEXT}


def _named(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _read(
    operation: str, says: str, parameters: list[Schema], schema: Schema | None, *problems: str, ok: str = "200"
) -> Schema:
    problem = {"$ref": "#/components/schemas/Problem"}
    refused: Schema = {
        status: {
            "description": "why not, and what to do",
            "content": {"application/problem+json": {"schema": problem}},
        }
        for status in problems
    }
    answer = {"description": says, "content": {"application/json": {"schema": schema or {"type": "object"}}}}
    return {
        "operationId": operation,
        "summary": says,
        "security": _EVERYBODY,
        "parameters": parameters,
        "responses": {ok: answer, **refused},
    }
