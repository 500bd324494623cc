"""How subscriptions stand in the description of the API."""

from typing import Any

from citybrain.hub.question import COMPARISONS
from citybrain.hub.subscriptions.events import MANY
from citybrain.hub.subscriptions.standing import WAYS
from citybrain.web.problems import PROBLEM_TYPE

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
FIELDS: Schema = {"type": ["array", "null"], "items": TEXT}
JSON = "application/json"
WHERE: Schema = {
    "type": "array",
    "items": {
        "type": "object", "additionalProperties": False, "required": ["field", "value"],
        "properties": {"field": TEXT, "comparison": {"enum": list(COMPARISONS)}, "value": TEXT},
    },
}  # fmt: skip
_BASE = "/api/v1/subscriptions"


def schemas() -> Schema:
    """Describe a subscription as it stands."""
    said: Schema = {
        "subscription": {"type": "string", "format": "uuid"}, "system": TEXT, "department": TEXT, "contract": TEXT,
        "purpose": TEXT, "fields": FIELDS, "where": WHERE, "way": {"enum": list(WAYS)}, "url": MAYBE,
        "per": {"enum": ["row", "batch"]}, "state": {"enum": ["active", "suspended", "ended"]}, "place": TEXT,
        "delivered": COUNT, "failures": COUNT, "failure": MAYBE, "delivered_at": MAYBE, "next_try_at": MAYBE,
        "made_at": {"type": "string", "format": "date-time"},
    }  # fmt: skip
    secret = {"secret": {**TEXT, "description": "signs what is pushed; told once"}}
    return {"Subscription": {"type": "object", "required": list(said), "properties": said | secret}}


def paths() -> Schema:
    """Describe the routes of subscriptions."""
    wanted: Schema = {
        "type": "object", "additionalProperties": False, "required": ["contract", "purpose"],
        "properties": {
            "contract": TEXT, "purpose": TEXT, "fields": FIELDS, "where": WHERE, "way": {"enum": list(WAYS)},
            "start": {**TEXT, "description": "now, beginning or a place"}, "url": MAYBE,
            "per": {"enum": ["row", "batch"]},
        },
    }  # fmt: skip
    place: Schema = {"type": "object", "additionalProperties": False, "required": ["place"], "properties": {
        "place": TEXT}}  # fmt: skip
    one, which = {"$ref": "#/components/schemas/Subscription"}, [named("subscription")]
    every = {"type": "object", "required": ["subscriptions"], "properties": {
        "subscriptions": {"type": "array", "items": one}}}  # fmt: skip
    events: Schema = {"type": "array", "items": {"type": "object"}}
    limit = {"name": "limit", "in": "query", "required": False, "schema": COUNT}
    last = {"name": "Last-Event-ID", "in": "header", "required": False, "schema": TEXT}
    day = {"name": "day", "in": "query", "required": False, "schema": TEXT}
    return {
        "/api/v1/statements": {
            "get": operation("statement", "Statement of a day", "200", JSON, {"type": "object"}, [day]),
        },
        "/api/v1/usage": {
            "get": operation("usage", "Grants that are not used", "200", JSON, {"type": "object"}),
        },
        _BASE: {
            "post": operation("subscribe", "Subscribe to rows", "201", JSON, one, body=wanted),
            "get": operation("subscriptions", "List one's subscriptions", "200", JSON, every),
        },
        _BASE + "/{subscription}": {
            "get": operation("subscription", "Answer with a subscription", "200", JSON, one, which),
            "delete": operation("unsubscribe", "End a subscription", "200", JSON, one, which),
        },
        _BASE + "/{subscription}/rows": {
            "get": operation("subscribedRows", "Rows after its place", "200", MANY, events, [*which, limit]),
        },
        _BASE + "/{subscription}/ack": {
            "post": operation("acknowledge", "Set its place", "200", JSON, one, which, place),
        },
        _BASE + "/{subscription}/resume": {
            "post": operation("resume", "Take it up again", "200", JSON, one, which),
        },
        _BASE + "/{subscription}/stream": {
            "get": operation("stream", "Rows as they come", "200", "text/event-stream", TEXT, [*which, last]),
        },
    }


def named(name: str) -> Schema:
    """Describe a part of the path.

    Args:
        name: Its name.

    """
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def operation(
    name: str, says: str, status: str, media: str, schema: Schema, parameters: list[Schema] | None = None,
    body: Schema | None = None,
) -> Schema:  # fmt: skip
    """Describe what a system may ask with its key.

    Args:
        name: Of the operation.
        says: What it does.
        status: Of its answer.
        media: Media type of its answer.
        schema: Shape of its answer.
        parameters: What stands in path, query and headers.
        body: Shape of what is sent, where something is.

    """
    problem: Schema = {
        "description": "why not, and what to do",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    refused = ("400", "401", "403", "404", "409", "413", "503")
    made: Schema = {
        "operationId": name, "summary": says, "security": [{"systemKey": []}], "parameters": parameters or [],
        "responses": {
            status: {"description": says, "content": {media: {"schema": schema}}},
            **dict.fromkeys(refused, problem),
        },
    }  # fmt: skip
    if body is not None:
        made["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    return made
