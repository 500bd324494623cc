"""How emergencies stand in the description of the API."""

from typing import Any, get_args

from citybrain.hub.emergency_reviews import OUTCOMES
from citybrain.hub.emergency_standing import State
from citybrain.web.api.subscriptions_description import COUNT, JSON, MAYBE, TEXT, named, operation

Schema = dict[str, Any]
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_YES: Schema = {"type": "boolean"}
_TEXTS: Schema = {"type": "array", "items": TEXT}


def schemas() -> Schema:
    """Describe an emergency as it stands."""
    report: Schema = {"kept": _YES, "words": TEXT, "ground": TEXT, "at": _INSTANT}
    review: Schema = {"outcome": {"enum": list(OUTCOMES)}, "findings": TEXT, "follows": TEXT, "department": TEXT,
                      "at": _INSTANT}  # fmt: skip
    grant: Schema = {
        "grant": TEXT, "thing": TEXT, "department": TEXT, "purpose": TEXT, "ends_at": _INSTANT, "closed_at": MAYBE,
        "releases": COUNT, "rows": COUNT,
    }  # fmt: skip
    received: Schema = {
        "department": TEXT, "releases": COUNT, "rows": COUNT, "last_at": _INSTANT, "report": _maybe(_object(report)),
    }  # fmt: skip
    said: Schema = {
        "emergency": TEXT, "words": TEXT, "declared_by": TEXT, "declared_at": _INSTANT, "ends_at": _INSTANT,
        "ended_at": MAYBE, "state": {"enum": list(get_args(State))}, "review_due_at": MAYBE, "reports_due_at": MAYBE,
        "grants": {"type": "array", "items": _object(grant)},
        "received": {"type": "array", "items": _object(received)}, "review": _maybe(_object(review)),
    }  # fmt: skip
    return {"Emergency": _object(said)}


def paths() -> Schema:
    """Describe the routes of emergencies."""
    one: Schema = {"$ref": "#/components/schemas/Emergency"}
    every = _object({"emergencies": {"type": "array", "items": one}})
    declared = _body({"emergency": TEXT, "words": TEXT, "ends_at": _INSTANT})
    given = _body(
        {"department": TEXT, "contract": TEXT, "purpose": TEXT, "reason": TEXT, "fields": _TEXTS,
         "basis": {"type": "object"}, "rows": MAYBE, "clear_fields": _TEXTS, "scenario": MAYBE,
         "until": {"type": ["string", "null"], "format": "date"}, "limits": {"type": ["object", "null"]},
         "assessment": {"type": ["string", "null"], "maxLength": 200}},
        "basis", "rows", "clear_fields", "scenario", "until", "limits", "assessment",
    )  # fmt: skip
    verdict = _body({"outcome": {"enum": list(OUTCOMES)}, "findings": TEXT, "follows": TEXT}, "follows")
    deletion = _body({"words": TEXT, "kept": _YES, "ground": TEXT}, "kept", "ground")
    grant: Schema = {"$ref": "#/components/schemas/Grant"}
    return {
        "/api/v1/emergencies": {
            "get": _look("emergencies", "List emergencies", every),
            "post": _act("declareEmergency", "Declare an emergency", "201", one, declared, named_one=False),
        },
        "/api/v1/emergencies/{name}/grants": {
            "post": _act("grantInEmergency", "Grant data while an emergency runs", "201", grant, given)
        },
        "/api/v1/emergencies/{name}/end": {
            "post": _act("endEmergency", "End an emergency and close its grants", "200", one, _body({}))
        },
        "/api/v1/emergencies/{name}/reviews": {
            "post": _act("reviewEmergency", "Review an emergency that is over", "201", one, verdict)
        },
        "/api/v1/emergencies/{name}/deletion-reports": {
            "post": _act("reportDeletion", "Report the deletion of copies", "201", one, deletion)
        },
    }


def _look(name: str, says: str, answer: Schema) -> Schema:
    shown = operation(name, says, "200", JSON, answer)
    shown["security"] = [{"session": []}]
    return shown


def _act(name: str, says: str, status: str, answer: Schema, body: Schema, *, named_one: bool = True) -> Schema:
    token: Schema = {"name": "X-CSRF-Token", "in": "header", "required": False, "schema": TEXT}
    given = [*([named("name")] if named_one else []), token]
    shown = operation(name, says, status, JSON, answer, given, body)
    shown["security"] = [{"session": []}]
    return shown


def _object(properties: Schema) -> Schema:
    return {"type": "object", "required": list(properties), "properties": properties}


def _body(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
