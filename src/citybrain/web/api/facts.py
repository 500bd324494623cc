"""Facts out over HTTP: indicators, health, what this instance is."""

import csv
import io
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from citybrain.blueprint.instance import Instance
from citybrain.insight.description import describe
from citybrain.kernel.errors import CityBrainError
from citybrain.web.entrance import Entrance
from citybrain.web.problems import dumps
from citybrain.web.sessions import viewer_in


@get("/healthz")
async def healthz() -> dict[str, str]:
    """Tell that the process lives."""
    return {"status": "alive"}


@get("/readyz")
async def readyz(request: Request[Any, Any, State]) -> Response[bytes]:
    """Tell whether the process can take work: database there, a city in force."""
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance

    def look() -> dict[str, Any]:
        with instance.database.reading() as connection:
            connection.execute("SELECT 1")
        return {"status": "ready" if instance.city.ready else "no_city", "revision": _revision(instance)}

    try:
        found = await entrance.enter(look)
    except CityBrainError as error:
        return Response(
            dumps({"status": "unavailable", "code": error.code}), status_code=503, media_type="application/json"
        )
    status = 200 if found["status"] == "ready" else 503
    return Response(dumps(found), status_code=status, media_type="application/json")


def _revision(instance: Instance) -> int:
    return instance.city_now().revision if instance.city.ready else 0


@get("/api/v1/indicators/{name:str}")
async def indicator(name: FromPath[str], request: Request[Any, Any, State]) -> Response[bytes]:
    """Answer with an indicator: what it says now, what it rests on, and its values (JSON, or CSV by Accept)."""
    instance: Instance = request.app.state.instance
    entrance: Entrance = request.app.state.entrance
    wanted = {key: request.query_params.get(key) for key in ("grain", "split", "key")}
    as_csv = "text/csv" in request.headers.get("accept", "") or request.query_params.get("format") == "csv"

    def look() -> bytes:
        visit = viewer_in(instance, request.cookies)
        with instance.database.reading() as connection:
            document = describe(
                connection, visit.city, visit.indicator(f"indicator:{name}"), instance.clock.now(), **wanted
            )
        return as_table(document) if as_csv else dumps(document)

    media = "text/csv; charset=utf-8" if as_csv else "application/json"
    return Response(await entrance.enter(look), media_type=media)


def as_table(document: dict[str, Any]) -> bytes:
    """Lay an indicator's values out as CSV; a text that a spreadsheet would run is made plain.

    Args:
        document: As made by :func:`describe`.

    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["indicator", "grain", "split", "key", "bucket", "value", "rows"])
    for value in document["values"]:
        key = value["key"]
        writer.writerow(
            [document["indicator"], value["grain"], value["split"], f"'{key}" if key[:1] in "=+-@\t\r" and key else key,
             value["bucket"], value["value"], value["rows"]]
        )  # fmt: skip
    return "\ufeff".encode() + out.getvalue().encode()
