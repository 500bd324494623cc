"""Rows as CloudEvents 1.0: every row is an event whose id is its place in the log, the same at every attempt."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from citybrain.hub.release import Release

ONE: Final = "application/cloudevents+json"
MANY: Final = "application/cloudevents-batch+json"
TYPE: Final = "cn.citybrain.row.admitted"


def source_of(contract: str) -> str:
    """Return what a contract's events name as their source.

    Args:
        contract: Ref.

    """
    return "/api/v1/contracts/" + contract.partition(":")[2]


def events_of(release: Release, contract: str) -> list[dict[str, Any]]:
    """Lay released rows out as events.

    Args:
        release: Rows as NDJSON.
        contract: Ref.

    Returns:
        One event a row, in the order of the log; ``id`` is the row's place, ``release`` names the evidence.

    """
    source, shared = source_of(contract), {"release": str(release.id), "grant": release.grant}
    rows = release.body.splitlines()
    return [
        {
            "specversion": "1.0", "id": str(place), "source": source, "type": TYPE,
            "datacontenttype": "application/json", **shared, "data": orjson.loads(row),
        }
        for place, row in zip(release.places, rows, strict=True)
    ]  # fmt: skip


def written(events: Sequence[dict[str, Any]]) -> bytes:
    """Write many events as one message.

    Args:
        events: The events.

    """
    return orjson.dumps(list(events))


def written_one(event: dict[str, Any]) -> bytes:
    """Write one event.

    Args:
        event: The event.

    """
    return orjson.dumps(event)
