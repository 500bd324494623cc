"""How files of rows and reports on their effect stand in the description of the API."""

from typing import Any

from citybrain.hub.exports.record import FORMS, STATES
from citybrain.web.api.subscriptions_description import COUNT, FIELDS, JSON, MAYBE, TEXT, WHERE, named, operation

Schema = dict[str, Any]
_BASE = "/api/v1/exports"
_VIEW: Schema = {"enum": ["history", "current"]}


def schemas() -> Schema:
    """Describe an export as it stands."""
    said: Schema = {
        "export": {"type": "string", "format": "uuid"}, "grant": TEXT, "contract": TEXT, "system": TEXT,
        "department": TEXT, "purpose": TEXT, "fields": {"type": "array", "items": TEXT}, "where": WHERE,
        "since": MAYBE, "until": MAYBE, "view": _VIEW, "format": {"enum": list(FORMS)},
        "state": {"enum": list(STATES)}, "rows": COUNT, "bytes": {"type": ["integer", "null"], "minimum": 0},
        "sha256": MAYBE, "asked_at": {"type": "string", "format": "date-time"}, "made_at": MAYBE,
        "expires_at": MAYBE, "ended_at": MAYBE, "end_reason": MAYBE, "failure": MAYBE, "fetched": COUNT,
        "file": MAYBE,
    }  # fmt: skip
    return {"Export": {"type": "object", "required": list(said), "properties": said}}


def paths() -> Schema:
    """Describe the routes of exports."""
    wanted: Schema = {
        "type": "object", "additionalProperties": False, "required": ["contract", "purpose", "grant"],
        "properties": {
            "contract": TEXT, "purpose": TEXT, "grant": TEXT, "fields": FIELDS, "where": WHERE, "since": MAYBE,
            "until": MAYBE, "view": _VIEW, "format": {"enum": list(FORMS)},
        },
    }  # fmt: skip
    one, which = {"$ref": "#/components/schemas/Export"}, [named("export")]
    every = {"type": "object", "required": ["exports"], "properties": {"exports": {"type": "array", "items": one}}}
    binary = {"type": "string", "format": "binary"}
    figure: Schema = {
        "type": "object", "additionalProperties": False, "required": ["name", "value"],
        "properties": {"name": TEXT, "value": {"type": "number"}, "unit": TEXT},
    }  # fmt: skip
    said: Schema = {
        "first_day": TEXT, "last_day": TEXT, "used_for": TEXT, "effect": TEXT,
        "figures": {"type": "array", "items": figure}, "saved_steps": {"type": ["integer", "null"]},
    }  # fmt: skip
    told: Schema = {"type": "object", "required": ["grant", *said], "properties": said | {"grant": TEXT}}
    needed = ["first_day", "last_day", "used_for", "effect"]
    report: Schema = {"type": "object", "additionalProperties": False, "required": needed, "properties": said}
    listed: Schema = {"type": "object", "properties": {"effects": {"type": "array", "items": told}}}
    grant = [named("name")]
    return {
        "/api/v1/grants/{name}/effects": {
            "get": operation("effects", "Reports on a grant", "200", JSON, listed, grant),
            "post": operation("reportEffect", "Report what a grant was good for", "201", JSON, told, grant, report),
        },
        _BASE: {
            "post": operation("export", "Ask for rows as a file", "202", JSON, one, body=wanted),
            "get": operation("exports", "List one's exports", "200", JSON, every),
        },
        _BASE + "/{export}": {
            "get": operation("exported", "Answer with an export", "200", JSON, one, which),
            "delete": operation("endExport", "End an export", "200", JSON, one, which),
        },
        _BASE + "/{export}/file": {
            "get": operation("exportedFile", "The file", "200", "application/octet-stream", binary, which),
        },
    }
