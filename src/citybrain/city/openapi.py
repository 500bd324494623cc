"""What an OpenAPI document says about a service: its operations, their paths, and the examples it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of a document.

    Attributes:
        operation: Its operationId.
        method: In capitals.
        template: Path with places, such as ``/permits/{number}``.
        said: What the document says about it.

    """

    operation: str
    method: str
    template: str
    said: Mapping[str, Any]

    def fits(self, method: str, segments: tuple[str, ...]) -> bool:
        """Tell whether a request is for this operation.

        Args:
            method: In capitals.
            segments: Parts of the path, decoded.

        """
        parts = tuple(part for part in self.template.split("/") if part)
        if method != self.method or len(parts) != len(segments):
            return False
        pairs = zip(parts, segments, strict=True)
        return all(part == given or (part[:1] == "{" and part[-1:] == "}" and given != "") for part, given in pairs)


def routes(document: Mapping[str, Any]) -> Iterator[Route]:
    """Yield the operations of a document that have a name; fixed paths before paths with places.

    Args:
        document: An OpenAPI document as plain data.

    """
    paths = document.get("paths")
    for template in sorted(paths if isinstance(paths, Mapping) else (), key=lambda path: (path.count("{"), path)):
        item = paths[template] if isinstance(paths, Mapping) else {}
        for method in METHODS:
            said = item.get(method) if isinstance(item, Mapping) else None
            if isinstance(said, Mapping) and isinstance(said.get("operationId"), str):
                yield Route(said["operationId"], method.upper(), template, said)


def find(document: Mapping[str, Any], method: str, segments: tuple[str, ...]) -> Route | None:
    """Find the operation a request is for.

    Args:
        document: An OpenAPI document as plain data.
        method: In capitals.
        segments: Parts of the path, decoded.

    """
    return next((route for route in routes(document) if route.fits(method, segments)), None)


def resolved(document: Mapping[str, Any], node: Any, depth: int = 0) -> Any:
    """Follow a reference inside the document.

    Args:
        document: An OpenAPI document as plain data.
        node: Any part of it.
        depth: References followed so far.

    Returns:
        What the reference leads to; nothing where it leads nowhere.

    """
    if not isinstance(node, Mapping) or "$ref" not in node:
        return node
    target: Any = document
    for part in str(node["$ref"]).removeprefix("#/").split("/"):
        target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, Mapping) else None
    return resolved(document, target, depth + 1) if depth < _DEPTH else None


def example_answer(document: Mapping[str, Any], route: Route) -> tuple[int, str, Any] | None:
    """Return the example of an operation's first good answer.

    Args:
        document: The document.
        route: One of its operations.

    Returns:
        Status, media type and value; none where the document gives no example.

    """
    answers = route.said.get("responses")
    for status in sorted(answers if isinstance(answers, Mapping) else ()):
        if str(status).startswith("2") and isinstance(answers, Mapping):
            answer = resolved(document, answers[status])
            for media, content in ((answer or {}).get("content") or {}).items():
                found, value = _example(document, content)
                if found:
                    return int(status), str(media), value
            if not (answer or {}).get("content"):
                return int(status), "", None
    return None


def _example(document: Mapping[str, Any], content: Any) -> tuple[bool, Any]:
    if not isinstance(content, Mapping):
        return False, None
    if "example" in content:
        return True, content["example"]
    for item in (content.get("examples") or {}).values():
        said = resolved(document, item)
        if isinstance(said, Mapping) and "value" in said:
            return True, said["value"]
    schema = resolved(document, content.get("schema"))
    if isinstance(schema, Mapping) and "example" in schema:
        return True, schema["example"]
    return False, None


@dataclass(frozen=True, slots=True)
class Example:
    """A request that the document gives as an example.

    Attributes:
        path: Path and query, places filled in.
        body: JSON value; none where nothing is sent.

    """

    path: str
    body: Any = None


def example_request(document: Mapping[str, Any], route: Route) -> Example | None:
    """Make the example request of an operation.

    Args:
        document: The document.
        route: One of its operations.

    Returns:
        The request; none where a needed parameter or body has no example.

    """
    item = document["paths"][route.template]
    path, query = route.template, []
    for node in [*(item.get("parameters") or ()), *(route.said.get("parameters") or ())]:
        parameter = resolved(document, node) or {}
        found, value = _example(document, parameter)
        place, name = parameter.get("in"), str(parameter.get("name"))
        if not found and (place == "path" or parameter.get("required")):
            return None
        if found and place == "path":
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        elif found and place == "query":
            query.append((name, value))
    if "{" in path:
        return None
    body = resolved(document, route.said.get("requestBody")) or {}
    given = (body.get("content") or {}).get("application/json")
    found, value = _example(document, given)
    if body.get("required") and not found:
        return None
    return Example(path + (f"?{urlencode(query)}" if query else ""), value)


def misfit(document: Mapping[str, Any], schema: Any, value: Any, at: str = "$", depth: int = 0) -> str | None:
    """Find where a value does not fit a schema: types, required and listed members, items, and listed values.

    Args:
        document: The document, for references.
        schema: A JSON Schema.
        value: Plain data.
        at: Where the value stands.
        depth: Levels gone down so far.

    Returns:
        The first place that does not fit; none where all does.

    """
    schema = resolved(document, schema)
    if not isinstance(schema, Mapping) or depth > _DEPTH:
        return None
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(isinstance(value, _TYPES[kind]) for kind in kinds if kind in _TYPES):
        return at
    if isinstance(value, bool) and kinds and "boolean" not in kinds:
        return at
    if "enum" in schema and value not in schema["enum"]:
        return at
    if isinstance(value, dict):
        missing = next((name for name in schema.get("required", ()) if name not in value), None)
        if missing is not None:
            return f"{at}.{missing}"
        known = schema.get("properties", {})
        inner = [misfit(document, known[key], value[key], f"{at}.{key}", depth + 1) for key in value if key in known]
        return next((place for place in inner if place), None)
    if isinstance(value, list):
        parts = (misfit(document, schema.get("items"), part, f"{at}[{n}]", depth + 1) for n, part in enumerate(value))
        return next((place for place in parts if place), None)
    return None


_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
