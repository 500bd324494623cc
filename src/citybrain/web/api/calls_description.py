"""How calls that are answered later stand in the description of the API; services are described by their own."""

from typing import Any

from citybrain.web.api.subscriptions_description import JSON, TEXT, named, operation

Schema = dict[str, Any]
_BASE = "/r1/calls/{call}"


def paths() -> Schema:
    """Describe the routes of calls that are answered later."""
    which = [{**named("call"), "schema": {"type": "string", "format": "uuid"}}]
    standing: Schema = {
        "type": "object", "additionalProperties": False, "required": ["call", "state", "due_at"],
        "properties": {"call": TEXT, "state": {"enum": ["waiting"]}, "due_at": {"type": "string"}},
    }  # fmt: skip
    look = operation("laterAnswer", "Look for an answer that comes later", "200", JSON, {}, which)
    look["responses"]["202"] = {"description": "there is none yet", "content": {JSON: {"schema": standing}}}
    look["responses"]["403"] = look["responses"]["404"] | {"description": "the grant does not let it leave any more"}
    answer = operation("answerLater", "Answer a call that was taken with 202", "204", JSON, {}, which, {})
    answer["responses"]["204"] = {"description": "taken"}
    return {_BASE: {"get": look}, _BASE + "/answer": {"post": answer}}
