"""``/metrics``: counts for a Prometheus that watches this instance; names of contracts, never a value from a row."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State

from citybrain.blueprint.instance import Instance
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements
from citybrain.web.entrance import Entrance

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], int]


@get("/metrics")
async def metrics(request: Request[Any, Any, State]) -> Response[str]:
    """Answer with what this instance has taken in and what waits."""
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance

    def look() -> str:
        with instance.database.reading() as connection:
            return "".join(exposition(connection, instance))

    return Response(await entrance.enter(look), media_type=MEDIA_TYPE)


def exposition(connection: Connection, instance: Instance) -> Iterable[str]:
    """Write the metrics in the text format of Prometheus.

    Args:
        connection: A reading transaction.
        instance: This process's instance.

    Yields:
        One metric after the other.

    """
    sql = statements("citybrain.web.api", "metrics")
    rows = connection.execute(sql["rows"]).fetchall()
    batches = [({"contract": row[0], "status": row[1]}, int(row[2])) for row in rows]
    yield _metric("citybrain_batches_total", "counter", "Batches by contract and status.", batches)
    for place, name in enumerate(("received", "accepted", "set_aside"), 3):
        found = [({"contract": row[0], "status": row[1]}, int(row[place])) for row in rows]
        yield _metric(f"citybrain_rows_{name}_total", "counter", f"Rows {name.replace('_', ' ')}.", found)
    unsealed, alerts, aside, position = connection.execute(sql["waiting"]).fetchone() or (0, 0, 0, 0)
    yield _metric("citybrain_evidence_unsealed", "gauge", "Evidence entries without a place yet.", [({}, unsealed)])
    yield _metric("citybrain_alerts_open", "gauge", "Alerts that are open.", [({}, alerts)])
    yield _metric("citybrain_rows_waiting", "gauge", "Rows set aside that wait for their provider.", [({}, aside)])
    yield _metric("citybrain_log_position", "counter", "End of the exchange log.", [({}, position)])
    yield _metric("citybrain_log_lag", "gauge", "Log positions an indicator is behind.", _lags(connection, instance))
    revision = instance.city_now().revision if instance.city.ready else 0
    yield _metric("citybrain_revision", "gauge", "Revision of the city in force.", [({}, revision)])


def _lags(connection: Connection, instance: Instance) -> list[Sample]:
    if not instance.city.ready:
        return []
    sql, city = statements("citybrain.web.api", "metrics"), instance.city_now()
    ends: dict[str, int] = dict(connection.execute(sql["ends"]).fetchall())
    reached: dict[str, int] = dict(connection.execute(sql["positions"]).fetchall())
    found: list[Sample] = []
    for ref, indicator in city.indicators.items():
        end = max((ends.get(contract, 0) for contract in city.contracts_read_by(indicator)), default=0)
        found.append(({"indicator": ref}, max(end - reached.get(ref, 0), 0)))
    return found


def _metric(name: str, kind: str, says: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inner}}} {value}" if inner else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
