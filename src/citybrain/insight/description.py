"""An indicator laid out as plain facts, the same for the API and the command line (Hangzhou art. 10)."""

from datetime import datetime
from typing import Any

from citybrain.city.indicator import Indicator
from citybrain.city.whole import City
from citybrain.insight.discretion import hidden
from citybrain.insight.values import Point, every, standing
from citybrain.kernel.postgres import Connection


def describe(
    connection: Connection,
    city: City,
    found: Indicator,
    now: datetime,
    grain: str | None = None,
    split: str | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Lay an indicator out for JSON.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        found: The indicator as its reader may see it.
        now: Present instant.
        grain: Only values of this period.
        split: Only values by this field.
        key: Only values of this key.

    """
    said = standing(connection, city, found, now)
    values = _discreet(connection, found, every(connection, found.ref, grain, split, key))
    return {
        "indicator": found.ref,
        "name": {"zh": found.name.zh, "en": found.name.en},
        "unit": {"zh": found.unit.zh, "en": found.unit.en},
        "caliber": {"zh": found.caliber.zh, "en": found.caliber.en},
        "owner": found.owner,
        "value": said.point.value if said.point else None,
        "grain": said.grain,
        "bucket": said.point.bucket.isoformat() if said.point else None,
        "state": said.state,
        "as_of": said.as_of.isoformat() if said.as_of else None,
        "late_by_s": said.late_by.total_seconds() if said.late_by else None,
        "promised_s": said.promised.total_seconds() if said.promised else None,
        "position": said.position,
        "received": said.received,
        "accepted": said.accepted,
        "batches": said.batches,
        "quality": said.quality,
        "revision": said.revision,
        "suppress_below": found.suppress_below,
        "contracts": list(city.contracts_read_by(found)),
        "values": [
            {
                "grain": at_grain,
                "split": at_split,
                "key": at_key,
                "bucket": point.bucket.astimezone(city.zone).isoformat(),
                "value": point.value,
                "rows": None if point.hidden else point.rows,
                "suppressed": point.hidden,
            }
            for at_grain, at_split, at_key, point in values
        ],
    }


def _discreet(
    connection: Connection, found: Indicator, values: list[tuple[str, str, str, Point]]
) -> list[tuple[str, str, str, Point]]:
    """Take the value off points that stand for too few rows."""
    if found.suppress_below is None:
        return values
    kinds = {(grain, split) for grain, split, _, _ in values}
    cells = {kind: hidden(connection, found, *kind) for kind in kinds}
    return [
        (grain, split, key, Point(point.bucket, None, 0, hidden=True))
        if (point.bucket, key) in cells[grain, split]
        else (grain, split, key, point)
        for grain, split, key, point in values
    ]
