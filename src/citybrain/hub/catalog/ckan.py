"""Entries as clients of CKAN know them: packages, resources, organisations (read only)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from citybrain.hub.catalog.dcat import DATASETS, access_path
from citybrain.hub.catalog.names import page_path
from citybrain.hub.catalog.search import Query, Registered
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

VERSION = "2.11.0"
FACETS = {"organization": "owner", "type": "kind", "share": "share"}
_ORDERS = {
    ("score", "desc"): "rank", ("name", "asc"): "name", ("title_string", "asc"): "name", ("name", "desc"): "name_desc",
    ("title_string", "desc"): "name_desc", ("metadata_modified", "desc"): "newest",
    ("metadata_modified", "asc"): "oldest",
}  # fmt: skip
_FILTER = re.compile(r'\+?(\w+):(?:"([^"]*)"|(\S+))')


def package(entry: Registered, base: str) -> dict[str, Any]:
    """Write an entry as a package.

    Args:
        entry: As registered.
        base: Address of this site, with a slash at its end.

    """
    content, stamp = entry.content, "%Y-%m-%dT%H:%M:%S.%f"
    resources = resources_of(entry, base)
    extras = {
        "ref": entry.ref,
        "registration": entry.registration,
        "sha256": entry.sha256.hex(),
        "title_en": content["name"]["en"],
        "share": entry.share,
        "open": str(entry.open).lower(),
        "grade": content["grade"],
        "data_class": content["data_class"],
        "cycle_seconds": content["cycle_seconds"],
        "person": entry.person,
    }
    return {
        "id": entry.slug,
        "name": entry.slug,
        "title": content["name"]["zh"],
        "title_translated": dict(content["name"]),
        "notes": content["summary"]["zh"],
        "type": "dataset",
        "state": "active",
        "private": not entry.open,
        "isopen": entry.open,
        "url": base + page_path(entry.ref).lstrip("/"),
        "author": content["provider"]["name"]["zh"],
        "maintainer": entry.person,
        "owner_org": content["provider"]["code"],
        "organization": organization(entry.department, content["provider"]["name"]),
        "groups": [],
        "tags": [{"id": tag, "name": tag, "display_name": tag, "state": "active"} for tag in content["tags"]],
        "resources": resources,
        "extras": [{"key": key, "value": str(value)} for key, value in extras.items() if value not in (None, "")],
        "metadata_created": f"{entry.registered_at:{stamp}}",
        "metadata_modified": f"{entry.changed_at:{stamp}}",
        "num_resources": len(resources),
        "num_tags": len(content["tags"]),
        "version": str(content.get("version", entry.version)),
    }


def resources_of(entry: Registered, base: str) -> list[dict[str, Any]]:
    """Write the forms in which an entry leaves as resources; none where it is not shared.

    Args:
        entry: As registered.
        base: Address of this site, with a slash at its end.

    """
    return [
        {
            "id": f"{entry.slug}.{form}",
            "package_id": entry.slug,
            "name": form,
            "format": form.upper(),
            "url": base + access_path(entry.ref).lstrip("/"),
            "description": entry.content["summary"]["zh"],
            "state": "active",
            "position": place,
            "datastore_active": False,
        }
        for place, form in enumerate(entry.content["formats"])
    ]


def organization(ref: str, name: Mapping[str, str], count: int | None = None) -> dict[str, Any]:
    """Write a department as an organisation.

    Args:
        ref: ``dept:…``.
        name: In both languages.
        count: Packages it answers for, where counted.

    """
    short = ref.removeprefix("dept:")
    made: dict[str, Any] = {
        "id": short, "name": short, "title": name["zh"], "display_name": name["zh"], "description": name["en"],
        "type": "organization", "is_organization": True, "approval_status": "approved", "state": "active",
        "image_url": "",
    }  # fmt: skip
    return made if count is None else {**made, "package_count": count}


def order_of(sort: str) -> str | None:
    """Read an order of packages.

    Args:
        sort: As sent, such as ``metadata_modified desc``; only its first part is used.

    Returns:
        An order of :class:`Query`; none where it is not known.

    """
    first = sort.partition(",")[0].split()
    if not first:
        return "rank"
    return _ORDERS.get((first[0].lower(), first[1].lower() if len(first) > 1 else "asc"))


def narrowed(query: Query, filters: str) -> Query | None:
    """Narrow a query by CKAN's filters.

    Args:
        query: The query.
        filters: As sent, such as ``organization:metro +type:contract``.

    Returns:
        The narrower query; none where a filter is not known.

    """
    more: dict[str, Any] = {}
    for key, quoted, bare in _FILTER.findall(filters):
        value = quoted or bare
        if key in {"organization", "owner_org"}:
            more["owner"] = value if value.startswith("dept:") else f"dept:{value}"
        elif key == "type" and value in DATASETS:
            more["kinds"] = (value,)
        elif key == "share":
            more["share"] = value
        elif (key, value) not in {("type", "dataset"), ("dataset_type", "dataset"), ("state", "active")}:
            return None
    if _FILTER.sub("", filters).strip() not in {"", "*:*"}:
        return None
    fields = {name: getattr(query, name) for name in query.__slots__}
    return Query(**{**fields, **more})


def names(connection: Connection, *, public: bool, hidden: Sequence[str], start: int, rows: int) -> list[str]:
    """List the names of packages, by name.

    Args:
        connection: A reading transaction.
        public: Only what is open to society.
        hidden: Refs whose existence the reader may not know of.
        start: Names skipped.
        rows: Most names.

    """
    given = {"public": public, "hidden": list(hidden), "kinds": sorted(DATASETS), "start": start, "rows": rows}
    return [row[0] for row in connection.execute(statements("citybrain.hub.catalog", "ckan")["names"], given)]


def tags(connection: Connection, *, public: bool, hidden: Sequence[str]) -> list[str]:
    """List the tags of packages.

    Args:
        connection: A reading transaction.
        public: Only of what is open to society.
        hidden: Refs whose existence the reader may not know of.

    """
    given = {"public": public, "hidden": list(hidden), "kinds": sorted(DATASETS)}
    return [row[0] for row in connection.execute(statements("citybrain.hub.catalog", "ckan")["tags"], given)]
