"""The catalogue over HTTP: search, one entry, the DCAT feed, lineage (Nanjing art. 7)."""

from typing import Any, cast

import orjson
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.city.whole import City
from citybrain.hub.catalog import feed, openlineage
from citybrain.hub.catalog.search import MOST_ROWS, Query, named, one, proof, search, supplied
from citybrain.kernel.errors import NotAuthenticated, NotKnown, TooLarge, WrongUse
from citybrain.web.catalog_reading import Reader, base_of, listed, number_in, reader_of, whole
from citybrain.web.entrance import Entrance
from citybrain.web.frames import Asked, instance_of
from citybrain.web.problems import dumps
from citybrain.web.sessions import may_open_contract

FAR = 1_000_000_000
EVENT_BYTES = 1_048_576


@get("/api/v1/catalog")
async def found(request: Asked) -> Response[bytes]:
    """Search the catalogue: ``q`` (every word must match; names, fields, pinyin), ``kind``, ``owner``, ``share``."""

    def look() -> bytes:
        instance, reader = instance_of(request), _signed_in(request)
        asked = request.query_params
        query = Query(
            text=asked.get("q", ""),
            kinds=(asked["kind"],) if asked.get("kind") else (),
            owner=asked.get("owner") or None,
            share=asked.get("share") or None,
            hidden=reader.hidden,
            start=number_in(asked, "start", 0, FAR),
            rows=number_in(asked, "rows", 100, MOST_ROWS),
        )
        with instance.database.reading() as connection:
            page = search(connection, query, instance.clock.now())
        return dumps(
            {
                "total": page.total,
                "start": query.start,
                "entries": [listed(reader, entry, page.supply.get(entry.ref)) for entry in page.entries],
                "facets": page.facets,
            }
        )

    return Response(await _entrance(request).enter(look), media_type="application/json")


@get("/api/v1/catalog/{ref:path}")
async def entry(ref: FromPath[str], request: Asked) -> Response[bytes]:
    """Answer with everything of one entry: elements, fields, quality, lineage, consumers, registration proof."""

    def look() -> bytes:
        instance, reader = instance_of(request), _signed_in(request)
        with instance.database.reading() as connection:
            known = one(connection, str(ref).lstrip("/"), hidden=reader.hidden)
            supply = supplied(connection, [known.ref], instance.clock.now()) if known.kind == "contract" else {}
            names = named(connection, [*known.around["up"], *known.around["down"]])
            shown = whole(reader, known, supply.get(known.ref), proof(connection, known), names)
        return dumps(shown)

    return Response(await _entrance(request).enter(look), media_type="application/json")


@get(["/catalog.ttl", "/catalog.jsonld"])
async def catalog(request: Asked) -> Response[str]:
    """Answer with the catalogue as a DCAT feed; without sign-in only what is open to society."""
    form = cast("feed.Form", request.url.path.rpartition(".")[2])

    def look() -> str:
        reader = reader_of(request)
        page = max(1, number_in(request.query_params, "page", 1, FAR // feed.PAGE))
        with instance_of(request).database.reading() as connection:
            return feed.whole(
                connection, reader.city, form, base_of(request), public=reader.public, hidden=reader.hidden, page=page
            )

    return Response(await _entrance(request).enter(look), media_type=feed.MEDIA[form])


@get("/dataset/{name:str}")
async def dataset(name: FromPath[str], request: Asked) -> Response[str]:
    """Answer with one data set as DCAT, in Turtle (``.ttl``) or JSON-LD (``.jsonld``)."""
    stem, _, ending = name.rpartition(".")
    form = cast("feed.Form", ending)

    def look() -> str:
        if form not in feed.MEDIA:
            raise NotKnown("edge.no_such_page")
        reader = reader_of(request)
        with instance_of(request).database.reading() as connection:
            return feed.single(connection, stem, form, base_of(request), public=reader.public, hidden=reader.hidden)

    text = await _entrance(request).enter(look)
    return Response(text, media_type=feed.MEDIA[form])


@post("/api/v1/lineage", status_code=201)
async def lineage_in(request: Asked) -> Response[bytes]:
    """Take an OpenLineage RunEvent of another engine in; the key says which system it comes from."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > EVENT_BYTES:
            raise TooLarge("edge.body_too_large", most_bytes=EVENT_BYTES)

    def look() -> bytes:
        instance, reader = instance_of(request), reader_of(request)
        if reader.system is None:
            raise NotAuthenticated("hub.key_missing")
        try:
            event = orjson.loads(bytes(body))
        except orjson.JSONDecodeError:
            raise WrongUse("catalog.lineage_wrong", field="JSON") from None
        with instance.database.transaction() as connection:
            kept = openlineage.take(connection, event, reader.system, instance.clock.now(), instance.new_id)
        return dumps({"event": str(kept)})

    return Response(await _entrance(request).enter(look), media_type="application/json", status_code=201)


@get("/api/v1/lineage")
async def lineage_out(request: Asked) -> Response[bytes]:
    """List OpenLineage events, newest first: our admissions, or with ``from=received`` those of other engines."""

    def look() -> bytes:
        instance, reader = instance_of(request), _signed_in(request)
        asked = request.query_params
        start, rows = number_in(asked, "start", 0, FAR), number_in(asked, "rows", 100, MOST_ROWS)
        with instance.database.reading() as connection:
            if asked.get("from") == "received":
                runs_the_hub = reader.viewer is not None and "operate_hub" in reader.viewer.may
                mine = None if runs_the_hub else (reader.system or "")
                events = openlineage.received(connection, start, rows, mine, asked.get("about") or None)
            else:
                contracts = _contracts(reader.city, reader)
                wanted = asked.get("contract")
                among = [ref for ref in contracts if wanted in {None, "", ref}]
                events = openlineage.told(connection, reader.city, among, start, rows)
        return dumps({"events": events})

    return Response(await _entrance(request).enter(look), media_type="application/json")


def _contracts(city: City, reader: Reader) -> list[str]:
    """Name the contracts whose batches a reader may look at: as in the console, a system its owner's and its own."""
    if reader.viewer is None:
        return []
    provides: tuple[str, ...] = ()
    if reader.system is not None:
        system = city.systems.get(reader.system)
        provides = system.provides if system else ()
        mine = {ref for ref, item in city.contracts.items() if item.provider == reader.viewer.department}
        return sorted(mine | set(provides))
    return [ref for ref, item in city.contracts.items() if may_open_contract(reader.viewer, item)]


def _signed_in(request: Asked) -> Reader:
    reader = reader_of(request)
    if reader.public:
        raise NotAuthenticated("edge.not_signed_in")
    return reader


def _entrance(request: Asked) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


HANDLERS: list[Any] = [found, entry, catalog, dataset, lineage_in, lineage_out]
