"""The catalogue as a feed (DCAT): stored nodes put together, a thousand to a page."""

from collections.abc import Sequence
from typing import Literal

from citybrain.city.whole import City
from citybrain.hub.catalog.dcat import as_json, catalog_node, jsonld_document, page_node, turtle, turtle_document
from citybrain.hub.catalog.search import one
from citybrain.kernel.errors import NotKnown
from citybrain.kernel.postgres import Connection
from citybrain.kernel.sql import statements

Form = Literal["ttl", "jsonld"]
PAGE = 1_000
MEDIA: dict[Form, str] = {"ttl": "text/turtle; charset=utf-8", "jsonld": "application/ld+json"}


def whole(
    connection: Connection, city: City, form: Form, base: str, *, public: bool, hidden: Sequence[str], page: int = 1
) -> str:
    """Write the catalogue, or one page of a long one.

    Args:
        connection: A reading transaction.
        city: The revision in force.
        form: ``ttl`` or ``jsonld``.
        base: Address of this site, with a slash at its end.
        public: Only what is open to society.
        hidden: Refs whose existence the reader may not know of.
        page: Which page, from 1; beyond the end it lists nothing.

    """
    sql = statements("citybrain.hub.catalog", "feed")
    given = {"public": public, "hidden": list(hidden), "start": (page - 1) * PAGE, "rows": PAGE}
    rows = connection.execute(sql["page"], given).fetchall()
    counted = connection.execute(sql["count"], given).fetchone()
    total = int(counted[0]) if counted else 0
    pages = max(1, -(-total // PAGE))
    settings = city.settings
    authority = city.departments.get(settings.data_authority)
    code = settings.data_authority.removeprefix("dept:")
    said = authority.name if authority else settings.city.name
    named = {"zh": settings.city.name.zh, "en": settings.city.name.en}
    nodes = [catalog_node(named, {"code": code, "name": {"zh": said.zh, "en": said.en}}, [row[0] for row in rows])]
    if pages > 1:
        nodes.append(page_node(f"catalog.{form}", total, page, pages))
    if form == "ttl":
        return turtle_document(base, [*(turtle(node) for node in nodes), *(row[1] for row in rows)])
    return jsonld_document(base, [*(as_json(node) for node in nodes), *(row[2] for row in rows)])


def single(connection: Connection, name: str, form: Form, base: str, *, public: bool, hidden: Sequence[str]) -> str:
    """Write one data set.

    Args:
        connection: A reading transaction.
        name: As in its address.
        form: ``ttl`` or ``jsonld``.
        base: Address of this site, with a slash at its end.
        public: Only what is open to society.
        hidden: Refs whose existence the reader may not know of.

    Raises:
        NotKnown: There is none, it is no data set, or the reader may not know of it.

    """
    entry = one(connection, name, public=public, hidden=hidden)
    row = connection.execute(statements("citybrain.hub.catalog", "feed")["node"], {"ref": entry.ref}).fetchone()
    if row is None:
        raise NotKnown("catalog.entry_unknown", ref=name)
    return turtle_document(base, [row[0]]) if form == "ttl" else jsonld_document(base, [row[1]])
