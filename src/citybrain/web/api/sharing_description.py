"""How rows, requests and grants stand in the description of the API."""

from typing import Any

from citybrain.hub.question import FORMATS, MOST_ROWS
from citybrain.web.api.rows import PARAMETERS
from citybrain.web.problems import PROBLEM_TYPE

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
MAYBE: Schema = {"type": ["string", "null"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
JSON = "application/json"
MOST: Schema = {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000_000}
LIMITS: Schema = {
    "type": "object", "additionalProperties": False,
    "properties": {"uses": MOST, "rows_per_day": MOST, "rows_per_use": MOST},
}  # fmt: skip


def schemas() -> Schema:
    """Describe a request and a grant as they stand."""
    finding: Schema = {
        "type": "object",
        "required": ["kind", "say"],
        "properties": {"kind": TEXT, "say": {"type": "object", "properties": {"zh": TEXT, "en": TEXT}}},
    }
    states = ["checking", "providing", "approving", "returned", "granted", "refused", "appealed", "withdrawn"]
    request = {
        "number": TEXT, "contract": TEXT, "provider": TEXT, "department": TEXT, "purpose": TEXT,
        "basis": {"type": "object"}, "scenario": MAYBE, "reason": TEXT, "fields": TEXTS, "clear_fields": TEXTS,
        "rows": MAYBE, "until": MAYBE, "state": {"enum": states}, "findings": {"type": "array", "items": finding},
        "made_at": MOMENT, "due_at": MAYBE, "grant": MAYBE, "limits": _maybe(LIMITS), "assessment": MAYBE,
        "agreed_by": MAYBE,
    }  # fmt: skip
    grant = {
        "grant": TEXT, "version": {"type": "integer", "minimum": 1}, "thing": TEXT, "department": TEXT,
        "purpose": TEXT, "basis": {"type": "object"}, "fields": TEXTS, "clear_fields": TEXTS, "rows": MAYBE,
        "starts_at": MOMENT, "ends_at": MOMENT,
        "source": {"enum": ["declared", "request", "unconditional", "emergency"]},
        "state": {"enum": ["open", "closed"]}, "closed_at": MAYBE, "close_reason": MAYBE,
        "assessment": MAYBE,
        "limits": _maybe({"type": "object", "properties": {
            **LIMITS["properties"], "used": {"type": "integer", "minimum": 0},
            "rows_today": {"type": "integer", "minimum": 0},
        }}),
    }  # fmt: skip
    bulk_read = {
        "bulk_read": TEXT, "grant": TEXT, "thing": TEXT, "department": TEXT,
        "bound": {"enum": ["hour", "day", "persons", "usual"]}, "span": MOMENT,
        "seen": {"type": "integer", "minimum": 1}, "most": {"type": "integer", "minimum": 0}, "noted_at": MOMENT,
        "closed_at": MAYBE, "closed_by": MAYBE, "outcome": MAYBE, "reason": MAYBE,
    }  # fmt: skip
    return {
        "BulkRead": {"type": "object", "required": list(bulk_read), "properties": bulk_read},
        "SharingRequest": {"type": "object", "required": list(request), "properties": request},
        "Grant": {"type": "object", "required": list(grant), "properties": grant},
    }


def paths() -> Schema:
    """Describe the routes of sharing."""
    wish: Schema = {
        "type": "object", "additionalProperties": False, "required": ["contract", "purpose", "reason", "fields"],
        "properties": {
            "contract": TEXT, "purpose": TEXT, "reason": TEXT, "fields": TEXTS, "basis": {"type": "object"},
            "until": {"anyOf": [DAY, {"type": "null"}]}, "rows": MAYBE, "clear_fields": TEXTS, "scenario": MAYBE,
            "limits": _maybe(LIMITS), "assessment": {"type": ["string", "null"], "maxLength": 200},
        },
    }  # fmt: skip
    step: Schema = {
        "type": "object", "additionalProperties": False,
        "properties": {"words": TEXT, "fields": TEXTS, "clear_fields": TEXTS, "until": DAY, "limits": LIMITS},
    }  # fmt: skip
    change: Schema = {
        "type": "object", "additionalProperties": False,
        "properties": {"reason": TEXT, "fields": TEXTS, "until": DAY},
    }  # fmt: skip
    finding: Schema = {
        "type": "object", "additionalProperties": False, "required": ["outcome", "reason"],
        "properties": {"outcome": {"enum": ["lawful", "unlawful"]}, "reason": TEXT},
    }  # fmt: skip
    one = _ref("SharingRequest")
    acts = ("pass", "refuse", "grant", "approve", "appeal", "withdraw", "urge")
    return {
        "/api/v1/contracts/{department}/{resource}/rows": {"get": _rows()},
        "/api/v1/requests": {
            "post": _act("apply_for", "Apply for the use of data", wish, one, "201"),
            "get": _look("requests", "List requests", _list("requests", "SharingRequest"), _given("role", "query")),
        },
        "/api/v1/requests/{number}": {
            "get": _look("request", "Answer with a request and its course", one, _given("number", "path"))
        },
        "/api/v1/requests/{number}/{act}": {
            "post": _act("act_on_request", "Take a step of a request", step, one, "200", _given("number", "path"),
                         _given("act", "path", {"enum": list(acts)}))
        },
        "/api/v1/grants": {
            "get": _look("grants", "List grants", _list("grants", "Grant"), _given("role", "query"))
        },
        "/api/v1/bulk-reads": {"get": _look("bulkReads", "List bulk reads", _list("bulk_reads", "BulkRead"))},
        "/api/v1/bulk-reads/{bulk_read}/close": {
            "post": _act("closeBulkRead", "Say what a bulk read was", finding, _ref("BulkRead"), "200",
                         _given("bulk_read", "path"))
        },
        "/api/v1/grants/{name}/{act}": {
            "post": _act("act_on_grant", "Close or renew a grant", change, _ref("Grant"), "200",
                         _given("name", "path"), _given("act", "path", {"enum": ["close", "renew"]}))
        },
    }  # fmt: skip


def _rows() -> Schema:
    known = [_given(name, "query", required=name == "purpose") for name in PARAMETERS]
    limit = next(item for item in known if item["name"] == "limit")
    limit["schema"] = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}
    content = {media: {"schema": {"type": "string", "format": "binary"}} for media in FORMATS.values()}
    return {
        "operationId": "rows",
        "summary": "Give out rows under a grant; field=value and field.gte=value narrow it down",
        "security": [{"systemKey": []}],
        "parameters": [_given("department", "path"), _given("resource", "path"), *known],
        "responses": {
            "200": {"description": "rows in the order of the log; x-citybrain-after is where to go on",
                    "content": content},
            **_problems("400", "401", "403", "404", "503"),
        },
    }  # fmt: skip


def _act(name: str, says: str, body: Schema, answer: Schema, status: str, *given: Schema) -> Schema:
    return {
        "operationId": name,
        "summary": says,
        "security": [{"session": []}],
        "parameters": [*given, _given("X-CSRF-Token", "header")],
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": {
            status: {"description": "how it stands now", "content": {JSON: {"schema": answer}}},
            **_problems("400", "401", "403", "404", "409", "413", "503"),
        },
    }


def _look(name: str, says: str, answer: Schema, *given: Schema) -> Schema:
    return {
        "operationId": name,
        "summary": says,
        "security": [{"session": []}],
        "parameters": list(given),
        "responses": {
            "200": {"description": says, "content": {JSON: {"schema": answer}}},
            **_problems("401", "403", "404", "503"),
        },
    }


def _given(name: str, place: str, schema: Schema | None = None, *, required: bool = False) -> Schema:
    return {"name": name, "in": place, "required": required or place == "path", "schema": schema or TEXT}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str, of: str) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: {"type": "array", "items": _ref(of)}}}


def _problems(*statuses: str) -> Schema:
    told = {"description": "why not, and what to do", "content": {PROBLEM_TYPE: {"schema": _ref("Problem")}}}
    return dict.fromkeys(statuses, told)
