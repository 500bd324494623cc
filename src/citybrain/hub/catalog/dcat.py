"""Entries as DCAT 3, in Turtle and JSON-LD; written without a graph, so that a thousand cost milliseconds.

Addresses are relative; whoever serves them puts the base in front.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from citybrain.hub.catalog.names import page_path, slug

DATASETS = frozenset({"contract", "indicator", "model"})
PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_RIGHTS = "http://publications.europa.eu/resource/authority/access-right/"
_MEDIA = "http://www.iana.org/assignments/media-types/"
_MEDIA_OF = {
    "ndjson": "application/x-ndjson", "csv": "text/csv", "json": "application/json",
    "arrow": "application/vnd.apache.arrow.stream",
}  # fmt: skip


def access_path(ref: str) -> str:
    """Say where what an entry describes is reached.

    Args:
        ref: Of the entry.

    Returns:
        Path on this site.

    """
    kind, _, name = ref.partition(":")
    if kind == "contract":
        return f"/api/v1/contracts/{name}/rows"
    if kind == "indicator":
        return f"/api/v1/indicators/{name}"
    return page_path(ref)


def node(content: Mapping[str, Any], registration: str, issued: str, modified: str) -> dict[str, Any]:
    """Write an entry as one JSON-LD node.

    Args:
        content: As stored.
        registration: Its number.
        issued: Day of registration, ISO.
        modified: Day of the last change, ISO.

    """
    ref = content["ref"]
    name = slug(ref)
    provider = content["provider"]
    right = "PUBLIC" if content["open"] else ("NON_PUBLIC" if content["share"] == "none" else "RESTRICTED")
    made: dict[str, Any] = {
        "@id": f"dataset/{name}",
        "@type": "dcat:Dataset",
        "dct:identifier": [registration, ref],
        "dct:title": _both(content["name"]),
        "dct:description": _both(content["summary"]),
        "dct:publisher": {
            "@id": f"organization/{provider['code']}", "@type": "foaf:Agent", "foaf:name": _both(provider["name"]),
        },
        "dct:issued": {"@value": issued, "@type": "xsd:date"},
        "dct:modified": {"@value": modified, "@type": "xsd:date"},
        "dct:accessRights": {"@id": _RIGHTS + right},
    }  # fmt: skip
    if content["tags"]:
        made["dcat:keyword"] = list(content["tags"])
    if content["cycle_seconds"]:
        made["dcat:temporalResolution"] = {"@value": f"PT{content['cycle_seconds']}S", "@type": "xsd:duration"}
    if content["related"]:
        made["dct:relation"] = [{"@id": f"dataset/{slug(one)}"} for one in content["related"]]
    if content["share"] != "none":
        made["dcat:distribution"] = [_distribution(name, ref, one) for one in content["formats"] or ["json"]]
    return made


def _distribution(name: str, ref: str, form: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "@id": f"dataset/{name}#{form}",
        "@type": "dcat:Distribution",
        "dct:title": form,
        "dcat:accessURL": {"@id": access_path(ref).lstrip("/")},
    }
    if form in _MEDIA_OF:
        made["dcat:mediaType"] = {"@id": _MEDIA + _MEDIA_OF[form]}
    return made


def _both(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": said["zh"], "@language": "zh"}, {"@value": said["en"], "@language": "en"}]


def catalog_node(city: Mapping[str, str], authority: Mapping[str, Any], slugs: Sequence[str]) -> dict[str, Any]:
    """Write the catalogue itself as one JSON-LD node.

    Args:
        city: Its name in both languages.
        authority: ``code`` and ``name`` of the department that answers for the data.
        slugs: Of the entries listed.

    """
    title = {"zh": f"{city['zh']}数据目录", "en": f"Data catalogue of {city['en']}"}
    return {
        "@id": "catalog",
        "@type": "dcat:Catalog",
        "dct:title": _both(title),
        "dct:description": _both(title),
        "dct:publisher": {
            "@id": f"organization/{authority['code']}", "@type": "foaf:Agent", "foaf:name": _both(authority["name"]),
        },
        "dcat:dataset": [{"@id": f"dataset/{name}"} for name in slugs],
    }  # fmt: skip


def page_node(path: str, total: int, page: int, pages: int) -> dict[str, Any]:
    """Write where in a long catalogue a page stands (Hydra).

    Args:
        path: Address of the catalogue's first page.
        total: Entries in all.
        page: This page, from 1.
        pages: How many there are.

    """
    at = {"hydra:first": 1, "hydra:last": pages}
    at |= {"hydra:previous": page - 1} if page > 1 else {}
    at |= {"hydra:next": page + 1} if page < pages else {}
    links = {key: {"@id": f"{path}?page={number}"} for key, number in at.items()}
    made: dict[str, Any] = {"@id": f"{path}?page={page}", "@type": "hydra:PartialCollectionView"}
    return {**made, "hydra:totalItems": {"@value": str(total), "@type": "xsd:integer"}, **links}


def turtle(made: Mapping[str, Any]) -> str:
    """Write a node, and the nodes inside it, as Turtle.

    Args:
        made: A node as written here.

    """
    after: list[str] = []
    lines = [f"<{_iri(made['@id'])}> a {made['@type']}"]
    for key, value in made.items():
        if not key.startswith("@"):
            said = ", ".join(_term(one, after) for one in (value if isinstance(value, list) else [value]))
            if said:
                lines.append(f"  {key} {said}")
    return " ;\n".join(lines) + " .\n" + "".join(after)


def _term(value: Any, after: list[str]) -> str:
    if isinstance(value, str):
        return _text(value)
    if "@value" in value:
        kind = f"@{value['@language']}" if "@language" in value else f"^^{value['@type']}"
        return f"{_text(value['@value'])}{kind}"
    if "@type" in value:
        after.append(turtle(value))
    return f"<{_iri(value['@id'])}>"


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _text(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _iri(text: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in '<>"{}|^`\\ ' or ord(one) < 0x20 else one for one in text)


def as_json(made: Mapping[str, Any]) -> str:
    """Write a node as JSON.

    Args:
        made: A node as written here.

    """
    return orjson.dumps(made).decode()


def turtle_document(base: str, parts: Sequence[str]) -> str:
    """Put stored nodes together to a Turtle document.

    Args:
        base: Address of this site, with a slash at its end.
        parts: Turtle of each node.

    """
    return f"@base <{_iri(base)}> .\n{PREFIXES}\n" + "\n".join(parts)


def jsonld_document(base: str, parts: Sequence[str]) -> str:
    """Put stored nodes together to a JSON-LD document.

    Args:
        base: Address of this site, with a slash at its end.
        parts: JSON of each node.

    """
    context = orjson.dumps({**CONTEXT, "@base": base}).decode()
    return f'{{"@context":{context},"@graph":[{",".join(parts)}]}}'
