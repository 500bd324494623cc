"""Errors at the edge: RFC 9457 problems for programs, a page for people; no stack trace, no personal value."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from citybrain.kernel.errors import CityBrainError
from citybrain.kernel.ids import NewId
from citybrain.kernel.messages import Language, explain

PROBLEM_TYPE = "application/problem+json"
HIDDEN = frozenset({"findings"})


def as_problem(error: CityBrainError, language: Language, new_id: NewId) -> dict[str, Any]:
    """Lay an error out as an RFC 9457 problem.

    Args:
        error: What was raised.
        language: ``zh`` or ``en``.
        new_id: Source of identifiers, for the trace.

    Returns:
        type, title, status, detail, code, params, source, next_steps, offline_channel, retryable, trace_id.

    """
    words = asdict(explain(error, language))
    return {
        "type": f"urn:citybrain:error:{error.code}",
        "title": words["title"],
        "status": error.http_status,
        "detail": words["detail"],
        "code": error.code,
        "params": {key: plain(value) for key, value in error.params.items() if key not in HIDDEN},
        "source": words["source"],
        "next_steps": list(words["next_steps"]),
        "offline_channel": words["offline_channel"],
        "retryable": error.retryable,
        "trace_id": str(new_id()),
    }


def plain(value: Any) -> Any:
    """Make a parameter fit for JSON.

    Args:
        value: Any parameter of an error.

    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def dumps(document: Any) -> bytes:
    """Write JSON with Chinese as it is.

    Args:
        document: Plain values.

    """
    return json.dumps(document, ensure_ascii=False, default=str).encode()
