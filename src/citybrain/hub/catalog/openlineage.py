"""OpenLineage: events of other engines are taken in, our own admissions are told as events of the same form."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from citybrain.city.whole import City
from citybrain.kernel.errors import WrongUse
from citybrain.kernel.ids import NewId
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.safeguards import evidence

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets/"
PRODUCER = "urn:citybrain:hub/gate"
MOST_DATASETS = 1_000


def take(connection: Connection, event: Any, system: str, at: datetime, new_id: NewId) -> UUID:
    """Keep an event of another engine.

    Args:
        connection: The command's transaction.
        event: A RunEvent as parsed from JSON.
        system: Ref of the system that sent it.
        at: Present instant.
        new_id: Source of identifiers.

    Returns:
        Its id here.

    Raises:
        WrongUse: It is no RunEvent; the field is named.

    """
    if not isinstance(event, Mapping):
        raise WrongUse("catalog.lineage_wrong", field="event")
    moment = _moment(event.get("eventTime"))
    job, run = event.get("job"), event.get("run")
    if not isinstance(run, Mapping) or not _is_uuid(run.get("runId")):
        raise WrongUse("catalog.lineage_wrong", field="run.runId")
    if not isinstance(job, Mapping) or not _text(job.get("namespace")) or not _text(job.get("name")):
        raise WrongUse("catalog.lineage_wrong", field="job")
    if not _text(event.get("producer")):
        raise WrongUse("catalog.lineage_wrong", field="producer")
    inputs, outputs = (_datasets(event, key) for key in ("inputs", "outputs"))
    kept = new_id()
    facts = {
        "event": kept, "run": run["runId"], "inputs": inputs[:20], "outputs": outputs[:20],
        "sha256": hashlib.sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest(),
    }  # fmt: skip
    entry = evidence.write(connection, "hub:lineage:received", system, facts, at, new_id)
    given = {
        "id": kept, "system": system, "at": at, "event_at": moment, "job": f"{job['namespace']}/{job['name']}",
        "inputs": inputs, "outputs": outputs, "event": Jsonb(event), "evidence": entry.id,
    }  # fmt: skip
    connection.execute(statements("citybrain.hub.catalog", "openlineage")["take"], given)
    return kept


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongUse("catalog.lineage_wrong", field="eventTime") from None
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        raise WrongUse("catalog.lineage_wrong", field="eventTime")
    return moment


def _is_uuid(value: Any) -> bool:
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 1_000


def _datasets(event: Mapping[str, Any], key: str) -> list[str]:
    listed = event.get(key) or []
    if not isinstance(listed, list) or len(listed) > MOST_DATASETS:
        raise WrongUse("catalog.lineage_wrong", field=key)
    for item in listed:
        if not isinstance(item, Mapping) or not _text(item.get("namespace")) or not _text(item.get("name")):
            raise WrongUse("catalog.lineage_wrong", field=key)
    return [str(item["name"]) for item in listed]


def told(
    connection: Connection, city: City, contracts: Sequence[str], start: int, rows: int, system: str | None = None
) -> list[dict[str, Any]]:
    """Tell admissions as events, newest first.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        contracts: Refs the reader may look at.
        start: Events skipped.
        rows: Most events.
        system: Only admissions of this system.

    """
    given = {"contracts": list(contracts), "start": start, "rows": rows, "system": system}
    found = connection.execute(statements("citybrain.hub.catalog", "openlineage")["batches"], given).fetchall()
    return [_event(city, *row) for row in found]


def received(
    connection: Connection, start: int, rows: int, system: str | None = None, about: str | None = None
) -> list[dict[str, Any]]:
    """List events of other engines as they came, newest first.

    Args:
        connection: A reading transaction.
        start: Events skipped.
        rows: Most events.
        system: Only of this system.
        about: Only with this data set among inputs or outputs.

    """
    given = {"start": start, "rows": rows, "system": system, "about": about}
    found = connection.execute(statements("citybrain.hub.catalog", "openlineage")["received"], given).fetchall()
    return [row[0] for row in found]


def _event(
    city: City, batch: UUID, contract: str, system: str, arrived_at: datetime, status: str, accepted: int,
    payload_bytes: int, broken: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    space = f"citybrain:{city.settings.city.id}"
    declared = city.contracts.get(contract)
    assertions = [
        {"assertion": rule.name, "success": rule.name not in broken, **_column(rule.fields)}
        for rule in (declared.rules if declared else ())
    ]
    columns = {
        item.name: {"inputFields": [{"namespace": space, "name": system, "field": item.name}]}
        for item in (declared.fields if declared else ())
    }
    fields = [{"name": item.name, "type": item.type} for item in (declared.fields if declared else ())]
    return {
        "eventType": "COMPLETE" if status == "admitted" else "FAIL",
        "eventTime": arrived_at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": {"runId": str(batch)},
        "job": {"namespace": space, "name": f"admit/{contract}"},
        "inputs": [
            {
                "namespace": space, "name": system,
                "inputFacets": {
                    "dataQualityAssertions": _facet("1-0-1/DataQualityAssertionsDatasetFacet", assertions=assertions)
                },
            }
        ],
        "outputs": [
            {
                "namespace": space, "name": contract,
                "facets": {
                    "schema": _facet("1-1-1/SchemaDatasetFacet", fields=fields),
                    "columnLineage": _facet("1-2-0/ColumnLineageDatasetFacet", fields=columns),
                },
                "outputFacets": {
                    "outputStatistics": _facet(
                        "1-0-2/OutputStatisticsOutputDatasetFacet", rowCount=accepted, size=payload_bytes
                    )
                },
            }
        ],
    }  # fmt: skip


def _facet(name: str, **content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_FACETS}{name}.json", **content}


def _column(fields: Sequence[str]) -> dict[str, str]:
    return {"column": fields[0]} if len(fields) == 1 else {}
