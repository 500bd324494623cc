"""How destruction stands in the description of the API."""

from typing import Any

from citybrain.hub.destruction.certificate import PLACES
from citybrain.web.api.subscriptions_description import COUNT, JSON, MAYBE, TEXT, named, operation

Schema = dict[str, Any]
_INSTANT: Schema = {"type": "string", "format": "date-time"}


def schemas() -> Schema:
    """Describe a certificate of destruction."""
    backups: Schema = {"made_before": COUNT, "keys_destroyed": COUNT, "destroyed_at": MAYBE}
    receiver: Schema = {"system": TEXT, "department": TEXT, "told_at": MAYBE, "confirmed_at": MAYBE}
    places: Schema = dict.fromkeys(PLACES, COUNT)
    said: Schema = {
        "number": TEXT, "contract": TEXT, "kind": {"enum": ["person", "retention", "batch"]}, "person_token": MAYBE,
        "batches": {"type": ["array", "null"], "items": TEXT}, "arrived_before": MAYBE, "reason": TEXT,
        "decided_by": TEXT, "at": _INSTANT, "rows": COUNT,
        "places": {"type": "object", "required": list(places), "properties": places}, "before_sha256": TEXT,
        "after_sha256": TEXT, "duration_ms": COUNT, "again_after_restore": {"type": "boolean"}, "evidence": TEXT,
        "backups": {"type": "object", "required": list(backups), "properties": backups},
        "receivers": {"type": "array", "items": {"type": "object", "properties": receiver}},
    }  # fmt: skip
    return {"DestructionCertificate": {"type": "object", "required": list(said), "properties": said}}


def paths() -> Schema:
    """Describe the routes of destruction."""
    one = {"$ref": "#/components/schemas/DestructionCertificate"}
    shown = operation("destruction", "A certificate of destruction", "200", JSON, one, [named("number")])
    shown["security"] = [{"session": []}]
    event: Schema = {"type": "object", "required": ["specversion", "id", "type", "source", "data"]}
    every: Schema = {
        "type": "object", "required": ["deletions"], "properties": {"deletions": {"type": "array", "items": event}},
    }  # fmt: skip
    body: Schema = {
        "type": "object", "additionalProperties": False, "required": ["words"], "properties": {"words": TEXT},
    }  # fmt: skip
    done: Schema = {
        "type": "object", "required": ["notice", "certificate", "confirmed_at"],
        "properties": {"notice": TEXT, "certificate": TEXT, "confirmed_at": _INSTANT},
    }  # fmt: skip
    confirmed = operation("confirmDeletion", "Copies are destroyed", "200", JSON, done, [named("notice")], body)
    return {
        "/api/v1/destructions/{number}": {"get": shown},
        "/api/v1/deletions": {
            "get": operation("deletions", "What was destroyed of what one received", "200", JSON, every)
        },
        "/api/v1/deletions/{notice}/confirmation": {"post": confirmed},
    }
