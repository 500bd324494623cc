"""``/openapi.json``: the API as OpenAPI 3.1, with the answers as they are given."""

from typing import Any

from litestar import Response, get

from citybrain.hub.formats import MEDIA_TYPES
from citybrain.web.api import (
    calls_description,
    catalog_description,
    destructions_description,
    emergencies_description,
    exports_description,
    sharing_description,
    standards,
    subscriptions_description,
)
from citybrain.web.problems import PROBLEM_TYPE, dumps

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "string", "format": "uuid"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SAID: Schema = {
    "type": ["object", "null"], "required": ["zh", "en"], "properties": {"zh": TEXT, "en": TEXT},
}  # fmt: skip


def _object(properties: dict[str, Schema], *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def receipt() -> Schema:
    """Describe a receipt."""
    reason = {"row": COUNT, "field": TEXT, "rule": TEXT, "dimension": TEXT, "value": TEXT, "say": SAID}
    number: Schema = {"type": "number"}
    return _object(
        {
            "batch": ID, "contract": TEXT, "system": TEXT, "delivery": ID, "part": {"type": "integer", "minimum": 1},
            "status": {"enum": ["admitted", "refused"]}, "received": COUNT, "accepted": COUNT, "set_aside": COUNT,
            "warned": COUNT, "broken_rules": _list(_object({"rule": TEXT, "rows": COUNT, "say": SAID})),
            "reasons": _list(_object(reason)),
            "drift": _list(_object({"rule": TEXT, "period": TEXT, "median": number, "before": number})),
            "unknown_fields": _list(TEXT), "evidence": _object({"entry": ID, "sha256": SHA256}),
            "position": {"type": ["integer", "null"], "minimum": 1},
            "arrived_at": {"type": "string", "format": "date-time"}, "repeated": {"type": "boolean"},
            "refused": {"oneOf": [{"type": "null"}, _object({"code": TEXT, "params": {"type": "object"}})]},
        }
    )  # fmt: skip


def problem() -> Schema:
    """Describe a problem (RFC 9457)."""
    return _object(
        {
            "type": {"type": "string", "pattern": "^urn:citybrain:error:"}, "title": TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599}, "detail": TEXT, "code": TEXT,
            "params": {"type": "object"}, "source": TEXT, "next_steps": _list(TEXT), "offline_channel": TEXT,
            "retryable": {"type": "boolean"}, "trace_id": ID,
        }
    )  # fmt: skip


def document() -> Schema:
    """Describe the API."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "City Brain",
            "version": "1",
            "description": "城市大脑 · the hub's API for systems and programs",
        },
        "paths": {
            "/api/v1/contracts/{department}/{resource}/batches": {"post": _admit()},
            "/api/v1/indicators/{name}": {"get": _indicator()},
            "/api/v1/law": {"get": _law()},
            **catalog_description.paths(),
            **sharing_description.paths(),
            **subscriptions_description.paths(),
            **exports_description.paths(),
            **standards.paths(),
            **destructions_description.paths(),
            **emergencies_description.paths(),
            **calls_description.paths(),
            "/api/v1/dissents": {"post": _raise_dissent()},
            "/api/v1/dissents/{number}": {"get": _dissent()},
        },
        "components": {
            "securitySchemes": {
                "systemKey": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "citybrain_session"},
            },
            "schemas": {
                "Receipt": receipt(),
                "Problem": problem(),
                "Dissent": dissent(),
                **sharing_description.schemas(),
                **subscriptions_description.schemas(),
                **exports_description.schemas(),
                **destructions_description.schemas(),
                **emergencies_description.schemas(),
            },
        },
    }


def _answer(says: str, media: str, name: str | None = None) -> Schema:
    schema: Schema = {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}
    return {"description": says, "content": {media: {"schema": schema}}}


def _problems(*statuses: str) -> Schema:
    return {status: _answer("why not, and what to do", PROBLEM_TYPE, "Problem") for status in statuses}


def _given(name: str, place: str, *, required: bool = False) -> Schema:
    return {"name": name, "in": place, "required": required or place == "path", "schema": TEXT}


def _admit() -> Schema:
    receipt_or_problem = _answer("refused as a whole: the receipt says why", "application/json", "Receipt")
    receipt_or_problem["content"][PROBLEM_TYPE] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    body: Schema = {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA_TYPES}
    return {
        "operationId": "admit",
        "summary": "Take a batch in and answer with its receipt",
        "security": [{"systemKey": []}],
        "parameters": [
            _given("department", "path"), _given("resource", "path"), _given("Idempotency-Key", "header")
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "201": _answer("admitted", "application/json", "Receipt"),
            "200": _answer("taken before; the first receipt", "application/json", "Receipt"),
            "422": receipt_or_problem,
            **_problems("400", "401", "403", "404", "409", "413", "503"),
        },
    }  # fmt: skip


def _indicator() -> Schema:
    table = {"text/csv": {"schema": TEXT}}
    answer = _answer("what it says now, what it rests on, and its values", "application/json")
    answer["content"].update(table)
    return {
        "operationId": "indicator",
        "summary": "Answer with an indicator",
        "security": [{"session": []}],
        "parameters": [
            _given("name", "path"),
            *(_given(name, "query") for name in ("grain", "split", "key", "format")),
        ],
        "responses": {"200": answer, **_problems("400", "401", "404", "503")},
    }


def dissent() -> Schema:
    """Describe a dissent as it stands."""
    moment: Schema = {"type": "string", "format": "date-time"}
    maybe: Schema = {"type": ["string", "null"]}
    step = _object({"at": moment, "act": TEXT, "words": TEXT})
    return _object(
        {
            "number": TEXT, "kind": {"enum": ["value", "score"]}, "contract": TEXT, "provider": TEXT,
            "keys": {"type": ["object", "null"], "additionalProperties": TEXT}, "batch": maybe, "field": maybe,
            "day": maybe, "seen": TEXT, "claimed": TEXT,
            "state": {"enum": ["open", "answered", "appealed", "ordered", "closed", "lapsed", "withdrawn"]},
            "verdict": {"enum": ["upheld", "rejected", None]}, "answer": TEXT, "raised_at": moment, "due_at": moment,
            "reaction_due_at": maybe, "corrected_by": maybe, "course": _list(step), "code": TEXT,
        },
        "code",
    )  # fmt: skip


def _raise_dissent() -> Schema:
    body: Schema = {
        "type": "object",
        "required": ["contract", "grounds"],
        "properties": {
            "contract": TEXT, "keys": {"type": "object"}, "batch": ID, "field": TEXT, "seen": TEXT, "claimed": TEXT,
            "grounds": TEXT, "attachment_sha256": SHA256, "kind": {"enum": ["value", "score"]},
            "day": {"type": "string", "format": "date"},
        },
    }  # fmt: skip
    return {
        "operationId": "raise_dissent",
        "summary": "Raise a dissent about a value, a batch or a score",
        "security": [{"systemKey": []}, {"session": []}],
        "parameters": [_given("X-CSRF-Token", "header")],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "201": _answer("raised; the tracking code is not shown again", "application/json", "Dissent"),
            **_problems("400", "401", "403", "404", "409", "413", "503"),
        },
    }


def _dissent() -> Schema:
    return {
        "operationId": "dissent",
        "summary": "Answer with a dissent and its course",
        "security": [{"systemKey": []}, {"session": []}, {}],
        "parameters": [_given("number", "path"), _given("X-Tracking-Code", "header")],
        "responses": {
            "200": _answer("how it stands", "application/json", "Dissent"),
            **_problems("401", "404", "503"),
        },
    }


def _law() -> Schema:
    return {
        "operationId": "law",
        "summary": "Answer with both laws and what holds now",
        "security": [{"session": []}],
        "responses": {
            "200": {
                "description": "duties and their states",
                "content": {"application/json": {"schema": _list({"type": "object"})}},
            },
            **_problems("401", "403", "503"),
        },
    }


@get("/openapi.json")
async def openapi() -> Response[bytes]:
    """Answer with the description of the API."""
    return Response(dumps(document()), media_type="application/json")
