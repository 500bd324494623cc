"""The catalogue for clients of CKAN's action API: what reads, works; what writes, is told where (Nanjing art. 7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from litestar import Response, get, post
from litestar.params import FromPath

from citybrain.hub.catalog import ckan
from citybrain.hub.catalog.dcat import DATASETS, access_path
from citybrain.hub.catalog.search import MOST_ROWS, Query, Registered, one, search
from citybrain.kernel.errors import CityBrainError, NotAuthenticated, NotKnown, TooLarge, WrongUse
from citybrain.kernel.messages import explain
from citybrain.kernel.postgres import Connection
from citybrain.web.catalog_reading import Reader, base_of, number_in, reader_of
from citybrain.web.entrance import Entrance
from citybrain.web.frames import Asked, instance_of, reading_language
from citybrain.web.problems import dumps

FAR = 1_000_000_000
BODY_BYTES = 1_048_576
_WRITES = ("create", "update", "patch", "delete", "purge", "revise", "invite", "upsert", "reorder", "clear")


class Refusal(Exception):
    """An answer of CKAN that is no success."""

    def __init__(self, status: int, kind: str, /, **says: Any) -> None:
        """Say why.

        Args:
            status: HTTP status.
            kind: CKAN's type of error.
            **says: ``message``, or what is wrong with each parameter.

        """
        super().__init__(kind)
        self.status, self.error = status, {"__type": kind, **says}


@dataclass(frozen=True, slots=True)
class Call:
    """One action that is asked for."""

    connection: Connection
    reader: Reader
    values: Mapping[str, Any]
    base: str
    now: Any

    @property
    def id(self) -> str:
        """What is asked for by name."""
        value = self.values.get("id") or self.values.get("name_or_id") or ""
        if not isinstance(value, str) or not value:
            raise Refusal(409, "Validation Error", id=["Missing value"])
        return value

    def entry(self, name: str) -> Registered:
        """Find a package."""
        found = one(self.connection, name, public=self.reader.public, hidden=self.reader.hidden)
        if found.kind not in DATASETS:
            raise NotKnown("catalog.entry_unknown", ref=name)
        return found

    def packages(self, query: Query) -> Any:
        """Search among packages."""
        return search(self.connection, query, self.now)

    def query(self, **more: Any) -> Query:
        """Make a query within what the reader may know."""
        usual: dict[str, Any] = {"kinds": tuple(sorted(DATASETS))}
        return Query(public=self.reader.public, hidden=self.reader.hidden, **{**usual, **more})


def _status(call: Call) -> Any:
    title = call.reader.city.settings.city.name
    return {
        "site_title": title.zh, "site_description": title.en, "site_url": call.base.rstrip("/"),
        "ckan_version": ckan.VERSION, "error_emails_to": None, "locale_default": "zh_Hans_CN", "extensions": [],
    }  # fmt: skip


def _package_list(call: Call) -> Any:
    start, rows = number_in(call.values, "offset", 0, FAR), number_in(call.values, "limit", FAR, FAR)
    return ckan.names(call.connection, public=call.reader.public, hidden=call.reader.hidden, start=start, rows=rows)


def _package_show(call: Call) -> Any:
    return ckan.package(call.entry(call.id), call.base)


def _package_search(call: Call) -> Any:
    values = call.values
    text = str(values.get("q") or "")
    sort = str(values.get("sort") or "")
    order = ckan.order_of(sort)
    if order is None:
        raise Refusal(409, "Validation Error", sort=["name, score or metadata_modified; asc or desc"])
    start, rows = number_in(values, "start", 0, FAR), number_in(values, "rows", 10, MOST_ROWS)
    query = call.query(text="" if text.strip() == "*:*" else text, start=start, rows=rows, order=order)
    filters = values.get("fq") or ""
    parts = [filters, *_listed(values.get("fq_list"))]
    narrowed = ckan.narrowed(query, " ".join(str(part) for part in parts))
    if narrowed is None:
        raise Refusal(409, "Validation Error", fq=[f"known filters: {', '.join(sorted(ckan.FACETS))}"])
    page = call.packages(narrowed)
    facets = {field: page.facets[ckan.FACETS[field]] for field in _listed(values.get("facet.field"))
              if field in ckan.FACETS}  # fmt: skip
    facets = {
        field: {value.removeprefix("dept:"): count for value, count in found.items() if value and _is_set(field, value)}
        for field, found in facets.items()
    }
    return {
        "count": page.total,
        "sort": sort or "score desc",
        "results": [ckan.package(entry, call.base) for entry in page.entries],
        "facets": facets,
        "search_facets": {
            field: {
                "title": field,
                "items": [{"name": value, "display_name": value, "count": count} for value, count in found.items()],
            }
            for field, found in facets.items()
        },
    }


def _is_set(field: str, value: str) -> bool:
    return field != "type" or value in DATASETS


def _listed(value: Any) -> list[Any]:
    """Read a list that came as JSON, as a text of JSON, or as one plain word."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    if not isinstance(value, str) or not value:
        return []
    try:
        found = orjson.loads(value.replace("'", '"'))
    except orjson.JSONDecodeError:
        found = [value]
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def _owners(call: Call) -> dict[str, int]:
    found = call.packages(call.query(rows=0)).facets["owner"]
    return {ref: count for ref, count in sorted(found.items()) if ref in call.reader.city.departments}


def _organization(call: Call, ref: str, count: int) -> dict[str, Any]:
    name = call.reader.city.departments[ref].name
    return ckan.organization(ref, {"zh": name.zh, "en": name.en}, count)


def _organization_list(call: Call) -> Any:
    owners = _owners(call)
    if str(call.values.get("all_fields", "")).lower() in {"true", "1", "yes"}:
        return [_organization(call, ref, count) for ref, count in owners.items()]
    return [ref.removeprefix("dept:") for ref in owners]


def _organization_show(call: Call) -> Any:
    ref, owners = f"dept:{call.id.removeprefix('dept:')}", _owners(call)
    if ref not in owners:
        raise NotKnown("catalog.entry_unknown", ref=call.id)
    made = _organization(call, ref, owners[ref])
    if str(call.values.get("include_datasets", "")).lower() in {"true", "1", "yes"}:
        page = call.packages(call.query(owner=ref, rows=MOST_ROWS))
        made["packages"] = [ckan.package(entry, call.base) for entry in page.entries]
    return made


def _tag_list(call: Call) -> Any:
    return ckan.tags(call.connection, public=call.reader.public, hidden=call.reader.hidden)


def _resource_show(call: Call) -> Any:
    entry = call.entry(call.id.rpartition(".")[0])
    for resource in ckan.resources_of(entry, call.base):
        if resource["id"] == call.id:
            return resource
    raise NotKnown("catalog.entry_unknown", ref=call.id)


def _datastore_search(call: Call) -> Any:
    name = str(call.values.get("resource_id") or "").rpartition(".")[0]
    where = "/api/v1/contracts/{department}/{resource}/rows"
    if name:
        where = access_path(call.entry(name).ref)
    raise Refusal(403, "Authorization Error", message=f"Rows leave only under a grant: GET {where}")


ACTIONS: Mapping[str, Callable[[Call], Any]] = {
    "status_show": _status,
    "site_read": lambda _: True,
    "package_list": _package_list,
    "package_show": _package_show,
    "package_search": _package_search,
    "organization_list": _organization_list,
    "organization_show": _organization_show,
    "group_list": lambda _: [],
    "tag_list": _tag_list,
    "resource_show": _resource_show,
    "datastore_search": _datastore_search,
}


@get(["/api/action/{action:str}", "/api/3/action/{action:str}"])
async def asked(action: FromPath[str], request: Asked) -> Response[bytes]:
    """Answer an action of CKAN (read only): status, packages, search, organisations, tags, resources."""
    values = {key: request.query_params.getall(key) for key in request.query_params}
    plain = {key: found[0] if len(found) == 1 else found for key, found in values.items()}
    return await _answer(request, action, plain)


@post(["/api/action/{action:str}", "/api/3/action/{action:str}"], status_code=200)
async def posted(action: FromPath[str], request: Asked) -> Response[bytes]:
    """Answer an action of CKAN whose parameters come as JSON or as a form."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES:
            raise TooLarge("edge.body_too_large", most_bytes=BODY_BYTES)
    return await _answer(request, action, _values(bytes(body), request.headers.get("content-type", "")))


def _values(body: bytes, kind: str) -> Mapping[str, Any] | None:
    """Read the parameters of a call; none where they cannot be read."""
    if kind.startswith("multipart/") or not body:
        return {}
    if kind.startswith("application/x-www-form-urlencoded") and not body.lstrip().startswith(b"{"):
        return dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


async def _answer(request: Asked, action: str, values: Mapping[str, Any] | None) -> Response[bytes]:
    address = f"{base_of(request)}api/3/action/help_show?name={action}"

    def look() -> tuple[int, dict[str, Any]]:
        try:
            return 200, {"help": address, "success": True, "result": _do(request, action, values)}
        except Refusal as refusal:
            return refusal.status, {"help": address, "success": False, "error": refusal.error}
        except CityBrainError as error:
            status, told = _told(request, error)
            return status, {"help": address, "success": False, "error": told}

    entrance: Entrance = request.app.state.entrance
    status, document = await entrance.enter(look)
    return Response(dumps(document), status_code=status, media_type="application/json")


def _told(request: Asked, error: CityBrainError) -> tuple[int, dict[str, Any]]:
    words = explain(error, reading_language(request))
    message = f"{words.title} {words.detail}".strip()
    if isinstance(error, NotKnown):
        return 404, {"__type": "Not Found Error", "message": message}
    if isinstance(error, NotAuthenticated):
        return 403, {"__type": "Authorization Error", "message": message}
    if isinstance(error, WrongUse):
        return 409, {"__type": "Validation Error", str(error.params.get("name", "message")): [message]}
    return error.http_status, {"__type": "Internal Server Error", "message": message}


def _do(request: Asked, action: str, values: Mapping[str, Any] | None) -> Any:
    if any(part in _WRITES for part in action.split("_")):
        says = "The catalogue is written by declaring: citybrain plan, citybrain apply"
        raise Refusal(403, "Authorization Error", message=says)
    known = ACTIONS.get(action)
    if known is None:
        raise Refusal(400, "Bad Request", message=f"Action name not known: {action[:80]}")
    if values is None:
        raise Refusal(400, "Bad Request", message="The body is no JSON object")
    instance, reader = instance_of(request), reader_of(request)
    with instance.database.reading() as connection:
        return known(Call(connection, reader, values, base_of(request), instance.clock.now()))


HANDLERS: list[Any] = [asked, posted]
